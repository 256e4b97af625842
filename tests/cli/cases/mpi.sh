# Ranks of an MPI job share a campaign; the store is the one that a process alone writes.
ldd "$(readlink -f "$(command -v resile)")" 2>/dev/null | grep -q libmpi || {
    echo "this resile is built without MPI" >&2
    exit 77
}
command -v mpirun >/dev/null || exit 77
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" # of Open MPI
resile zoo build lenet5 --input 3x16x16 --classes 43 --seed 2 -o m.onnx
ask="resile inject m.onnx --data synth-signs --images 40 --resize 16x16 --quiet --threads 1"
digest() {
    rm -f copy.db
    resile merge "$1" -o copy.db --json | json_get digest
}
$ask --ber 1e-4,1e-3 --trials 50 --outcomes --store alone.db >alone
$ask --fault single --margin 0.1 --confidence 0.9 --store alone_margin.db >/dev/null
for n in 2 4; do
    mpirun --oversubscribe -n $n $ask --ber 1e-4,1e-3 --trials 50 --outcomes --store $n.db >many
    cmp alone many && [ "$(digest alone.db)" = "$(digest $n.db)" ] && echo "$n ranks: the same"
done
mpirun --oversubscribe -n 3 $ask --fault single --margin 0.1 --confidence 0.9 --store margin.db >/dev/null
[ "$(digest alone_margin.db)" = "$(digest margin.db)" ] && echo "3 ranks and a margin: the same"
mpirun --oversubscribe -n 2 $ask --ber 1e-4 --trials 5 --images 30 --store 2.db 2>&1 | grep -o "2.db: was begun.*now it is '30'"

# Ranks of an MPI job share a campaign; the store is the one that a process alone writes, also after
# ranks were killed.
command -v resile_mpi >/dev/null && command -v mpirun >/dev/null || {
    echo "MPI is not installed" >&2
    exit 77
}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" # of Open MPI
resile zoo build lenet5 --input 3x16x16 --classes 43 --seed 2 -o m.onnx
ask="m.onnx --data synth-signs --images 40 --resize 16x16 --quiet --threads 1"
alone() {
    resile inject $ask "$@"
}
ranks() {
    n=$1
    shift
    mpirun --oversubscribe -n "$n" resile_mpi inject $ask "$@"
}
digest() {
    rm -f copy.db
    resile merge "$1" -o copy.db --json | json_get digest
}
same() {
    [ "$(digest "$1")" = "$(digest "$2")" ] && echo "$3: the same"
}
alone --ber 1e-4,1e-3 --trials 50 --outcomes --store alone.db >alone
alone --fault single --margin 0.1 --confidence 0.9 --store alone_margin.db >/dev/null
for n in 2 4; do
    ranks $n --ber 1e-4,1e-3 --trials 50 --outcomes --store $n.db >many
    cmp alone many && same alone.db $n.db "$n ranks"
done
ranks 3 --fault single --margin 0.1 --confidence 0.9 --store margin.db >/dev/null
same alone_margin.db margin.db "3 ranks and a margin"
ranks 2 --ber 1e-4 --trials 5 --images 30 --store 2.db 2>&1 | grep -o "2.db: was begun.*now it is '30'"

# Ranks are killed, and the one that writes is asked to stop, when trials have been stored, which
# makes the file grow.
long="--ber 1e-5,1e-4,1e-3 --trials 900"
alone $long --store whole.db >/dev/null
alone --ber 1e-5,1e-4,1e-3 --trials 1 --store parts.db >/dev/null
size() {
    stat -c %s "$1"
}
disturb() {
    before=$(size parts.db)
    mpirun --oversubscribe -n 4 sh -c \
        'echo $$ >rank.$OMPI_COMM_WORLD_RANK; exec resile_mpi inject "$@"' - \
        $ask $long --store parts.db >/dev/null 2>said &
    until [ "$(size parts.db)" -gt $((before + 8192)) ] || ! kill -0 $!; do sleep 0.02; done
    kill "$1" "$(cat "rank.$2")"
    wait $! || echo "rank $2: $1"
}
disturb -KILL 0
disturb -INT 0
grep -c "parts.db has all complete trials" said
disturb -KILL 3
ranks 4 $long --store parts.db >/dev/null
same whole.db parts.db "4 ranks, disturbed three times"

# kill -9 twenty times at random instants, then the same command once more: the store has every trial
# once and is that of a run that nobody disturbed. Shards, merged, are that store too.
rates=1e-6,2e-6,3e-6,4e-6,5e-6,6e-6,7e-6,8e-6,9e-6,1e-5,2e-5,3e-5,4e-5,5e-5,6e-5,7e-5
resile zoo build lenet5 --input 3x16x16 --classes 43 --seed 2 -o m.onnx
campaign() {
    exec resile inject m.onnx --data synth-signs --images 40 --resize 16x16 --ber $rates --trials 200 \
        --quiet --store "$@" >/dev/null
}
digest() {
    rm -f copy.db
    resile merge "$1" -o copy.db --json | json_get digest
}
# Early instants first, for what is stored makes the rest shorter.
before=$(date +%s.%N)
(campaign whole.db)
instants=$(awk -v seed=$$ -v before="$before" -v after="$(date +%s.%N)" 'BEGIN {
    srand(seed)
    for (i = 1; i <= 20; i++) printf "%.3f ", (after - before) * i / 20 * rand()
}')
for instant in $instants; do
    (campaign killed.db) &
    sleep "$instant"
    kill -9 $! 2>/dev/null && killed=$((killed + 1))
    wait $! 2>/dev/null
    [ ! -s killed.db ] || resile results killed.db >/dev/null || exit
done
[ "$killed" -ge 5 ] || echo "killed only $killed times"
(campaign killed.db) && digest whole.db >a && digest killed.db >b && cmp a b && echo same
resile results killed.db --csv | cut -d, -f5 | sort | uniq -c | sed 's/^ *//'
for i in 0 1 2; do (campaign s$i.db --shard $i/3 --threads 1); done
resile merge s2.db s0.db s1.db -o merged.db --json | json_get digest | cmp - a && echo same

# Ctrl-C: what is complete is stored, the way to go on is said; going on ends with the same digest
# of the same trials.
inject() {
    exec resile inject m.onnx --data synth-signs --images 32 --resize 16x16 --ber 1e-4,1e-3 \
        --trials 600 --store "$1" --quiet "$2"
}
digest() {
    rm -f copy.db
    resile merge "$1" -o copy.db --json | json_get digest
}
resile zoo build lenet5 --input 3x16x16 --classes 43 -o m.onnx
(inject a.db --json) >whole
(inject b.db --json) >parts 2>said &
# A store has its tables when trials are about to run.
until resile results b.db >/dev/null 2>&1 || ! kill -0 $!; do sleep 0.02; done
kill -INT $!
wait $!
echo "exit $?"
sed 's/--store b.db.*/--store b.db .../; /^$/d' said
(inject b.db --json) >parts
json_get points <whole >a
json_get points <parts >b
cmp a b && [ "$(digest a.db)" = "$(digest b.db)" ] && echo same

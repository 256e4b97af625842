# Ctrl-C: what is complete is stored, the way to go on is said; going on ends with the same digest
# of the same trials.
inject() {
    exec resile inject m.onnx --data synth-signs --images 32 --resize 16x16 --ber 1e-3 --trials 800 \
        --store "$1" --quiet "$2"
}
resile zoo build lenet5 --input 3x16x16 --classes 43 -o m.onnx
(inject a.db --json) >whole
(inject b.db --json) >parts 2>said &
for i in $(seq 400); do [ -s b.db ] && break; sleep 0.05; done
kill -INT $!
wait $!
echo "exit $?"
sed 's/--store b.db.*/--store b.db .../; /^$/d' said
(inject b.db --json) >parts
json_get points <whole >a
json_get points <parts >b
cmp a b && echo same

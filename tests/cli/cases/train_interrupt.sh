# Ctrl-C: the step is finished, all is saved, the way to go on is said; going on gives the same bytes.
begin() {
    exec resile train --arch lenet5 --input 3x16x16 --data synth-signs --images 800 --test-images 43 --batch 8 \
        --epochs 3 -o "$@" --quiet >/dev/null
}
train() { begin "$1.onnx" --log "$1.log" --resume; }
(train a)
(train b) 2>said &
until [ -s b.log ]; do sleep 0.02; done
kill -INT $!
wait $!
echo "exit $?"
sed 's/[0-9][0-9]*/N/g' said
[ -e b.onnx ] && echo "the model is written before the end"
# Without --resume the work of before is not thrown away.
(begin b.onnx --log b.log) 2>&1 | sed 's/step [0-9]*, in epoch [0-9]/step N, in epoch N/'
(train b) && cmp a.onnx b.onnx && wc -l <b.log
# A lost terminal saves as well; under nohup it is nothing.
(trap '' HUP; begin c.onnx --log c.log) &
deaf=$!
(begin d.onnx --log d.log --restart) 2>hung &
until [ -s c.log ] && [ -s d.log ]; do sleep 0.02; done
kill -HUP $!
wait $!
echo "exit $?"
ls d.*
tail -1 hung | sed 's/[0-9][0-9.]*/N/g'
kill -HUP $deaf
wait $deaf
echo "exit $?"
cmp a.onnx c.onnx

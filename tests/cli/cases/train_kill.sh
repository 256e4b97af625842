# kill -9 in the middle of an epoch: the next run goes on from the epoch before, to the same bytes.
train() {
    exec resile train --arch lenet5 --input 3x16x16 --data synth-signs --images 800 --test-images 43 --batch 8 \
        --epochs 3 --log "$1.log" -o "$1.onnx" --resume --quiet >/dev/null
}
(train a)
(train b) &
until [ -e b.checkpoint.safetensors ]; do sleep 0.02; done
sleep 0.1
kill -9 $!
wait $! 2>/dev/null
echo "exit $?"
ls b.*
(train b) && cmp a.onnx b.onnx && wc -l <b.log

# Training a model that is there: its stored bits, its form of input; the first images of a test set
# that is not drawn; --resume without a checkpoint.
. "$CASES/../try.sh"
# Twenty of the 43 classes have a picture each, and a folder.
resile data synth -n 20 -o signs -q && ls signs | wc -l
resile data info folder:signs --json 2>/dev/null | json_get images classes.#
resile zoo build lenet5 --input 3x16x16 --classes 20 -o net.onnx
resile quantize net.onnx --bits 8 --protect tmr -o hard.onnx >/dev/null
set -- --data folder:signs -b 10 -e 1 -q
resile train --model hard.onnx "$@" --test-images 5 --log log -o a.onnx >/dev/null
loss() { grep -o '"[a-z_]*loss": *[0-9.e+-]*' | tail -1 | sed 's/.*: *//'; }
resile eval a.onnx --data folder:signs -n 5 --json -q 2>/dev/null | loss >first
[ -s first ] && loss <log | cmp - first
resile train --arch lenet5 --input 3x16x16 "$@" --test-images 5 -o b.onnx 2>&1 >/dev/null
rm a.checkpoint.safetensors
try resile train --model hard.onnx "$@" --log log -o a.onnx --resume
wc -l <log

# Computing on stored bits: the same predictions, the benchmark, wrong use.
. "$CASES/../try.sh"
resile zoo build lenet5 --input 3x32x32 --classes 43 -o m.onnx
resile quantize m.onnx --bits 3 --protect msb --layout block -o q.onnx >/dev/null
ask() { resile eval q.onnx --data synth-signs --images 40 --quiet --json "$@" >result && json_get images correct correct5 <result; }
ask >decoded
ask --packed >packed
ask --packed --batch 1 --threads 1 >one
cmp decoded packed && cmp decoded one && echo 'the same predictions'
resile bench packed --arch lenet5 --bits 3 --protect msb --batch 1 --seconds 0.01 --json >bench.json
json_get arch storage baseline memory_ratio_to_w8 time_ratio_to_w8 linear_time_ratio_to_w8 <bench.json
try resile eval m.onnx --data synth-signs --images 1 --packed --quiet
try resile eval q.onnx --data synth-signs --images 1 --packed --compute bf16 --quiet
whole() { resile eval "$@" --data synth-signs --images 40 --compute int8 --quiet --json >result && json_get images correct correct5 loss <result; }
whole q.onnx >decoded
whole q.onnx --packed >packed
whole q.onnx --packed --batch 1 --threads 1 >one
cmp decoded packed && cmp decoded one && echo 'the same integers'
whole m.onnx --storage affine5 >decoded
whole m.onnx --storage affine5 --packed >packed
cmp decoded packed && echo 'and with a storage of its own'
resile bench packed --arch lenet5 --bits 3 --compute int8 --seconds 0.01 --json >bench.json
json_get compute storage baseline memory_ratio_to_w8 <bench.json
grep -q '"kernel":"packed [ap]' bench.json && echo 'packed kernels'
try resile bench packed --arch lenet5 --bits 9
try resile bench packed --arch lenet5 --protect dmr --seconds 0.01
try resile bench packed
resile bench packed --arch lenet5 --ber 1e-3 --seconds 0.01 --json >bench.json && json_get ber <bench.json
try resile bench packed --arch lenet5 --ber 2

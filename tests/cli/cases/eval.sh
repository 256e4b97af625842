# Accuracy: the same with every kind of kernel and batch; JSON; models and data that do not fit.
. "$CASES/../try.sh"
resile zoo build cnn-small --classes 43 -o m.onnx
ask() { resile eval m.onnx --quiet --data synth-signs --images 20 "$@" --json >result || return; json_get images correct top1 <result; }
ask --batch 1 >one
ask --batch 7 --threads 1 >seven
ask --reference >reference
ask --batch 20 --compute f32-winograd >winograd
for codes in symmetric8:channel affine3/msb; do
    ask --compute int8 --storage $codes --calibrate 8 --batch 7 >fast
    ask --compute int8 --storage $codes --calibrate 8 --reference --threads 1 >slow
    cmp fast slow
done
cmp one seven && cmp one reference && cmp one winograd
json_get images correct top1 top5 loss images_per_second compute >keys <result && grep -e images: -e compute keys
# Weights of few bits, in a file or only here, computed on in floats and as integers.
loss() { resile eval "$@" --quiet --data synth-signs --images 20 --json >result && grep -o '"loss":[^,]*' result; }
resile quantize m.onnx --bits 3 --protect msb -o q.onnx >/dev/null
loss q.onnx >file && loss m.onnx --storage affine3/msb >here && cmp file here && echo 'stored: the same'
loss m.onnx >whole
cmp -s whole here || echo 'and not as the floats'
loss q.onnx --compute int8 --calibrate 8 >file && loss m.onnx --compute int8 --storage affine3/msb --calibrate 8 >here
cmp file here && echo 'as integers: the same'
loss m.onnx --storage 'affine4/msb; conv1=affine8/tmr' --compute int8 --calibrate 8 >mixed && echo 'layer by layer, too'
loss m.onnx --storage affine3/msb --packed >packed && echo 'and packed'
resile eval m.onnx --data synth-signs -n 20 -b20 --quiet | sed 's/[0-9][0-9.]*/N/g'
resile eval m.onnx --data synth-signs -n 20 --quiet --accuracy-min 0 >/dev/null && echo 'enough'
resile eval m.onnx --data synth-signs -n 20 --quiet --accuracy-min 99% >/dev/null
echo "exit $?"
try resile eval
try resile eval m.onnx
try resile eval m.onnx --data
try resile eval m.onnx --data nothing
try resile eval m.onnx --data synth-signs --compute fp16
try resile eval m.onnx --data synth-signs --compute int8 --storage bf16
try resile eval m.onnx --data synth-signs --compute int8 --storage affine4:paper
try resile eval m.onnx --data synth-signs --storage affine9
try resile eval m.onnx --data synth-signs --ranges mse
try resile eval m.onnx --data synth-signs --packed --calibrate 3
try resile bench forward --arch lenet5 --storage affine4
try resile eval m.onnx --data synth-signs --compute int8 --ranges widest
try resile eval m.onnx --data synth-signs --compute int8 --calibrate 0
try resile eval m.onnx --data synth-signs --batch 0.5
try resile eval m.onnx --data synth-signs --batch -1
try resile eval m.onnx --data synth-signs --images x
try resile eval m.onnx --data synth-signs --threads 2000
try resile eval m.onnx --data synth-signs --mean 0.5,,0.5
try resile eval m.onnx --data synth-signs --mean nan
try resile eval m.onnx --data synth-signs --std 0
try resile eval m.onnx --data synth-signs --mean 1,2
try resile eval m.onnx --data synth-signs --crop=huge
try resile eval missing.onnx --data synth-signs
try env RESILE_THREADS=many resile eval m.onnx --data synth-signs
resile zoo build cnn-small --classes 10 -o ten.onnx
try resile eval ten.onnx --data synth-signs --images 20
resile zoo build cnn-small --input 3x48x48 --classes 43 -o large.onnx
try resile eval large.onnx --data synth-signs --images 20
resile eval m.onnx --data synth-signs --images 20 --json >/dev/full
echo "full: exit $?"
# A checkpoint is what its import is: ten signs that resnet20 has classes for.
resile data synth -q -n 86 -o signs && ls signs | tail -n +11 | while read -r class; do rm -r "signs/$class"; done
cp "$DATA/checkpoints/resnet20.th" .
norm="--mean 0.5,0.4,0.4 --std 0.2,0.2,0.3"
resile import resnet20.th --arch resnet20 $norm -o resnet20.onnx
ask="--data folder:signs --resize 32x32 --quiet --json"
resile eval resnet20.onnx $ask | json_get images correct top1 loss >imported
resile eval resnet20.th --arch resnet20 $ask $norm | json_get images correct top1 loss >checkpoint
cmp imported checkpoint && grep images checkpoint
resile eval resnet20.th --arch resnet20 $ask $norm --compute int8 --calibrate 8 | json_get images
try resile eval resnet20.th $ask
try resile eval resnet20.th --arch resnet21 $ask
try resile eval resnet20.th --arch lenet5 $ask
try resile eval resnet20.onnx --arch resnet20 $ask

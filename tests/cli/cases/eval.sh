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
resile eval m.onnx --data synth-signs -n 20 -b20 --quiet | sed 's/[0-9][0-9.]*/N/g'
try resile eval
try resile eval m.onnx
try resile eval m.onnx --data
try resile eval m.onnx --data nothing
try resile eval m.onnx --data synth-signs --compute fp16
try resile eval m.onnx --data synth-signs --compute int8 --storage bf16
try resile eval m.onnx --data synth-signs --compute int8 --storage affine4:paper
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

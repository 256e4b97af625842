# Training: an epoch with all that it leaves behind; resuming what is done; options and data that do not fit.
. "$CASES/../try.sh"
small='--arch lenet5 --input 3x16x16 --data synth-signs --images 96 --test-images 43 --batch 16 --quiet'
resile train --help | head -3
resile train $small --epochs 1 --log log -o a.onnx --json >out || exit
json_get arch data output checkpoint compute epochs steps images_per_epoch loss accuracy test_loss top1 \
    seconds images_per_second <out | sed -E 's/^(seconds|images_per_second|accuracy|top1): .*/\1: N/'
json_get epoch step rate loss test_loss <log
ls
resile eval a.onnx --data synth-signs --images 43 --json --quiet | json_get images
# Finished: the checkpoint has it all, and nothing is trained again.
resile train $small --epochs 1 --log log -o b.onnx --checkpoint a.checkpoint.safetensors --resume | sed 's/[0-9][0-9.]*/N/g'
cmp a.onnx b.onnx && wc -l <log
# A model trained further, quantized, under bit errors.
resile train --model a.onnx --data synth-signs --images 64 --test-images 43 -b 16 -e 1 -q --qat symmetric4 \
    --ber 0.01 --weight-clip 0.3 --optimizer adamw --freeze conv1 --accumulate 2 -o c.onnx --json | json_get epochs steps
# How images become the input rides in the model.
resile train --arch cnn-small --input 3x16x16 --data synth-signs -n 86 --test-images 43 -b 16 -e 1 -q --json \
    --mean 0.1,0.2,0.3 --std 0.5,0.6,0.7 -o d.onnx | json_get top1 test_loss >trained
resile eval d.onnx --data synth-signs --images 43 --json -q | json_get top1 loss | sed s/loss/test_loss/ | cmp - trained
try resile train $small --epochs 1 -o a.onnx --resume --lr 0.5
try resile train $small --epochs 1 -o a.onnx --resume --seed 1
try resile train --arch cnn-small --input 3x16x16 --data synth-signs -n 96 -b 16 -q -e 1 -o a.onnx --resume
head -c 1000 a.checkpoint.safetensors >short
try resile train $small --epochs 1 -o x.onnx --resume --checkpoint short 2>&1 | sed 's/of [0-9]* bytes/of N bytes/'
try resile train $small -o missing/x.onnx
mkdir folder
try resile train $small -o folder --checkpoint x
try resile train $small -o missing/ --checkpoint x
try resile train $small -o x.onnx --log missing/log
# Files of others, and one for two things.
echo 'bought milk' >notes
try resile train $small -o x.onnx --log notes
cat notes
try resile train --model a.onnx --data synth-signs -n 96 -b 16 -e 1 -q -o x.onnx --checkpoint a.onnx
try resile train --model a.onnx --data synth-signs -n 96 -b 16 -e 1 -q -o ./a.onnx
try resile train $small -o x.onnx --log x.onnx
try resile train $small -o x.onnx --checkpoint x.onnx
try resile train $small -o x.onnx --checkpoint x --log x
try resile train $small -o x.onnx --resume --restart
# Data sets without images: an image file of none, a folder of none.
mkdir -p empty/cat empty/train
printf '\0\0\10\3\0\0\0\0\0\0\0\34\0\0\0\34' >empty/train-images-idx3-ubyte
printf '\0\0\10\1\0\0\0\0' >empty/train-labels-idx1-ubyte
try resile train --arch lenet5 --data mnist:empty -q -o x.onnx
try resile train --arch lenet5 --data folder:empty -q -o x.onnx
try resile train
try resile train --data synth-signs -o x.onnx
try resile train $small
try resile train $small --model a.onnx -o x.onnx
try resile train --model a.onnx --input 3x16x16 --data synth-signs -o x.onnx
try resile train $small -o x.onnx --recipe sings
try resile train $small -o x.onnx --optimizer adem
try resile train $small -o x.onnx --schedule cosin
try resile train $small -o x.onnx --schedule step:0
try resile train $small -o x.onnx --lr nan
try resile train $small -o x.onnx --lr -1
try resile train $small -o x.onnx --momentum 1.5
try resile train $small -o x.onnx --label-smoothing 1
try resile train $small -o x.onnx --augment spin
try resile train $small -o x.onnx --qat symetric8
try resile train $small -o x.onnx --ber 0.1
try resile train $small -o x.onnx --freeze conv9
try resile train $small -o x.onnx --batch 97
try resile train $small -o x.onnx --accumulate 7
try resile train $small -o x.onnx --compute fp8
resile train $small -o x.onnx --lr 1e6 --schedule constant 2>&1 | sed 's/step [0-9]* (epoch [0-9]*)/step N (epoch N)/; s/is [a-z ]*;/is X;/'
resile zoo build lenet5 --input 3x16x16 --classes 10 -o ten.onnx
try resile train --model ten.onnx --data synth-signs -n 96 -b 16 -q -o x.onnx
resile train --model ten.onnx --new-head --data synth-signs -n 96 --test-images 43 -b 16 -e 1 -q -o e.onnx --json |
    json_get epochs
resile info e.onnx | grep output
try resile train $small -o x.onnx --new-head
ls

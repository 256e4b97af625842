# Checkpoints: a good one, wrong files, wrong networks, what is left when it fails.
. "$CASES/../try.sh"
ckpt=$DATA/checkpoints
cp "$ckpt/resnet20.th" "$ckpt/none.pt" "$ckpt/script.pt" .
resile import resnet20.th --arch resnet20 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 -o r.onnx
resile import resnet20.th --arch resnet20 --mean .485 .456 .406 --std '0.229 0.224 0.225' -o s.onnx >s.txt
cmp r.onnx s.onnx && echo 'numbers may be written apart'
resile info r.onnx --json | json_get parameters nodes macs
resile import resnet20.th -a resnet20 --input 3x64x64 -o r64.onnx && resile info r64.onnx | head -1
try resile import
try resile import resnet20.th
try resile import resnet20.th --arch resnet20
try resile import resnet20.th --arch resnet2 -o x.onnx
try resile import resnet20.th --arch lenet5 -o x.onnx
try resile import missing.th --arch resnet20 -o x.onnx
try resile import . --arch resnet20 -o x.onnx
try resile import none.pt --arch resnet20 -o x.onnx
try resile import script.pt --arch resnet20 -o x.onnx
try resile import r.onnx --arch resnet20 -o x.onnx
head -c 5000 resnet20.th >cut.th
try resile import cut.th --arch resnet20 -o x.onnx
try resile import resnet20.th --arch resnet20 --mean 1,2 -o x.onnx
try resile import resnet20.th --arch resnet20 --std 0,0,0 -o x.onnx
try resile import resnet20.th --arch resnet20 --classes missing.txt -o x.onnx
printf 'one\ntwo\n' >names.txt
try resile import resnet20.th --arch resnet20 --classes names.txt -o x.onnx
try resile import resnet20.th --arch resnet20 -o /dev/full
ls

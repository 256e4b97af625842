# The speed of a forward pass and of a training step: a number comes out; wrong use.
. "$CASES/../try.sh"
resile bench forward --arch lenet5 --seconds 0.05 --batch 2 --compute f32 --threads 1 --json >out || exit
json_get arch batch compute threads images_per_second passes >keys <out && sed 's/passes: .*/passes: N/' keys
resile zoo build lenet5 -o l.onnx
resile bench forward --model l.onnx --seconds 0.05 --reference | sed 's/[0-9][0-9.]*/N/g'
resile bench train --arch lenet5 --seconds 0.05 --batch 2 --compute f32 --threads 1 --json >out || exit
json_get arch batch compute threads images_per_second steps >keys <out && sed 's/\(steps\|images_per_second\): .*/\1: N/' keys
resile bench train --model l.onnx --seconds 0.05 --optimizer adamw --compute f32-winograd | sed 's/[0-9][0-9.]*/N/g'
resile bench forward --model l.onnx --seconds 0.05 --compute int8 --storage affine4 --calibrate 4 | sed 's/[0-9][0-9.]*/N/g'
try resile bench
try resile bench forward
try resile bench forward --arch lenet5 --model l.onnx
try resile bench forward --arch lnet5
try resile bench forward --arch lenet5 --batch 0
try resile bench forward --arch lenet5 --batch 1000k
try resile bench forward --arch lenet5 --seconds inf
try resile bench backward
try resile bench train
try resile bench train --arch lenet5 --optimizer adem
try resile bench train --arch lenet5 --batch 0

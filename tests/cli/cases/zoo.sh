# The list of networks; building one; the same seed gives the same bytes; wrong use.
. "$CASES/../try.sh"
resile zoo list | grep -E '^(name|lenet5|resnet20|unets) '
resile zoo list --json | json_get 0.name 0.parameters 0.input 0.classes 0.source >/dev/null || exit
resile zoo build lenet5 -o a.onnx && resile zoo build lenet5 --seed 0 -oa2.onnx && cmp a.onnx a2.onnx
resile zoo build lenet5 --seed=1 --output b.onnx && cmp -s a.onnx b.onnx; echo "other seed: cmp $?"
resile zoo build cnn-small --classes 43 --input 3x48x48 -o c.onnx
resile info c.onnx | head -2
try resile zoo
try resile zoo lits
try resile zoo build
try resile zoo build lenet5
try resile zoo build lenet6 -o x.onnx
try resile zoo build lenet5 -o
try resile zoo build lenet5 -o ''
try resile zoo build lenet5 -o missing/folder/x.onnx
try resile zoo build lenet5 -o .
try resile zoo build lenet5 -o x.onnx --input 3x32
try resile zoo build lenet5 -o x.onnx --input 3x0x32
try resile zoo build lenet5 -o x.onnx --input 3x32x32x
try resile zoo build lenet5 -o x.onnx --classes ten
try resile zoo build lenet5 -o x.onnx --classes -1
try resile zoo build lenet5 -o x.onnx --seed 99999999999999999999
try resile zoo build lenet5 -o x.onnx --seed 1.5
ls

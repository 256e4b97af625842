# Tables and JSON of a model; what is no model is refused in a sentence.
. "$CASES/../try.sh"
resile zoo build lenet5 -o l.onnx
cp "$CASES/../../data/onnx/open.onnx" .
resile info l.onnx
resile info l.onnx --json | json_get nodes parameters weights macs bits layers.# layers.0 inputs outputs
try resile info open.onnx
resile info open.onnx --input 3x8x8
try resile info open.onnx --input 1x8x8
try resile info open.onnx --input 8x8
try resile info
try resile info missing.onnx
try resile info .
try resile info /dev/null
head -c 1000 l.onnx >cut.onnx
try resile info cut.onnx
: >empty.onnx
try resile info empty.onnx
echo 'this is text' >text.onnx
try resile info text.onnx
try resile info l.onnx cut.onnx
try resile info l.onnx --jsno
try resile info -- --json
resile info l.onnx >/dev/full
echo "full: exit $?"
resile info l.onnx --json >/dev/full
echo "full: exit $?"

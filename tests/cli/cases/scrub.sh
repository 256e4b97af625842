# A flipped copy in a file is found, voted out and put right.
. "$CASES/../try.sh"
resile zoo build lenet5 --input 3x32x32 --classes 43 -o m.onnx
resile quantize m.onnx --bits 3 --protect msb -o q.onnx >/dev/null
resile scrub q.onnx
# Some byte in the middle of the largest tensor's bits: eight cells of two weights.
size=$(wc -c <q.onnx)
at=$((size / 2))
cp q.onnx hit.onnx
printf '\020' | dd of=hit.onnx bs=1 seek=$at conv=notrunc 2>/dev/null
cmp -s q.onnx hit.onnx || echo "one byte differs"
resile scrub hit.onnx -o hit.onnx --json >result
json_get model output storage words <result
resile scrub hit.onnx | tail -2
try resile scrub m.onnx
try resile scrub missing.onnx
try resile scrub q.onnx -o /dev/full
try resile scrub

# Few bits: what is said, the file runs and keeps its bits, wrong use.
. "$CASES/../try.sh"
resile zoo build lenet5 --input 3x32x32 --classes 43 -o m.onnx
resile quantize m.onnx --bits 3 --protect msb -o q.onnx | sed '/^error/s/[0-9][0-9.]*/N/'
resile quantize m.onnx --bits 8 --encoding symmetric --granularity tensor --json -o s.onnx >s.json
json_get storage tensors weights bits bits_with_scales ratio_to_f32 ratio_to_w8 constant_channels <s.json
resile info q.onnx | grep -e Conv -e total
ask() { resile eval "$1" --data synth-signs --images 20 --quiet --json >result && json_get images correct loss <result; }
for protect in none msb:2 tmr parity; do
    resile quantize m.onnx --bits 4 --protect $protect --layout plane -o $protect.onnx >/dev/null
    ask $protect.onnx >$protect
    cmp none $protect && echo "$protect: the same network"
done
resile quantize m.onnx --storage 'affine4/msb; conv1=affine8/tmr' -o mix.onnx | sed '/^error/s/[0-9][0-9.]*/N/'
resile info mix.onnx | grep -e Conv -e total
# Layers of f32 stay constants; what is read back is computed on stored bits all the same.
resile quantize m.onnx --storage 'affine4/msb; conv1=f32' -o partly.onnx | sed '/^error/s/[0-9][0-9.]*/N/'
resile info partly.onnx | grep -e Conv -e total
resile eval partly.onnx --data synth-signs --images 20 --quiet --json --packed >result && json_get images correct <result
# Voted scales: the same network, and what is read back is written again as it was.
resile quantize m.onnx --bits 4 --protect none --protect-scales tmr --layout plane -o scales.onnx | sed '/^error/s/[0-9][0-9.]*/N/'
ask scales.onnx >scales
cmp none scales && echo 'scales: the same network'
resile scrub scales.onnx -o again.onnx
cmp scales.onnx again.onnx && rm again.onnx
resile inject scales.onnx --data synth-signs --images 4 --fault 'ber regions=scales,zero_points' --ber 1e-3 --trials 1 --dry-run | grep -i -e bits -e memory
resile quantize m.onnx --bits 4 --msb 2 --copies 3 --layout plane -o k.onnx >/dev/null
cmp k.onnx msb:2.onnx && echo 'msb twice: the same file'
# Faults strike the bits that the file holds.
resile inject mix.onnx --data synth-signs --images 4 --ber 1e-3 --trials 1 --dry-run | grep memory
resile inject partly.onnx --data synth-signs --images 4 --ber 1e-2 --trials 2 --json >struck && echo 'f32 beside codes: struck'
for option in '--protect tmr' '--encoding symmetric' '--layout plane' '--granularity tensor'; do
    try resile quantize m.onnx --storage affine4 $option -o x.onnx
done
try resile quantize
try resile quantize m.onnx -o x.onnx
try resile quantize m.onnx --bits 4
try resile quantize m.onnx --bits 1 -o x.onnx
try resile quantize m.onnx --bits 9 -o x.onnx
try resile quantize m.onnx --bits 3.5 -o x.onnx
try resile quantize m.onnx --bits 4 --granularity row -o x.onnx
try resile quantize m.onnx --bits 4 --rounding up -o x.onnx
try resile quantize m.onnx --bits 4 --encoding symmetric --rounding paper -o x.onnx
try resile quantize m.onnx --bits 4 --protect dmr -o x.onnx
try resile quantize m.onnx --bits 4 --protect msb:5 -o x.onnx
try resile quantize m.onnx --bits 4 --protect secded -o x.onnx
try resile quantize m.onnx --bits 4 --msb 2 --protect tmr -o x.onnx
try resile quantize m.onnx --storage affine4 --msb 2 -o x.onnx
try resile quantize m.onnx --bits 4 --msb 5 -o x.onnx
try resile quantize m.onnx --bits 4 --protect msb --copies 5 -o x.onnx
try resile quantize m.onnx --storage f32 -o x.onnx
try resile quantize m.onnx --storage 'affine4; conv1=f16' -o x.onnx
try resile quantize m.onnx --bits 4 --layout columns -o x.onnx
try resile quantize q.onnx --bits 4 -o x.onnx
try resile quantize m.onnx --bits 4 --storage affine4 -o x.onnx
try resile quantize m.onnx --storage 'affine4; conv7=affine3' -o x.onnx
try resile quantize m.onnx --storage 'affine4; scales=/secded' -o x.onnx
try resile quantize m.onnx --storage 'affine4; norms=/tmr' -o x.onnx
try resile quantize m.onnx --bits 4 --protect-scales msb:9 -o x.onnx
try resile quantize m.onnx --storage affine4 --protect-scales tmr -o x.onnx
try resile quantize missing.onnx --bits 4 -o x.onnx
try resile quantize m.onnx --bits 4 -o /dev/full
ls *.onnx

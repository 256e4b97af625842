# The search end to end: keys, the file it writes, exit code 3, going on, wrong use.
. "$CASES/../try.sh"
resile zoo build lenet5 --input 3x32x32 --classes 43 -o m.onnx
any() {
    resile explore m.onnx --data synth-signs --images 24 --bits 3:4 --ber 1e-4,1e-3 --time-seconds 0 --quiet \
        --threads 1 "$@"
}
explore() { any --trials 2 "$@"; }
numbers() { sed 's/-\{0,1\}[0-9][0-9.e+-]*/N/g; s/  */ /g'; }
explore --search sweep --drop-max 90% --store R.db --write hard.onnx >table
head -1 table
sed 1d table | numbers
resile info hard.onnx | grep -c affine3/none/block
explore --search sweep --drop-max 90% --store R.db --json >result
json_get recommended why written <result | numbers
keys() { tr '{[,' '\n\n\n' | sed -n 's/^\("[a-z_0-9]*":\).*/\1/p' | sort | uniq -c; }
keys <result
tr '{' '\n' <result | grep -o '"storage".*memory_ratio_to_w8":[0-9.]*'
# Nothing is required: not the fewest bits, and no binary search for them.
explore --store R.db | tail -1 | cut -d: -f2- | cut -d, -f1
resile results R.db --csv | cut -d, -f 1,2,5,6 | sort | uniq -c
explore --dry-run --search sweep | sed '/^time/d'
explore --dry-run --bits 2:8 --protect msb --drop-max 2% --trials 1000 --store dry.db --json | sed 's/"seconds":[0-9.e+-]*/"seconds":N/'
explore --dry-run --budget 345000 --json | sed 's/"seconds":[0-9.e+-]*/"seconds":N/'
any --dry-run --margin 0.01 --store dry.db | sed -n 's/^time//p'
# A budget of 5.3 bits for each of 64542 weights; what single layers cost is beside the store.
explore --budget 345000 --store B.db --json >result
tr '{' '\n' <result | grep -o '"role":"[a-z]*"' | sort | uniq | head -2
ls *.db
try explore --accuracy-min 100% --store R.db
try explore --budget 1000 --store X.db
try explore --budget 345000
for bits in 1:4 4:9 5:3 x 3:; do try explore --bits $bits --store X.db; done
try explore --ber 1e-3,1e-4 --store X.db
try explore --ber 2 --store X.db
try explore --accuracy-min 101% --store X.db
try explore --drop-max -1 --store X.db
try any --margin 0.6 --store X.db
try explore --margin 0.1 --store X.db
try explore --at 1e-2 --store X.db
try explore --protect dmr --store X.db
try explore --protect msb,msb:1 --store X.db
try explore --ber 0 --store X.db
try explore --bits 3:99999999999 --store X.db
try explore --fault single --store X.db
try explore --fault 'ber bits=3' --store X.db
try explore --compute int8 --rounding paper --store X.db
try explore --compute int8 --budget 345000 --store X.db
try explore --store X.db --write nowhere/hard.onnx
try explore --store X.db --protect none,secded --write hard.onnx
try explore --store X.db --write m.onnx
try explore --store X.db --budget 345000 --write X.layers.db
try explore
try resile explore hard.onnx --data synth-signs --bits 3:4 --ber 1e-4 --images 2 --quiet --store X.db
ls *.db

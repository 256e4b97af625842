# Campaigns on integer networks: the same store with one thread, two, and without skipping, also when
# scales and zero points are struck.
resile zoo build lenet5 --input 3x16x16 --classes 43 --seed 2 -o m.onnx
ask="resile inject m.onnx --data synth-signs --images 70 --resize 16x16 --compute int8 --quiet"
digest() {
    rm -f copy.db
    resile merge "$1" -o copy.db --json | json_get digest
}
same_three_ways() {
    rm -f one.db two.db naive.db
    $ask "$@" --threads 1 --store one.db >one
    $ask "$@" --threads 2 --store two.db >two
    $ask "$@" --threads 2 --naive --store naive.db >naive
    cmp one two && cmp one naive || return
    [ "$(digest one.db)" = "$(digest two.db)" ] && [ "$(digest one.db)" = "$(digest naive.db)" ] &&
        echo "$*: the same"
    # Faults do something, too.
    resile results one.db --json | grep -q -e '"sdc":0\.' -e '"sdc":1' && echo "and it is harmed"
}
same_three_ways --ber 1e-3,1e-2 --trials 4 --outcomes
same_three_ways --storage affine5/msb --ber 1e-2 --trials 4
same_three_ways --storage affine8 --ber 1e-2 --regions scales,zero_points --trials 4 --outcomes
same_three_ways --storage affine5 --ber 1e-2 --regions weights,scales,zero_points --trials 4
same_three_ways --storage affine4:tensor --fault "count:3 regions=scales,zero_points,biases + count:9" --trials 4
same_three_ways --fault "count:50 regions=scales" --trials 4 --outcomes
same_three_ways --storage affine5 --fault "single regions=weights,scales,zero_points" --margin 0.2
# Activations, as the 8-bit integers that they are.
same_three_ways --fault "neuron:3 as=int8 bits=top" --trials 6 --outcomes
same_three_ways --fault "neuron:1e-3 as=int8 at=inputs + ber:1e-3" --trials 4 --outcomes
same_three_ways --fault "neuron as=int8 layers=Conv,fc1 pattern=row value=100" --trials 6 --outcomes
# A campaign's faults, written as a list, do the same again.
$ask --fault "neuron as=int8 bits=top" --trials 20 --write-faults f.csv >written
head -3 f.csv
$ask --fault "neuron as=int8 bits=top" --trials 20 --store drawn.db >drawn
$ask --fault "list:f.csv as=int8" --store listed.db >listed
for db in drawn listed; do resile results $db.db --faults >$db.csv; done
grep -v ",0$" drawn.csv | head -3
cmp drawn.csv listed.csv && echo "as a list: the same"
. "$CASES/../try.sh"
try $ask --fault neuron --trials 1
try $ask --storage affine4:paper --ber 1e-3 --trials 1
try $ask --storage bf16 --ber 1e-3 --trials 1

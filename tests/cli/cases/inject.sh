# Campaigns: the same counts with any threads, skipping or not; dry run, JSON, lists, shards, margins,
# checkpoints; command lines, specs, files and stores that do not fit.
. "$CASES/../try.sh"
resile zoo build lenet5 --input 3x16x16 --classes 43 --seed 2 -o m.onnx
ask="resile inject m.onnx --data synth-signs --images 40 --resize 16x16 --quiet"
$ask --storage affine5/msb --ber 1e-3,1e-2 --trials 3 --json >one
json_get points <one | tr '}' '\n' | grep -o '"[a-z_]*":' | sort | uniq -c
for more in "--threads 1" "--threads 2 --naive"; do
    $ask --storage affine5/msb --ber 1e-3,1e-2 --trials 3 $more --json >two
    json_get points <one >a && json_get points <two >b && cmp a b
done
$ask --storage affine5/msb --ber 1e-3,1e-2 --trials 3 | sed 's/[0-9][0-9.]*/N/g; s/  */ /g; s/-N/N/g'
$ask --storage affine5/msb --ber 1e-3 --trials 100 --dry-run | sed '/^time/d; s/-N/N/g'
$ask --fault "neuron:3 layers=Conv + single" --trials 10 --dry-run --json | sed 's/"seconds":[0-9.e+-]*/"seconds":N/; s/"executor":"[a-z]*"/"executor":"E"/'
echo
# A list of faults, one trial each; the store goes on and knows what it belongs to.
printf 'Injection,Layer,TensorIndex,Bit\n3,conv1,"(0, 0, 0, 0)",30\n4,fc3,"(1, 2)",0\n' >list.csv
$ask --fault list:list.csv --store r.db --outcomes --json >list && json_get points <list | grep -o -e '"trials":[0-9]*' -e '"reason":"[a-z]*"'
$ask --fault list:list.csv --store r.db --outcomes --json >again && json_get points <again >b && json_get points <list >a && cmp a b
try $ask --fault list:list.csv --store r.db --images 30
try $ask --fault list:list.csv --store r.db --mean 0.5
resile zoo build lenet5 --input 3x16x16 --classes 43 --seed 3 -o other.onnx
try resile inject other.onnx --data synth-signs --images 40 --resize 16x16 --quiet --fault list:list.csv --store r.db
# The faults of a campaign as a list, in memory and in activations, and the list of a store: the same outcomes.
outcomes() { json_get points <"$1" | tr ',' '\n' | grep -e accuracy -e golden -e drop -e sdc -e due -e masked -e faults -e changed; }
same() { outcomes "$1" >a; outcomes "$2" >b; cmp a b && grep -c . a; }
for fault in count:4 "stuck0:count:9" "neuron:2 layers=Conv"; do
    $ask --fault "$fault" --trials 6 --json >drawn
    $ask --fault "$fault" --trials 6 --write-faults w.csv
    $ask --fault list:w.csv --json >listed
    same drawn listed
done
head -3 w.csv
$ask --fault neuron --trials 6 --store n.db --json >drawn
resile results n.db --faults >n.csv
$ask --fault list:n.csv --json >listed && same drawn listed
# Stuck cells stay stuck, and struck activations in their form, also by way of a store of the list.
for fault in stuck1:count:1 "neuron as=bf16" "stuck0:count:1 + neuron:1e-9 as=int8"; do
    rm -f s.db l.db
    $ask --fault "$fault" --trials 6 --store s.db --json >drawn
    resile results s.db --faults >s.csv && cut -d, -f1-9 s.csv | head -2
    $ask --fault list:s.csv --store l.db --json >listed && same drawn listed
    resile results l.db --faults | cmp - s.csv
done
$ask --fault neuron --trials 6 --write-faults w.csv --json && cut -d, -f1-7 n.csv | head -1 && tail -1 w.csv
$ask --fault "neuron:2 layers=Conv as=bf16" --trials 4 --write-faults w16.csv
head -2 w16.csv
$ask --fault list:w16.csv --json >listed && $ask --fault "neuron:2 layers=Conv as=bf16" --trials 4 --json >drawn && same drawn listed
sed "s/,[^,]*\$//" w16.csv >old.csv && $ask --fault "list:old.csv as=bf16" --json >listed && same drawn listed
$ask --fault list:w.csv --dry-run | sed '/^time/d' | tail -3
# Of two lists each has its own injections; the shorter one says how many trials there are.
$ask --fault "neuron layers=conv1" --trials 2 --write-faults w2.csv
$ask --fault "neuron:2 layers=conv1" --trials 6 --write-faults w6.csv
$ask --fault "list:w6.csv + list:w2.csv" --dry-run | sed '/^time/d' | tail -2
$ask --ber 1e-5 --trials 6 --write-faults w.csv
# A list of stuck cells, written again, is the same list.
printf 'Injection,Layer,TensorIndex,Bit,Effect\n1,conv1,"(0, 0, 0, 0)",30,stuck1\n2,fc3,"(1, 2)",0,flip\n' >stuck.csv
$ask --fault list:stuck.csv --write-faults back.csv && cat back.csv
try $ask --fault list:stuck.csv --write-faults one
# Shards are parts of the same trials.
$ask --fault single --trials 5 --shard 0/2 --store s0.db --json >s0 && json_get points <s0 | grep -o '"trials":[0-9]*'
$ask --fault single --trials 5 --shard 1/2 --store s1.db --json >s1 && json_get points <s1 | grep -o '"trials":[0-9]*'
$ask --ber 1e-2 --margin 0.1 --confidence 0.9 --json >margin && json_get points <margin | grep -o '"reason":"[a-z]*"'
# What is required is met by the whole interval, or the exit code is 3.
try $ask --fault single --trials 4 --drop-max 100% --sdc-max 1 --json >/dev/null
try $ask --ber 1e-2,1e-1 --trials 4 --drop-max 1% --json >/dev/null
try $ask --fault single --trials 4 --sdc-max 0 --json >/dev/null
echo "--- refused" && echo "--- refused" >&2
resile quantize m.onnx --bits 5 --protect msb -o q.onnx >/dev/null
try resile inject q.onnx --data synth-signs --images 40 --resize 16x16 --storage affine4/msb --ber 1e-3 --trials 1
try resile inject
try resile inject m.onnx
try resile inject missing.onnx --data synth-signs --ber 1e-5 --trials 1
try resile inject m.onnx --data nothing --ber 1e-5 --trials 1
try $ask --trials 1
try $ask --ber 1e-5
try $ask --ber 1.5 --trials 1
try $ask --ber x --trials 1
try $ask --fault bre --ber 1e-5 --trials 1
try $ask --fault single --ber 1e-5 --trials 1
try $ask --fault "neuron layers=conv9" --trials 1
try $ask --fault "neuron as=int4" --trials 1
try $ask --fault "neuron:1000000000" --trials 1
try $ask --fault "single + " --trials 1
try $ask --ber 1e-5 --trials 1 --margin 0.1
try $ask --ber 1e-5 --margin 0.6
try $ask --ber 1e-5 --margin 0.1 --confidence 0.4
try $ask --fault list:list.csv --margin 0.1 --store x.db
try $ask --ber 1e-5 --margin 0.1 --shard 0/2 --store x.db
try $ask --ber 1e-5 --trials 1 --shard 2/2 --store x.db
try $ask --ber 1e-5 --trials 1 --shard " 0/2" --store x.db
try $ask --ber 1e-5 --trials 1 --shard 0/99999999999 --store x.db
try $ask --ber 1e-5 --trials 1 --shard 0/2
try $ask --ber 1e-5 --trials 1 --storage affine9
try $ask --ber 1e-5 --trials 1 --storage symmetric8/exponent
try $ask --ber 1e-5 --trials 1 --regions wieghts
try $ask --ber 1e-5 --trials 1 --regions scales
try $ask --ber 1e-5 --trials 1 --images 1e12
try $ask --ber 1e-5 --trials 1 --compute fp16
try $ask --fault list:missing.csv
printf 'Injection,Layer,TensorIndex,Bit\n3,conv7,"(0, 0, 0, 0)",30\n' >layer.csv
printf 'Injection,Layer,TensorIndex,Bit\n3,conv1,"(0, 0, 0, 9)",30\n' >index.csv
printf 'Injection,Layer,TensorIndex,Bit\n3,conv1,"(0, 0, 0, 0)",32\n' >bit.csv
try $ask --fault "list:w16.csv as=int8"
for list in layer index bit; do try $ask --fault list:$list.csv; done
printf 'Injection,Layer,TensorIndex,Bit\n3,outputs:conv7,"(0, 0, 0)",3\n' >site.csv
try $ask --fault list:site.csv
try $ask --ber 1e-5 --trials 1 --write-faults w.csv --dry-run
try $ask --ber 1e-5 --margin 0.1 --write-faults w.csv
try $ask --ber 1e-5,1e-4 --trials 1 --write-faults w.csv
try $ask --fault "neuron value=0" --trials 1 --write-faults w.csv
try $ask --fault "neuron as=bf16 + neuron as=int8" --trials 1 --write-faults w.csv
try $ask --ber 1e-5 --trials 1 --write-faults m.onnx
try $ask --ber 1e-5 --trials 1 --store missing/r.db
echo "no store" >text.db
try $ask --ber 1e-5 --trials 1 --store text.db
cat text.db
resile zoo build cnn-small --classes 10 -o ten.onnx
try resile inject ten.onnx --data synth-signs --images 20 --ber 1e-5 --trials 1 --quiet
try resile bench inject --arch lenet5 --fault bre
try resile bench inject
resile bench inject --arch lenet5 --images 4 --trials 4 --seconds 0.01 --json | json_get images trials

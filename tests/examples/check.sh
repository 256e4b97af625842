#!/bin/sh
# usage: check.sh FOLDER
# Runs the examples built in FOLDER in the order of their README and checks what they print; where
# the program `resile` can say the same, against it.
set -eu
cd "$1"
LC_ALL=C
export LC_ALL

fail() { echo "$*"; exit 1; }

# Runs a program, its lines into NAME.out.
run() {
    name=$1
    "./$@" >"$name.out" 2>"$name.err" || fail "$* fails: $(cat "$name.err")"
    [ ! -s "$name.err" ] || fail "$* complains: $(cat "$name.err")"
    cat "$name.out"
}

# Lines of NAME.out that match the whole pattern must be that many.
lines() {
    n=$(grep -c -x -E "$3" "$1.out") || true
    [ "$n" = "$2" ] || fail "$1: $n lines are like '$3', not $2"
}

# The first number that follows a word in a file.
after() { sed -n "s/.*$2[^0-9-]*\([-0-9.]*\).*/\1/p" "$1" | head -1; }

holds() { awk "BEGIN { exit !($1) }" || fail "$2: not $1"; }

run train
lines train 4 'epoch [1-4] of 4: loss [0-9.]+, [0-9.]+ % of the test images right'
holds "$(after train.out 'signs.onnx:') >= 40" train

run load_and_run
lines load_and_run 10 '[a-z0-9 ]+, taken for [a-z0-9 ]+'
resile eval signs.onnx --data synth-signs --images 10 --quiet >eval.out
right=$(sed -n 's/^\([0-9]*\) of 10 right$/\1/p' load_and_run.out)
holds "${right:-none} == $(sed -n 's/.*(\([0-9]*\) of 10 images).*/\1/p' eval.out)" load_and_run

run quantize
lines quantize 6 'affine[3-8]/none +[0-9]+ bits  error 0\.[0-9]+  accuracy [0-9.]+ %'
lines quantize 1 'affine4/msb +[0-9]+ bits  error 0\.[0-9]+  accuracy [0-9.]+ %'
awk '/none/ { if ($5 <= error) exit 1; error = $5 }' quantize.out || fail "quantize: errors do not grow"
resile info signs4.onnx | grep -q -F affine4/msb || fail "signs4.onnx is not stored as affine4/msb"

run one_fault
lines one_fault 1 'conv1, element 0, bit 30, on 500 images:'
parts="$(after one_fault.out masked) + $(after one_fault.out tolerable) + $(after one_fault.out SDC)"
holds "$parts >= 500 - $(after one_fault.out DUE) && $parts <= 500" one_fault
run one_fault signs.onnx conv1 '(0, 0, 0, 0)' 0 # the last bit of a float
holds "$(after one_fault.out SDC) <= 5" one_fault
if ./one_fault signs.onnx conv9 '(0, 0, 0, 0)' 0 2>refused; then fail "layer conv9 is accepted"; fi
grep -q conv9 refused || fail "one_fault: $(cat refused)"

run campaign
lines campaign 3 'rate 0?\.?[0-9e-]+: +[0-9.]+ bits flipped, accuracy [0-9.]+ % \([0-9. to]+\), without [0-9.]+ %'
lines campaign 1 'the worst: trial [0-9]+ at rate [0-9.e-]+, [0-9]+ of 200 images right'
mv campaign.out first
run read_store
lines read_store 3 '.*, symmetric8/none, ber at [0-9.e-]+'
lines read_store 3 '  20 trials of 200 images, finished'
lines read_store 1 'signs.db: [0-9a-f]{64}'
mv read_store.out read
run campaign # nothing is left to do
grep -v worst first | cmp - campaign.out
run read_store
cmp read_store.out read

run protect
lines protect 5 '(symmetric8|affine4[a-z/]*) +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.-]+ +[0-9.-]+'
drop() { awk -v storage="$1" '$1 == storage { print $5 }' protect.out; }
holds "$(drop affine4/tmr) < $(drop symmetric8) && $(drop affine4/secded) < $(drop symmetric8)" protect

run custom_fault
lines custom_fault 2 'affine4/msb(/plane)? +200 clusters of 16 flips: [0-9.]+ % of predictions change \([0-9.to ]+\)'
[ "$(wc -l <clusters.csv)" = 3201 ] || fail "clusters.csv has $(wc -l <clusters.csv) lines"
mv custom_fault.out once
run custom_fault
cmp custom_fault.out once

if ./load_and_run missing.onnx 2>refused; then fail "missing.onnx is accepted"; fi
grep -q '^./load_and_run: missing.onnx: ' refused || fail "load_and_run: $(cat refused)"

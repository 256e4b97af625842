#!/bin/sh
# usage: demo.sh RESILE FOLDER
# The main job end to end on drawn data, without a download: a small network learns road signs, every
# way of storing its weights in 3 to 8 bits is struck by bit errors, with and without FORTUNE's
# protection, and the cheapest that survives is written as a file. Leaves FOLDER/report.html.
set -eu
resile=$1 folder=$2
mkdir -p "$folder"
cd "$folder"
rm -f net.* hard.onnx campaign.db report.html

step() { echo "== $*" >&2; }

step "training cnn-small on 8,000 drawn road signs of 43 classes"
"$resile" train --arch cnn-small --data synth-signs --images 8000 --test-images 1000 --compute f32-winograd \
    --log net.log -o net.onnx >&2

step "3 to 8 bits, the top bit once or three times, under bit errors of four rates"
code=0
"$resile" explore net.onnx --data synth-signs --images 150 --bits 3:8 --protect none,msb --search sweep \
    --accuracy-min 85% --drop-max 5% --ber 1e-4,3e-4,1e-3,3e-3 --trials 12 --time-seconds 0.1 \
    --compute f32-winograd --store campaign.db --write hard.onnx || code=$?
[ $code -eq 0 ] || [ $code -eq 3 ] || exit $code

if [ -e hard.onnx ]; then
    step "the hardened network, computing on its stored bits with a vote at every inference"
    "$resile" eval hard.onnx --data synth-signs --images 300 --packed >&2
fi

step "the report"
"$resile" report campaign.db -o report.html
echo
echo "Open $folder/report.html in a browser. Next, your own network:"
echo "    resile explore MODEL.onnx --data NAME:FOLDER --bits 3:8 --drop-max 2% --ber 1e-5,1e-4 --store R.db"

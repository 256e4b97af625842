#!/bin/sh
# usage: picture.sh RESILE FOLDER
# Makes docs/report.png again: a network on drawn road signs, its weights stored in seven ways, 400
# trials on 500 images at each of four error rates; then the report's upper part as a picture, taken
# by chromium. About an hour on two cores; goes on where it was stopped.
set -eu
resile=$1 folder=$2
mkdir -p "$folder"
cd "$folder"

[ -e signs.onnx ] || "$resile" train --arch cnn-small --images 16000 --compute f32-winograd --data synth-signs -o signs.onnx

stores=
for storage in symmetric8:channel affine8/secded affine5 affine5/msb affine4 affine4/msb affine3/msb; do
    store=$(echo "$storage" | tr :/ --).db
    "$resile" inject signs.onnx --data synth-signs --images 500 --storage "$storage" \
        --ber 1e-4,3e-4,1e-3,3e-3 --trials 400 --compute f32-winograd --store "$store"
    stores="$stores $store"
done
"$resile" report $stores -o report.html # words on purpose: names without blanks
chromium --headless --no-sandbox --hide-scrollbars --force-color-profile=srgb --window-size=1100,1700 \
    --screenshot=report.png "file://$PWD/report.html"

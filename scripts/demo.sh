#!/bin/sh
# usage: demo.sh RESILE FOLDER
# The whole way on drawn data, without a download: a small network is trained on road signs, looked
# at, and evaluated with every kind of arithmetic; a table at the end, and the report in
# FOLDER/report.md and FOLDER/report.json.
set -eu
resile=$1 folder=$2
net=cnn-small train_images=12000 test_images=2000
mkdir -p "$folder"
cd "$folder"

step() { echo "== $*" >&2; }

# The value of a top-level key of one-line JSON; lists of layers stand last.
value() { sed -n "s/,\"layers\":.*//; s/.*\"$2\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$1"; }

step "the machine"
"$resile" doctor --json >machine.json

step "the data: $train_images drawn road signs to learn from, $test_images to be tested with"
"$resile" data info synth-signs --images "$test_images" --json >data.json

step "training $net"
"$resile" train --arch $net --data synth-signs --images "$train_images" \
    --test-images "$test_images" --compute f32-winograd --log train.log -o $net.onnx --json >train.json

step "what it consists of"
"$resile" info $net.onnx --json >info.json
"$resile" info $net.onnx >&2

step "accuracy and speed"
for compute in f32 f32-winograd bf16; do
    "$resile" eval $net.onnx --data synth-signs --images "$test_images" --compute $compute --json \
        >$compute.eval.json
    "$resile" bench forward --model $net.onnx --batch 64 --compute $compute --seconds 1 --json \
        >$compute.bench.json
done

rows() {
    for compute in f32 f32-winograd bf16; do
        e=$compute.eval.json
        printf "$1" $compute "$(value $e correct)" "$(value $e images)" "$(value $e top1)" \
            "$(value $e loss)" "$(value $compute.bench.json images_per_second)"
    done
}

step "the report"
{
    echo "# resile demo"
    echo
    echo "$("$resile" version | head -1) on $(value machine.json cpu)," \
        "oneDNN instruction set $(value machine.json onednn_isa)."
    echo
    echo "$net: $(value info.json parameters) parameters, $(value info.json macs) multiplications" \
        "per image. Trained on $train_images drawn road signs of 43 classes for" \
        "$(value train.json epochs) epochs in $(printf %.0f "$(value train.json seconds)") s."
    echo
    echo '| compute | correct | images | top-1 % | loss | images/s, batch 64 |'
    echo '| --- | ---: | ---: | ---: | ---: | ---: |'
    rows '| %s | %s | %s | %.2f | %.4f | %.0f |\n'
} >report.md.part
mv report.md.part report.md
{
    printf '{"machine":%s,"data":%s,"train":%s,"info":%s' "$(cat machine.json)" "$(cat data.json)" \
        "$(cat train.json)" "$(cat info.json)"
    for compute in f32 f32-winograd bf16; do
        printf ',"%s":{"eval":%s,"bench":%s}' "$compute" "$(cat $compute.eval.json)" \
            "$(cat $compute.bench.json)"
    done
    echo '}'
} >report.json.part
mv report.json.part report.json

echo
printf '%-12s  %9s  %7s  %7s  %9s\n' compute correct top-1 loss images/s
rows '%-12s  %4s/%4s  %6.2f%%  %7.4f  %9.0f\n'
echo
echo "Report: $folder/report.md and report.json"

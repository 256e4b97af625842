#!/bin/sh
# usage: demo.sh RESILE FOLDER
# The whole way on drawn data, without a download: networks from the zoo, their anatomy, their
# accuracy with every kind of arithmetic, their speed; a table at the end, and the report in
# FOLDER/report.md and FOLDER/report.json. The weights are fresh: the accuracy is that of guessing,
# what is shown is that every way of computing agrees and how fast each is.
set -eu
resile=$1 folder=$2
images=500
mkdir -p "$folder"
cd "$folder"

step() { echo "== $*" >&2; }

# The value of a top-level key of one-line JSON; lists of layers stand last.
value() { sed -n "s/,\"layers\":.*//; s/.*\"$2\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$1"; }

step "the machine"
"$resile" doctor --json >machine.json

step "the data: $images drawn road signs"
"$resile" data info synth-signs --images "$images" --json >data.json

step "the networks, written as ONNX"
"$resile" zoo build cnn-small --classes 43 -o cnn-small.onnx
"$resile" zoo build resnet20 --classes 43 -o resnet20.onnx

step "what they consist of"
for net in cnn-small resnet20; do "$resile" info $net.onnx --json >$net.info.json; done
"$resile" info cnn-small.onnx >&2

step "accuracy and speed"
for net in cnn-small resnet20; do
    for compute in f32 f32-winograd bf16; do
        "$resile" eval $net.onnx --data synth-signs --images "$images" --compute $compute --json \
            >$net.$compute.eval.json
    done
    "$resile" bench forward --model $net.onnx --batch 64 --seconds 1 --json >$net.bench.json
done

rows() {
    for net in cnn-small resnet20; do
        for compute in f32 f32-winograd bf16; do
            e=$net.$compute.eval.json
            printf "$1" $net $compute "$(value $net.info.json parameters)" \
                "$(value $net.info.json macs)" "$(value $e correct)" "$(value $e images)" \
                "$(value $e loss)" "$(value $e images_per_second)"
        done
    done
}

step "the report"
{
    echo "# resile demo"
    echo
    echo "$("$resile" version | head -1) on $(value machine.json cpu)," \
        "oneDNN instruction set $(value machine.json onednn_isa)."
    echo
    echo "Weights are fresh (seed 0), so the accuracy is that of guessing among 43 classes: about"
    echo "2.3 %. What the rows show: which arithmetic gives which result, how fast."
    echo
    echo '| network | compute | parameters | MACs | correct | images | loss | images/s |'
    echo '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |'
    rows '| %s | %s | %s | %s | %s | %s | %.4f | %.0f |\n'
    echo
    for net in cnn-small resnet20; do
        printf 'Forward pass of %s alone, batch 64, f32: %.0f images/s.\n' $net \
            "$(value $net.bench.json images_per_second)"
    done
} >report.md.part
mv report.md.part report.md
{
    printf '{"machine":%s,"data":%s,"networks":{' "$(cat machine.json)" "$(cat data.json)"
    comma=
    for net in cnn-small resnet20; do
        printf '%s"%s":{"info":%s,"f32":%s,"f32-winograd":%s,"bf16":%s,"bench":%s}' "$comma" $net \
            "$(cat $net.info.json)" "$(cat $net.f32.eval.json)" \
            "$(cat $net.f32-winograd.eval.json)" "$(cat $net.bf16.eval.json)" \
            "$(cat $net.bench.json)"
        comma=,
    done
    echo '}}'
} >report.json.part
mv report.json.part report.json

echo
printf '%-10s  %-12s  %10s  %10s  %7s  %7s  %9s\n' \
    network compute parameters MACs correct loss images/s
rows '%-10s  %-12s  %10s  %10s  %3s/%3s  %7.4f  %9.0f\n'
echo
echo "Fresh weights guess; what counts here is that the arithmetics agree and how fast they are."
echo "Report: $folder/report.md and report.json"

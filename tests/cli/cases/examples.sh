# Every example of the manual pages, which are those of --help, runs: with less work where it would
# take long (later options win), with folders here in the place of others. Not run: `data get`, which
# needs a network and has a case of its own.
cp "$DATA/checkpoints/resnet20.th" .
cp "$DATA/faults/resnet20.csv" faults.csv
mkdir -p data/cifar10 data/fm
for class in 0 1 2 3 4 5 6 7 8 9; do
    printf "\\$(printf %03o $class)"
    tail -c +$((class * 1000 + 1)) resnet20.th | head -c 3072
done >data/cifar10/test_batch.bin
for i in 1 2 3 4 5; do cp data/cifar10/test_batch.bin "data/cifar10/data_batch_$i.bin"; done
ln -s cifar10 data/cifar-10-batches-bin
ln -s data/cifar10 cifar
RESILE_DATA=$PWD/data
export RESILE_DATA
resile zoo build lenet5 --input 3x32x32 --classes 10 -o m.onnx
resile zoo build lenet5 --input 3x32x32 --classes 43 -o model.onnx
resile zoo build lenet5 --input 3x32x32 --classes 43 -o signs43.onnx
strike="resile inject m.onnx --data cifar10 --quiet"
for store in plain protected; do $strike --ber 1e-3 --trials 2 --store $store.db; done >/dev/null 2>&1
for i in 0 1; do $strike --ber 1e-3 --trials 2 --shard $i/2 --store shard$i.db; done >/dev/null 2>&1

# What makes an example short.
less_of() {
    case $1 in
        *"resile train "*) echo "--images 40 --test-images 10 --batch 8 --epochs 1" ;;
        *"resile explore "*) echo "--images 10 --trials 2 --time-seconds 0.001" ;;
        *"resile inject "*--margin*) echo "--images 4 --margin 0.2" ;;
        *"resile inject "*list:*) echo "--images 2" ;;
        *"resile inject "*) echo "--trials 3" ;;
        *"bench forward "*) echo "--seconds 0.01 --batch 1" ;;
        *"bench train "*) echo "--seconds 0.01 --batch 2 --arch lenet5" ;;
        *"bench inject "*) echo "--seconds 0.01 --images 2 --trials 2 --arch lenet5" ;;
        *"bench packed "*) echo "--seconds 0.01 --arch lenet5" ;;
        *"data synth "*) echo "--images 43" ;;
    esac
}

run_example() {
    line=$1
    case $line in
        *"resile data get "*) return ;;
        *synth-signs*budget*) cp signs43.onnx m.onnx ;;
        *"resile merge "*) rm R.db ;;
        *"data synth "*) rm -rf signs ;;
        *"resile results R.db --faults"*) $strike --fault single --trials 3 --store R.db >/dev/null 2>&1 ;;
    esac
    here=$(printf '%s\n' "$line" | sed "s,/data/,$PWD/data/,g; s,=/data ,=$PWD/data ,
        s,/usr/local/share/zsh/site-functions/,,; s,| jq \.,| json_get ,")
    case $line in *'|'* | *'>'* | *'<('*) ;; *) here="$here $(less_of "$line")" ;; esac
    bash -c "$here" >out 2>err </dev/null
    code=$?
    case $code,$line in
        0,* | 3,*"resile explore "*) ran=$((ran + 1)) ;;
        *)
            echo "exit $code: $here"
            cat out err
            ;;
    esac
    case $line in *synth-signs*budget*) resile zoo build lenet5 --input 3x32x32 --classes 10 -o m.onnx ;; esac
}

ran=0
for page in $(resile --man); do
    resile --man "$page" | awk '/^```$/ { inside = !inside; next } inside' >examples.txt
    while read -r line <&3; do run_example "$line"; done 3<examples.txt
done
[ "$ran" -ge 40 ] || echo "only $ran examples"
echo "done"

# Every ```sh block of README.md runs without an error; the data it names are the tests' own, ten
# pictures in the form of CIFAR-10.
cp "$DATA/checkpoints/resnet20.th" .
mkdir -p data/cifar10
for class in 0 1 2 3 4 5 6 7 8 9; do
    printf "\\$(printf %03o $class)"
    tail -c +$((class * 1000 + 1)) resnet20.th | head -c 3072
done >data/cifar10/test_batch.bin
RESILE_DATA=$PWD/data
export RESILE_DATA
awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$CASES/../../../README.md" >blocks
[ "$(wc -l <blocks)" -ge 12 ] || { echo "only $(wc -l <blocks) lines found"; exit 1; }
while read -r line; do
    sh -c "$line" >out 2>err </dev/null || { echo "exit $?: $line"; cat out err; exit 1; }
    [ -s out ] || case $line in *' -o '*) ;; *) echo "prints nothing: $line"; exit 1 ;; esac
done <blocks
echo "ok"

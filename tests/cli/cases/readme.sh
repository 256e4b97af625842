# Every ```sh block of README.md runs without an error; the data it names are the tests' own.
cp "$DATA/checkpoints/resnet20.th" .
awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$CASES/../../../README.md" >blocks
[ "$(wc -l <blocks)" -ge 8 ] || { echo "only $(wc -l <blocks) lines found"; exit 1; }
while read -r line; do
    sh -c "$line" >out </dev/null || { echo "exit $?: $line"; cat out; exit 1; }
    [ -s out ] || case $line in *' -o '*) ;; *) echo "prints nothing: $line"; exit 1 ;; esac
done <blocks
echo "ok"

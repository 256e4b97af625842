# Drawn pictures: the folder is the same set, the same bytes each time, and never overwritten.
. "$CASES/../try.sh"
resile data synth -q -n 86 -o signs &&
    resile data synth --images 86 --quiet --output again
diff -r signs again && ls signs | wc -l && ls signs | head -2 && find signs -type f | wc -l
find signs -name '00000000.ppm' -exec head -n 3 {} + | head -c 15
resile data synth -n 86 --seed 1 -o other; diff -rq signs other >/dev/null; echo "other seed: diff $?"
resile data info folder:signs | head -2
resile zoo build cnn-small --classes 43 -o m.onnx
resile eval m.onnx --quiet --data synth-signs --images 86 --json | json_get images correct
resile eval m.onnx --quiet --data folder:signs --resize 32x32 --json | json_get images correct
try resile data synth
try resile data synth -o signs
try resile data synth -o missing/signs
try resile data synth -o x -n 0
ls

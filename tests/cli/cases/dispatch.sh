# No command, unknown commands, near misses, help.
. "$CASES/../try.sh"
try resile
try resile frobnicate
try resile doctr
try resile docotr
try resile ""
try resile -x
try resile completion
try resile completion fsh
try resile completion tcsh
try resile completion bash zsh
try resile help frobnicate
try resile help completion
try resile completion -h
try resile doctor --josn
try resile doctor --json=yes
try resile doctor --no-json extra
try resile doctor -q
# Topics, from the library's lists; a variable that nobody reads harms nobody.
for topic in faults storage augment; do try resile help $topic; done
try resile help faults more
resile help >all && resile help help | cmp - all
resile zoo --help >zoo && resile zoo help | cmp - zoo
RESILE_THREADS=abc resile help eval >/dev/null && RESILE_THREADS=abc resile bench forward --arch lenet5 --seconds 0.01 --threads 1 >/dev/null && echo 'given is given'
try env RESILE_THREADS=abc resile bench forward --arch lenet5 --seconds 0.01
for n in 1k 2000 abc -1; do RESILE_THREADS=$n resile doctor --json | tr '"' '\n' | grep RESILE_THREADS; done
try resile quantize m.onnx --bits 4 -o -
# Whoever does not ask whether to stop is ended at once.
timeout -k 5 0.5 resile bench forward --arch resnet20 --seconds 60 >/dev/null
echo "exit $?"

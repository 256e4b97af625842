# What cannot be fetched is refused before or after asking, and leaves nothing in place.
. "$CASES/../try.sh"
try resile data get
try resile data get cifra10
try resile data get synth-signs --to d
try resile data get folder --to d
try resile data get mnist --to d --from nonsense://x
echo "a file" >file && try resile data get mnist --to file/d
try resile data get mnist --to d --from http://127.0.0.1:9/mnist 2>&1 | sed 's/after [0-9]* ms/after N ms/'
ls

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

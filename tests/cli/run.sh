#!/bin/sh
# usage: run.sh BIN_DIR CASE.sh [--update]
# Runs CASE.sh in an empty folder with BIN_DIR (resile, json_get) in PATH and compares what it writes
# with CASE.stdout and CASE.stderr and its exit code with CASE.exit (absent: nothing, 0).
# A case that cannot run here exits with 77. --update writes what came as what is expected.
set -u
bin=$1 script=$(cd "$(dirname "$2")" && pwd)/$(basename "$2") update=${3-}
expected=${script%.sh}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/work"

unset RESILE_DATA RESILE_THREADS DNNL_MAX_CPU_ISA XDG_CACHE_HOME
PATH=$bin:$PATH HOME=/nowhere LC_ALL=C TERM=dumb CASES=$(cd "$(dirname "$script")" && pwd) DATA=$CASES/../../data
export PATH HOME LC_ALL TERM CASES DATA
(cd "$folder/work" && exec sh "$script") >"$folder/stdout" 2>"$folder/stderr" </dev/null
echo $? >"$folder/exit"
[ "$(cat "$folder/exit")" != 77 ] || { cat "$folder/stderr"; exit 77; }

failed=0
for stream in stdout stderr exit; do
    want=$expected.$stream
    [ -e "$want" ] || want=/dev/null
    if [ "$update" = --update ]; then
        rm -f "$expected.$stream"
        { [ ! -s "$folder/$stream" ] || [ "$stream $(cat "$folder/$stream")" = 'exit 0' ]; } ||
            cp "$folder/$stream" "$expected.$stream"
    elif [ "$stream" = exit ] && [ ! -e "$expected.exit" ]; then
        [ "$(cat "$folder/exit")" = 0 ] || { echo "exit code $(cat "$folder/exit"), not 0"; failed=1; }
    elif ! diff -u "$want" "$folder/$stream"; then
        echo "^ $stream of $script differs"
        failed=1
    fi
done
exit $failed

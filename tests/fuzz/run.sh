#!/bin/sh
# Fuzzes every reader, or those named:  tests/fuzz/run.sh [seconds per target] [fuzz_<x> ...]
#
# The growing corpus of a target is kept, minimized, in build/fuzz/corpus/<x>; inputs that crash,
# leak or hang in build/fuzz/findings. An input worth keeping for good is copied to
# tests/fuzz/corpus/<x>, where every test run replays it.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $(cd tests/fuzz && ls fuzz_*.c | sed 's/\.c$//')

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "$@" >/dev/null
mkdir -p build/fuzz/findings

failed=0
for target; do
    name=${target#fuzz_}
    program=build/fuzz/tests/fuzz/$target
    corpus=build/fuzz/corpus/$name
    log=build/fuzz/$target.log
    mkdir -p "$corpus"
    echo "== $target, $seconds s"
    "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/findings/$target-" \
        "$corpus" "tests/fuzz/corpus/$name" >"$log" 2>&1 || { failed=1; tail -40 "$log"; }
    mkdir -p "$corpus.small"
    "$program" -merge=1 -verbosity=0 "$corpus.small" "$corpus" "tests/fuzz/corpus/$name" 2>>"$log" &&
        rm -rf "$corpus" && mv "$corpus.small" "$corpus" || rm -rf "$corpus.small"
    grep -E "^stat::(number_of_executed|average_exec|peak_rss)" "$log" || true
    echo "   corpus: $(ls "$corpus" | wc -l) inputs"
done
[ $failed -eq 0 ] || echo "findings: build/fuzz/findings" >&2
exit $failed

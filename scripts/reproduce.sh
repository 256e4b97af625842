#!/bin/sh
# usage: reproduce.sh RESILE DATA CACHE [NAME...]
# Trains the networks of scripts/training.rows, one after the other or those named, into CACHE. What
# is there already is kept, what was interrupted goes on; CACHE/training.md has the table. DATA holds
# the unpacked data sets: DATA/cifar10, DATA/fashion-mnist.
set -eu
resile=$1 data=$2 cache=$3
shift 3
rows=$(dirname "$0")/training.rows
[ -d "$data" ] || { echo "reproduce: there is no folder '$data'; give DATA=folder" >&2; exit 2; }
mkdir -p "$cache"

# The value of a key of one-line JSON.
value() { sed -n "s/.*\"$2\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$1"; }

trim() { echo "$1" | sed 's/^ *//; s/ *$//'; }

# name bar set arguments
train() {
    out=$cache/$1
    case $3 in *:*) set_at=${3%%:*}:$data/${3#*:} ;; *) set_at=$3 ;; esac
    [ -s "$out.json" ] && return 0
    echo "== $1" >&2
    # shellcheck disable=SC2086
    "$resile" train $4 --data "$set_at" --resume --log "$out.log" -o "$out.onnx" --json >"$out.part" ||
        return 1
    mv "$out.part" "$out.json"
}

table() (
    echo '| network | top-1 % | bar | epochs | images/s | command |'
    echo '| --- | ---: | ---: | ---: | ---: | --- |'
    while IFS='|' read -r name bar set args; do
        name=$(trim "$name") set=$(trim "$set") args=$(trim "$args")
        case $name in '#'* | '') continue ;; esac
        json=$cache/$name.json
        [ -s "$json" ] || continue
        printf '| %s | %.2f | %s | %s | %.0f | `resile train %s --data %s -o %s.onnx` |\n' "$name" \
            "$(value "$json" top1)" "$(trim "$bar")" "$(value "$json" epochs)" \
            "$(value "$json" images_per_second)" "$args" "$set" "$name"
    done <"$rows"
)

failed=0
while IFS='|' read -r name bar set args <&3; do
    name=$(trim "$name") bar=$(trim "$bar") set=$(trim "$set") args=$(trim "$args")
    case $name in '#'* | '') continue ;; esac
    case " $* " in *" $name "* | "  ") ;; *) continue ;; esac
    train "$name" "$bar" "$set" "$args" || exit $?
    table >"$cache/training.md.part"
    mv "$cache/training.md.part" "$cache/training.md"
    awk -v got="$(value "$cache/$name.json" top1)" -v bar="$bar" 'BEGIN { exit !(got < bar) }' && {
        echo "reproduce: $name reached $(value "$cache/$name.json" top1) %, the bar is $bar %" >&2
        failed=3
    }
done 3<"$rows"
cat "$cache/training.md"
exit $failed

#!/bin/sh
# usage: reproduce_fortune.sh RESILE DATA CACHE [NAME...]
# Table II of FORTUNE again, for the networks of scripts/fortune.rows or those named: trained if they are
# not in CACHE yet (reproduce.sh), then explored at four rates with both samplings, each mean to one
# point. Stores, reports and CACHE/fortune.md are left in CACHE; what is there goes on where it was.
set -eu
resile=$1 data=$2 cache=$3
shift 3
here=$(dirname "$0")
[ -d "$data" ] || { echo "reproduce-fortune: there is no folder '$data'; give DATA=folder" >&2; exit 2; }
mkdir -p "$cache"

trim() { echo "$1" | sed 's/^ *//; s/ *$//'; }

# name set arguments layers
explore() {
    store=$cache/fortune-$1.db
    for sampling in layers bits; do
        fault="ber sampling=$sampling"
        [ -z "$4" ] || fault="$fault $4"
        echo "== $1, sampling=$sampling" >&2
        # shellcheck disable=SC2086
        "$resile" explore "$cache/$1.onnx" --data "${2%%:*}:$data/${2#*:}" $3 --protect none,msb --search sweep \
            --baseline symmetric8:channel:negate --layout word --fault "$fault" --ber 1e-5,3e-5,1e-4,3e-4 \
            --margin 0.01 --store "$store" >"$cache/fortune-$1-$sampling.txt" || return 1
    done
    "$resile" report "$store" --title "FORTUNE: $1" -o "$cache/fortune-$1.html"
    "$resile" results "$store" --csv >"$cache/fortune-$1.csv"
}

# The rows of results beside the publication's drops.
table() {
    echo '| network | storage | sampling | rate | drop, points (95 %) | published | runs |'
    echo '| --- | --- | --- | ---: | ---: | ---: | ---: |'
    for csv in "$cache"/fortune-*.csv; do
        name=$(basename "$csv" .csv)
        awk -F, -v network="${name#fortune-}" -f "$here/fortune_table.awk" "$here/fortune_table2.csv" "$csv"
    done
}

while IFS='|' read -r name set args layers <&3; do
    name=$(trim "$name") set=$(trim "$set") args=$(trim "$args") layers=$(trim "$layers")
    case $name in '#'* | '') continue ;; esac
    case " $* " in *" $name "* | "  ") ;; *) continue ;; esac
    if [ ! -s "$cache/$name.onnx" ]; then
        code=0
        sh "$here/reproduce.sh" "$resile" "$data" "$cache" "$name" >/dev/null || code=$?
        # 3: trained, but below the bar of docs/results/training.md; the table states the golden accuracy.
        [ $code -eq 0 ] || [ $code -eq 3 ] || exit $code
    fi
    explore "$name" "$set" "$args" "$layers" || exit $?
    table >"$cache/fortune.md.part"
    mv "$cache/fortune.md.part" "$cache/fortune.md"
done 3<"$here/fortune.rows"
cat "$cache/fortune.md"

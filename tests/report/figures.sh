#!/bin/sh
# usage: figures.sh RESILE MADE_STORE
# Runs every script of `resile report --gnuplot`, of stores with much and with little to show:
# gnuplot must make a figure of each and have nothing to say.
set -eu
resile=$1 made_store=$2
command -v gnuplot >/dev/null || { echo "skipped: gnuplot is missing (apt-get install gnuplot-nox)"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

failed=0 scripts=0
# usage: draw FIGURES STORE...
draw() {
    figures=$1
    shift
    "$resile" report "$@" --gnuplot "$figures"
    for script in "$figures"/*.gp; do
        pdf=$(basename "$script" .gp).pdf
        (cd "$figures" && gnuplot "$(basename "$script")") >said 2>&1 || echo "exit code $?" >>said
        [ -s "$figures/$pdf" ] || echo "$pdf is empty or missing" >>said
        scripts=$((scripts + 1))
        [ ! -s said ] || { echo "$script:"; cat said; failed=1; }
    done
}

"$made_store" R.db
for kind in other quiet mixed; do "$made_store" $kind.db $kind; done
draw all R.db
draw networks R.db other.db
draw quiet quiet.db
draw mixed mixed.db
echo "$scripts figures"
exit $failed

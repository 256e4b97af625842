#!/bin/sh
# usage: run.sh SOURCE_ROOT
# Fails when a page of the documentation links to a file or heading that is not there, names a file of
# the sources that is not there, shows as "`FILE`:" another file than that, or is not reached from the
# README.
set -eu
cd "$1"
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT

# The anchor of each heading of a page, as GitHub makes it.
anchors() {
    awk '/^```/ { inside = !inside } /^#+ / && !inside' "$1" |
        sed 's/^#* //' | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-'
}

# Links out of code, one a line: "docs/x.md#y", relative to the page.
links() {
    awk '/^```/ { inside = !inside } !inside && !/^    /' "$1" | sed 's/`[^`]*`//g' |
        grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//' | grep -v -E '^https?:' || true
}

check_page() {
    folder=$(dirname "$1")
    for link in $(links "$1"); do
        file=${link%%#*} anchor=${link#"${link%%#*}"}
        target=$folder/$file
        [ -n "$file" ] || target=$1
        [ -e "$target" ] || { echo "$1: links to $link, which is not there"; continue; }
        [ -z "$anchor" ] || anchors "$target" | grep -q -x -F -e "${anchor#\#}" ||
            echo "$1: links to $link, a heading that is not there"
    done
    grep -o -E '`(src|tests|cli|include|examples|scripts|cmake|bench)/[a-zA-Z0-9_./-]*\.[a-z]+`' "$1" |
        tr -d '`' | sort -u | while read -r file; do
        [ -e "$file" ] || echo "$1: names $file, which is not there"
    done
    # A line "`FILE`:" before a block: the block is the file.
    awk '/^`[^`]*`:$/ { file = $0; gsub(/[`:]/, "", file); next }
         /^```c$/ { inside = file != ""; next }
         /^```/ { inside = 0; file = "" }
         inside { print file "\t" $0 }' "$1" >"$bad.shown"
    for file in $(cut -f 1 "$bad.shown" | sort -u); do
        sed -n "s,^$file	,,p" "$bad.shown" | cmp -s - "$file" || echo "$1: shows another $file"
    done
    rm -f "$bad.shown"
}

pages=$(find README.md docs examples -name '*.md' | sort)
for page in $pages; do check_page "$page"; done >"$bad"

# From the README, page by page.
reached=README.md
while :; do
    more=$(for page in $reached; do
        for link in $(links "$page"); do
            case ${link%%#*} in
                *.md) realpath --relative-to=. "$(dirname "$page")/${link%%#*}" ;;
            esac
        done
    done | sort -u)
    more=$(printf '%s\n' README.md $reached $more | sort -u)
    [ "$more" != "$reached" ] || break
    reached=$more
done
for page in $pages; do
    echo "$reached" | grep -q -x -F "$page" || echo "$page: no link from the README leads here"
done >>"$bad"

[ "$(echo "$pages" | wc -l)" -ge 15 ] || echo "too few pages" >>"$bad"
cat "$bad"
[ ! -s "$bad" ]

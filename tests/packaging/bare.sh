#!/bin/sh
# usage: bare.sh [TARGET]   (as root; not part of `make test`; see root.sh)
# Runs `make TARGET` (demo) as the first command on a clean Debian 12 that has make and a copy of this
# checkout, nothing else.
set -eu
. "$(dirname "$0")/root.sh"
target=${1:-demo}

get install --no-install-recommends make
tar -C "$top" -c --exclude=./build --exclude=./.git --exclude=node_modules -f - . |
    tar -x -C "$root$place" -f -
step "make $target"
inside make -C "$place" "$target"
[ "$target" != demo ] || [ -n "$(ls "$root$place/build/demo")" ] || fail "the demo left nothing"
echo "packaging: make $target ok"

#!/bin/sh
# usage: run.sh BUILD_FOLDER CMAKE CC "C flags of the build"
# Installs the build into an empty folder, builds examples/ against it with pkg-config, and checks
# what they do.
set -eu
build=$1 cmake=$2 cc=$3 flags=$4
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

unset LD_LIBRARY_PATH
"$cmake" --install "$build" --prefix "$folder/prefix" >"$folder/log" || { cat "$folder/log"; exit 1; }
library=$(dirname "$(find "$folder/prefix" -name libresile.so)")
PKG_CONFIG_PATH=$library/pkgconfig
PATH=$folder/prefix/bin:$PATH
export PKG_CONFIG_PATH PATH
cp -r "$here/../../examples" "$folder"
make -s -C "$folder/examples" clean
make -s -C "$folder/examples" CC="$cc" CFLAGS="-O1 -Wall -Wextra -Werror $flags" \
    LDFLAGS="-Wl,-rpath,$library"
sh "$here/check.sh" "$folder/examples"

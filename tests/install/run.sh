#!/bin/sh
# usage: run.sh BUILD_FOLDER CMAKE CC "C flags of the build"
# Installs the build into an empty folder, looks at what is there, then builds and runs a client of
# the installed library, once with pkg-config and once with find_package.
set -eu
build=$1 cmake=$2 cc=$3 flags=$4
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
prefix=$folder/prefix

# The build tree's library paths must not help the client.
unset LD_LIBRARY_PATH
"$cmake" --install "$build" --prefix "$prefix" >"$folder/log" || { cat "$folder/log"; exit 1; }
library=$(dirname "$(find "$prefix" -name libresile.so)")
for file in bin/resile include/resile/model.h; do
    [ -e "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
[ -L "$library/libresile.so.1" ] || { echo "not installed: libresile.so.1"; exit 1; }
if grep -r -I -l -F "$build" "$prefix"; then
    echo "^ names the build folder"
    exit 1
fi

# What the library exports is what the headers declare, and what its Debian package promises.
cat "$prefix"/include/resile/*.h | awk '
    /^RSL_API/ { inside = 1 }
    inside { text = text " " $0 }
    inside && /;/ {
        match(text, /rsl_[a-z0-9_]+\(/)
        print substr(text, RSTART, RLENGTH - 1)
        text = ""
        inside = 0
    }' | sort >"$folder/declared"
nm -D --defined-only "$library/libresile.so.1" | awk '$3 ~ /^rsl_/ { sub(/@.*/, "", $3); print $3 }' |
    sort >"$folder/exported"
sed -n 's/^ \(.*\)@Base .*/\1/p' "$here/../../debian/libresile1.symbols" | sort >"$folder/promised"
diff "$folder/declared" "$folder/exported" || { echo "^ declared < > exported"; exit 1; }
diff "$folder/declared" "$folder/promised" ||
    { echo "^ declared < > in debian/libresile1.symbols: add lines such as ' rsl_x@Base 0.1.0'"; exit 1; }

# resile.h has all the others.
for header in "$prefix"/include/resile/*.h; do
    name=$(basename "$header")
    [ "$name" = resile.h ] || grep -q "resile/$name" "$prefix/include/resile/resile.h" ||
        { echo "resile.h does not include $name"; exit 1; }
done

# Each header stands alone.
for header in "$prefix"/include/resile/*.h; do
    echo "#include <resile/$(basename "$header")>" >"$folder/alone.c"
    "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror -I "$prefix/include" -fsyntax-only "$folder/alone.c"
done

# The program finds its library by itself, also when the tree has moved.
mv "$prefix" "$folder/moved"
prefix=$folder/moved
library=$prefix/${library#"$folder/prefix/"}
"$prefix/bin/resile" version | head -1

export LD_LIBRARY_PATH="$library"
export PKG_CONFIG_PATH="$library/pkgconfig"
# shellcheck disable=SC2046,SC2086  # flags are meant to split into words
"$cc" $flags "$here/client.c" $(pkg-config --cflags --libs resile) -o "$folder/client"
"$folder/client"

"$cmake" -S "$here" -B "$folder/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_C_FLAGS="$flags" >"$folder/log" 2>&1 &&
    "$cmake" --build "$folder/cmake" >>"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
"$folder/cmake/client"

if command -v scdoc >/dev/null; then
    for file in share/man/man1/resile.1 share/man/man1/resile-eval.1 \
        share/bash-completion/completions/resile share/zsh/site-functions/_resile \
        share/fish/vendor_completions.d/resile.fish; do
        [ -s "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
    done
fi

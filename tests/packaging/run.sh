#!/bin/sh
# usage: run.sh [DEBS_FOLDER]   (as root; not part of `make test`; see root.sh)
# Installs the packages of `make deb` (build/deb) on a clean Debian 12, uses the program, builds the
# examples against the library, and removes it all again.
set -eu
debs=$(realpath "${1:-$(dirname "$0")/../../build/deb}")
set -- "$debs"/resile_*.deb "$debs"/libresile1_*.deb "$debs"/libresile-dev_*.deb
[ $# -eq 3 ] && [ -e "$1" ] && [ -e "$2" ] && [ -e "$3" ] || {
    echo "packaging: $debs has not one package each of resile, libresile1, libresile-dev: make deb" >&2
    exit 1
}
. "$(dirname "$0")/root.sh"

step "resile and libresile1"
before=$(inside dpkg-query -W -f '${Package}\n' | sort)
cp "$@" "$root$place"
resile=$place/$(basename "$1") library=$place/$(basename "$2") dev=$place/$(basename "$3")
get install --no-install-recommends "$resile" "$library"
inside resile version
inside resile doctor
for page in resile resile-inject; do
    [ -s "$root/usr/share/man/man1/$page.1.gz" ] || fail "there is no man page $page"
done
for file in usr/share/bash-completion/completions/resile usr/share/zsh/vendor-completions/_resile \
    usr/share/fish/vendor_completions.d/resile.fish usr/share/doc/resile/copyright; do
    [ -s "$root/$file" ] || fail "there is no $file"
done
[ ! -e "$root/usr/include/resile" ] || fail "headers come without libresile-dev"

step "a network trained, struck, reported"
inside sh -e -c 'cd "$HOME"
    resile train --arch lenet5 --input 3x16x16 --data synth-signs --images 640 --test-images 100 \
        --epochs 1 -q -o m.onnx
    resile inject m.onnx --data synth-signs --images 100 --storage affine4/msb --ber 1e-3 --trials 5 \
        -q --store R.db
    resile report R.db -o R.html
    test -s R.html'

step "libresile-dev and the examples"
get install --no-install-recommends "$dev" gcc libc6-dev make pkg-config
cp -r "$root/usr/share/doc/libresile-dev/examples" "$top/tests/examples/check.sh" "$root$place"
inside make -s -C "$place/examples"
inside sh "$place/check.sh" "$place/examples" >"$root.log" || { tail -5 "$root.log" >&2; fail "the examples"; }
tail -2 "$root.log"

step "removed again"
get purge resile libresile1 libresile-dev
left=$(find "$root/usr" "$root/etc" "$root/var/lib" -name '*resile*' ! -path '*/apt/*') || true
[ -z "$left" ] || fail "left behind: $left"
get purge --autoremove gcc libc6-dev make pkg-config
after=$(inside dpkg-query -W -f '${Package}\n' | sort)
[ "$before" = "$after" ] || fail "packages stay installed: $(printf '%s\n%s\n' "$before" "$after" | sort | uniq -u | tr '\n' ' ')"
echo "packaging: ok"

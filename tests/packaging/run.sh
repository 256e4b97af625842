#!/bin/sh
# usage: run.sh [DEBS_FOLDER]   (as root; not part of `make test`: needs debootstrap and a Debian mirror)
# Installs the packages of `make deb` (build/deb) on a clean Debian 12 as debootstrap leaves it, uses
# the program, builds the examples against the library, and removes it all again.
#
# MIRROR (http://deb.debian.org/debian) is where Debian comes from; SUITE (bookworm) which; packages
# are kept in CACHE (build/debootstrap) for the next time.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
debs=${1:-$top/build/deb}
mirror=${MIRROR:-http://deb.debian.org/debian} suite=${SUITE:-bookworm}
cache=${CACHE:-$top/build/debootstrap}

step() { echo "== $*" >&2; }
fail() { echo "packaging: $*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || fail "making a root folder needs root"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"
set -- "$debs"/resile_*.deb "$debs"/libresile1_*.deb "$debs"/libresile-dev_*.deb
for deb; do [ -e "$deb" ] || fail "there is no $deb: make deb"; done
[ $# -eq 3 ] || fail "$debs has packages of several versions"

root=$(mktemp -d)
clean() {
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap clean EXIT
trap 'exit 130' INT TERM

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root "$@"; }
get() { inside DEBIAN_FRONTEND=noninteractive apt-get -y -q "$@" >"$root/log" 2>&1 || {
    tail -20 "$root/log" >&2
    fail "apt-get $*"
}; }

step "a clean $suite"
mkdir -p "$cache"
debootstrap --variant=minbase --cache-dir="$cache" "$suite" "$root" "$mirror" >"$root.log" || {
    tail -5 "$root.log" >&2
    fail "debootstrap: $root.log"
}
rm -f "$root.log"
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# Proxies and the like: what it takes here to reach a mirror.
apt-config dump | grep '^Acquire::' >"$root/etc/apt/apt.conf.d/90host" || true
get update

step "resile and libresile1"
before=$(inside dpkg-query -W -f '${Package}\n' | sort)
cp "$@" "$root/root"
resile=/root/$(basename "$1") library=/root/$(basename "$2") dev=/root/$(basename "$3")
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
inside sh -e -c 'cd /root
    resile train --arch lenet5 --input 3x16x16 --data synth-signs --images 640 --test-images 100 \
        --epochs 1 -q -o m.onnx
    resile inject m.onnx --data synth-signs --images 100 --storage affine4/msb --ber 1e-3 --trials 5 \
        -q --store R.db
    resile report R.db -o R.html
    test -s R.html'

step "libresile-dev and the examples"
get install --no-install-recommends "$dev" gcc libc6-dev make pkg-config
cp -r "$root/usr/share/doc/libresile-dev/examples" "$top/tests/examples/check.sh" "$root/root"
inside make -s -C /root/examples
inside sh /root/check.sh /root/examples >"$root/log" || { tail -5 "$root/log" >&2; fail "the examples"; }
tail -2 "$root/log"

step "removed again"
get purge resile libresile1 libresile-dev
left=$(find "$root/usr" "$root/etc" "$root/var/lib" -name '*resile*' ! -path '*/apt/*') || true
[ -z "$left" ] || fail "left behind: $left"
get purge --autoremove gcc libc6-dev make pkg-config
after=$(inside dpkg-query -W -f '${Package}\n' | sort)
[ "$before" = "$after" ] || fail "packages stay installed: $(printf '%s\n%s\n' "$before" "$after" | sort | uniq -u | tr '\n' ' ')"
echo "packaging: ok"

# Sourced: a clean Debian as debootstrap leaves it in $root, gone when the script ends. Needs root,
# debootstrap and a mirror: MIRROR (http://deb.debian.org/debian), SUITE (bookworm); packages are kept
# in CACHE (build/debootstrap) for the next time.
top=$(cd "$(dirname "$0")/../.." && pwd)
mirror=${MIRROR:-http://deb.debian.org/debian} suite=${SUITE:-bookworm}
cache=${CACHE:-$top/build/debootstrap}

step() { echo "== $*" >&2; }
fail() { echo "packaging: $*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || fail "making a root folder needs root"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"

root=$(mktemp -d)
place=/srv/resile # in the root: what is tried there
chmod 755 "$root" # as the root of a Debian is: not only root walks through it
clean() {
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root" "$root.log"
}
trap clean EXIT
trap 'exit 130' INT TERM

# In the root, with nothing of this environment.
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME="$place" "$@"; }

get() {
    inside DEBIAN_FRONTEND=noninteractive apt-get -y -q "$@" >"$root.log" 2>&1 || {
        tail -20 "$root.log" >&2
        fail "apt-get $*"
    }
}

step "a clean $suite"
mkdir -p "$cache"
debootstrap --variant=minbase --cache-dir="$cache" "$suite" "$root" "$mirror" >"$root.log" || {
    tail -5 "$root.log" >&2
    fail "debootstrap"
}
mount -t proc proc "$root/proc"
mkdir -p "$root$place"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# Proxies and the like: what it takes here to reach a mirror.
apt-config dump | grep '^Acquire::' >"$root/etc/apt/apt.conf.d/90host" || true
get update

#!/bin/sh
# usage: setup.sh [PACKAGE ...]
# Installs the Debian packages that building, testing and documenting resile needs (why each:
# docs/dependencies.md) and those named. Says nothing and touches nothing when all are there.
set -eu

packages='
    gcc libc6-dev make cmake ninja-build pkg-config
    libdnnl-dev protobuf-c-compiler libprotobuf-c-dev libonnx-dev libjansson-dev librandom123-dev
    libzip-dev zlib1g-dev libjpeg-dev libpng-dev libcurl4-openssl-dev libsqlite3-dev
    node-d3
    libcmocka-dev libonnx-testdata scdoc'

missing=
for package in $packages "$@"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=absent
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "setup: this is not a Debian system. Install the equivalents of:$missing" >&2
    exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: packages are missing and installing them needs root. As root, run:" >&2
        echo "    apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    as_root='sudo'
fi

echo "setup: installing$missing" >&2
install_missing() {
    # shellcheck disable=SC2086  # the lists are meant to split into words
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends $missing >&2
}
# The package lists may be absent (a fresh image) or old (a 404): refresh them and try once more.
if ! install_missing; then
    $as_root apt-get update -q >&2 || {
        echo "setup: apt-get update failed; is there a network and a Debian mirror?" >&2
        exit 1
    }
    install_missing || {
        echo "setup: apt-get could not install$missing" >&2
        exit 1
    }
fi

#!/bin/sh
# usage: deb.sh FOLDER
# Builds the Debian packages from a copy of the checkout in FOLDER, where they and what was said
# during the build come to lie.
set -eu
cd "$(dirname "$0")/.."
folder=$1
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
source=$folder/resile-$version

rm -rf "$source" "$folder"/*.deb "$folder"/*.changes "$folder"/*.buildinfo
mkdir -p "$source"
tar -c --exclude=./build --exclude=./.git --exclude=node_modules -f - . | tar -x -C "$source" -f -
cd "$source"
echo "deb: building resile $version; $folder/build.log has the details" >&2
dpkg-buildpackage --build=binary --unsigned-source --unsigned-changes >"$folder/build.log" 2>&1 || {
    tail -20 "$folder/build.log" >&2
    exit 1
}
cd "$folder"
rm -rf "$source"
ls -- *.deb

#!/bin/sh
# usage: docs.sh RESILE SCDOC FOLDER: manual pages into FOLDER/man, completions into FOLDER/completion.
set -eu
resile=$1 scdoc=$2 folder=$3
mkdir -p "$folder/man" "$folder/completion"
rm -f "$folder"/man/* "$folder"/completion/*
for page in $("$resile" --man); do
    name=resile-$page.1
    [ "$page" != resile ] || name=resile.1
    "$resile" --man "$page" >"$folder/page.scd"
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0} "$scdoc" <"$folder/page.scd" >"$folder/man/$name"
done
rm -f "$folder/page.scd"
"$resile" completion bash >"$folder/completion/resile"
"$resile" completion zsh >"$folder/completion/_resile"
"$resile" completion fish >"$folder/completion/resile.fish"
: >"$folder/made"

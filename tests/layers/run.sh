#!/bin/sh
# usage: run.sh SOURCE_ROOT. Fails when a folder of src/ includes one that stands below itself in this
# list, when cli/ includes anything of src/, or when <dnnl.h> is included outside src/dnnl.
set -eu
cd "$1"
order='base tensor graph ops dnnl replay zoo io data metric memory fault train guard campaign search report export'

find src cli -name '*.[ch]' | sort | xargs awk -v order="$order" '
    BEGIN {
        n = split(order, names, " ")
        for (i = 1; i <= n; i++) rank[names[i]] = i
    }
    function wrong(text) {
        printf "%s:%d: %s\n", FILENAME, FNR, text
        bad++
    }
    FNR == 1 {
        split(FILENAME, path, "/")
        folder = path[1] == "cli" ? "cli" : path[2]
        if (folder != "cli" && !(folder in rank)) wrong("src/" folder " is not in the list of layers")
        files++
    }
    /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
        split($0, part, /[<">]/)
        included = part[2]
        target = included
        sub(/\/.*/, "", target)
        if (included ~ /dnnl[a-z_]*\.h$/ && included !~ /^dnnl\// && folder != "dnnl")
            wrong("only src/dnnl includes " included)
        if (!(target in rank) || index(included, "/") == 0) next
        if (folder == "cli")
            wrong("cli/ is a client of include/resile and may not include " included)
        else if (rank[target] > rank[folder])
            wrong("src/" folder " may not include " included ", which stands below it")
    }
    END {
        if (files < 10) { print "only " files " files were found"; exit 1 }
        exit bad > 0
    }'

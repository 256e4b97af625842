#!/bin/sh
# usage: run.sh SOURCE_ROOT
# The drawing in docs/architecture.md is the list of layers and says which includes which. Fails when
# a folder of src/ includes one that stands below itself there, when the drawing and the includes
# disagree, when cli/ or examples/ include anything of src/, or when <dnnl.h> is included outside
# src/dnnl.
set -eu
cd "$1"
drawing=docs/architecture.md

find src cli examples -name '*.[ch]' | sort | xargs awk -v drawing="$drawing" '
    function wrong(text) {
        printf "%s:%d: %s\n", FILENAME, FNR, text
        bad++
    }
    # A row is one mark, x or a dot, for each layer above it, its own name, and what it is.
    function read_row(line,    field, i) {
        split(line, field, " ")
        name[++n] = field[n]
        if (name[n] !~ /^[a-z]+$/ || name[n] == "x") {
            printf "%s: row %d has not %d marks and a name: %s\n", drawing, n, n - 1, line
            exit failed = 1
        }
        rank[name[n]] = n
        for (i = 1; i < n; i++) {
            if (field[i] !~ /^[x.]$/) {
                printf "%s: %s: a mark is x or a dot, not %s\n", drawing, name[n], field[i]
                exit failed = 1
            }
            drawn[name[n], name[i]] = field[i] == "x"
        }
    }
    BEGIN {
        while ((getline line < drawing) > 0) {
            if (line ~ /^```/) inside = !n && !inside
            else if (inside) read_row(line)
        }
        if (n < 10) {
            print drawing ": only " n " layers were found"
            exit failed = 1
        }
    }
    FNR == 1 {
        split(FILENAME, path, "/")
        folder = path[1] == "src" ? path[2] : path[1]
        if (path[1] == "src" && !(folder in rank)) {
            wrong("src/" folder " is not in " drawing)
            rank[folder] = n + 1
        }
        there[folder] = 1
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
        if (!(folder in rank))
            wrong(folder "/ is a client of include/resile and may not include " included)
        else if (rank[target] > rank[folder])
            wrong("src/" folder " may not include " included ", which stands below it")
        else
            real[folder, target] = 1
    }
    END {
        if (failed) exit 1
        for (i = 1; i <= n; i++) {
            row = ""
            same = 1
            for (j = 1; j < i; j++) {
                mark = (name[i], name[j]) in real
                if (mark != drawn[name[i], name[j]]) same = 0
                row = row (mark ? "x " : ". ")
            }
            if (!(name[i] in there)) {
                print drawing ": there is no src/" name[i]
                bad++
            } else if (!same) {
                print drawing ": by its includes the row is\n" row name[i]
                bad++
            }
        }
        if (files < 10) { print "only " files " files were found"; exit 1 }
        exit bad > 0
    }'

# Reports of stores: files appear, tables are those of results, mistakes are told.
synthetic_store R.db 0 1 20 || exit
synthetic_store S.db 0 1 10 || exit
resile report R.db -o R.html
grep -c '^<tr><td>affine5/msb' R.html
grep -o '<title>.*</title>' R.html
resile report R.db S.db -o both.html --title 'A & B' --csv >a.csv
resile results R.db S.db --csv | cmp - a.csv
grep -o '<h1>.*</h1>' both.html
resile report R.db --json >a.json && resile results R.db --json | cmp - a.json
resile report R.db --markdown >a.md && resile results R.db --markdown | cmp - a.md
resile report R.db --gnuplot figures && ls figures
resile report R.db -o C.html --life 8 --interval 2 --p-single 0.25 --csv >a.csv
grep -o 'P_single = [^.]*' C.html
resile results R.db --drop-constant 1 --csv | cmp - a.csv
echo "-- refused" >&2
resile report R.db
resile report
resile report missing.db -o x.html
echo "accuracy,drop" >table.csv
resile report table.csv -o x.html
resile report R.db -o nowhere/x.html
resile report R.db -o table.csv
resile report R.db -o R.html || echo "a report is replaced by one"
resile report R.db --json --csv
resile report R.db -o x.html --interval 2
[ ! -e x.html ]

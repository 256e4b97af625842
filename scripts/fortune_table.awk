# usage: awk -F, -v network=N -f fortune_table.awk fortune_table2.csv results.csv
# Rows of a Markdown table: the measured drops of `resile results --csv` beside the published ones.
# The publication has the protected widths and the 8-bit baseline only.
FNR == 1 {
    file++
    if (file == 2) for (i = 1; i <= NF; i++) column[$i] = i
    next
}
file == 1 {
    published[$1, $2, "1e-05"] = $3
    published[$1, $2, "3e-05"] = $4
    published[$1, $2, "0.0001"] = $5
    published[$1, $2, "0.0003"] = $6
    next
}
{
    storage = $column["storage"]
    rate = $column["ber"] + 0
    width = ""
    if (storage ~ /^symmetric8/) width = 8
    else if (storage ~ /\/msb/) {
        width = storage
        sub(/^affine/, "", width)
        sub(/[^0-9].*/, "", width)
    }
    key = network SUBSEP width SUBSEP sprintf("%g", rate)
    printf "| %s | %s | %s | %g | %.2f [%.2f, %.2f] | %s | %d |\n", network, storage, $column["sampling"], rate,
        $column["drop"], $column["drop_low"], $column["drop_high"], key in published ? published[key] : "", $column["runs"]
}

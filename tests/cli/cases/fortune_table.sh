# The rows of docs/results/fortune.md from results: published drops beside the widths that have them.
scripts=$CASES/../../../scripts
cat >results.csv <<'R'
storage,ber,sampling,drop,drop_low,drop_high,runs
affine3/msb,1e-05,layers,0.5,-0.25,1.125,100
affine5/msb/block,0.0003,bits,18,17.5,18.5,200
affine4/none,0.0001,layers,15.5,14.5,16.5,300
symmetric8:channel:negate/none,3e-05,layers,4,3,5,400
R
awk -F, -v network=resnet18-pool -f "$scripts/fortune_table.awk" "$scripts/fortune_table2.csv" results.csv

# Results of stores, and merging of shards.
for i in 0 1 2; do synthetic_store s$i.db $i 3 20 || exit; done
synthetic_store whole.db 0 1 20
resile merge s2.db s0.db s1.db -o R.db
resile merge whole.db -o copy.db --json
resile results R.db
resile results R.db --markdown --fault single
resile results R.db whole.db --csv | wc -l
echo "-- several stores"
resile results R.db whole.db
resile results R.db whole.db --markdown --fault single
echo "-- long names"
mix="affine8/tmr; conv2=affine5/msb/plane; fc1=affine6/msb/plane; fc2=affine7/msb/plane; fc3="
synthetic_store mix.db 0 1 20 "${mix}affine2/none; größe=affine3" && synthetic_store mix.db 0 1 20 "${mix}affine3|4"
resile results mix.db --fault single
resile results mix.db --fault single --markdown
resile results R.db --json | json_get 1.fault 1.ber 1.sampling 1.protection 1.trials 1.images 1.golden \
    1.share_interval 1.reason
resile results R.db --faults | head -3
resile results R.db --csv >a.csv
resile results whole.db --csv | sed s/whole.db/R.db/ | cmp - a.csv
echo "-- in between"
synthetic_store half.db 1 3 5
resile merge s0.db half.db s2.db -o half_merged.db
resile results half_merged.db
echo "-- other intervals" && echo "-- other intervals" >&2
resile results R.db --intervals clopper-pearson | tail -4
resile results R.db --intervals clopper-pearson --json | json_get 0.share_interval 1.share_interval 1.due_interval
resile zoo build lenet5 --input 3x16x16 --classes 43 -o m.onnx
resile inject m.onnx --data synth-signs --resize 16x16 -n 40 -q --ber 1e-4 -k 4 --outcomes --store o.db >/dev/null
resile results o.db --intervals bootstrap | cut -d' ' -f1-20
resile results o.db R.db --intervals bootstrap --json | json_get 0.drop_interval 1.drop_interval
synthetic_store b.db 0 1 60
resile results b.db --intervals bootstrap --fault single
resile results b.db whole.db R.db --intervals bootstrap >/dev/null
echo "-- confidence" && echo "-- confidence" >&2
inject="resile inject m.onnx --data synth-signs --resize 16x16 -n 40 -q"
$inject --ber 1e-4 -k 4 --confidence 0.99 --store c.db >/dev/null
resile results c.db | tail -1 | cut -d";" -f1
resile results c.db o.db | tail -1 | cut -d";" -f1
resile results c.db --confidence 0.9 | tail -1 | cut -d";" -f1
resile merge c.db -o c99.db | sed "s/.*digest //" >c99.digest
$inject --ber 1e-4 -k 4 --confidence 0.9 --store c.db >/dev/null
resile results c.db | tail -1 | cut -d";" -f1
resile merge c.db -o c90.db | sed "s/.*digest //" | cmp - c99.digest
echo "-- a rate in the spec"
$inject --fault ber:1e-4 -k 4 --store spec.db --json | json_get points.0.ber
resile results spec.db --json | json_get 0.fault 0.ber 0.p_drop
resile results spec.db | cut -d" " -f1-8 | head -2
echo "-- strata" && echo "-- strata" >&2
$inject --fault single --margin 0.2 --store wide.db | tail -1 | awk '{print $1, $3}'
resile results wide.db --faults | wc -l
$inject --fault single --margin 0.01 --of sdc --store strata.db >/dev/null
resile results strata.db | tail -1
resile results strata.db --intervals bootstrap >/dev/null
resile results strata.db --intervals clopper-pearson >/dev/null
resile results strata.db --faults --fault single >strata.csv && head -1 strata.csv
echo "-- P_drop"
resile results whole.db --json | json_get 0.weight_bits 0.scale_bits 0.time_ratio 0.rap 2.p_drop
resile results whole.db --csv >a.csv
resile results whole.db --csv --drop-constant 1.3301e-13 | cmp - a.csv
resile results whole.db --csv --drop-constant 1 >b.csv
resile results whole.db --csv --life 8 --interval 2 --p-single 0.25 | cmp - b.csv
cmp -s a.csv b.csv || echo "they differ"
echo "-- the same fault on all images, and to a margin"
resile inject m.onnx --data synth-signs --resize 16x16 -n 8 -q --fault "neuron value=0 layers=conv1" -k 2 --store d.db >/dev/null
resile inject m.onnx --data synth-signs --resize 16x16 -n 8 -q --fault "neuron value=0 layers=conv1" --margin 0.4 --store d.db >/dev/null
resile results d.db | sed -n '2,3p' | grep -o '(.*)'
echo "-- refused" >&2
resile results R.db ./R.db
resile merge s0.db s2.db -o x.db
resile merge s0.db s1.db s1.db -o x.db
resile merge s0.db s1.db s2.db -o R.db
resile merge s0.db
resile results
resile results missing.db
echo "accuracy,drop" >table.csv
resile results table.csv
resile results R.db --json --csv
resile results R.db whole.db --faults
resile results R.db --faults --fault ber
resile results R.db --confidence 1
resile results whole.db --life 1e4
resile results whole.db --life 1e4 --interval 2 --p-single 4e-13 --drop-constant 1e-9
resile results whole.db --p-single 1.5
resile results whole.db --life 1e300 --interval 1e-300 --p-single 1
resile results R.db --fault nothing
echo "-- whole elements"
resile inject m.onnx --data synth-signs --resize 16x16 -n 8 -q --fault "neuron value=0 layers=conv1" -k 2 --store v.db >/dev/null
resile results v.db --faults
[ ! -e x.db ]

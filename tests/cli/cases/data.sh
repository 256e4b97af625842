# The list of data sets; a drawn one; sets that are not there.
. "$CASES/../try.sh"
resile data list | grep -E '^(name|mnist|synth-signs) '
resile data list --json | json_get 0.name 0.about 0.test_images
resile data info synth-signs --images 430 | head -5
resile data info synth-signs --images 430 --seed 3 --json | json_get name split images shape classes.# classes.0.name classes.0.super
try resile data
try resile data info
try resile data info mnist
try resile data info nmist
try resile data info mnist:missing
try resile data info cifar10:/dev/null
try resile data info synth-signs --split tset
mkdir empty
try resile data info cifar100:empty --split train
export RESILE_DATA=empty
try resile data info mnist

# A file without permission to read and a folder without permission to write, also for root (whose
# right to ignore that is dropped).
resile zoo build lenet5 --input 3x16x16 --classes 43 -o l.onnx
cp l.onnx readable.onnx
mkdir sealed
chmod 000 l.onnx
chmod 555 sealed
show() {
    "$@"
    echo "exit $?"
}
if [ "$(id -u)" -eq 0 ]; then
    mortal="setpriv --bounding-set -dac_override,-dac_read_search"
    $mortal true 2>/dev/null || {
        echo "permissions cannot be tested here" >&2
        exit 77
    }
fi
show $mortal resile info l.onnx
show $mortal resile train --arch lenet5 --input 3x16x16 --data synth-signs -n 43 -b 8 -q --log sealed/log -o t.onnx
ask="resile inject readable.onnx --data synth-signs --images 2 --resize 16x16 --fault single --quiet"
show $mortal $ask --trials 1 --store sealed/r.db
$ask --trials 1 --store sealed.db >/dev/null
chmod 444 sealed.db
show $mortal $ask --trials 2 --store sealed.db
show $mortal resile results sealed.db --csv | cut -d, -f1-3 | head -2
show $mortal resile merge sealed.db -o sealed/m.db
ls sealed

# A file without permission to read, also for root (whose right to ignore that is dropped).
resile zoo build lenet5 -o l.onnx && chmod 000 l.onnx
if [ "$(id -u)" -ne 0 ]; then
    resile info l.onnx
elif setpriv --bounding-set -dac_override,-dac_read_search true 2>/dev/null; then
    setpriv --bounding-set -dac_override,-dac_read_search resile info l.onnx
else
    echo "permissions cannot be tested here" >&2
    exit 77
fi
echo "exit $?"

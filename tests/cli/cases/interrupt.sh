# Ctrl-C during an evaluation: a sentence, exit code 130, nothing on stdout.
resile zoo build resnet20 --classes 43 -o m.onnx
# A background job of a plain sh ignores SIGINT; SIGTERM means the same to the program.
resile eval m.onnx --data synth-signs --reference --batch 1 --quiet &
# Bit 14 of the caught signals is SIGTERM: the program listens.
until [ $((0x$(awk '/^SigCgt/ { print $2 }' /proc/$!/status) & 0x4000)) -ne 0 ]; do sleep 0.1; done
kill -TERM $!
wait $!
echo "exit $?"

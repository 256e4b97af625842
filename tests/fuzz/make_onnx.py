#!/usr/bin/python3
"""Makes corpus/onnx: for every operator the smallest of ONNX's node tests that has it, its inputs
turned into constants so that the kernels run. Run in this folder with the node tests' folder."""
import os
import sys

import onnx

largest = 1500
smallest = {}
for test in sorted(os.listdir(sys.argv[1])):
    folder = os.path.join(sys.argv[1], test)
    model = onnx.load(os.path.join(folder, "model.onnx"))
    if any(not i.type.HasField("tensor_type") for i in model.graph.input):
        continue
    for k, value in enumerate(model.graph.input):
        tensor = onnx.TensorProto()
        with open("%s/test_data_set_0/input_%d.pb" % (folder, k), "rb") as f:
            tensor.ParseFromString(f.read())
        tensor.name = value.name
        model.graph.initializer.append(tensor)
    del model.graph.input[:]
    data = model.SerializeToString()
    for node in model.graph.node:
        if len(data) <= largest and len(data) < len(smallest.get(node.op_type, b"x" * largest)):
            smallest[node.op_type] = data

for name, data in smallest.items():
    with open("corpus/onnx/op_" + name, "wb") as f:
        f.write(data)

#!/usr/bin/python3
"""Makes corpus/stored: small networks in files whose weights are stored bits. Run in this folder
with the path of resile."""
import os
import subprocess
import sys
import tempfile

import numpy
from onnx import TensorProto, helper, numpy_helper, save

random = numpy.random.default_rng(1)


def weights(name, *shape):
    return numpy_helper.from_array(random.normal(0, 0.3, shape).astype(numpy.float32), name)


graph = helper.make_graph(
    [helper.make_node("Conv", ["x", "c"], ["y"], "conv", pads=[1, 1, 1, 1]),
     helper.make_node("Relu", ["y"], ["z"], "relu"),
     helper.make_node("Flatten", ["z"], ["f"], "flat"),
     helper.make_node("Gemm", ["f", "g", "b"], ["out"], "fc", transB=1)],
    "net",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, 2, 2])],
    [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["N", 3])],
    [weights("c", 2, 1, 3, 3), weights("g", 3, 8), weights("b", 3)])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
model.ir_version = 8

storages = ["affine3/msb", "affine4/none/plane", "affine5:tensor/tmr", "affine8/parity",
            "symmetric8:channel/none", "symmetric2/tmr/plane", "affine4:paper/none",
            "affine6/msb:2/plane", "affine3/msb/block",
            "affine3/msb; scales=/tmr; zero_points=/tmr/plane",
            "affine4:channel:paper/none/block; scales=/msb:9/block; zero_points=/msb:9"]
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "net.onnx")
    save(model, path)
    for storage in storages:
        name = storage.replace("; ", "_").replace("=/", "-").replace("/", "_").replace(":", "-")
        subprocess.run([sys.argv[1], "quantize", path, "--storage", storage, "-o",
                        os.path.join("corpus", "stored", name)], check=True, stdout=subprocess.DEVNULL)

#!/usr/bin/python3
"""Integer forward passes side by side: resile --compute int8 and ONNX Runtime's int8, in one run.

usage: bench/int8.py [--archs resnet18,vgg11] [--batches 16,128] [--rounds 3] [--seconds 1]
                     [--threads 2] [--json FILE]

ONNX Runtime gets what it runs fastest on processors with VNNI: QLinearConv with unsigned 8-bit
activations and signed weights scaled per channel, batch normalization folded, additions, pools and
the classifier in 8 bits too. Scales of activations are made up: speed does not depend on them.
Figures as in forward.py: medians over rounds of median passes, the programs taking turns. Needs
build/release/resile, python3-onnx, npm.
"""
import argparse
import json
import os
import statistics
import subprocess

import numpy
import onnx
from onnx import helper, numpy_helper

from forward import resile, start_peers
from side_by_side import BUILD, RESILE, geometric_mean

SCALE = 0.05


class Quantizer:
    """Rewrites a float network of the zoo into ONNX's (and ONNX Runtime's own) integer operators."""

    def __init__(self, model):
        self.graph = model.graph
        self.constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        self.readers = {}
        for node in self.graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        self.nodes, self.initializers, self.zero = [], [], {}
        self.scaled, self.taken = set(), set()  # names of values, first outputs of nodes

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def scale_of(self, name):
        """An activation with its scale and zero point."""
        if name not in self.scaled:
            self.constant(name + "_scale", numpy.array(SCALE, "f4"))
            self.constant(name + "_zero", numpy.array(self.zero[name], "u1"))
            self.scaled.add(name)
        return [name, name + "_scale", name + "_zero"]

    def only_reader(self, name, op):
        readers = self.readers.get(name, [])
        return readers[0] if len(readers) == 1 and readers[0].op_type == op else None

    def fold(self, conv):
        """Weights and bias of a convolution with its batch normalization, and its last output."""
        w = self.constants[conv.input[1]]
        b = self.constants[conv.input[2]] if len(conv.input) > 2 else numpy.zeros(len(w), "f4")
        out, norm = conv.output[0], self.only_reader(conv.output[0], "BatchNormalization")
        if norm:
            scale, shift, mean, var = (self.constants[i] for i in norm.input[1:5])
            a = scale / numpy.sqrt(var + 1e-5)
            w, b, out = w * a.reshape(-1, 1, 1, 1), (b - mean) * a + shift, norm.output[0]
            self.taken.add(norm.output[0])
        return w, b, out

    def activation(self, out):
        """Whether a Relu follows, which integers without negative values do by saturating."""
        relu = self.only_reader(out, "Relu")
        if relu:
            self.taken.add(relu.output[0])
        return relu.output[0] if relu else out, 0 if relu else 128

    def add_conv(self, conv):
        w, b, out = self.fold(conv)
        name, zero = self.activation(out)
        self.zero[name] = zero
        each = numpy.maximum(numpy.abs(w).reshape(len(w), -1).max(1) / 127, 1e-9).astype("f4")
        codes = numpy.rint(w / each.reshape(-1, 1, 1, 1)).astype("i1")
        x = self.scale_of(conv.input[0])
        inputs = x + [self.constant(name + "_w", codes), self.constant(name + "_ws", each),
                      self.constant(name + "_wz", numpy.zeros(len(w), "i1"))]
        inputs += self.scale_of(name)[1:]
        inputs += [self.constant(name + "_b", numpy.rint(b / each / SCALE).astype("i4"))]
        node = helper.make_node("QLinearConv", inputs, [name])
        node.attribute.extend(conv.attribute)
        self.nodes.append(node)

    def add_addition(self, add):
        name, zero = self.activation(add.output[0])
        self.zero[name] = zero
        inputs = self.scale_of(add.input[0]) + self.scale_of(add.input[1]) + self.scale_of(name)[1:]
        self.nodes.append(helper.make_node("QLinearAdd", inputs, [name], domain="com.microsoft"))

    def add_mean(self, mean):
        self.zero[mean.output[0]] = self.zero[mean.input[0]]
        inputs = self.scale_of(mean.input[0]) + self.scale_of(mean.output[0])[1:]
        self.nodes.append(helper.make_node("QLinearGlobalAveragePool", inputs, mean.output,
                                           domain="com.microsoft", channels_last=0))

    def add_linear(self, gemm):
        w, b = self.constants[gemm.input[1]], self.constants[gemm.input[2]]
        each = numpy.array(numpy.abs(w).max() / 127, "f4")
        out = gemm.output[0]
        inputs = self.scale_of(gemm.input[0]) + [
            self.constant(out + "_w", numpy.rint(w / each).astype("i1")),
            self.constant(out + "_ws", each), self.constant(out + "_wz", numpy.array(0, "i1")),
            self.constant(out + "_b", numpy.rint(b / each / SCALE).astype("i4"))]
        self.nodes.append(helper.make_node("QGemm", inputs, gemm.output, domain="com.microsoft",
                                           transB=1))

    def rewrite(self):
        image = self.graph.input[0].name
        self.zero[image + "_q"] = 128
        self.nodes.append(helper.make_node("QuantizeLinear",
                                           [image] + self.scale_of(image + "_q")[1:], [image + "_q"]))
        for node in self.graph.node:
            node.input[:] = [image + "_q" if name == image else name for name in node.input]
            if node.output[0] in self.taken:
                continue
            if node.op_type == "Conv":
                self.add_conv(node)
            elif node.op_type == "Add":
                self.add_addition(node)
            elif node.op_type == "GlobalAveragePool":
                self.add_mean(node)
            elif node.op_type == "Gemm":
                self.add_linear(node)
            else:  # MaxPool, Flatten: numbers move, scales stay
                self.zero[node.output[0]] = self.zero[node.input[0]]
                self.nodes.append(node)
        graph = helper.make_graph(self.nodes, "int8", self.graph.input, self.graph.output,
                                  self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17),
                                                       helper.make_opsetid("com.microsoft", 1)],
                                 ir_version=8)


def quantized(arch):
    floats, integers = (os.path.join(BUILD, arch + suffix) for suffix in (".onnx", ".int8.onnx"))
    if not os.path.exists(floats):
        subprocess.run([RESILE, "zoo", "build", arch, "--seed", "1", "-o", floats], check=True,
                       stdout=subprocess.DEVNULL)
    onnx.save(Quantizer(onnx.load(floats)).rewrite(), integers)
    return integers


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].replace("usage: ", ""))
    parser.add_argument("--archs", default="resnet18,vgg11")
    parser.add_argument("--batches", default="16,128")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json")
    options = parser.parse_args()
    peer, rows = start_peers(options.threads, ["onnxruntime"])["onnxruntime"], []
    print(f"{'images per second':20}{'int8':>10}{'f32':>10}{peer.name:>22}{'int8 / peer':>14}")
    for arch in options.archs.split(","):
        model = quantized(arch)
        for batch in map(int, options.batches.split(",")):
            rates = {"int8": [], "f32": [], "onnxruntime": []}
            for _ in range(options.rounds):
                rates["int8"].append(resile(arch, batch, "int8", options))
                rates["onnxruntime"].append(peer.measure(model, batch, options.seconds))
                rates["f32"].append(resile(arch, batch, "f32", options))
            row = {key: statistics.median(values) for key, values in rates.items()}
            ratio = row["int8"] / row["onnxruntime"]
            rows.append({"arch": arch, "batch": batch, "images_per_second": row, "ratio": ratio})
            print(f"{arch + ' ' + str(batch):20}{row['int8']:10.1f}{row['f32']:10.1f}"
                  f"{row['onnxruntime']:22.1f}{ratio:14.2f}", flush=True)
    peer.close()
    print(f"{'geometric mean':62}{geometric_mean([row['ratio'] for row in rows]):14.2f}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"rows": rows, "peer": peer.name}, file, indent=1)


if __name__ == "__main__":
    main()

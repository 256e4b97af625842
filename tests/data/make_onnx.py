#!/usr/bin/python3
"""Makes the small ONNX files of tests/unit/test_onnx*.c; run in this folder."""
import numpy as np
from onnx import FunctionProto, TensorProto, helper, numpy_helper as nh, save

F = TensorProto.FLOAT


def model(name, nodes, inputs, outputs, initializers=(), opset=17, functions=(), **more):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    imports = [helper.make_opsetid("", opset)]
    if functions:
        imports.append(helper.make_opsetid("local", 1))
    m = helper.make_model(graph, opset_imports=imports, functions=list(functions), **more)
    m.ir_version = 8
    m.producer_name = "resile tests"
    save(m, name + ".onnx")


def value(name, shape=("N", 3)):
    return helper.make_tensor_value_info(name, F, shape)


def node(op, inputs, outputs, name="", **attributes):
    return helper.make_node(op, inputs, outputs, name=name, **attributes)


def reference(op, inputs, outputs, attribute, type, **more):
    n = helper.make_node(op, inputs, outputs, **more)
    a = n.attribute.add()
    a.name, a.ref_attr_name, a.type = attribute, attribute, type
    return n


# Two levels of functions that need nothing but Relu; a name inside collides with one outside.
inner = helper.make_function("local", "Twice", ["a"], ["b"],
                             [node("Relu", ["a"], ["t"], "first"), node("Relu", ["t"], ["b"])],
                             [helper.make_opsetid("", 17)])
outer = helper.make_function("local", "Four", ["a"], ["b"],
                             [node("Twice", ["a"], ["t"], "one", domain="local"),
                              node("Twice", ["t"], ["b"], "two", domain="local")],
                             [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)])
model("relu_function",
      [node("Four", ["x"], ["call/t"], "call", domain="local"),
       node("Relu", ["call/t"], ["y"], "call/one/first")],
      [value("x")], [value("y")], functions=[inner, outer])

#!/usr/bin/python3
"""Makes tests/data/onnx/*.onnx, the small models of tests/unit/test_onnx.c: good ones, and under
bad_* one for each sentence of refusal. Run in this folder."""
import os

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, TensorProto, helper, numpy_helper as nh

F = TensorProto.FLOAT
os.makedirs("onnx", exist_ok=True)


def value(name, shape=("N", 3), type=F):
    return helper.make_tensor_value_info(name, type, shape)


def node(op, inputs, outputs, name="", **attributes):
    return helper.make_node(op, inputs, outputs, name=name, **attributes)


def make(nodes=(), inputs=None, outputs=None, initializers=(), opset=17, functions=(), ir=8):
    nodes = list(nodes) or [node("Relu", ["x"], ["y"], "r")]
    graph = helper.make_graph(nodes, "graph", [value("x")] if inputs is None else inputs,
                              [value("y")] if outputs is None else outputs, list(initializers))
    imports = [helper.make_opsetid("", opset)] if opset else []
    if functions:
        imports.append(helper.make_opsetid("local", 1))
    m = helper.make_model(graph, opset_imports=imports, functions=list(functions))
    m.ir_version = ir
    m.producer_name = "resile tests"
    return m


def save(name, m):
    with open("onnx/" + name + ".onnx", "wb") as f:
        f.write(m if isinstance(m, bytes) else m.SerializeToString())


def function(name, inputs, outputs, nodes, attributes=(), opset=17):
    return helper.make_function("local", name, inputs, outputs, nodes,
                                [helper.make_opsetid("", opset), helper.make_opsetid("local", 1)],
                                list(attributes))


def by_reference(n, name, refers_to, type):
    a = n.attribute.add()
    a.name, a.ref_attr_name, a.type = name, refers_to, type
    return n


def tensor(name, dims, type, **fields):
    t = TensorProto(name=name, dims=dims, data_type=type)
    for key, v in fields.items():
        if key == "raw_data":
            t.raw_data = v
        else:
            getattr(t, key).extend(v)
    return t


def external(dims, **entries):
    t = TensorProto(name="w", dims=dims, data_type=F, data_location=TensorProto.EXTERNAL)
    for key, v in entries.items():
        t.external_data.add(key=key, value=v)
    return t


def with_weight(t, **more):
    return make([node("Relu", ["w"], ["y"], "r")], inputs=[], initializers=[t], **more)


# ---- good ones ----

# Every element type in each form it may be stored in.
T = TensorProto
kinds = [(T.FLOAT, "float_data", [1.5, -2.0]), (T.DOUBLE, "double_data", [1.5, -2.0]),
         (T.INT64, "int64_data", [-1, 1 << 40]), (T.UINT64, "uint64_data", [1, (1 << 64) - 1]),
         (T.UINT32, "uint64_data", [1, (1 << 32) - 1]), (T.INT32, "int32_data", [-1, 7]),
         (T.INT16, "int32_data", [-32768, 7]), (T.UINT16, "int32_data", [65535, 7]),
         (T.INT8, "int32_data", [-128, 7]), (T.UINT8, "int32_data", [255, 7]),
         (T.BOOL, "int32_data", [0, 1]), (T.FLOAT16, "int32_data", [0x3e00, 0xc000]),
         (T.BFLOAT16, "int32_data", [0x3fc0, 0xc000])]
formats = {T.FLOAT: "f", T.DOUBLE: "d", T.INT64: "q", T.UINT64: "Q", T.UINT32: "I", T.INT32: "i",
           T.INT16: "h", T.UINT16: "H", T.INT8: "b", T.UINT8: "B", T.BOOL: "B", T.FLOAT16: "H",
           T.BFLOAT16: "H"}
weights = [tensor("scalar", [], F, float_data=[4.0]), tensor("empty", [0, 3], F, raw_data=b"")]
for type, field, values in kinds:
    weights.append(tensor("typed_%d" % type, [2], type, **{field: values}))
    weights.append(tensor("raw_%d" % type, [2], type,
                          raw_data=np.array(values, dtype=formats[type]).tobytes()))
everything = make([node("Relu", ["x"], ["h"], "first", f=0.5, i=-3, s="text", floats=[1.0, 2.0],
                        ints=[1, 2, 3], strings=["a", "bc"],
                        t=tensor("", [2], F, float_data=[1.0, 2.0])),
                   node("Relu", ["h"], ["y"]), node("Relu", ["scalar"], ["z"], "third")],
                  outputs=[value("y"), value("z", ())], initializers=weights, opset=13)
everything.metadata_props.add(key="resile.classes", value="cat\ndog")
everything.metadata_props.add(key="other", value="")
save("everything", everything)

# Attributes without types, as the first version of the format had them.
untyped = node("Relu", ["x"], ["y"], "r", f=0.5, i=-3, s="text", floats=[1.0, 2.0],
               ints=[1, 2, 3], strings=["a", "bc"], t=tensor("", [2], F, float_data=[1.0, 2.0]),
               alpha=0.25, axis=2)
for a in untyped.attribute:
    a.ClearField("type")
save("untyped", make([untyped]))

# Two levels of functions; a name inside collides with one outside.
twice = function("Twice", ["a"], ["b"],
                 [node("Relu", ["a"], ["t"], "first"), node("Relu", ["t"], ["b"])])
four = function("Four", ["a"], ["b"], [node("Twice", ["a"], ["t"], "one", domain="local"),
                                       node("Twice", ["t"], ["b"], "two", domain="local")])
save("function", make([node("Four", ["x"], ["call/t"], "call", domain="local"),
                       node("Relu", ["call/t"], ["y"], "call/one/first")],
                      functions=[twice, four]))

# Attributes by reference: given, left out, given through two calls, and by default (a field newer
# than the installed onnx.proto: attribute_proto = 11).
leaky = function("Leaky", ["a"], ["b"],
                 [by_reference(node("LeakyRelu", ["a"], ["b"], "l"), "alpha", "slope", 1)], ["slope"])
through = function("Through", ["a"], ["b"],
                   [by_reference(node("Leaky", ["a"], ["b"], "t", domain="local"), "slope", "s", 1)],
                   ["s"])
default = function("Default", ["a"], ["b"],
                   [by_reference(node("LeakyRelu", ["a"], ["b"], "d"), "alpha", "slope", 1)])
attribute = helper.make_attribute("slope", 0.25).SerializeToString()
default.MergeFromString(b"\x5a" + bytes([len(attribute)]) + attribute)
save("function_attributes",
     make([node("Leaky", ["x"], ["a"], "given", domain="local", slope=0.5),
           node("Leaky", ["a"], ["b"], "left_out", domain="local"),
           node("Through", ["b"], ["c"], "through", domain="local", s=0.75),
           node("Default", ["c"], ["d"], "default", domain="local"),
           node("Default", ["d"], ["y"], "over", domain="local", slope=0.125)],
          functions=[leaky, through, default]))

# An output that is an input, given twice.
same = function("Same", ["a", "unused"], ["a", "b"], [node("Relu", ["a"], ["b"], "r")])
save("function_passes", make([node("Same", ["x"], ["y", "z"], "call", domain="local")],
                             outputs=[value("y"), value("z")], functions=[same]))

# Up to IR 3 an initializer is an input as well.
save("old_inputs", make([node("Relu", ["w"], ["y"], "r")], inputs=[value("w", (2,))],
                        initializers=[tensor("w", [2], F, float_data=[1.0, -1.0])], ir=3))
save("no_names", make([node("Relu", ["x"], ["t"]), node("Relu", ["t"], ["y"], "Relu_0")]))
save("unsorted", make([node("Relu", ["t"], ["y"], "late"), node("Relu", ["x"], ["t"], "early")]))

# Constant nodes in all their forms, in the graph and in a function that passes the value on.
weight = node("Constant", [], ["w"], value=tensor("", [2, 1, 1, 1], F, float_data=[1.5, -2.0]))
bias = function("Bias", [], ["b"], [by_reference(node("Constant", [], ["b"]), "value_floats", "b", 6)],
                ["b"])
save("constants", make([weight, node("Bias", [], ["b"], domain="local", b=[0.5, 0.25]),
                        node("Conv", ["x", "w", "b"], ["c"], "conv"),
                        node("Constant", [], ["one"], value_float=1.0),
                        node("Add", ["c", "one"], ["a"], "add"),
                        node("Constant", [], ["shape"], value_ints=[-1, 6]),
                        node("Reshape", ["a", "shape"], ["y"], "reshape"),
                        node("Constant", [], ["z"], value_int=7)],
                       inputs=[value("x", ("N", 1, 1, 3))],
                       outputs=[value("y", ("N", 6)), value("z", (), T.INT64)], functions=[bias]))
# Weights that are computed: normalised, v * (g * s), and made out of next to nothing.
v = nh.from_array(np.arange(12, dtype="f").reshape(4, 3), "v")
g = nh.from_array(np.array([[1], [2], [3], [4]], "f"), "g")
s = nh.from_array(np.float32(0.5), "s")
save("computed_weight", make([node("Mul", ["g", "s"], ["gs"]), node("Mul", ["v", "gs"], ["w"]),
                              node("Gemm", ["x", "w"], ["h"], "layer", transB=1),
                              node("Add", ["h", "s"], ["y"])],
                             outputs=[value("y", ("N", 4))], initializers=[v, g, s]))
dims = nh.from_array(np.array([3, 64]), "dims")
save("made_weight", make([node("ConstantOfShape", ["dims"], ["w"]),
                          node("MatMul", ["x", "w"], ["y"], "layer")],
                         outputs=[value("y", ("N", 64))], initializers=[dims]))

# Sizes that are open: by a name, as -1, and a batch of 0.
save("open", make([node("GlobalAveragePool", ["x"], ["y"], "pool")],
                  inputs=[value("x", (0, 3, "height", -1))], outputs=[value("y", ("N", 3, 1, 1))]))

with open("onnx/weights.bin", "wb") as f:
    f.write(np.arange(6, dtype="f").tobytes())
save("external", with_weight(external([4], location="weights.bin", offset="8", length="16")))
save("external_rest", with_weight(external([2, 3], location="./weights.bin")))

# ---- bad ones ----

save("bad_opset_old", make(opset=-1))
save("bad_old_axis", make([node("Add", ["x", "x"], ["y"], "n", axis=1, broadcast=1)], opset=6))
save("bad_old_form", make([node("PRelu", ["x", "x"], ["y"], "n")], opset=6))
save("bad_old_training", make([node("Dropout", ["x"], ["y"], "n", is_test=0)], opset=6))
save("bad_opset_new", make(opset=26))
save("opset_25", make([node("Relu", ["x"], ["h"]), node("Gelu", ["h"], ["y"], "g")], opset=25, ir=12))
codes = [tensor("scale", [1], F, float_data=[1.0])]
save("bad_block_size", make([node("QuantizeLinear", ["x", "scale"], ["y"], "q", block_size=2)],
                            outputs=[value("y", type=T.UINT8)], initializers=codes, opset=21))
save("bad_output_dtype", make([node("QuantizeLinear", ["x", "scale"], ["y"], "q", output_dtype=3)],
                              outputs=[value("y", type=T.INT8)], initializers=codes, opset=21))
save("bad_precision", make([node("QuantizeLinear", ["x", "scale"], ["y"], "q", precision=10)],
                           outputs=[value("y", type=T.UINT8)], initializers=codes, opset=23))
save("bad_opset_none", make(opset=0))
save("bad_operator", make([node("Frobnicate", ["x"], ["y"], "f")]))
save("bad_domain", make([node("Relu", ["x"], ["y"], "f", domain="com.example")]))
save("bad_no_operator", make([node("", ["x"], ["y"], "nameless")]))
save("bad_if", make([node("If", ["x"], ["y"], "branch", then_branch=GraphProto(name="t"),
                          else_branch=GraphProto(name="e"))]))
sparse = node("Relu", ["x"], ["y"], "r")
sparse.attribute.add(name="value", type=AttributeProto.SPARSE_TENSOR)
save("bad_sparse_attribute", make([sparse]))
typed = node("Relu", ["x"], ["y"], "r")
typed.attribute.add(name="type", type=AttributeProto.TYPE_PROTO)
save("bad_type_attribute", make([typed]))
untyped = node("Relu", ["x"], ["y"], "r")
untyped.attribute.add(name="what")
save("bad_untyped_attribute", make([untyped]))
untyped.attribute[0].i, untyped.attribute[0].f = 1, 1.0
save("bad_two_valued_attribute", make([untyped]))
branch = node("Relu", ["x"], ["y"], "r")
branch.attribute.add(name="what", g=GraphProto(name="g"))
save("bad_untyped_graph", make([branch]))
save("bad_tensor_attribute", make([node("Relu", ["x"], ["y"], "r",
                                        t=tensor("", [3], F, float_data=[1.0]))]))
doubled = node("Relu", ["x"], ["y"], "r", alpha=1)
doubled.attribute.add(name="alpha", type=AttributeProto.INT)
save("bad_attribute_twice", make([doubled]))
nameless = node("Relu", ["x"], ["y"], "r")
nameless.attribute.add(type=AttributeProto.INT)
save("bad_attribute_name", make([nameless]))
many = node("Relu", ["x"], ["y"], "r", **{"a%d" % i: i for i in range(65)})
save("bad_attributes", make([many]))
save("bad_reference", make([by_reference(node("Relu", ["x"], ["y"], "r"), "alpha", "slope", 1)]))

sequence = helper.make_tensor_sequence_value_info("x", F, None)
save("bad_sequence", make(inputs=[sequence]))
optional = helper.make_optional_type_proto(helper.make_tensor_type_proto(F, [1]))
save("bad_optional", make(inputs=[helper.make_value_info("x", optional)]))
mapped = value("y")
mapped.type.map_type.key_type = 1
save("bad_map_output", make(outputs=[mapped]))
save("bad_string_input", make(inputs=[value("x", type=T.STRING)]))
save("bad_complex_input", make(inputs=[value("x", type=T.COMPLEX64)]))
save("bad_rank_input", make(inputs=[value("x", [1] * 9)]))
save("bad_dim_input", make(inputs=[value("x", [-2])]))
save("bad_shapeless_input", make(inputs=[value("x", None)]))
untyped_input = value("x")
untyped_input.ClearField("type")
save("bad_untyped_input", make(inputs=[untyped_input]))
save("bad_unnamed_input", make(inputs=[value("")]))
save("bad_unnamed_output", make(outputs=[value("")]))

save("bad_cycle", make([node("Relu", ["b"], ["a"], "one"), node("Relu", ["a"], ["b"], "two"),
                        node("Relu", ["x"], ["y"], "three")]))
save("bad_missing", make([node("Relu", ["nowhere"], ["y"], "r")]))
save("bad_missing_output", make(outputs=[value("nowhere")]))
save("bad_no_output", make(outputs=[]))
save("bad_value_twice", make([node("Relu", ["x"], ["y"], "one"), node("Relu", ["x"], ["y"], "two")]))
save("bad_output_twice", make([node("TopK", ["x", "k"], ["y", "y"], "both")],
                              initializers=[tensor("k", [1], T.INT64, int64_data=[1])]))
save("bad_input_twice", make(inputs=[value("x"), value("x")]))
save("node_twice", make([node("Relu", ["x"], ["t"], "same"), node("Relu", ["t"], ["y"], "same")]))
save("bad_attribute_kind", make([node("Gemm", ["x", "w"], ["y"], "g", transB=1.0)], [value("x", [1, 2])],
                                initializers=[tensor("w", [2, 2], F, float_data=[1, 2, 3, 4])]))
save("attribute_whole", make([node("LeakyRelu", ["x"], ["y"], "l", alpha=1)]))
save("bad_overwrites_input", make([node("Relu", ["x"], ["x"], "r")]))
save("bad_counts", make([node("Relu", ["x", "x"], ["y"], "r")]))
save("bad_no_graph", ModelProto(ir_version=8))

one = [1.0, 2.0]
save("bad_initializer_twice", make(initializers=[tensor("w", [2], F, float_data=one)] * 2))
save("bad_initializer_name", with_weight(tensor("", [2], F, float_data=one)))
save("bad_initializer_string", with_weight(tensor("w", [1], T.STRING, string_data=[b"a"])))
save("bad_initializer_complex", with_weight(tensor("w", [1], T.COMPLEX64, float_data=one)))
save("bad_initializer_untyped", with_weight(TensorProto(name="w", dims=[1])))
save("bad_initializer_short", with_weight(tensor("w", [3], F, raw_data=b"12345678")))
save("bad_initializer_long", with_weight(tensor("w", [1], F, float_data=one)))
save("bad_initializer_none", with_weight(tensor("w", [2], F)))
save("bad_initializer_both", with_weight(tensor("w", [2], F, float_data=one, raw_data=b"12345678")))
save("bad_initializer_negative", with_weight(tensor("w", [-1], F, float_data=one)))
save("bad_initializer_huge", with_weight(tensor("w", [1 << 31, 1 << 31], F, float_data=one)))
save("bad_initializer_overflow", with_weight(tensor("w", [1 << 62, 4], F, float_data=one)))
save("bad_initializer_rank", with_weight(tensor("w", [1] * 9, F, float_data=[1.0])))
save("bad_initializer_range", with_weight(tensor("w", [1], T.INT8, int32_data=[128])))
save("bad_initializer_range_u32", with_weight(tensor("w", [1], T.UINT32, uint64_data=[1 << 32])))
segment = tensor("w", [2], F, float_data=one)
segment.segment.begin = 0
save("bad_initializer_segment", with_weight(segment))
sparse = make()
sparse.graph.sparse_initializer.add()
save("bad_initializer_sparse", sparse)

save("bad_external_absolute", with_weight(external([2], location="/etc/passwd")))
save("bad_external_dots", with_weight(external([2], location="a/../../weights.bin")))
save("bad_external_missing", with_weight(external([2], location="nothing.bin")))
save("bad_external_folder", with_weight(external([2], location=".")))
save("bad_external_nowhere", with_weight(external([2])))
save("bad_external_offset", with_weight(external([2], location="weights.bin", offset="25")))
save("bad_external_end", with_weight(external([2], location="weights.bin", offset="20", length="8")))
save("bad_external_wrap", with_weight(external([2], location="weights.bin", offset="16",
                                               length="18446744073709551608")))
save("bad_external_length", with_weight(external([3], location="weights.bin", length="8")))
save("bad_external_number", with_weight(external([2], location="weights.bin", offset="-8")))
save("bad_external_link", with_weight(external([2], location="link_outside.bin", length="8")))


def call(n_in=1, n_out=1, name="F"):
    return node(name, ["x"] * n_in, ["y", "z"][:n_out], "call", domain="local")


recursive = function("F", ["a"], ["b"], [node("F", ["a"], ["b"], "again", domain="local")])
save("bad_function_recursive", make([call()], functions=[recursive]))
levels = [function("F%d" % i, ["a"], ["b"],
                   [node("F%d" % (i + 1), ["a"], ["t"], "l", domain="local"),
                    node("F%d" % (i + 1), ["t"], ["b"], "r", domain="local")]) for i in range(24)]
levels.append(function("F24", ["a"], ["b"], [node("Relu", ["a"], ["b"])]))
save("bad_function_bomb", make([call(name="F0")], functions=levels))
chain = [function("F%d" % i, ["a"], ["b"], [node("F%d" % (i + 1), ["a"], ["b"], "n", domain="local")])
         for i in range(40)]
chain.append(function("F40", ["a"], ["b"], [node("Relu", ["a"], ["b"])]))
save("bad_function_deep", make([call(name="F0")], functions=chain))
relu = function("F", ["a"], ["b"], [node("Relu", ["a"], ["b"])])
save("bad_function_counts", make([call(2)], functions=[relu]))
save("bad_function_twice", make([call()], functions=[relu, relu]))
save("bad_function_opset", make([call()], functions=[function("F", ["a"], ["b"], [], opset=26)]))
save("bad_function_output", make([call()], functions=[function("F", ["a"], ["b"], [])]))
save("bad_function_unknown", make([call()], functions=[
    function("F", ["a"], ["b"], [node("Frobnicate", ["a"], ["b"], "inside")])]))

#!/usr/bin/python3
"""Writes op_nn.json, the oracle of tests/unit/test_op_nn.c: single nodes computed by PyTorch or NumPy
in float64 from inputs that the node's type holds exactly.   make_op_nn.py > op_nn.json"""
import json
import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.default_rng(20260)
cases = []


def real(*shape):
    """Multiples of 1/8 up to 4: exact in every float type."""
    return torch.tensor(rng.integers(-32, 33, shape) / 8.0)


def integers(low, high, *shape):
    return torch.tensor(rng.integers(low, high, shape))


def add(name, op, inputs, outputs, opset=13, attributes=None, dtype="f32", types=None, **more):
    """`types` overrides the dtype of single inputs; None is an absent input or an output not asked for."""
    def tensor(t, kind):
        if t is None:
            return None
        t = torch.as_tensor(t)
        return {"dtype": kind, "shape": list(t.shape), "data": t.flatten().tolist()}
    types = types or {}
    cases.append({
        "name": name, "op": op, "opset": opset, "attributes": attributes or {},
        "inputs": [tensor(t, types.get(i, dtype)) for i, t in enumerate(inputs)],
        "outputs": [tensor(t, types.get("out%d" % i, dtype)) for i, t in enumerate(outputs)], **more})


def padded(x, pads):
    n = len(pads) // 2
    flat = [p for i in reversed(range(n)) for p in (pads[i], pads[n + i])]
    return F.pad(x, flat)


def convolutions():
    conv = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
    for name, x, w, group, strides, dilations, pads, dtype in [
            ("1d dilated groups", (2, 4, 9), (6, 2, 3), 2, [1], [2], [1, 3], "f32"),
            ("2d strided asymmetric", (2, 3, 7, 6), (4, 3, 3, 2), 1, [2, 3], [1, 1], [1, 0, 2, 1], "f32"),
            ("2d depthwise times two", (1, 3, 6, 5), (6, 1, 3, 3), 3, [1, 2], [2, 1], [2, 1, 2, 1], "f32"),
            ("2d stride beyond kernel", (1, 2, 8, 8), (3, 2, 1, 1), 1, [3, 3], [1, 1], [0, 0, 0, 0], "f64"),
            ("3d groups", (1, 4, 4, 5, 3), (4, 2, 2, 3, 2), 2, [2, 1, 1], [1, 2, 1], [1, 1, 0, 0, 2, 1], "f32"),
            ("2d half", (1, 2, 5, 5), (2, 2, 3, 3), 1, [1, 1], [1, 1], [1, 1, 1, 1], "f16"),
            ("2d bfloat", (1, 2, 5, 5), (2, 2, 3, 3), 1, [1, 1], [1, 1], [1, 1, 1, 1], "bf16")]:
        x, w, b = real(*x), real(*w), real(w[0])
        y = conv[len(strides)](padded(x, pads), w, b, stride=strides, dilation=dilations, groups=group)
        attributes = {"group": group, "strides": strides, "dilations": dilations, "pads": pads}
        add("conv " + name, "Conv", [x, w, b], [y], 11, attributes, dtype)
        z = real(*y.shape)
        add("fused conv " + name, "FusedConv", [x, w, None, z], [F.leaky_relu(
            y - b.reshape([1, -1] + [1] * len(strides)) + z, 0.25)], 1,
            dict(attributes, activation="LeakyRelu", alpha=0.25), dtype, domain="resile")
    x, w, b = real(1, 2, 4, 4), real(3, 2, 3, 3), real(3)
    y = F.conv2d(x, w, b)
    for activation, f in [("", lambda v: v), ("Relu", F.relu), ("HardSwish", F.hardswish)]:
        add("fused conv " + activation, "FusedConv", [x, w, b], [f(y)], 1, {"activation": activation},
            domain="resile")
    transposed = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
    for name, x, w, group, strides, dilations, pad, extra in [
            ("1d groups", (2, 4, 5), (4, 3, 3), 2, [2], [1], [1], [1]),
            ("2d dilated", (1, 3, 4, 3), (3, 2, 2, 3), 1, [1, 2], [2, 1], [0, 1], [0, 1]),
            ("2d depthwise", (1, 3, 3, 3), (3, 1, 4, 4), 3, [2, 2], [1, 1], [1, 1], [0, 0]),
            ("3d", (1, 2, 2, 3, 2), (2, 2, 2, 2, 3), 1, [2, 1, 2], [1, 2, 1], [0, 1, 1], [1, 0, 0])]:
        x, w, b = real(*x), real(*w), real(w[1] * group)
        y = transposed[len(pad)](x, w, b, stride=strides, dilation=dilations, padding=pad,
                                 output_padding=extra, groups=group)
        attributes = {"group": group, "strides": strides, "dilations": dilations, "pads": pad + pad}
        add("conv transpose " + name, "ConvTranspose", [x, w, b], [y], 11,
            dict(attributes, output_padding=extra))
        if not any(extra):
            del attributes["pads"]
            add("conv transpose output_shape " + name, "ConvTranspose", [x, w, b], [y], 11,
                dict(attributes, output_shape=list(y.shape[2:])))


def quantized():
    for group, zeros in [(1, (7,)), (2, (7, 0, 250, 128))]:
        x, w = integers(0, 256, 2, 4, 5, 5), integers(0, 256, 4, 4 // group, 3, 3)
        b, zero = integers(-900, 900, 4), torch.tensor(zeros)
        shifted = (w - zero.reshape(-1, 1, 1, 1)).double()
        acc = F.conv2d((x - 100).double(), shifted, stride=2, padding=1, groups=group)
        attributes = {"group": group, "strides": [2, 2], "pads": [1, 1, 1, 1]}
        scalar = zero if len(zeros) > 1 else zero[0]
        add("conv integer %d" % group, "ConvInteger", [x, w, 100, scalar], [acc], 10, attributes, "u8",
            {"out0": "i32"})
        scale = torch.tensor([0.5, 0.25, 0.125, 1.0])[:len(zeros)]
        y = ((acc + b.reshape(1, -1, 1, 1)) * 0.25 * scale.reshape(1, -1, 1, 1) / 32).round() + 3
        add("qlinear conv %d" % group, "QLinearConv",
            [x, 0.25, 100, w, scale if len(zeros) > 1 else scale[0], scalar, 32.0, 3, b],
            [y.clamp(-128, 127)], 10, attributes, "u8",
            {1: "f32", 4: "f32", 6: "f32", 7: "i8", 8: "i32", "out0": "i8"})
    a, b = integers(-128, 128, 2, 3, 4), integers(0, 256, 4, 5)
    row, column = integers(-9, 9, 3), integers(0, 99, 5)
    acc = (a - row.reshape(3, 1)) @ (b - column)
    add("matmul integer", "MatMulInteger", [a, b, row, column], [acc], 10, {}, "i8",
        {1: "u8", 3: "u8", "out0": "i32"})
    sa, sb = torch.tensor([0.5, 1.0, 2.0]), torch.tensor([1.0, 0.25, 0.5, 1.0, 2.0])
    y = (acc.double() * sa.reshape(3, 1) * sb / 128).round() + 100
    add("qlinear matmul", "QLinearMatMul", [a, sa, row, b, sb, column, 128.0, 100], [y.clamp(0, 255)], 10,
        {}, "u8", {0: "i8", 1: "f32", 2: "i8", 4: "f32", 6: "f32"})


def products():
    for a, b in [((3,), (3,)), ((3,), (2, 3, 4)), ((2, 1, 4, 3), (3,)), ((2, 1, 4, 3), (5, 3, 2)),
                 ((0, 3), (3, 2)), ((2, 0), (0, 3))]:
        a, b = real(*a), real(*b)
        add("matmul %s %s" % (list(a.shape), list(b.shape)), "MatMul", [a, b], [a @ b])
    a, b = integers(-2**40, 2**40, 2, 3), integers(-2**20, 2**20, 3, 2)
    add("matmul i64", "MatMul", [a, b], [a @ b], dtype="i64")
    a, b, c = real(4, 3), real(5, 4), real(5)
    add("gemm", "Gemm", [a, b, c], [0.5 * (a.T @ b.T) - 2 * c], 13,
        {"alpha": 0.5, "beta": -2.0, "transA": 1, "transB": 1})
    add("gemm column, half", "Gemm", [a.T.contiguous(), b.T.contiguous(), real(3, 1)], [None], 9, {}, "f16")
    cases[-1]["outputs"] = [{"dtype": "f16", "shape": [3, 5], "data": (
        a.T @ b.T + torch.tensor(cases[-1]["inputs"][2]["data"]).reshape(3, 1)).flatten().tolist()}]
    a, b, c = integers(-9, 9, 2, 3), integers(-9, 9, 3, 2), integers(-9, 9, 2, 2)
    add("gemm i32", "Gemm", [a, b, c], [3 * (a @ b) - 2 * c], 11, {"alpha": 3.0, "beta": -2.0}, "i32")


def pools():
    x = real(2, 2, 7, 6)
    x[0, 1, 3, 2] = float("nan")
    def spec(kernel, stride, pad, dilation=None, **more):
        d = {"kernel_shape": kernel, "strides": stride, "pads": pad + pad, **more}
        return dict(d, dilations=dilation) if dilation else d
    for kernel, stride, pad, dilation, ceil in [([3, 2], [2, 2], [1, 1], [1, 1], False),
                                                ([3, 3], [2, 2], [1, 0], [1, 1], True),
                                                ([2, 2], [1, 3], [0, 1], [2, 3], True)]:
        y, at = F.max_pool2d(x, kernel, stride, pad, dilation, ceil, return_indices=True)
        at = at + torch.arange(4).reshape(2, 2, 1, 1) * 42
        add("max pool %s %d" % (kernel, ceil), "MaxPool", [x], [y, at], 12,
            spec(kernel, stride, pad, dilation, ceil_mode=int(ceil)), types={"out1": "i64"})
    q = integers(0, 256, 1, 1, 9)
    add("max pool u8", "MaxPool", [q], [F.max_pool1d(q.double(), 3, 2, 1)], 12, spec([3], [2], [1]), "u8")
    x = real(2, 2, 7, 6)
    for ceil in (0, 1):
        for include in (0, 1):
            y = F.avg_pool2d(x, [3, 2], [2, 3], [1, 1], bool(ceil), bool(include))
            add("average pool %d %d" % (ceil, include), "AveragePool", [x], [y], 11,
                spec([3, 2], [2, 3], [1, 1], ceil_mode=ceil, count_include_pad=include))
    x3 = real(1, 2, 5, 4, 3)
    add("average pool 3d", "AveragePool", [x3], [F.avg_pool3d(x3, 2, 2, 1, False, True)], 11,
        spec([2, 2, 2], [2, 2, 2], [1, 1, 1], count_include_pad=1))
    add("lp pool", "LpPool", [x], [(F.avg_pool2d(x.abs()**3, 2, 1) * 4)**(1 / 3)], 18,
        {"kernel_shape": [2, 2], "p": 3})
    add("global lp pool", "GlobalLpPool", [x], [(x**2).sum((2, 3), keepdim=True).sqrt()], 13)
    add("global average pool", "GlobalAveragePool", [x3], [x3.mean((2, 3, 4), keepdim=True)], 13)
    add("global max pool", "GlobalMaxPool", [x3], [x3.amax((2, 3, 4), keepdim=True)], 13)
    distinct = torch.tensor(rng.permutation(64).reshape(1, 2, 8, 4) / 4.0)
    y, at = F.max_pool2d(distinct, 2, return_indices=True)
    undone = F.max_unpool2d(y, at, 2)
    at = at + torch.arange(2).reshape(1, 2, 1, 1) * 32
    add("max unpool", "MaxUnpool", [y, at], [undone], 11, {"kernel_shape": [2, 2], "strides": [2, 2]},
        types={1: "i64"})


def normalizations():
    x, s, b, m, v = real(2, 3, 4, 2), real(3), real(3), real(3), real(3).abs() + 0.5
    add("batch norm", "BatchNormalization", [x, s, b, m, v], [F.batch_norm(x, m, v, s, b, eps=2.0**-10)], 15,
        {"epsilon": 2.0**-10})
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    y = F.batch_norm(x, None, None, s, b, True, eps=2.0**-10)
    running = [m * 0.75 + mean * 0.25, v * 0.75 + var * 0.25]
    add("batch norm training", "BatchNormalization", [x, s, b, m, v], [y] + running, 14,
        {"epsilon": 2.0**-10, "momentum": 0.75, "training_mode": 1})
    add("batch norm training, opset 9", "BatchNormalization", [x, s, b, m, v], [y] + running + [mean, var],
        9, {"epsilon": 2.0**-10, "momentum": 0.75})
    each = [real(3, 4, 2) for _ in range(3)] + [real(3, 4, 2).abs() + 0.5]
    y = (x - each[2]) / (each[3] + 2.0**-10).sqrt() * each[0] + each[1]
    add("batch norm spatial=0", "BatchNormalization", [x] + each, [y], 7, {"epsilon": 2.0**-10, "spatial": 0})
    add("instance norm", "InstanceNormalization", [x, s, b],
        [F.instance_norm(x, weight=s, bias=b, eps=0.125)], 6 + 1, {"epsilon": 0.125})
    g, gs, gb = real(2, 6, 5), real(3), real(3)
    y = F.group_norm(g, 3, gs.repeat_interleave(2), gb.repeat_interleave(2), 0.125)
    add("group norm", "GroupNormalization", [g, gs, gb], [y], 18, {"epsilon": 0.125, "num_groups": 3})
    ls, lb = real(4, 2), real(4, 2)
    add("layer norm", "LayerNormalization", [x, ls, lb],
        [F.layer_norm(x, [4, 2], ls, lb, 0.125), x.mean((2, 3), keepdim=True),
         (x.var((2, 3), unbiased=False, keepdim=True) + 0.125)**-0.5], 17, {"axis": 2, "epsilon": 0.125})
    one = real(1)
    add("layer norm, broadcast scale", "LayerNormalization", [x, one],
        [F.layer_norm(x, [2], eps=0.125) * one], 17, {"epsilon": 0.125})
    deviation = x.var((0, 2, 3), unbiased=False, keepdim=True).sqrt()
    add("mean variance norm", "MeanVarianceNormalization", [x],
        [(x - x.mean((0, 2, 3), keepdim=True)) / (deviation + 1e-9)])
    deviation = x.var((1,), unbiased=False, keepdim=True).sqrt()
    add("mean variance norm, axis 1", "MeanVarianceNormalization", [x],
        [(x - x.mean((1,), keepdim=True)) / (deviation + 1e-9)], 13, {"axes": [-3]})
    c = real(2, 7, 3)
    add("lrn", "LRN", [c], [F.local_response_norm(c, 5, 0.5, 0.75, 2.0)], 13,
        {"size": 5, "alpha": 0.5, "beta": 0.75, "bias": 2.0})
    for p in (1, 2):
        add("lp norm %d" % p, "LpNormalization", [c], [F.normalize(c, p, 1)], 13, {"p": p, "axis": 1})
    zeros = torch.zeros(2, 2)
    add("lp norm of zeros", "LpNormalization", [zeros], [zeros])
    big = real(2, 3, 4) * 64
    for opset, axis, dims in [(11, 1, (1, 2)), (13, 1, (1,)), (13, -1, (2,)), (11, 0, (0, 1, 2))]:
        total = torch.logsumexp(big, dims, keepdim=True)
        add("softmax %d %d" % (opset, axis), "Softmax", [big], [(big - total).exp()], opset, {"axis": axis})
        add("log softmax %d %d" % (opset, axis), "LogSoftmax", [big], [big - total], opset, {"axis": axis})
    hole = torch.tensor([[1.0, float("nan"), 2.0], [1.0, float("inf"), 2.0], [1.0, -float("inf"), 1.0]])
    add("softmax of nan", "Softmax", [hole], [hole.double().softmax(1)])


def losses():
    x, w = real(3, 5, 2), real(5).abs() + 0.125
    t = integers(0, 5, 3, 2)
    t[1, 0] = 2
    for reduction in ("none", "sum", "mean"):
        for weight in (None, w):
            for ignore in (None, 2, -7):
                labels = t.clone()
                if ignore is not None:
                    labels[0, 1] = ignore
                attributes = {"reduction": reduction}
                if ignore is not None:
                    attributes["ignore_index"] = ignore
                inputs = [x, labels] + ([] if weight is None else [weight])
                name = "%s %s %s" % (reduction, weight is not None, ignore)
                torch_ignore = -100 if ignore is None else ignore
                add("nll " + name, "NegativeLogLikelihoodLoss", inputs,
                    [F.nll_loss(x, labels, weight, ignore_index=torch_ignore, reduction=reduction)], 13,
                    attributes, types={1: "i64"})
                add("cross entropy " + name, "SoftmaxCrossEntropyLoss", inputs,
                    [F.cross_entropy(x, labels, weight, ignore_index=torch_ignore, reduction=reduction),
                     x.log_softmax(1)], 13, attributes, types={1: "i32"})


def plain(v):
    """NaN and infinities as text, JSON has none; 13 digits are enough for the comparison."""
    if not isinstance(v, float):
        return v
    return float("%.13g" % v) if np.isfinite(v) else str(v)


convolutions()
quantized()
products()
pools()
normalizations()
losses()
for case in cases:
    for t in case["inputs"] + case["outputs"]:
        if t:
            t["data"] = [plain(v) for v in t["data"]]
print("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]")

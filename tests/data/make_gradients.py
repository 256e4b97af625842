#!/usr/bin/python3
"""Writes gradients.inc, the oracle of tests/unit/test_gradient_networks.c: gradients of networks of the
zoo, computed by PyTorch in float64.   make_gradients.py > gradients.inc

Weights and images are a formula of name and index that both sides compute. Per parameter and for the
input: Euclidean norm, sum and eight entries spread over the tensor."""
import os
import sys

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import zoo_modules

# name, channels, height and width, training mode (statistics of the batch) or not
NETWORKS = [("lenet5", 1, 28, False), ("cnn-small", 3, 8, False), ("cnn-small", 3, 8, True),
            ("resnet20", 3, 8, False), ("resnet20", 3, 8, True), ("mobilenetv2", 3, 16, False),
            ("convs", 3, 16, True), ("unets", 3, 16, False)]
LABELS = [1, 3]


def uniform(name, count):
    """In [-1,1): the name's FNV-1a hash plus a Weyl sequence, mixed as MurmurHash3 does."""
    h = 0x811c9dc5
    for c in name.encode():
        h = (h ^ c) * 0x01000193 & 0xffffffff
    x = (h + np.arange(count, dtype=np.uint64) * 0x9e3779b9) & 0xffffffff
    for shift, factor in ((16, 0x85ebca6b), (13, 0xc2b2ae35), (16, 1)):
        x = (x ^ x >> shift) * factor & 0xffffffff
    return x.astype(np.float64) / 2.0 ** 31 - 1


def values(name, shape):
    count = int(np.prod(shape))
    u = uniform(name, count)
    if name.endswith("running_var"):
        v = 1 + 0.4 * u
    elif name.endswith("running_mean"):
        v = 0.2 * u
    elif len(shape) == 1:
        v = 0.1 * u if name.endswith("bias") else 1 + 0.2 * u
    elif name in ("input", "output"):
        v = u
    else:
        v = u * np.sqrt(6 * shape[0] / count)
    return torch.from_numpy(v.astype(np.float32).astype(np.float64).reshape(shape))


def row(network, training, name, tensor):
    flat = tensor.detach().numpy().ravel()
    picked = [flat[len(flat) * (2 * k + 1) // 16] for k in range(8)]
    numbers = [np.sqrt((flat ** 2).sum()), flat.sum()] + picked
    text = ["%.8g" % (0 if abs(v) < 1e-12 else v) for v in numbers]  # a bias before batch norm: 0
    print('{"%s", %s, "%s", %s, %s, {%s}},' % (network, "true" if training else "false", name,
                                                 text[0], text[1], ", ".join(text[2:])))


def dump(name, channels, size, training):
    module = zoo_modules.make(name, 10, channels, size).double().train(training)
    for m in module.modules():
        if isinstance(m, torch.nn.Dropout):
            m.p = 0
    module.load_state_dict({k: values(k, v.shape) if v.dim() else v
                            for k, v in module.state_dict().items()})
    x = values("input", (2, channels, size, size)).requires_grad_()
    y = module(x)
    if y.dim() == 2:
        loss = torch.nn.functional.cross_entropy(y, torch.tensor(LABELS))
    else:
        loss = (y * values("output", y.shape)).sum()
    loss.backward()
    row(name, training, "loss", loss.reshape(1))
    row(name, training, "input", x.grad)
    for key, parameter in module.named_parameters():
        row(name, training, key, parameter.grad)


print("/* Made by make_gradients.py: network, training mode, parameter; norm, sum and eight entries of\n"
      " * the gradient (of the loss: the value itself). */")
for network in NETWORKS:
    dump(*network)

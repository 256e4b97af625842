#!/usr/bin/python3
"""Compares the networks of the zoo with PyTorch.

    zoo_torch.py BUILD_FOLDER [NETWORK ...]       every network, or those named
    zoo_torch.py BUILD_FOLDER --golden FILE       writes the logits for tests/unit/test_zoo.c

For each network: `resile zoo build`, the same definition as a PyTorch module (zoo_modules.py), names
and shapes of all parameters must be those of its state dict, our weights go into it, and the outputs
for the same noise images must agree to 1e-4 of the largest output. Needs torch, onnx, numpy."""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnx.numpy_helper
import torch

import zoo_modules

GOLDEN = ["lenet5", "cnn-small", "resnet20"]
TOLERANCE = 1e-4


def resile(build, *arguments):
    return subprocess.run([os.path.join(build, "resile"), *arguments], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def load(build, name, folder):
    """Our file, the noise and our output for it, and the PyTorch module with our weights."""
    path = os.path.join(folder, "m.onnx")
    resile(build, "zoo", "build", name, "--seed", "1", "-o", path)
    model = onnx.load(path)
    dims = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    x, y = os.path.join(folder, "x.npy"), os.path.join(folder, "y.npy")
    subprocess.run([os.path.join(build, "tests", "run_model"), path, "2", x, y], check=True)
    ours = {t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy())
            for t in model.graph.initializer}
    classes = ours[[n for n in ours if n.endswith(".bias")][-1]].shape[0]
    module = zoo_modules.make(name, classes, dims[1], dims[2]).eval()
    wanted = {k: v for k, v in module.state_dict().items() if "num_batches" not in k}
    settings = (".ratio", ".pads", "relu6.min", "relu6.max", "upsample.scales", "subsample.starts",
                "subsample.ends", "subsample.axes", "subsample.steps")
    ours = {k: v for k, v in ours.items() if not k.endswith(settings)}
    shapes = {k: tuple(v.shape) for k, v in ours.items()}
    expected = {k: tuple(v.shape) for k, v in wanted.items()}
    if shapes != expected:
        different = sorted(set(shapes.items()) ^ set(expected.items()))
        raise SystemExit(f"{name}: parameters differ: {different[:6]}")
    module.load_state_dict(ours, strict=False)
    return np.load(x), np.load(y), module


def compare(build, name):
    with tempfile.TemporaryDirectory() as folder:
        x, y, module = load(build, name, folder)
        with torch.no_grad():
            theirs = module(torch.from_numpy(x)).numpy()
    error = float(np.abs(y - theirs).max() / np.abs(theirs).max())
    good = y.shape == theirs.shape and np.isfinite(y).all() and error <= TOLERANCE
    print(f"{name:14} {str(y.shape):18} relative error {error:.1e} {'ok' if good else 'DIFFERS'}",
          flush=True)
    return good


def golden(build, path):
    """C initializers: per network the logits of the first noise image, by PyTorch in double."""
    lines = []
    for name in GOLDEN:
        with tempfile.TemporaryDirectory() as folder:
            x, _, module = load(build, name, folder)
        with torch.no_grad():
            logits = module.double()(torch.from_numpy(x[:1]).double()).numpy()[0]
        values = ", ".join(f"{v:.9g}" for v in logits)
        lines.append(f'{{"{name}", {{{values}}}}},')
    with open(path, "w") as f:
        f.write("/* Made by tests/interop/zoo_torch.py --golden. */\n" + "\n".join(lines) + "\n")


def main():
    build = sys.argv[1]
    torch.manual_seed(0)
    if sys.argv[2:3] == ["--golden"]:
        return golden(build, sys.argv[3])
    names = sys.argv[2:] or [n["name"] for n in json.loads(resile(build, "zoo", "list", "--json"))]
    return 0 if all([compare(build, name) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())

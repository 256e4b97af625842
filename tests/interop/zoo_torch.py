#!/usr/bin/python3
"""Compares the networks of the zoo with PyTorch.

    zoo_torch.py BUILD_FOLDER [--keep FOLDER] [NETWORK ...]    every network, or those named
    zoo_torch.py BUILD_FOLDER --golden FILE                    logits for tests/unit/test_zoo.c

For each network: `resile zoo build`, the same definition as a PyTorch module (zoo_modules.py); names
and shapes of all parameters must be those of its state dict; our weights go into it, its batch norms
are calibrated and written back into the file; the outputs for the same noise images must agree to
1e-4 of the largest output. --keep leaves the files for zoo_onnxruntime.mjs. Needs torch, onnx,
numpy."""

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
SETTINGS = (".ratio", ".pads", "relu6.min", "relu6.max", "upsample.scales", "subsample.starts",
            "subsample.ends", "subsample.axes", "subsample.steps")


def resile(build, *arguments):
    return subprocess.run([os.path.join(build, "resile"), *arguments], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def module_of(name, model):
    """The PyTorch module with the weights of our file."""
    ours = {t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy())
            for t in model.graph.initializer}
    dims = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    classes = ours[[n for n in ours if n.endswith(".bias")][-1]].shape[0]
    module = zoo_modules.make(name, classes, dims[1], dims[2]).eval()
    wanted = {k: tuple(v.shape) for k, v in module.state_dict().items() if "num_batches" not in k}
    ours = {k: v for k, v in ours.items() if not k.endswith(SETTINGS)}
    shapes = {k: tuple(v.shape) for k, v in ours.items()}
    if shapes != wanted:
        different = sorted(set(shapes.items()) ^ set(wanted.items()))
        raise SystemExit(f"{name}: parameters differ: {different[:6]}")
    module.load_state_dict(ours, strict=False)
    return module, dims


def batch_norms(module):
    return [m for m in module.modules() if isinstance(m, torch.nn.BatchNorm2d)]


def calibrate(module, dims):
    """Keeps the signal of fresh networks alive: PyTorch's default weights let it die out, and fresh
    batch norms are nearly the identity. Batch norms get random scales and shifts and divide by the
    root mean square of noise; networks without them get larger weights."""

    def measure(norm, inputs):
        norm.running_var.copy_(inputs[0].square().mean((0, 2, 3)))
        torch.nn.init.uniform_(norm.running_mean, -0.2, 0.2)
        torch.nn.init.uniform_(norm.weight, 0.8, 1.2)
        torch.nn.init.uniform_(norm.bias, -0.2, 0.2)

    hooks = [norm.register_forward_pre_hook(measure) for norm in batch_norms(module)]
    with torch.no_grad():
        if not hooks:
            for parameter in module.parameters():
                if parameter.dim() > 1:
                    parameter *= 6 ** 0.5
        module(torch.rand(4, *dims[1:]) * 2 - 1)
    for hook in hooks:
        hook.remove()


def run(build, path, folder):
    x, y = os.path.join(folder, "x.npy"), os.path.join(folder, "y.npy")
    subprocess.run([os.path.join(build, "tests", "run_model"), path, "2", x, y], check=True)
    return np.load(x), np.load(y)


def compare(build, name, keep):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(keep or folder, name + ".onnx")
        resile(build, "zoo", "build", name, "--seed", "1", "-o", path)
        model = onnx.load(path)
        module, dims = module_of(name, model)
        calibrate(module, dims)
        state = module.state_dict()
        for t in model.graph.initializer:
            if t.name in state:
                t.CopyFrom(onnx.numpy_helper.from_array(state[t.name].numpy(), t.name))
        onnx.save(model, path)
        x, y = run(build, path, folder)
        with torch.no_grad():
            theirs = module(torch.from_numpy(x)).numpy()
    error = float(np.abs(y - theirs).max() / np.abs(theirs).max())
    spread = float(np.abs(theirs[0] - theirs[1]).max() / np.abs(theirs).max())
    good = y.shape == theirs.shape and spread > 1e-3 and error <= TOLERANCE
    print(f"{name:14} {str(y.shape):18} relative error {error:.1e}, between images {spread:.1e} "
          f"{'ok' if good else 'DIFFERS'}", flush=True)
    return good


def golden(build, path):
    """C initializers: per network the logits of the first noise image, by PyTorch in double."""
    lines = []
    for name in GOLDEN:
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "m.onnx")
            resile(build, "zoo", "build", name, "--seed", "1", "-o", file)
            module, _ = module_of(name, onnx.load(file))
            x, _ = run(build, file, folder)
        for norm in batch_norms(module):
            for tensor, value in [(norm.weight, 1.5), (norm.bias, 0.1), (norm.running_mean, 0.05),
                                  (norm.running_var, 0.5)]:
                torch.nn.init.constant_(tensor, value)
        with torch.no_grad():
            logits = module.double()(torch.from_numpy(x[:1]).double()).numpy()[0]
        values = ", ".join(f"{v:.9g}" for v in logits)
        lines.append(f'{{"{name}", {{{values}}}}},')
    with open(path, "w") as f:
        f.write("/* Made by tests/interop/zoo_torch.py --golden. */\n" + "\n".join(lines) + "\n")


def main():
    build, names = sys.argv[1], sys.argv[2:]
    torch.manual_seed(0)
    if names[:1] == ["--golden"]:
        return golden(build, names[1])
    keep = None
    if names[:1] == ["--keep"]:
        keep, names = names[1], names[2:]
        os.makedirs(keep, exist_ok=True)
    if not names:
        names = [n["name"] for n in json.loads(resile(build, "zoo", "list", "--json"))]
    return 0 if all([compare(build, name, keep) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())

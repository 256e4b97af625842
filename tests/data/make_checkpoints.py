#!/usr/bin/python3
"""Writes tests/data/checkpoints with PyTorch 1.13, the oracle of test_torch.c and test_import.c.

The tensors of `state()` are known to the tests by formula: element i (row-major) of each is i plus
a number. Zip archives are re-packed with fixed dates, so that running this again changes nothing there; the
old form names and orders storages by their addresses, so its bytes (not its tensors) change."""
import argparse
import collections
import io
import pathlib
import zipfile

import numpy as np
import torch

out = pathlib.Path(__file__).parent / "checkpoints"
out.mkdir(exist_ok=True)


def iota(shape, first, dtype=torch.float32):
    n = int(np.prod(shape))
    return (torch.arange(n) + first).reshape(shape).to(dtype)


def state(prefix=""):
    base = iota((4, 6), 100)
    shared = iota((10,), 200)
    return collections.OrderedDict((prefix + k, v) for k, v in [
        ("f32", iota((2, 3), 1)),
        ("f64", iota((3,), 2, torch.float64)),
        ("f16", iota((2, 2), 3, torch.float16)),
        ("bf16", iota((4,), 4, torch.bfloat16)),
        ("i64", iota((2,), 5, torch.int64)),
        ("i32", iota((3,), 6, torch.int32)),
        ("i16", iota((2,), 7, torch.int16)),
        ("i8", iota((2,), 8, torch.int8)),
        ("u8", iota((2,), 9, torch.uint8)),
        ("bool", torch.tensor([True, False, True])),
        ("scalar", torch.tensor(11.0)),
        ("empty", torch.zeros(0, 3)),
        ("base", base),
        ("columns", base.t()),          # strides (1, 6)
        ("window", base[1:3, 2:5]),     # offset 8, strides (6, 1)
        ("step", base[::2, 1::2]),      # strides (12, 2)
        ("expanded", shared[3:4].expand(2, 5)),  # strides (0, 0) or (0, 1)
        ("shared", shared),
        ("tail", shared[6:]),
        ("parameter", torch.nn.Parameter(iota((2, 2), 300))),
    ])


def pack(data, name, method=zipfile.ZIP_STORED, extra=()):
    """The same archive with fixed dates and the given compression."""
    with zipfile.ZipFile(io.BytesIO(data)) as z, zipfile.ZipFile(out / name, "w", method) as o:
        for info in z.infolist():
            o.writestr(zipfile.ZipInfo(info.filename, (1980, 1, 1, 0, 0, 0)), z.read(info), method)
        for entry, text in extra:
            o.writestr(zipfile.ZipInfo(entry, (1980, 1, 1, 0, 0, 0)), text, method)


def save(obj, name, **kw):
    stream = io.BytesIO()
    torch.save(obj, stream, **kw)
    if kw.get("_use_new_zipfile_serialization", True):
        pack(stream.getvalue(), name, zipfile.ZIP_DEFLATED)
    else:
        (out / name).write_bytes(stream.getvalue())


OLD = dict(_use_new_zipfile_serialization=False)
torch.manual_seed(0)
save(state(), "state.pt")
save(state(), "state.pth", **OLD)
for protocol in [3, 4, 5]:
    save(state(), f"protocol{protocol}.pt", pickle_protocol=protocol)
    save(state(), f"protocol{protocol}.pth", pickle_protocol=protocol, **OLD)

stream = io.BytesIO()
torch.save({"w": iota((3,), 1)}, stream)
pack(stream.getvalue(), "stored.pt")
pack(stream.getvalue(), "little.pt", extra=[("archive/byteorder", "little")])
pack(stream.getvalue(), "bigendian.pt", extra=[("archive/byteorder", "big")])
pack(stream.getvalue(), "script.pt", extra=[("archive/constants.pkl", "")])  # TorchScript's mark

model = torch.nn.Linear(3, 2)
with torch.no_grad():
    model.weight.copy_(iota((2, 3), 1))
    model.bias.copy_(iota((2,), 10))
optimizer = torch.optim.Adam(model.parameters())
model(torch.ones(1, 3)).sum().backward()
optimizer.step()
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2])
with torch.no_grad():
    model.weight.copy_(iota((2, 3), 1))
    model.bias.copy_(iota((2,), 10))
training = {"epoch": 3, "best": np.float64(91.5), "lr": 0.1, "arch": "linear", "history": [1.5, 2.5],
            "state_dict": model.state_dict(), "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(), "done": False, "device": torch.device("cpu"),
            "dtype": torch.float32, "big": 1 << 70, "size": torch.Size([1, 2])}
save(training, "training.pt")
save(training, "training.pth", **OLD)
for key in ["net", "model", "weird"]:
    save({key: model.state_dict(), "epoch": 1}, f"nested_{key}.pt")
save({"a": model.state_dict(), "b": model.state_dict()}, "two.pt")
save({"epoch": 1}, "none.pt")
save([1, 2], "list.pt")
save(model, "module.pt")
save(model, "module.pth", **OLD)
# What checkpoints carry along: objects of any class, a tensor beside the state dict.
save({"model": model.state_dict(), "when": pathlib.PurePosixPath("/tmp"), "complex": 1 + 2j,
      "args": argparse.Namespace(lr=0.1), "names": {"a", "b"}}, "carried.pt")
save({"model_sd": model.state_dict(), "best": torch.tensor(91.5)}, "nested_beside.pt")
save({"a": model.state_dict(), "b": model.state_dict(), "best": torch.tensor(91.5)}, "two_beside.pt")
save({"model": model, "epoch": 1}, "wrapped.pt")
save({"w": torch.eye(2).to_sparse(), "b": torch.ones(2)}, "sparse.pt")


def resnet20():
    """Names and shapes of akamaster/pytorch_resnet_cifar10; tensor k is all k, expanded from one
    element, so that the file stays small."""
    names = []

    def conv(name, out, into):
        names.append((name + ".weight", (out, into, 3, 3)))

    def norm(name, width):
        names.extend((f"{name}.{part}", (width,)) for part in
                     ["weight", "bias", "running_mean", "running_var"])
        names.append((name + ".num_batches_tracked", ()))

    conv("conv1", 16, 3)
    norm("bn1", 16)
    into = 16
    for stage, width in enumerate([16, 32, 64], 1):
        for block in range(3):
            for layer in [1, 2]:
                conv(f"layer{stage}.{block}.conv{layer}", width, into)
                norm(f"layer{stage}.{block}.bn{layer}", width)
                into = width
    names += [("linear.weight", (10, 64)), ("linear.bias", (10,))]
    return collections.OrderedDict(
        ("module." + name, torch.tensor(float(k) if shape else k).expand(shape))
        for k, (name, shape) in enumerate(names))


save({"state_dict": resnet20(), "best_prec1": 91.7}, "resnet20.th", **OLD)

#!/usr/bin/python3
"""How hard is synth-signs? Trains a linear model and a small CNN on 10,000 drawn images and tests
them on 2,000 of the other split.

usage: check_synth_difficulty.py LIBRESILE.so [EPOCHS]      needs python3-torch and python3-numpy

Expected: the linear model stays under 70 %, the CNN exceeds 97 %. Not part of the tests: it takes
minutes.
"""
import ctypes
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Options(ctypes.Structure):
    _fields_ = [("split", ctypes.c_char_p), ("seed", ctypes.c_uint64), ("count", ctypes.c_int64)]


def load(lib, split, count):
    data = ctypes.c_void_p()
    options = Options(split.encode(), 1, count)
    if lib.rsl_data_open(ctypes.byref(data), b"synth-signs", ctypes.byref(options)) < 0:
        sys.exit(ctypes.string_at(lib.rsl_errmsg()).decode())
    pixels = np.empty((count, 3, 32, 32), np.uint8)
    labels = np.empty(count, np.int32)
    lib.rsl_data_read(data, ctypes.c_int64(0), ctypes.c_int64(count),
                      pixels.ctypes.data_as(ctypes.c_void_p),
                      labels.ctypes.data_as(ctypes.c_void_p))
    lib.rsl_data_close(data)
    return torch.from_numpy(pixels).float() / 255 - 0.5, torch.from_numpy(labels).long()


def block(cin, cout):
    return [nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU()]


def cnn():
    return nn.Sequential(*block(3, 24), *block(24, 32), nn.MaxPool2d(2), *block(32, 48),
                         *block(48, 64), nn.MaxPool2d(2), *block(64, 96), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Dropout(0.3), nn.Linear(96 * 16, 43))


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        right = sum((model(x[i:i + 500]).argmax(1) == y[i:i + 500]).sum().item()
                    for i in range(0, len(x), 500))
    model.train()
    return 100.0 * right / len(x)


def fit(name, model, train, test, epochs, rate):
    x, y = train
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-2)
    steps = len(x) // 64
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * steps)
    for epoch in range(epochs):
        order = torch.randperm(len(x))
        for i in range(steps):
            pick = order[64 * i:64 * i + 64]
            batch = x[pick]
            if model[0].__class__ is nn.Conv2d:
                dy, dx = np.random.randint(0, 5, 2)
                batch = F.pad(batch, (2, 2, 2, 2), mode="replicate")[:, :, dy:dy + 32, dx:dx + 32]
            loss = F.cross_entropy(model(batch), y[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        if epoch % 5 == 4 or epoch + 1 == epochs:
            print("%s epoch %d: train %.2f %%, test %.2f %%" %
                  (name, epoch + 1, accuracy(model, x[:2000], y[:2000]), accuracy(model, *test)),
                  flush=True)


def main():
    lib = ctypes.CDLL(sys.argv[1])
    lib.rsl_errmsg.restype = ctypes.c_void_p
    epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    torch.manual_seed(0)
    np.random.seed(0)
    train, test = load(lib, "train", 10000), load(lib, "test", 2000)
    fit("linear", nn.Sequential(nn.Flatten(), nn.Linear(3072, 43)), train, test, epochs, 1e-3)
    fit("cnn", cnn(), train, test, epochs, 4e-3)


main()

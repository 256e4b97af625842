#!/usr/bin/python3
"""Writes encoding.inc: what an independent implementation of the quantizers gives.

usage: make_encoding.py OUT      needs python3-numpy

weights_<n> are the tensors; each line of golden is {encoding, rank, {dims}, weights, codes, scales,
zero points, values}, floats as their bits. The formulas are FORTUNE's and NeuralFuse's, in numpy's single precision, one channel at a
time; nothing of the library's way of computing is repeated here (it clamps before it rounds).
"""
import sys

import numpy as np

F = np.float32


def affine(w, bits, paper):
    """One channel: codes, scale, zero point, values."""
    top = F(2**bits - 1)
    low, high = w.min(), w.max()
    size = F(max(abs(low), abs(high)))
    scale = F(F(high - low) / top)
    if size == 0:
        return np.zeros(w.shape, np.uint8), F(0), F(0), np.zeros(w.shape, F)
    if scale < F(size * F(2**-21)):
        scale = F(size * F(2**-21))
    if paper:
        zero = F(-low / scale)
        code = np.clip(np.round(w / scale + zero), 0, top)
    else:
        zero = F(np.round(-low / scale))
        code = np.clip(np.round(w / scale) + zero, 0, top)
    code = code.astype(F)
    return code.astype(np.uint8), scale, zero, (scale * (code - zero)).astype(F)


def symmetric(w, bits, _):
    half = 2 ** (bits - 1)
    scale = F(np.abs(w).max() / F(half - 1))
    if scale == 0:
        return np.zeros(w.shape, np.uint8), scale, F(0), np.zeros(w.shape, F)
    code = np.clip(np.round(w / scale), -half, half - 1).astype(np.int32)
    return (code & (2 * half - 1)).astype(np.uint8), scale, F(0), (scale * code.astype(F)).astype(F)


def tensors(rng):
    """Bell-shaped weights, and the awkward ones."""
    yield (rng.standard_normal((4, 5, 3)) * 0.05).astype(F)
    w = (rng.standard_normal((5, 16)) * 0.3).astype(F)
    w[0] = 0
    w[1] = F(0.1)
    w[2] = F(-3e-5)
    w[3] = np.abs(w[3]) + 1
    w[4] = -np.abs(w[4]) - F(0.5)
    yield w
    w = (rng.standard_normal((4, 9)) * 0.02).astype(F)
    w[0] = F(1) + np.arange(9).astype(F) * F(2**-23)  # a channel that is almost constant
    w[1] = F(1e-30) * w[1]
    w[2] = F(1e30) * w[2]
    w[3] = np.arange(9) - F(3.5)  # ties
    yield w


def listing(values, form):
    return "{" + ",".join(form % v for v in values) + "}"


def bits_of(values):
    return listing(np.asarray(values, F).ravel().view(np.uint32), "0x%x")


def cases(bits):
    yield f"affine{bits}", affine, False, 0
    yield f"affine{bits}:paper", affine, True, 0
    yield f"affine{bits}:tensor", affine, False, None
    yield f"affine{bits}:axis=1", affine, False, 1
    yield f"symmetric{bits}", symmetric, False, None
    yield f"symmetric{bits}:channel", symmetric, False, 0


def line(n, w, bits, name, quantize, paper, axis):
    view = w[np.newaxis] if axis is None else np.moveaxis(w, axis, 0)
    parts = [quantize(channel, bits, paper) for channel in view]

    def whole(k):
        if axis is None:
            return parts[0][k].ravel()
        return np.moveaxis(np.stack([p[k] for p in parts]), 0, axis).ravel()

    fields = [f'"{name}"', str(w.ndim), listing(w.shape, "%d"), f"weights_{n}",
              listing(whole(0), "%d"), bits_of([p[1] for p in parts]),
              bits_of([p[2] for p in parts]), bits_of(whole(3))]
    return "    {" + ", ".join(fields) + "},\n"


def main():
    rng = np.random.default_rng(4)
    lines = []
    with open(sys.argv[1], "w") as out:
        out.write("/* Made by make_encoding.py. */\n/* clang-format off */\n")
        for n, w in enumerate(tensors(rng)):
            out.write(f"static const uint32_t weights_{n}[] = {bits_of(w)};\n")
            for bits in range(2, 9):
                lines += [line(n, w, bits, *c) for c in cases(bits) if bits in (3, 8) or c[3] != 1]
        out.write("static const struct golden golden[] = {\n" + "".join(lines) + "};\n")


main()

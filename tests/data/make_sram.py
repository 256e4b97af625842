#!/usr/bin/python3
"""Stuck cells as NeuralFuse's published programs place them (faultmodels/randomfault.py and
faultinjection_ops/zs_faultinjection_ops.py, written anew from their description with NumPy): one
line per case of tests/unit/test_fault_sram.c with the numbers of cells stuck at 0 and at 1 and a
hash over all (address, value), address = weight * w + bit."""
import numpy as np


def maps(rate, seed):
    np.random.seed(seed)
    faulty = np.random.rand(8192, 128) < rate
    np.random.seed(seed + 1)
    one = np.random.rand(8192, 128) < 0.5
    return faulty & one, faulty & ~one


def tile(cells, w, n):
    c = 128 // w
    words = cells[:, : c * w].reshape(8192, c, w)
    banks = -(-(-(-n // c)) // 8192)
    return np.tile(words, (banks, c, 1)).reshape(-1, w)[:n].reshape(-1)


for seed, rate, w, n in [
    (50000, 0.01, 8, 3000),
    (50000, 0.01, 8, 2200000),
    (50009, 0.005, 8, 100000),
    (0, 0.01, 4, 50000),
    (1, 0.02, 3, 40001),
    (2, 0.02, 5, 12345),
    (3, 0.5, 7, 999),
    (4294967295 - 1, 0.01, 2, 5000),
]:
    one, zero = (tile(m, w, n) for m in maps(rate, seed))
    h = 0
    for a in np.flatnonzero(one | zero):
        h = (h * 31 + int(a) * 2 + int(one[a])) % 2**64
    print("{%du, %g, %d, %d, %d, %d, 0x%xu}," % (seed, rate, w, n, zero.sum(), one.sum(), h))

np.random.seed(4357)
q = np.clip(np.round(np.random.randn(64) * 40), -127, 127).astype(np.int8)
q[0] = 127  # the scale is 1
one, zero = (np.packbits(tile(m, 8, 64), bitorder="little") for m in maps(0.2, 11))
print("q", list(q), "faulty", list(((q.view(np.uint8) & ~zero) | one).view(np.int8)))

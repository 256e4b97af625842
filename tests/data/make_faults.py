#!/usr/bin/python3
"""Faults of two trials as docs/faults.md defines them, for tests/unit/test_fault.c: an independent
Philox4x32-10, keys, gaps and draws. Prints the two arrays."""
import math

MASK = (1 << 32) - 1


def philox(seed, stream, index):
    c = [index & MASK, index >> 32 & MASK, stream & MASK, stream >> 32 & MASK]
    k = [seed & MASK, seed >> 32 & MASK]
    for _ in range(10):
        a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [b >> 32 ^ c[1] ^ k[0], b & MASK, a >> 32 ^ c[3] ^ k[1], a & MASK]
        k = [k[0] + 0x9E3779B9 & MASK, k[1] + 0xBB67AE85 & MASK]
    return c


def words(seed, trial, model=0, purpose=0):
    key = philox(seed, 0x6D656D6661756C74, model << 8 | purpose)
    index = 0
    while True:
        block = philox(key[0] | key[1] << 32, trial, index)
        yield block[0] | block[1] << 32
        yield block[2] | block[3] << 32
        index += 1


def below(draws, n):
    while True:
        m = next(draws) * n
        if m % 2**64 >= 2**64 % n:
            return m >> 64


counts = [100, 5000, 20000]
bits = [8 * n for n in counts]
first = [sum(bits[:i]) for i in range(3)]

rate, at, found, draws = 5e-5, 0, [], words(1, 2)
while True:
    u = 1 - (next(draws) >> 11) * 2.0**-53
    gap = math.log(u) / math.log1p(-rate)
    if gap >= sum(bits) - at:
        break
    at += int(gap)
    found.append(at)
    at += 1
print("ber", found)

draws, found = words(1, 2), []
for _ in range(6):
    layer = below(draws, 3)
    found.append(first[layer] + below(draws, bits[layer]))
print("layers", sorted(found))

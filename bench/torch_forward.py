#!/usr/bin/python3
"""PyTorch's forward pass as a worker of forward.py: for each line `ARCH BATCH SECONDS` on standard
input, runs the network of the zoo in eager mode on random images and answers one line: the median
pass in images per second. Threads: OMP_NUM_THREADS."""
import os
import sys
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "interop"))
import zoo_modules

SIZES = {"alexnet": (1, 227), "lenet5": (1, 28)}


def measure(arch, batch, seconds, cache={}):
    channels, size = SIZES.get(arch, (3, 224 if arch.endswith("-224") else 32))
    if arch not in cache:
        cache.clear()
        cache[arch] = zoo_modules.make(arch, 1000 if size == 224 else 10, channels, (size, size)).eval()
    model = cache[arch]
    x = torch.rand(batch, channels, size, size) * 2 - 1
    times = []
    with torch.no_grad():
        model(x), model(x)
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(times) < 3:
            start = time.monotonic()
            model(x)
            times.append(time.monotonic() - start)
    return batch / sorted(times)[len(times) // 2]


torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
print("torch", torch.__version__, flush=True)
for line in sys.stdin:
    arch, batch, seconds = line.split()
    print(measure(arch, int(batch), float(seconds)), flush=True)

#!/usr/bin/python3
"""PyTorch's training step as a worker of train.py: for each line `ARCH BATCH SECONDS` on standard
input, trains the network of the zoo on random images (forward, backward, SGD with momentum) and
answers one line: the median step in images per second. Threads: OMP_NUM_THREADS. With --bf16 under
autocast, in channels_last."""
import os
import sys
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "interop"))
import zoo_modules

SIZES = {"alexnet": (1, 227), "lenet5": (1, 28)}
BF16 = "--bf16" in sys.argv


def measure(arch, batch, seconds):
    channels, size = SIZES.get(arch, (3, 224 if arch.endswith("-224") else 32))
    model = zoo_modules.make(arch, 1000 if size == 224 else 10, channels, (size, size)).train()
    x = torch.rand(batch, channels, size, size) * 2 - 1
    if BF16:
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-5, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=BF16):
            loss = loss_of(model(x), labels)
        loss.backward()
        optimizer.step()

    times = []
    step()
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(times) < 3:
        start = time.monotonic()
        step()
        times.append(time.monotonic() - start)
    return batch / sorted(times)[len(times) // 2]


torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
print("torch", torch.__version__, flush=True)
for line in sys.stdin:
    arch, batch, seconds = line.split()
    print(measure(arch, int(batch), float(seconds)), flush=True)

#!/usr/bin/python3
"""Fault injection as it is done with PyTorch, as a worker of inject.py: for each line
`WAY ARCH BATCH SECONDS` on standard input answers one line, faulty inferences per second (the median
trial):

  forward  no fault at all: the bound of every injector that runs the whole network
  neuron   PyTorchFI's way: a copy of the model per fault, with a hook that flips a bit of one element
           of one layer's output; every image of the batch gets it
  ber      8-bit weights: a random mask over all their bits at rate 1e-5, the weights XORed and
           dequantized, a forward pass over 1,000 images in batches
"""
import copy
import os
import sys
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "interop"))
import zoo_modules

RATE, IMAGES = 1e-5, 1000


def forward(model, batch):
    x = torch.rand(batch, 3, 32, 32) * 2 - 1
    return lambda: model(x), batch


def neuron(model, batch):
    x = torch.rand(batch, 3, 32, 32) * 2 - 1
    names = [n for n, m in model.named_modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]

    def flip(module, inputs, output):
        flat = output.reshape(batch, -1)
        at = int(torch.randint(flat.shape[1], (1,)))
        bits = flat[:, at].view(torch.int32) ^ (1 << int(torch.randint(31, (1,))))
        flat[:, at] = bits.view(torch.float32)

    def trial():
        faulty = copy.deepcopy(model)
        name = names[int(torch.randint(len(names), (1,)))]
        dict(faulty.named_modules())[name].register_forward_hook(flip)
        faulty(x)

    return trial, batch


def ber(model, batch):
    x = torch.rand(IMAGES, 3, 32, 32) * 2 - 1
    layers = [m for m in model.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    scales = [m.weight.abs().max() / 127 for m in layers]
    codes = [torch.clamp(torch.round(m.weight / s), -128, 127).to(torch.int8)
             for m, s in zip(layers, scales)]
    powers = 2 ** torch.arange(8, dtype=torch.int32)

    def trial():
        for m, s, c in zip(layers, scales, codes):
            mask = ((torch.rand(*c.shape, 8) < RATE).to(torch.int32) * powers).sum(-1).to(torch.uint8)
            m.weight.copy_((c.view(torch.uint8) ^ mask).view(torch.int8).to(torch.float32) * s)
        for i in range(0, IMAGES, batch):
            model(x[i:i + batch])

    return trial, IMAGES


def measure(way, arch, batch, seconds):
    model = zoo_modules.make(arch, 10, 3, (32, 32)).eval()
    times = []
    with torch.no_grad():
        trial, images = {"forward": forward, "neuron": neuron, "ber": ber}[way](model, batch)
        if way != "ber":
            trial()
        end = time.monotonic() + seconds
        while time.monotonic() < end or not times:
            start = time.monotonic()
            trial()
            times.append(time.monotonic() - start)
    return images / sorted(times)[len(times) // 2]


torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
torch.manual_seed(1)
print("torch", torch.__version__, flush=True)
for line in sys.stdin:
    way, arch, batch, seconds = line.split()
    print(measure(way, arch, int(batch), float(seconds)), flush=True)

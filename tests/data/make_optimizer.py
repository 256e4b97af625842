#!/usr/bin/python3
"""Writes optimizer.json, the oracle of tests/unit/test_optimizer.c: twenty steps of torch.optim's
optimizers on a small random set of parameters.   make_optimizer.py > optimizer.json

The gradient of an element is slope * (value - target) + 0.25 * wave[step % 4], in float32. SGDW,
which PyTorch lacks, is `value *= 1 - rate * decay` before torch.optim.SGD without decay."""
import json
import torch

torch.manual_seed(20260)
SIZES = {"conv.weight": 23, "conv.bias": 3, "scale": 1}
DECAYING = "conv.weight"
KEPT = [1, 2, 3, 10, 20]


def tensors(draw):
    return {name: draw(n) for name, n in SIZES.items()}


START = tensors(torch.randn)
TARGET = tensors(torch.randn)
SLOPE = tensors(lambda n: 0.5 + torch.rand(n))
WAVE = [1.0, -0.5, 0.25, -1.0]
RATES = [0.1 / (1 + 0.125 * t) for t in range(20)]


def numbers(t):
    return [float("%.9g" % v) for v in t.tolist()]


def run(options, rate, scale):
    p = {name: t.clone() for name, t in START.items()}
    torch_options = {k: v for k, v in options.items() if k in ("momentum", "dampening", "nesterov")}
    if "beta1" in options:
        torch_options["betas"] = (options["beta1"], options["beta2"])
    if "epsilon" in options:
        torch_options["eps"] = options["epsilon"]
    decay = options.get("weight_decay", 0)
    sgdw = options.get("decoupled", False)
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    groups = [{"params": [p[DECAYING]], "weight_decay": 0 if sgdw else decay},
              {"params": [p[n] for n in p if n != DECAYING], "weight_decay": 0}]
    o = kind[options["name"]](groups, lr=rate, **torch_options)
    kept = []
    for step in range(20):
        for name, t in p.items():
            t.grad = (SLOPE[name] * (t - TARGET[name]) + 0.25 * WAVE[step % 4]) * scale
        for g in o.param_groups:
            g["lr"] = rate * RATES[step]
        if sgdw:
            p[DECAYING].mul_(1 - rate * RATES[step] * decay)
        o.step()
        if step + 1 in KEPT:
            kept.append({name: numbers(t) for name, t in p.items()})
    return kept


cases = []
for options, rate, scale in [
        ({"name": "sgd"}, 1, 1),
        ({"name": "sgd", "weight_decay": 0.05}, 1, 0.25),
        ({"name": "sgd", "weight_decay": 0.05, "decoupled": True}, 1, 1),
        ({"name": "sgd", "momentum": 0.9}, 1, 1),
        ({"name": "sgd", "momentum": 0.9, "weight_decay": 0.05}, 1, 0.5),
        ({"name": "sgd", "momentum": 0.9, "weight_decay": 0.05, "decoupled": True}, 1, 1),
        ({"name": "sgd", "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.01}, 2, 1),
        ({"name": "sgd", "momentum": 0.9, "nesterov": True}, 1, 1),
        ({"name": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}, 0.5, 0.125),
        ({"name": "adam"}, 0.5, 1),
        ({"name": "adam", "weight_decay": 0.05}, 0.5, 0.25),
        ({"name": "adam", "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}, 1, 1),
        ({"name": "adamw", "weight_decay": 0.01}, 0.5, 1),
        ({"name": "adamw", "weight_decay": 0.5, "beta1": 0.7, "beta2": 0.99, "epsilon": 1e-6}, 1, 3),
        ]:
    cases.append({"options": options, "rate": rate, "scale": scale, "values": run(options, rate, scale)})

print(json.dumps({
    "kept": KEPT, "wave": WAVE, "rates": RATES,
    "parameters": [{"name": n, "decay": n == DECAYING, "start": numbers(START[n]),
                    "target": numbers(TARGET[n]), "slope": numbers(SLOPE[n])} for n in SIZES],
    "cases": []})[:-2])
print(",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "]}")

#!/usr/bin/python3
"""Writes schedule.json, the oracle of tests/unit/test_schedule.c: torch.optim.lr_scheduler's rates
(and one-cycle's momenta) for every step of a training.   make_schedule.py > schedule.json

FORTUNE's warm-up is no part of PyTorch: `warmup` follows the recurrence of the code its base models
were trained with, one step at a time."""
import json
import math
import warnings
import torch
from torch.optim import lr_scheduler

warnings.simplefilter("ignore")


def rates(make, peak, total, per_epoch=None):
    """`per_epoch`: the scheduler is stepped once per epoch."""
    o = torch.optim.SGD([torch.zeros(1)], lr=peak, momentum=0.9)
    s = make(o)
    rate, momentum = [], []
    for step in range(total):
        rate.append(o.param_groups[0]["lr"])
        momentum.append(o.param_groups[0]["momentum"])
        o.step()
        if step + 1 < total and (per_epoch is None or (step + 1) % per_epoch == 0):
            s.step()
    return rate, momentum


def warmup(peak, total, warm, floor):
    rate = [floor]
    for t in range(1, total):
        if t < warm:
            rate.append(rate[-1] + (peak - floor) / (warm - 1))
        elif t == warm:
            rate.append(peak)
        else:
            rate.append((1 + math.cos(math.pi * (t - warm) / (total - warm))) /
                        (1 + math.cos(math.pi * (t - 1 - warm) / (total - warm))) *
                        (rate[-1] - floor) + floor)
    return rate


cases = []


def add(text, peak, per_epoch, total, rate, momentum=None):
    case = {"text": text, "peak": peak, "steps_per_epoch": per_epoch, "total": total, "rates": rate}
    if momentum:
        case["momenta"] = momentum
    cases.append(case)


add("constant", 0.1, 5, 12, rates(lambda o: lr_scheduler.ConstantLR(o, 1.0), 0.1, 12)[0])
for text, k, gamma in ("step:2:0.3", 2, 0.3), ("step:3", 3, 0.1):
    add(text, 0.2, 4, 40, rates(lambda o: lr_scheduler.StepLR(o, k, gamma), 0.2, 40, 4)[0])
add("step:7i:0.98", 0.05, 10, 40, rates(lambda o: lr_scheduler.StepLR(o, 7, 0.98), 0.05, 40)[0])
add("step:2,5,6:0.2", 1.0, 3, 30, rates(lambda o: lr_scheduler.MultiStepLR(o, [2, 5, 6], 0.2), 1.0, 30, 3)[0])
add("step:4i,9i:0.5", 1.0, 3, 15, rates(lambda o: lr_scheduler.MultiStepLR(o, [4, 9], 0.5), 1.0, 15)[0])
for text, floor in ("cosine", 0), ("cosine:0.01", 0.01):
    add(text, 0.3, 7, 35, rates(lambda o: lr_scheduler.CosineAnnealingLR(o, 35, 0.3 * floor), 0.3, 35)[0])
add("warmup-cosine:0.3", 0.01, 4, 40, warmup(0.01, 40, 12, 1e-8))
add("warmup-cosine:5i:0.1", 0.5, 4, 30, warmup(0.5, 30, 5, 0.05))
add("warmup-cosine:2:0.02", 0.5, 4, 30, warmup(0.5, 30, 8, 0.01))
for text, peak, total, options in [
        ("onecycle", 0.1, 40, {}),
        ("onecycle:0.3:25:1e4", 0.4, 41, {}),
        ("onecycle:0.25:10", 0.4, 17, {"pct_start": 0.25, "div_factor": 10}),
        ("onecycle:0.5:4:100", 2.0, 30, {"pct_start": 0.5, "div_factor": 4, "final_div_factor": 100}),
        ("onecycle:0", 0.1, 10, {"pct_start": 0.0}), ("onecycle:1", 0.1, 10, {"pct_start": 1.0}),
        ("onecycle", 0.1, 2, {}), ("onecycle", 0.1, 1, {})]:
    add(text, peak, 5, total, *rates(
        lambda o: lr_scheduler.OneCycleLR(o, peak, total_steps=total, **options), peak, total))

print("[" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "]")

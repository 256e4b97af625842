#!/usr/bin/python3
"""Fault injection side by side: resile against PyTorch, in one run.

usage: bench/inject.py [--rows weight,neuron,ber] [--rounds 3] [--seconds 4] [--threads 2] [--json FILE]

Faulty inferences per second (faults times images, fault-free runs included) of

  weight  single bit flips of float32 weights of resnet20 (drawn from all bits of the weights)
  neuron  single bit flips of one element of one layer's output, resnet18
  ber     8-bit weights of resnet18 at a bit error rate of 1e-5

against PyTorch's bare forward pass of the same network, the bound of all injectors that run the whole
network; against PyTorchFI's way (a copy of the model and a hook per fault), batch 1 and 16; and
against the usual mask over all bits. Each figure is a median over rounds; in a round the programs
take turns. Needs build/release/resile and python3-torch.
"""
import argparse
import json
import os
import statistics
import subprocess

from side_by_side import HERE, RESILE, Worker

# name: arguments of `resile bench inject`, and the peers' words. Campaigns have thousands of trials
# for each fault-free run; with many fewer than 256 that run and the last trials' tail would count.
ROWS = {
    "weight": {
        "resile": {"f32": "--arch resnet20 --fault single --images 960 --trials 256"},
        "torch": {"forward": "forward resnet20 16"}},
    "neuron": {
        "resile": {"f32": "--arch resnet18 --fault neuron --images 48 --trials 256"},
        "torch": {"forward": "forward resnet18 16", "hook, batch 1": "neuron resnet18 1",
                  "hook, batch 16": "neuron resnet18 16"}},
    "ber": {
        "resile": {"f32": "--arch resnet18 --fault ber:1e-5 --storage symmetric8 --images 128 "
                          "--trials 32",
                   "int8": "--arch resnet18 --fault ber:1e-5 --storage symmetric8 --images 128 "
                           "--trials 32 --compute int8"},
        "torch": {"mask": "ber resnet18 64"}},
}


def resile(arguments, options):
    out = subprocess.run([RESILE, "bench", "inject", *arguments.split(), "--threads",
                          str(options.threads), "--seconds", str(options.seconds), "--json"],
                         check=True, capture_output=True)
    return json.loads(out.stdout)["fault_inferences_per_second"]


def measure(row, torch, options):
    rates = {}
    for _ in range(options.rounds):
        for key, arguments in row["resile"].items():
            rates.setdefault(key, []).append(resile(arguments, options))
        for key, words in row["torch"].items():
            rates.setdefault(key, []).append(torch.measure(*words.split(), options.seconds))
    return {key: statistics.median(values) for key, values in rates.items()}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].replace("usage: ", ""))
    parser.add_argument("--rows", default=",".join(ROWS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json")
    options = parser.parse_args()
    torch = Worker(["/usr/bin/python3", os.path.join(HERE, "torch_inject.py")],
                   dict(os.environ, OMP_NUM_THREADS=str(options.threads)))
    results = {}
    for name in options.rows.split(","):
        row = ROWS[name]
        rates = measure(row, torch, options)
        ratios = {f"{ours} / {theirs}": rates[ours] / rates[theirs]
                  for ours in row["resile"] for theirs in row["torch"]}
        results[name] = {"rates": rates, "ratios": ratios}
        for key, rate in rates.items():
            print(f"{name:8} {key:20} {rate:10.1f} faulty inferences/s")
        for key, ratio in ratios.items():
            print(f"{name:8} {key:20} {ratio:10.2f}", flush=True)
    peer = torch.name
    torch.close()
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"rows": results, "peer": peer}, file, indent=1)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Forward passes side by side: resile, PyTorch eager (f32) and ONNX Runtime, in one run.

usage: bench/forward.py [--archs A,B] [--batches 1,16,128] [--compute f32,f32-winograd]
                        [--rounds 3] [--seconds 1] [--threads 2] [--json FILE]

Each figure is a median over rounds of the median pass; in a round the programs take turns, so that
a machine that drifts drifts for all. Needs build/release/resile, python3-torch and, for ONNX
Runtime, npm (its package is installed into build/bench). A peer that is missing is left out.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys

from side_by_side import BUILD, HERE, RESILE, Worker, geometric_mean


def start_peers(threads, wanted=("torch", "onnxruntime")):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), BENCH_MODULES=BUILD)
    os.makedirs(BUILD, exist_ok=True)
    if shutil.which("npm") and not os.path.isdir(os.path.join(BUILD, "node_modules")):
        shutil.copy(os.path.join(HERE, "package.json"), BUILD)
        subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=BUILD,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peers = {}
    for key, command in (("torch", ["/usr/bin/python3", os.path.join(HERE, "torch_forward.py")]),
                         ("onnxruntime", ["node", os.path.join(HERE, "ort_forward.mjs")])):
        if key not in wanted:
            continue
        try:
            peers[key] = Worker(command, environment)
            print("peer:", peers[key].name, file=sys.stderr)
        except OSError:
            print("peer left out:", key, file=sys.stderr)
    return peers


def resile(arch, batch, compute, options):
    ranges = ["--calibrate", "16"] if compute == "int8" else []
    out = subprocess.run([RESILE, "bench", "forward", "--arch", arch, "--batch", str(batch),
                          "--compute", compute, "--threads", str(options.threads), "--seconds",
                          str(options.seconds), *ranges, "--json"], check=True,
                         capture_output=True)
    return json.loads(out.stdout)["images_per_second"]


def measure(arch, batch, computes, peers, options):
    model = os.path.join(BUILD, arch + ".onnx")
    if not os.path.exists(model):
        subprocess.run([RESILE, "zoo", "build", arch, "--seed", "1", "-o", model], check=True,
                       stdout=subprocess.DEVNULL)
    rates = {}
    for _ in range(options.rounds):
        for compute in computes:
            rates.setdefault(compute, []).append(resile(arch, batch, compute, options))
        for key, peer in peers.items():
            what = arch if key == "torch" else model
            rates.setdefault(key, []).append(peer.measure(what, batch, options.seconds))
    return {key: statistics.median(values) for key, values in rates.items()}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].replace("usage: ", ""))
    parser.add_argument("--archs", default="resnet18,vgg11,alexnet,resnet20")
    parser.add_argument("--batches", default="1,16,128")
    parser.add_argument("--compute", default="f32,f32-winograd")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json")
    options = parser.parse_args()
    computes, peers, rows = options.compute.split(","), start_peers(options.threads), []
    print(f"{'images per second':20}" + "".join(f"{c:>14}" for c in computes + list(peers)) +
          "".join(f"{c + '/' + p:>26}" for c in computes for p in peers))
    for arch in options.archs.split(","):
        for batch in map(int, options.batches.split(",")):
            rates = measure(arch, batch, computes, peers, options)
            ratios = {f"{c}/{p}": rates[c] / rates[p] for c in computes for p in peers}
            rows.append({"arch": arch, "batch": batch, "images_per_second": rates, "ratios": ratios})
            print(f"{arch + ' ' + str(batch):20}" + "".join(f"{r:14.1f}" for r in rates.values()) +
                  "".join(f"{r:26.2f}" for r in ratios.values()), flush=True)
    means = {key: geometric_mean([row["ratios"][key] for row in rows]) for key in rows[0]["ratios"]}
    worst = {key: min(row["ratios"][key] for row in rows) for key in rows[0]["ratios"]}
    for peer in peers.values():
        peer.close()
    blank = " " * (20 + 14 * (len(computes) + len(peers)))
    print("geometric mean".ljust(len(blank)) + "".join(f"{m:26.2f}" for m in means.values()))
    print("least".ljust(len(blank)) + "".join(f"{m:26.2f}" for m in worst.values()))
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"rows": rows, "geometric_mean": means, "least": worst,
                       "peers": {k: p.name for k, p in peers.items()}}, file, indent=1)


if __name__ == "__main__":
    main()

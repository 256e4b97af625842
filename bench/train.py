#!/usr/bin/python3
"""Training steps side by side: resile and PyTorch eager, in one run.

usage: bench/train.py [--archs A,B] [--batch 128] [--compute f32,f32-winograd] [--peers f32,bf16]
                      [--rounds 3] [--seconds 1] [--threads 2] [--json FILE]

Each figure is a median over rounds of the median step (forward, backward, SGD with momentum). Peak
memory is that of the whole program, from a run of its own. Needs build/release/resile and
python3-torch.
"""
import argparse
import json
import os
import statistics
import subprocess

from side_by_side import HERE, RESILE, Worker, geometric_mean

TORCH = ["/usr/bin/python3", os.path.join(HERE, "torch_train.py")]


def resile(arch, compute, options, seconds):
    out = subprocess.run([RESILE, "bench", "train", "--arch", arch, "--batch", str(options.batch),
                          "--compute", compute, "--threads", str(options.threads), "--seconds",
                          str(seconds), "--json"], check=True, capture_output=True)
    return json.loads(out.stdout)["images_per_second"]


def peak_memory(command, text=None):
    """Peak resident size of a program in MB."""
    script = ("import resource,subprocess,sys;subprocess.run(sys.argv[1:],check=True,"
              "stdin=sys.stdin,stdout=subprocess.DEVNULL);"
              "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    out = subprocess.run(["/usr/bin/python3", "-c", script] + command, input=text, text=True,
                         capture_output=True, check=True)
    return int(out.stdout) / 1024


def measure(arch, options, peers):
    rates = {}
    for _ in range(options.rounds):
        for compute in options.compute.split(","):
            rates.setdefault(compute, []).append(resile(arch, compute, options, options.seconds))
        for key, peer in peers.items():
            rates.setdefault(key, []).append(peer.measure(arch, options.batch, options.seconds))
    return {key: statistics.median(values) for key, values in rates.items()}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].replace("usage: ", ""))
    parser.add_argument("--archs", default="resnet18,vgg11,alexnet,cnn-small")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--compute", default="f32,f32-winograd")
    parser.add_argument("--peers", default="f32")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="resnet18", help="network whose peak memory is compared")
    parser.add_argument("--json")
    options = parser.parse_args()
    environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
    peers = {"torch-" + p: Worker(TORCH + (["--bf16"] if p == "bf16" else []), environment)
             for p in options.peers.split(",")}
    computes, rows = options.compute.split(","), []
    print(f"{'images per second':20}" + "".join(f"{c:>14}" for c in computes + list(peers)) +
          "".join(f"{c + '/' + p:>26}" for c in computes for p in peers))
    for arch in options.archs.split(","):
        rates = measure(arch, options, peers)
        ratios = {f"{c}/{p}": rates[c] / rates[p] for c in computes for p in peers}
        rows.append({"arch": arch, "images_per_second": rates, "ratios": ratios})
        print(f"{arch:20}" + "".join(f"{r:14.1f}" for r in rates.values()) +
              "".join(f"{r:26.2f}" for r in ratios.values()), flush=True)
    for peer in peers.values():
        peer.close()
    means = {key: geometric_mean([row["ratios"][key] for row in rows]) for key in rows[0]["ratios"]}
    print("geometric mean".ljust(20 + 14 * (len(computes) + len(peers))) +
          "".join(f"{m:26.2f}" for m in means.values()))
    memory = {}
    if options.memory:
        memory["resile"] = peak_memory([RESILE, "bench", "train", "--arch", options.memory, "--batch",
                                        str(options.batch), "--seconds", "0.01"])
        memory["torch"] = peak_memory(TORCH, f"{options.memory} {options.batch} 0.01\n")
        print(f"peak memory, {options.memory}, batch {options.batch}: " +
              ", ".join(f"{k} {v:.0f} MB" for k, v in memory.items()))
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"rows": rows, "geometric_mean": means, "peak_memory_mb": memory}, file,
                      indent=1)


if __name__ == "__main__":
    main()

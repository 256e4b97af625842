"""What the benchmarks against peers share: programs that take turns in one run, so that a machine
that drifts drifts for all."""
import math
import os
import signal
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..")
BUILD = os.path.join(ROOT, "build", "bench")
RESILE = os.environ.get("RESILE") or os.path.join(ROOT, "build", "release", "resile")


class Worker:
    """A peer kept alive between measurements; it answers one line per line. It is stopped while
    others are measured: thread pools that spin while idle would slow them down."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=environment)
        self.name = self.process.stdout.readline().strip()
        if not self.name:
            raise OSError(command[0])
        self.process.send_signal(signal.SIGSTOP)

    def measure(self, *words):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        rate = float(self.process.stdout.readline())
        self.process.send_signal(signal.SIGSTOP)
        return rate

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait()


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))

#!/usr/bin/python3
"""The commands that the benchmarks in bench/ give to resile, on a small network and for an instant:
that they are understood, not how fast it is. RESILE names the program."""
import os
import re
import sys
import types

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench"))
import forward
import inject
import train

options = types.SimpleNamespace(batch=2, threads=2, seconds=0.01)
for compute in ("f32", "f32-winograd", "bf16", "int8"):
    assert forward.resile("lenet5", 1, compute, options) > 0
for compute in ("f32", "f32-winograd", "bf16"):
    assert train.resile("lenet5", compute, options, options.seconds) > 0
for row in inject.ROWS.values():
    for arguments in row["resile"].values():
        arguments = re.sub(r"--arch \S+", "--arch lenet5", arguments)
        arguments = re.sub(r"--(images|trials) \d+", r"--\1 2", arguments)
        assert inject.resile(arguments, options) > 0

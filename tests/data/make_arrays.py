#!/usr/bin/python3
"""Writes tests/data/arrays: small .npy and .npz files by NumPy, the oracle of test_npy.c.

Array "<dtype>" holds 0..5 as [2,3]; running this again writes the same bytes."""
import io
import pathlib
import zipfile

import numpy as np

out = pathlib.Path(__file__).parent / "arrays"
out.mkdir(exist_ok=True)

TYPES = ["f4", "f8", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"]


def entry(name):
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))


def npy(array):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


for method, name in [(zipfile.ZIP_STORED, "stored.npz"), (zipfile.ZIP_DEFLATED, "deflated.npz")]:
    with zipfile.ZipFile(out / name, "w", method) as z:
        for t in TYPES:
            z.writestr(entry(t + ".npy"), npy(np.arange(6).reshape(2, 3).astype(t)), method)
        z.writestr(entry("zeros.npy"), npy(np.zeros(500, "f4")), method)

np.save(out / "fortran.npy", np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4)))
np.save(out / "scalar.npy", np.array(2.5))
np.save(out / "empty.npy", np.zeros((0, 4), "f4"))
with open(out / "version2.npy", "wb") as f:
    np.lib.format.write_array(f, np.arange(3, dtype="i4"), version=(2, 0))
np.save(out / "big.npy", np.arange(3, dtype=">i4"))
np.save(out / "records.npy", np.zeros(2, [("a", "i4"), ("b", "f4")]))
np.save(out / "complex.npy", np.zeros(2, "c8"))

#!/usr/bin/python3
"""Compares two fault lists with results, injection by injection.

usage: compare_faults.py MEASURED.csv PUBLISHED.csv

Both have the columns Injection,...,n_injections,masked,non_critical,critical: `resile results R.db
--faults` writes the first, dnn-benchmarks publishes the second. Prints how many injections have
critical counts within 3 images of each other, their correlation, and the shares of all; exits with 3
when fewer than 98 % agree, the correlation is below 0.9999 or the shares of critical outcomes are
more than 0.01 points apart."""
import csv
import math
import sys


def read(path):
    with open(path, newline="") as file:
        return {int(row["Injection"]): row for row in csv.DictReader(file)}


def correlation(x, y):
    mx, my = sum(x) / len(x), sum(y) / len(y)
    xy = sum((a - mx) * (b - my) for a, b in zip(x, y))
    return xy / math.sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


def share(rows, column):
    return 100 * sum(int(r[column]) for r in rows) / sum(int(r["n_injections"]) for r in rows)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    measured, published = read(sys.argv[1]), read(sys.argv[2])
    both = sorted(measured.keys() & published.keys())
    if len(both) != len(published):
        print(f"{len(published) - len(both)} published injections were not measured")
    for i in both:
        for column in ("Layer", "TensorIndex", "Bit"):
            if measured[i][column] != published[i][column]:
                sys.exit(f"injection {i}: {column} {measured[i][column]} is not {published[i][column]}")
    ours, theirs = [measured[i] for i in both], [published[i] for i in both]
    x = [int(r["critical"]) for r in ours]
    y = [int(r["critical"]) * int(o["n_injections"]) / int(r["n_injections"])
         for r, o in zip(theirs, ours)]
    apart = [abs(a - b) for a, b in zip(x, y)]
    close = 100 * sum(d <= 3 for d in apart) / len(apart)
    r = correlation(x, y)
    difference = share(ours, "critical") - share(theirs, "critical")
    print(f"{len(both)} injections, {int(ours[0]['n_injections'])} images each")
    print(f"critical within 3 images: {close:.2f} %, equal: "
          f"{100 * sum(d == 0 for d in apart) / len(apart):.2f} %, largest difference {max(apart):g}")
    print(f"correlation {r:.6f}")
    for column in ("masked", "non_critical", "critical"):
        print(f"{column}: {share(ours, column):.4f} % here, {share(theirs, column):.4f} % published")
    sys.exit(0 if close >= 98 and r >= 0.9999 and abs(difference) <= 0.01 else 3)


main()

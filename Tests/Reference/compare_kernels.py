"""Compares what kernel_values.c printed on two machines: our own functions in their bits, those of the C library to a few roundings.

    python3 compare_kernels.py FIRST SECOND

Instruction sets without a fused multiply-add are compared to a few roundings, too.
"""
import math
import sys

MOST_ROUNDINGS = 8


def read(path):
    sets = {}
    for line in open(path):
        name, function, family, style, i, bits, value = line.split()
        sets.setdefault(name, {})[(function, family, style, int(i))] = bits, float(value)
    return sets


def roundings(a, b, family):
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0
    if family == "i64" or not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    least = 2.0 ** -1022 if family == "f64" else 2.0 ** -126
    return abs(a - b) / max(abs(a), abs(b), least) * 2 ** (52 if family == "f64" else 23)


def main(first, second):
    (name, there), = read(second).items()
    failed = 0
    for here, values in read(first).items():
        if values.keys() != there.keys():
            print("%s and the other have other functions" % here)
            return 1
        exact = here != "plain"
        differing = [(roundings(values[k][1], there[k][1], k[1]), k) for k in values if values[k][0] != there[k][0]]
        wrong = [d for d in differing if d[0] > MOST_ROUNDINGS or (exact and d[1][2] == "own")]
        failed += len(wrong)
        print("%s: %d of %d numbers have other bits, by at most %.1f roundings; %d fail"
              % (here, len(differing), len(values), max([d[0] for d in differing], default=0), len(wrong)))
        for d in sorted(wrong, reverse=True)[:20]:
            print("  ", d)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

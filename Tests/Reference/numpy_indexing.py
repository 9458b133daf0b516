#!/usr/bin/env python3
"""Writes numpy_indexing.txt: what NumPy reads for random indices of random shapes.

Needs NumPy (made with 2.4.6). Run it in this directory. The array that is indexed holds 0, 1, ... in row-major order,
so that the result says which elements were read.

Each line: shape | index | shape of the result | its elements. Entries of an index, separated by spaces: i5 an integer,
r1:9:2 a range (missing parts are empty), a1,2 an integer array, n a new axis, e an ellipsis. Where NumPy raises, the
third part is "error".
"""

import random

import numpy as np

random.seed(7)


def integer(extent):
    if random.random() < 0.04:
        return random.choice([extent, -extent - 1])
    return random.randrange(-extent, extent) if extent else 0


def entry(extent, length):
    kind = random.random()
    if kind < 0.3:
        return f"i{integer(extent)}"
    if kind < 0.75:
        def bound():
            return "" if random.random() < 0.4 else str(random.randint(-extent - 2, extent + 2))
        step = random.choice(["", "", "2", "3", "-1", "-2", "5", "-7"])
        return f"r{bound()}:{bound()}:{step}"
    count = 1 if random.random() < 0.2 else length
    if extent == 0:
        count = 0
    return "a" + ",".join(str(integer(extent)) for _ in range(count))


def python(item):
    if item == "n":
        return None
    if item == "e":
        return Ellipsis
    if item[0] == "i":
        return int(item[1:])
    if item[0] == "a":
        return np.array([int(i) for i in item[1:].split(",") if i], dtype=np.int64)
    return slice(*[int(bound) if bound else None for bound in item[1:].split(":")])


def case():
    rank = random.randint(0, 4)
    shape = [random.choice([0, 1, 2, 3, 4, 5, 2, 3, 4, 5]) for _ in range(rank)]
    length = random.randint(0, 3)
    used = random.randint(0, rank)
    front = random.randint(0, used)
    axes = list(range(front)) + list(range(rank - (used - front), rank))
    items = [entry(shape[axis], length) for axis in axes]
    if front < used or random.random() < 0.3:
        items.insert(front, "e")
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        items.insert(random.randint(0, len(items)), "n")
    x = np.arange(int(np.prod(shape))).reshape(shape)
    head = ",".join(map(str, shape)) + "|" + " ".join(items) + "|"
    try:
        y = x[tuple(python(item) for item in items)]
    except (IndexError, ValueError):
        return head + "error|"
    return head + ",".join(map(str, y.shape)) + "|" + ",".join(map(str, y.ravel()))


with open("numpy_indexing.txt", "w") as out:
    for _ in range(600):
        print(case(), file=out)

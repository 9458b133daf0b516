#!/usr/bin/env python3
"""Calls what the article Names says of NumPy, SciPy, JAX and PyTorch, and lists the cells that are not so.

Needs numpy, scipy, jax and torch (run with 2.4, 1.17, 0.10 and 2.15). A cell of the third column is right if NumPy or JAX takes it,
with SciPy's modules or JAX's of the same names.
"""

import pathlib
import re
import sys

import jax
import jax.numpy
import jax.scipy.linalg
import jax.scipy.special
import numpy
import scipy
import scipy.linalg
import scipy.optimize
import scipy.special
import torch
import torch.utils.checkpoint

jax.config.update("jax_enable_x64", True)
article = pathlib.Path(__file__).parents[2] / "Sources/Curvature/Curvature.docc/Names.md"


def rows():
    """Line numbers with the code in the cells."""
    for number, line in enumerate(article.read_text().split("\n"), 1):
        cells = line.replace("\\|", "\x01").split("|")
        if len(cells) == 7 and "`" in line:
            yield number, [re.findall("`([^`]+)`", cell.replace("\x01", "|")) for cell in cells[1:6]]


def operands(array):
    """The tensors of the article, and what only other systems want: a factor, complex numbers, queries and keys."""
    matrix = {
        "x": [[0.2, 0.5], [0.7, 0.9]], "y": [[0.3, 0.1], [0.4, 0.8]], "a": [[2, 0.5], [0.5, 3]], "b": [[1, 0.2], [0.4, 2]],
        "v": [0.3, 0.6], "w": [0.5, 0.25], "u3": [1, 2, 3], "v3": [0, 1, 0.5], "one": [[1, 1], [1, 1]],
    }
    made = {name: numpy.array(value, float) for name, value in matrix.items()}
    for axes, name in enumerate(["signal", "image", "volume"], 1):
        extents = [1, 1] + [6 if axes == 1 else 4] * axes
        made[name] = numpy.arange(float(numpy.prod(extents))).reshape(extents)
        made[f"c{axes}"] = numpy.ones([1, 1] + [2] * axes)
    made["grid"], made["columns"] = numpy.zeros((1, 2, 2, 2)), numpy.ones((1, 4, 4))
    made["z"], made["l"] = numpy.array([1, 1j, 2, 0]), numpy.linalg.cholesky(made["a"])
    made["q"] = made["k"] = numpy.ones((1, 3, 2, 4))
    made["m"], made["i"] = made["x"] > 0.4, numpy.array([1, 0])
    functions = {"f": lambda x: (x * x * x).sum(), "g": lambda x: x * x}
    return {name: array(value) for name, value in made.items()} | functions


in_numpy = operands(numpy.asarray) | dict(
    np=numpy, special=scipy.special, linalg=scipy.linalg, scipy=scipy)
in_jax = operands(jax.numpy.asarray) | dict(
    np=jax.numpy, special=jax.scipy.special, linalg=jax.scipy.linalg, nn=jax.nn, lax=jax.lax, jax=jax,
    key=jax.random.key(0), scipy=scipy)
in_torch = operands(torch.tensor) | dict(
    torch=torch, F=torch.nn.functional, special=torch.special, linalg=torch.linalg)
in_torch["v"].requires_grad_()


def fault(code, names):
    """What is wrong with some code, or None."""
    if "dot_product_attention(q, k, v)" in code:
        names = names | {"v": names["q"]}
    try:
        eval(code, dict(names))
    except Exception as error:  # whatever a system says is listed
        return f"{type(error).__name__}: {error}"


faults = 0
for number, (_, _, arrays, networks, _) in rows():
    for code in arrays:
        with_jax = fault(code, in_jax)
        if with_jax and fault(code, in_numpy):
            print(f"Names.md:{number}: {code}: {with_jax}")
            faults += 1
    for code in networks:
        if text := fault(code, in_torch):
            print(f"Names.md:{number}: {code}: {text}")
            faults += 1
print(f"{faults} cells are not so")
sys.exit(faults > 0)

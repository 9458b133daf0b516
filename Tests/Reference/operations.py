#!/usr/bin/env python3
"""Writes operations.json: what NumPy gives for operations on small arrays.

Needs numpy (made with 2.4.6). Run it in this directory. The names are those by which the tests know the operations.
Elements are distinct and at least 0.01 apart, so that nothing is tied and difference quotients see no kink.
"""

import json

import numpy as np

generator = np.random.default_rng(20)


def reals(*shape):
    count = int(np.prod(shape))
    numbers = np.linspace(-1.9, 2.0, count) if count > 1 else np.array([0.7])
    return np.round(generator.permutation(numbers) + 0.0037, 4).reshape(shape)


def positive(*shape):
    count = int(np.prod(shape))
    return np.round(generator.permutation(np.linspace(0.4, 2.1, count)), 4).reshape(shape)


def integers(*values):
    return np.array(values, dtype=np.int64)


def logsumexp(x, axis, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def scatter_add(x, indices, values, axis):
    result = x.copy()
    np.add.at(np.moveaxis(result, axis, 0), indices, np.moveaxis(values, axis, 0))
    return result


def add_along(x, indices, values, axis):
    result = x.copy()
    for place in np.ndindex(indices.shape):
        target = list(place)
        target[axis] = indices[place]
        result[tuple(target)] += values[place]
    return result


def diagonal_matrix(x, offset):
    return np.stack([np.diag(row, offset) for row in x]) if x.ndim == 2 else np.diag(x, offset)


CASES = {
    "add with broadcasting": (lambda a, b: a + b, reals(3, 1), reals(4)),
    "subtract with broadcasting": (lambda a, b: a - b, reals(2, 1, 3), reals(2, 1)),
    "multiply with broadcasting": (lambda a, b: a * b, reals(), reals(2, 3)),
    "divide with broadcasting": (lambda a, b: a / b, reals(2, 3), positive(3)),
    "power of positive bases": (lambda a, b: a**b, positive(2, 3), reals(3)),
    "clip": (lambda x: np.clip(x, -0.5, 0.9), reals(9)),
    "where": (lambda a, b: np.where(a > b, np.sin(a), a * b), reals(3, 4), np.round(0.9 * reals(4) + 0.05, 4)),
    "sum of axes 0 and 2": (lambda x: x.sum(axis=(0, 2)), reals(2, 3, 4)),
    "sum keeping axis 1": (lambda x: x.sum(axis=1, keepdims=True), reals(2, 3, 4)),
    "mean": (lambda x: x.mean(axis=-1), reals(2, 3)),
    "maximum of axis 1": (lambda x: x.max(axis=1), reals(3, 4)),
    "minimum of everything": (lambda x: x.min(), reals(3, 4)),
    "product of axis 0": (lambda x: x.prod(axis=0), reals(5, 2)),
    "product of everything": (lambda x: x.prod(), reals(7)),
    "running sum": (lambda x: np.cumsum(x, axis=1), reals(2, 5)),
    "running sum from the end": (lambda x: np.flip(np.cumsum(np.flip(x, 0), axis=0), 0), reals(4, 2)),
    "running product": (lambda x: np.cumprod(x, axis=0), reals(6, 2)),
    "running maximum": (lambda x: np.maximum.accumulate(x, axis=1), reals(2, 7)),
    "running minimum": (lambda x: np.minimum.accumulate(x, axis=0), reals(5)),
    "argmax of axis 1": (lambda x: x.argmax(axis=1), reals(3, 4)),
    "argmin of everything": (lambda x: x.argmin(), reals(3, 4)),
    "any": (lambda x: (x > 1).any(axis=0), reals(3, 4)),
    "all": (lambda x: (x > -1).all(axis=1), reals(3, 4)),
    "argsort": (lambda x: x.argsort(axis=0), reals(4, 3)),
    "argsort descending": (lambda x: (-x).argsort(axis=-1), reals(2, 5)),
    "sort": (lambda x: np.sort(x, axis=0), reals(4, 3)),
    "largest three": (lambda x: -np.sort(-x, axis=-1)[..., :3], reals(2, 5)),
    "quantile 0.3": (lambda x: np.quantile(x, 0.3, axis=1), reals(2, 6)),
    "median of everything": (lambda x: np.median(x), reals(2, 4)),
    "logsumexp": (lambda x: logsumexp(x, 1), reals(2, 4)),
    "logsumexp of everything": (lambda x: logsumexp(x, None), reals(2, 4)),
    "softmax": (lambda x: np.exp(x) / np.exp(x).sum(axis=0), reals(3, 2)),
    "log softmax": (lambda x: x - logsumexp(x, -1, True), reals(3, 2)),
    "variance": (lambda x: x.var(axis=1, ddof=1), reals(2, 5)),
    "standard deviation": (lambda x: x.std(axis=0), reals(4, 2)),
    "norm": (lambda x: np.linalg.norm(x, axis=1), reals(2, 4)),
    "norm of order 1": (lambda x: np.abs(x).sum(axis=0), reals(2, 4)),
    "norm of order 3": (lambda x: (np.abs(x) ** 3).sum() ** (1 / 3), reals(5)),
    "norm of infinite order": (lambda x: np.abs(x).max(axis=-1), reals(2, 4)),
    "diagonal": (lambda x: np.diagonal(x, 1, -2, -1), reals(2, 3, 4)),
    "diagonal below": (lambda x: np.diagonal(x, -1, 0, 1), reals(4, 3)),
    "diagonal matrix": (lambda x: diagonal_matrix(x, -1), reals(2, 3)),
    "trace": (lambda x: np.trace(x, axis1=-2, axis2=-1), reals(2, 3, 3)),
    "eye": (lambda: np.eye(3, 4, 1),),
    "lower triangle": (lambda x: np.tril(x, -1), reals(4, 3)),
    "upper triangle": (lambda x: np.triu(x, 1), reals(2, 3, 4)),
    "einsum ij,jk->ik": (lambda a, b: np.einsum("ij,jk->ik", a, b), reals(2, 3), reals(3, 4)),
    "einsum bij,bjk": (lambda a, b: np.einsum("bij,bjk", a, b), reals(2, 3, 2), reals(2, 2, 3)),
    "einsum ii->i": (lambda a: np.einsum("ii->i", a), reals(3, 3)),
    "einsum ii": (lambda a: np.einsum("ii", a), reals(3, 3)),
    "einsum ijk->kj": (lambda a: np.einsum("ijk->kj", a), reals(2, 3, 2)),
    "einsum i,j,k->kij": (lambda a, b, c: np.einsum("i,j,k->kij", a, b, c), reals(2), reals(3), reals(2)),
    "einsum ijk,jl,kl->i": (
        lambda a, b, c: np.einsum("ijk,jl,kl->i", a, b, c), reals(2, 3, 2), reals(3, 4), reals(2, 4)),
    "einsum ij,ij,ij->": (lambda a, b, c: np.einsum("ij,ij,ij->", a, b, c), reals(2, 3), reals(2, 3), reals(2, 3)),
    "matmul of matrices": (lambda a, b: a @ b, reals(2, 3), reals(3, 4)),
    "matmul of vector and matrix": (lambda a, b: a @ b, reals(3), reals(3, 4)),
    "matmul of matrix and vector": (lambda a, b: a @ b, reals(2, 3), reals(3)),
    "matmul of vectors": (lambda a, b: a @ b, reals(3), reals(3)),
    "matmul of stacks": (lambda a, b: a @ b, reals(2, 1, 2, 3), reals(3, 3, 2)),
    "dot": (lambda a, b: np.dot(a, b), reals(2, 3), reals(2, 3, 2)),
    "tensordot": (lambda a, b: np.tensordot(a, b, ([2, 0], [0, 1])), reals(2, 3, 4), reals(4, 2, 3)),
    "outer": (lambda a, b: np.multiply.outer(a, b), reals(2, 2), reals(3)),
    "kronecker": (lambda a, b: np.kron(a, b), reals(2, 3), reals(3, 2)),
    "cross": (lambda a, b: np.cross(a, b), reals(2, 3), reals(3)),
    "take": (lambda x, i: np.take(x, i, axis=1), reals(2, 4, 2), integers([0, -1, 2], [1, 1, -4])),
    "take along": (lambda x, i: np.take_along_axis(x, i, axis=1), reals(2, 4), integers([3, 0, 0], [-1, 2, 1])),
    "scatter add": (
        lambda x, i, v: scatter_add(x, i, v, 1), reals(2, 4), integers(1, 3, 1), reals(2, 3)),
    "add along": (
        lambda x, i, v: add_along(x, i, v, 1), reals(2, 4), integers([0, 0, 3], [2, 1, 2]), reals(2, 3)),
    "one hot": (lambda i: np.eye(4)[i], integers([0, 3], [2, 2])),
    "reshape": (lambda x: x.reshape(3, -1, 2), reals(4, 6)),
    "transpose": (lambda x: x.T, reals(2, 3, 4)),
    "transpose 1 2 0": (lambda x: x.transpose(1, 2, 0), reals(2, 3, 4)),
    "swap axes": (lambda x: x.swapaxes(0, -1), reals(2, 3, 4)),
    "move axis": (lambda x: np.moveaxis(x, 0, 2), reals(2, 3, 4)),
    "expand dimensions": (lambda x: np.expand_dims(x, -1), reals(2, 3)),
    "squeeze": (lambda x: x.squeeze(), reals(1, 3, 1)),
    "broadcast": (lambda x: np.broadcast_to(x, (2, 3, 4)), reals(3, 1)),
    "flip": (lambda x: np.flip(x, (0, 2)), reals(2, 2, 3)),
    "concatenate": (lambda a, b: np.concatenate([a, b, a], 1), reals(2, 3), reals(2, 1)),
    "stack": (lambda a, b: np.stack([a, b], -1), reals(2, 3), reals(2, 3)),
    "split": (lambda x: np.split(x, [1, 3], 1)[1], reals(2, 5)),
    "roll": (lambda x: np.roll(x, -2, 1), reals(2, 5)),
    "tile": (lambda x: np.tile(x, (2, 1, 3)), reals(2, 2)),
    "repeat": (lambda x: np.repeat(x, 3, axis=0), reals(2, 2)),
    "pad with a constant": (lambda x: np.pad(x, ((1, 0), (2, 1)), constant_values=1.5), reals(2, 3)),
    "pad with the edge": (lambda x: np.pad(x, ((1, 2), (0, 1)), mode="edge"), reals(2, 3)),
    "pad by reflection": (lambda x: np.pad(x, ((1, 0), (2, 1)), mode="reflect"), reals(2, 4)),
}


def described(array):
    array = np.asarray(array)
    kind = "float64" if array.dtype == np.float64 else "bool" if array.dtype == np.bool_ else "int64"
    return {"shape": list(array.shape), "type": kind, "elements": [float(e) for e in array.ravel()]}


if __name__ == "__main__":
    with open("operations.json", "w") as file:
        lines = []
        for name, (function, *inputs) in CASES.items():
            row = {"name": name, "inputs": [described(i) for i in inputs], "result": described(function(*inputs))}
            lines.append(json.dumps(row))
        file.write("[\n" + ",\n".join(lines) + "\n]\n")

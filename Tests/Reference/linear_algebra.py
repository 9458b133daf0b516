#!/usr/bin/env python3
"""Writes linear_algebra.json: values, gradients and Hessians of linear algebra by another system.

Needs jax (made with 0.10.2) and numpy. Run it in this directory. Each case is a function of one flat vector, from which
its matrices are cut; the derivatives are those of the sum of its elements times fixed weights. Matrices have condition
1e3 where the case is named so, and small condition elsewhere.
"""

import json

import jax
import jax.numpy as jnp
import jax.scipy.linalg as jsl
import numpy as np

jax.config.update("jax_enable_x64", True)
generator = np.random.default_rng(7)


def matrix(m, n, condition=10.0):
    u, _ = np.linalg.qr(generator.normal(size=(m, m)))
    v, _ = np.linalg.qr(generator.normal(size=(n, n)))
    k = min(m, n)
    return u[:, :k] @ np.diag(np.logspace(0, -np.log10(condition), k)) @ v[:, :k].T


def definite(n, condition=10.0):
    q, _ = np.linalg.qr(generator.normal(size=(n, n)))
    a = q @ np.diag(np.logspace(0, -np.log10(condition), n)) @ q.T
    return 0.5 * (a + a.T)


def symmetrised(f):
    return lambda a: f(0.5 * (a + jnp.swapaxes(a, -1, -2)))


def eigenvectors(a):
    return jnp.square(jnp.linalg.eigh(a, symmetrize_input=False)[1])


CASES = {
    "solve": (jnp.linalg.solve, matrix(4, 4), generator.normal(size=(4, 2))),
    "solve, condition 1e3": (jnp.linalg.solve, matrix(4, 4, 1e3), generator.normal(size=(4, 2))),
    "inv": (jnp.linalg.inv, matrix(3, 3)),
    "inv of a batch": (jnp.linalg.inv, np.stack([matrix(2, 2), matrix(2, 2)])),
    "solve_triangular": (lambda a, b: jsl.solve_triangular(a, b, lower=True),
                         np.tril(matrix(3, 3)) + np.eye(3), generator.normal(size=(3, 2))),
    "det": (jnp.linalg.det, matrix(4, 4)),
    "det of 9 rows": (jnp.linalg.det, matrix(9, 9, 5.0)),
    "slogdet": (lambda a: jnp.linalg.slogdet(a)[1], matrix(4, 4, 1e3)),
    "cholesky": (symmetrised(lambda a: jnp.linalg.cholesky(a, symmetrize_input=False)), definite(4)),
    "cholesky, condition 1e3": (
        symmetrised(lambda a: jnp.linalg.cholesky(a, symmetrize_input=False)), definite(4, 1e3)),
    "logdet": (symmetrised(lambda a: jnp.linalg.slogdet(a)[1]), definite(4, 1e3)),
    "qr": (lambda a: jnp.concatenate(jnp.linalg.qr(a)), matrix(5, 3)),
    "lstsq": (lambda a, b: jnp.linalg.solve(a.T @ a, a.T @ b), matrix(5, 3), generator.normal(size=(5,))),
    "pinv": (lambda a: jnp.linalg.solve(a.T @ a, a.T), matrix(4, 3)),
    "eigvalsh": (symmetrised(lambda a: jnp.linalg.eigh(a, symmetrize_input=False)[0]), definite(4)),
    "squares of eigenvectors": (symmetrised(eigenvectors), definite(4)),
    "svdvals": (lambda a: jnp.linalg.svd(a, full_matrices=False)[1], matrix(4, 3)),
    "squares of singular vectors": (
        lambda a: jnp.concatenate([jnp.square(jnp.linalg.svd(a, full_matrices=False)[0]),
                                   jnp.square(jnp.linalg.svd(a, full_matrices=False)[2])]), matrix(4, 3)),
    "nuclear norm": (lambda a: jnp.sum(jnp.linalg.svd(a, full_matrices=False)[1]), matrix(4, 3, 1e3)),
    "expm": (jsl.expm, matrix(3, 3) * 3),
    "matrix_power": (lambda a: jnp.linalg.matrix_power(a, -3), matrix(3, 3)),
    # By eigenvectors, which only a symmetric matrix allows.
    "sqrtm": (symmetrised(lambda a: (lambda w, v: (v * jnp.sqrt(w)) @ v.T)(
        *jnp.linalg.eigh(a, symmetrize_input=False))), definite(3, 1e3)),
    "logm": (symmetrised(lambda a: (lambda w, v: (v * jnp.log(w)) @ v.T)(
        *jnp.linalg.eigh(a, symmetrize_input=False))), definite(3, 1e3)),
    "lu": (lambda a: jnp.concatenate(jsl.lu(a)), matrix(4, 4)),
}

rows = []
for name, (function, *inputs) in CASES.items():
    shapes = [a.shape for a in inputs]
    ends = np.cumsum([0] + [a.size for a in inputs])
    value = np.asarray(function(*map(jnp.asarray, inputs)))
    weights = np.round(generator.normal(size=value.shape), 3)

    def total(x):
        parts = [x[i:j].reshape(s) for i, j, s in zip(ends, ends[1:], shapes)]
        return jnp.sum(weights * function(*parts))

    x = jnp.concatenate([jnp.ravel(a) for a in inputs])
    rows.append({
        "name": name,
        "inputs": [{"shape": list(a.shape), "elements": [float(v) for v in a.ravel()]} for a in inputs],
        "weights": [float(v) for v in weights.ravel()],
        "value": [float(v) for v in value.ravel()],
        "gradient": [float(v) for v in jax.grad(total)(x)],
        # Of many rows the first are enough.
        "hessian": [float(v) for v in jax.hessian(total)(x)[:20].ravel()],
    })

with open("linear_algebra.json", "w") as file:
    json.dump(rows, file, indent=None, separators=(",", ":"))
    file.write("\n")

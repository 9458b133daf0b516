#!/usr/bin/env python3
"""Writes sparse_structure.json: non-zeros and colours that another system finds for the same sparse problems.

Needs asdex (made with 0.5) and jax. Run it in this directory. The problems are those of `SparseProblems` in the tests. Patterns
of Hessians are coloured by stars, those of Jacobians by rows or columns, whichever need fewer.
"""

import json

import asdex
import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def arrow(x):
    return jnp.sum(x[1:] ** 2 * x[0]) + jnp.exp(0.1 * x[0])


def blocks(x):
    groups = x.reshape(-1, 4)
    return jnp.sum(jax.nn.logsumexp(groups, axis=1)) + jnp.sum(jnp.tanh(groups.sum(axis=1)))


def grid_energy(x):
    down, right = x[1:] - x[:-1], x[:, 1:] - x[:, :-1]
    return jnp.sum(jnp.sqrt(1 + down**2)) + jnp.sum(jnp.sqrt(1 + right**2)) + jnp.sum(jnp.exp(0.2 * x))


def likelihood(x):
    groups, shared = x[:-2].reshape(-1, 3), x[-2:]
    total = jnp.sum(groups**2) / 2
    for k in range(4):
        eta = groups[:, 0] * (0.3 + k) + groups[:, 1] * (1 - 0.2 * k) + groups[:, 2] * 0.5 + shared[0] * k + shared[1]
        total = total + jnp.sum(jax.nn.softplus(eta))
    return total


def brusselator(state):
    u, v = state
    around = lambda w: sum(jnp.roll(w, by, axis) for by in (1, -1) for axis in (0, 1)) - 4 * w
    reaction = u**2 * v
    return jnp.stack([1 + reaction - 4.4 * u + 0.02 * around(u), 3.4 * u - reaction + 0.02 * around(v)])


def collocation(x):
    angle, speed, torque = x[:, 0], x[:, 1], x[:, 2]
    acceleration = torque - jnp.sin(angle) - 0.1 * speed
    defect = lambda value, rate: value[1:] - value[:-1] - 0.05 * (rate[1:] + rate[:-1])
    return jnp.stack([defect(angle, speed), defect(speed, acceleration)], axis=1)


HESSIANS = {
    "chained Rosenbrock": (rosenbrock, (1000,)), "arrow": (arrow, (400,)), "blocks of 4": (blocks, (400,)),
    "grid energy": (grid_energy, (20, 15)), "likelihood": (likelihood, (92,)),
}
JACOBIANS = {"Brusselator": (brusselator, (2, 8, 8)), "collocation": (collocation, (60, 3))}

rows = []
for name, (f, shape) in HESSIANS.items():
    found = asdex.hessian_coloring(f, jnp.ones(shape))
    rows.append(dict(name=name, nonzeros=int(found.sparsity.nnz), colors=int(found.num_colors)))
for name, (f, shape) in JACOBIANS.items():
    found = asdex.jacobian_coloring(f, jnp.ones(shape))
    rows.append(dict(name=name, nonzeros=int(found.sparsity.nnz), colors=int(found.num_colors)))
with open("sparse_structure.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")

"""I3: the energy of a molecule: pairs (Lennard-Jones), bonds and angles between atoms."""
import numpy as np
from index_coupled import peers
from measure import load, main


def difference(v, a, b):
    return [v[3 * a + i] - v[3 * b + i] for i in range(3)]


def dot(u, w):
    return u[0] * w[0] + u[1] * w[1] + u[2] * w[2]


def pair(m, v, c):
    e = difference(v, 0, 1)
    s = 1 / dot(e, e)
    s3 = s * s * s
    return 1.2 * ((s3 - 1) * s3)


def bond(m, v, c):
    e = difference(v, 0, 1)
    stretch = m.sqrt(dot(e, e)) - 1.1
    return 100 * (stretch * stretch)


def angle(m, v, c):
    a, b = difference(v, 0, 1), difference(v, 2, 1)
    bend = dot(a, b) / m.sqrt(dot(a, a) * dot(b, b)) + 0.35
    return 15 * (bend * bend)


def generate(rng, atoms, pairs):
    """Chains of five atoms that wind through a lattice; the nearest pairs that no chain ties interact."""
    side = int(np.ceil(atoms ** (1 / 3)))
    lattice = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1)
    lattice[1::2] = lattice[1::2, ::-1]                  # each step leads to a neighbour
    lines = lattice.reshape(side * side, side, 3)
    lines[1::2] = lines[1::2, ::-1]
    r = 1.1 * lattice.reshape(-1, 3)[:atoms] + rng.uniform(-0.1, 0.1, (atoms, 3))
    first = np.arange(atoms - 2)
    bonds = np.stack([first, first + 1], 1)[first % 5 < 4]
    angles = np.stack([first, first + 1, first + 2], 1)[first % 5 < 3]
    i, j = np.triu_indices(atoms, 1)
    far = np.linalg.norm(r[i] - r[j], axis=1)
    far[(j - i <= 2) & (i // 5 == j // 5)] = np.inf
    nearest = np.sort(np.argsort(far, kind="stable")[:pairs])
    moved = r.ravel() + rng.normal(0, 0.01, (3, 3 * atoms))
    return dict(pairs=np.stack([i[nearest], j[nearest]], 1), bonds=bonds, angles=angles, x=moved)


def tables(d):
    return [(e, (3 * d[k][:, :, None] + np.arange(3)).reshape(len(d[k]), -1))
            for e, k in ((pair, "pairs"), (bond, "bonds"), (angle, "angles"))]


def nothing(t):
    return np.zeros((len(t), 1))


def groups(d):
    return [(e, t, nothing(t)) for e, t in tables(d)]


def problem(case):
    d = {k: load("i3_" + k) for k in ("pairs", "bonds", "angles", "x")}
    return d["x"].shape[1], tables(d), list(d["x"]), lambda k: [nothing(t) for _, t in tables(d)]


peers("hessian", problem)
if __name__ == "__main__":
    main("i3", "ref_i3_vals")

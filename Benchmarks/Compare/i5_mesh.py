"""I5: the energy of a plane mesh of triangles of a compressible neo-Hookean material: the tangent stiffness."""
import numpy as np
from index_coupled import peers
from measure import load, main


def energy(m, v, c):
    """The corners' places; the inverse of the matrix of the edges at rest, and the area."""
    ax, ay, bx, by = v[2] - v[0], v[3] - v[1], v[4] - v[0], v[5] - v[1]
    f00, f01 = ax * c[0] + bx * c[2], ax * c[1] + bx * c[3]
    f10, f11 = ay * c[0] + by * c[2], ay * c[1] + by * c[3]
    j = m.log(f00 * f11 - f01 * f10)
    squares = f00 * f00 + f01 * f01 + f10 * f10 + f11 * f11
    return c[4] * (0.5 * (squares - 2) - j + 0.75 * j * j)


def generate(rng, side):
    node = np.stack(np.meshgrid(*[np.linspace(0, 1, side)] * 2, indexing="ij"), -1).reshape(-1, 2)
    node += rng.uniform(-0.2, 0.2, node.shape) / (side - 1)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    low = np.stack([corner, corner + side, corner + 1], 1)
    high = np.stack([corner + side + 1, corner + 1, corner + side], 1)
    triangles = np.concatenate([low, high])
    o, u, w = (node[triangles[:, k]] for k in range(3))
    edges = np.stack([u - o, w - o], 2)                  # [triangle, axis, edge]
    rest = np.concatenate([np.linalg.inv(edges).reshape(-1, 4), 0.5 * np.abs(np.linalg.det(edges))[:, None]], 1)
    stretched = node @ np.array([[1.1, 0.05], [-0.03, 0.95]])
    return dict(tri=triangles, rest=rest, x=stretched.ravel() + rng.normal(0, 0.02 / side, (3, node.size)))


def table(triangles):
    return (2 * triangles[:, :, None] + np.arange(2)).reshape(len(triangles), 6)


def groups(d):
    return [(energy, table(d["tri"]), d["rest"])]


def problem(case):
    d = {k: load("i5_" + k) for k in ("tri", "rest", "x")}
    return d["x"].shape[1], [(energy, table(d["tri"]))], list(d["x"]), lambda k: [d["rest"]]


peers("hessian", problem)
if __name__ == "__main__":
    main("i5", "ref_i5_vals")

"""I4: a logistic model with crossed random effects of subjects and items, and five fixed effects: a dense border, two diagonals,
and the table of who met what."""
import numpy as np
from index_coupled import peers
from measure import load, main

SUBJECTS = 2000                          # as in the program of ours; --tiny has fewer rows alone


def row(m, v, c):
    eta = v[0] * c[0] + v[1] * c[1] + v[2] * c[2] + v[3] * c[3] + v[4] * c[4] + v[5] + v[6]
    return m.softplus(eta) - c[5] * eta


def penalty(m, v, c):
    return 0.5 * c[0] * v[0] * v[0]


def generate(rng, rows, items):
    subject, item = rng.integers(0, SUBJECTS, rows), rng.integers(0, items, rows)
    features = np.concatenate([np.ones((rows, 1)), rng.normal(0, 1, (rows, 4))], 1)
    x = np.concatenate([rng.normal(0, 0.5, 5), rng.normal(0, 1, SUBJECTS), rng.normal(0, 0.7, items)])
    eta = features @ x[:5] + x[5 + subject] + x[5 + SUBJECTS + item]
    y = (rng.uniform(0, 1, rows) < 0.5 * (1 + np.tanh(0.5 * eta))).astype(float)
    return dict(subject=subject, item=item, X=features, y=y, x=np.stack([f * x for f in (0.9, 0.6, 0.3)]))


def tables(d):
    n, count = d["x"].shape[1], len(d["y"])
    fixed = np.broadcast_to(np.arange(5), (count, 5))
    read = np.concatenate([fixed, 5 + d["subject"][:, None], 5 + SUBJECTS + d["item"][:, None]], 1)
    weights = np.concatenate([np.full(5, 0.01), np.full(SUBJECTS, 1.0), np.full(n - 5 - SUBJECTS, 2.0)])
    return [(row, read, np.concatenate([d["X"], d["y"][:, None]], 1)), (penalty, np.arange(n)[:, None], weights[:, None])]


groups = tables


def problem(case):
    d = {k: load("i4_" + k) for k in ("subject", "item", "X", "y", "x")}
    all = tables(d)
    return d["x"].shape[1], [(e, t) for e, t, _ in all], list(d["x"]), lambda k: [c for _, _, c in all]


peers("hessian", problem)
if __name__ == "__main__":
    main("i4", "ref_i4_vals")

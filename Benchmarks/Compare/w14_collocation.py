"""W14: the Hessian of the Lagrangian of a cart with a pole, by Hermite and Simpson's collocation; its lower triangle."""
import numpy as np
from index_coupled import Placement, peers
from measure import load, main, variant

STEP = 0.01


def rates(m, position, angle, speed, rate, force):
    s, c = m.sin(angle), m.cos(angle)
    inertia = 1 + 0.3 * (s * s)
    swing = 0.5 * (rate * rate)
    return [speed, rate, (force + 0.3 * s * (swing + 9.81 * c)) / inertia,
            -(force * c + 0.3 * swing * c * s + 1.3 * 9.81 * s) / (0.5 * inertia)]


def element(m, v, c):
    """An interval: its cost, and what its ends miss of Simpson's rule, times multipliers."""
    (x0, u0), (x1, u1) = (v[:4], v[4]), (v[5:9], v[9])
    f0, f1 = rates(m, *x0, u0), rates(m, *x1, u1)
    middle = [0.5 * (a + b) + STEP / 8 * (p - q) for a, b, p, q in zip(x0, x1, f0, f1)]
    f = rates(m, *middle, 0.5 * (u0 + u1))
    total = 0.5 * STEP * (u0 * u0 + u1 * u1)
    for i in range(4):
        total = total + c[i] * (x1[i] - x0[i] - STEP / 6 * (f0[i] + 4 * f[i] + f1[i]))
    return total


def generate(rng, intervals):
    return dict(x=rng.uniform(-1, 1, (3, 5 * (intervals + 1))), multipliers=rng.normal(0, 1, (3, intervals, 4)))


def table(intervals):
    return 5 * np.arange(intervals)[:, None] + np.arange(10)


def groups(d):
    return [(element, table(d["multipliers"].shape[1]), d["multipliers"][0])]


def problem(case):
    points, multipliers = load("w14_x"), load("w14_multipliers")
    return points.shape[1], [(element, table(multipliers.shape[1]))], points, lambda k: [multipliers[k % 3]]


problem.__module__ = __name__
peers("hessian", problem)


@variant("hessian", label="by hand: 15 colours, jit(vmap(jvp(grad)))")
def jax_coloured(case, dtype):
    """No two variables of a colour (node mod 3, by kind) meet in a row."""
    import jax
    import jax.numpy as jnp
    n, [(_, t)], points, constants = problem(case)

    class m:
        sin, cos = jnp.sin, jnp.cos
    place = Placement(n, [(element, t, None)])
    colours = np.arange(n) % 15
    seeds = jnp.asarray(np.eye(15)[colours].T)
    where = jnp.asarray(colours[place.columns] * n + place.rows)

    def f(x, c):
        z = x.reshape(-1, 5)
        return jnp.sum(element(m, [*z[:-1].T, *z[1:].T], c.T))

    @jax.jit
    def h(x, c):
        gradient = jax.grad(lambda x: f(x, c))
        return jax.vmap(lambda v: jax.jvp(gradient, (x,), (v,))[1])(seeds).ravel()[where]
    xs = [jnp.asarray(p) for p in points]
    cs = [jnp.asarray(constants(k)[0]) for k in range(3)]
    return lambda k: h(xs[k % 3], cs[k % 3]).block_until_ready()


@variant("hessian", label="SX of the whole")
def casadi_sx(case, dtype):
    """The whole Lagrangian, from one interval that is mapped; CasADi finds the pattern and the colours."""
    import casadi as ca
    n, [(_, t)], points, constants = problem(case)

    class m:
        sin, cos = ca.sin, ca.cos
    place = Placement(n, [(element, t, None)])
    x, c, v, w = ca.SX.sym("x", n), ca.SX.sym("c", 4, len(t)), ca.SX.sym("v", 10), ca.SX.sym("w", 4)
    one = ca.Function("one", [v, w], [element(m, ca.vertsplit(v), ca.vertsplit(w))])
    total = sum(one(x[5 * k:5 * k + 10], c[:, k]) for k in range(len(t)))
    H = ca.tril(ca.hessian(total, x)[0])
    h = ca.Function("h", [x, c], [H])
    rows, columns = (np.array(a) for a in H.sparsity().get_triplet())
    keys = (rows * n + columns).tolist()

    def extract(h):
        found = dict(zip(keys, np.array(h.nonzeros()).tolist()))
        return np.array([found.get(key, 0.0) for key in place.keys.tolist()])
    cs = [np.ascontiguousarray(constants(k)[0].T) for k in range(3)]
    return lambda k: h(points[k % 3], cs[k % 3]), extract


if __name__ == "__main__":
    main("w14", lambda case: "ref_w14_vals")

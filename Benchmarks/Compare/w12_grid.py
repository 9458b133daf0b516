"""W12: the Jacobian of the Brusselator on a periodic grid, its nonzeros row by row."""
import numpy as np
from measure import load, main, variant


def rates(c, roll, stack):
    u, v = c[0], c[1]
    spread = lambda a: roll(a, 1, 0) + roll(a, -1, 0) + roll(a, 1, 1) + roll(a, -1, 1) - 4 * a
    return stack([1 + u * u * v - 4.4 * u + 0.5 * spread(u), 3.4 * u - u * u * v + 0.5 * spread(v)])


@variant("jacobian", label="by hand: 10 colours, jit(vmap(jvp))")
def jax_coloured(case, dtype):
    """No two columns of a colour (i + 2 j mod 5, by substance) meet in a row; its sides must be multiples of 5."""
    import jax
    import jax.numpy as jnp
    from reference import brusselator_jacobian
    points = load("w12_points", dtype)
    n = points.shape[-1]
    colour = (np.arange(n)[:, None] + 2 * np.arange(n)[None]) % 5
    colours = np.stack([colour, colour + 5])
    seeds = jnp.asarray(np.eye(10, dtype=dtype)[colours.ravel()].T.reshape(10, 2, n, n))
    J = brusselator_jacobian(points[0].astype(np.float64))
    rows = np.repeat(np.arange(J.shape[0]), np.diff(J.indptr))
    where = jnp.asarray(colours.ravel()[J.indices] * J.shape[0] + rows)
    f = lambda c: rates(c, jnp.roll, jnp.stack)
    columns = jax.jit(lambda c: jax.vmap(lambda v: jax.jvp(f, (c,), (v,))[1])(seeds).ravel()[where])
    ps = [jnp.asarray(p) for p in points]
    return lambda k: columns(ps[k % len(ps)]).block_until_ready()


def casadi_call(dtype, options):
    import casadi as ca
    points = load("w12_points", dtype)
    n = points.shape[-1]
    c = ca.SX.sym("c", 2 * n * n)
    grids = [ca.reshape(c[k * n * n:(k + 1) * n * n], n, n).T for k in (0, 1)]   # row-major
    roll = lambda a, by, axis: ca.vertcat(a[-by:, :], a[:-by, :]) if axis == 0 else ca.horzcat(a[:, -by:], a[:, :-by])
    stack = lambda parts: ca.vertcat(*[ca.reshape(p.T, n * n, 1) for p in parts])
    J = ca.jacobian(rates(grids, roll, stack), c)
    order = ca.Function("J", [c], [J.T], options)        # compressed columns of the transpose: rows
    ps = [p.ravel() for p in points]
    return lambda k: order(ps[k % len(ps)]), lambda m: np.array(m.nonzeros())


@variant("jacobian", label="SX")
def casadi_sx(case, dtype):
    return casadi_call(dtype, {})


@variant("jacobian", label="SX, C code compiled")
def casadi_compiled(case, dtype):
    return casadi_call(dtype, dict(jit=True, compiler="shell", jit_options=dict(flags="-O1")))


if __name__ == "__main__":
    main("w12")

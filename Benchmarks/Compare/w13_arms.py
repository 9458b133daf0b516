"""W13: 10 000 Hessians of the squared distance of an arm's tip from its aim in 6 joints."""
import numpy as np
from measure import load, main, variant


def distance(q, cos, sin):
    x = y = z = 0.0
    for joint in reversed(range(6)):
        c, s = cos(q[joint]), sin(q[joint])
        x = x + 1
        if joint % 2 == 0:
            x, y = c * x - s * y, s * x + c * y
        else:
            x, z = c * x + s * z, c * z - s * x
    return (x - 1) ** 2 + (y - 2) ** 2 + (z - 1) ** 2


def jax_call(dtype, transform):
    import jax
    import jax.numpy as jnp
    h = jax.jit(jax.vmap(transform(jax, lambda q: distance(q, jnp.cos, jnp.sin))))
    ps = [jnp.asarray(p) for p in load("w13_points", dtype)]
    return lambda k: h(ps[k % len(ps)]).block_until_ready()


@variant(label="jit(vmap(hessian))")
def jax_vmap(case, dtype):
    return jax_call(dtype, lambda jax, f: jax.hessian(f))


@variant(label="jit(vmap), reverse over reverse")
def jax_reverse(case, dtype):
    return jax_call(dtype, lambda jax, f: jax.jacrev(jax.jacrev(f)))


def casadi_call(dtype, options, parallel):
    import casadi as ca
    points = load("w13_points", dtype)
    q = ca.SX.sym("q", 6)
    one = ca.Function("h", [q], [ca.hessian(distance([q[i] for i in range(6)], ca.cos, ca.sin), q)[0]], options)
    h = one.map(points.shape[1], parallel, 2) if parallel == "thread" else one.map(points.shape[1])
    columns = [np.ascontiguousarray(p.T) for p in points]
    return lambda k: h(columns[k % len(columns)]), lambda m: np.array(m).T.reshape(-1, 6, 6)


@variant(label="SX map")
def casadi_map(case, dtype):
    return casadi_call(dtype, {}, "serial")


FLAGS = dict(jit=True, compiler="shell", jit_options=dict(flags="-O3 -march=native -ffast-math"))


@variant(label="SX map, C code compiled")
def casadi_compiled(case, dtype):
    return casadi_call(dtype, FLAGS, "serial")


@variant(label="SX map on two threads, C code compiled")
def casadi_compiled_threads(case, dtype):
    return casadi_call(dtype, FLAGS, "thread")


if __name__ == "__main__":
    main("w13")

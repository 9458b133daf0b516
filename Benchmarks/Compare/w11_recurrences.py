"""W11: derivatives of 10 000 Euler steps of the Lorenz system, and of recurrent networks."""
import numpy as np
from measure import load, main, variant

STEPS, DT = 10000, 1e-4
ORBITS, NETWORKS = "steps-value steps-gradient steps-hessian", "network-500 network-32"


def jax_orbit(case, dtype, transforms):
    import jax
    import jax.numpy as jnp

    def step(s, _):
        x, y, z = s
        return s + DT * jnp.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]), None

    f = lambda s: (jax.lax.scan(step, s, None, length=STEPS)[0] ** 2).sum()
    g, ps = jax.jit(transforms[case](jax)(f)), [jnp.asarray(p) for p in load("w11_points", dtype)]
    return lambda k: g(ps[k % len(ps)]).block_until_ready()


@variant(ORBITS, label="jit(scan)")
def jax_scan(case, dtype):
    return jax_orbit(case, dtype, {"steps-value": lambda jax: lambda f: f, "steps-gradient": lambda jax: jax.grad,
                                   "steps-hessian": lambda jax: jax.hessian})


@variant("steps-gradient steps-hessian", label="jit(scan), forward")
def jax_forward(case, dtype):
    return jax_orbit(case, dtype, {"steps-gradient": lambda jax: jax.jacfwd,
                                   "steps-hessian": lambda jax: lambda f: jax.jacfwd(jax.jacfwd(f))})


@variant(NETWORKS, label="jit(grad) of scan")
def jax_network(case, dtype):
    import jax
    import jax.numpy as jnp
    inputs = jnp.asarray(load("w11_%s_inputs" % case, dtype))
    _, batch, width = inputs.shape

    def f(p):
        W, U = p[:width * width].reshape(width, width), p[width * width:2 * width * width].reshape(width, width)
        b = p[2 * width * width:]
        step = lambda h, x: (jnp.tanh(x @ W + h @ U + b), None)
        return (jax.lax.scan(step, jnp.zeros((batch, width), p.dtype), inputs)[0] ** 2).sum()

    g, ps = jax.jit(jax.grad(f)), [jnp.asarray(p) for p in load("w11_" + case, dtype)]
    return lambda k: g(ps[k % len(ps)]).block_until_ready()


@variant(ORBITS, label="SX step, mapaccum")
def casadi_mapaccum(case, dtype):
    import casadi as ca
    s = ca.SX.sym("s", 3)
    x, y, z = s[0], s[1], s[2]
    step = ca.Function("step", [s], [s + DT * ca.vertcat(10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z)])
    p = ca.MX.sym("p", 3)
    end = step.mapaccum("orbit", STEPS, dict(base=10))(p)[:, -1]
    f = ca.sumsqr(end)
    wanted = f if case == "steps-value" else ca.gradient(f, p) if case == "steps-gradient" else ca.hessian(f, p)[0]
    g, ps = ca.Function("g", [p], [wanted]), load("w11_points", dtype)
    return lambda k: g(ps[k % len(ps)])


if __name__ == "__main__":
    main("w11")

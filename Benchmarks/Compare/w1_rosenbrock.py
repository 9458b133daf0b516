"""W1: the dense 10x10 Hessian of the chained Rosenbrock function at many points, one after another."""
import numpy as np
from measure import load, main, variant
from reference import rosenbrock_bands


def f(x):                                # plain operators: one text serves every system that has .sum()
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def points(dtype, convert=lambda p: p):
    return [convert(p) for p in load("w1_points", dtype)]


@variant()
def paddle_hessian(case, dtype):
    import paddle
    ps = points(dtype, lambda p: paddle.to_tensor(p, stop_gradient=False))

    def call(k):
        x = ps[k % len(ps)]
        return paddle.autograd.hessian(f(x), x)[:]
    return call


def torch_call(transform, dtype):
    import torch
    ps, h = points(dtype, torch.from_numpy), transform(torch)
    return lambda k: h(ps[k % len(ps)])


@variant(label="func.hessian")
def torch_func_hessian(case, dtype):
    return torch_call(lambda torch: torch.func.hessian(f), dtype)


@variant(label="compile(func.hessian)")
def torch_compile(case, dtype):
    return torch_call(lambda torch: torch.compile(torch.func.hessian(f)), dtype)


@variant(label="autograd.functional, vectorized")
def torch_functional(case, dtype):
    return torch_call(lambda torch: lambda x: torch.autograd.functional.hessian(f, x, vectorize=True), dtype)


def jax_call(h, dtype):
    import jax.numpy as jnp
    ps = points(dtype, jnp.asarray)
    return lambda k: h(ps[k % len(ps)]).block_until_ready()


@variant(label="jit(hessian)")
def jax_jit_hessian(case, dtype):
    import jax
    return jax_call(jax.jit(jax.hessian(f)), dtype)


@variant(label="jit, reverse over reverse")
def jax_reverse_over_reverse(case, dtype):
    import jax
    return jax_call(jax.jit(jax.jacrev(jax.jacrev(f))), dtype)


def casadi_call(dtype, options):
    import casadi as ca
    ps = points(dtype)
    n = len(ps[0])
    x = ca.SX.sym("x", n)
    H, _ = ca.hessian(ca.sum1(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2), x)
    F = ca.Function("F", [x], [ca.densify(H)], options)
    buffer, trigger = F.buffer()
    out, views = np.zeros((n, n)), [memoryview(p) for p in ps]
    buffer.set_res(0, memoryview(out))

    def call(k):
        buffer.set_arg(0, views[k % len(views)])
        trigger()
        return out
    call.keep = F, buffer, ps
    return call


@variant(label="SX, virtual machine")
def casadi_virtual_machine(case, dtype):
    return casadi_call(dtype, {})


@variant(label="SX, C code compiled")
def casadi_compiled(case, dtype):
    return casadi_call(dtype, dict(jit=True, compiler="shell", jit_options=dict(flags="-O3 -march=native")))


@variant()
def autograd_hessian(case, dtype):
    import autograd
    ps, h = points(dtype), autograd.hessian(lambda x: f(x))
    return lambda k: h(ps[k % len(ps)])


@variant(label="NumPy")
def handwritten_numpy(case, dtype):
    ps = points(dtype)
    n = len(ps[0])

    def call(k):
        d, o = rosenbrock_bands(ps[k % len(ps)])
        H = np.zeros((n, n))
        H.flat[::n + 1], H.flat[1::n + 1], H.flat[n::n + 1] = d, o, o
        return H
    return call


if __name__ == "__main__":
    main("w1")

"""W6: 10000 independent 8x8 Hessians of f(x) = sum(exp(x) sin(roll(x, 1))) + 0.5 x.A x, batch axis 0."""
import numpy as np
from measure import load, main, variant
from reference import batched_hessian


def data(dtype):
    return load("w6_points", dtype), load("w6_A", dtype)


@variant()
def paddle_hessian(case, dtype):
    import paddle                        # roll has no derivatives of the order that hessian needs: joined slices
    xs, A = data(dtype)
    xs, A = [paddle.to_tensor(x, stop_gradient=False) for x in xs], paddle.to_tensor(A)

    def call(k):
        x = xs[k % 3]
        rolled = paddle.concat([x[:, -1:], x[:, :-1]], 1)
        y = (paddle.exp(x) * paddle.sin(rolled)).sum(-1) + 0.5 * (x * (x @ A)).sum(-1)
        return paddle.autograd.hessian(y, x, batch_axis=0)[:]
    return call


def torch_call(dtype, transform=lambda h: h):
    import torch
    xs, A = (torch.from_numpy(a) for a in data(dtype))
    f = lambda x: (torch.exp(x) * torch.sin(torch.roll(x, 1))).sum() + 0.5 * (x @ (A @ x))
    h, xs = transform(torch.vmap(torch.func.hessian(f))), list(xs)
    return lambda k: h(xs[k % 3])


@variant(label="vmap(func.hessian)")
def torch_vmap(case, dtype):
    return torch_call(dtype)


@variant(label="compile(vmap(func.hessian))")
def torch_compile(case, dtype):
    import torch
    return torch_call(dtype, torch.compile)


def jax_call(transform, dtype):
    import jax
    import jax.numpy as jnp
    import jax_models as m
    xs, A = data(dtype)
    h = jax.jit(jax.vmap(transform(jax, lambda x: m.small(x, A))))
    xs = [jnp.asarray(x) for x in xs]
    return lambda k: h(xs[k % 3]).block_until_ready()


@variant(label="jit(vmap(hessian))")
def jax_vmap(case, dtype):
    return jax_call(lambda jax, f: jax.hessian(f), dtype)


@variant(label="jit(vmap), reverse over reverse")
def jax_vmap_reverse_over_reverse(case, dtype):
    return jax_call(lambda jax, f: jax.jacrev(jax.jacrev(f)), dtype)


def casadi_call(dtype, options):
    import casadi as ca
    xs, A = data(dtype)
    _, batch, n = xs.shape
    x = ca.SX.sym("x", n)
    y = ca.vertcat(x[-1], x[:-1])
    H, _ = ca.hessian(ca.sum1(ca.exp(x) * ca.sin(y)) + 0.5 * ca.dot(x, ca.mtimes(ca.DM(A), x)), x)
    F = ca.Function("F", [x], [ca.densify(H)], options).map(batch)
    buffer, trigger = F.buffer()
    out, views = np.zeros((batch, n, n)), [memoryview(x) for x in xs]
    buffer.set_res(0, memoryview(out))

    def call(k):
        buffer.set_arg(0, views[k % 3])
        trigger()
        return out
    call.keep = F, buffer, xs
    return call


@variant(label="SX map, virtual machine")
def casadi_virtual_machine(case, dtype):
    return casadi_call(dtype, {})


@variant(label="SX map, C code compiled")
def casadi_compiled(case, dtype):
    flags = "-O3 -march=native -ffast-math"
    return casadi_call(dtype, dict(jit=True, compiler="shell", jit_options=dict(flags=flags)))


@variant(label="columns of the summed gradient")
def autograd_summed(case, dtype):
    """There is no vmap: the gradient of the sum over the batch, then one backward pass for each column."""
    import autograd
    import autograd.numpy as anp
    xs, A = data(dtype)
    g = autograd.grad(
        lambda x: anp.sum(anp.exp(x) * anp.sin(anp.roll(x, 1, axis=1))) + 0.5 * anp.sum(x * anp.dot(x, A)))

    def call(k):
        vjp, _ = autograd.make_vjp(g)(xs[k % 3])
        return np.stack([vjp(np.broadcast_to(e, xs[0].shape)) for e in np.eye(xs.shape[2])], 1)
    return call


@variant(label="NumPy")
def handwritten_numpy(case, dtype):
    xs, A = data(dtype)
    return lambda k: batched_hessian(xs[k % 3], A)


if __name__ == "__main__":
    main("w6")

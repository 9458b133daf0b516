"""W5: parts of the 203530x203530 Hessian of a 784-256-10 classifier (batch 128): a row, an element, a column, a product.

Every call is at a new point, its forward pass and gradient included; "next-row" is one more row at a point where a row
has been read, for the systems that keep something between reads."""
import numpy as np
from classifier import autograd_loss, jax_loss, paddle_loss, torch_loss
from measure import Cannot, load, main, variant

PARTS, BOTH = "row element column product", "float64 float32"
I, J = (int(i) for i in load("w5_indices"))


def direction(case, dtype, count):
    if case == "product":
        return load("w5_direction", dtype)
    e = np.zeros(count, dtype)
    e[J if case == "column" else I] = 1
    return e


def pick(case, r):
    return r[J] if case == "element" else r


@variant("row element column next-row", BOTH)
def paddle_hessian(case, dtype):
    import paddle
    ps, f = paddle_loss(dtype, "w5")
    if case == "row":
        return lambda k: paddle.autograd.hessian(f(ps[k % 4]), ps[k % 4])[I, :]
    if case == "element":
        return lambda k: paddle.autograd.hessian(f(ps[k % 4]), ps[k % 4])[I, J]
    if case == "column" and ps[0].shape[0] > 5000:
        raise Cannot("H[:, j] evaluates every row")
    H = paddle.autograd.hessian(f(ps[0]), ps[0])
    if case == "column":
        return lambda k: paddle.autograd.hessian(f(ps[k % 4]), ps[k % 4])[:, J]
    H[I, :]
    return lambda k: H[I + 1 + k, :]


@variant("product", BOTH, label="double grad")
def paddle_double_grad(case, dtype):
    import paddle
    ps, f = paddle_loss(dtype, "w5")
    v = paddle.to_tensor(direction(case, dtype, ps[0].shape[0]))

    def call(k):
        p = ps[k % 4]
        g, = paddle.grad(f(p), p, create_graph=True)
        return paddle.grad(g, p, v)[0]
    return call


@variant(PARTS, BOTH, label="func: jvp of grad")
def torch_jvp_grad(case, dtype):
    import torch
    ps, f = torch_loss(dtype, "w5")
    v, g = torch.from_numpy(direction(case, dtype, len(ps[0]))), torch.func.grad(f)
    return lambda k: pick(case, torch.func.jvp(g, (ps[k % 4],), (v,))[1])


@variant(PARTS, BOTH, label="autograd.functional.vhp")
def torch_vhp(case, dtype):
    import torch
    ps, f = torch_loss(dtype, "w5")
    v = torch.from_numpy(direction(case, dtype, len(ps[0])))
    return lambda k: pick(case, torch.autograd.functional.vhp(f, ps[k % 4], v)[1])


@variant(PARTS, BOTH, label="compile(jvp of grad)")
def torch_compile(case, dtype):
    import torch
    ps, f = torch_loss(dtype, "w5")
    v = torch.from_numpy(direction(case, dtype, len(ps[0])))
    h = torch.compile(lambda p, v: pick(case, torch.func.jvp(torch.func.grad(f), (p,), (v,))[1]))
    return lambda k: h(ps[k % 4], v)


@variant(PARTS, BOTH, label="jit(jvp of grad)")
def jax_jvp_grad(case, dtype):
    import jax
    import jax.numpy as jnp
    ps, f = jax_loss(dtype, "w5")
    v = jnp.asarray(direction(case, dtype, len(ps[0])))
    h = jax.jit(lambda p, v: pick(case, jax.jvp(jax.grad(f), (p,), (v,))[1]))
    return lambda k: h(ps[k % 4], v).block_until_ready()


@variant("element", BOTH, label="jit(jvp of jvp)")
def jax_jvp_jvp(case, dtype):
    import jax
    import jax.numpy as jnp
    ps, f = jax_loss(dtype, "w5")
    u, v = (jnp.asarray(direction(c, dtype, len(ps[0]))) for c in ("row", "column"))
    h = jax.jit(lambda p, u, v: jax.jvp(lambda q: jax.jvp(f, (q,), (u,))[1], (p,), (v,))[1])
    return lambda k: h(ps[k % 4], u, v).block_until_ready()


@variant(PARTS, BOTH, label="hessian_vector_product")
def autograd_product(case, dtype):
    import autograd
    ps, f = autograd_loss(dtype, "w5")
    h, v = autograd.hessian_vector_product(f), direction(case, dtype, len(ps[0]))
    return lambda k: pick(case, h(ps[k % 4], v))


if __name__ == "__main__":
    main("w5")

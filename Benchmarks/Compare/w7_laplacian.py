"""W7: the Laplacian (trace of the Hessian in the inputs) of a 3-64-64-64-1 tanh network at 4096 points."""
import numpy as np
from measure import load, main, variant
from reference import layers, network_laplacian

BOTH = "float64 float32"


def data(dtype):
    return load("w7_points", dtype), load("w7_parameters", dtype), [int(n) for n in load("w7_sizes")]


def network(tanh, pairs, x):
    *hidden, (W, b) = pairs
    for V, c in hidden:
        x = tanh(x @ V + c)
    return x @ W + b


def jax_call(pointwise, dtype):
    import jax
    import jax.numpy as jnp
    import jax_models as m
    xs, p, sizes = data(dtype)
    h = jax.jit(lambda p, x: jax.vmap(lambda y: pointwise(lambda z: m.network(p, z, sizes)[0], y))(x))
    xs, p = [jnp.asarray(x) for x in xs], jnp.asarray(p)
    return lambda k: h(p, xs[k % 3]).block_until_ready()


@variant("laplacian", BOTH, label="jit(trace(hessian))")
def jax_trace(case, dtype):
    import jax
    import jax.numpy as jnp
    return jax_call(lambda u, x: jnp.trace(jax.hessian(u)(x)), dtype)


@variant("laplacian", BOTH, label="jit, forward over forward")
def jax_forward_over_forward(case, dtype):
    import jax
    import jax.numpy as jnp

    def laplacian(u, x):
        second = lambda e: jax.jvp(lambda y: jax.jvp(u, (y,), (e,))[1], (x,), (e,))[1]
        return jnp.sum(jax.vmap(second)(jnp.eye(len(x), dtype=x.dtype)))
    return jax_call(laplacian, dtype)


@variant("laplacian", BOTH, label="jit, Taylor mode (jet)")
def jax_taylor(case, dtype):
    import jax
    import jax.numpy as jnp
    from jax.experimental.jet import jet

    def laplacian(u, x):
        second = lambda e: jet(u, (x,), ((e, jnp.zeros_like(e)),))[1][1]
        return jnp.sum(jax.vmap(second)(jnp.eye(len(x), dtype=x.dtype)))
    return jax_call(laplacian, dtype)


@variant("laplacian", BOTH, label="jit(forward_laplacian)")
def folx_forward_laplacian(case, dtype):
    import folx
    return jax_call(lambda u, x: folx.forward_laplacian(u)(x).laplacian, dtype)


def torch_network(dtype):
    import torch
    xs, p, sizes = data(dtype)
    pairs = layers(torch.from_numpy(p), sizes)
    return [torch.from_numpy(x) for x in xs], lambda x: network(torch.tanh, pairs, x).squeeze(-1)


@variant("laplacian", BOTH, label="vmap(trace(func.hessian))")
def torch_trace(case, dtype):
    import torch
    xs, u = torch_network(dtype)
    h = torch.vmap(lambda x: torch.func.hessian(u)(x).diagonal().sum())
    return lambda k: h(xs[k % 3])


@variant("laplacian", BOTH, label="compile(vmap(trace(func.hessian)))")
def torch_compile(case, dtype):
    import torch
    xs, u = torch_network(dtype)
    h = torch.compile(torch.vmap(lambda x: torch.func.hessian(u)(x).diagonal().sum()))
    return lambda k: h(xs[k % 3])


@variant("laplacian", BOTH, label="double backward")
def torch_double_backward(case, dtype):
    """What codes for physics-informed networks usually write."""
    import torch
    xs, u = torch_network(dtype)

    def call(k):
        x = xs[k % 3].requires_grad_()
        g, = torch.autograd.grad(u(x).sum(), x, create_graph=True)
        return sum(torch.autograd.grad(g[:, i].sum(), x, retain_graph=True)[0][:, i] for i in range(x.shape[1]))
    return call


@variant("laplacian", BOTH, label="hessian, diagonal elements")
def paddle_hessian(case, dtype):
    import paddle
    xs, p, sizes = data(dtype)
    pairs = layers(paddle.to_tensor(p), sizes)
    xs = [paddle.to_tensor(x, stop_gradient=False) for x in xs]

    def call(k):
        x = xs[k % 3]
        H = paddle.autograd.hessian(network(paddle.tanh, pairs, x).squeeze(-1), x, batch_axis=0)
        return sum(H[:, i, i] for i in range(x.shape[1]))
    return call


@variant("laplacian", BOTH, label="double backward")
def autograd_double_backward(case, dtype):
    import autograd
    import autograd.numpy as anp
    xs, p, sizes = data(dtype)
    pairs = layers(p, sizes)
    g = autograd.grad(lambda x: anp.sum(network(anp.tanh, pairs, x)))

    def call(k):
        vjp, _ = autograd.make_vjp(g)(xs[k % 3])
        return sum(vjp(np.broadcast_to(e, xs[0].shape))[:, i] for i, e in enumerate(np.eye(sizes[0], dtype=p.dtype)))
    return call


@variant("laplacian", BOTH, label="NumPy, one forward sweep")
def handwritten_numpy(case, dtype):
    xs, p, sizes = data(dtype)
    return lambda k: network_laplacian(xs[k % 3], p, sizes)


if __name__ == "__main__":
    main("w7")

"""W8: the diagonal alone. Case "mlp": the loss of W3; case "softplus": sum(softplus(A x)), A 2000x1000."""
import numpy as np
from classifier import autograd_loss, data, jax_loss, paddle_loss, torch_loss
from measure import load, main, variant
from reference import classifier_diagonal, softplus_diagonal

CASES = "mlp softplus"


def softplus_data(dtype):
    return load("w8_A", dtype), load("w8_points", dtype)


def paddle_problem(case, dtype):
    import paddle
    if case == "mlp":
        return paddle_loss(dtype, "w3")
    A, xs = softplus_data(dtype)
    A = paddle.to_tensor(A)
    return [paddle.to_tensor(x, stop_gradient=False) for x in xs], lambda x: paddle.log(1 + paddle.exp(A @ x)).sum()


def torch_problem(case, dtype):
    import torch
    if case == "mlp":
        return torch_loss(dtype, "w3")
    A, xs = (torch.from_numpy(a) for a in softplus_data(dtype))
    return list(xs), lambda x: torch.nn.functional.softplus(A @ x).sum()


def jax_problem(case, dtype):
    import jax.numpy as jnp
    import jax_models as m
    if case == "mlp":
        return jax_loss(dtype, "w3")
    A, xs = (jnp.asarray(a) for a in softplus_data(dtype))
    return list(xs), lambda x: m.softplus_sum(x, A)


@variant(CASES, label="hessian, diagonal elements")
def paddle_hessian(case, dtype):
    import paddle
    ps, f = paddle_problem(case, dtype)

    def call(k):
        x = ps[k % 3]
        H = paddle.autograd.hessian(f(x), x)
        return paddle.stack([H[i, i] for i in range(x.shape[0])])
    return call


@variant(CASES, label="func.hessian, then its diagonal")
def torch_func_hessian(case, dtype):
    import torch
    ps, f = torch_problem(case, dtype)
    h = torch.func.hessian(f)
    return lambda k: h(ps[k % 3]).diagonal()


@variant(CASES, label="compile(func.hessian, then its diagonal)")
def torch_compile(case, dtype):
    import torch
    ps, f = torch_problem(case, dtype)
    h = torch.compile(lambda x: torch.func.hessian(f)(x).diagonal())
    return lambda k: h(ps[k % 3])


@variant(CASES, label="jit(diag(hessian))")
def jax_diagonal(case, dtype):
    import jax
    import jax.numpy as jnp
    ps, f = jax_problem(case, dtype)
    h = jax.jit(lambda x: jnp.diag(jax.hessian(f)(x)))
    return lambda k: h(ps[k % 3]).block_until_ready()


@variant(CASES, label="jit, forward over forward")
def jax_forward_over_forward(case, dtype):
    import jax
    import jax.numpy as jnp
    ps, f = jax_problem(case, dtype)
    h = jax.jit(lambda x: jax.vmap(
        lambda e: jax.jvp(lambda y: jax.jvp(f, (y,), (e,))[1], (x,), (e,))[1])(jnp.eye(len(x), dtype=x.dtype)))
    return lambda k: h(ps[k % 3]).block_until_ready()


@variant(CASES, label="hessian, then its diagonal")
def autograd_hessian(case, dtype):
    import autograd
    import autograd.numpy as anp
    if case == "mlp":
        ps, f = autograd_loss(dtype, "w3")
    else:
        A, ps = softplus_data(dtype)
        f = lambda x: anp.sum(anp.logaddexp(0.0, anp.dot(A, x)))
    h = autograd.hessian(f)
    return lambda k: np.diag(h(ps[k % 3]))


@variant(CASES, label="NumPy")
def handwritten_numpy(case, dtype):
    if case == "softplus":
        A, xs = softplus_data(dtype)
        return lambda k: softplus_diagonal(A, xs[k % 3])
    X, labels, ps, sizes = data(dtype, "w3")
    return lambda k: classifier_diagonal(ps[k % 3], X, labels, sizes)


if __name__ == "__main__":
    main("w8")

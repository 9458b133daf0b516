"""W2: the full 500x500 Hessian of regularised logistic regression over 10000 rows."""
import numpy as np
from measure import load, main, variant
from reference import REGULARISATION, sigmoid

BOTH = "float64 float32"


def data(dtype):
    return load("w2_X", dtype), load("w2_t", dtype), load("w2_points", dtype)


@variant(dtypes=BOTH)
def paddle_hessian(case, dtype):
    import paddle                        # softplus and mean() have no derivatives of the order that hessian needs
    X, t, ws = data(dtype)
    n = len(t)
    X, t = paddle.to_tensor(X), paddle.to_tensor(t)
    ws = [paddle.to_tensor(w, stop_gradient=False) for w in ws]

    def call(k):
        w = ws[k % 4]
        loss = paddle.log(1 + paddle.exp(-t * (X @ w))).sum() / n + 0.5 * REGULARISATION * (w * w).sum()
        return paddle.autograd.hessian(loss, w)[:]
    return call


def torch_call(transform, dtype):
    import torch
    X, t, ws = (torch.from_numpy(a) for a in data(dtype))
    f = lambda w: torch.nn.functional.softplus(-t * (X @ w)).mean() + 0.5 * REGULARISATION * (w * w).sum()
    h, ws = transform(torch, f), list(ws)
    return lambda k: h(ws[k % 4])


@variant(dtypes=BOTH, label="func.hessian")
def torch_func_hessian(case, dtype):
    return torch_call(lambda torch, f: torch.func.hessian(f), dtype)


@variant(dtypes=BOTH, label="compile(func.hessian)")
def torch_compile(case, dtype):
    return torch_call(lambda torch, f: torch.compile(torch.func.hessian(f)), dtype)


@variant(dtypes=BOTH, label="autograd.functional")
def torch_functional(case, dtype):
    return torch_call(lambda torch, f: lambda w: torch.autograd.functional.hessian(f, w), dtype)


@variant(dtypes=BOTH, label="autograd.functional, vectorized")
def torch_functional_vectorized(case, dtype):
    return torch_call(lambda torch, f: lambda w: torch.autograd.functional.hessian(f, w, vectorize=True), dtype)


def jax_call(transform, dtype):
    import jax
    import jax.numpy as jnp
    import jax_models as m
    X, t, ws = (jnp.asarray(a) for a in data(dtype))
    h, ws = jax.jit(lambda w, X, t: transform(lambda w: m.logistic(w, X, t))(w)), list(ws)
    return lambda k: h(ws[k % 4], X, t).block_until_ready()


@variant(dtypes=BOTH, label="jit(hessian)")
def jax_jit_hessian(case, dtype):
    import jax
    return jax_call(jax.hessian, dtype)


@variant(dtypes=BOTH, label="jit, reverse over reverse")
def jax_reverse_over_reverse(case, dtype):
    import jax
    return jax_call(lambda f: jax.jacrev(jax.jacrev(f)), dtype)


@variant(label="MX")
def casadi_mx(case, dtype):
    import casadi as ca
    X, t, ws = data(dtype)
    w = ca.MX.sym("w", X.shape[1])
    z = -ca.MX(ca.DM(t)) * ca.mtimes(ca.MX(ca.DM(X)), w)
    H, _ = ca.hessian(ca.sum1(ca.log1p(ca.exp(z))) / len(t) + 0.5 * REGULARISATION * ca.sumsqr(w), w)
    F = ca.Function("F", [w], [H])
    return lambda k: F(ws[k % 4])


@variant()
def autograd_hessian(case, dtype):
    import autograd
    import autograd.numpy as anp
    X, t, ws = data(dtype)
    h = autograd.hessian(
        lambda w: anp.mean(anp.logaddexp(0.0, -t * anp.dot(X, w))) + 0.5 * REGULARISATION * anp.sum(w * w))
    return lambda k: h(ws[k % 4])


@variant(dtypes=BOTH, label="NumPy, matrix product")
def handwritten_product(case, dtype):
    X, t, ws = data(dtype)
    n = len(t)

    def call(k):
        s = sigmoid(X @ ws[k % 4])
        H = X.T @ (X * (s * (1 - s) / n)[:, None])
        H.flat[::len(H) + 1] += REGULARISATION
        return H
    return call


@variant(dtypes=BOTH, label="SciPy, symmetric product (SYRK)")
def handwritten_symmetric(case, dtype):
    """Half the work: H = Y'Y with Y = sqrt(d) X, one triangle, then mirrored."""
    import scipy.linalg.blas as blas
    X, t, ws = data(dtype)
    n = len(t)
    syrk = blas.dsyrk if dtype == "float64" else blas.ssyrk

    def call(k):
        s = sigmoid(X @ ws[k % 4])
        Y = X * np.sqrt(s * (1 - s) / n)[:, None]
        H = syrk(1.0, Y.T, lower=0)
        H = np.triu(H) + np.triu(H, 1).T
        H.flat[::len(H) + 1] += REGULARISATION
        return H
    return call


if __name__ == "__main__":
    main("w2")

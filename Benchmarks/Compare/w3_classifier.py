"""W3: the full 1002x1002 Hessian of a 20-32-10 tanh classifier's cross-entropy over 256 samples."""
from classifier import autograd_loss, casadi_loss, jax_loss, paddle_loss, torch_loss
from measure import main, variant

BOTH = "float64 float32"


@variant(dtypes=BOTH)
def paddle_hessian(case, dtype):
    import paddle
    ps, f = paddle_loss(dtype, "w3")
    return lambda k: paddle.autograd.hessian(f(ps[k % 4]), ps[k % 4])[:]


def torch_call(transform, dtype):
    import torch
    ps, f = torch_loss(dtype, "w3")
    h = transform(torch, f)
    return lambda k: h(ps[k % 4])


@variant(dtypes=BOTH, label="func.hessian")
def torch_func_hessian(case, dtype):
    return torch_call(lambda torch, f: torch.func.hessian(f), dtype)


@variant(dtypes=BOTH, label="compile(func.hessian)")
def torch_compile(case, dtype):
    return torch_call(lambda torch, f: torch.compile(torch.func.hessian(f)), dtype)


@variant(dtypes=BOTH, label="autograd.functional, vectorized")
def torch_functional_vectorized(case, dtype):
    return torch_call(lambda torch, f: lambda p: torch.autograd.functional.hessian(f, p, vectorize=True), dtype)


def jax_call(transform, dtype):
    import jax
    ps, f = jax_loss(dtype, "w3")
    h = jax.jit(transform(jax, f))
    return lambda k: h(ps[k % 4]).block_until_ready()


@variant(dtypes=BOTH, label="jit(hessian)")
def jax_jit_hessian(case, dtype):
    return jax_call(lambda jax, f: jax.hessian(f), dtype)


@variant(dtypes=BOTH, label="jit, reverse over reverse")
def jax_reverse_over_reverse(case, dtype):
    return jax_call(lambda jax, f: jax.jacrev(jax.jacrev(f)), dtype)


@variant(label="MX")
def casadi_mx(case, dtype):
    import casadi as ca
    ps, p, loss = casadi_loss(dtype, "w3")
    F = ca.Function("F", [p], [ca.hessian(loss, p)[0]])
    return lambda k: F(ps[k % 4])


@variant(dtypes=BOTH)
def autograd_hessian(case, dtype):
    import autograd
    ps, f = autograd_loss(dtype, "w3")
    h = autograd.hessian(f)
    return lambda k: h(ps[k % 4])


if __name__ == "__main__":
    main("w3")

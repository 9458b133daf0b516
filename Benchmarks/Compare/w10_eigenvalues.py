"""W10: the ten largest eigenvalues of W5's Hessian (203530 parameters), and the products that they take, all at one point:
"product" one direction after another, "products" 16 at once.

Without a Lanczos method of their own the other systems have ARPACK's, by SciPy; the tolerance is the same, relative to
each value rather than to the largest."""
from classifier import jax_loss, torch_loss
from measure import load, main, variant

BOTH = "float64 float32"
CASES = "top-ten product products"


def answer(case, dtype, points, one, many, to_numpy, to_array):
    """A call for each case, from functions that multiply at a point: by one direction, by the rows of an array."""
    import numpy as np
    from scipy.sparse.linalg import LinearOperator, eigsh
    if case == "product":
        v = to_array(load("w5_direction", dtype))
        product = one(points[0])
        return lambda k: product(v)
    if case == "products":
        v = to_array(load("w10_directions", dtype))
        product = many(points[0])
        return lambda k: product(v)

    def call(k):
        product = one(points[k % 4])
        n = len(points[0])
        A = LinearOperator((n, n), dtype=dtype, matvec=lambda v: to_numpy(product(to_array(v.ravel().astype(dtype)))))
        start = np.random.default_rng(2).normal(size=n).astype(dtype)
        return eigsh(A, 10, which="LA", tol=2e-5 if dtype == "float32" else 1e-6, v0=start, return_eigenvectors=True)[0][::-1].copy()
    return call


@variant(CASES, BOTH, label="jit(jvp of grad)")
def jax_jvp_grad(case, dtype):
    import jax
    import jax.numpy as jnp
    import numpy as np
    ps, f = jax_loss(dtype, "w5")
    h = jax.jit(lambda p, v: jax.jvp(jax.grad(f), (p,), (v,))[1])
    hs = jax.jit(lambda p, V: jax.vmap(lambda v: jax.jvp(jax.grad(f), (p,), (v,))[1])(V))
    return answer(case, dtype, ps, lambda p: lambda v: h(p, v).block_until_ready(),
                  lambda p: lambda V: hs(p, V).block_until_ready(), np.asarray, jnp.asarray)


@variant(CASES, BOTH, label="jit(linearize of grad)")
def jax_linearize(case, dtype):
    import jax
    import jax.numpy as jnp
    import numpy as np
    ps, f = jax_loss(dtype, "w5")
    h = jax.jit(lambda linear, v: linear(v))                       # what does not depend on v is computed once at a point
    hs = jax.jit(lambda linear, V: jax.vmap(linear)(V))

    def at(p, call):
        linear = jax.linearize(jax.grad(f), p)[1]
        return lambda v: call(linear, v).block_until_ready()
    return answer(case, dtype, ps, lambda p: at(p, h), lambda p: at(p, hs), np.asarray, jnp.asarray)


@variant(CASES, BOTH, label="func: jvp of grad")
def torch_jvp_grad(case, dtype):
    import torch
    ps, f = torch_loss(dtype, "w5")
    g = torch.func.grad(f)

    def one(p):
        return lambda v: torch.func.jvp(g, (p,), (v,))[1]

    def many(p):
        return lambda V: torch.func.vmap(one(p))(V)
    return answer(case, dtype, ps, one, many, lambda a: a.numpy(), torch.from_numpy)


if __name__ == "__main__":
    main("w10")

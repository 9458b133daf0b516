"""W4: the nonzeros of the tridiagonal Hessian of the chained Rosenbrock function of 100000 or a million variables.

Finding the structure and colouring it belong to the first call; then values at new points."""
import numpy as np
from measure import load, main, variant
from reference import rosenbrock_bands
from w1_rosenbrock import f


def bands(S):
    """Main and first off diagonal of a SciPy matrix that must be symmetric and tridiagonal."""
    S = S.tocsr()
    S.sum_duplicates()
    d, o = S.diagonal(0), S.diagonal(1)
    assert np.array_equal(o, S.diagonal(-1)) and abs(S).sum() <= np.abs(d).sum() + 2.0001 * np.abs(o).sum()
    return np.concatenate([d, o])


def colours(n):
    """What an expert writes who knows the structure: three colours, three products."""
    i = np.arange(n)
    return i, (i[None] % 3 == np.arange(3)[:, None]).astype(np.float64)


@variant("nonzeros million", label="jit, pattern and colouring found by asdex")
def asdex_jit(case, dtype):
    import asdex
    import jax
    import jax.numpy as jnp
    import scipy.sparse as sp
    import jax_models as m
    ps = [jnp.asarray(p) for p in load("w4_" + case, dtype)]
    h = jax.jit(asdex.hessian_from_coloring(m.rosenbrock, asdex.hessian_coloring(m.rosenbrock, ps[0])))

    def extract(b):
        i = np.asarray(b.indices)
        return bands(sp.coo_array((np.asarray(b.data), (i[:, 0], i[:, 1])), shape=b.shape))
    return lambda k: jax.block_until_ready(h(ps[k % 3])), extract


def casadi_call(kind, case, dtype):
    import casadi as ca
    import scipy.sparse as sp
    ps = list(load("w4_" + case, dtype))
    n = len(ps[0])
    x = kind.sym("x", n)
    H, _ = ca.hessian(ca.sum1(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2), x)
    F = ca.Function("F", [x], [H])
    S = F.sparsity_out(0)
    rows, starts, out = np.array(S.row()), np.array(S.colind()), np.zeros(S.nnz())
    buffer, trigger = F.buffer()
    buffer.set_res(0, memoryview(out))
    views = [memoryview(p) for p in ps]

    def call(k):
        buffer.set_arg(0, views[k % 3])
        trigger()
        return out
    call.keep = F, buffer, ps
    return call, lambda v: bands(sp.csc_array((v, rows, starts), shape=(n, n)))


@variant("nonzeros million", label="SX, virtual machine")
def casadi_sx(case, dtype):
    import casadi as ca
    return casadi_call(ca.SX, case, dtype)


@variant("nonzeros million", label="MX, virtual machine")
def casadi_mx(case, dtype):
    import casadi as ca
    return casadi_call(ca.MX, case, dtype)


@variant("nonzeros million", label="jit, coloured by hand")
def jax_coloured_by_hand(case, dtype):
    import jax
    import jax.numpy as jnp
    import jax_models as m
    ps = [jnp.asarray(p) for p in load("w4_" + case, dtype)]
    i, seeds = colours(len(ps[0]))
    seeds = jnp.asarray(seeds)

    @jax.jit
    def h(x):
        c = jax.vmap(lambda v: jax.jvp(jax.grad(m.rosenbrock), (x,), (v,))[1])(seeds)
        return jnp.concatenate([c[i % 3, i], c[i[1:] % 3, i[:-1]]])
    return lambda k: h(ps[k % 3]).block_until_ready()


@variant("nonzeros million", label="coloured by hand")
def torch_coloured_by_hand(case, dtype):
    import torch
    ps = [torch.from_numpy(p) for p in load("w4_" + case, dtype)]
    i, seeds = colours(len(ps[0]))
    seeds = [torch.from_numpy(s) for s in seeds]
    own, following, at = torch.from_numpy(i % 3), torch.from_numpy(i[1:] % 3), torch.from_numpy(i)

    def call(k):
        x = ps[k % 3].requires_grad_()
        g, = torch.autograd.grad(f(x), x, create_graph=True)
        c = torch.stack([torch.autograd.grad(g, x, s, retain_graph=True)[0] for s in seeds])
        return torch.cat([c[own, at], c[following, at[:-1]]])
    return call


@variant("nonzeros million", label="coloured by hand")
def paddle_coloured_by_hand(case, dtype):
    import paddle
    ps = [paddle.to_tensor(p, stop_gradient=False) for p in load("w4_" + case, dtype)]
    i, seeds = colours(ps[0].shape[0])
    seeds = [paddle.to_tensor(s) for s in seeds]

    def call(k):
        x = ps[k % 3]
        g, = paddle.grad(f(x), x, create_graph=True)
        c = np.stack([paddle.grad(g, x, s, retain_graph=True)[0].numpy() for s in seeds])
        return np.concatenate([c[i % 3, i], c[i[1:] % 3, i[:-1]]])
    return call


@variant("nonzeros million", label="NumPy")
def handwritten_numpy(case, dtype):
    ps = load("w4_" + case, dtype)
    return lambda k: np.concatenate(rosenbrock_bands(ps[k % 3]))


if __name__ == "__main__":
    main("w4")

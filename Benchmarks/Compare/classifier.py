"""The mean cross-entropy of a tanh classifier with one hidden layer, in each system: W3, W5 and W8 ("mlp").

Each function gives (points, loss)."""
import numpy as np
from measure import load
from reference import layers


def data(dtype, workload):
    return (load(workload + "_X", dtype), load(workload + "_labels"), load(workload + "_points", dtype),
            [int(n) for n in load(workload + "_sizes")])


def one_hot(labels, X, sizes):
    return np.eye(sizes[-1], dtype=X.dtype)[labels]


def paddle_loss(dtype, workload):
    import paddle                        # cross_entropy, log_softmax, logsumexp and mean() raise in hessian: spelled out
    X, labels, ps, sizes = data(dtype, workload)
    Xt, Y = paddle.to_tensor(X), paddle.to_tensor(one_hot(labels, X, sizes))

    def f(p):
        (W1, b1), (W2, b2) = layers(p, sizes)
        z = paddle.tanh(Xt @ W1 + b1) @ W2 + b2
        return (paddle.log(paddle.exp(z).sum(-1)).sum() - (Y * z).sum()) / len(X)
    return [paddle.to_tensor(p, stop_gradient=False) for p in ps], f


def torch_loss(dtype, workload):
    import torch
    X, labels, ps, sizes = data(dtype, workload)
    Xt, lt = torch.from_numpy(X), torch.from_numpy(labels.astype(np.int64))

    def f(p):
        (W1, b1), (W2, b2) = layers(p, sizes)
        return torch.nn.functional.cross_entropy(torch.tanh(Xt @ W1 + b1) @ W2 + b2, lt)
    return [torch.from_numpy(p) for p in ps], f


def jax_loss(dtype, workload):
    import jax.numpy as jnp
    import jax_models as m
    X, labels, ps, sizes = data(dtype, workload)
    return [jnp.asarray(p) for p in ps], m.classifier_loss(sizes, X, labels)


def autograd_loss(dtype, workload):
    import autograd.numpy as anp
    from autograd.scipy.special import logsumexp
    X, labels, ps, sizes = data(dtype, workload)
    Y = one_hot(labels, X, sizes)

    def f(p):
        (W1, b1), (W2, b2) = layers(p, sizes)
        z = anp.dot(anp.tanh(anp.dot(X, W1) + b1), W2) + b2
        return anp.mean(logsumexp(z, axis=1) - anp.sum(Y * z, axis=1))
    return list(ps), f


def casadi_loss(dtype, workload):
    """(points, symbol, loss): CasADi builds expressions, and is column major."""
    import casadi as ca
    X, labels, ps, sizes = data(dtype, workload)
    a, b, c = sizes
    p = ca.MX.sym("p", ps.shape[1])
    o = a * b
    W1, b1 = ca.reshape(p[:o], b, a).T, p[o:o + b].T
    o += b
    W2, b2 = ca.reshape(p[o:o + b * c], c, b).T, p[o + b * c:].T
    z = ca.mtimes(ca.tanh(ca.mtimes(ca.DM(X), W1) + ca.repmat(b1, len(X), 1)), W2) + ca.repmat(b2, len(X), 1)
    Y = ca.DM(one_hot(labels, X, sizes))
    return ps, p, (ca.sum1(ca.log(ca.sum2(ca.exp(z)))) - ca.sum1(ca.sum2(Y * z))) / len(X)

"""The functions of the workloads for JAX and what builds on it."""
import jax
import jax.numpy as jnp
import numpy as np
from reference import REGULARISATION, layers


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def logistic(w, X, t):
    return jnp.mean(jax.nn.softplus(-t * (X @ w))) + 0.5 * REGULARISATION * jnp.sum(w * w)


def softplus_sum(x, A):
    return jnp.sum(jax.nn.softplus(A @ x))


def small(x, A):
    return jnp.sum(jnp.exp(x) * jnp.sin(jnp.roll(x, 1))) + 0.5 * (x @ (A @ x))


def network(p, x, sizes):
    *hidden, (W, b) = layers(p, sizes)
    for V, c in hidden:
        x = jnp.tanh(x @ V + c)
    return x @ W + b


def classifier_loss(sizes, X, labels):
    Y = np.eye(sizes[-1], dtype=X.dtype)[labels]
    return lambda p: -jnp.mean(jnp.sum(Y * jax.nn.log_softmax(network(p, X, sizes)), axis=-1))

"""Float64 reference values, by formulas derived by hand: they need NumPy alone and none of the systems compared."""
import numpy as np

REGULARISATION = 1e-3                    # of W2


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def layers(p, sizes):
    """A flat parameter vector as (weights, bias) pairs: W1 (row major, inputs x outputs), b1, W2, b2, ..."""
    result, o = [], 0
    for a, b in zip(sizes[:-1], sizes[1:]):
        result.append((p[o:o + a * b].reshape([a, b]), p[o + a * b:o + a * b + b]))
        o += a * b + b
    return result


def parameter_count(sizes):
    return sum(a * b + b for a, b in zip(sizes[:-1], sizes[1:]))


def rosenbrock_bands(x):
    """Main and first off diagonal of the Hessian of sum(100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2)."""
    d = np.zeros_like(x)
    d[:-1] += 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    d[1:] += 200
    return d, -400 * x[:-1]


def rosenbrock_dense(x):
    d, o = rosenbrock_bands(x)
    return np.diag(d) + np.diag(o, 1) + np.diag(o, -1)


def logistic_hessian(X, t, w):
    s = sigmoid(X @ w)
    return (X.T * (s * (1 - s))) @ X / len(t) + REGULARISATION * np.eye(len(w))


def largest_eigenvalues(product, n, wanted):
    """By Lanczos' method with full orthogonalization, without a restart, from the largest down."""
    steps = min(n, 300)
    basis = np.zeros((steps, n))
    v = np.random.default_rng(1).normal(size=n)
    a, b = np.zeros(steps), np.zeros(steps)
    for k in range(steps):
        basis[k] = v / np.linalg.norm(v)
        v = product(basis[k])
        a[k] = v @ basis[k]
        for _ in range(2):
            v = v - basis[:k + 1].T @ (basis[:k + 1] @ v)
        b[k] = np.linalg.norm(v)
    return np.linalg.eigvalsh(np.diag(a) + np.diag(b[:-1], 1) + np.diag(b[:-1], -1))[::-1][:wanted]


def classifier_products(p, V, X, labels, sizes):
    """Hessian products of a one-hidden-layer tanh classifier's mean cross-entropy, one for each row of V.

    Pearlmutter's R operator (Neural Computation 6, 1994) applied to the backward pass, written out.
    """
    n = len(X)
    (W1, _), (W2, _) = layers(p, sizes)
    (_, b1), (_, b2) = layers(p, sizes)
    h = np.tanh(X @ W1 + b1)
    z = h @ W2 + b2
    q = np.exp(z - z.max(1, keepdims=True))
    q /= q.sum(1, keepdims=True)
    g = (q - np.eye(sizes[-1])[labels]) / n
    s = 1 - h * h
    gh = g @ W2.T
    out = np.empty_like(V)
    for row, v in zip(out, V):
        (V1, c1), (V2, c2) = layers(v, sizes)
        rh = s * (X @ V1 + c1)
        rz = rh @ W2 + h @ V2 + c2
        rg = q * (rz - (q * rz).sum(1, keepdims=True)) / n
        ra = s * (rg @ W2.T + g @ V2.T) - 2 * gh * h * rh
        parts = X.T @ ra, ra.sum(0), rh.T @ g + h.T @ rg, rg.sum(0)
        row[:] = np.concatenate([a.ravel() for a in parts])
    return out


def classifier_diagonal(p, X, labels, sizes):
    """The diagonal of the same Hessian by a handful of small matrix products."""
    n = len(X)
    (W1, b1), (W2, b2) = layers(p, sizes)
    h = np.tanh(X @ W1 + b1)
    z = h @ W2 + b2
    q = np.exp(z - z.max(1, keepdims=True))
    q /= q.sum(1, keepdims=True)
    d = q * (1 - q) / n                                    # diagonal of the softmax Hessian
    s = 1 - h * h
    g = ((q - np.eye(sizes[-1], dtype=X.dtype)[labels]) / n) @ W2.T
    curvature = (q @ (W2 * W2).T - (q @ W2.T) ** 2) / n    # W2 (diag q - q q') W2', diagonal
    k = curvature * s * s + g * (-2 * h * s)
    return np.concatenate([((X * X).T @ k).ravel(), k.sum(0), ((h * h).T @ d).ravel(), d.sum(0)])


def batched_hessian(x, A):
    """f(x) = sum(exp(x) * sin(roll(x, 1))) + 0.5 x.A x, one Hessian for each row of x."""
    B, n = x.shape
    H = np.broadcast_to(0.5 * (A + A.T), (B, n, n)).copy()
    y = np.roll(x, 1, axis=1)
    i = np.arange(n)
    p = (i - 1) % n                                        # roll(x)[i] = x[i - 1]
    H[:, i, i] += np.exp(x) * np.sin(y)
    H[:, p, p] -= np.exp(x) * np.sin(y)
    H[:, i, p] += np.exp(x) * np.cos(y)
    H[:, p, i] += np.exp(x) * np.cos(y)
    return H


def network_laplacian(x, p, sizes):
    """Laplacian in x of a scalar tanh network: value, derivatives and Laplacian in one forward sweep
    (Li et al. 2023, "Forward Laplacian")."""
    (W, b), *rest = layers(p, sizes)
    z, dz, lz = x @ W + b, [W[i] for i in range(sizes[0])], 0
    for W, b in rest:
        y = np.tanh(z)
        d1 = 1 - y * y
        d2 = -2 * y * d1
        lap = d1 * lz + d2 * sum(d ** 2 for d in dz)
        dz = [(d1 * d) @ W for d in dz]
        z, lz = y @ W + b, lap @ W
    return lz[:, 0]


def softplus_diagonal(A, x):
    s = sigmoid(A @ x)
    return np.einsum("ij,ij,i->j", A, A, s * (1 - s))


def orbit(start, steps=10000, dt=1e-4):
    """Value, gradient and Hessian of the squared end of W11's orbit: both derivatives of the state go along."""
    s, D, E = np.array(start), np.eye(3), np.zeros((3, 3, 3))
    T = np.zeros((3, 3, 3))                              # second derivatives of a step: x z and x y
    T[1, 0, 2] = T[1, 2, 0] = -dt
    T[2, 0, 1] = T[2, 1, 0] = dt
    for _ in range(steps):
        x, y, z = s
        J = np.eye(3) + dt * np.array([[-10, 10, 0], [28 - z, -1, -x], [y, x, -8 / 3]])
        E = np.einsum("ab,bij->aij", J, E) + np.einsum("abc,bi,cj->aij", T, D, D)
        D = J @ D
        s = s + dt * np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])
    return s @ s, 2 * D.T @ s, 2 * (D.T @ D + np.einsum("a,aij->ij", s, E))


def network_gradient(p, inputs):
    """Gradient of W11's recurrent network, back through its steps."""
    steps, batch, width = inputs.shape
    W, U = p[:width * width].reshape(width, width), p[width * width:2 * width * width].reshape(width, width)
    b = p[2 * width * width:]
    h = [np.zeros((batch, width))]
    for x in inputs:
        h.append(np.tanh(x @ W + h[-1] @ U + b))
    dW, dU, db, back = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b), 2 * h[-1]
    for k in reversed(range(steps)):
        inner = back * (1 - h[k + 1] ** 2)
        dW, dU, db, back = dW + inputs[k].T @ inner, dU + h[k].T @ inner, db + inner.sum(0), inner @ U.T
    return np.concatenate([dW.ravel(), dU.ravel(), db])


def brusselator_jacobian(c):
    """The Jacobian of W12 as a matrix of compressed rows with sorted columns."""
    from scipy.sparse import bmat, coo_matrix, diags
    (u, v), n = c, c.shape[-1]
    at = np.arange(n * n).reshape(n, n)
    near = [(at.ravel(), np.roll(at, by, axis).ravel()) for by in (1, -1) for axis in (0, 1)]
    rows, columns = (np.concatenate(a) for a in zip(*near))
    spread = 0.5 * coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(n * n, n * n)) - diags(np.full(n * n, 2.0))
    u, v = u.ravel(), v.ravel()
    J = bmat([[spread + diags(2 * u * v - 4.4), diags(u * u)], [diags(3.4 - 2 * u * v), spread - diags(u * u)]]).tocsr()
    J.sort_indices()
    return J


def arm_hessian(q):
    """Hessians of W13: of joints that turn the rest of an arm about their axes, of which two turn one after the other."""
    batch = len(q)
    frame, origin = np.broadcast_to(np.eye(3), (batch, 3, 3)), np.zeros((batch, 3))
    axes, origins = [], []
    for joint in range(6):
        c, s, zero, one = np.cos(q[:, joint]), np.sin(q[:, joint]), np.zeros(batch), np.ones(batch)
        turn = [[c, -s, zero], [s, c, zero], [zero, zero, one]] if joint % 2 == 0 else [[c, zero, s], [zero, one, zero], [-s, zero, c]]
        axes.append(frame[:, :, 2] if joint % 2 == 0 else frame[:, :, 1])
        origins.append(origin)
        frame = frame @ np.moveaxis(np.array(turn), 2, 0)
        origin = origin + frame[:, :, 0]
    error = origin - np.array([1, 2, 1])
    slopes = [np.cross(a, origin - o) for a, o in zip(axes, origins)]
    H = np.empty((batch, 6, 6))
    for i in range(6):
        for j in range(i, 6):
            second = np.cross(axes[i], slopes[j])
            H[:, i, j] = H[:, j, i] = 2 * ((slopes[i] * slopes[j]).sum(1) + (error * second).sum(1))
    return H

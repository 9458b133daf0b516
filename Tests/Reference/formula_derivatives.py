#!/usr/bin/env python3
"""Writes formula_derivatives.json: derivatives of formulas by another system.

Needs jax (made with 0.10.2) and numpy. Run it in this directory. Each case names a variable and a formula in it, whose text
is evaluated here by JAX and in the tests by the formula language. The derivatives are those of the sum of its elements
times weights sin(1 + k); the third one is taken three times along the direction cos(1 + 2k), k counting elements.
"""

import itertools
import json

import jax
import jax.numpy as jnp
import jax.scipy as jsp
import numpy as np

jax.config.update("jax_enable_x64", True)

NAMES = dict(
    x="array([0.5, -1.5, 2.0, 0.25])", y="array([1.5, 0.75, -0.5, 3.0])", p="array([0.2, 0.5, 0.9, 0.1])",
    n="array([3, 0, 2])", m="array([True, False, True, True])",
    A="array([[1.0, 2.0, -0.5], [0.25, -1.0, 3.0]])", B="array([[0.5, 1.5], [2.0, -1.0], [1.0, 0.0]])",
    C="array([[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 4.0]])",
    S="array([[0.0, 2.0, -1.0], [1.0, 0.5, 3.0], [-2.0, 1.0, 0.25]])",
    G="array([[0.31, -0.62], [0.73, 0.14], [-0.27, 0.58]])", z="array([0.7, -1.1, 0.2, 1.3, -0.4, 2.1])",
    V="sin(arange(12.0)).reshape(1, 2, 6)", W="cos(arange(12.0)).reshape(2, 2, 3)",
    I="sin(3.0 * arange(16.0)).reshape(1, 1, 4, 4)", K="cos(2.0 * arange(8.0)).reshape(2, 1, 2, 2)",
    Q="sin(arange(8.0)).reshape(1, 2, 2, 2)", D="cos(arange(4.0)).reshape(1, 1, 2, 2)",
    L="log(array([0.2, 0.5, 0.9, 0.1]))",
)

CASES = """
x: x * y - x / y + 2 * x
y: x / y
p: p ** y
y: p ** y
x: x % y
x: arctan2(x, y)
y: arctan2(x, y)
x: hypot(x, y)
x: logaddexp(x, y)
x: logaddexp2(x, y)
x: lerp(x, y, p)
p: lerp(x, y, p)
x: fma(x, y, x)
x: frac(x) * x
x: clip(x, -1, 1) ** 3
x: where(x > 0.3, sin(x), x ** 2)
x: copysign(x, y) * x
x: heaviside(x, 0.5) * x ** 3
x: nan_to_num(x) ** 2
x: maximum(x, y) * minimum(x, 0.3) * x
p: xlogy(p, y + 1) + xlog1py(p, p) + entr(p) + rel_entr(p, p + 1)
x: sigmoid(x) + softplus(x) * log_sigmoid(x)
p: logit(p)
x: relu(x) ** 3 + relu6(5 * x) ** 2 + leaky_relu(x) * x
x: elu(x) * selu(x) + celu(x, alpha=2.0)
x: gelu(x) + gelu(x, approximate=False)
x: silu(x) + mish(x) + soft_sign(x)
x: hard_tanh(x) * x + hard_sigmoid(x) * x + hard_swish(x)
x: softshrink(x) ** 3 + hardshrink(x) ** 3 + tanhshrink(x)
x: prelu(x, 0.3) ** 3
x: prelu(x.reshape(2, 2), y[:2]) ** 2
y: prelu(x.reshape(2, 2), y[:2]) ** 2
x: glu(x) + glu(x.reshape(2, 2), axis=0).sum()
x: sinc(x)
A: sum(A, axis=0) ** 3
A: mean(A, axis=1) ** 3
A: prod(A, axis=1)
A: max(A, axis=0) ** 3 + min(A, axis=0) ** 2
A: var(A, axis=1) + std(A, axis=1)
A: norm(A, axis=1)
x: norm(x, 3) + norm(x, 1) * norm(x, inf)
A: norm(A, 'fro')
A: median(A, axis=1) ** 3
x: median(x) ** 3
A: quantile(A, 0.3) ** 3
x: kthvalue(x, 2) ** 3
x: sort(x) ** 3
x: topk(x, 3)[0] ** 3
x: cumsum(x) ** 3
x: cumprod(x)
x: cummax(x) ** 3 + cummin(x) ** 2
x: logcumsumexp(x)
x: logsumexp(x) + logsumexp(x.reshape(2, 2), axis=1)
A: softmax(A, axis=1) + log_softmax(A, axis=1)
x: nansum(x ** 3)
x: trapezoid(x ** 3, dx=0.5)
x: diff(x, n=2) ** 3
A: A.T[::-1] ** 3
A: flip(A, axis=1) ** 3 + roll(A, 1, axis=1) ** 2
x: tile(x, 2) ** 3
x: repeat(x, 2) ** 3
A: concatenate([A, A ** 3], axis=1) * stack([A, A], axis=1).reshape(2, 6)
x: split(x, 2)[1] ** 3
A: pad(A, ((1, 0), (0, 2)), constant_values=7) ** 3
x: pad(x, (2, 1), mode='edge') ** 3
x: pad(x, (2, 1), mode='reflect') ** 3
C: tril(C) ** 3 + triu(C, k=1) ** 2
x: diag(x) @ diag(x) @ diag(x)
C: diagonal(C, offset=1) ** 3 + trace(C) ** 3
x: meshgrid(x, x)[0] * meshgrid(x, x)[1]
A: rot90(A) ** 3
A: squeeze(expand_dims(A, 0)) ** 3
A: moveaxis(A, 0, 1) ** 3 + swapaxes(A, 0, 1)
x: broadcast_to(x, (2, 4)) ** 3
x: unfold1(x) ** 3
I: unfold(I, (2, 3), stride=1, padding=1) ** 2
x: fold(x.reshape(1, 1, 4), (3, 2), (1, 1), stride=(2, 1)) ** 3
z: fold(concatenate([z, z ** 2]).reshape(1, 4, 3), (2, 4), 2) ** 2
x: take(x, array([0, 2, -1, 0])) ** 3
A: take(A, array([1, 0, 1]), axis=0) ** 3
A: take_along_axis(A, array([[2, 2], [0, 1]]), axis=1) ** 3
A: put_along_axis(A, array([[2], [0]]), A[:, :1] ** 2, axis=1) ** 2
x: scatter_add(x, array([0, 2, 0]), x[:3] ** 2, axis=0) ** 2
A: index_add(A, array([1, 1]), A ** 2, axis=0) ** 2
x: masked_fill(x, m, 0.3) ** 3
x: masked_fill(x, m, x[0] ** 2) * x
x: x[m] ** 3
x: segment_sum(x ** 2, array([1, 0, 1, 2]), 4) ** 2
A: embedding(array([1, 0, 1]), A) ** 3
A: dynamic_slice(A, (1, 1), (1, 2)) ** 3
A: dynamic_update_slice(A, A[:1, :2] ** 2, (1, 2)) ** 2
x: dot(x, y) ** 3 + vdot(x, x)
A: A @ B @ A
B: einsum('ij,jk,kl->il', B, A, B)
A: inner(A, A) + tensordot(A, A, axes=([1], [1]))
x: outer(x, x) @ x
A: kron(A, A[:1] ** 2)
z: cross(z[:3], z[3:] ** 2)
G: cdist(G, B[:, ::-1])
G: cdist(G, B, p=3.0)
G: cdist(G[:1], B, p=1.0) ** 3
A: cosine_similarity(A, A[::-1] ** 2)
V: conv1d(V, W) ** 2
W: conv1d(V, W, stride=2, padding=1, dilation=2) ** 2
V: conv1d(V, W[:, :1], groups=2) ** 2
I: conv2d(I, K, stride=(1, 2), padding=(0, 1)) ** 2
K: conv2d(I, K, dilation=(2, 1)) ** 3
Q: conv3d(Q[None], Q[None, :, :1, :, :1], padding=1) ** 2
W: conv_transpose1d(V, W) ** 2
V: conv_transpose1d(V, W, stride=2, padding=1) ** 2
K: conv_transpose2d(Q, K, stride=(2, 1)) ** 2
Q: conv_transpose3d(Q[None], Q[None, :, :1], stride=(1, 2, 1))
V: max_pool1d(V, 2) ** 3
I: max_pool2d(I, 2, stride=1, padding=1) ** 3
Q: max_pool3d(Q[None], 2) ** 3
V: avg_pool1d(V, 3, stride=2, padding=1) ** 3
I: avg_pool2d(I, (3, 2)) ** 3
Q: avg_pool3d(Q[None], (1, 2, 2)) ** 3
I: lp_pool2d(I + 0.1, 3, 2)
V: lp_pool1d(V, 2, 3, stride=1)
V: adaptive_avg_pool1d(V, 4) ** 3
I: adaptive_avg_pool2d(I, (3, 2)) ** 3
V: adaptive_max_pool1d(V, 4) ** 3
I: adaptive_max_pool2d(I, (2, 3)) ** 3
V: interpolate(V, 9) ** 3
V: interpolate(V, 9, mode='linear') ** 3
I: interpolate(I, (5, 3), mode='bilinear', align_corners=True) ** 3
I: interpolate(I, 6, mode='bicubic') ** 2
I: grid_sample(I, G.reshape(1, 1, 3, 2)) ** 3
G: grid_sample(I, G.reshape(1, 1, 3, 2)) ** 3
G: grid_sample(I, 1.6 * G.reshape(1, 3, 1, 2), align_corners=True)
A: layer_norm(A, (3,), weight=array([1.5, 0.5, 2.0]), bias=array([1.0, 2.0, 3.0]))
V: batch_norm(V, training=True, weight=array([1.5, 0.5]))
Q: group_norm(Q.reshape(1, 4, 2), 2)
V: instance_norm(V)
A: rms_norm(A, (3,), weight=array([1.5, 0.5, 2.0]))
x: dropout(x, m, p=0.25) ** 3
A: scaled_dot_product_attention(A, C[:2], B[:2])
C: scaled_dot_product_attention(C, C, C, is_causal=True)
A: cross_entropy(A, array([2, 0])) ** 2
A: cross_entropy(A, softmax(A[::-1]), reduction='sum')
A: nll_loss(A ** 3, array([1, 1]), reduction='none')
x: mse_loss(x ** 2, y) + l1_loss(x, y) ** 2 + huber_loss(x, y, delta=0.7) + smooth_l1_loss(x, y, beta=0.9)
p: binary_cross_entropy(p, p[::-1]) + binary_cross_entropy_with_logits(p, y / 5)
L: kl_div(L, exp(L[::-1]), reduction='sum')
A: cosine_embedding_loss(A, A[::-1] ** 2, array([1.0, -1.0]), margin=-0.5)
z: fft(z.reshape(3, 2) ** 2) ** 2
z: ifft(z.reshape(3, 2) ** 2) ** 2
z: rfft(z ** 2) ** 2
z: irfft(rfft(z) ** 2) ** 2
A: scan(lambda c, r: (tanh(c * r + 0.5), c * c * r), array([0.5, -1.0, 2.0]), A)[1]
x: scan(lambda c, r: (c + sin(c * r), None), 0.3, x)[0] * x
x: scan(lambda c, r: ((c[0] * c[1], c[1] + r), c[0] * r), (1.0, 0.5), x, reverse=True)[1]
x: fori_loop(1, 5, lambda i, c: sin(c) + 0.1 * i * x, x)
C: map(lambda r: exp(-(r @ S @ r)) * r, C)
y: root(lambda v: v ** 3 + v - y, zeros(4))
x: fixed_point(lambda v: 0.5 * cos(v) + x, zeros(4))
"""


def each(value, axes):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes


def convolution(axes):
    def function(x, w, stride=1, padding=0, dilation=1, groups=1):
        return jax.lax.conv_general_dilated(
            x, w, each(stride, axes), [(p, p) for p in each(padding, axes)], rhs_dilation=each(dilation, axes),
            feature_group_count=groups)
    return function


def transposed_convolution(axes):
    def function(x, w, stride=1, padding=0):
        stride, padding = each(stride, axes), each(padding, axes)
        extents = [(k - 1) * s + e - 2 * p for k, s, e, p in zip(x.shape[2:], stride, w.shape[2:], padding)]
        whole = jnp.zeros((x.shape[0], w.shape[1], *extents))
        return jax.vjp(lambda v: convolution(axes)(v, w, stride, padding), whole)[1](x)[0]
    return function


def windows(x, axes, size, stride, padding, fill):
    """The windows of the last axes, flattened into a new last axis."""
    x = jnp.pad(x, [(0, 0)] * (x.ndim - axes) + [(p, p) for p in padding], constant_values=fill)
    counts = [(k - e) // s + 1 for k, e, s in zip(x.shape[-axes:], size, stride)]
    parts = []
    for place in itertools.product(*map(range, size)):
        cut = tuple(slice(o, o + (c - 1) * s + 1, s) for o, c, s in zip(place, counts, stride))
        parts.append(x[(Ellipsis, *cut)])
    return jnp.stack(parts, axis=-1)


def pool(axes, reduce, fill=0.0):
    def function(x, kernel_size, stride=None, padding=0):
        size = each(kernel_size, axes)
        return reduce(windows(x, axes, size, each(kernel_size if stride is None else stride, axes),
                              each(padding, axes), fill), -1)
    return function


def power_pool(axes):
    return lambda x, norm_type, kernel_size, stride=None: pool(
        axes, lambda w, axis: jnp.sum(jnp.abs(w) ** norm_type, axis) ** (1 / norm_type))(x, kernel_size, stride)


def adaptive_pool(axes, reduce):
    def function(x, output_size):
        counts, lead = each(output_size, axes), x.ndim - axes
        bounds = [[(i * k // c, -(-(i + 1) * k // c)) for i in range(c)] for k, c in zip(x.shape[lead:], counts)]
        rows = [reduce(x[(Ellipsis, *(slice(*b) for b in place))], axis=tuple(range(lead, x.ndim)))
                for place in itertools.product(*bounds)]
        return jnp.stack(rows, axis=-1).reshape(x.shape[:lead] + counts)
    return function


def unfold(x, kernel_size, stride=1, padding=0):
    cut = windows(x, 2, each(kernel_size, 2), each(stride, 2), each(padding, 2), 0.0)
    return jnp.moveaxis(cut, -1, 2).reshape(x.shape[0], -1, cut.shape[2] * cut.shape[3])


def fold(columns, extents, kernel_size, stride=1):
    channels = columns.shape[1] // int(np.prod(each(kernel_size, 2)))
    whole = jnp.zeros((columns.shape[0], channels, *extents))
    return jax.vjp(lambda v: unfold(v, kernel_size, stride), whole)[1](columns)[0]


def interpolate(x, size, mode="nearest", align_corners=False):
    axes = {"nearest": max(1, x.ndim - 2), "linear": 1, "bilinear": 2, "bicubic": 2}[mode]

    def cubic(t):
        a, t = -0.75, abs(t)
        if t <= 1:
            return (a + 2) * t**3 - (a + 3) * t**2 + 1
        return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0.0

    for axis, new in zip(range(x.ndim - axes, x.ndim), each(size, axes)):
        old = x.shape[axis]
        weights = np.zeros((new, old))
        for i in range(new):
            if mode == "nearest":
                weights[i, i * old // new] = 1
                continue
            at = i * (old - 1) / (new - 1) if align_corners else (i + 0.5) * old / new - 0.5
            at = at if mode == "bicubic" else max(at, 0)
            for j in range(int(np.floor(at)) - 1, int(np.floor(at)) + 3):
                weights[i, min(max(j, 0), old - 1)] += cubic(at - j) if mode == "bicubic" else max(0, 1 - abs(at - j))
        x = jnp.moveaxis(jnp.tensordot(weights, x, ([1], [axis])), 0, axis)
    return x


def grid_sample(x, grid, align_corners=False):
    height, width = x.shape[2:]
    at = lambda v, k: 0.5 * (v + 1) * (k - 1) if align_corners else 0.5 * ((v + 1) * k - 1)
    rows, columns = at(grid[..., 1], height), at(grid[..., 0], width)
    picture = lambda v, r, c: jax.vmap(lambda part: jsp.ndimage.map_coordinates(part, [r, c], 1, "constant"))(v)
    return jax.vmap(picture)(x, rows, columns)


def normalized(x, axes):
    return (x - x.mean(axis=axes, keepdims=True)) / jnp.sqrt(x.var(axis=axes, keepdims=True) + 1e-5)


def reduced(losses, reduction):
    return dict(mean=jnp.mean, sum=jnp.sum, none=jnp.asarray)[reduction](losses)


def cross_entropy(x, target, reduction="mean"):
    logs = jax.nn.log_softmax(x, axis=-1)
    if jnp.issubdtype(target.dtype, jnp.integer):
        target = jax.nn.one_hot(target, x.shape[-1])
    return reduced(-(target * logs).sum(axis=-1), reduction)


def huber(x, y, delta):
    d = jnp.abs(x - y)
    return jnp.mean(jnp.where(d <= delta, d**2 / 2, delta * (d - delta / 2)))


def cosine_similarity(a, b):
    return (a * b).sum(-1) / (jnp.linalg.norm(a, axis=-1) * jnp.linalg.norm(b, axis=-1))


def cosine_embedding_loss(a, b, target, margin):
    c = cosine_similarity(a, b)
    return jnp.mean(jnp.where(target > 0, 1 - c, jax.nn.relu(c - margin)))


def attention(q, k, v, is_causal=False):
    scores = q @ k.T / np.sqrt(q.shape[-1])
    if is_causal:
        scores = jnp.where(np.tril(np.ones(scores.shape)) > 0, scores, -jnp.inf)
    return jax.nn.softmax(scores, axis=-1) @ v


def pairs(v):
    return jnp.stack([v.real, v.imag], axis=-1)


def numbers(v):
    return v[..., 0] + 1j * v[..., 1]


def prelu(x, weight):
    weight = jnp.asarray(weight)
    return jnp.where(x > 0, x, (weight if weight.ndim == 0 else weight.reshape(1, -1)) * x)


def distances(a, b, p=2.0):
    return jnp.sum(jnp.abs(a[:, None] - b[None]) ** p, axis=-1) ** (1 / p)


def causal_sums(x):
    return jnp.stack([jsp.special.logsumexp(x[:i + 1]) for i in range(x.shape[0])])


def channelled(v, x):
    return jnp.asarray(v).reshape([1, -1] + [1] * (x.ndim - 2))


scope = {}
for module in (jnp, jnp.linalg, jsp.special, jax.nn):
    scope.update({name: getattr(module, name) for name in dir(module) if name[0] != "_" and name not in scope})
for n in (1, 2, 3):
    scope.update({
        f"conv{n}d": convolution(n), f"conv_transpose{n}d": transposed_convolution(n),
        f"max_pool{n}d": pool(n, jnp.max, -jnp.inf), f"avg_pool{n}d": pool(n, jnp.mean), f"lp_pool{n}d": power_pool(n),
        f"adaptive_avg_pool{n}d": adaptive_pool(n, jnp.mean), f"adaptive_max_pool{n}d": adaptive_pool(n, jnp.max)})
scope.update(
    sum=jnp.sum, max=jnp.max, min=jnp.min, abs=jnp.abs, pow=jnp.power, inf=jnp.inf,
    softmax=jax.nn.softmax, log_softmax=jax.nn.log_softmax, logsumexp=jsp.special.logsumexp, sinc=jnp.sinc,
    lerp=lambda a, b, t: a + t * (b - a), fma=lambda a, b, c: a * b + c, frac=lambda v: v - jnp.trunc(v),
    softshrink=lambda v: jnp.where(v > 0.5, v - 0.5, jnp.where(v < -0.5, v + 0.5, 0)),
    hardshrink=lambda v: jnp.where(jnp.abs(v) > 0.5, v, 0), tanhshrink=lambda v: v - jnp.tanh(v),
    prelu=prelu, glu=lambda v, axis=-1: jax.nn.glu(v, axis), norm=jnp.linalg.norm,
    kthvalue=lambda v, k: jnp.sort(v)[k - 1], topk=lambda v, k: (-jnp.sort(-v)[:k],),
    cummax=jax.lax.cummax, cummin=jax.lax.cummin, logcumsumexp=causal_sums,
    unfold1=lambda v: jnp.stack([v[:3], v[1:]]).reshape(1, 2, 3), unfold=unfold, fold=fold,
    put_along_axis=lambda v, i, w, axis: jnp.put_along_axis(v, i, w, axis, inplace=False),
    scatter_add=lambda v, i, w, axis: v.at[i].add(w), index_add=lambda v, i, w, axis: v.at[i].add(w),
    masked_fill=lambda v, mask, value: jnp.where(mask, value, v),
    segment_sum=jax.ops.segment_sum, embedding=lambda i, w: w[i],
    dynamic_slice=jax.lax.dynamic_slice, dynamic_update_slice=jax.lax.dynamic_update_slice,
    cdist=distances, cosine_similarity=cosine_similarity, interpolate=interpolate, grid_sample=grid_sample,
    layer_norm=lambda v, shape, weight, bias: normalized(v, (-1,)) * weight + bias,
    batch_norm=lambda v, training, weight: normalized(v, (0, 2)) * channelled(weight, v),
    group_norm=lambda v, groups: normalized(v.reshape(v.shape[0], groups, -1), (2,)).reshape(v.shape),
    instance_norm=lambda v: normalized(v, (2,)),
    rms_norm=lambda v, shape, weight: v / jnp.sqrt((v**2).mean(-1, keepdims=True) + 1e-5) * weight,
    dropout=lambda v, mask, p: jnp.where(mask, v / (1 - p), 0), scaled_dot_product_attention=attention,
    cross_entropy=cross_entropy, nll_loss=lambda v, t, reduction: reduced(-v[jnp.arange(len(t)), t], reduction),
    mse_loss=lambda a, b: jnp.mean((a - b) ** 2), l1_loss=lambda a, b: jnp.mean(jnp.abs(a - b)),
    huber_loss=huber, smooth_l1_loss=lambda a, b, beta: huber(a, b, beta) / beta,
    binary_cross_entropy=lambda v, t: jnp.mean(-t * jnp.log(v) - (1 - t) * jnp.log1p(-v)),
    binary_cross_entropy_with_logits=lambda v, t: jnp.mean(jax.nn.softplus(v) - t * v),
    kl_div=lambda v, t, reduction: reduced(t * (jnp.log(t) - v), reduction),
    cosine_embedding_loss=cosine_embedding_loss,
    fft=lambda v: pairs(jnp.fft.fft(numbers(v))), ifft=lambda v: pairs(jnp.fft.ifft(numbers(v))),
    rfft=lambda v: pairs(jnp.fft.rfft(v)), irfft=lambda v: jnp.fft.irfft(numbers(v)),
)


def root(f, start):
    value = start
    for _ in range(12):
        value = value - jnp.linalg.solve(jax.jacfwd(f)(value), f(value))
    return value


scope.update(
    scan=jax.lax.scan, fori_loop=jax.lax.fori_loop, map=jax.lax.map, root=root,
    fixed_point=lambda f, start: root(lambda v: v - f(v), start),
)
for name, text in NAMES.items():
    scope[name] = eval(text, scope)

rows = []
for line in CASES.strip().split("\n"):
    variable, formula = line.split(": ", 1)
    start = scope[variable]
    text = formula.replace("unfold1(x)", "unfold(x.reshape(1, 1, 4), 2)")
    code = compile(formula, formula, "eval")

    def total(flat):
        value = jnp.asarray(eval(code, dict(scope, **{variable: flat.reshape(start.shape)})))
        return jnp.sum(jnp.ravel(value) * jnp.sin(1.0 + jnp.arange(value.size)))

    along = jnp.cos(1.0 + 2.0 * jnp.arange(start.size))

    def third(flat):
        derivative = total
        for _ in range(3):
            derivative = (lambda f: lambda v: jax.jvp(f, (v,), (along,))[1])(derivative)
        return derivative(flat)

    flat = jnp.ravel(start)
    listed = lambda v: [float(e) for e in np.ravel(v)]
    row = dict(
        variable=variable, formula=text, value=float(total(flat)), gradient=listed(jax.grad(total)(flat)),
        hessian=listed(jax.jacfwd(jax.grad(total))(flat)), third=float(third(flat)))
    bad = [k for k in ("value", "gradient", "hessian", "third") if not np.all(np.isfinite(np.ravel(row[k])))]
    if bad:
        print(formula, "is not finite in", bad)
    rows.append(row)

with open("formula_derivatives.json", "w") as file:
    file.write('{"names": %s,\n"rows": [\n' % json.dumps(NAMES))
    file.write(",\n".join(json.dumps(row) for row in rows))
    file.write("\n]}\n")

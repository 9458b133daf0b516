"""Operations of neural networks by their definitions, one element at a time: what `make_formulas.py` compares with."""
import itertools

import numpy as np
import scipy.special


def each(value, axes):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes


def convolve(axes):
    def conv(x, w, stride=1, padding=0, dilation=1, groups=1):
        if x.ndim == axes + 1:
            return conv(x[None], w, stride, padding, dilation, groups)[0]
        stride, padding, dilation = each(stride, axes), each(padding, axes), each(dilation, axes)
        x = np.pad(x, [(0, 0), (0, 0)] + [(p, p) for p in padding])
        kernel = w.shape[2:]
        out = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation)]
        y = np.zeros([x.shape[0], w.shape[0]] + out)
        per_group = w.shape[0] // groups
        for b, o in itertools.product(range(x.shape[0]), range(w.shape[0])):
            for place in itertools.product(*map(range, out)):
                for c in range(w.shape[1]):
                    for element in itertools.product(*map(range, kernel)):
                        source = tuple(p * s + e * d for p, s, e, d in zip(place, stride, element, dilation))
                        channel = o // per_group * w.shape[1] + c
                        y[(b, o) + place] += x[(b, channel) + source] * w[(o, c) + element]
        return y

    return conv


def transposed(axes):
    def conv(x, w, stride=1, padding=0):
        if x.ndim == axes + 1:
            return conv(x[None], w, stride, padding)[0]
        stride, padding = each(stride, axes), each(padding, axes)
        full = [(n - 1) * s + k for n, s, k in zip(x.shape[2:], stride, w.shape[2:])]
        y = np.zeros([x.shape[0], w.shape[1]] + full)
        for b, c, o in itertools.product(range(x.shape[0]), range(w.shape[0]), range(w.shape[1])):
            for place in itertools.product(*map(range, x.shape[2:])):
                for element in itertools.product(*map(range, w.shape[2:])):
                    target = tuple(p * s + e for p, s, e in zip(place, stride, element))
                    y[(b, o) + target] += x[(b, c) + place] * w[(c, o) + element]
        return y[(slice(None), slice(None)) + tuple(slice(p, n - p) for p, n in zip(padding, full))]

    return conv


def pool(axes, reduce, fill):
    def pooling(x, kernel_size, stride=None, padding=0):
        size, padding = each(kernel_size, axes), each(padding, axes)
        stride = size if stride is None else each(stride, axes)
        lead = x.ndim - axes
        x = np.pad(x, [(0, 0)] * lead + [(p, p) for p in padding], constant_values=fill)
        out = [(n - k) // s + 1 for n, k, s in zip(x.shape[lead:], size, stride)]
        y = np.zeros(list(x.shape[:lead]) + out)
        for place in itertools.product(*map(range, out)):
            window = tuple(slice(p * s, p * s + k) for p, s, k in zip(place, stride, size))
            y[(Ellipsis,) + place] = reduce(x[(Ellipsis,) + window], axis=tuple(range(-axes, 0)))
        return y

    return pooling


def interpolate(x, size, mode="nearest", align_corners=False):
    axes = {"nearest": max(1, x.ndim - 2), "linear": 1, "bilinear": 2, "bicubic": 2}[mode]
    sizes = each(size, axes)

    def cubic(t):
        a, t = -0.75, abs(t)
        if t <= 1:
            return (a + 2) * t**3 - (a + 3) * t**2 + 1
        return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0.0

    for axis, new in zip(range(x.ndim - len(sizes), x.ndim), sizes):
        x = np.moveaxis(x, axis, 0)
        old = x.shape[0]
        rows = []
        for i in range(new):
            if mode == "nearest":
                rows.append(x[i * old // new])
                continue
            at = i * (old - 1) / (new - 1) if align_corners else (i + 0.5) * old / new - 0.5
            if mode != "bicubic":
                at = max(at, 0)
            base = int(np.floor(at))
            row = 0
            for j in range(base - 1, base + 3):
                weight = cubic(at - j) if mode == "bicubic" else max(0, 1 - abs(at - j))
                row = row + weight * x[min(max(j, 0), old - 1)]
            rows.append(row)
        x = np.moveaxis(np.stack(rows), 0, axis)
    return x


def normalized(x, axes, eps=1e-5):
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + eps)


def layer_norm(x, shape, weight=1.0, bias=0.0):
    return normalized(x, tuple(range(-len(shape), 0))) * weight + bias


def channel(v, x):
    return np.asarray(v).reshape([1, -1] + [1] * (x.ndim - 2))


def batch_norm(x, running_mean=None, running_var=None, weight=1.0, training=False):
    if training:
        return normalized(x, tuple(a for a in range(x.ndim) if a != 1)) * channel(weight, x)
    return (x - channel(running_mean, x)) / np.sqrt(channel(running_var, x) + 1e-5)


def group_norm(x, groups):
    return normalized(x.reshape(x.shape[0], groups, -1), (2,)).reshape(x.shape)


def scaled_dot_product_attention(q, k, v, is_causal=False):
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    if is_causal:
        scores = np.where(np.tril(np.ones(scores.shape)) > 0, scores, -np.inf)
    return scipy.special.softmax(scores, axis=-1) @ v


def reduced(losses, reduction):
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](losses)


def nll_loss(x, target, reduction="mean"):
    return reduced(np.array([-row[t] for row, t in zip(np.atleast_2d(x), np.atleast_1d(target))]), reduction)


def cross_entropy(x, target, reduction="mean"):
    logs = scipy.special.log_softmax(x, axis=-1)
    if np.asarray(target).dtype.kind == "f":
        return reduced(-(target * logs).sum(axis=-1), reduction)
    return nll_loss(logs, target, reduction)


def huber_loss(x, y, delta=1.0):
    d = np.abs(x - y)
    return np.mean(np.where(d <= delta, d**2 / 2, delta * (d - delta / 2)))


def pairs(z):
    return np.stack([z.real, z.imag], axis=-1)


definitions = {f"conv{n}d": convolve(n) for n in (1, 2, 3)}
definitions |= {f"conv_transpose{n}d": transposed(n) for n in (1, 2)}
definitions |= {f"max_pool{n}d": pool(n, np.max, -np.inf) for n in (1, 2)}
definitions |= {f"avg_pool{n}d": pool(n, np.mean, 0) for n in (1, 2)}
definitions |= dict(
    interpolate=interpolate, layer_norm=layer_norm, batch_norm=batch_norm, group_norm=group_norm,
    scaled_dot_product_attention=scaled_dot_product_attention, nll_loss=nll_loss, cross_entropy=cross_entropy,
    huber_loss=huber_loss,
    mse_loss=lambda x, y: np.mean((x - y) ** 2),
    l1_loss=lambda x, y: np.mean(np.abs(x - y)),
    kl_div=lambda x, y, reduction="mean": reduced(y * (np.log(y) - x), reduction),
    binary_cross_entropy_with_logits=lambda x, y: np.mean(
        -y * np.log(1 / (1 + np.exp(-x))) - (1 - y) * np.log(1 - 1 / (1 + np.exp(-x)))),
    fft=lambda x: pairs(np.fft.fft(x[..., 0] + 1j * x[..., 1])),
    ifft=lambda x: pairs(np.fft.ifft(x[..., 0] + 1j * x[..., 1])),
    rfft=lambda x: pairs(np.fft.rfft(x)),
    irfft=lambda x, n=None: np.fft.irfft(x[..., 0] + 1j * x[..., 1], n=n),
)

"""Evaluates formulas with NumPy, SciPy and JAX and writes `formulas.tsv`: formula, shape, elements.

Every formula is Python over these names, so the same text is evaluated here and in the tests.
Run with Python 3 and numpy, scipy and jax installed: `python3 make_formulas.py`.
"""
import json
import os

import jax
import numpy as np
import scipy.linalg
import scipy.special

import slow_definitions

jax.config.update("jax_enable_x64", True)
os.chdir(os.path.dirname(os.path.abspath(__file__)))

DEFINITIONS = (
    "x = array([0.5, -1.5, 2.0, 0.25]); y = array([1.5, 0.75, -0.5, 3.0]); p = array([0.2, 0.5, 0.9, 0.1]); "
    "A = array([[1.0, 2.0, -0.5], [0.25, -1.0, 3.0]]); B = array([[0.5, 1.5], [2.0, -1.0], [1.0, 0.0]]); "
    "C = array([[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 4.0]]); n = array([3, 0, 2]); "
    "T = arange(24.0).reshape(2, 3, 4); m = x > 0.3; W1 = 0.25 * arange(24.0).reshape(2, 3, 4) - 2.5; "
    "W1 = W1[:, :, 1:]; W2 = sin(arange(12.0)).reshape(2, 2, 3, 1); "
    "S = array([[0.0, 2.0, -1.0], [1.0, 0.5, 3.0], [-2.0, 1.0, 0.25]])"
)

FORMULAS = """
x + y
x - 2*y/3
-x**2
2**-x
x // y
x % y
array([7 // 2, -7 // 2, 7 % -3, -7 % 3, 7.5 // -2, 7.5 % -2])
2**10 + 3
n // 2 - n % 2
n / 2
n**2
n**3.0
2**n
abs(x)**y
x @ y
A @ B
T @ ones((4, 2))
x > y
(x > 0) & (y > 0) | ~m
m + (x < 0)
m * (y > 0)
x == x
x[1:]
x[::-1]
x[-1]
x[-3:-1]
x[None, :].T
A[..., 0]
A[:, ::-2]
A[1]
A[[0, 1], [2, 0]]
A[[1, 0, 1]]
T[:, [2, 0], 1]
T[0, :, [1, 3]]
T[..., [0, -1]]
T[0][:, None, 1]
x[m]
x[()] + x[(0,)]
T[:, [True, False, True]]
x[argsort(y)]
A.T
A.shape[0] * A.shape[1] + A.ndim + A.size
T.sum(axis=1)
T.sum(axis=(0, 2), keepdims=True)
sum(x)
sum(m)
mean(A, axis=0)
A.mean()
prod(x)
max(A, axis=1)
A.min(axis=-1, keepdims=True)
var(A)
std(A, axis=1, ddof=1)
median(A, axis=1)
median(x)
quantile(A, 0.3)
quantile(A, [0.25, 0.5], axis=1)
cumsum(A)
cumsum(A, axis=1)
cumprod(x)
sort(x)
sort(A, axis=0)
argsort(x)
argmax(A)
argmax(A, axis=1)
argmin(A, axis=0)
array([any(m), all(m)])
trapezoid(x)
trapezoid(A, dx=0.5, axis=0)
trapezoid(y, x=array([0.0, 1.0, 3.0, 3.5]))
diff(x)
diff(A, axis=1, n=2)
exp(x) + log(p) - sqrt(p) + cbrt(x)
exp2(x) + expm1(x) + log2(p) + log10(p) + log1p(p)
sin(x) + cos(x) * tan(x)
arcsin(p) + arccos(p) + arctan(x)
arctan2(y, x) + hypot(x, y)
sinh(x) + cosh(x) - tanh(x)
arcsinh(x) + arccosh(p + 1) + arctanh(p)
floor(x) + ceil(y) - round(3 * x) + trunc(y)
round(x * 1.2345, 2)
square(x) + reciprocal(x) + sign(y) + absolute(x)
logaddexp(x, 40 * y)
maximum(x, y) + minimum(x, 0.3)
clip(x, -1, 1) + clip(y, None, 0.5)
where(x > 0, x, 1 / (x + 1.5))
power(p, y) + mod(x, y)
sinc(x) + sinc(p / 10) + sinc(0.0)
heaviside(array([-1.0, 0.0, 2.0]), 0.5)
nan_to_num(array([nan, inf, -inf, 1.0]), nan=2.0, posinf=3.0, neginf=-4.0)
copysign(x, y) + copysign(1.0, array([-0.0, 0.0, 2.0, -2.0]))
isnan(array([nan, 1.0, inf]))
sigmoid(x) + logit(p) + softplus(x) + log_sigmoid(x)
relu(x) + relu6(5 * y) + leaky_relu(x) + leaky_relu(x, negative_slope=0.2)
elu(x) + elu(x, alpha=0.5) + selu(x) + celu(x, alpha=2.0)
gelu(x) + gelu(x, approximate=False)
silu(x) + mish(x) + soft_sign(x)
hard_tanh(x) + hard_sigmoid(x) + hard_swish(x)
softmax(A, axis=1) + log_softmax(A, axis=0)
softmax(x)
logsumexp(A) + logsumexp(A, axis=0)
logsumexp(A, axis=1, keepdims=True)
erf(x) + erfc(y) + ndtr(x)
xlogy(array([0.0, 2.0]), array([0.0, 3.0])) + xlog1py(array([0.0, 2.0]), array([-1.0, 3.0])) + entr(array([0.0, 0.5]))
reshape(A, (3, 2)) + A.reshape(-1, 2) - A.reshape((3, -1))
ravel(A) + A.flatten()
transpose(T, (2, 0, 1))
T.transpose(1, 0, 2)
swapaxes(T, 0, 2) + T.swapaxes(2, 0)
moveaxis(T, 0, -1)
expand_dims(x, 0) + expand_dims(y, -1)
squeeze(ones((1, 3, 1)))
broadcast_to(x, (2, 4))
concatenate([x, y]) + concatenate((y, x), axis=0)
concatenate([A, A], axis=1)
stack([x, y]) @ stack([x, y], axis=1)
hstack([x, y]) - hstack([A, A])[0, 0]
vstack([x, y])
split(x, 2)[1]
split(x, [1, 3])[1]
flip(A) + flip(A, axis=0)
roll(x, 1) + roll(A, -1, axis=1)[0, 0]
roll(A, 2)
tile(x, 2)
tile(A, (2, 1, 2))
repeat(x, 2)
repeat(A, 2, axis=0)
pad(x, 1)
pad(A, ((1, 0), (0, 2)), constant_values=7)
pad(x, (2, 1), mode='edge')
pad(x, (2, 1), mode='reflect')
tril(C) + triu(C, k=1)
tril(A, -1)
diag(x) @ y
diag(C) + diag(C, k=0)
diag(x, k=-1)
diagonal(C, offset=1)
trace(C) + C.trace(1)
take(x, [0, 2, -1])
take(A, [1, 0], axis=0)
take(A, array([[1, 0], [2, 2]]), axis=1)
take_along_axis(A, array([[2], [0]]), axis=1)
meshgrid(x, n)[0]
meshgrid(x, n, indexing='ij')[1]
rot90(A) + rot90(A, k=3)
zeros((2, 3)) + ones(3) + full((2, 1), 2.5)
zeros(2, dtype=int) + n[0]
eye(3) + eye(3, k=1)
eye(2, 3)
arange(5)
arange(1, 2, 0.25)
arange(5, 0, -2)
linspace(0, 1, 5)
linspace(-1, 1)
zeros_like(A) + ones_like(A)
dot(x, y) + x.dot(y)
dot(A, B) + matmul(A, B)
outer(x, y)
inner(A, A)
tensordot(A, B, axes=1)
tensordot(A, A, axes=([0], [0]))
einsum('ij,jk->ik', A, B)
einsum('ii', C)
einsum('i,i', x, y) + einsum('ij->', A)
einsum('...ij,...jk->...ik', T, ones((2, 4, 3)))
kron(A, B)
cross(array([1.0, 2.0, 3.0]), array([-1.0, 0.5, 2.0]))
vdot(A, A)
linalg.norm(x) + linalg.norm(A) + np.linalg.norm(A, axis=1)[0]
norm(x, ord=1) + norm(x, 3) + norm(x, inf) + norm(A, 'fro') + norm(A, 1) + norm(A, inf)
np.exp(x) + np.pi * np.sin(y)
x.astype(int) + m.astype(int)
array([1, 2, 3]) / 2 + array([[1.5], [2]])
array([x, y])
pi + e
a = x * 2; b = a + 1; sum(a * b)
u, v = split(x, 2); u - v
inv(C) + linalg.inv(S)
inv(A @ B)
solve(S, x[:3]) + solve(S, C)[:, 0]
solve_triangular(tril(C), x[:3], lower=True) + solve_triangular(triu(C), x[:3])
det(C) + det(S) + det(A @ B)
det(eye(10) + 0.3 * outer(arange(10), sin(arange(10.0) ** 2)) - 2 * eye(10, k=3))
slogdet(S)[0] + slogdet(S)[1] * 10
linalg.cholesky(C)
qr(B)[0]
qr(B)[1] + qr(S)[1][:2, :2]
qr(S)[0]
lstsq(B, x[:3])[0]
pinv(A) + pinv(B).T
matrix_power(C, 5) + matrix_power(C, 0)
matrix_power(S, -2)
expm(C)
round(eigvalsh(C) + eigh(C)[0], 10)
abs(eigh(C)[1])
svdvals(A)[0] + svd(B)[1]
abs(svd(A)[0]) @ svd(B)[1]
norm(B, ord=2) + norm(B, ord='nuc') + norm(W2, ord='nuc', axis=(1, 2)).sum()
round(cond(C) + cond(S), 9)
round(sqrtm(C) @ sqrtm(C) + sqrtm(expm(S)), 10)
round(logm(C) + logm(expm(0.5 * S)), 9)
logdet(C)
solve_triangular(triu(C), x[:3], trans=1) + solve_triangular(tril(C), C, trans=1, lower=True)[:, 1]
cholesky_solve(linalg.cholesky(C), x[:3])
inv(array([C, S, C + S]))[1:]
solve(array([C, S]), A.T)
det(array([C, S])) + slogdet(array([C, S]))[1]
qr(A)[1]
gammaln(y + 2) + digamma(p) + gamma(p + 1)
polygamma(1, p) + polygamma(3, y[:1] + 4)
betaln(p, p + 1) + beta(2, p)
gammainc(p, 1.5) + gammaincc(p + 2, y[0])
betainc(2, p, 0.25) + betainc(p, 0.5, 0.75)
zeta(3, p) + zeta(p + 2, 1)
erfinv(p - 0.5) + ndtri(p) + log_ndtr(x)
erfcx(x) + rel_entr(p, p + 1)
j0(x) + j1(x) + y0(p) + y1(p)
i0(x) + i1(x) + i0e(x) + i1e(x)
k0(p) + k1(p) + k0e(p) + k1e(p)
expi(x) + exp1(p)
spence(p) + lambertw(p)
ellipk(p) + ellipe(p)
expm(S * 0.1) + expm(S * 30) * 1e-30
conv1d(T, W1)
conv1d(T[0], W1, stride=2, padding=1)
conv1d(T, W1[:, :, :2], padding=2, dilation=2)
conv1d(reshape(T, (3, 2, 4)), W1[:2, :1], groups=2)
conv2d(T[None], W2)
conv2d(T[None], W2, stride=(1, 2), padding=(0, 1))
conv3d(T[None], W2[:, None])
conv_transpose1d(T, W1.transpose(1, 0, 2))
conv_transpose1d(T, W1.transpose(1, 0, 2), stride=2, padding=1)
conv_transpose2d(T, W2, stride=(2, 1))
max_pool1d(A, 2)
max_pool2d(T, 2, stride=1)
max_pool2d(-T, 2, padding=1)
avg_pool1d(A, 2, stride=1)
avg_pool2d(T, (3, 2), padding=(1, 0))
interpolate(T, 6)
interpolate(T, 7, mode='linear')
interpolate(T, 7, mode='linear', align_corners=True)
interpolate(T[None], (5, 3), mode='bilinear')
interpolate(T[None], 6, mode='bicubic')
layer_norm(A, (3,), weight=n / 2, bias=array([1.0, 2.0, 3.0]))
layer_norm(A, (2, 3))
batch_norm(T, zeros(3), ones(3) * 2)
batch_norm(T, training=True, weight=n + 1.0)
group_norm(reshape(T, (2, 4, 3)), 2)
scaled_dot_product_attention(A, C[:2], B[:2])
scaled_dot_product_attention(C, C, C, is_causal=True)
cross_entropy(A, array([2, 0]))
cross_entropy(A, abs(A), reduction='sum')
cross_entropy(x, 1)
nll_loss(A, array([1, 1]), reduction='none')
mse_loss(x, y) + l1_loss(x, y) + huber_loss(x, y, delta=0.7) + kl_div(log(p), abs(y) / 5, reduction='sum')
binary_cross_entropy_with_logits(x, p)
fft(reshape(T, (3, 4, 2)))
ifft(reshape(T, (12, 2)))
rfft(A)
rfft(x)
irfft(rfft(x)) + irfft(rfft(A), n=3)[0, 0]
"""

names = {}
for module in [np, np.linalg, scipy.special, jax.nn]:
    for name in dir(module):
        if not name.startswith("_") and name not in names:
            names[name] = getattr(module, name)
names.update(
    np=np, linalg=np.linalg, sum=np.sum, max=np.max, min=np.min, abs=np.abs, round=np.round, any=np.any, all=np.all,
    softmax=scipy.special.softmax, log_softmax=scipy.special.log_softmax, logsumexp=scipy.special.logsumexp,
    gelu=jax.nn.gelu, sigmoid=scipy.special.expit, logit=scipy.special.logit, pow=np.power)
for module in [jax.nn]:
    for name in ["relu", "relu6", "leaky_relu", "elu", "selu", "celu", "silu", "mish", "soft_sign", "hard_tanh",
                 "hard_sigmoid", "hard_swish", "softplus", "log_sigmoid"]:
        names[name] = getattr(module, name)

names.update(
    solve_triangular=scipy.linalg.solve_triangular, expm=scipy.linalg.expm, sqrtm=scipy.linalg.sqrtm,
    logm=scipy.linalg.logm, svdvals=scipy.linalg.svdvals, logdet=lambda a: np.linalg.slogdet(a)[1],
    svd=lambda a: np.linalg.svd(a, full_matrices=False),
    betaln=scipy.special.betaln, beta=scipy.special.beta, gammaincc=scipy.special.gammaincc,
    zeta=scipy.special.zeta, erfcx=scipy.special.erfcx, polygamma=scipy.special.polygamma,
    lambertw=lambda x: scipy.special.lambertw(x).real,
    **{name: getattr(scipy.special, name) for name in [
        "gammaln", "digamma", "gamma", "gammainc", "betainc", "erfinv", "ndtri", "log_ndtr", "rel_entr", "j0", "j1",
        "y0", "y1", "i0", "i1", "i0e", "i1e", "k0", "k1", "k0e", "k1e", "expi", "exp1", "spence", "ellipk", "ellipe"]},
    cholesky_solve=lambda l, b: scipy.linalg.cho_solve((l, True), b),
    lstsq=lambda a, b: np.linalg.lstsq(a, b, rcond=None))
names.update(slow_definitions.definitions)

with open("formulas.tsv", "w") as file:
    file.write(DEFINITIONS + "\n")
    for formula in FORMULAS.strip().split("\n"):
        scope = dict(names)
        exec(DEFINITIONS, scope)
        *statements, last = [part.strip() for part in formula.split(";")]
        for statement in statements:
            exec(statement, scope)
        value = np.asarray(eval(last, scope))
        kind = {"f": "real", "i": "whole", "b": "mask"}[value.dtype.kind]
        elements = ["nan" if np.isnan(v) else repr(float(v)) for v in value.ravel()]
        file.write("\t".join([formula, kind, json.dumps(list(value.shape)), " ".join(elements)]) + "\n")

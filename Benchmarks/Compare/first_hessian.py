"""Time to the first Hessian of small everyday functions, beside JAX's first call of a compiled Hessian, in one run.

Each function is differentiated once in a process that has already computed something else: what is timed is building (or
tracing), planning (or compiling) and running. `FirstHessians.swift` has the same functions. Start `compare.sh first-hessian`.
"""
import json
import os
import subprocess
import sys
import time

import systems

MISSING = {} if sys.argv[1:2] == ["--peer"] else systems.install(["jax"], lambda text: print("==> " + text, file=sys.stderr))

import numpy as np  # what has just been installed

LIMIT = 40                              # seconds; a first call of JAX that takes longer is ended


def numbers(shape, phase, scale=0.4):
    return scale * np.sin(0.7 * np.arange(np.prod(shape, dtype=int)) + phase).reshape(shape)


def models():
    import jax
    import jax.numpy as jnp
    from jax.scipy.linalg import expm, solve_triangular
    from jax.scipy.special import logsumexp

    found = {}

    def add(name, point, f):
        found[name] = (np.asarray(point, dtype=np.float64), f)

    def attention(q, k, v):
        return jax.nn.softmax(q @ k.T / np.sqrt(q.shape[-1]), axis=-1) @ v

    def normalized(x):
        mean = x.mean(-1, keepdims=True)
        return (x - mean) / jnp.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + 1e-5)

    inputs = numbers([5, 4], 1)

    def layers(count, residual):
        def f(w):
            y = inputs
            for k in range(count):
                z = jnp.tanh(y @ w[k])
                y = y + z if residual else z
            return (y ** 2).sum()
        add("%s, %d layers" % ("residual network" if residual else "MLP", count), numbers([count, 4, 4], 2), f)
    for count in 1, 2, 4, 8, 16:
        layers(count, False)
    for count in 4, 8, 16:
        layers(count, True)
    v = numbers([4, 4], 3)
    add("attention, 3 x 4", numbers([3, 4], 4), lambda x: (attention(x, x @ v, x) ** 2).sum())

    def transformer(y):
        for _ in range(2):
            y = normalized(y + attention(y, y, y))
            y = normalized(y + jax.nn.gelu(y @ v, approximate=False))
        return (y ** 3).sum()
    add("transformer, 2 layers, 3 x 4", numbers([3, 4], 4), transformer)

    def chain(steps):
        def f(y):
            for _ in range(steps):
                y = jnp.sin(1.01 * y)
            return y.sum()
        add("chain of %d sines" % steps, numbers([3], 1), f)
    for steps in 10, 30, 100, 300, 1000, 3000:
        chain(steps)

    def logistic(steps):
        def f(y):
            for _ in range(steps):
                y = 2.7 * y * (1 - y)
            return y.sum()
        add("logistic map, %d steps" % steps, [0.3, 0.4], f)
    for steps in 4, 16, 64:
        logistic(steps)

    def power(steps):
        def f(a):
            y = jnp.array([1, 0.5, 0.2, 0.1])
            for _ in range(steps):
                z = a @ y + y
                y = z / jnp.sqrt((z ** 2).sum())
            return y @ (a @ y)
        add("power iteration, %d steps" % steps, numbers([4, 4], 2), f)
    for steps in 10, 30, 100:
        power(steps)

    series = numbers([64, 3], 5)

    def gru(steps):
        def f(w):
            h = jnp.zeros(3)
            for x in series[:steps]:
                z = jax.nn.sigmoid(x @ w[0] + h @ w[1])
                r = jax.nn.sigmoid(x @ w[2] + h @ w[3])
                h = (1 - z) * h + z * jnp.tanh(x @ w[4] + (r * h) @ w[5])
            return (h ** 2).sum()
        add("GRU, %d steps" % steps, numbers([6, 3, 3], 6), f)
    for steps in 4, 16, 64:
        gru(steps)

    def lstm(steps):
        def f(w):
            h = c = jnp.zeros(3)
            for x in series[:steps]:
                gate = lambda i: x @ w[i] + h @ w[i + 1]
                forget, new, output = jax.nn.sigmoid(gate(0)), jax.nn.sigmoid(gate(2)), jax.nn.sigmoid(gate(4))
                c = forget * c + new * jnp.tanh(gate(6))
                h = output * jnp.tanh(c)
            return (h ** 2).sum()
        add("LSTM, %d steps" % steps, numbers([8, 3, 3], 6), f)
    for steps in 4, 16:
        lstm(steps)

    data = numbers([64], 7, 1)

    def hmm(steps):
        def f(p):
            transitions = jax.nn.log_softmax(p[:4].reshape(2, 2), axis=-1)
            alpha = -0.5 * (data[0] - p[4:]) ** 2
            for k in range(1, steps):
                alpha = logsumexp(alpha[:, None] + transitions, axis=0) - 0.5 * (data[k] - p[4:]) ** 2
            return logsumexp(alpha)
        add("HMM, %d observations" % steps, numbers([6], 9), f)
    for steps in 8, 32:
        hmm(steps)

    def kalman(steps):
        def f(p):
            transition = jnp.array([[1, 0.1], [-0.1, 0.9]])
            noise, error = jnp.exp(p[0]) * jnp.eye(2), jnp.exp(p[1])
            reading = jnp.stack([1.0, p[2]])
            state, covariance, total = jnp.zeros(2), jnp.eye(2), 0.0
            for k in range(steps):
                state = transition @ state
                covariance = transition @ covariance @ transition.T + noise
                residual = data[k] - reading @ state - p[3]
                gain = covariance @ reading
                spread = reading @ gain + error
                state = state + gain * (residual / spread)
                covariance = covariance - jnp.outer(gain, gain) / spread
                total = total + jnp.log(spread) + residual ** 2 / spread
            return total
        add("Kalman filter, %d steps" % steps, numbers([4], 9), f)
    for steps in 8, 32:
        kalman(steps)
    times = np.arange(6.0)
    distances = (times[:, None] - times) ** 2
    y = numbers([6], 8, 1)

    def process(p):
        kernel = jnp.exp(p[0]) * jnp.exp(-jnp.exp(p[1]) * distances) + jnp.exp(p[2]) * jnp.eye(6)
        factor = jnp.linalg.cholesky(kernel)
        z = solve_triangular(factor, y, lower=True)
        return 0.5 * (z ** 2).sum() + jnp.log(jnp.diag(factor)).sum()
    add("Gaussian process likelihood by Cholesky, 6 points", [0.1, 0.2, -1], process)
    matrix = lambda n: numbers([n, n], 2, 0.2) + np.eye(n)
    for n in 2, 4, 6, 8, 10:
        add("det, %d x %d" % (n, n), matrix(n), jnp.linalg.det)
    for n in 2, 4, 6:
        add("expm, %d x %d" % (n, n), matrix(n), lambda a: expm(a).sum())
        # JAX differentiates neither logm nor sqrtm of a general matrix.
    return found


def peer(name):
    """The seconds of JAX's first call and of its second, in this process, and the elements of the first result."""
    import jax
    jax.config.update("jax_enable_x64", True)
    point, f = models()[name]
    jax.jit(jax.hessian(lambda x: (x * x * x).sum()))(np.ones(2)).block_until_ready()      # what every program pays once
    compiled = jax.jit(jax.hessian(f))
    seconds, results = [], []
    for x in jax.numpy.asarray(point), jax.numpy.asarray(point + 0.01):
        start = time.perf_counter()
        results.append(compiled(x).block_until_ready())
        seconds.append(time.perf_counter() - start)
    print(json.dumps(dict(first=seconds[0], second=seconds[1], hessian=np.asarray(results[0]).ravel().tolist())))


def peers(name):
    command = [sys.executable, "-B", __file__, "--peer", name]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout) if done.returncode == 0 else None


def milliseconds(seconds):
    return "%.3g" % (1e3 * seconds)


def main():
    if sys.argv[1:2] == ["--peer"]:
        return peer(sys.argv[2])
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    binary = os.environ["CURVATURE_BENCH"]
    known = set() if MISSING else set(models())
    print("| function | first, ms | JAX's first, ms | ratio | second, ms | JAX's second, ms | greatest difference |")
    print("|---|---|---|---|---|---|---|")
    listed = subprocess.run([binary, "first", "--list"], stdout=subprocess.PIPE, check=True, text=True).stdout
    for name in listed.splitlines():
        if wanted not in name:
            continue
        ours = json.loads(subprocess.run(
            [binary, "first", name], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[-1])
        theirs = peers(name) if name in known else None
        cells = [name, milliseconds(ours["first"])]
        if theirs:
            a, b = np.array(ours["hessian"]), np.array(theirs["hessian"])
            cells += [milliseconds(theirs["first"]), "%.0f" % (theirs["first"] / ours["first"]), milliseconds(ours["second"]),
                      milliseconds(theirs["second"]), "%.0e" % (np.abs(a - b).max() / max(1, np.abs(b).max()))]
        else:
            missing = "not installed" if MISSING else "over %d 000" % LIMIT if name in known else "no derivative"
            cells += [missing, "", milliseconds(ours["second"]), "", ""]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

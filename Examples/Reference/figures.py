"""Computes what the examples compare their results with, by other systems, and writes it as CSV.

    pip install numpy scipy pandas statsmodels scikit-learn jax casadi
    python figures.py > ../Sources/ExampleSupport/Data/figures.csv

Figures from the literature are written down here with their source.
"""

import csv
import pathlib
import sys
import warnings

import numpy as np

DATA = pathlib.Path(__file__).parent.parent / "Sources" / "ExampleSupport" / "Data"
ROWS = []


def figure(program, quantity, value, source):
    ROWS.append((program, quantity, repr(float(value)), source))


def logistic_regression():
    import statsmodels
    import statsmodels.api as sm

    table = np.loadtxt(DATA / "election.csv", delimiter=",", skiprows=1)
    x = sm.add_constant(table[:, 2:])
    fit = sm.Logit(table[:, 0], x).fit(disp=0, tol=1e-14)
    source = f"statsmodels {statsmodels.__version__}"
    figure("LogisticRegression", "log-likelihood", fit.llf, source)
    for i, name in enumerate(["constant", "logpopul", "selfLR", "age", "educ", "income"]):
        figure("LogisticRegression", name, fit.params[i], source)
        figure("LogisticRegression", f"error of {name}", fit.bse[i], source)


def count_regression():
    import statsmodels
    import statsmodels.api as sm

    archive = np.load(DATA / "visits.npz")
    x = np.column_stack([archive["x"], np.ones(len(archive["y"]))])
    source = f"statsmodels {statsmodels.__version__}"
    poisson = sm.Poisson(archive["y"], x).fit(disp=0, method="newton", tol=1e-14)
    figure("CountRegression", "Poisson: log-likelihood", poisson.llf, source)
    figure("CountRegression", "Poisson: lncoins", poisson.params[0], source)
    figure("CountRegression", "Poisson: error of lncoins", poisson.bse[0], source)
    model = sm.NegativeBinomial(archive["y"], x)
    fit = model.fit(disp=0, maxiter=500, gtol=1e-9)
    fit = model.fit(start_params=fit.params, disp=0, maxiter=500, gtol=1e-12)
    figure("CountRegression", "NB2: log-likelihood", fit.llf, source)
    figure("CountRegression", "NB2: lncoins", fit.params[0], source)
    figure("CountRegression", "NB2: error of lncoins", fit.bse[0], source)
    figure("CountRegression", "NB2: dispersion", fit.params[-1], source)
    figure("CountRegression", "NB2: error of dispersion", fit.bse[-1], source)


def jax64():
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax, f"JAX {jax.__version__}"


def newton(jax, function, start, steps=60):
    """The minimum by Newton's method from nearby, with the Hessian there."""
    slope, second = jax.jit(jax.grad(function)), jax.jit(jax.hessian(function))
    x = np.asarray(start, float)
    for _ in range(steps):
        step = np.linalg.solve(second(x), slope(x))
        x = x - step
        if np.linalg.norm(step) < 1e-12 * (1 + np.linalg.norm(x)):
            break
    return x, float(function(x)), np.asarray(second(x))


def survival():
    jax, source = jax64()
    jnp = jax.numpy
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    treated = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
    times = np.array(placebo + treated, float)
    group = np.array([0.0] * 21 + [1.0] * 21)

    def loss(p):
        z = (jnp.log(abs(times)) - p[0] - p[1] * group) / jnp.exp(p[2])
        return (jnp.exp(z) - (times > 0) * (z - p[2] - jnp.log(abs(times)))).sum()

    p, value, second = newton(jax, loss, [2.25, 1.27, -0.31])
    covariance = np.linalg.inv(second)
    figure("Survival", "log-likelihood", -value, source)
    for i, name in enumerate(["intercept", "treatment", "log scale"]):
        figure("Survival", name, p[i], source)
        figure("Survival", f"error of {name}", covariance[i, i] ** 0.5, source)
    median = lambda p: jnp.exp(p[0] + p[1] + jnp.exp(p[2]) * jnp.log(jnp.log(2.0)))
    slope = np.asarray(jax.grad(median)(p))
    figure("Survival", "median when treated", median(p), source)
    figure("Survival", "error of that median", (slope @ covariance @ slope) ** 0.5, source)


def state_space():
    jax, source = jax64()
    jnp = jax.numpy
    y = np.loadtxt(DATA / "nile.csv", delimiter=",", skiprows=1)[:, 1]

    def loss(p):
        noise, drift = jnp.exp(p[0]), jnp.exp(p[1])

        def step(state, volume):
            level, variance = state[0], state[1] + drift
            error, total = volume - level, variance + noise
            gain = variance / total
            return (level + gain * error, variance * (1 - gain)), jnp.log(total) + error**2 / total

        _, terms = jax.lax.scan(step, (y[0], noise), y[1:])
        return 0.5 * (terms.sum() + (len(y) - 1) * np.log(2 * np.pi))

    p, value, second = newton(jax, loss, np.log([15099.0, 1469.1]))
    figure("StateSpace", "log-likelihood", -value, source)
    figure("StateSpace", "variance of the noise", 15099, "Durbin & Koopman 2012; 2.10.3")
    figure("StateSpace", "variance of the drift", 1469.1, "Durbin & Koopman 2012; 2.10.3")
    errors = np.sqrt(np.diag(np.linalg.inv(second)))
    figure("StateSpace", "error of log noise", errors[0], source)
    figure("StateSpace", "error of log drift", errors[1], source)


def epidemic():
    import scipy
    from scipy.integrate import solve_ivp
    from scipy.optimize import least_squares

    observed = np.array([3, 8, 28, 75, 221, 291, 255, 235, 190, 125, 70, 28, 12, 5], float)

    def infected(p):
        slope = lambda t, y: [-p[0] * y[0] * y[1] / 763, p[0] * y[0] * y[1] / 763 - p[1] * y[1]]
        return solve_ivp(slope, (0, 13), [760, 3], t_eval=range(14), rtol=1e-12, atol=1e-10, method="DOP853").y[1]

    fit = least_squares(lambda p: infected(p) - observed, [1.7, 0.45], jac="3-point", xtol=1e-14, ftol=1e-14, gtol=1e-14)
    variance = 2 * fit.cost / 12
    errors = np.sqrt(np.diag(variance * np.linalg.inv(fit.jac.T @ fit.jac)))
    source = f"SciPy {scipy.__version__}"
    for name, value in [
        ("rate of infection", fit.x[0]), ("rate of recovery", fit.x[1]), ("sum of squares", 2 * fit.cost),
        ("error of infection", errors[0]), ("error of recovery", errors[1]),
    ]:
        figure("Epidemic", name, value, source)


def gaussian_process():
    import sklearn
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, ExpSineSquared, WhiteKernel

    jax, jax_source = jax64()
    jnp = jax.numpy
    table = np.loadtxt(DATA / "co2.csv", delimiter=",", skiprows=1)
    years, y = table[:, 0], table[:, 1] - table[:, 1].mean()
    wide = (1e-5, 1e7)
    kernel = (
        ConstantKernel(np.exp(8.0), wide) * RBF(33.0, wide)
        + ConstantKernel(np.exp(2.6), wide) * RBF(73.0, wide) * ExpSineSquared(1.8, 1.0, wide, "fixed")
        + WhiteKernel(0.09, wide)
    )
    fit = GaussianProcessRegressor(kernel, alpha=0).fit(years[:, None], y)
    source = f"scikit-learn {sklearn.__version__}"
    d = abs(years[:, None] - years)

    def loss(p):
        s = jnp.exp(p)
        trend = s[0] ** 2 * jnp.exp(-(d**2) / (2 * s[1] ** 2))
        cycle = s[2] ** 2 * jnp.exp(-(d**2) / (2 * s[3] ** 2) - 2 * jnp.sin(np.pi * d) ** 2 / s[4] ** 2)
        factor = jnp.linalg.cholesky(trend + cycle + s[5] ** 2 * jnp.eye(len(y)))
        z = jax.scipy.linalg.solve_triangular(factor, y, lower=True)
        return 0.5 * z @ z + jnp.log(jnp.diag(factor)).sum() + 0.5 * len(y) * np.log(2 * np.pi)

    # theta: logarithms of constant, length, constant, length, length, noise
    theta = fit.kernel_.theta
    start = np.array([theta[0] / 2, theta[1], theta[2] / 2, theta[3], theta[4], theta[5] / 2])
    p, value, second = newton(jax, loss, start)
    errors = np.sqrt(np.diag(np.linalg.inv(second)))
    figure("GaussianProcess", "log marginal likelihood", fit.log_marginal_likelihood_value_, source)
    names = ["size of the trend", "years of the trend", "size of the season", "years of the season", "shape", "noise"]
    for i, name in enumerate(names):
        figure("GaussianProcess", f"log {name}", p[i], jax_source)
        figure("GaussianProcess", f"error of log {name}", errors[i], jax_source)


def neural_network():
    jax, source = jax64()
    jnp = jax.numpy
    archive = np.load(DATA / "digits.npz")
    images, labels = archive["images"] / 16.0, archive["labels"].astype(int)
    targets = np.eye(10)[labels]
    layer = lambda m, n: [np.sin(np.arange(m * n) * 1.7 + 1).reshape(m, n) / np.sqrt(m), np.zeros(n)]
    from jax.flatten_util import ravel_pytree

    w, rebuild = ravel_pytree([layer(64, 16), layer(16, 10)])

    def scores(w, images):
        (a, b), (c, d) = rebuild(w)
        return jnp.tanh(images @ a + b) @ c + d

    def loss(w, images, targets):
        return -(targets * jax.nn.log_softmax(scores(w, images))).sum() / len(images)

    slope = jax.jit(jax.grad(loss))
    mean, spread, batch = np.zeros_like(w), np.zeros_like(w), 256
    for step in range(1, 201):
        first = (step - 1) * batch % (len(images) - batch)
        g = slope(w, images[first : first + batch], targets[first : first + batch])
        mean, spread = 0.9 * mean + 0.1 * g, 0.999 * spread + 0.001 * g**2
        w = w - 0.01 * (mean / (1 - 0.9**step)) / (jnp.sqrt(spread / (1 - 0.999**step)) + 1e-8)
    second = np.asarray(jax.jit(jax.hessian(loss))(w, images, targets))
    figure("NeuralNetwork", "loss", loss(w, images, targets), source)
    figure("NeuralNetwork", "share that is right", (scores(w, images).argmax(1) == labels).mean(), source)
    figure("NeuralNetwork", "trace of the Hessian", np.trace(second), source)
    figure("NeuralNetwork", "largest eigenvalue", np.linalg.eigvalsh(second)[-1], source)
    figure("NeuralNetwork", "largest second derivative in a bias", np.diag(second)[-10:].max(), source)


def heat_equation():
    jax, source = jax64()
    jnp = jax.numpy
    n = 8
    side = (np.arange(12) + 0.5) / 12
    points = np.stack([np.repeat(side, 12), 0.3 * np.tile(side, 12)], 1)

    def temperature(w, x, t):
        first = jnp.tanh(jnp.stack([x, t]) @ w[: 2 * n].reshape(2, n) + w[2 * n : 3 * n])
        second = jnp.tanh(first @ w[3 * n : 3 * n + n * n].reshape(n, n) + w[3 * n + n * n : 4 * n + n * n])
        return jnp.sin(np.pi * x) + t * x * (1 - x) * (second @ w[4 * n + n * n :])

    def residual(w):
        rate = jax.vmap(jax.grad(temperature, 2), (None, 0, 0))(w, points[:, 0], points[:, 1])
        bend = jax.vmap(jax.grad(jax.grad(temperature, 1), 1), (None, 0, 0))(w, points[:, 0], points[:, 1])
        return rate - bend

    w = 0.5 * np.sin(np.arange(5 * n + n * n) * 1.3 + 0.5)
    r, j = residual(w), jax.jacobian(residual)(w)
    figure("HeatEquation", "first cost", 0.5 * r @ r, source)
    figure("HeatEquation", "first slope", np.linalg.norm(r @ j), source)
    figure("HeatEquation", "u(1/2; 0.1)", np.exp(-np.pi**2 * 0.1), "exact solution")


def molecule():
    jax, source = jax64()
    jnp = jax.numpy
    golden = 1.618033988749895
    places = [[0, 0, 0]]
    for a, b in [(1, golden), (1, -golden), (-1, golden), (-1, -golden)]:
        places += [[0, a, b], [a, b, 0], [b, 0, a]]
    i, j = np.tril_indices(13, -1)

    def energy(x):
        r = x.reshape(13, 3)
        sixth = 1 / jnp.sum((r[i] - r[j]) ** 2, 1) ** 3
        return 4 * (sixth**2 - sixth).sum()

    x = 0.57 * np.array(places, float).ravel()
    slope, second = jax.jit(jax.grad(energy)), jax.jit(jax.hessian(energy))
    for _ in range(30):
        x = x - np.linalg.pinv(second(x), rcond=1e-9) @ slope(x)
    frequencies = np.sqrt(np.linalg.eigvalsh(second(x))[6:])
    figure("Molecule", "energy", -44.326801, "Cambridge Cluster Database")
    figure("Molecule", "lowest frequency", frequencies[0], source)
    figure("Molecule", "highest frequency", frequencies[-1], source)
    figure("Molecule", "zero-point energy", 0.5 * frequencies.sum(), source)


def optimal_control():
    import casadi as ca

    intervals, h = 100, 0.1
    problem = ca.Opti()
    speed, position, force = (problem.variable(intervals + 1) for _ in range(3))
    slope = (1 - position**2) * speed - position + force
    cost = speed**2 + position**2 + force**2
    value = h * (ca.sum1(cost) - 0.5 * (cost[0] + cost[-1]))
    problem.minimize(value)
    problem.subject_to(speed[1:] - speed[:-1] == h / 2 * (slope[1:] + slope[:-1]))
    problem.subject_to(position[1:] - position[:-1] == h / 2 * (speed[1:] + speed[:-1]))
    problem.subject_to(speed[0] == 0)
    problem.subject_to(position[0] == 1)
    problem.solver("ipopt", {"print_time": False}, {"print_level": 0, "sb": "yes", "tol": 1e-12})
    solution = problem.solve()
    source = f"CasADi {ca.__version__} with Ipopt"
    figure("OptimalControl", "cost", solution.value(value), source)
    forces = solution.value(force)
    figure("OptimalControl", "first force", forces[0], source)
    figure("OptimalControl", "greatest force", forces.max(), source)


def humanoid():
    """Torques by Lagrange's equations, from the energies alone; no recursion over forces."""
    import casadi as ca

    n, gravity = 36, 9.81
    parents = {0: None, 6: None, 12: None, 15: 14, 24: 14, 33: 14}
    q, qd, qdd = ca.SX.sym("q", n), ca.SX.sym("qd", n), ca.SX.sym("qdd", n)
    turns, places, spins = {}, {}, {}
    kinetic = potential = 0
    for i in range(n):
        before = parents.get(i, i - 1)
        R, p, w = (ca.SX.eye(3), ca.SX.zeros(3), ca.SX.zeros(3)) if before is None else (
            turns[before], places[before], spins[before])
        length, mass = 0.1 + 0.02 * (i % 4), 1 + 0.25 * (i % 5)
        axes = np.roll(np.eye(3), i % 3, axis=1)      # rows: a joint's frame in the one before
        sine, cosine = ca.sin(q[i]), ca.cos(q[i])
        turn = ca.vertcat(ca.horzcat(cosine, -sine, 0), ca.horzcat(sine, cosine, 0), ca.horzcat(0, 0, 1))
        places[i] = p + ca.mtimes(R, ca.SX([0.02 * (i % 3 - 1), 0.03, -length]))
        turns[i] = ca.mtimes(ca.mtimes(R, ca.SX(axes.T)), turn)
        spins[i] = w + turns[i][:, 2] * qd[i]
        centre = places[i] + ca.mtimes(turns[i], ca.SX([0.01, 0.005 * (i % 2), -0.5 * length]))
        speed = ca.jtimes(centre, q, qd)
        spin = ca.mtimes(turns[i].T, spins[i])
        kinetic += 0.5 * mass * ca.dot(speed, speed)
        kinetic += 0.5 * ca.dot(spin * ca.SX([0.02, 0.025, 0.01 + 0.001 * (i % 6)]), spin)
        potential += mass * gravity * centre[2]
    momentum = ca.gradient(kinetic, qd)
    torques = ca.jtimes(momentum, q, qd) + ca.jtimes(momentum, qd, qdd) - ca.gradient(kinetic - potential, q)
    weights = np.array([0.1 * ((3 * i) % 7) - 0.25 for i in range(n)])
    direction = np.array([i % 4 - 1.5 for i in range(2 * n)])
    x = ca.vertcat(q, qd)
    value = ca.dot(weights, torques)
    slope = ca.jtimes(value, x, direction)
    found = ca.Function("f", [x, qdd], [value, slope, ca.jtimes(slope, x, direction)])(
        [0.5 * ((7 * i) % 11) / 11 - 0.2 for i in range(2 * n)], [i % 5 - 2 for i in range(n)])
    source = f"CasADi {ca.__version__}: Lagrange's equations"
    for name, number in zip(("weighted torques", "slope along a direction", "curvature along a direction"), found):
        figure("Humanoid", name, number, source)


def option_server():
    jax, source = jax64()
    jnp = jax.numpy
    cdf = jax.scipy.stats.norm.cdf

    def call(x, strike, rate=0.02):
        price, volatility, years = x
        spread = volatility * jnp.sqrt(years)
        d = (jnp.log(price / strike) + rate * years) / spread + 0.5 * spread
        return price * cdf(d) - strike * jnp.exp(-rate * years) * cdf(d - spread)

    x = np.array([100, 0.2, 1.0])
    g, h = jax.grad(call)(x, 105.0), jax.hessian(call)(x, 105.0)
    for name, value in [
        ("value", call(x, 105.0)), ("delta", g[0]), ("theta", -g[2]), ("gamma", h[0, 0]), ("vanna", h[0, 1]),
        ("volga", h[1, 1]), ("gammas of all strikes", sum(jax.hessian(call)(x, float(k))[0, 0] for k in range(50, 150))),
    ]:
        figure("OptionServer", name, value, source)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    for program in (
        logistic_regression, count_regression, survival, gaussian_process, state_space, epidemic, neural_network,
        heat_equation, molecule, optimal_control, humanoid, option_server,
    ):
        program()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["program", "quantity", "value", "source"])
    writer.writerows(ROWS)

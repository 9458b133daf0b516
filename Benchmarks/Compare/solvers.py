"""Minima and least squares beside SciPy's, in one run: NIST's 27 problems from both starts, and the 18 of Moré, Garbow &
Hillstrom (ACM Trans. Math. Software 7, 1981) from one, ten and a hundred times their starts.

Ours are the commands `curvature fit` and `curvature minimize`; SciPy has exact gradients, Jacobians and Hessians from JAX. The
formulas of the second list are read by both. Start `compare.sh solvers`, which builds the tool.

    solvers.py [nist] [mgh]
"""
import glob
import json
import os
import re
import subprocess
import sys
import warnings

import systems

MISSING = systems.install(["jax"], lambda text: print("==> " + text, file=sys.stderr))

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import least_squares, minimize

jax.config.update("jax_enable_x64", True)
warnings.simplefilter("ignore", RuntimeWarning)          # SciPy tells of overflows that it recovers from
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOL = os.environ.get("CURVATURE", os.path.join(ROOT, ".build", "release", "curvature"))
NAMES = dict(vars(jnp), stack=lambda *a: jnp.concatenate([jnp.ravel(jnp.asarray(x)) for x in a]))
MOST = 5000                             # iterations or evaluations that a solver may take


# NIST

def nist(path):
    """Model, starts, certified values and data of a file."""
    lines = open(path).read().splitlines()
    model = re.split(r"\n\s*\n\s*\n", "\n".join(lines[30:40]))[0]
    text = " ".join(line for line in model.splitlines() if not re.match(r"Model|\s+\d+ Parameters|\s+pi =", line))
    left, right = re.split(r"=", text.split("+  e")[0].split("+ e")[0], maxsplit=1)
    right = right.replace("[", "(").replace("]", ")").replace("sin(", "sin(")
    rows = [re.match(r"\s+b(\d+) =\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)", line) for line in lines[40:60]]
    table = np.array([[float(x) for x in m.groups()[1:]] for m in rows if m])
    start = next(i for i, line in enumerate(lines) if line.startswith("Data:") and "y" in line and "x" in line and i > 50)
    names = lines[start].split()[1:]
    data = np.array([[float(x) for x in line.split()] for line in lines[start + 1:] if line.strip()])
    columns = {name: data[:, i] for i, name in enumerate(names)}
    y = np.log(columns["y"]) if "log" in left else columns.pop("y")
    code = compile(" ".join(right.split()), path, "eval")

    def residuals(b):
        scope = {"b%d" % (i + 1): b[i] for i in range(len(table))}
        return eval(code, dict(NAMES, arctan=jnp.arctan, pi=np.pi, **columns, **scope)) - y
    return table[:, :2].T, table[:, 2], residuals


def digits(found, known):
    with np.errstate(all="ignore"):
        error = np.max(np.abs((np.asarray(found) - known) / known))
    return 0.0 if not np.isfinite(error) else float(min(11, max(0, -np.log10(max(error, 1e-300)))))


def derivatives(residuals):
    half = lambda b: 0.5 * jnp.sum(residuals(b) ** 2)
    return (jax.jit(residuals), jax.jit(jax.jacfwd(residuals)), jax.jit(half), jax.jit(jax.grad(half)),
            jax.jit(jax.hessian(half)))


def scipy_runs(residuals, start, given=None):
    """(name, point, iterations, evaluations of values, of derivatives) for each of SciPy's ways."""
    r, J, f, g, H = given or derivatives(residuals)
    numpy = lambda h: lambda b: np.asarray(h(b))
    for method in "lm", "trf":
        try:
            s = least_squares(numpy(r), start, jac=numpy(J), method=method, x_scale="jac", xtol=1e-15, ftol=1e-15,
                              gtol=1e-15, max_nfev=MOST)
            yield "least_squares(%s)" % method, s.x, s.nfev, s.nfev, s.njev or 0
        except ValueError:
            yield "least_squares(%s)" % method, np.full(len(start), np.nan), 0, 0, 0
    for method in "trust-exact", "BFGS":
        with_hessian = dict(hess=numpy(H)) if method == "trust-exact" else {}
        try:
            s = minimize(lambda b: float(f(b)), start, jac=numpy(g), method=method, tol=1e-12,
                         options=dict(maxiter=MOST), **with_hessian)
            yield method, s.x, s.nit, s.nfev, s.njev
        except (ValueError, np.linalg.LinAlgError):
            yield method, np.full(len(start), np.nan), 0, 0, 0


def run_nist():
    output = subprocess.run([TOOL, "fit", "--format", "json"], check=True, stdout=subprocess.PIPE, text=True).stdout
    ours = {(r["problem"], r["start"]): r for r in json.loads(output)}
    systems_found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "Sources/CurvatureCommands/Resources/NIST/*.dat"))):
        name = os.path.basename(path)[:-4]
        starts, known, residuals = nist(path)
        compiled = derivatives(residuals)
        for number, start in enumerate(starts, 1):
            mine = ours[(name, number)]
            rows = [("curvature fit", mine["parameters"], mine["iterations"], None, None)]
            rows += list(scipy_runs(residuals, start, compiled))
            for system, point, iterations, values, slopes in rows:
                systems_found.setdefault(system, []).append(
                    ("%s/%d" % (name, number), digits(point, known), iterations, values, slopes))
    print("NIST, 54 runs: digits are those of the worst parameter, 11 at most")
    print("%-20s %10s %10s %10s %12s %12s   %s" % (
        "", ">= 6 digits", ">= 9", "mean", "iterations", "evaluations", "fewer than 4 digits"))
    for system, rows in systems_found.items():
        d = np.array([r[1] for r in rows])
        values = "" if rows[0][3] is None else sum(r[3] for r in rows)
        print("%-20s %10d %10d %10.1f %12d %12s   %s" % (
            system, np.sum(d >= 6), np.sum(d >= 9), d.mean(), sum(r[2] for r in rows), values,
            " ".join(r[0] for r in rows if r[1] < 4)))


# Moré, Garbow & Hillstrom

def sequence(values):
    return "[" + ", ".join(repr(float(v)) for v in values) + "]"


def problems():
    """(name, start, known minima, residuals): formulas of x that NumPy and `curvature` read alike, in arrays r."""
    t13 = "t = arange(1, 14)/10"
    yield "helical valley", [-1, 0, 0], [0], "(10*(x[2] - 10*arctan2(x[1], x[0])/(2*pi)))**2 + (10*(sqrt(x[0]**2 + x[1]**2) - 1))**2 + x[2]**2"
    yield "Biggs EXP6", [1, 2, 1, 1, 1, 1], [0, 5.65565e-3], (
        t13 + "; sum((x[2]*exp(-x[0]*t) - x[3]*exp(-x[1]*t) + x[5]*exp(-x[4]*t) - exp(-t) + 5*exp(-10*t) - 3*exp(-4*t))**2)")
    half = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521]
    yield "Gaussian", [0.4, 1, 0], [1.12793e-8], (
        "t = (8 - arange(1, 16))/2; y = %s; sum((x[0]*exp(-x[1]*(t - x[2])**2/2) - y)**2)" % sequence(half + [0.3989] + half[::-1]))
    yield "Powell badly scaled", [0, 1], [0], "(10000*x[0]*x[1] - 1)**2 + (exp(-x[0]) + exp(-x[1]) - 1.0001)**2"
    yield "box", [0, 10, 20], [0], (
        "t = arange(1, 11)/10; sum((exp(-x[0]*t) - exp(-x[1]*t) - x[2]*(exp(-t) - exp(-10*t)))**2)")
    yield "variably dimensioned", [1 - i / 10 for i in range(1, 11)], [0], (
        "s = sum(arange(1, 11)*(x - 1)); sum((x - 1)**2) + s**2 + s**4")
    powers = [[(i / 29) ** j for j in range(6)] for i in range(1, 30)]
    slopes = [[0.0] + [j * (i / 29) ** (j - 1) for j in range(1, 6)] for i in range(1, 30)]
    yield "Watson", [0] * 6, [2.28767e-3], (
        "P = [%s]; D = [%s]; sum((D @ x - (P @ x)**2 - 1)**2) + x[0]**2 + (x[1] - x[0]**2 - 1)**2"
        % (", ".join(map(sequence, powers)), ", ".join(map(sequence, slopes))))
    yield "penalty I", list(range(1, 11)), [7.08765e-5], "0.00001*sum((x - 1)**2) + (sum(x**2) - 0.25)**2"
    y = np.exp(np.arange(2, 5) / 10) + np.exp(np.arange(1, 4) / 10)
    yield "penalty II", [0.5] * 4, [9.37629e-6], (
        "e = exp(x/10); y = %s; w = [4, 3, 2, 1]; (x[0] - 0.2)**2 + 0.00001*sum((e[1:] + e[:-1] - y)**2) "
        "+ 0.00001*sum((e[1:] - exp(-0.1))**2) + (sum(w*x**2) - 1)**2" % sequence(y))
    yield "Brown badly scaled", [1, 1], [0], "(x[0] - 1000000)**2 + (x[1] - 0.000002)**2 + (x[0]*x[1] - 2)**2"
    yield "Brown & Dennis", [25, 5, -5, -1], [85822.2], (
        "t = arange(1, 21)/5; sum(((x[0] + t*x[1] - exp(t))**2 + (x[2] + x[3]*sin(t) - cos(t))**2)**2)")
    yield "Gulf research", [5, 2.5, 0.15], [0], (
        "t = arange(1, 100)/100; y = 25 + (-50*log(t))**(2/3); sum((exp(-abs(y - x[1])**x[2]/x[0]) - t)**2)")
    yield "trigonometric", [0.1] * 10, [0, 2.79506e-5], (
        "sum((10 - sum(cos(x)) + arange(1, 11)*(1 - cos(x)) - sin(x))**2)")
    yield "extended Rosenbrock", [-1.2, 1] * 5, [0], "sum(100*(x[1::2] - x[::2]**2)**2 + (1 - x[::2])**2)"
    yield "extended Powell singular", [3, -1, 0, 1] * 2, [0], (
        "a = x[::4]; b = x[1::4]; c = x[2::4]; d = x[3::4]; "
        "sum((a + 10*b)**2 + 5*(c - d)**2 + (b - 2*c)**4 + 10*(a - d)**4)")
    yield "Beale", [1, 1], [0], (
        "(1.5 - x[0]*(1 - x[1]))**2 + (2.25 - x[0]*(1 - x[1]**2))**2 + (2.625 - x[0]*(1 - x[1]**3))**2")
    yield "Wood", [-3, -1, -3, -1], [0], (
        "100*(x[1] - x[0]**2)**2 + (1 - x[0])**2 + 90*(x[3] - x[2]**2)**2 + (1 - x[2])**2 "
        "+ 10*(x[1] + x[3] - 2)**2 + (x[1] - x[3])**2/10")
    chebyshev = ["p0 = ones(8)", "p1 = 2*x - 1"] + ["p%d = 2*(2*x - 1)*p%d - p%d" % (k, k - 1, k - 2) for k in range(2, 9)]
    terms = ["(mean(p%d) + %r)**2" % (k, 1 / (k * k - 1) if k % 2 == 0 else 0.0) for k in range(1, 9)]
    yield "Chebyquad", [i / 9 for i in range(1, 9)], [3.51687e-3], "; ".join(chebyshev + [" + ".join(terms)])


def function(formula):
    *statements, last = [part.strip() for part in formula.split(";")]
    lines = [re.sub(r"= \[(.*)\]$", r"= asarray([\1])", s) for s in statements]
    body = compile("\n".join(lines + ["result = " + last]), formula[:30], "exec")

    def f(x):
        scope = dict(NAMES, x=x)
        exec(body, scope)
        return scope["result"]
    return f


def is_minimum(value, minima):
    return any(value <= m * (1 + 1e-4) + 1e-10 for m in minima if m > 0) or value < 1e-10


def run_mgh():
    found = {}
    for name, start, minima, formula in problems():
        f = function(formula)
        compiled = jax.jit(f), jax.jit(jax.grad(f)), jax.jit(jax.hessian(f))
        for factor in 1, 10, 100:
            x = np.array(start, float) * factor if any(start) or factor == 1 else np.full(len(start), float(factor))
            process = subprocess.run(
                [TOOL, "minimize", formula, "--at", "x=" + sequence(x), "--format", "json", "--max-iterations", str(MOST)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            r = json.loads(process.stdout) if process.stdout.strip() else dict(
                value=np.inf, iterations=0, values=0, gradients=0, stop=process.stderr.strip()[:60])
            rows = [("curvature minimize", float(r["value"]), r["iterations"], r["values"], r["gradients"])]
            for method in "trust-exact", "BFGS":
                hessian = dict(hess=lambda x: np.asarray(compiled[2](x))) if method == "trust-exact" else {}
                try:
                    s = minimize(lambda x: float(compiled[0](x)), x, jac=lambda x: np.asarray(compiled[1](x)), method=method,
                                 tol=1e-10, options=dict(maxiter=MOST), **hessian)
                    rows.append((method, float(s.fun), s.nit, s.nfev, s.njev))
                except (ValueError, np.linalg.LinAlgError):
                    rows.append((method, np.inf, 0, 0, 0))
            for system, value, iterations, values, slopes in rows:
                found.setdefault(system, []).append(
                    ("%s x%d" % (name, factor), is_minimum(value, minima), iterations, values, slopes))
    everybody = [all(rows[i][1] for rows in found.values()) for i in range(len(next(iter(found.values()))))]
    print("Moré, Garbow & Hillstrom, %d runs; iterations and evaluations are those of the %d runs that all solve" % (
        len(everybody), sum(everybody)))
    print("%-20s %8s %12s %10s %12s   %s" % ("", "solved", "iterations", "values", "derivatives", "not solved"))
    for system, rows in found.items():
        common = [r for r, c in zip(rows, everybody) if c]
        print("%-20s %8d %12d %10d %12d   %s" % (
            system, sum(r[1] for r in rows), sum(r[2] for r in common), sum(r[3] for r in common),
            sum(r[4] for r in common), ", ".join(r[0] for r in rows if not r[1])))


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["nist", "mgh"]
    if "nist" in wanted:
        run_nist()
    if "mgh" in wanted:
        run_mgh()

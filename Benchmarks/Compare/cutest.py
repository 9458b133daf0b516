"""Problems of the CUTEst collection by `curvature minimize`, by SciPy and by Ipopt, with exact derivatives each.

    python cutest.py --curvature PATH [--ipopt PATH] [--groups unconstrained bounded constrained] [--only NAME ...]

The problems come from the package sif2jax: start, bounds, functions of JAX, published optimum. A formula is made of each function
(cutest_formula.py) and compared with JAX, value and gradient, at the start and beside it; what cannot be translated is left out
and counted. SciPy and cyipopt get JAX's compiled derivatives. Needs the packages of `requirements` below.
"""
import argparse
import collections
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings

os.environ.setdefault("JAX_PLATFORMS", "cpu")
warnings.filterwarnings("ignore")

requirements = "jax numpy scipy cyipopt sif2jax"
try:
    import cyipopt
    import jax
    import jax.flatten_util
    import jax.numpy as jnp
    import numpy as np
    import scipy.optimize
    with tempfile.TemporaryDirectory() as cache:      # sif2jax compiles hundreds of small programs when it is imported
        cache = os.environ.get("CUTEST_CACHE", cache)
        for name, value in dict(jax_compilation_cache_dir=cache, jax_persistent_cache_min_compile_time_secs=0,
                                jax_persistent_cache_min_entry_size_bytes=-1).items():
            jax.config.update(name, value)
        import sif2jax
        jax.config.update("jax_enable_compilation_cache", False)
except ImportError as error:
    sys.exit("cutest.py: %s; install: pip install %s" % (error, requirements))

from cutest_formula import Formula, Untranslatable
from cutest_report import ITERATIONS, read_records, report

jax.config.update("jax_enable_x64", True)

GROUPS = dict(unconstrained=("unconstrained_minimisation_problems",),
              bounded=("bounded_minimisation_problems", "bounded_quadratic_problems"),
              constrained=("constrained_minimisation_problems", "constrained_quadratic_problems"))


class Mismatch(Exception):
    """A formula that is not the function."""


class OutOfTime(BaseException):
    """Raised in a solver whose time is up; no Exception, so that no solver catches it."""


class Problem:
    """A problem as functions of one vector."""

    def __init__(self, source):
        self.name = source.name
        start, unravel = jax.flatten_util.ravel_pytree(source.y0)
        self.start, self.count = np.asarray(start, np.float64), start.size
        arguments = source.args

        def flat(tree):
            return jax.flatten_util.ravel_pytree(tree)[0].astype(jnp.float64)

        def variables(x):
            return unravel(x.astype(start.dtype))

        self.objective = lambda x: flat(source.objective(variables(x), arguments))[0]
        bounds = getattr(source, "bounds", None)
        self.lower, self.upper = (np.full(self.count, s * np.inf) for s in (-1, 1))
        if bounds is not None:
            self.lower, self.upper = (np.broadcast_to(np.asarray(flat(b)), (self.count,)) for b in bounds)
        self.equalities = self.inequalities = None
        if hasattr(source, "constraint"):
            equal, least = source.constraint(source.y0)
            if equal is not None and flat(equal).size:
                self.equalities = lambda x: flat(source.constraint(variables(x))[0])
            if least is not None and flat(least).size:
                self.inequalities = lambda x: flat(source.constraint(variables(x))[1])
        published = source.expected_objective_value
        self.published = None if published is None else float(np.asarray(published).sum())
        if self.published is not None and not math.isfinite(self.published):
            self.published = None

    @property
    def is_bounded(self):
        return bool(np.isfinite(self.lower).any() or np.isfinite(self.upper).any())

    @property
    def constraints(self):
        return [c for c in (self.equalities, self.inequalities) if c is not None]

    def violation(self, x):
        """The most by which a bound or a constraint is not kept."""
        worst = float(max(0, np.max(self.lower - x), np.max(x - self.upper)))
        if self.equalities is not None:
            worst = max(worst, float(np.abs(self.equalities(jnp.asarray(x))).max()))
        if self.inequalities is not None:
            worst = max(worst, float(np.max(-np.asarray(self.inequalities(jnp.asarray(x))))))
        return worst


class Compiled:
    """JAX's derivatives of a problem, compiled, each call counted."""

    def __init__(self, problem):
        self.problem, self.counts, self.deadline = problem, collections.Counter(), math.inf
        constraints = problem.constraints

        def constraint(x):
            return jnp.concatenate([c(x) for c in constraints]) if constraints else jnp.zeros(0)

        def lagrangian(x, factor, multipliers):
            return factor * problem.objective(x) + (jnp.dot(multipliers, constraint(x)) if constraints else 0)

        x = jnp.asarray(problem.start)
        self.rows = constraint(x).size
        gradient = jax.grad(problem.objective)
        self.functions = dict(value=(problem.objective, x), gradient=(gradient, x), hessian=(jax.jacfwd(gradient), x))
        if constraints:
            self.functions.update(
                constraint=(constraint, x), jacobian=(jax.jacfwd(constraint), x),
                lagrangian=(jax.jacfwd(jax.grad(lagrangian)), x, jnp.asarray(1.0), jnp.zeros(self.rows)))
        self.programs, self.preparation = {}, 0.0

    def prepare(self, *names):
        """Compiles functions; all by default."""
        began = time.perf_counter()
        for name in names or self.functions:
            if name not in self.programs:
                function, *arguments = self.functions[name]
                self.programs[name] = jax.jit(function).lower(*arguments).compile()
        self.preparation += time.perf_counter() - began

    def restart(self, seconds):
        self.counts.clear()
        self.deadline = time.perf_counter() + seconds

    def __call__(self, what, x, *more):
        if time.perf_counter() > self.deadline:
            raise OutOfTime
        self.counts[what] += 1
        result = np.asarray(self.programs[what](np.asarray(x, np.float64), *more))
        return float(result) if what == "value" else result


# Solvers. Each returns the point, iterations, and words about the end.

def by_scipy(compiled, problem, limit):
    value, gradient, hessian = (lambda x, n=n: compiled(n, x) for n in ("value", "gradient", "hessian"))
    bounds = scipy.optimize.Bounds(problem.lower, problem.upper) if problem.is_bounded else None
    start = np.clip(problem.start, problem.lower, problem.upper)
    if problem.constraints:
        lower = np.zeros(compiled.rows)
        upper = np.full(compiled.rows, np.inf)
        if problem.equalities is not None:
            upper[:problem.equalities(jnp.asarray(start)).size] = 0
        held = scipy.optimize.NonlinearConstraint(
            lambda x: compiled("constraint", x), lower, upper, jac=lambda x: compiled("jacobian", x),
            hess=lambda x, v: compiled("lagrangian", x, np.asarray(0.0), np.asarray(v, np.float64)))
        r = scipy.optimize.minimize(value, start, jac=gradient, hess=hessian, method="trust-constr", bounds=bounds,
                                    constraints=[held], options=dict(maxiter=limit, gtol=1e-8))
    elif bounds is not None:
        r = scipy.optimize.minimize(value, start, jac=gradient, method="L-BFGS-B", bounds=bounds,
                                    options=dict(maxiter=100 * limit, maxfun=200 * limit, ftol=1e-15, gtol=1e-8))
    else:
        r = scipy.optimize.minimize(value, start, jac=gradient, hess=hessian, method="trust-exact",
                                    options=dict(maxiter=limit, gtol=1e-6))
    return r.x, r.nit, str(r.message)


class Callbacks:
    """What cyipopt asks of a problem."""

    def __init__(self, compiled, problem):
        self.compiled, self.iterations, self.is_out_of_time = compiled, 0, False
        n = problem.count
        self.places = np.tril_indices(n)
        if n > 60:                                # the entries that are not zero beside the start
            random = np.random.default_rng(7)
            seen = np.eye(n, dtype=bool)
            for _ in range(3):
                x = problem.start + (1e-2 * (1 + np.abs(problem.start))) * random.standard_normal(n)
                seen |= self.whole(x, random.standard_normal(compiled.rows), 1.0) != 0
            self.places = np.nonzero(np.tril(seen))
        self.pattern = np.zeros((n, n), bool)
        self.pattern[self.places] = True

    def whole(self, x, multipliers, factor):
        if self.compiled.rows:
            return self.compiled("lagrangian", x, np.asarray(float(factor)), np.asarray(multipliers, np.float64))
        return factor * self.compiled("hessian", x)

    def objective(self, x):
        return self.compiled("value", x)

    def gradient(self, x):
        return self.compiled("gradient", x)

    def constraints(self, x):
        return self.compiled("constraint", x) if self.compiled.rows else np.zeros(0)

    def jacobian(self, x):
        return self.compiled("jacobian", x).ravel() if self.compiled.rows else np.zeros(0)

    def jacobianstructure(self):
        return np.nonzero(np.ones((self.compiled.rows, self.pattern.shape[0])))

    def hessianstructure(self):
        return self.places

    def hessian(self, x, multipliers, factor):
        whole = self.whole(x, multipliers, factor)
        if (np.tril(whole)[~self.pattern] != 0).any():
            raise RuntimeError("an entry of the Hessian outside of its pattern")
        return whole[self.places]

    def intermediate(self, mode, iteration, *_):
        self.iterations = iteration
        self.is_out_of_time = time.perf_counter() > self.compiled.deadline - 1
        return not self.is_out_of_time


def by_ipopt(compiled, problem, limit):
    callbacks = Callbacks(compiled, problem)
    compiled.counts.clear()
    equal = 0 if problem.equalities is None else problem.equalities(jnp.asarray(problem.start)).size
    program = cyipopt.Problem(
        n=problem.count, m=compiled.rows, problem_obj=callbacks, lb=np.where(np.isfinite(problem.lower), problem.lower, -2e19),
        ub=np.where(np.isfinite(problem.upper), problem.upper, 2e19), cl=np.zeros(compiled.rows),
        cu=np.r_[np.zeros(equal), np.full(compiled.rows - equal, 2e19)])
    for name, value in dict(print_level=0, sb="yes", max_iter=limit).items():
        program.add_option(name, value)
    x, info = program.solve(problem.start)
    if callbacks.is_out_of_time:
        raise OutOfTime
    message = info["status_msg"]
    return x, callbacks.iterations, message.decode() if isinstance(message, bytes) else str(message)


class Tool:
    """A problem for the command line: files of its formula and arrays."""

    def __init__(self, folder, binary, problem):
        self.folder, self.binary, self.problem = folder, binary, problem
        objective = Formula(problem.objective, problem.count, prefix="o")
        self.arrays, self.constraints = dict(objective.arrays), []
        for function, sign, prefix in (problem.equalities, "==", "e"), (problem.inequalities, ">=", "i"):
            if function is not None:
                formula = Formula(function, problem.count, prefix=prefix)
                self.arrays.update(formula.arrays)
                self.constraints.append(formula.text + " %s 0" % sign)
        self.write("formula.txt", objective.text)
        np.save(os.path.join(folder, "start.npy"), problem.start)
        np.save(os.path.join(folder, "lower.npy"), problem.lower)
        np.save(os.path.join(folder, "upper.npy"), problem.upper)
        for name, array in self.arrays.items():
            np.save(os.path.join(folder, name + ".npy"), array)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def command(self, verb, *options, at="start.npy", constants=None):
        lets = [o for name in self.arrays if constants is None or name in constants for o in ("--let", "%s=%s.npy" % (name, name))]
        return [self.binary, verb, "--file", "formula.txt", "--at", "x=" + at, *lets, *options]

    def run(self, command, limit=60):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=limit)
        return done.returncode, done.stdout, done.stderr

    def check(self, compiled):
        """Compares value and gradient with JAX's."""
        random = np.random.default_rng(5)
        start = np.clip(self.problem.start, self.problem.lower, self.problem.upper)
        beside = start + 1e-2 * (1 + np.abs(start)) * random.uniform(-1, 1, start.size)
        names = {n for n in self.arrays if n[0] == "o"}
        for x in start, np.clip(beside, self.problem.lower, self.problem.upper):
            np.save(os.path.join(self.folder, "at.npy"), x)
            for verb, what in ("value", "value"), ("gradient", "gradient"):
                status, out, err = self.run(self.command(verb, "--format", "json", at="at.npy", constants=names))
                if status != 0:
                    raise Mismatch("%s: exit status %d: %s" % (verb, status, err.strip()[:200]))
                ours = np.array(json.loads(out)["values"], dtype=np.float64).ravel()
                theirs = np.asarray(compiled(what, x)).ravel()
                size = np.abs(theirs[np.isfinite(theirs)]).max(initial=0)
                if not np.allclose(ours, theirs, rtol=1e-9, atol=1e-10 * (1 + size), equal_nan=True):
                    raise Mismatch("%s differs: %.3g" % (verb, np.nanmax(np.abs(ours - theirs))))

    def solve(self, limit, method="automatic"):
        options = ["--format", "json", "--max-iterations", str(ITERATIONS)]
        if self.problem.is_bounded:
            options += ["--bounds", "x=lower.npy:upper.npy"]
        for constraint in self.constraints:
            options += ["--subject-to", constraint]
        if not self.constraints:
            options += ["--method", method]
        began = time.perf_counter()
        status, out, err = self.run(self.command("minimize", *options), limit)
        seconds = time.perf_counter() - began
        if status != 0:
            return dict(end="exit status %d: %s" % (status, err.strip()[:300]), seconds=seconds)
        r = json.loads(out)
        numbers = dict(nan=math.nan, inf=math.inf)
        numbers["-inf"] = -math.inf
        x = np.array([numbers.get(v, v) for v in r["point"]], dtype=np.float64)
        return dict(x=x, iterations=r["iterations"], end="%s %s" % (r["stop"], r.get("kind", "")), seconds=seconds,
                    converged=r["converged"], evaluations=dict(value=r.get("values"), gradient=r.get("gradients"),
                                                               hessian=r.get("hessians"), product=r.get("hessianProducts")))


def library(solver, compiled, problem, seconds):
    compiled.restart(seconds)
    began = time.perf_counter()
    try:
        x, iterations, end = solver(compiled, problem, ITERATIONS)
    except OutOfTime:
        return dict(end="out of time", seconds=seconds)
    except Exception as error:            # a solver that breaks has not solved the problem
        return dict(end="%s: %s" % (type(error).__name__, str(error)[:200]), seconds=time.perf_counter() - began)
    return dict(x=np.asarray(x), iterations=int(iterations), end=end, seconds=time.perf_counter() - began,
                preparation=compiled.preparation, evaluations=dict(compiled.counts))


def compare(source, options, binary):
    """One problem by all solvers, or why it is left out."""
    problem = Problem(source)
    record = dict(name=problem.name, variables=problem.count, published=problem.published, bounded=problem.is_bounded)
    with tempfile.TemporaryDirectory() as folder:
        folder = options.keep and os.path.join(options.keep, problem.name) or folder
        os.makedirs(folder, exist_ok=True)
        tool = Tool(folder, binary, problem)
        compiled = Compiled(problem)
        record["constraints"] = compiled.rows
        compiled.prepare("value", "gradient")
        tool.check(compiled)
        runs = {}

        def ours(method):
            try:
                return tool.solve(options.seconds, method)
            except subprocess.TimeoutExpired:
                return dict(end="out of time", seconds=options.seconds)

        runs["curvature"] = ours("automatic")
        if problem.count > 300 and not problem.constraints:
            runs["curvature dense"] = ours("dense")
        if options.systems:
            compiled.prepare()
        if "scipy" in options.systems:
            runs["scipy"] = library(by_scipy, compiled, problem, options.seconds)
        if "ipopt" in options.systems:
            runs["ipopt"] = library(by_ipopt, compiled, problem, options.seconds)
    compiled.deadline = math.inf
    for run in runs.values():
        x = run.pop("x", None)
        if x is not None and np.isfinite(x).all():
            run["value"], run["violation"] = compiled("value", x), problem.violation(x)
    return dict(record, runs=runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curvature", help="the tool, for problems without constraints")
    parser.add_argument("--ipopt", help="curvature-ipopt, for constrained problems")
    parser.add_argument("--groups", nargs="+", choices=list(GROUPS), default=["unconstrained", "bounded"])
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--largest", type=int, default=1000, help="the most variables, and the most constraints")
    parser.add_argument("--count", type=int, default=100000, help="the first so many by name that can be translated")
    parser.add_argument("--systems", nargs="*", choices=("scipy", "ipopt"), default=["scipy", "ipopt"])
    parser.add_argument("--seconds", type=float, default=60, help="for each problem and solver")
    parser.add_argument("--keep", metavar="FOLDER", help="keep formulas and arrays there")
    parser.add_argument("--records", metavar="FILE", help="append what was measured, a line of JSON for each problem; go on after what is there")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for group in options.groups:
        binary = os.path.abspath(options.ipopt if group == "constrained" else options.curvature)
        records, left_out = read_records(options.records, group), collections.Counter()
        known = {r["name"] for r in records}
        sources = sorted((p for kind in GROUPS[group] for p in getattr(sif2jax, kind)), key=lambda p: p.name)
        for source in sources:
            if options.only and source.name not in options.only or source.name in known or len(records) >= options.count:
                continue
            known.add(source.name)
            try:
                if source.num_variables() > options.largest or sum(map(int, source.num_constraints()[:2])) > options.largest:
                    left_out["of more than %d variables or constraints" % options.largest] += 1
                    continue
                record = compare(source, options, binary)
            except Untranslatable as reason:
                left_out["with " + str(reason)] += 1
                continue
            except Mismatch as reason:
                left_out["whose formula is refused or differs"] += 1
                print("%s: %s" % (source.name, reason), file=sys.stderr, flush=True)
                continue
            records.append(record)
            print("%s %s" % (source.name, {s: (r.get("value"), r.get("iterations"), r["end"][:60]) for s, r in record["runs"].items()}),
                  file=sys.stderr, flush=True)
            if options.records:
                with open(options.records, "a") as file:
                    file.write(json.dumps(dict(record, group=group)) + "\n")
            jax.clear_caches()
        report(group, records, left_out)


if __name__ == "__main__":
    main()

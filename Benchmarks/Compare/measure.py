"""Runs one (case, variant, dtype) of a workload in this process and prints one JSON line.

A workload file registers variants with @variant(cases, dtypes); the name of the function is the system, an underscore
and how the system is used. The function gets (case, dtype) and returns `call` or `(call, extract)`: call(k) evaluates
at the k-th point and returns a finished result, extract(result) is the NumPy array that is compared with the
reference. What happens before the first call (tracing, preparing) counts as part of the first call's time.
"""
import importlib.util
import json
import os
import resource
import sys
import time

import numpy as np

DATA = os.environ.get("CURVATURE_BENCH_DATA", "data")
REGISTRY = {}                            # (case, variant, dtype) -> function
MODULES = dict(paddle="paddle", torch="torch", jax="jax", casadi="casadi", autograd="autograd", asdex="asdex", folx="folx",
               pyoptinterface="pyoptinterface", handwritten="scipy")
LABELS = {}


class Cannot(Exception):
    """The system cannot do this; the message says why."""


def variant(cases="hessian", dtypes="float64", label=None):
    def register(function):
        if function.__module__ == "__main__":    # not the variants of a workload imported for its functions
            for case in cases.split():
                for dtype in dtypes.split():
                    REGISTRY[(case, function.__name__, dtype)] = function
            LABELS[function.__name__] = label or " ".join(function.__name__.split("_")[1:])
        return function
    return register


def load(name, dtype=None):
    a = np.load(os.path.join(DATA, name + ".npy"))
    return a if dtype is None else a.astype(dtype)


def to_numpy(a):
    for step in ("detach", "numpy", "full"):     # torch; torch and paddle; casadi
        if hasattr(a, step):
            a = getattr(a, step)()
    return np.asarray(a)


def peak_bytes():
    """Largest resident memory of this program. Not getrusage where that can be helped: it starts from the parent's."""
    try:
        with open("/proc/self/status") as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def repeat(call, budget):
    """Median seconds per call. A sample is the mean of so many calls that it takes at least 0.2 ms."""
    clock = time.perf_counter
    t = clock()
    call(2)
    inner = max(1, min(10000, int(2e-4 / max(clock() - t, 1e-9))))
    samples, k, start = [], 3, clock()
    while len(samples) < 5 or clock() - start < budget:
        t = clock()
        for _ in range(inner):
            call(k)
            k += 1
        samples.append((clock() - t) / inner)
        if len(samples) >= 2 and clock() - start > 8:
            break
    return dict(seconds=float(np.median(samples)), samples=len(samples), callsPerSample=inner)


def relative_error(got, want):
    got = np.asarray(got, np.float64).reshape(want.shape)
    return float(np.max(np.abs(got - want)) / np.max(np.abs(want)))


def main(workload, reference=None):
    """The reference is the file `ref_WORKLOAD_CASE` unless its name is given, or a function of the case that gives it."""
    if sys.argv[1] == "--list":
        found = {s: importlib.util.find_spec(m.split(".")[0]) is not None for s, m in MODULES.items()}
        print(json.dumps([dict(case=c, variant=v, dtype=d, system=v.split("_")[0], label=LABELS[v],
                               installed=found[v.split("_")[0]]) for c, v, d in REGISTRY]))
        return
    case, name, dtype = sys.argv[1:4]
    name_of_reference = reference(case) if callable(reference) else reference or "ref_%s_%s" % (workload, case)
    budget = float(sys.argv[sys.argv.index("--budget") + 1]) if "--budget" in sys.argv else 1.0
    out = {}
    try:
        t = time.perf_counter()
        system = name.split("_")[0]
        importlib.import_module(MODULES[system])
        if system in ("jax", "asdex", "folx"):
            import jax
            jax.config.update("jax_enable_x64", dtype == "float64")
        out["importSeconds"] = time.perf_counter() - t
        t = time.perf_counter()
        made = REGISTRY[(case, name, dtype)](case, dtype)
        call, extract = made if isinstance(made, tuple) else (made, to_numpy)
        call(0)
        out["firstSeconds"] = time.perf_counter() - t
        out["firstUnixTime"] = time.time()
        if "--first" not in sys.argv:
            if out["firstSeconds"] < 4:
                call(1)
            out.update(repeat(call, budget))
        # Before the reference is read, which takes memory, too.
        out["peakBytes"] = peak_bytes()
        out["error"] = relative_error(extract(call(0)), load(name_of_reference))
    except Cannot as e:
        out["cannot"] = str(e)
    except Exception as e:
        out["failure"] = (type(e).__name__ + ": " + " ".join(str(e).split()))[:300]
    out.setdefault("peakBytes", peak_bytes())
    print(json.dumps(out), flush=True)
    os._exit(0)                          # some systems are slow to end, or crash then

"""Runs every (workload, case, dtype) in every system, one process each, and prints one table. Start `compare.sh`."""
import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import report
import systems

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = dict(W1="w1_rosenbrock", W2="w2_logistic", W3="w3_classifier", W4="w4_sparse", W5="w5_parts", W6="w6_batched",
               W7="w7_laplacian", W8="w8_diagonal", W10="w10_eigenvalues", W11="w11_recurrences", W12="w12_grid",
               W13="w13_arms", W14="w14_collocation", I1="i1_power_flow", I2="i2_bundle", I3="i3_molecule",
               I4="i4_crossed", I5="i5_mesh")
STARTS = ("W2", "W3")                    # W9 starts these afresh
OURS = "curvature"
# Every library is to see the processor as it is, as on a machine where nobody has set these.
OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA",
             "ATEN_CPU_CAPABILITY")


def say(text):
    print("==> " + text, file=sys.stderr, flush=True)


def arguments():
    p = argparse.ArgumentParser(prog="compare.sh", description="Curvature and other systems on the same inputs.")
    p.add_argument("--only", nargs="+", metavar="W", default=[*SCRIPTS, "W9"], help="workloads, W1 to W14 and I1 to I5")
    p.add_argument("--systems", nargs="+", metavar="NAME", default=[OURS, *systems.SYSTEMS],
                   help="of: %s" % " ".join([OURS, *systems.SYSTEMS]))
    p.add_argument("--cases", nargs="+", metavar="CASE", help="of a workload, such as row or float32")
    p.add_argument("--format", choices=("table", "json"), default="table")
    p.add_argument("--rounds", type=int, default=3, help="processes for each measurement, systems taking turns")
    p.add_argument("--budget", type=float, default=0.7, help="seconds of repeated calls in each process")
    p.add_argument("--timeout", type=float, default=60, help="seconds after which a process is ended")
    p.add_argument("--first", action="store_true", help="first calls only: a quick check of all results")
    p.add_argument("--tiny", action="store_true", help="tiny inputs: checks that everything runs")
    p.add_argument("--every-variant", action="store_true", help="all ways of using a system, not its fastest alone")
    a = p.parse_args()
    a.only = [w.upper() for w in a.only]
    for given, known in (a.only, [*SCRIPTS, "W9"]), (a.systems, [OURS, *systems.SYSTEMS]):
        for name in given:
            if name not in known:
                p.error("'%s' is none of: %s" % (name, " ".join(known)))
    return a


class Runner:
    def __init__(self, options, build):
        self.options = options
        self.data = os.path.join(build, "data-tiny" if options.tiny else "data")
        self.binary = os.environ.get("CURVATURE_BENCH", "")
        kept = {key: value for key, value in os.environ.items() if key not in OVERRIDES}
        self.environment = dict(
            kept, CURVATURE_BENCH_DATA=self.data, PYTHONDONTWRITEBYTECODE="1", PYTHONWARNINGS="ignore",
            PYTHONPATH=HERE, GLOG_minloglevel="3")

    def inputs(self):
        import inputs                    # needs NumPy, which --help does without

        if os.path.exists(os.path.join(self.data, inputs.COMPLETE)):
            return
        say("generating inputs and reference values")
        subprocess.run([sys.executable, os.path.join(HERE, "inputs.py"), self.data, *["--tiny"][:self.options.tiny]],
                       check=True, env=self.environment)

    def command(self, workload, system):
        if system == OURS:
            return [self.binary, workload]
        return [sys.executable, os.path.join(HERE, SCRIPTS[workload] + ".py")]

    def variants(self, workload, system=None):
        """What can be run of a workload: in our package, or in all other systems."""
        output = subprocess.run([*self.command(workload, system), "--list"], env=self.environment, check=True,
                                stdout=subprocess.PIPE, text=True).stdout
        return [dict(v, workload=workload) for v in json.loads(output) if v["system"] in self.options.systems]

    def run(self, v, first):
        """One process; its line of JSON, or what went wrong."""
        flags = ["--budget", str(self.options.budget), *["--first"][:first]]
        with tempfile.TemporaryDirectory() as scratch:    # caches of compiled code start cold
            environment = dict(self.environment, TORCHINDUCTOR_CACHE_DIR=scratch)
            start = time.time()
            process = subprocess.Popen(
                [*self.command(v["workload"], v["system"]), v["case"], v["variant"], v["dtype"], *flags], cwd=scratch,
                env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
            try:
                output, errors = process.communicate(timeout=self.options.timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                return dict(failure="longer than %g s" % self.options.timeout)
        lines = [line for line in output.splitlines() if line.startswith("{")]
        if not lines:
            last = (errors.strip().splitlines() or ["no output"])[-1]
            return dict(failure="exit status %s: %s" % (process.returncode, last[:200]))
        result = json.loads(lines[-1])
        if "firstUnixTime" in result:
            result["processSeconds"] = result["firstUnixTime"] - start
        return result


def measured(runner, group, starts):
    """Rounds over the variants of one case, systems taking turns; one row for each variant."""
    options = runner.options
    results = {id(v): [] for v in group}
    key = "processSeconds" if starts else "firstSeconds" if options.first else "seconds"
    for number in range(1 if options.first and not starts else options.rounds):
        best = {}
        for v in group:
            times = [r[key] for r in results[id(v)] if key in r]
            if times:
                best[v["system"]] = min(best.get(v["system"], times[0]), min(times))
        for v in group:
            earlier = results[id(v)]
            if earlier and (key not in earlier[-1] or earlier[-1]["wallSeconds"] > 20 or not options.every_variant
                            and min(r[key] for r in earlier) > 3 * best[v["system"]]):
                continue                 # it failed, takes very long, or will not be its system's fastest
            start = time.monotonic()
            r = runner.run(v, first=options.first or starts)
            r["wallSeconds"] = time.monotonic() - start
            earlier.append(r)
            say("%s %s %s %s: %s" % (v["workload"], v["case"], v["dtype"], v["variant"],
                                     report.seconds(r.get(key)) or r.get("cannot") or r.get("failure")))
    rows = []
    for v in group:
        good = [r for r in results[id(v)] if key in r]
        row = dict(workload=v["workload"], case=v["case"], dtype=v["dtype"], system=v["system"], variant=v["label"],
                   seconds=None, firstSeconds=None, peakBytes=None, error=None)
        if good:
            middle = lambda k: statistics.median(r[k] for r in good)
            row.update(seconds=middle(key), firstSeconds=middle("firstSeconds"), peakBytes=int(middle("peakBytes")),
                       error=max(r["error"] for r in good), rounds=len(good))
        else:
            last = results[id(v)][-1]
            row["note"] = last.get("cannot") or last.get("failure")
        rows.append(row)
    return rows


def main():
    options = arguments()
    build = os.environ["CURVATURE_BENCH_BUILD"]
    others = [s for s in options.systems if s != OURS]
    missing = systems.install(others, say)
    runner = Runner(options, build)
    runner.inputs()
    rows = []
    for workload in options.only:
        starts = workload == "W9"
        for base in STARTS if starts else [workload]:
            found = runner.variants(base, OURS) if OURS in options.systems else []
            found += [v for v in runner.variants(base) if v["installed"]] if others else []
            if starts:
                found = [v for v in found if v["dtype"] == "float64" and v["system"] != "handwritten"]
            cases = {}
            for v in found:
                cases.setdefault((v["case"], v["dtype"]), []).append(v)
            for (case, dtype), group in cases.items():
                if options.cases and not {case, dtype} & set(options.cases):
                    continue
                part = measured(runner, group, starts)
                for row in part:
                    if starts:
                        row.update(workload="W9", case=base)
                rows += report.ranked(part, options.every_variant)
    about = dict(
        machine="%s, %s" % (platform.machine(), platform.system()), processors=len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity") else os.cpu_count(), load=os.getloadavg()[0],
        versions=systems.versions(others), missing=missing, tiny=options.tiny)
    if options.format == "json":
        json.dump(rows, sys.stdout, indent=1)
        print()
    else:
        report.table(rows, about)
    wrong = [r for r in rows if r["system"] == OURS and (r["seconds"] is None or r.get("note") == report.WRONG)]
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()

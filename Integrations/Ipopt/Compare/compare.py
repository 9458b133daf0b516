"""The three systems in turns, and a table: see compare.sh."""
import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def measure(command, environment=None):
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit("%s: %s" % (" ".join(command), done.stderr[-2000:]))
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("library")
    parser.add_argument("cases", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    a = parser.parse_args()
    script = os.path.join(HERE, "power_flow.py")
    systems = {
        "Curvature": lambda case: measure([a.program, case], dict(os.environ, LD_LIBRARY_PATH=a.library)),
        "CasADi": lambda case: measure([sys.executable, script, "casadi", case]),
        "PyOptInterface": lambda case: measure([sys.executable, script, "pyoptinterface", case])}
    print("Least of %d rounds, in which the systems take turns; load before: %.1f" % (a.rounds, os.getloadavg()[0]))
    print("| case | system | objective | iterations | derivatives, s | ratio | whole search, s | before it, s |")
    print("|---|---|---|---|---|---|---|---|")
    for case in a.cases:
        runs = {name: [] for name in systems}
        for _ in range(a.rounds):
            for name, run in systems.items():
                runs[name].append(run(case))
        least = lambda name, key: min(r[key] for r in runs[name])
        for name in systems:
            r = runs[name][0]
            print("| %s | %s | %.6g | %d | %.3f | %.2f | %.2f | %.2f |" % (
                os.path.basename(case).removesuffix(".m"), name, r["objective"], r["iterations"],
                least(name, "derivatives_s"), least(name, "derivatives_s") / least("Curvature", "derivatives_s"),
                least(name, "solve_s"), least(name, "plan_s")), flush=True)


if __name__ == "__main__":
    main()

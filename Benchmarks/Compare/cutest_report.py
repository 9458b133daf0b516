"""Tables of what `cutest.py` measured: `python cutest_report.py FILE [GROUP ...]`."""
import collections
import json
import math
import os
import sys

LEAST = -1e10                            # a problem on which a solver comes below this has no minimum
ITERATIONS = 1000                        # for each problem and solver
TOLERANCE = 1e-6                         # of values, beside 1 + |f*|, and of constraints


def judge(record):
    """The best value that a solver found, who reached it, and whether the published one is lower.

    Where it is, a run that used up its iterations has reached nothing.
    """
    feasible = {s: r["value"] for s, r in record["runs"].items()
                if r.get("violation", math.inf) <= TOLERANCE and not math.isnan(r["value"])}
    best = min(feasible.values(), default=math.nan)
    if best < LEAST:
        return best, set(), False
    slack = TOLERANCE * (1 + abs(best))
    is_missed = record["published"] is not None and not record["published"] >= best - slack
    winners = {s for s, v in feasible.items() if v <= best + slack}
    if is_missed:
        winners = {s for s in winners if record["runs"][s].get("iterations", 0) < ITERATIONS}
    return best, winners, is_missed


def mean_ratio(pairs):
    logs = [math.log(a / b) for a, b in pairs if a > 0 and b > 0]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def report(group, records, left_out):
    print("\n%s: %d problems" % (group, len(records)))
    systems = list(dict.fromkeys(s for r in records for s in r["runs"]))
    print("%-12s %5s %5s %15s  %s" % ("problem", "n", "m", "best value", "  ".join("%-26s" % s for s in systems)))
    solved, missed = collections.defaultdict(set), 0
    for r in records:
        best, winners, is_missed = judge(r)
        cells = []
        for s in systems:
            run = r["runs"].get(s)
            if run is None:
                cells.append("%-26s" % "")
                continue
            if s in winners:
                solved[s].add(r["name"])
            mark = "  " if s in winners else "- "
            cells.append("%-26s" % (mark + "%s it %.3g s" % (run.get("iterations", "?"), run["seconds"])))
        missed += is_missed
        note = "  (published: %.8g)" % r["published"] if is_missed else ""
        print("%-12s %5d %5d %15.8g  %s%s" % (r["name"], r["variables"], r["constraints"], best, "  ".join(cells), note))
    endless = [r for r in records if judge(r)[0] < LEAST]
    records = [r for r in records if not judge(r)[0] < LEAST]
    print("without a minimum, and not counted: %s" % (" ".join(r["name"] for r in endless) or "none"))
    print("by no solver: %s" % (" ".join(r["name"] for r in records if not judge(r)[1]) or "none"))
    print("published values that no solver reached: %d" % missed)
    for s in systems:
        tried = [r for r in records if s in r["runs"]]
        print("%s: %d of %d solved" % (s, len(solved[s]), len(tried)))
        if s.startswith("curvature"):
            continue
        common = [r["runs"] for r in records if r["name"] in solved[s] & solved["curvature"]]
        print("  beside curvature on %d: iterations x %.3g, seconds of the search x %.3g, with preparation x %.3g" % (
            len(common), mean_ratio([(r[s]["iterations"], r["curvature"]["iterations"]) for r in common]),
            mean_ratio([(r[s]["seconds"], r["curvature"]["seconds"]) for r in common]),
            mean_ratio([(r[s]["seconds"] + r[s]["preparation"], r["curvature"]["seconds"]) for r in common])))
    print("curvature converged by its own account, not the best value: %s" % " ".join(
        r["name"] for r in records if r["runs"]["curvature"].get("converged") and r["name"] not in solved["curvature"]))
    print("left out: %s" % (", ".join("%d %s" % (n, w) for w, n in left_out.most_common()) or "none"))


def read_records(path, group):
    """What an earlier run has measured."""
    if not path or not os.path.exists(path):
        return []
    with open(path) as file:
        return [r for r in map(json.loads, file) if r["group"] == group]


if __name__ == "__main__":
    for group in sys.argv[2:] or ("unconstrained", "bounded", "constrained"):
        report(group, read_records(sys.argv[1], group), collections.Counter())

"""AC optimal power flow by CasADi and by PyOptInterface, in the formulation of `Sources/OptimalPowerFlow`.

    python power_flow.py casadi CASE.m          # one line of JSON
    python power_flow.py pyoptinterface CASE.m

Both use Ipopt with MUMPS, from the same library (CasADi's). Time in derivatives is what Ipopt (PyOptInterface) or CasADi
measures around its callbacks."""
import glob
import json
import math
import os
import re
import sys
import tempfile
import time

import numpy as np


def read(path):
    """The numbers of a MATPOWER case that are in service, per unit: as `PowerNetwork`."""
    text = re.sub(r"%.*", "", open(path).read())
    base = float(re.search(r"mpc\.baseMVA\s*=\s*([0-9.eE+-]+)", text).group(1))
    table = {}
    for name in ("bus", "gen", "branch", "gencost"):
        body = re.search(r"mpc\.%s\s*=\s*\[(.*?)\]" % name, text, re.S).group(1)
        table[name] = [[float(w) for w in row.replace(",", " ").split()] for row in body.split(";") if row.strip()]
    buses = [b for b in table["bus"] if b[1] != 4]
    at = {b[0]: i for i, b in enumerate(buses)}
    on = [k for k, g in enumerate(table["gen"]) if g[7] > 0 and g[0] in at]
    gens = [table["gen"][k] for k in on]
    # c0, c1, c2 per unit; all cases here have polynomials of three coefficients at most
    cost = []
    for k in on:
        c = table["gencost"][k]
        assert c[0] == 2 and c[3] <= 3
        low = c[4:4 + int(c[3])][::-1] + [0.0] * (3 - int(c[3]))
        cost.append([low[0], low[1] * base, low[2] * base ** 2])
    branches = [b for b in table["branch"] if b[10] == 1 and b[0] in at and b[1] in at]
    coef, angle = [], []
    for b in branches:
        y = 1 / complex(b[2], b[3])
        g, s, half = y.real, y.imag, b[4] / 2
        tap, shift = b[8] or 1.0, math.radians(b[9])
        tr, ti, tt = tap * math.cos(shift), tap * math.sin(shift), tap ** 2
        coef.append([(-g * tr - s * ti) / tt, (-s * tr + g * ti) / tt, (-g * tr + s * ti) / tt, (-s * tr - g * ti) / tt,
                     g / tt, (s + half) / tt, g, s + half])
        low, high = b[11], b[12]
        free = (low == 0 and high == 0) or (low <= -360 and high >= 360)
        bound = lambda d, none: none if free or d == 0 or abs(d) >= 360 else math.radians(d)
        angle.append([bound(low, -math.inf), bound(high, math.inf)])
    A = lambda rows, k: np.array([r[k] for r in rows], float)
    return dict(nb=len(buses), ng=len(gens), nl=len(branches), ref=[i for i, b in enumerate(buses) if b[1] == 3],
                pd=A(buses, 2) / base, qd=A(buses, 3) / base, gs=A(buses, 4) / base, bs=A(buses, 5) / base,
                vmin=A(buses, 12), vmax=A(buses, 11), gen=np.array([at[g[0]] for g in gens]),
                pmin=A(gens, 9) / base, pmax=A(gens, 8) / base, qmin=A(gens, 4) / base, qmax=A(gens, 3) / base,
                cost=np.array(cost), f=np.array([at[b[0]] for b in branches]), t=np.array([at[b[1]] for b in branches]),
                coef=np.array(coef), rate=np.array([b[5] / base if b[5] > 0 else math.inf for b in branches]),
                angle=np.array(angle))


def bounds(d):
    inf = math.inf
    reference = np.full(d["nb"], inf)
    reference[d["ref"]] = 0
    both = np.concatenate([d["rate"], d["rate"]])
    lower = np.concatenate([-reference, d["vmin"], d["pmin"], d["qmin"], -both, -both])
    upper = np.concatenate([reference, d["vmax"], d["pmax"], d["qmax"], both, both])
    start = np.concatenate([np.zeros(d["nb"]), np.ones(d["nb"]), (d["pmin"] + d["pmax"]) / 2,
                            (d["qmin"] + d["qmax"]) / 2, np.zeros(4 * d["nl"])])
    return lower, upper, start


def casadi_run(d, options):
    import casadi as ca
    began = time.perf_counter()
    nb, ng, nl = d["nb"], d["ng"], d["nl"]
    x = ca.SX.sym("x", 2 * nb + 2 * ng + 4 * nl)
    va, vm, pg, qg, p, q = ca.vertsplit(x, np.cumsum([0, nb, nb, ng, ng, 2 * nl, 2 * nl]).tolist())
    f, t = d["f"].tolist(), d["t"].tolist()
    difference, vf, vt = va[f] - va[t], vm[f], vm[t]
    c = [ca.DM(d["coef"][:, k]) for k in range(8)]
    cs, sn = vf * vt * ca.cos(difference), vf * vt * ca.sin(difference)
    flows = ca.vertcat(c[4] * vf ** 2 + c[2] * cs + c[3] * sn, c[6] * vt ** 2 + c[0] * cs - c[1] * sn,
                       -c[5] * vf ** 2 - c[3] * cs + c[2] * sn, -c[7] * vt ** 2 - c[1] * cs - c[0] * sn)
    arcs = np.concatenate([d["f"], d["t"]])
    incidence = lambda rows, n: ca.DM.triplet(list(map(int, rows)), list(range(len(rows))), ca.DM.ones(len(rows)), n,
                                              len(rows))
    at_arcs, at_gens = incidence(arcs, nb), incidence(d["gen"], nb)
    active = ca.DM(d["pd"]) + ca.DM(d["gs"]) * vm ** 2 + at_arcs @ p - at_gens @ pg
    reactive = ca.DM(d["qd"]) - ca.DM(d["bs"]) * vm ** 2 + at_arcs @ q - at_gens @ qg
    rated = np.flatnonzero(np.isfinite(d["rate"]))
    ends = np.concatenate([rated, rated + nl]).tolist()
    limited = np.flatnonzero(np.isfinite(d["angle"]).any(1)).tolist()
    g = ca.vertcat(ca.vertcat(p, q) - flows, active, reactive, p[ends] ** 2 + q[ends] ** 2, difference[limited])
    zeros = np.zeros(4 * nl + 2 * nb)
    lbg = np.concatenate([zeros, np.full(len(ends), -math.inf), d["angle"][limited, 0]])
    ubg = np.concatenate([zeros, np.tile(d["rate"][rated] ** 2, 2), d["angle"][limited, 1]])
    cost = ca.sum1(ca.DM(d["cost"][:, 2]) * pg ** 2 + ca.DM(d["cost"][:, 1]) * pg + ca.DM(d["cost"][:, 0]))
    solver = ca.nlpsol("s", "ipopt", dict(x=x, f=cost, g=g), {"print_time": False, **{
        "ipopt." + k: v for k, v in dict(options, print_level=0, sb="yes").items()}})
    made = time.perf_counter() - began
    lower, upper, start = bounds(d)
    began = time.perf_counter()
    r = solver(x0=start, lbx=lower, ubx=upper, lbg=lbg, ubg=ubg)
    total = time.perf_counter() - began
    s = solver.stats()
    derivatives = sum(v for k, v in s.items() if k.startswith("t_wall_nlp_"))
    return dict(system="CasADi " + ca.__version__, status=s["return_status"], objective=float(r["f"]), iterations=s["iter_count"],
                derivatives_s=derivatives, solve_s=total, plan_s=made)


def pyoptinterface_run(d, options):
    import casadi
    import pyoptinterface as poi
    from pyoptinterface import ipopt, nl
    folder = os.path.dirname(casadi.__file__)
    assert ipopt.load_library(next(p for p in glob.glob(folder + "/libipopt.*") if p.endswith((".so", ".dylib"))))
    began = time.perf_counter()
    model = ipopt.Model(jit="LLVM")
    lower, upper, start = bounds(d)
    nb, ng, n = d["nb"], d["ng"], d["nl"]
    x = []
    for low, high, value in zip(lower.tolist(), upper.tolist(), start.tolist()):
        x.append(model.add_variable(lb=low, ub=high, start=value))
    va, vm, pg, qg = x[:nb], x[nb:2 * nb], x[2 * nb:2 * nb + ng], x[2 * nb + ng:2 * nb + 2 * ng]
    p, q = x[2 * nb + 2 * ng:2 * nb + 2 * ng + 2 * n], x[2 * nb + 2 * ng + 2 * n:]
    cost = poi.ExprBuilder()
    for v, (c0, c1, c2) in zip(pg, d["cost"].tolist()):
        cost += c2 * v * v + c1 * v + c0
    model.set_objective(cost)
    f, t = d["f"].tolist(), d["t"].tolist()
    P, Q = [poi.ExprBuilder() for _ in range(nb)], [poi.ExprBuilder() for _ in range(nb)]
    for i, (pd, qd, gs, bs) in enumerate(zip(*(d[k].tolist() for k in ("pd", "qd", "gs", "bs")))):
        P[i] += pd + gs * vm[i] * vm[i]
        Q[i] += qd - bs * vm[i] * vm[i]
    for a, i in enumerate(f + t):
        P[i] += p[a]
        Q[i] += q[a]
    for k, i in enumerate(d["gen"].tolist()):
        P[i] -= pg[k]
        Q[i] -= qg[k]
    for e in P + Q:
        model.add_quadratic_constraint(e, poi.Eq, 0.0)
    for a, rate in enumerate(d["rate"].tolist() * 2):
        if math.isfinite(rate):
            model.add_quadratic_constraint(p[a] * p[a] + q[a] * q[a], poi.Leq, rate * rate)
    for (low, high), i, j in zip(d["angle"].tolist(), f, t):
        if math.isfinite(low) or math.isfinite(high):
            model.add_linear_constraint(va[i] - va[j], (max(low, -1e20), min(high, 1e20)))
    for l, (i, j, (c1, c2, c3, c4, c5, c6, c7, c8)) in enumerate(zip(f, t, d["coef"].tolist())):
        with nl.graph():
            vf, vt, delta = vm[i], vm[j], va[i] - va[j]
            sn, cs = nl.sin(delta), nl.cos(delta)
            model.add_nl_constraint(p[l] - c5 * vf * vf - c3 * vf * vt * cs - c4 * vf * vt * sn, poi.Eq, 0.0)
            model.add_nl_constraint(q[l] + c6 * vf * vf + c4 * vf * vt * cs - c3 * vf * vt * sn, poi.Eq, 0.0)
            model.add_nl_constraint(p[n + l] - c7 * vt * vt - c1 * vf * vt * cs + c2 * vf * vt * sn, poi.Eq, 0.0)
            model.add_nl_constraint(q[n + l] + c8 * vt * vt + c2 * vf * vt * cs + c1 * vf * vt * sn, poi.Eq, 0.0)
    made = time.perf_counter() - began
    for name, value in dict(options, print_level=5, print_timing_statistics="yes").items():
        model.set_raw_parameter(name, value)
    # Ipopt's statistics are printed by C: standard output goes to a file meanwhile.
    file, log = tempfile.mkstemp(suffix=".log")
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(file, 1)
    began = time.perf_counter()
    try:
        model.optimize()
        total = time.perf_counter() - began
    finally:
        import ctypes
        ctypes.CDLL(None).fflush(None)
        os.dup2(saved, 1)
    text = open(log).read()
    os.remove(log)
    wall = lambda name: float(re.search(name + r"\.*:.*?wall:\s*([0-9.]+)", text).group(1))
    return dict(system="PyOptInterface " + __import__("importlib.metadata").metadata.version("pyoptinterface"),
                status=re.search(r"EXIT: (.*)", text).group(1),
                objective=float(model.get_value(cost)), iterations=int(re.search(r"Number of Iterations\.*: *(\d+)", text).group(1)),
                derivatives_s=wall("Function Evaluations"), solve_s=wall("OverallAlgorithm"), plan_s=made + total - wall("OverallAlgorithm"))


if __name__ == "__main__":
    system, path = sys.argv[1:3]
    options = {}
    for word in sys.argv[3:]:
        name, value = word.removeprefix("--").split("=", 1)
        for kind in (int, float, str):
            try:
                options[name] = kind(value)
                break
            except ValueError:
                pass
    run = dict(casadi=casadi_run, pyoptinterface=pyoptinterface_run)[system]
    print(json.dumps(dict(run(read(path), options), case=os.path.basename(path))))

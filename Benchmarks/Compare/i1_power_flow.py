"""I1: the Lagrangian of an AC optimal power flow in polar coordinates, of generated grids of 1354, 2000 and 10 000 buses.

Variables: angles and magnitudes of the voltages, power of the generators, flows at both ends of the lines. Constraints in this
order: the angle of one bus, four equations for the flows of each line, differences of angles, limits of flows, balances."""
import numpy as np
from index_coupled import peers
from measure import load, main

NAMES = "coef f_bus t_bus gen_bus ref_bus cost pd qd gs bs rate x theta".split()
CASES = {"case1354": "1354", "case2000": "2000", "case10000": "10000"}


def cost(m, v, c):
    return c[0] * v[0] * v[0]


def line(m, v, c):
    """v: both angles and both magnitudes; c: eight coefficients and four multipliers."""
    difference, vv = v[0] - v[1], v[2] * v[3]
    cs, sn = vv * m.cos(difference), vv * m.sin(difference)
    return (c[8] * (-c[4] * v[2] * v[2] - c[2] * cs - c[3] * sn) + c[9] * (c[5] * v[2] * v[2] + c[3] * cs - c[2] * sn)
            + c[10] * (-c[6] * v[3] * v[3] - c[0] * cs + c[1] * sn) + c[11] * (c[7] * v[3] * v[3] + c[1] * cs + c[0] * sn))


def generate(rng, buses):
    """A tree of nearby buses with as many lines again as a fifth of them, a generator at every sixth."""
    number = np.arange(1, buses)
    lines = [np.stack([number, number - rng.integers(1, np.minimum(number, 30) + 1)], 1)]
    a = rng.integers(0, buses, buses // 5 + 1)
    lines.append(np.stack([a, (a + rng.integers(1, 40, len(a))) % buses], 1)[: buses // 5])
    ends = np.concatenate(lines)
    ends = ends[ends[:, 0] != ends[:, 1]]
    count, units = len(ends), max(1, buses // 6)
    y = 1 / (rng.uniform(0.002, 0.02, count) + 1j * rng.uniform(0.02, 0.1, count))
    g, b, half = y.real, y.imag, rng.uniform(0, 0.05, count)
    tap = np.where(rng.uniform(0, 1, count) < 0.2, rng.uniform(0.95, 1.05, count), 1.0)
    turn = np.where(tap != 1, rng.uniform(-0.05, 0.05, count), 0.0)
    t = tap * np.exp(1j * turn)
    # What the products of voltages count for, by the series admittance and the ratio of the transformer.
    forward, backward = -y / np.conj(t), -y / t
    coefficients = np.stack([backward.real, backward.imag, forward.real, forward.imag, g / tap ** 2, (b + half) / tap ** 2,
                             g, b + half], 1)
    variables = np.concatenate([rng.uniform(-0.4, 0.4, (3, buses)), rng.uniform(0.95, 1.05, (3, buses)),
                                rng.uniform(0, 1, (3, units)), rng.uniform(-0.5, 0.5, (3, units)),
                                rng.uniform(-1, 1, (3, 4 * count))], 1)
    multipliers = rng.normal(0, 1, (3, 1 + 7 * count + 2 * buses))
    return dict(
        coef=coefficients, f_bus=ends[:, 0], t_bus=ends[:, 1], gen_bus=rng.permutation(buses)[:units],
        ref_bus=np.array([0]), cost=np.stack([rng.uniform(0, 5, units), rng.uniform(10, 30, units), np.zeros(units)], 1),
        pd=rng.uniform(0, 0.5, buses), qd=rng.uniform(0, 0.2, buses), gs=rng.uniform(0, 0.02, buses),
        bs=rng.uniform(0, 0.1, buses), rate=rng.uniform(2, 5, count), x=variables,
        theta=np.concatenate([np.array([[1.0], [0.5], [0.25]]), multipliers], 1))


def parts(d):
    """(element, table) and for each a function of the multipliers that gives its constants."""
    nb, ng, nl = len(d["pd"]), len(d["cost"]), len(d["rate"])
    flows = 1 + len(d["ref_bus"])
    limits = flows + 5 * nl
    balances = limits + 2 * nl
    arcs = 2 * (nb + ng)
    column = lambda a: np.asarray(a)[:, None]
    single = lambda first, count: column(first + np.arange(count))
    ends = np.stack([d["f_bus"], d["t_bus"], nb + d["f_bus"], nb + d["t_bus"]], 1)
    return [
        (cost, single(2 * nb, ng), lambda w: column(w[0] * d["cost"][:, 0])),
        (line, ends, lambda w: np.concatenate([d["coef"], w[flows:flows + 4 * nl].reshape(4, nl).T], 1)),
        (cost, single(arcs, 2 * nl), lambda w: column(w[limits:balances])),
        (cost, single(arcs + 2 * nl, 2 * nl), lambda w: column(w[limits:balances])),
        (cost, single(nb, nb), lambda w: column(w[balances:balances + nb] * d["gs"] - w[balances + nb:] * d["bs"])),
    ]


def groups(d):
    return [(e, t, c(d["theta"][0])) for e, t, c in parts(d)]


def problem(case):
    d = {k: load("i1_%s_%s" % (CASES[case], k)) for k in NAMES}
    return (d["x"].shape[1], [(e, t) for e, t, _ in parts(d)], list(d["x"]),
            lambda k: [c(d["theta"][k]) for _, _, c in parts(d)])


peers(" ".join(CASES), problem)
if __name__ == "__main__":
    main("i1", lambda case: "ref_i1_%s_vals" % CASES[case])

#!/usr/bin/env python3
"""Writes special_functions.csv: values and partial derivatives to third order of special functions.

Needs mpmath (pip install mpmath; made with 1.3.0). Run it in this directory. Derivatives are mpmath's, taken with 60
digits more than they need, then rounded to doubles.

Columns: function, order (as digits of the operands that were differentiated by: "001" is twice by the first, once by the
second), coordinates separated by spaces, value.
"""

import itertools

import mpmath
from mpmath import mp, mpf

mp.dps = 50


def gammainc(a, x):
    return mpmath.gammainc(a, 0, x, regularized=True)


def betainc(a, b, x):
    return mpmath.betainc(a, b, 0, x, regularized=True)


ROOT2 = mpmath.sqrt(2)
SCALED = [(x,) for x in (1e-6, 1e-3, 0.1, 0.5, 1.0, 2.0, 5.0, 30.0, 34.0, 36.0, 50.0, 1e3, 1e4, 1e5, 1e6)]
FUNCTIONS = {
    "gamma": (mpmath.gamma, [(0.5,), (1.0,), (2.75,), (7.5,), (-0.5,), (-2.25,), (30.25,), (1e-6,), (-1e-6,), (-2.000001,), (150.5,)]),
    "gammaln": (lambda x: mpmath.log(abs(mpmath.gamma(x))),
                [(0.1,), (1.0,), (1.5,), (2.0,), (7.25,), (100.5,), (1e5,), (-0.75,), (-3.5,), (1e-5,), (1e15,), (-1e-9,),
                 (-1.000001,)]),
    "digamma": (mpmath.digamma, [(0.1,), (1.0,), (1.46163,), (2.5,), (10.5,), (1e4,), (-0.3,), (-2.75,), (1e-4,), (1e15,),
                                  (-1e-9,), (-0.999999,), (-100.4,)]),
    "polygamma2": (lambda x: mpmath.polygamma(2, x), [(0.2,), (1.0,), (5.5,), (20.0,), (-0.75,), (1e3,),
                                                     (1e10,), (-1e-6,), (-1.000001,)]),
    "gammainc": (gammainc, [(0.5, 0.25), (1.0, 1.0), (2.5, 1.25), (2.5, 6.0), (10.0, 8.0), (10.0, 15.0), (0.1, 2.0),
                            (50.0, 45.0), (3.0, 1e-3), (1.0, 2.0), (1e-8, 0.5), (0.01, 2.0), (2000.0, 1900.0),
                            (2000.0, 2100.0)]),
    "gammaincc": (lambda a, x: mpmath.gammainc(a, x, regularized=True),
                  [(0.5, 0.25), (2.5, 6.0), (10.0, 15.0), (1.0, 30.0), (5.0, 40.0), (50.0, 60.0), (2.0, 0.5),
                   (1e-8, 0.5), (1e-8, 1e-3), (0.01, 0.9), (1e-4, 5.0), (2000.0, 1900.0), (2000.0, 2100.0)]),
    "betainc": (betainc, [(0.5, 0.5, 0.25), (2.0, 3.0, 0.5), (5.0, 1.5, 0.9), (1.0, 1.0, 0.125), (20.0, 30.0, 0.45),
                          (0.25, 4.0, 0.01), (1.0, 1e-8, 0.95), (1e-6, 0.5, 0.7), (1e-6, 1e-6, 0.5), (500.0, 300.0, 0.6),
                          (30.0, 0.01, 0.999)]),
    "zeta": (lambda s, q: mpmath.zeta(s, q), [(1.5, 1.0), (2.0, 0.5), (3.25, 4.0), (8.0, 2.5), (1.125, 10.0)]),
    "erfinv": (mpmath.erfinv, [(0.0,), (1e-9,), (0.25,), (-0.5,), (0.875,), (-0.99,), (0.999999,)]),
    "ndtri": (lambda p: -ROOT2 * mpmath.erfinv(1 - 2 * p), [(0.5,), (0.25,), (0.875,), (0.01,), (1e-10,), (0.999,)]),
    "erfcx": (lambda x: mpmath.exp(x * x) * mpmath.erfc(x),
              [(-2.0,), (-0.5,), (0.0,), (0.25,), (0.7,), (0.8,), (1.5,), (5.0,), (30.0,)]),
    "log_ndtr": (lambda x: mpmath.log(mpmath.erfc(-x / ROOT2) / 2),
                 [(-20.0,), (-5.0,), (-1.0,), (-0.5,), (0.0,), (1.0,), (5.0,), (-100.0,)]),
    "betaln": (lambda a, b: mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b), 
               [(1.0, 2.0), (0.5, 0.25), (5.5, 20.0)] + list(itertools.product([1e-10, 0.3, 4.0, 50.0, 1e6, 1e20],
                                                                               [1e-10, 0.3, 4.0, 50.0, 1e6, 1e20]))),
    "j0": (lambda x: mpmath.besselj(0, x), [(0.0,), (0.5,), (1.0,), (5.0,), (-3.0,), (20.0,)]),
    "j1": (lambda x: mpmath.besselj(1, x), [(0.0,), (0.5,), (1.0,), (5.0,), (-3.0,), (20.0,)]),
    "y0": (lambda x: mpmath.bessely(0, x), [(0.25,), (1.0,), (5.0,), (20.0,)]),
    "y1": (lambda x: mpmath.bessely(1, x), [(0.25,), (1.0,), (5.0,), (20.0,)]),
    "i0": (lambda x: mpmath.besseli(0, x), [(0.0,), (1e-6,), (0.5,), (2.0,), (-3.0,), (30.0,), (50.0,)]),
    "i1": (lambda x: mpmath.besseli(1, x), [(0.0,), (1e-6,), (0.5,), (2.0,), (-3.0,), (30.0,), (50.0,)]),
    "k0": (lambda x: mpmath.besselk(0, x), [(1e-3,), (0.25,), (1.0,), (5.0,), (50.0,)]),
    "k1": (lambda x: mpmath.besselk(1, x), [(1e-3,), (0.25,), (1.0,), (5.0,), (50.0,)]),
    "i0e": (lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x), SCALED + [(-3.0,)]),
    "i1e": (lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x), SCALED + [(-3.0,)]),
    "k0e": (lambda x: mpmath.exp(x) * mpmath.besselk(0, x), SCALED),
    "k1e": (lambda x: mpmath.exp(x) * mpmath.besselk(1, x), SCALED),
    "expi": (mpmath.ei, [(0.25,), (0.5,), (2.0,), (20.0,), (60.0,), (-0.5,), (-3.0,)]),
    "exp1": (mpmath.e1, [(0.01,), (0.5,), (1.0,), (1.5,), (10.0,), (100.0,)]),
    "spence": (lambda x: mpmath.polylog(2, 1 - x), 
               [(0.1,), (0.5,), (0.999,), (1.5,), (3.0,), (50.0,), (1e-30,), (1e-9,), (1e-3,), (1 - 1e-9,), (1 + 1e-9,),
                (1e6,)]),
    "lambertw": (lambda x: mpmath.lambertw(x).real, 
                 [(-0.36787944117,), (-0.3678,), (-0.36,), (-0.35,), (-0.26,), (-0.24,), (-0.1,), (0.0,), (1e-8,), (0.5,), (1.0,), (10.0,), (1e6,),
                  (1e100,)]),
    "ellipk": (mpmath.ellipk, [(-3.0,), (-0.5,), (0.0,), (0.25,), (0.5,), (0.9,), (0.999,), (-1e4,), (1 - 1e-9,),
                              (1 - 1e-12,)]),
    "ellipe": (mpmath.ellipe, [(-3.0,), (-0.5,), (0.0,), (0.25,), (0.5,), (0.9,), (-1e4,), (1 - 1e-9,)]),
}


# How far each coordinate may move before the function is singular, where that is less than its distance from 0.
REACH = {
    "gamma": lambda x: x if x > 0 else abs(x - mpmath.nint(x)),
    "gammaln": lambda x: x if x > 0 else abs(x - mpmath.nint(x)),
    "digamma": lambda x: x if x > 0 else abs(x - mpmath.nint(x)),
    "polygamma2": lambda x: x if x > 0 else abs(x - mpmath.nint(x)),
    "betainc": lambda a, b, x: (a, b, min(x, 1 - x)),
    "zeta": lambda s, q: (abs(s - 1), q),
    "erfinv": lambda x: 1 - abs(x),
    "ndtri": lambda p: min(p, 1 - p),
    "lambertw": lambda x: x + mpmath.exp(-1),
    "ellipk": lambda m: 1 - m,
    "ellipe": lambda m: 1 - m,
}


def differentiated(name, function, point, orders):
    """By central differences with steps so small, and digits so many, that nothing is lost."""
    if sum(orders) == 0:
        return function(*map(mpf, point))
    with mpmath.workdps(140):
        reach = REACH.get(name, lambda *p: p)(*map(mpf, point))
        reach = reach if isinstance(reach, tuple) else (reach,)
        steps = [abs(r) * mpf(10) ** -20 if r else mpf(10) ** -20 for r in reach]
        total = mpf(0)
        # The product of central difference operators, of second order in the step.
        ranges = [[(mpf(n) / 2 - k, (-1) ** k * mpmath.binomial(n, k)) for k in range(n + 1)] for n in orders]
        for places in itertools.product(*ranges):
            weight = mpmath.fprod(w for _, w in places)
            total += weight * function(*[mpf(c) + shift * h for c, (shift, _), h in zip(point, places, steps)])
        return total / mpmath.fprod(h ** n for n, h in zip(orders, steps))


with open("special_functions.csv", "w") as file:
    for name, (function, points) in FUNCTIONS.items():
        for point in points:
            count = len(point)
            for order in range(4):
                for path in itertools.combinations_with_replacement(range(count), order):
                    orders = [path.count(i) for i in range(count)]
                    value = float(mpmath.mpf(mpmath.re(differentiated(name, function, point, orders))))
                    file.write(",".join([name, "".join(map(str, path)), " ".join(map(repr, point)), repr(value)]) + "\n")

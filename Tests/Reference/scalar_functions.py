#!/usr/bin/env python3
"""Writes scalar_functions.csv: values and partial derivatives to third order of every scalar function.

Needs mpmath (pip install mpmath; made with 1.3.0). Run it in this directory. Derivatives at ordinary points are
mpmath's numerical central differences, taken with 1500 digits and steps of 1e-32 times the smallest coordinate, then
rounded to doubles. At special
points, where a limit, an infinity or a convention counts, they are written out below.

Columns: function, x, y (empty for functions of one operand), then f, fx, fxx, fxxx, or
f, fx, fy, fxx, fxy, fyy, fxxx, fxxy, fxyy, fyyy. "-": not compared, since no value is the right one (the derivative
does not exist and no convention says what stands for it). "~" before a number: NaN will do, since the chain rule meets
0 times infinity there. A derivative that is infinite from the one side on which the function exists is that infinity.
"""

import csv
import random

import mpmath
from mpmath import mp, mpf

mp.dps = 60
inf, nan = float("inf"), float("nan")
ORDERS = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3)]


def softplus(x):
    return mpmath.log1p(mpmath.exp(x))


def modulo(x, y):
    return x - y * mpmath.floor(x / y)


UNARY = {
    "negate": lambda x: -x,
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "sqrt": mpmath.sqrt,
    "rsqrt": lambda x: 1 / mpmath.sqrt(x),
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "exp": mpmath.exp,
    "exp2": lambda x: mpf(2) ** x,
    "expMinusOne": mpmath.expm1,
    "log": mpmath.log,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "logOnePlus": mpmath.log1p,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "sech": mpmath.sech,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": softplus,
    "relu": lambda x: max(x, mpf(0)),
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "abs": abs,
    "sign": mpmath.sign,
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "round": mpmath.nint,
    "trunc": lambda x: mpmath.sign(x) * mpmath.floor(abs(x)),
    "magnitude": mpmath.sqrt,
}

# Random points lie in these intervals, further ones are listed: tails, tiny numbers, places near a bound.
TINY = [1e-9, -1e-9, 1e-300]
UNARY_POINTS = {
    "negate": ((-3, 3), [0.0, 1e300]),
    "reciprocal": ((0.25, 4), [-0.5, -3.0, 1e-30, 1e30]),
    "square": ((-3, 3), [0.0, 1e100, 1e-100]),
    "sqrt": ((0.25, 4), [1e-30, 1e30, 1e-8]),
    "magnitude": ((0.25, 4), [1e-30, 1e30, 1e-8]),
    "rsqrt": ((0.25, 4), [1e-30, 1e30]),
    "cbrt": ((0.25, 4), [-0.5, -3.0, 1e-20, -1e20]),
    "exp": ((-3, 3), [0.0, 1e-9, 40.0, -40.0, 700.0, -700.0]),
    "exp2": ((-3, 3), [0.0, 1e-9, 40.0, -40.0, 1000.0, -1000.0]),
    "expMinusOne": ((-3, 3), [0.0, *TINY, 40.0, -40.0, 700.0]),
    "log": ((0.25, 4), [1.0, 1.0000001, 1e-30, 1e30]),
    "log2": ((0.25, 4), [1.0, 1e-30, 1e30]),
    "log10": ((0.25, 4), [1.0, 1e-30, 1e30]),
    "logOnePlus": ((-0.75, 3), [0.0, *TINY, 1e30, -0.9999999]),
    "sin": ((-3, 3), [0.0, *TINY, 1000.0]),
    "cos": ((-3, 3), [0.0, *TINY, 1000.0]),
    "tan": ((-1.4, 1.4), [0.0, *TINY, 2.0, 1.57]),
    "asin": ((-0.9, 0.9), [0.0, *TINY, 0.9999999, -0.9999999]),
    "acos": ((-0.9, 0.9), [0.0, 1e-9, 0.9999999, -0.9999999]),
    "atan": ((-3, 3), [0.0, *TINY, 1e8, -1e8, 1e30]),
    "sinh": ((-3, 3), [0.0, *TINY, 40.0, -40.0, 700.0]),
    "cosh": ((-3, 3), [0.0, *TINY, 40.0, -40.0, 700.0]),
    "tanh": ((-3, 3), [0.0, *TINY, 10.0, -10.0, 20.0, -20.0, 40.0, 300.0]),
    "sech": ((-3, 3), [0.0, *TINY, 10.0, -10.0, 20.0, -20.0, 40.0, 300.0, 700.0]),
    "asinh": ((-3, 3), [0.0, *TINY, 1e8, -1e8, 1e30]),
    "acosh": ((1.25, 4), [1.0000001, 1e8, 1e30]),
    "atanh": ((-0.9, 0.9), [0.0, *TINY, 0.9999999, -0.9999999]),
    "sigmoid": ((-3, 3), [20.0, -20.0, 40.0, -40.0, 700.0, -700.0]),
    "softplus": ((-3, 3), [20.0, -20.0, 40.0, -40.0, 700.0, -700.0]),
    "relu": ((-3, 3), [1e-300, -1e-300]),
    "erf": ((-3, 3), [0.0, *TINY, 5.0, -5.0, 10.0, -10.0]),
    "erfc": ((-3, 3), [0.0, *TINY, 5.0, -5.0, 10.0, 25.0]),
    "abs": ((-3, 3), [1e-300, -1e-300]),
    "sign": ((-3, 3), [1e-300, -1e-300]),
    "floor": ((-3, 3), [1e-9, -1e-9, 1e10 + 0.5]),
    "ceil": ((-3, 3), [1e-9, -1e-9, 1e10 + 0.5]),
    "round": ((-3, 3), [0.49999999, -0.50000001, 1e10 + 0.25]),
    "trunc": ((-3, 3), [1e-9, -1e-9, -1e10 - 0.5]),
}

half_pi = float(mp.pi / 2)
# point: f, f', f'', f'''
UNARY_SPECIAL = {
    "reciprocal": {0.0: (inf, -inf, "-", "-"), inf: (0, 0, 0, 0)},
    "sqrt": {0.0: (0, inf, -inf, inf), inf: (inf, 0, 0, 0)},
    # The slope at 0 is a convention, which has no derivative.
    "magnitude": {0.0: (0, 0, inf, "-"), inf: (inf, 0, 0, 0)},
    "rsqrt": {0.0: (inf, -inf, inf, -inf), inf: (0, 0, 0, 0)},
    "cbrt": {0.0: (0, inf, "-", "-")},
    "exp": {-inf: (0, 0, 0, 0), inf: (inf, inf, inf, inf), 1000.0: (inf, inf, inf, inf)},
    "exp2": {-inf: (0, 0, 0, 0), inf: (inf, inf, inf, inf)},
    "expMinusOne": {-inf: (-1, 0, 0, 0), 1000.0: (inf, inf, inf, inf)},
    "log": {0.0: (-inf, inf, -inf, inf), inf: (inf, 0, 0, 0)},
    "log2": {0.0: (-inf, inf, -inf, inf), inf: (inf, 0, 0, 0)},
    "log10": {0.0: (-inf, inf, -inf, inf), inf: (inf, 0, 0, 0)},
    "logOnePlus": {-1.0: (-inf, inf, -inf, inf), inf: (inf, 0, 0, 0)},
    "asin": {1.0: (half_pi, inf, inf, inf), -1.0: (-half_pi, inf, -inf, inf)},
    "acos": {1.0: (0, -inf, -inf, -inf), -1.0: (float(mp.pi), -inf, inf, -inf)},
    "atan": {inf: (half_pi, 0, 0, 0), -inf: (-half_pi, 0, 0, 0)},
    "tanh": {inf: (1, 0, 0, 0), -inf: (-1, 0, 0, 0), 800.0: (1, 0, 0, 0)},
    "sech": {inf: (0, 0, 0, 0), -inf: (0, 0, 0, 0), 800.0: (0, 0, 0, 0)},
    "asinh": {inf: (inf, 0, 0, "~0")},
    "acosh": {1.0: (0, inf, -inf, inf), inf: (inf, 0, 0, 0)},
    "atanh": {1.0: (inf, inf, inf, inf), -1.0: (-inf, inf, -inf, inf)},
    "sigmoid": {0.0: (0.5, 0.25, 0, -0.125), inf: (1, 0, 0, 0), -inf: (0, 0, 0, 0), 1000.0: (1, 0, 0, 0)},
    "softplus": {
        0.0: (float(mp.log(2)), 0.5, 0.25, 0),
        inf: (inf, 1, 0, 0), -inf: (0, 0, 0, 0), 1000.0: (1000, 1, 0, 0), -1000.0: (0, 0, 0, 0),
    },
    "relu": {0.0: (0, 0, 0, 0), inf: (inf, 1, 0, 0), -inf: (0, 0, 0, 0)},
    "erf": {inf: (1, 0, 0, 0), -inf: (-1, 0, 0, 0), 30.0: (1, 0, 0, 0)},
    "erfc": {inf: (0, 0, 0, 0), -inf: (2, 0, 0, 0), 30.0: (0, 0, 0, 0)},
    "abs": {0.0: (0, 0, 0, 0), inf: (inf, 1, 0, 0), -inf: (inf, -1, 0, 0)},
    "sign": {0.0: (0, 0, 0, 0), inf: (1, 0, 0, 0), -inf: (-1, 0, 0, 0)},
    "floor": {0.0: (0, 0, 0, 0), 2.0: (2, 0, 0, 0), -2.0: (-2, 0, 0, 0), inf: (inf, 0, 0, 0)},
    "ceil": {0.0: (0, 0, 0, 0), 2.0: (2, 0, 0, 0), -2.0: (-2, 0, 0, 0), -inf: (-inf, 0, 0, 0)},
    "round": {
        0.5: (0, 0, 0, 0), 1.5: (2, 0, 0, 0), 2.5: (2, 0, 0, 0), -0.5: (0, 0, 0, 0), -1.5: (-2, 0, 0, 0),
        -2.5: (-2, 0, 0, 0), inf: (inf, 0, 0, 0),
    },
    "trunc": {0.0: (0, 0, 0, 0), 2.0: (2, 0, 0, 0), -2.0: (-2, 0, 0, 0), inf: (inf, 0, 0, 0)},
}

BINARY = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "scale": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "modulo": modulo,
    "pow": lambda x, y: x**y,
    "atan2": mpmath.atan2,
    "hypot": mpmath.hypot,
    "max": max,
    "min": min,
}

BINARY_POINTS = {
    "add": ((-3, 3), (-3, 3), [(0.0, 0.0), (1e300, -1e300)]),
    "subtract": ((-3, 3), (-3, 3), [(0.0, 0.0), (1.0, 1.0)]),
    "multiply": ((-3, 3), (-3, 3), [(0.0, 2.0), (1e-200, 1e200)]),
    "scale": ((-3, 3), (-3, 3), [(0.0, 2.0), (1e-200, 1e200)]),
    "divide": ((-3, 3), (0.5, 3), [(0.0, -2.0), (1e-9, 1e9), (1e30, 1e-30)]),
    "modulo": ((-3, 3), (0.3, 2), [(5.5, -2.0), (-5.5, -2.0), (-0.25, 2.0), (1000.3, 0.7)]),
    "pow": ((0.25, 3), (-3, 3), [(1.0, 2.5), (1e-10, 2.0), (1e10, -0.5), (2.0, 0.0), (3.0, 1.0), (2.0, 2.0)]),
    "atan2": ((0.25, 3), (-3, 3), [(1.0, 0.0), (-1.0, 0.0), (1e-9, 1.0), (-1e-9, -1.0), (0.0, 2.0), (0.0, -2.0),
                                   (1e50, 1e50)]),
    "hypot": ((0.25, 3), (-3, 3), [(3.0, 4.0), (0.0, 2.0), (-2.0, 0.0), (1e200, 1e200), (1e-90, 2e-90)]),
    "max": ((-3, 3), (-3, 3), []),
    "min": ((-3, 3), (-3, 3), []),
}

TIE = (0.5, 0.5, 0, 0, 0, 0, 0, 0, 0)
# point: f, fx, fy, fxx, fxy, fyy, fxxx, fxxy, fxyy, fyyy
BINARY_SPECIAL = {
    "multiply": {(inf, 2.0): (inf, 2, inf, 0, 1, 0, 0, 0, 0, 0), (0.0, inf): (nan, inf, 0, 0, 1, 0, 0, 0, 0, 0)},
    "scale": {(0.0, inf): (0, inf, 0, 0, 1, 0, 0, 0, 0, 0), (0.0, nan): (0, nan, 0, 0, 1, 0, 0, 0, 0, 0)},
    "divide": {(1.0, inf): (0, 0, 0, 0, 0, 0, 0, 0, 0, 0), (1.0, 0.0): (inf, inf, -inf, 0, "-", "-", 0, "-", "-", "-")},
    # On the jump the derivative is that of the branch to which the value belongs.
    "modulo": {(6.0, 3.0): (0, 1, -2, 0, 0, 0, 0, 0, 0, 0), (-6.0, 2.0): (0, 1, 3, 0, 0, 0, 0, 0, 0, 0)},
    "pow": {
        (0.0, 0.0): (1, 0, "-", "~0", "-", "-", "~0", "-", "-", "-"),
        (0.0, 1.0): (0, 1, 0, "~0", "~-inf", "~0", "~0", "-", "-", "~0"),
        (0.0, 2.0): (0, 0, 0, 2, "~0", "~0", "~0", "~-inf", "~0", "~0"),
        (0.0, 3.0): (0, 0, 0, 0, "~0", "~0", 6, "~0", "~0", "~0"),
        (0.0, 0.5): (0, inf, 0, -inf, "-", "~0", inf, "-", "-", "~0"),
        (0.0, -1.0): (inf, -inf, -inf, "-", "-", "-", "-", "-", "-", "-"),
        (-2.0, 2.0): (4, -4, nan, 2, nan, nan, 0, nan, nan, nan),
        (-2.0, 3.0): (-8, 12, nan, -12, nan, nan, 6, nan, nan, nan),
        (-2.0, 0.0): (1, 0, nan, 0, "-", nan, 0, "-", "-", nan),
        (-2.0, 0.5): (nan, nan, nan, nan, nan, nan, nan, nan, nan, nan),
    },
    "atan2": {(0.0, 0.0): (0, nan, nan, "-", "-", "-", "-", "-", "-", "-")},
    "hypot": {(0.0, 0.0): (0, 0, 0, nan, nan, nan, "-", "-", "-", "-")},
    "max": {(2.0, 2.0): (2, *TIE), (0.0, -0.0): (0, *TIE), (-inf, 1.0): (1, 0, 1, 0, 0, 0, 0, 0, 0, 0),
            (inf, inf): (inf, *TIE)},
    "min": {(2.0, 2.0): (2, *TIE), (0.0, -0.0): (0, *TIE), (-inf, 1.0): (-inf, 1, 0, 0, 0, 0, 0, 0, 0, 0),
            (inf, inf): (inf, *TIE)},
}


def rounded(number):
    """The nearest double, as the shortest text that gives it back."""
    value = float(number)
    return "0.0" if value == 0 else repr(value)


def written(value):
    """A number of the tables above."""
    if isinstance(value, str):
        return value if value == "-" else "~" + repr(float(value[1:]))
    return repr(float(value))


def differentiated(function, point, order):
    """A partial derivative by mpmath, with a step far below the scale of the point."""
    if sum(order) == 0:
        return function(*map(mpf, point))
    scale = min([abs(mpf(c)) for c in point if c != 0] + [mpf(1)])
    with mpmath.workdps(1500):
        if len(point) == 1:
            return mpmath.diff(function, mpf(point[0]), order[0], h=scale * mpf(10) ** -32)
        return mpmath.diff(function, tuple(map(mpf, point)), order, h=scale * mpf(10) ** -32)


def locally(name, point):
    """The function that is differentiated: one without atan2's jump, whose place depends on the point."""
    if name == "atan2":
        y0, x0 = map(mpf, point)
        return lambda y, x: mpmath.atan2(y * x0 - x * y0, x * x0 + y * y0)
    return BINARY[name]


def unary_rows():
    generator = random.Random(1)
    for name, function in UNARY.items():
        (low, high), extra = UNARY_POINTS[name]
        # Multiples of 1/64 are numbers of every floating-point type.
        points = sorted({generator.randint(int(low * 64), int(high * 64)) / 64 for _ in range(8)})
        special = UNARY_SPECIAL.get(name, {})
        jumps = name in ("relu", "abs", "sign", "floor", "ceil", "round", "trunc")
        for x in [p for p in points if p not in special and not (jumps and (2 * p) % 1 == 0)] + extra:
            yield [name, repr(x), ""] + [rounded(differentiated(function, (x,), (n,))) for n in range(4)]
        for x, values in special.items():
            yield [name, repr(x), ""] + [written(v) for v in values]


def binary_rows():
    generator = random.Random(2)
    for name, function in BINARY.items():
        (xlow, xhigh), (ylow, yhigh), extra = BINARY_POINTS[name]
        points = [(generator.randint(int(xlow * 64), int(xhigh * 64)) / 64,
                   generator.randint(int(ylow * 64) + 1, int(yhigh * 64)) / 64) for _ in range(8)]
        for point in points + extra:
            values = [function(*map(mpf, point))]
            values += [differentiated(locally(name, point), point, order) for order in ORDERS[1:]]
            yield [name, repr(point[0]), repr(point[1])] + [rounded(v) for v in values]
        for point, values in BINARY_SPECIAL.get(name, {}).items():
            yield [name, repr(point[0]), repr(point[1])] + [written(v) for v in values]


if __name__ == "__main__":
    with open("scalar_functions.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows(unary_rows())
        writer.writerows(binary_rows())

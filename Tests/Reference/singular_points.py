#!/usr/bin/env python3
"""Writes singular_points.csv: derivatives of random formulas at points where their pieces are singular.

Needs mpmath (pip install mpmath; made with 1.3.0). Usage: singular_points.py [rows] [first seed] [file]; without arguments
the table of this directory. Each formula of x, two numbers, is a composition of two functions, its point one at which a
piece has no finite derivative, has a kink or takes a step. It is evaluated with 300 digits at multiples of two tiny steps
along lines on both sides; polynomials through the numbers say by their coefficients, if those of both steps agree, what the
derivatives along the line are, and otherwise that there is none.

Columns: formula; point; first derivatives in x[0] and x[1]; second ones in 00, 01 and 11; third ones in 000 and 111. A cell
is a number, "-" where the derivative does not exist, or "*" where y, or the branch that its value belongs to, is not
defined on either side. A "?" before a number says
that it is one along the axis only, since others along other lines do not belong to it. "|" and a number is what a documented
convention says: abs and norm have slope 0 at their kink (norm no second derivative), relu, clip and where are the branch that
the value belongs to, ties share, steps are flat, an angle on its cut is continued.
"""

import itertools
import math
import random
import sys

import mpmath
from mpmath import mp, mpf

mp.dps = 300
# Powers of 2, so that affine functions of the points are exact.
STEPS = [mpf(2) ** -270, mpf(2) ** -292]
NODES = 7


class Undefined(Exception):
    pass


def domain(condition):
    if not condition:
        raise Undefined


# The order of the derivatives that conventions are about.
order = 1


# Each piece: its text with {0}, {1} for its arguments, its value, and arguments at which it is singular. A value gets the
# arguments, and for conventions those at the point ("base"), whose branch it then takes, or None.
def plain(function, condition=lambda *a: True):
    def value(a, base):
        domain(condition(*a))
        return function(*a)
    return value


def magnitude(a, base):
    return 0 * a[0] if base is not None and base[0] == 0 else abs(a[0])


def step(function):
    return lambda a, base: mpf(function(a[0] if base is None else base[0]))


def branch(choose):
    """A function by cases: choose(arguments that decide)(arguments)."""
    return lambda a, base: choose(*(a if base is None else base))(*a)


def distance(function):
    """0 at its kink, for first derivatives only."""
    return lambda a, base: 0 * a[0] if base is not None and order == 1 and function(*base) == 0 else function(*a)


def larger(sign):
    def value(a, base):
        x, y = a if base is None else base
        if x == y:
            return (a[0] + a[1]) / 2
        return a[0] if (x > y) == (sign > 0) else a[1]
    return value


def power(exponent):
    return plain(lambda x: x ** mpf(exponent), lambda x: x >= 0 and (exponent > 0 or x > 0))


def angle(a, base):
    y, x = a
    domain(x != 0 or y != 0)
    if base is not None and base[0] == 0 and base[1] < 0:
        return mp.pi + mpmath.atan(y / x)
    return mpmath.atan2(y, x)


def cbrt(x):
    return mpmath.cbrt(x) if x >= 0 else -mpmath.cbrt(-x)


def log(x):
    return mpmath.log(x) if x > 0 else -mpmath.inf


def xlogy(x, y):
    return mpf(0) if x == 0 else x * log(y)


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x)) if x > -mpmath.inf else mpf(0)


def hypot(x, y):
    return mpmath.sqrt(x * x + y * y)


def std(x, y):
    return abs(x - y) / 2


def round_even(x):
    low = mpmath.floor(x)
    rest = x - low
    return low + (1 if rest > 0.5 or (rest == 0.5 and low % 2 == 1) else 0)


UNARY = {
    "sqrt": ("sqrt({0})", plain(mpmath.sqrt, lambda x: x >= 0), [0]),
    "cbrt": ("cbrt({0})", plain(cbrt), [0]),
    "abs": ("abs({0})", magnitude, [0]),
    "log": ("log({0})", plain(log, lambda x: x >= 0), [0, 1]),
    "log1p": ("log1p({0})", plain(lambda x: log(1 + x), lambda x: x >= -1), [-1, 0]),
    "arccos": ("arccos({0})", plain(mpmath.acos, lambda x: -1 <= x <= 1), [1, -1]),
    "arcsin": ("arcsin({0})", plain(mpmath.asin, lambda x: -1 <= x <= 1), [1, -1, 0]),
    "arccosh": ("arccosh({0})", plain(mpmath.acosh, lambda x: x >= 1), [1]),
    "arctanh": ("arctanh({0})", plain(mpmath.atanh, lambda x: -1 < x < 1), [0]),
    "power1": ("({0})**0.5", power(0.5), [0]),
    "power3": ("({0})**1.5", power(1.5), [0]),
    "power5": ("({0})**2.5", power(2.5), [0]),
    "power7": ("({0})**3.5", power(3.5), [0]),
    "power1.25": ("({0})**1.25", power(1.25), [0]),
    "square": ("({0})**2", plain(lambda x: x * x), [0]),
    "cube": ("({0})**3", plain(lambda x: x ** 3), [0]),
    "fourth": ("({0})**4", plain(lambda x: x ** 4), [0]),
    "reciprocal": ("1/({0})", plain(lambda x: 1 / x, lambda x: x != 0), []),
    "rsqrt": ("rsqrt({0})", plain(lambda x: 1 / mpmath.sqrt(x), lambda x: x > 0), []),
    "exp": ("exp({0})", plain(mpmath.exp), [0]),
    "expm1": ("expm1({0})", plain(lambda x: mpmath.exp(x) - 1), [0]),
    "sin": ("sin({0})", plain(mpmath.sin), [0]),
    "cos": ("cos({0})", plain(mpmath.cos), [0]),
    "tan": ("tan({0})", plain(mpmath.tan), [0]),
    "sinh": ("sinh({0})", plain(mpmath.sinh), [0]),
    "cosh": ("cosh({0})", plain(mpmath.cosh), [0]),
    "tanh": ("tanh({0})", plain(mpmath.tanh), [0]),
    "arctan": ("arctan({0})", plain(mpmath.atan), [0]),
    "arcsinh": ("arcsinh({0})", plain(mpmath.asinh), [0]),
    "sinc": ("sinc({0})", plain(lambda x: mpf(1) if x == 0 else mpmath.sin(mp.pi * x) / (mp.pi * x)), [0]),
    "sigmoid": ("sigmoid({0})", plain(sigmoid), [0]),
    "softplus": ("softplus({0})", plain(lambda x: mpmath.log(1 + mpmath.exp(x))), [0]),
    "erf": ("erf({0})", plain(mpmath.erf), [0]),
    "entr": ("entr({0})", plain(lambda x: -xlogy(x, x), lambda x: x >= 0), [0]),
    "softsign": ("soft_sign({0})", lambda a, base: a[0] / (1 + magnitude(a, base)), [0]),
    "relu": ("relu({0})", branch(lambda x: (lambda y: y) if x > 0 else lambda y: 0 * y), [0]),
    "clip": ("clip({0}, -1, 1)", branch(
        lambda x: (lambda y: y) if -1 <= x <= 1 else lambda y: 0 * y + (1 if x > 0 else -1)), [1, -1]),
    "leaky": ("where({0} > 0, {0}, 0.25*({0}))", branch(lambda x: (lambda y: y) if x > 0 else lambda y: y / 4), [0]),
    "elu": ("elu({0})", branch(lambda x: (lambda y: y) if x > 0 else lambda y: mpmath.exp(y) - 1), [0]),
    "softshrink": ("softshrink({0})", branch(
        lambda x: (lambda y: y - 0.5) if x > 0.5 else (lambda y: y + 0.5) if x < -0.5 else lambda y: 0 * y), [0.5, -0.5]),
    "sign": ("sign({0})", step(mpmath.sign), [0]),
    "floor": ("floor({0})", step(mpmath.floor), [0, 1]),
    "round": ("round({0})", step(round_even), [0.5, 1.5]),
}
BINARY = {
    "hypot": ("hypot({0}, {1})", distance(hypot), [(0, 0)]),
    "norm": ("norm(stack([{0}, {1}]))", distance(hypot), [(0, 0)]),
    "root": ("sqrt(({0})**2 + ({1})**2)", distance(hypot), [(0, 0)]),
    "std": ("std(stack([{0}, {1}]))", distance(std), [(0, 0), (1, 1), (-2, -2)]),
    "arctan2": ("arctan2({0}, {1})", angle, [(0, 1), (0, -1), (1, 0)]),
    "maximum": ("maximum({0}, {1})", larger(1), [(0, 0), (1, 1), (-1, -1)]),
    "minimum": ("minimum({0}, {1})", larger(-1), [(0, 0), (1, 1), (-1, -1)]),
    "max": ("max(stack([{0}, {1}]))", larger(1), [(0, 0), (1, 1)]),
    "product": ("({0})*({1})", plain(lambda x, y: x * y), [(0, 0), (0, 1)]),
    "difference": ("({0}) - ({1})", plain(lambda x, y: x - y), [(0, 0), (1, 1), (1, 0)]),
    "quotient": ("({0})/({1})", plain(lambda x, y: x / y, lambda x, y: y != 0), [(0, 1)]),
    "xlogy": ("xlogy({0}, {1})", plain(xlogy, lambda x, y: y > 0 or (x == 0 and y >= 0)), [(0, 1), (0, 0), (1, 1)]),
    "logaddexp": ("logaddexp({0}, {1})", plain(lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y))), [(0, 0)]),
    "power": ("({0})**({1})", plain(lambda x, y: mpmath.exp(y * mpmath.log(x)), lambda x, y: x > 0), [(1, 0), (1, 1)]),
}


class Expression:
    """A piece on expressions; a coordinate is a number."""

    def __init__(self, text, value, operands):
        self.value_of, self.operands = value, operands
        texts = [o.text for o in operands]
        self.text = text.format(*texts)
        self.name = text

    def value(self, x, base=None):
        """At x; with a base by the conventions of that point."""
        arguments = [o.value(x, base) for o in self.operands]
        decided = None if base is None else [o.value(base) for o in self.operands]
        result = self.value_of(arguments, decided)
        if mpmath.isnan(result):
            raise Undefined
        return result

    def pieces(self):
        return [self] + [p for o in self.operands for p in o.pieces()]


class Affine(Expression):
    """c0 + c1 x[0] + c2 x[1]"""

    def __init__(self, constant, first, second):
        self.value_of = None
        self.c = (constant, first, second)
        self.operands = []
        self.name = "affine"
        parts = []
        for factor, name in ((first, "x[0]"), (second, "x[1]")):
            if factor:
                parts.append(name if factor == 1 else f"-{name}" if factor == -1 else f"{factor:g}*{name}")
        if constant:
            parts.append(f"{constant:g}")
        self.text = " + ".join(parts).replace("+ -", "- ")
        if len(parts) > 1:
            self.text = f"({self.text})"

    def value(self, x, base=None):
        return self.c[0] + self.c[1] * x[0] + self.c[2] * x[1]


def affine(generator, point, target):
    """A random affine function that is `target` at the point."""
    first, second = generator.choice([(1, 0), (0, 1), (1, 1), (1, -1), (-1, 0), (2, 1), (0.5, 0), (0, -2)])
    return Affine(target - first * point[0] - second * point[1], first, second)


def targets(generator, piece):
    singular = piece[2]
    return generator.choice(singular) if singular and generator.random() < 0.9 else generator.choice([0.5, 1.5, -0.75])


def formula(generator):
    point = [generator.choice([0, 0, 1, -1, 0.5, 2]) for _ in range(2)]
    unary, binary = list(UNARY.values()), list(BINARY.values())

    def inner(target=None):
        """A piece of affine functions; with a target one that has that value, if some point of it does."""
        for _ in range(40):
            if generator.random() < 0.7:
                piece = generator.choice(unary)
                arguments = [affine(generator, point, targets(generator, piece))]
            else:
                piece = generator.choice(binary)
                goal = generator.choice(piece[2])
                arguments = [affine(generator, point, g) for g in goal]
            found = Expression(piece[0], piece[1], arguments)
            try:
                if target is None or found.value(point) == target:
                    return found
            except Undefined:
                pass
        return affine(generator, point, 0 if target is None else target)

    kind = generator.random()
    if kind < 0.45:
        outer = generator.choice(unary)
        wanted = generator.choice(outer[2] + [None]) if outer[2] else None
        return Expression(outer[0], outer[1], [inner(wanted)]), point
    if kind < 0.6:
        outer = generator.choice(binary)
        goal = generator.choice(outer[2])
        return Expression(outer[0], outer[1], [inner(g) for g in goal]), point
    text, function = generator.choice([
        ("({0})*({1})", lambda a, base: a[0] * a[1]), ("({0}) + ({1})", lambda a, base: a[0] + a[1]),
        ("({0}) - ({1})", lambda a, base: a[0] - a[1]), ("({0})*({1})", lambda a, base: a[0] * a[1])])
    if generator.random() < 0.25:
        function2 = plain(lambda x, y: x / y, lambda x, y: y != 0)
        text, function = "({0})/({1})", function2
    a = inner()
    b = a if generator.random() < 0.15 else inner()
    return Expression(text, function, [a, b]), point


def inverse_vandermonde():
    matrix = mpmath.matrix(NODES, NODES)
    for i in range(NODES):
        for j in range(NODES):
            matrix[i, j] = mpf(i + 1) ** j
    return matrix ** -1


INVERSE = inverse_vandermonde()
INVERSE = [[INVERSE[i, j] for j in range(NODES)] for i in range(NODES)]
UNDEFINED = "undefined"


def fit(function):
    """Coefficients of t^0 to t^3 for t > 0, as far as they exist; UNDEFINED if the function is not defined there."""
    fits = []
    for h in STEPS:
        values = []
        for k in range(1, NODES + 1):
            try:
                value = function(k * h)
            except (Undefined, ZeroDivisionError):
                return UNDEFINED
            if not mpmath.isfinite(value):
                return UNDEFINED
            values.append(value)
        fits.append([sum(INVERSE[i][j] * values[j] for j in range(NODES)) / h ** i for i in range(4)])
    result = []
    for a, b in zip(*fits):
        if abs(a - b) > mpf(10) ** -8 * max(abs(a), abs(b)) + mpf(10) ** -9:
            break
        result.append(b if abs(b) > mpf(10) ** -9 else mpf(0))
    return result


def close(a, b):
    return abs(a - b) <= mpf(10) ** -7 * (1 + abs(a) + abs(b))


def line(function, point, direction, start):
    """Coefficients along a line through the point, of both sides or of the only one; UNDEFINED if there is none."""
    sides = []
    for sign in (1, -1):
        side = fit(lambda t: function([mpf(p) + sign * t * d for p, d in zip(point, direction)]))
        if side != UNDEFINED:
            sides.append([c * sign ** k for k, c in enumerate(side)])
    if not sides:
        return UNDEFINED
    result = []
    for coefficients in zip(*sides):
        if any(not close(coefficients[0], c) for c in coefficients):
            break
        result.append(coefficients[0])
    return result if result and close(result[0], start) else []


def mixed(function, point, start):
    """The derivative in both: of y(a + b) - y(a) - y(b) + y along lines between the axes, whatever y does along axes."""
    found = []
    for a, b in [(1, 1), (-1, -1), (1, -1), (-1, 1), (1, 2), (-1, -2), (-3, 1)]:
        def difference(t):
            x = [mpf(p) for p in point]
            return (function([x[0] + a * t, x[1] + b * t]) - function([x[0] + a * t, x[1]])
                    - function([x[0], x[1] + b * t]) + start)
        coefficients = fit(difference)
        if coefficients == UNDEFINED:
            continue
        if len(coefficients) < 3 or any(abs(c) > 1e-9 for c in coefficients[:2]):
            return None
        found.append(coefficients[2] / (a * b))
    return found[0] if found and all(close(c, found[0]) for c in found) else UNDEFINED if not found else None


CHECKS = [(1, 1), (1, -1), (2, 1), (-1, 3)]


def remembered(function):
    known = {}

    def value(x):
        key = (x[0]._mpf_, x[1]._mpf_)
        if key not in known:
            try:
                known[key] = function(x)
            except (Undefined, ZeroDivisionError):
                known[key] = None
        if known[key] is None:
            raise Undefined
        return known[key]

    return value


def derivatives(function, point, start):
    """First, second and third derivatives as (number, None or UNDEFINED; whether all lines agree)."""
    axes = [line(function, point, d, start) for d in ((1, 0), (0, 1))]
    others = [(d, line(function, point, d, start)) for d in CHECKS]
    others = [(d, l) for d, l in others if l != UNDEFINED]

    def along(l, k):
        return UNDEFINED if l == UNDEFINED else math.factorial(k) * l[k] if len(l) > k else None

    def numbers(*values):
        return all(v is not None and v != UNDEFINED for v in values)

    first = [along(l, 1) for l in axes]
    linear = numbers(*first) and all(
        len(l) > 1 and close(l[1], d[0] * first[0] + d[1] * first[1]) for d, l in others)
    second = [along(axes[0], 2), mixed(function, point, start), along(axes[1], 2)]
    quadratic = linear and numbers(*second) and all(
        len(l) > 2 and close(
            2 * l[2], d[0] ** 2 * second[0] + 2 * d[0] * d[1] * second[1] + d[1] ** 2 * second[2]) for d, l in others)
    third = [along(l, 3) for l in axes]
    return [(f, linear) for f in first] + [(s, quadratic) for s in second] + [(t, quadratic) for t in third]


def text(number):
    return f"{float(number):.12g}" if abs(number) > 1e-12 else "0"


def near(point):
    """Points next to one, to see whether a convention makes a difference."""
    for d in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1), (2, 1), (-2, -1), (1, 2), (-1, -2),
              (3, -1), (-3, 1)):
        yield [mpf(p) + STEPS[0] * c for p, c in zip(point, d)]


def outcome(function, x):
    try:
        return function(x)
    except (Undefined, ZeroDivisionError):
        return None


def has_unknown_zero(expression, point):
    """Whether an angle on its cut belongs to a zero of which only floating-point numbers know the sign."""
    for piece in expression.pieces():
        if piece.value_of is angle:
            y, x = piece.operands
            if y.value(point) == 0 and x.value(point) < 0 and not (isinstance(y, Affine) and y.c[0] != 0):
                return True
    return False


def row(seed):
    generator = random.Random(seed)
    expression, point = formula(generator)
    try:
        start = expression.value([mpf(p) for p in point])
        if has_unknown_zero(expression, point):
            return None
    except (Undefined, ZeroDivisionError):
        return None
    if not mpmath.isfinite(start) or abs(start) > 1e6:
        return None
    plain_value = remembered(lambda x: expression.value(x))
    found = derivatives(plain_value, point, start)
    base = [mpf(p) for p in point]
    conventions = []
    crossed = None
    global order
    for order in (1, 2):
        value = remembered(lambda x: expression.value(x, base))
        same = all(outcome(value, x) == outcome(plain_value, x) for x in near(point))
        all_orders = found if same else derivatives(value, point, start)
        conventions += all_orders[:2] if order == 1 else all_orders[2:]
        # Of a kink times a function of the other variable it is the kink's first derivative.
        crossed = all_orders[3] if order == 1 else crossed
    conventions[3] = crossed if found[3][0] is None else conventions[3]
    cells = []
    for (number, agrees), (convention, _) in zip(found, conventions):
        exists = number is not None and number != UNDEFINED
        if exists and abs(number) > 1e8:
            return None
        isolated = number == UNDEFINED or (number is None and convention == UNDEFINED)
        cell = "*" if isolated else "-" if number is None else text(number) if agrees else "?" + text(number)
        if convention is not None and convention != UNDEFINED and not (exists and close(number, convention)):
            cell += "|" + text(convention)
        cells.append(cell)
    return ";".join([expression.text, " ".join(f"{p:g}" for p in point)] + cells)


# Seeds of formulas that were once wrong, in the table besides the first ones.
KEPT = [2683, 6019, 1000556, 1000686, 1001309, 1001614, 1003450, 9001415]


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    seen = {}
    with open(sys.argv[3] if len(sys.argv) > 3 else "singular_points.csv", "w") as file:
        for seed in itertools.chain(KEPT, itertools.count(first)):
            if len(seen) == count:
                break
            found = row(seed)
            if found is not None and found not in seen:
                seen[found] = seed
                file.write(found + "\n")


if __name__ == "__main__":
    main()

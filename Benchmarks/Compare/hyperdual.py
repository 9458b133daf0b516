"""Exact second derivatives by hyper-dual numbers (Fike & Alonso, AIAA 2011-886) in NumPy alone: what the references of the
index-coupled workloads are made of. A number is a value and its parts along e1, e2 and e1 e2, with e1^2 = e2^2 = 0."""
import numpy as np


class HyperDual:
    __array_ufunc__ = None               # an array times such a number is such a number

    def __init__(self, value, first=0.0, second=0.0, both=0.0):
        self.parts = value, first, second, both

    def applied(self, value, slope, curvature):
        """f of it, by f, f' and f'' at its value."""
        _, a, b, ab = self.parts
        return HyperDual(value, slope * a, slope * b, slope * ab + curvature * a * b)

    def __add__(self, other):
        other = lifted(other)
        return HyperDual(*[x + y for x, y in zip(self.parts, other.parts)])

    def __mul__(self, other):
        (x, a, b, ab), (y, c, d, cd) = self.parts, lifted(other).parts
        return HyperDual(x * y, x * c + a * y, x * d + b * y, x * cd + a * d + b * c + ab * y)

    def __neg__(self):
        return HyperDual(*[-x for x in self.parts])

    def __sub__(self, other):
        return self + -lifted(other)

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        other = lifted(other)
        y = other.parts[0]
        return self * other.applied(1 / y, -1 / y ** 2, 2 / y ** 3)

    def __rtruediv__(self, other):
        return lifted(other) / self

    __radd__, __rmul__ = __add__, __mul__


def lifted(x):
    return x if isinstance(x, HyperDual) else HyperDual(x)


class Functions:
    """What elements are written with, for hyper-dual numbers."""
    @staticmethod
    def sqrt(x):
        r = np.sqrt(x.parts[0])
        return x.applied(r, 0.5 / r, -0.25 / r ** 3)

    @staticmethod
    def sin(x):
        s, c = np.sin(x.parts[0]), np.cos(x.parts[0])
        return x.applied(s, c, -s)

    @staticmethod
    def cos(x):
        s, c = np.sin(x.parts[0]), np.cos(x.parts[0])
        return x.applied(c, -s, -c)

    @staticmethod
    def log(x):
        v = x.parts[0]
        return x.applied(np.log(v), 1 / v, -1 / v ** 2)

    @staticmethod
    def softplus(x):
        v = x.parts[0]
        s = 0.5 * (1 + np.tanh(0.5 * v))
        return x.applied(np.logaddexp(v, 0), s, s * (1 - s))


def element_hessians(element, variables, constants):
    """The lower triangles [pair, element] of the Hessians of many elements.

    element(functions, variables, constants): a number of lists of arrays; pairs are (0,0), (1,0), (1,1), (2,0), ...
    """
    k = len(variables)
    rows = []
    for a in range(k):
        for b in range(a + 1):
            numbers = [HyperDual(v, float(i == a), float(i == b)) for i, v in enumerate(variables)]
            rows.append(np.broadcast_to(lifted(element(Functions, numbers, constants)).parts[3], variables[0].shape))
    return np.stack(rows)

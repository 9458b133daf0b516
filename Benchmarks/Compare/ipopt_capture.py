"""The Hessian that PyOptInterface gives to Ipopt, evaluated alone: `ipopt_capture.c` takes the place of Ipopt's library."""
import ctypes
import os
import shutil
import subprocess

import numpy as np
from measure import Cannot
from pyoptinterface import ipopt, nl


class Value:
    """An expression of PyOptInterface that may be used more than once.

    PyOptInterface 0.6 puts a factor into the product that it is multiplied with, and a term into the sum, wherever else these are
    used. So the parts of sums and products are kept, and each is made anew from parts of the other kind.
    """
    def __init__(self, handle=None, sum=None, product=None):
        self.known, self.sum, self.product = handle, sum, product

    @property
    def handle(self):
        if self.known is None:
            parts = self.sum or self.product
            self.known = parts[0]
            for part in parts[1:]:
                self.known = self.known + part if self.sum else self.known * part
        return self.known

    def __add__(self, other):
        other = lifted(other)
        return Value(sum=[t for v in (self, other) for t in (v.sum or [v.handle])])

    def __mul__(self, other):
        other = lifted(other)
        return Value(product=[f for v in (self, other) for f in (v.product or [v.handle])])

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -lifted(other)

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        return Value(self.handle / lifted(other).handle)

    def __rtruediv__(self, other):
        return Value(other / self.handle)

    __radd__, __rmul__ = __add__, __mul__


def lifted(x):
    return x if isinstance(x, Value) else Value(float(x))


class Functions:
    """What elements are written with."""
    sqrt, sin, cos, log = (staticmethod(lambda x, f=f: Value(f(x.handle))) for f in (nl.sqrt, nl.sin, nl.cos, nl.log))
    softplus = staticmethod(lambda x: Value(nl.log((1 + Value(nl.exp(x.handle))).handle)))


class CapturedHessian:
    """A sum of elements, and the entries of its Hessian."""
    def __init__(self, variables):
        self.library = library()
        self.model = ipopt.Model(jit="LLVM")
        self.variables = [self.model.add_variable() for _ in range(variables)]

    def add(self, element):
        """Adds a function of the variables; equal graphs with other constants are compiled once."""
        with nl.graph():
            self.model.add_nl_objective(element(self.variables).handle)

    def structure(self):
        """Compiles what was added; rows and columns of the entries."""
        self.model.optimize()
        rows, columns = (np.zeros(self.library.captured_entries(), np.int32) for _ in range(2))
        self.library.captured_structure(address(rows), address(columns))
        return rows, columns

    def at(self, points):
        """A function of a number that gives the entries at one of the points."""
        values = np.zeros(self.library.captured_entries())

        def call(k):
            values.fill(0)               # what is called may add
            self.library.captured_hessian(address(points[k % 3]), address(values))
            return values
        return call


def address(array):
    return ctypes.c_void_p(array.ctypes.data)


def library():
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        raise Cannot("no C compiler for what takes the place of Ipopt's library")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ipopt_capture.c")
    path = os.path.join(os.environ.get("CURVATURE_BENCH_BUILD", os.getcwd()), "libipopt_capture.so")
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(source):
        new = "%s.%d" % (path, os.getpid())
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", source, "-o", new], check=True)
        os.replace(new, path)
    if not ipopt.load_library(path):
        raise Cannot("PyOptInterface did not load what takes the place of Ipopt's library")
    return ctypes.CDLL(path)

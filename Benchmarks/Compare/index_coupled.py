"""What I1 to I5 and W14 share: sums of many small elements that read shared variables through tables of whole numbers, and ways in
which other systems compute the lower triangle of the sparse Hessian of such a sum.

A workload is a list of groups (element, table, constants): element(m, v, c) is a function of the variables v and the constants
c of one element, written with the functions of m; table [elements, variables] says which variables each element reads.
"""
import numpy as np
from measure import load, variant


class Placement:
    """Where the entries of element Hessians go: places among the non-zeros of the lower triangle, in row order."""
    def __init__(self, n, groups):
        keys = []
        for _, table, _ in groups:
            for a in range(table.shape[1]):
                for b in range(a + 1):
                    i, j = table[:, a].astype(np.int64), table[:, b].astype(np.int64)
                    keys.append(np.maximum(i, j) * n + np.minimum(i, j))
        self.keys, self.places = np.unique(np.concatenate(keys), return_inverse=True)
        self.rows, self.columns = np.divmod(self.keys, n)
        self.count = len(self.keys)
        # Of an element that reads one variable twice, a pair beside the diagonal counts for both of its mirror images.
        twice = []
        for _, table, _ in groups:
            for a in range(table.shape[1]):
                for b in range(a + 1):
                    twice.append(np.where((a != b) & (table[:, a] == table[:, b]), 2.0, 1.0))
        self.factors = np.concatenate(twice)
        self.needsFactors = bool(np.any(self.factors != 1))

    def added(self, values):
        """The non-zeros for the entries [pair, element] of all groups, one after another."""
        return np.bincount(self.places, values * self.factors if self.needsFactors else values, self.count)


def reference(n, groups, x):
    """Rows, columns and values of the lower triangle, by NumPy alone."""
    from hyperdual import element_hessians
    place = Placement(n, groups)
    parts = [element_hessians(element, list(x[table].T), list(np.asarray(c).T)).ravel() for element, table, c in groups]
    return place.rows, place.columns, place.added(np.concatenate(parts))


def peers(cases, problem):
    """Registers the ways of other systems for the cases of a workload.

    problem(case): the number of variables, (element, table) of each group, points, and a function that gives the constants of
    all groups at the k-th of them.
    """
    def peer(label):
        def register(function):
            function.__module__ = problem.__module__      # that of the workload, where it is started
            return variant(cases, label=label)(function)
        return register

    @peer("element Hessians, vmapped, added by segments")
    def jax_elements(case, dtype):
        import jax
        import jax.numpy as jnp
        n, groups, points, constants = problem(case)

        class m:
            sqrt, sin, cos, log = jnp.sqrt, jnp.sin, jnp.cos, jnp.log
            softplus = staticmethod(jax.nn.softplus)
        place = Placement(n, [(e, t, None) for e, t in groups])
        order = np.argsort(place.places, kind="stable")
        factors = jnp.asarray(place.factors[order]) if place.needsFactors else None
        order, places = jnp.asarray(order), jnp.asarray(place.places[order])
        tables = [jnp.asarray(t) for _, t in groups]

        def entries(element, table, c, x):
            lower = np.tril_indices(table.shape[1])
            hessian = jax.hessian(lambda v, c: element(m, list(v), list(c)))
            return jax.vmap(lambda i, c: hessian(x[i], c)[lower])(table, c).T.ravel()

        @jax.jit
        def h(x, cs):
            values = jnp.concatenate([entries(e, t, c, x) for (e, _), t, c in zip(groups, tables, cs)])[order]
            if factors is not None:
                values = values * factors
            return jax.ops.segment_sum(values, places, place.count, indices_are_sorted=True)
        points = [jnp.asarray(p) for p in points]
        given = [[jnp.asarray(c) for c in constants(k)] for k in range(3)]
        return lambda k: h(points[k % 3], given[k % 3]).block_until_ready()

    @peer("element Hessians, SX, mapped, added by NumPy")
    def casadi_elements(case, dtype):
        import casadi as ca
        n, groups, points, constants = problem(case)

        class m:
            sqrt, sin, cos, log = ca.sqrt, ca.sin, ca.cos, ca.log
            softplus = staticmethod(lambda x: ca.log1p(ca.exp(x)))
        place = Placement(n, [(e, t, None) for e, t in groups])
        functions = []
        for (element, table), c in zip(groups, constants(0)):
            v, w = ca.SX.sym("v", table.shape[1]), ca.SX.sym("c", c.shape[1])
            H, _ = ca.hessian(element(m, ca.vertsplit(v), ca.vertsplit(w)), v)
            lower = ca.vertcat(*[H[a, b] for a in range(table.shape[1]) for b in range(a + 1)])
            functions.append(ca.Function("h", [v, w], [ca.densify(lower)]).map(len(table)))
        given = [[np.ascontiguousarray(c.T) for c in constants(k)] for k in range(3)]

        def call(k):
            x = points[k % 3]
            values = [np.asarray(f(x[t].T, c)).ravel() for f, (_, t), c in zip(functions, groups, given[k % 3])]
            return place.added(np.concatenate(values))
        return call

    @peer("jit, pattern and colouring found by asdex")
    def asdex_jit(case, dtype):
        import asdex
        import jax
        import jax.numpy as jnp
        n, groups, points, constants = problem(case)

        class m:
            sqrt, sin, cos, log = jnp.sqrt, jnp.sin, jnp.cos, jnp.log
            softplus = staticmethod(jax.nn.softplus)
        tables = [jnp.asarray(t) for _, t in groups]
        fixed = [jnp.asarray(c) for c in constants(0)]
        place = Placement(n, [(e, t, None) for e, t in groups])

        def f(x):
            return sum(jnp.sum(e(m, list(x[t].T), list(c.T))) for (e, _), t, c in zip(groups, tables, fixed))
        xs = [jnp.asarray(p) for p in points]
        h = jax.jit(asdex.hessian_from_coloring(f, asdex.hessian_coloring(f, xs[0])))

        def extract(b):
            i = np.asarray(b.indices)
            found = dict(zip((i[:, 0] * n + i[:, 1]).tolist(), np.asarray(b.data).tolist()))
            return np.array([found.get(key, 0.0) for key in place.keys.tolist()])
        return lambda k: jax.block_until_ready(h(xs[k % 3])), extract

    @peer("LLVM, elements by their structure, the Hessian that Ipopt is given")
    def pyoptinterface_ipopt(case, dtype):
        from ipopt_capture import CapturedHessian, Functions, Value
        n, groups, points, constants = problem(case)
        captured = CapturedHessian(n)
        for (element, table), c in zip(groups, constants(0)):
            for places, values in zip(table.tolist(), np.asarray(c).tolist()):
                captured.add(lambda x: element(Functions, [Value(x[i]) for i in places], values))
        rows, columns = captured.structure()
        place = Placement(n, [(e, t, None) for e, t in groups])
        keys = np.maximum(rows, columns).astype(np.int64) * n + np.minimum(rows, columns)
        return (captured.at([np.ascontiguousarray(p) for p in points]),
                lambda values: np.bincount(np.searchsorted(place.keys, keys), values, place.count))

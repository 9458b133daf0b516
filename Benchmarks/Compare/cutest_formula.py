"""Formulas of Curvature from functions of JAX: one statement for each equation of the jaxpr.

Whatever does not depend on the variables is computed here. Equations that only move elements (slices, gathers, scatters) are
applied to the numbers of the elements, and what comes out is read as indices.
"""
import re

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core


class Untranslatable(Exception):
    """An equation for which there is no formula."""


UNARY = dict(exp="exp", log="log", log1p="log1p", expm1="expm1", sin="sin", cos="cos", tan="tan", asin="arcsin", acos="arccos",
             atan="arctan", sinh="sinh", cosh="cosh", tanh="tanh", asinh="arcsinh", acosh="arccosh", atanh="arctanh", sqrt="sqrt",
             rsqrt="rsqrt", cbrt="cbrt", abs="abs", sign="sign", erf="erf", erfc="erfc", square="square", lgamma="gammaln",
             digamma="digamma", logistic="sigmoid", exp2="exp2", stop_gradient="stop_gradient", floor="floor", ceil="ceil")
UNARY["not"] = "logical_not"
INFIX = dict(add="+", sub="-", mul="*", div="/", lt="<", le="<=", gt=">", ge=">=", eq="==", ne="!=", add_any="+")
BINARY = {"max": "maximum", "min": "minimum", "pow": "power", "atan2": "arctan2", "and": "logical_and", "or": "logical_or"}
REDUCTIONS = dict(reduce_sum="sum", reduce_max="max", reduce_min="min", reduce_prod="prod", reduce_and="all", reduce_or="any")
SAME = ("copy", "copy_p", "optimization_barrier")
CALLS = ("jit", "pjit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "remat", "checkpoint", "remat2")
MOVES = ("slice", "gather", "rev", "dynamic_slice", "squeeze", "transpose", "expand_dims", "split")


class Symbol:
    """What a name of the formula stands for."""

    def __init__(self, name, aval):
        self.name, self.shape, self.dtype = name, aval.shape, np.dtype(aval.dtype)

    def __str__(self):
        return self.name


class Formula:
    """The text of a function of one vector, and the arrays that it names."""

    def __init__(self, function, count, variable="x", prefix=""):
        self.statements, self.arrays, self.prefix = [], {}, prefix
        closed = jax.make_jaxpr(function)(jnp.zeros(count))
        argument = Symbol(variable, closed.in_avals[0])
        self.results = [self.operand(r) for r in self.block(closed.jaxpr, closed.consts, [argument])]

    @property
    def text(self):
        """Statements, the last the function's one result."""
        return ";\n".join(self.statements + self.results[:1])

    # Names

    def let(self, expression, aval):
        name = "%st%d" % (self.prefix, len(self.statements))
        self.statements.append("%s = %s" % (name, expression))
        return Symbol(name, aval)

    def array(self, value):
        name = "%sc%d" % (self.prefix, len(self.arrays))
        self.arrays[name] = np.asarray(value)
        return name

    def operand(self, value):
        """A symbol's name, a number, or the name of an array."""
        if isinstance(value, Symbol):
            return value.name
        value = np.asarray(value)
        if value.ndim == 0:
            return number(value)
        return self.array(value.astype(np.float64) if value.dtype.kind in "fiu" else value)

    def spread(self, value, shape):
        """An operand of an operation between elements: of a constant that is the same everywhere, the number."""
        if not isinstance(value, Symbol):
            value = np.asarray(value)
            if value.size and value.ndim and (value == value.flat[0]).all():
                return number(value.flat[0])
        return self.operand(value)

    # Equations

    def block(self, jaxpr, consts, arguments):
        known = dict(zip(jaxpr.constvars, consts))
        known.update(zip(jaxpr.invars, arguments))

        def read(atom):
            return np.asarray(atom.val) if isinstance(atom, core.Literal) else known[atom]

        for equation in jaxpr.eqns:
            values = [read(a) for a in equation.invars]
            results = self.equation(equation, values)
            known.update(zip(equation.outvars, results))
        return [read(a) for a in jaxpr.outvars]

    def equation(self, equation, values):
        name, parameters = equation.primitive.name, equation.params
        if name in CALLS:
            inner = parameters.get("jaxpr") or parameters.get("call_jaxpr") or parameters.get("fun_jaxpr")
            if hasattr(inner, "consts"):
                return self.block(inner.jaxpr, inner.consts, values)
            return self.block(inner, [], values)
        if not any(isinstance(v, Symbol) for v in values):
            results = equation.primitive.bind(*[jnp.asarray(v, a.aval.dtype) for v, a in zip(values, equation.invars)],
                                              **parameters)
            results = results if equation.primitive.multiple_results else [results]
            return [np.asarray(r) for r in results]
        avals = [v.aval for v in equation.outvars]
        if name in MOVES:
            return self.moved(equation, values, avals)
        return [self.one(name, equation, parameters, values, avals[0])]

    def one(self, name, equation, parameters, values, aval):
        shape, let = aval.shape, lambda text: self.let(text, aval)
        if name in SAME:
            return values[0]
        if name in UNARY:
            return let("%s(%s)" % (UNARY[name], values[0]))
        if name == "neg":
            return let("-%s" % values[0])
        if name == "integer_pow":
            return let("%s**%d" % (values[0], parameters["y"]))
        if name in INFIX:
            return let("%s %s %s" % (self.spread(values[0], shape), INFIX[name], self.spread(values[1], shape)))
        if name in BINARY:
            return let("%s(%s, %s)" % (BINARY[name], self.spread(values[0], shape), self.spread(values[1], shape)))
        if name in REDUCTIONS:
            axes = parameters["axes"]
            if not axes:
                return values[0]
            return let("%s(%s, axis=%s)" % (REDUCTIONS[name], values[0], tuples(axes)))
        if name == "convert_element_type":
            kinds = values[0].dtype.kind, np.dtype(aval.dtype).kind
            if kinds == ("f", "f"):
                return values[0]
            if kinds[0] == "b" and kinds[1] in "fi":
                return let("where(%s, 1.0, 0.0)" % values[0])
            raise Untranslatable("conversion of %s to %s" % (values[0].dtype, aval.dtype))
        if name == "select_n":
            which, *cases = values
            if len(cases) != 2:
                raise Untranslatable("select_n of %d cases" % len(cases))
            if isinstance(which, Symbol) and which.dtype != bool:
                raise Untranslatable("select_n by whole numbers")
            if not isinstance(which, Symbol):
                which = np.asarray(which).astype(bool)
                if which.all() or not which.any():
                    return self.full(cases[int(which.flat[0])], aval)
            cases = [self.spread(c, shape) for c in cases]
            return let("broadcast_to(where(%s, %s, %s), %s)" % (self.operand(which), cases[1], cases[0], tuples(shape)))
        if name == "reshape":
            return let("reshape(%s, %s)" % (values[0], tuples(shape)))
        if name == "broadcast_in_dim":
            places = parameters["broadcast_dimensions"]
            between = [values[0].shape[places.index(i)] if i in places else 1 for i in range(len(shape))]
            return let("broadcast_to(reshape(%s, %s), %s)" % (values[0], tuples(between), tuples(shape)))
        if name == "concatenate":
            parts = [self.operand(v) for v in values]
            return let("concatenate([%s], axis=%d)" % (", ".join(parts), parameters["dimension"]))
        if name == "stack":
            parts = [self.operand(v) for v in values]
            return let("stack([%s], axis=%d)" % (", ".join(parts), parameters["axis"]))
        if name == "pad":
            return self.padded(parameters["padding_config"], values, aval)
        if name == "cumsum":
            axis = parameters["axis"]
            if parameters["reverse"]:
                return let("flip(cumsum(flip(%s, %d), axis=%d), %d)" % (values[0], axis, axis, axis))
            return let("cumsum(%s, axis=%d)" % (values[0], axis))
        if name == "dot_general":
            return let("einsum('%s', %s, %s)" % (subscripts(parameters, values), self.operand(values[0]), self.operand(values[1])))
        if name in ("scatter", "scatter-add", "scatter_add"):
            return self.scattered(name, equation, values, aval)
        raise Untranslatable(name)

    def full(self, value, aval):
        if isinstance(value, Symbol):
            return value
        return np.broadcast_to(np.asarray(value), aval.shape)

    def padded(self, config, values, aval):
        if any(before < 0 or after < 0 or inside for before, after, inside in config) or isinstance(values[1], Symbol):
            raise Untranslatable("pad that cuts or spreads")
        if not config:
            return values[0]
        widths = ", ".join("(%d, %d)" % (b, a) for b, a, _ in config)
        return self.let("pad(%s, [%s], constant_values=%s)" % (self.operand(values[0]), widths, number(values[1])), aval)

    def moved(self, equation, values, avals):
        """Elements of the first operand at other places."""
        source, *others = values
        if not isinstance(source, Symbol) or any(isinstance(v, Symbol) for v in others):
            raise Untranslatable("%s at places that depend on the variables" % equation.primitive.name)
        name, parameters = equation.primitive.name, dict(equation.params)
        if name in ("squeeze", "expand_dims"):
            return [self.let("reshape(%s, %s)" % (source, tuples(avals[0].shape)), avals[0])]
        if name == "transpose":
            return [self.let("transpose(%s, %s)" % (source, tuples(parameters["permutation"])), avals[0])]
        if name == "slice":
            strides = parameters["strides"] or [1] * len(source.shape)
            text = ", ".join(span(*s) for s in zip(parameters["start_indices"], parameters["limit_indices"], strides))
            return [self.let("%s[%s]" % (source, text), avals[0])]
        if name == "split":
            results, start = [], 0
            for size, aval in zip(parameters["sizes"], avals):
                text = ":, " * parameters["axis"] + span(start, start + size, 1)
                results.append(self.let("%s[%s]" % (source, text), aval))
                start += size
            return results
        if name == "gather":
            parameters["fill_value"] = -1
        size = int(np.prod(source.shape))
        numbers = jnp.arange(size, dtype=jnp.int64).reshape(source.shape)
        places = np.asarray(equation.primitive.bind(numbers, *[jnp.asarray(v) for v in others], **parameters))
        if (places < 0).any():
            raise Untranslatable("gather outside of its operand")
        return [self.taken(source.name, source.shape, places, avals[0])]

    def taken(self, source, shape, places, aval):
        if places.ndim == 0:
            place = np.unravel_index(int(places), shape)
            return self.let("%s[%s]" % (source, ", ".join(str(int(i)) for i in place)), aval)
        flat = source if len(shape) == 1 else "ravel(%s)" % source
        return self.let("take(%s, %s)" % (flat, self.array(places)), aval)

    def scattered(self, name, equation, values, aval):
        """A scatter as a choice among operand and updates, or a sum at computed places."""
        operand, indices, updates = values
        if isinstance(indices, Symbol):
            raise Untranslatable(name + " at places that depend on the variables")
        size, count = int(np.prod(operand.shape)), int(np.prod(updates.shape))
        indices = jnp.asarray(indices)

        def apply(a, b):
            return equation.primitive.bind(a, indices, b, **equation.params)

        def flat(v):
            if not isinstance(v, Symbol):
                return self.array(np.asarray(v, np.float64).ravel())
            return v.name if len(v.shape) == 1 else "reshape(%s, (-1,))" % v

        if name == "scatter":
            numbers = jnp.arange(size + count, dtype=aval.dtype)
            places = np.asarray(apply(numbers[:size].reshape(operand.shape), numbers[size:].reshape(updates.shape)))
            both = "concatenate([%s, %s])" % (flat(operand), flat(updates))
            return self.let("take(%s, %s)" % (both, self.array(places.astype(np.int64))), aval)
        # Each update learns its place from the transpose; 0 marks those that are dropped.
        zeros = jnp.zeros(operand.shape, aval.dtype)
        _, transpose = jax.vjp(lambda u: apply(zeros, u), jnp.zeros(updates.shape, aval.dtype))
        places = np.asarray(transpose(jnp.arange(1, size + 1, dtype=aval.dtype).reshape(operand.shape))[0]).ravel().astype(np.int64)
        if (places == 0).any():
            raise Untranslatable("scatter outside of its operand")
        text = "scatter_add(%s, %s, %s, 0)" % (flat(operand), self.array(places - 1), flat(updates))
        return self.let("reshape(%s, %s)" % (text, tuples(aval.shape)), aval)


def number(value):
    value = np.asarray(value)
    if value.dtype.kind == "b":
        return str(bool(value))
    value = float(value)
    text = "nan" if value != value else "inf" if value == np.inf else "-inf" if value == -np.inf else repr(value)
    return "(%s)" % text if text[0] == "-" else text


def tuples(numbers):
    return "(%s)" % "".join("%d, " % i for i in numbers).rstrip() if len(numbers) else "()"


def span(start, stop, step):
    return "%d:%d" % (start, stop) if step == 1 else "%d:%d:%d" % (start, stop, step)


def subscripts(parameters, values):
    (left, right), (batch_left, batch_right) = parameters["dimension_numbers"]
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    a = [next(letters) for _ in values[0].shape]
    b = [None] * len(values[1].shape)
    for i, j in [*zip(left, right), *zip(batch_left, batch_right)]:
        b[j] = a[i]
    b = [letter or next(letters) for letter in b]
    out = [a[i] for i in batch_left]
    out += [a[i] for i in range(len(a)) if i not in (*left, *batch_left)]
    out += [b[j] for j in range(len(b)) if j not in (*right, *batch_right)]
    return re.sub("None", "", "%s,%s->%s" % ("".join(a), "".join(b), "".join(out)))

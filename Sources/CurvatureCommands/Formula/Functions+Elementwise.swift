import TensorGraph

extension FunctionTable {
  /// A function of one real tensor that is a scalar function of the graph.
  private static func scalar(
    _ name: String, _ function: ScalarFunction, _ summary: String, aliases: [String] = []
  ) -> FormulaFunction {
    FormulaFunction("\(name)(x)", summary, aliases: aliases) { a in
      try Operations.apply(function, function.allowsIntegers ? a.number("x") : a.real("x"))
    }
  }

  private static func pair(
    _ name: String, _ operation: BinaryOperator, _ summary: String, aliases: [String] = []
  ) -> FormulaFunction {
    FormulaFunction("\(name)(a, b)", summary, aliases: aliases) { a in
      let (left, right) = (FormulaValue.tensor(try a.any("a")), FormulaValue.tensor(try a.any("b")))
      guard case .tensor(let node) = try FormulaOperators(real: a.real).apply(operation, left, right) else {
        fatalError("an operator between tensors gives a tensor")
      }
      return node
    }
  }

  /// Functions of each element.
  static let elementwise: [FormulaFunction] = [
    scalar("abs", .abs, "|x|", aliases: ["absolute", "fabs"]),
    scalar("negative", .negate, "-x"),
    scalar("sign", .sign, "-1, 0 or 1"),
    scalar("square", .square, "x²"),
    scalar("reciprocal", .reciprocal, "1 / x"),
    scalar("sqrt", .sqrt, "√x"),
    scalar("rsqrt", .rsqrt, "1 / √x"),
    scalar("cbrt", .cbrt, "∛x"),
    scalar("exp", .exp, "eˣ"),
    scalar("exp2", .exp2, "2ˣ"),
    scalar("expm1", .expMinusOne, "eˣ - 1, accurate near 0"),
    scalar("log", .log, "the natural logarithm"),
    scalar("log2", .log2, "the logarithm to base 2"),
    scalar("log10", .log10, "the logarithm to base 10"),
    scalar("log1p", .logOnePlus, "ln(1 + x), accurate near 0"),
    scalar("sin", .sin, "the sine"),
    scalar("cos", .cos, "the cosine"),
    scalar("tan", .tan, "the tangent"),
    scalar("arcsin", .asin, "the inverse sine", aliases: ["asin"]),
    scalar("arccos", .acos, "the inverse cosine", aliases: ["acos"]),
    scalar("arctan", .atan, "the inverse tangent", aliases: ["atan"]),
    scalar("sinh", .sinh, "the hyperbolic sine"),
    scalar("cosh", .cosh, "the hyperbolic cosine"),
    scalar("tanh", .tanh, "the hyperbolic tangent"),
    scalar("arcsinh", .asinh, "the inverse hyperbolic sine", aliases: ["asinh"]),
    scalar("arccosh", .acosh, "the inverse hyperbolic cosine", aliases: ["acosh"]),
    scalar("arctanh", .atanh, "the inverse hyperbolic tangent", aliases: ["atanh"]),
    scalar("floor", .floor, "the whole number below"),
    scalar("ceil", .ceil, "the whole number above"),
    scalar("trunc", .trunc, "the whole number next to x toward 0", aliases: ["fix"]),
    FormulaFunction("round(x, decimals=0)", "rounded to decimals, ties to even", aliases: ["around", "rint"]) { a in
      let decimals = try a.integer("decimals")
      guard abs(decimals) <= 300 else { throw a.fault("decimals", "\(decimals) is out of range") }
      let x = try a.real("x")
      if decimals == 0 { return try Operations.apply(.round, x) }
      var power = 1.0
      for _ in 0..<abs(decimals) { power *= 10 }
      let scale = x.filled(with: power)
      return decimals > 0
        ? try Operations.divide(Operations.apply(.round, Operations.multiply(x, scale)), scale)
        : try Operations.multiply(Operations.apply(.round, Operations.divide(x, scale)), scale)
    },
    FormulaFunction("arctan2(y, x)", "the angle of the point (x, y)", aliases: ["atan2"]) { a in
      let (y, x) = try a.reals("y", "x")
      return try Operations.apply(.atan2, y, x)
    },
    FormulaFunction("hypot(a, b)", "√(a² + b²)") { a in
      let (x, y) = try a.reals("a", "b")
      return try Operations.apply(.hypot, x, y)
    },
    FormulaFunction("logaddexp2(a, b)", "log₂(2ᵃ + 2ᵇ) without overflow") { a in
      let (x, y) = try a.reals("a", "b")
      return try Operations.logAddExp2(x, y)
    },
    FormulaFunction("lerp(a, b, t)", "a + t (b - a)") { a in
      let nodes = try a.numbers("a", "b", "t", least: .real)
      return try Operations.interpolate(nodes[0], nodes[1], at: nodes[2])
    },
    FormulaFunction("fma(a, b, c)", "a b + c") { a in
      let nodes = try a.numbers("a", "b", "c", least: .real)
      return try Operations.add(Operations.multiply(nodes[0], nodes[1]), nodes[2])
    },
    FormulaFunction("frac(x)", "x less its whole part") { a in try Operations.fraction(a.real("x")) },
    FormulaFunction("logaddexp(a, b)", "ln(eᵃ + eᵇ) without overflow") { a in
      let (x, y) = try a.reals("a", "b")
      return try Operations.logAddExp(x, y)
    },
    FormulaFunction("maximum(a, b)", "the larger of two; a tie with a tensor splits the derivative", aliases: ["fmax"])
    {
      a in try extremum(a, .max)
    },
    FormulaFunction("minimum(a, b)", "the smaller of two; a tie with a tensor splits the derivative", aliases: ["fmin"])
    {
      a in try extremum(a, .min)
    },
    FormulaFunction("clip(x, min=None, max=None)", "x limited to an interval") { a in
      var kind = ElementKind.whole
      for name in ["x", "min", "max"] where a.isGiven(name) { kind = max(kind, try a[name].kind()) }
      let x = try a.numbers("x", least: kind)[0]
      let lower = a.isGiven("min") ? try a.numbers("min", least: kind)[0] : nil
      let upper = a.isGiven("max") ? try a.numbers("max", least: kind)[0] : nil
      return try Operations.clip(x, lower, upper)
    },
    FormulaFunction("where(mask, a, b)", "a where the mask is true, b elsewhere") { a in
      let kind = max(try a["a"].kind(), try a["b"].kind())
      let parts = try a.numbersOrMasks("a", "b", kind)
      return try Operations.select(a.mask("mask"), parts[0], parts[1])
    },
    FormulaFunction("power(x, y)", "xʸ", aliases: ["pow", "float_power"]) { a in
      try FormulaOperators(real: a.real).power(a["x"], a["y"], max(.whole, a["x"].kind(), a["y"].kind()))
    },
    pair("add", .add, "a + b"),
    pair("subtract", .subtract, "a - b"),
    pair("multiply", .multiply, "a b"),
    pair("divide", .divide, "a / b", aliases: ["true_divide"]),
    pair("floor_divide", .floorDivide, "⌊a / b⌋"),
    pair("mod", .modulo, "a - b ⌊a / b⌋, with the sign of b", aliases: ["remainder"]),
    pair("equal", .equal, "a mask: a = b"),
    pair("not_equal", .notEqual, "a mask: a ≠ b"),
    pair("less", .less, "a mask: a < b"),
    pair("less_equal", .lessOrEqual, "a mask: a ≤ b"),
    pair("greater", .greater, "a mask: a > b"),
    pair("greater_equal", .greaterOrEqual, "a mask: a ≥ b"),
    pair("logical_and", .and, "both of two masks"),
    pair("logical_or", .or, "one of two masks"),
    FormulaFunction("logical_not(x)", "the opposite of a mask") { a in try Operations.logical(.not, a.mask("x")) },
    FormulaFunction("isnan(x)", "a mask: x is NaN") { a in
      let x = try a.real("x")
      return try Operations.compare(.notEqual, x, x)
    },
    FormulaFunction("isfinite(x)", "a mask: x is neither infinite nor NaN") { a in
      let x = try a.real("x")
      return try Operations.compare(.less, Operations.apply(.abs, x), x.filled(with: .infinity))
    },
    FormulaFunction("isinf(x)", "a mask: x is infinite") { a in
      let x = try a.real("x")
      return try Operations.compare(.equal, Operations.apply(.abs, x), x.filled(with: .infinity))
    },
    FormulaFunction("sinc(x)", "sin(πx) / (πx)") { a in try Operations.sinc(a.real("x")) },
    FormulaFunction("heaviside(x, value)", "0, value or 1 below, at and above 0") { a in
      let (x, value) = try a.reals("x", "value")
      return try Operations.heaviside(x, at0: value)
    },
    FormulaFunction("copysign(x, y)", "|x| with the sign of y") { a in
      let (x, y) = try a.reals("x", "y")
      return try Operations.copySign(x, y)
    },
    FormulaFunction("nan_to_num(x, nan=0.0, posinf=None, neginf=None)", "finite values in place of others") { a in
      let largest = a.real == .float32 ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude
      return try Operations.replacingNonFinite(
        a.real("x"), nan: a.double("nan"), infinity: a.isGiven("posinf") ? a.double("posinf") : largest,
        minusInfinity: a.isGiven("neginf") ? a.double("neginf") : -largest)
    },
    FormulaFunction("radians(x)", "degrees as radians", aliases: ["deg2rad"]) { a in
      let x = try a.real("x")
      return try Operations.multiply(x, x.filled(with: .pi / 180))
    },
    FormulaFunction("degrees(x)", "radians as degrees", aliases: ["rad2deg"]) { a in
      let x = try a.real("x")
      return try Operations.multiply(x, x.filled(with: 180 / .pi))
    },
    FormulaFunction("stop_gradient(x)", "x, constant for derivatives") { a in try a.any("x").detached() },
    FormulaFunction("astype(x, dtype)", "x with elements of another type: int, float or bool") { a in
      guard let type = try a.scalarType("dtype") else {
        throw a.fault("dtype", "found None, expected int, float or bool")
      }
      return try a.any("x").cast(to: type)
    },
    FormulaFunction("copy(x)", "x itself") { a in try a.any("x") },
  ]

  /// The larger or smaller of two; against a plain number the derivative at a tie is 0.
  private static func extremum(_ a: Arguments, _ function: ScalarFunction) throws -> Node {
    let nodes = try a.numbers("a", "b")
    let constant = a["b"].isPlainNumber ? 1 : a["a"].isPlainNumber ? 0 : nil
    guard let constant else { return try Operations.apply(function, nodes[0], nodes[1]) }
    return function == .max
      ? try Operations.maximum(nodes[1 - constant], constant: nodes[constant])
      : try Operations.minimum(nodes[1 - constant], constant: nodes[constant])
  }
}

extension Arguments {
  /// Two tensors in one given type.
  func numbersOrMasks(_ first: String, _ second: String, _ kind: ElementKind) throws -> [Node] {
    let nodes = [try self[first].node(as: kind, real: real), try self[second].node(as: kind, real: real)]
    try Sizes.checkBroadcast(nodes)
    return nodes
  }

  /// The type that `int`, `float`, `bool` or a name like `float64` stands for; nil for None.
  func scalarType(_ name: String) throws -> ScalarType? {
    guard isGiven(name) else { return nil }
    guard case .string(let word) = self[name], let kind = FormulaEvaluator.types[word] else {
      throw fault(name, "found \(self[name].description), expected int, float or bool")
    }
    return kind.scalarType(real: real)
  }
}

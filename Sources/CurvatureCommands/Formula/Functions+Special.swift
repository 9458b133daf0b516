import TensorGraph

extension FunctionTable {
  private static func one(
    _ name: String, _ function: SpecialFunction, _ summary: String, aliases: [String] = []
  ) -> FormulaFunction {
    FormulaFunction("\(name)(x)", summary, aliases: aliases) { a in try Operations.special(function, a.real("x")) }
  }

  /// Special functions of mathematical physics and of statistics.
  static let special: [FormulaFunction] = [
    one("gammaln", .logGamma, "ln |Γ(x)|", aliases: ["lgamma"]),
    one("gamma", .gamma, "Γ(x)"),
    one("digamma", .polygamma(0), "Γ'(x) / Γ(x)", aliases: ["psi"]),
    FormulaFunction("polygamma(n, x)", "the n-th derivative of digamma, for a whole number n") { a in
      let n = try a.integer("n")
      guard (0...100).contains(n) else { throw a.fault("n", "found \(n), expected 0 to 100") }
      return try Operations.special(.polygamma(n), a.real("x"))
    },
    pair("betaln(a, b)", "ln B(a, b)") { (a, b) throws(TensorError) in try Operations.logBeta(a, b) },
    pair("beta(a, b)", "B(a, b) = Γ(a) Γ(b) / Γ(a + b)") { (a, b) throws(TensorError) in try Operations.beta(a, b) },
    pair("gammainc(a, x)", "the regularised lower incomplete gamma function") { (a, b) throws(TensorError) in
      try Operations.special(.gammaLower(0), a, b)
    },
    pair("gammaincc(a, x)", "1 - gammainc(a, x), accurate where it is small") { (a, b) throws(TensorError) in
      try Operations.special(.gammaUpper(0), a, b)
    },
    FormulaFunction("betainc(a, b, x)", "the regularised incomplete beta function") { a in
      let operands = try a.numbers("a", "b", "x", least: .real)
      return try Operations.special(.betaLower(0, 0), operands[0], operands[1], operands[2])
    },
    pair("zeta(s, q)", "Hurwitz' Σ (q + j)⁻ˢ") { (a, b) throws(TensorError) in
      try Operations.special(.zeta(0), a, b)
    },
    one("erfinv", .erfInverse, "the x with erf(x) = y"),
    one("erfcx", .scaledErfc(0), "exp(x²) erfc(x)"),
    one("ndtri", .normalQuantile, "the quantile of the normal distribution"),
    FormulaFunction("log_ndtr(x)", "ln ndtr(x) without underflow") { a in
      try Operations.logNormalDistribution(a.real("x"))
    },
    pair("rel_entr(x, y)", "x ln(x / y)") { (a, b) throws(TensorError) in try Operations.relativeEntropy(a, b) },
    one("j0", .besselJ(0), "Bessel's function of the first kind, of order 0"),
    one("j1", .besselJ(1), "Bessel's function of the first kind, of order 1"),
    one("y0", .besselY(0), "Bessel's function of the second kind, of order 0"),
    one("y1", .besselY(1), "Bessel's function of the second kind, of order 1"),
    one("i0", .besselI(0), "the modified Bessel function of order 0"),
    one("i1", .besselI(1), "the modified Bessel function of order 1"),
    one("i0e", .besselIScaled(0, derivative: 0), "exp(-|x|) i0(x)"),
    one("i1e", .besselIScaled(1, derivative: 0), "exp(-|x|) i1(x)"),
    one("k0", .besselK(0), "the modified Bessel function of the second kind, of order 0"),
    one("k1", .besselK(1), "the modified Bessel function of the second kind, of order 1"),
    one("k0e", .besselKScaled(0, derivative: 0), "exp(x) k0(x)"),
    one("k1e", .besselKScaled(1, derivative: 0), "exp(x) k1(x)"),
    one("expi", .exponentialIntegral, "the exponential integral Ei"),
    one("exp1", .exponentialIntegral1, "the exponential integral E₁, for x > 0"),
    one("spence", .spence, "the dilogarithm of 1 - x"),
    one("lambertw", .lambertW, "the w ≥ -1 with w exp(w) = x"),
    one("ellipk", .elliptic(0, 0), "the complete elliptic integral of the first kind, of the parameter m"),
    one("ellipe", .elliptic(0, -1), "the complete elliptic integral of the second kind, of the parameter m"),
  ]

  private static func pair(
    _ signature: String, _ summary: String, _ build: @escaping @Sendable (Node, Node) throws(TensorError) -> Node
  ) -> FormulaFunction {
    FormulaFunction(signature, summary) { a in
      let names = a.function.parameters.map(\.name)
      let (first, second) = try a.reals(names[0], names[1])
      return try build(first, second)
    }
  }
}

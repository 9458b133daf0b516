import TensorGraph

extension FunctionTable {
  private static func of(
    _ name: String, _ summary: String, aliases: [String] = [],
    _ build: @escaping @Sendable (Node) throws(TensorError) -> Node
  ) -> FormulaFunction {
    FormulaFunction("\(name)(x)", summary, aliases: aliases) { a in try build(a.real("x")) }
  }

  private static func scalar(
    _ name: String, _ function: ScalarFunction, _ summary: String, aliases: [String] = []
  ) -> FormulaFunction {
    of(name, summary, aliases: aliases) { (x) throws(TensorError) in try Operations.apply(function, x) }
  }

  /// Activations of neural networks and special functions.
  static let activations: [FormulaFunction] = [
    scalar("sigmoid", .sigmoid, "1 / (1 + e⁻ˣ)", aliases: ["expit"]),
    of("logit", "ln(x / (1 - x))", Operations.logit),
    scalar("softplus", .softplus, "ln(1 + eˣ)"),
    of("log_sigmoid", "ln sigmoid(x)", aliases: ["logsigmoid"], Operations.logSigmoid),
    scalar("relu", .relu, "max(x, 0)"),
    of("relu6", "x limited to 0…6", Operations.relu6),
    FormulaFunction("leaky_relu(x, negative_slope=0.01)", "x, less steep below 0") { a in
      try Operations.leakyReLU(a.real("x"), slope: a.double("negative_slope"))
    },
    FormulaFunction("elu(x, alpha=1.0)", "x above 0, alpha (eˣ - 1) below") { a in
      try Operations.elu(a.real("x"), alpha: a.double("alpha"))
    },
    of("selu", "the self-normalising elu", Operations.selu),
    FormulaFunction("celu(x, alpha=1.0)", "x above 0, alpha (exp(x / alpha) - 1) below") { a in
      try Operations.celu(a.real("x"), alpha: a.double("alpha"))
    },
    FormulaFunction("gelu(x, approximate=True)", "x Φ(x), by default its approximation with tanh") { a in
      var approximate: Bool
      switch a["approximate"] {
      case .string("tanh"): approximate = true
      case .string("none"): approximate = false
      default: approximate = try a.flag("approximate")
      }
      return try Operations.gelu(a.real("x"), approximate: approximate)
    },
    of("silu", "x sigmoid(x)", aliases: ["swish"], Operations.silu),
    of("mish", "x tanh(softplus(x))", Operations.mish),
    of("softsign", "x / (1 + |x|)", aliases: ["soft_sign"], Operations.softSign),
    of("hard_tanh", "x limited to -1…1", aliases: ["hardtanh"], Operations.hardTanh),
    of("hard_sigmoid", "relu6(x + 3) / 6", aliases: ["hardsigmoid"], Operations.hardSigmoid),
    of("hard_swish", "x hard_sigmoid(x)", aliases: ["hardswish", "hard_silu"], Operations.hardSwish),
    FormulaFunction("softshrink(x, lambd=0.5)", "x moved towards 0 by lambd") { a in
      try Operations.softShrink(a.real("x"), margin: a.double("lambd"))
    },
    FormulaFunction("hardshrink(x, lambd=0.5)", "x, and 0 within lambd of 0") { a in
      try Operations.hardShrink(a.real("x"), margin: a.double("lambd"))
    },
    of("tanhshrink", "x - tanh x", Operations.tanhShrink),
    FormulaFunction("prelu(x, weight)", "x, and weight times x below 0; one weight, or one for each channel") { a in
      let (x, weight) = (try a.real("x"), try a.real("weight"))
      return try Operations.parametricReLU(x, weight)
    },
    FormulaFunction("glu(x, axis=-1)", "the first half of an axis times the sigmoid of the second") { a in
      try Operations.gatedLinearUnit(a.real("x"), axis: a.integer("axis"))
    },
    FormulaFunction("softmax(x, axis=-1)", "exp x over its sum") { a in
      try Operations.softmax(a.real("x"), axis: a.integer("axis"))
    },
    FormulaFunction("log_softmax(x, axis=-1)", "ln softmax(x)") { a in
      try Operations.logSoftmax(a.real("x"), axis: a.integer("axis"))
    },
    FormulaFunction("logsumexp(x, axis=None, keepdims=False)", "ln Σ exp x without overflow") { a in
      try Operations.logSumExp(a.real("x"), a.axes("axis"), keepsAxes: a.flag("keepdims"))
    },
    scalar("erf", .erf, "the error function"),
    scalar("erfc", .erfc, "1 - erf(x)"),
    of("ndtr", "the normal distribution function", Operations.normalDistribution),
    FormulaFunction("xlogy(x, y)", "x ln y, 0 where x is 0") { a in
      let (x, y) = try a.reals("x", "y")
      return try Operations.xLogY(x, y)
    },
    FormulaFunction("xlog1py(x, y)", "x ln(1 + y), 0 where x is 0") { a in
      let (x, y) = try a.reals("x", "y")
      return try Operations.xLogOnePlusY(x, y)
    },
    of("entr", "-x ln x, 0 at 0", Operations.entropy),
  ]
}

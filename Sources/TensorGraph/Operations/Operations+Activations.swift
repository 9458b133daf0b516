/// Functions of each element that are compositions: activations, and functions with a case of their own at 0 or
/// infinity. Where a branch is not taken, `select` keeps it out of values and derivatives of every order.
extension Operations {
  // MARK: Activations

  /// ln(x / (1 - x))
  package static func logit(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "logit")
    return .elementwise(.log, x) - .elementwise(.logOnePlus, -x)
  }

  /// ln sigmoid x
  package static func logSigmoid(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "logSigmoid")
    return -Node.elementwise(.softplus, -x)
  }

  /// x limited to 0…6, with derivative 0 at both ends.
  package static func relu6(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "relu6")
    let positive = Node.elementwise(.relu, x)
    return try minimum(positive, constant: x.filled(with: 6))
  }

  /// x, and `slope` times x below 0.
  package static func leakyReLU(_ x: Node, slope: Double = 0.01) throws(TensorError) -> Node {
    try requireReal(x, "leakyReLU")
    return .select(isPositive(x), x, slope * x)
  }

  /// x above 0, alpha (eˣ - 1) below (Clevert, Unterthiner & Hochreiter 2016).
  package static func elu(_ x: Node, alpha: Double = 1) throws(TensorError) -> Node {
    try requireReal(x, "elu")
    return .select(isPositive(x), x, alpha * .elementwise(.expMinusOne, x))
  }

  /// The elu whose constants keep mean 0 and variance 1 (Klambauer et al. 2017, equation 2).
  package static func selu(_ x: Node) throws(TensorError) -> Node {
    1.0507009873554804934193349852946 * (try elu(x, alpha: 1.6732632423543772848170429916717))
  }

  /// x above 0, alpha (exp(x / alpha) - 1) below (Barron 2017): differentiable at 0 for every alpha.
  package static func celu(_ x: Node, alpha: Double = 1) throws(TensorError) -> Node {
    try requireReal(x, "celu")
    return .select(isPositive(x), x, alpha * .elementwise(.expMinusOne, x / x.filled(with: alpha)))
  }

  /// x Φ(x), or its approximation by tanh (Hendrycks & Gimpel 2016).
  package static func gelu(_ x: Node, approximate: Bool = false) throws(TensorError) -> Node {
    guard approximate else { return x * (try normalDistribution(x)) }
    try requireReal(x, "gelu")
    let cube = Node.elementwise(.square, x) * x
    let inner = 0.79788456080286535587989211986876 * (x + 0.044715 * cube)
    // (1 + tanh u) / 2, without the difference of two numbers near 1 in the tail.
    return x * .elementwise(.sigmoid, 2 * inner)
  }

  /// x sigmoid x
  package static func silu(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "silu")
    return x * .elementwise(.sigmoid, x)
  }

  /// x tanh(softplus x) (Misra 2019)
  package static func mish(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "mish")
    return x * .elementwise(.tanh, .elementwise(.softplus, x))
  }

  /// x / (1 + |x|)
  package static func softSign(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "softSign")
    return .custom(softSignRule, value: x / (1 + .elementwise(.abs, x)), arguments: [x])
  }

  /// The derivative is 1 / (1 + |x|)²: that of the quotient is a difference, which has no digit left for large x.
  private static let softSignRule = DerivativeRule("softSign", identifier: "built in", trailingAxes: 0) { node, _ in
    let x = node.operands[1]
    // |x| with no slope at 0, where there is no second derivative.
    let size = Node.select(
      .compare(.equal, x, x.filled(with: 0)), .elementwise(.sqrt, .elementwise(.square, x)), .elementwise(.abs, x))
    return .scale(.elementwise(.square, .elementwise(.reciprocal, 1 + size)))
  }

  /// x limited to -1…1
  package static func hardTanh(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "hardTanh")
    return try clip(x, x.filled(with: -1), x.filled(with: 1))
  }

  /// (x + 3) / 6 limited to 0…1
  package static func hardSigmoid(_ x: Node) throws(TensorError) -> Node {
    let shifted = try relu6(3 + x)
    return shifted / shifted.filled(with: 6)
  }

  /// x hardSigmoid x
  package static func hardSwish(_ x: Node) throws(TensorError) -> Node { x * (try hardSigmoid(x)) }

  private static func isPositive(_ x: Node) -> Node { .compare(.greater, x, x.filled(with: 0)) }

  // MARK: Logarithms with a case of their own at 0

  /// x ln y, and 0 where x is 0, whatever y is.
  package static func xLogY(_ x: Node, _ y: Node) throws(TensorError) -> Node {
    let (x, y) = try broadcast(x, y, "xLogY")
    return x ⊗ (try apply(.log, y))
  }

  /// x ln(1 + y), and 0 where x is 0, whatever y is.
  package static func xLogOnePlusY(_ x: Node, _ y: Node) throws(TensorError) -> Node {
    let (x, y) = try broadcast(x, y, "xLogOnePlusY")
    return x ⊗ (try apply(.logOnePlus, y))
  }

  /// -x ln x, 0 at 0 and -∞ below.
  package static func entropy(_ x: Node) throws(TensorError) -> Node {
    let value = -(try xLogY(x, x))
    let isNegative = Node.compare(.less, x, x.filled(with: 0))
    return .select(isNegative, x.filled(with: -.infinity), value)
  }

  /// ln(eᵃ + eᵇ), without overflow and without loss where one is much larger.
  package static func logAddExp(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    try requireReal(a, "logAddExp")
    let (a, b) = try broadcast(a, b, "logAddExp")
    let isLarger = Node.compare(.greaterOrEqual, a, b)
    let sum = Node.select(
      isLarger, a + .elementwise(.softplus, b - a), b + .elementwise(.softplus, a - b))
    // Equal infinities have no difference.
    let magnitude = Node.elementwise(.abs, a)
    let isInfinite = Node.compare(.equal, magnitude, magnitude.filled(with: .infinity))
    return .select(.logical(.and, isInfinite, .compare(.equal, a, b)), a, sum)
  }

  /// The distribution function of the standard normal law, accurate in both tails.
  package static func normalDistribution(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "normalDistribution")
    return 0.5 * .elementwise(.erfc, -0.70710678118654752440084436210485 * x)
  }

  // MARK: Pieces

  /// sin(πx) / (πx), and 1 at 0.
  ///
  /// Below |πx| = 1 by its Taylor series in (πx)²: the quotient's derivatives lose digits there, one order after the
  /// other. Ten terms are exact to the last place for the first three derivatives too.
  package static func sinc(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "sinc")
    let angle = Double.pi * x
    let square = Node.elementwise(.square, angle)
    var coefficients = [1.0]
    for k in 1...11 { coefficients.append(-coefficients[k - 1] / Double(2 * k * (2 * k + 1))) }
    var series = x.filled(with: coefficients[11])
    for coefficient in coefficients.dropLast().reversed() { series = coefficient + square * series }
    return .select(.compare(.less, square, square.filled(with: 1)), series, .elementwise(.sin, angle) / angle)
  }

  /// 0, a value or 1 below, at and above 0.
  package static func heaviside(_ x: Node, at0 value: Node) throws(TensorError) -> Node {
    try requireReal(x, "heaviside")
    let (x, value) = try broadcast(x, value, "heaviside")
    let step = Node.select(isPositive(x), x.filled(with: 1), x.filled(with: 0))
    let defined = Node.select(.compare(.notEqual, x, x), x, step)
    return .select(.compare(.equal, x, x.filled(with: 0)), value, defined)
  }

  /// |x| with the sign of y, that of a zero too.
  package static func copySign(_ x: Node, _ y: Node) throws(TensorError) -> Node {
    try requireReal(x, "copySign")
    let (x, y) = try broadcast(x, y, "copySign")
    let below = Node.compare(.less, y, y.filled(with: 0))
    let minusZero = Node.compare(.equal, .elementwise(.reciprocal, y.detached()), y.filled(with: -.infinity))
    let magnitude = Node.elementwise(.abs, x)
    return .select(.logical(.or, below, minusZero), -magnitude, magnitude)
  }

  /// x with other values in place of NaN and the infinities.
  package static func replacingNonFinite(
    _ x: Node, nan: Double, infinity: Double, minusInfinity: Double
  ) throws(TensorError) -> Node {
    try requireReal(x, "replacingNonFinite")
    var result = Node.select(.compare(.notEqual, x, x), x.filled(with: nan), x)
    result = .select(.compare(.equal, x, x.filled(with: .infinity)), x.filled(with: infinity), result)
    return .select(.compare(.equal, x, x.filled(with: -.infinity)), x.filled(with: minusInfinity), result)
  }
}

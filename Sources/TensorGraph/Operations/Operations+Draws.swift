/// Draws from distributions as functions of their parameters, for given uniform numbers (reparameterisation).
extension Operations {
  /// Draws from the gamma distribution of scale 1: the z with P(a, z) = u.
  ///
  /// The search is Halley's method from the approximations of Wilson & Hilferty 1931 and of Press et al. 2007, section
  /// 6.2.1; derivatives are those of the implicit function (Figurnov, Mohamed & Mnih 2018).
  package static func gammaDraws(_ concentration: Node, uniform: Node) throws(TensorError) -> Node {
    try requireReal(concentration, "randomGamma")
    let (concentration, u) = try broadcast(concentration, uniform, "randomGamma")
    let a = concentration.detached()
    let one = a.filled(with: 1)
    // For a > 1 nearly a cube of normal numbers.
    let root = Node.elementwise(.rsqrt, 9 * a)
    let w = one - root * root + root * Node(.special(.normalQuantile), [u])
    let large = Node.elementwise(.max, a * (w * w * w), 1e-3 * a)
    // Else like a power below t, and like an exponential above.
    let t = one - a * (0.253 + 0.12 * a)
    let isLow = Node.compare(.less, u, t)
    let power = Node.elementwise(.pow, u / t, .elementwise(.reciprocal, a))
    let exponential = one - Node.elementwise(.logOnePlus, -((u - t) / (one - t)))
    let tiny = a.scalarType == .float32 ? 1e-37 : 1e-300
    let small = Node.elementwise(.max, .select(isLow, power, exponential), a.filled(with: tiny))
    var z = Node.select(.compare(.greater, a, one), large, small)
    for _ in 0..<10 {
      let step = (Node(.special(.gammaLower(0)), [a, z]) - u) / Node(.special(.gammaDensity(0)), [a, z])
      let bend = Node.elementwise(.min, one, step * ((a - one) / z - one))
      let next = z - step / (one - 0.5 * bend)
      z = .select(.compare(.greater, next, a.filled(with: 0)), next, 0.5 * z)
    }
    return .custom(gammaDraw, value: z.detached(), arguments: [concentration])
  }

  private static let gammaDraw = DerivativeRule("randomGamma", identifier: "built in") { arguments, z, tangents in
    let slope =
      Node(.special(.gammaLower(1)), [arguments[0], z]) / Node(.special(.gammaDensity(0)), [arguments[0], z])
    return -(slope * tangents[0])
  }

  /// Draws from the standard normal distribution between two bounds: the quantile of a number between their
  /// probabilities, taken in the tail in which both are small.
  package static func truncatedNormalDraws(
    _ lower: Node, _ upper: Node, uniform: Node
  ) throws(TensorError) -> Node {
    let (low, high) = try broadcast(lower, upper, "randomTruncatedNormal")
    try requireReal(low, "randomTruncatedNormal")
    let (a, u) = try broadcast(low, uniform, "randomTruncatedNormal")
    let b = high.broadcast(to: a.shape)
    let isUpper = Node.compare(.greater, a.detached(), a.filled(with: 0))
    // In the upper tail everything is turned round.
    let (left, right) = (Node.select(isUpper, -b, a), Node.select(isUpper, -a, b))
    func probability(_ x: Node) -> Node {
      0.5 * Node.elementwise(.erfc, -0.707106781186547524400844362104849039 * x)
    }
    let (p, q) = (probability(left), probability(right))
    let part = Node.select(isUpper, 1 - u, u)
    let z = Node(.special(.normalQuantile), [p + part * (q - p)])
    return .select(isUpper, -z, z)
  }
}

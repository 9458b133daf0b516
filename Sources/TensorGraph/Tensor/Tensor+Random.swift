import RealModule

/// A small, fast generator whose numbers repeat for a seed: SplitMix64 (Steele, Lea & Flood 2014, figure 16).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator that always gives the same numbers for the same seed.
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension Tensor where Scalar: DifferentiableScalar, Scalar.RawSignificand: FixedWidthInteger {
  /// Independent numbers, uniform in 0..<1.
  public static func rand(_ shape: [Int], using generator: inout some RandomNumberGenerator) -> Tensor {
    guard let count = try? Shape(checking: shape).count else { return full(shape, 0) }
    return Tensor((0..<count).map { _ in Scalar.random(in: 0..<1, using: &generator) }, shape: shape)
  }

  /// Independent numbers, uniform in 0..<1.
  public static func rand(_ shape: [Int]) -> Tensor {
    var generator = SystemRandomNumberGenerator()
    return rand(shape, using: &generator)
  }

  /// Independent numbers from the standard normal distribution, by the polar method (Marsaglia & Bray 1964).
  public static func randn(_ shape: [Int], using generator: inout some RandomNumberGenerator) -> Tensor {
    guard let count = try? Shape(checking: shape).count else { return full(shape, 0) }
    var elements: [Scalar] = []
    elements.reserveCapacity(count + 1)
    while elements.count < count {
      let u = Double.random(in: -1..<1, using: &generator)
      let v = Double.random(in: -1..<1, using: &generator)
      let s = u * u + v * v
      guard s > 0, s < 1 else { continue }
      let factor = (-2 * Double.log(s) / s).squareRoot()
      elements.append(Scalar(u * factor))
      elements.append(Scalar(v * factor))
    }
    return Tensor(Array(elements.prefix(count)), shape: shape)
  }

  /// Independent numbers from the standard normal distribution.
  public static func randn(_ shape: [Int]) -> Tensor {
    var generator = SystemRandomNumberGenerator()
    return randn(shape, using: &generator)
  }

  /// Independent draws from gamma distributions of scale 1, differentiable in their concentrations.
  ///
  /// A draw is the quantile of a uniform number, which is constant: derivatives say how it moves as the concentration
  /// changes (implicit reparameterisation), to every order. Multiply by a scale for others.
  ///
  /// - Parameter concentration: the shape parameters, positive; one draw for each.
  /// - Complexity: 20 evaluations of the incomplete gamma function for each draw.
  public static func randomGamma(
    concentration: Tensor, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    Tensor(
      checking: try Operations.gammaDraws(concentration.node, uniform: inner(concentration.shape, &generator).node))
  }

  /// Independent draws from the standard normal distribution between bounds, differentiable in the bounds.
  ///
  /// As `randomGamma`, a quantile of a constant uniform number.
  ///
  /// - Parameters: lower and upper bounds, broadcast against each other; one draw for each pair.
  public static func randomTruncatedNormal(
    lower: Tensor, upper: Tensor, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    let shape = checked(
      try ShapeRules.broadcast(lower.node.shape, upper.node.shape, operation: "randomTruncatedNormal"))
    return Tensor(
      checking: try Operations.truncatedNormalDraws(
        lower.node, upper.node, uniform: inner(shape.dimensions, &generator).node))
  }

  /// Uniform numbers that are neither 0 nor 1.
  private static func inner(_ shape: [Int], _ generator: inout some RandomNumberGenerator) -> Tensor {
    let margin = Scalar.ulpOfOne / 2
    return Tensor(
      (0..<Shape(shape).count).map { _ in Scalar.random(in: margin..<(1 - margin), using: &generator) }, shape: shape)
  }
}

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
    let count = Shape(shape).count
    return Tensor((0..<count).map { _ in Scalar.random(in: 0..<1, using: &generator) }, shape: shape)
  }

  /// Independent numbers, uniform in 0..<1.
  public static func rand(_ shape: [Int]) -> Tensor {
    var generator = SystemRandomNumberGenerator()
    return rand(shape, using: &generator)
  }

  /// Independent numbers from the standard normal distribution, by the polar method (Marsaglia & Bray 1964).
  public static func randn(_ shape: [Int], using generator: inout some RandomNumberGenerator) -> Tensor {
    let count = Shape(shape).count
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
}

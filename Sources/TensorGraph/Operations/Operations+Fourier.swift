import Foundation

/// Discrete Fourier transforms as products with a constant matrix: O(n²), exact to rounding, and a contraction like any
/// other for derivatives. Complex numbers are a last axis of size 2: real and imaginary part.
extension Operations {
  /// The longest axis whose matrix is made.
  private static let longestTransform = 8192

  /// Σⱼ xⱼ exp(∓2πi jk / n) of [..., n, 2]; the inverse has the other sign and 1/n.
  package static func fourierTransform(_ x: Node, isInverse: Bool = false) throws(TensorError) -> Node {
    let name = isInverse ? "inverseFourierTransform" : "fourierTransform"
    let n = try complexLength(x, name)
    let scale = isInverse ? 1 / Double(max(1, n)) : 1
    return try transformed(x, inputs: n, outputs: n, name) { j, k in
      let (cosine, sine) = rotation(j * k, n, isInverse ? 1 : -1)
      return (scale * cosine, scale * sine)
    }
  }

  /// The transform of real numbers [..., n]: the n / 2 + 1 terms that determine the rest.
  package static func realFourierTransform(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "realFourierTransform")
    guard x.shape.rank > 0, x.shape[x.shape.rank - 1] > 0 else {
      throw TensorError("realFourierTransform: x has shape \(x.shape); expected [..., n] with n of 1 or more")
    }
    let n = x.shape[x.shape.rank - 1]
    let complex = try stack([x, x.filled(with: 0)], axis: -1)
    return try transformed(complex, inputs: n, outputs: n / 2 + 1, "realFourierTransform") { j, k in
      rotation(j * k, n, -1)
    }
  }

  /// The real numbers [..., n] whose transform begins with the given terms [..., n / 2 + 1, 2]; n is even by default.
  package static func inverseRealFourierTransform(_ x: Node, count: Int? = nil) throws(TensorError) -> Node {
    let terms = try complexLength(x, "inverseRealFourierTransform")
    let n = count ?? 2 * (terms - 1)
    guard n > 0, terms == n / 2 + 1 else {
      throw TensorError(
        "inverseRealFourierTransform: \(terms) terms do not make \(n) numbers; \(n / 2 + 1) terms are needed")
    }
    // A term and its mirror image are conjugate: twice the real part, but for the first and the middle one.
    let both = try transformed(x, inputs: terms, outputs: n, "inverseRealFourierTransform") { j, k in
      let (cosine, sine) = rotation(j * k, n, 1)
      let weight = (j == 0 || 2 * j == n ? 1 : 2) / Double(n)
      return (weight * cosine, weight * sine)
    }
    return try index(both, [.ellipsis, .integer(0)])
  }

  private static func complexLength(_ x: Node, _ operation: String) throws(TensorError) -> Int {
    try requireReal(x, operation)
    guard x.shape.rank >= 2, x.shape[x.shape.rank - 1] == 2, x.shape[x.shape.rank - 2] > 0 else {
      throw TensorError(
        "\(operation): x has shape \(x.shape); expected [..., n, 2], a last axis of real and imaginary part")
    }
    return x.shape[x.shape.rank - 2]
  }

  /// cos and sin of ±2π m / n, with m reduced first.
  private static func rotation(_ m: Int, _ n: Int, _ sign: Double) -> (Double, Double) {
    let angle = 2 * Double.pi * Double(m % n) / Double(n)
    return (cos(angle), sign * sin(angle))
  }

  /// yₖ = Σⱼ factor(j, k) xⱼ for complex x [..., inputs, 2].
  private static func transformed(
    _ x: Node, inputs: Int, outputs: Int, _ operation: String, factor: (Int, Int) -> (Double, Double)
  ) throws(TensorError) -> Node {
    guard max(inputs, outputs) <= longestTransform else {
      throw TensorError("\(operation): an axis of \(max(inputs, outputs)); at most \(longestTransform) are transformed")
    }
    var elements = [Double](repeating: 0, count: 4 * inputs * outputs)
    for j in 0..<inputs {
      for k in 0..<outputs {
        let (real, imaginary) = factor(j, k)
        // [j, part in, k, part out]
        elements[(j * 2 * outputs + k) * 2] = real
        elements[(j * 2 * outputs + k) * 2 + 1] = imaginary
        elements[((j * 2 + 1) * outputs + k) * 2] = -imaginary
        elements[((j * 2 + 1) * outputs + k) * 2 + 1] = real
      }
    }
    let matrix = Node(Storage(elements), shape: [inputs, 2, outputs, 2]).cast(to: x.scalarType)
    let leading = (0..<(x.shape.rank - 2)).map { 10 + $0 }
    return .contraction(x, leading + [0, 1], matrix, [0, 1, 2, 3], leading + [2, 3])
  }
}

/// Series of special functions where they have no Taylor series: at kinks, and at the ends of domains where they are powers.
extension SpecialFunction {
  /// The series at such a point; nil at every other one.
  func expandedAtEnd(_ operands: [Series]) -> Series? {
    switch self {
    case .besselIScaled(let n, let k):
      let x = operands[0]
      guard x.limitValue == 0, !x.isZero else { return nil }
      guard k == 0 else { return k > max(n, 1) ? .unexpandable("a derivative at a kink") : nil }
      return (-x.magnitude).exponential * SpecialFunction.besselI(n).expanded(at: [0], rests: [x])
    case .gammaLower(0), .gammaUpper(0):
      let (a, x) = (operands[0], operands[1])
      let lower = Self.powerIntegral(a, x, gamma: [a], scale: .logGamma) { j, term in
        term.scaled(by: -1 / Double(j))
      }
      guard let lower else { return nil }
      return self == .gammaLower(0) ? lower : Series(1) - lower
    case .betaLower(0, 0):
      let (a, b, x) = (operands[0], operands[1], operands[2])
      /// Iₓ(a, b) for a small x, and so 1 - I₁₋ₓ(b, a) for one near 1.
      func lower(_ a: Series, _ b: Series, _ x: Series) -> Series? {
        Self.powerIntegral(a, x, gamma: [a, b], scale: .logBeta) { j, term in
          (term * (Series(Double(j)) - b)).scaled(by: 1 / Double(j))
        }
      }
      return lower(a, b, x) ?? lower(b, a, Series(1) - x).map { Series(1) - $0 }
    default: return nil
    }
  }

  /// ∫₀ˣ uᵃ⁻¹ Σ cⱼ uʲ du over a constant for an x that goes to 0, by powers of x: Σ cⱼ xᵃ⁺ʲ / (a + j).
  ///
  /// - Parameters:
  ///   - arguments: those of the constant's logarithm, all above 0.
  ///   - logarithm: the function of them that it is.
  ///   - next: cⱼ from the number j and the one before; the first is 1.
  /// - Returns: nil unless x goes to 0 and the arguments are positive.
  private static func powerIntegral(
    _ a: Series, _ x: Series, gamma arguments: [Series], scale logarithm: SpecialFunction,
    next: (Int, Series) -> Series
  ) -> Series? {
    let parts = arguments.compactMap(\.split)
    guard x.limitValue == 0, !x.isZero, let sign = x.sign, parts.count == arguments.count,
      parts.allSatisfy({ $0.value > 0 })
    else { return nil }
    guard sign > 0 else { return .undefined("an integral over a negative number") }
    let scale = (-logarithm.expanded(at: parts.map(\.value), rests: parts.map(\.rest))).exponential
    // A power as such where the exponent is a number: exact for whole ones.
    let power =
      parts[0].rest.isZero ? x.power(parts[0].value) : (a * x.logarithm).exponential
    let count = min(40, max(2, Int((Series.limit / x.leadingPower).rounded(.up)) + 1))
    var (sum, term, argument) = (a.reciprocal, Series(1), Series(1))
    for j in 1..<count {
      term = next(j, term)
      argument = argument * x
      sum = sum + term * argument * (a + Series(Double(j))).reciprocal
    }
    return power * scale * sum.truncated(at: Double(count) * x.leadingPower)
  }
}

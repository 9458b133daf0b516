import Foundation
import RealModule

/// Differences of ln Γ and of its derivatives at arguments that may be far apart or close together, and ln B, which is
/// one. Differences of the values would lose all digits there; these are by Stirling's series of the difference, after
/// the arguments were shifted (the idea of Didonato & Morris 1992, algorithm 708).
extension SpecialValues {
  /// ln((u + b) / u)
  private static func logRatio(_ u: Double, _ b: Double) -> Double {
    let quotient = b / u
    if quotient < -0.5 { return log((u + b) / u) }
    return quotient.isFinite ? log1p(quotient) : log(u + b) - log(u)
  }

  /// (u + b)^(-m) - u^(-m), where `ratio` is ln((u + b) / u)
  private static func powerChange(_ u: Double, _ m: Double, _ ratio: Double) -> Double {
    pow(u, -m) * expm1(-m * ratio)
  }

  /// ln Γ(a + b) - ln Γ(a) for a > 0 and a + b > 0.
  static func logGammaChange(_ a: Double, _ b: Double) -> Double {
    if b == 0 { return 0 }
    var (u, total) = (a, 0.0)
    while min(u, u + b) < 12 {
      total -= logRatio(u, b)
      u += 1
    }
    let ratio = logRatio(u, b)
    total += (u - 0.5) * ratio + b * (log(u + b) - 1)
    for (i, number) in bernoulli.prefix(10).enumerated() {
      let order = Double(2 * (i + 1))
      total += number / (order * (order - 1)) * powerChange(u, order - 1, ratio)
    }
    return total
  }

  /// ψₙ(a + b) - ψₙ(a), where ψₙ is the n-th derivative of ψ.
  static func polygammaChange(_ n: Int, _ a: Double, _ b: Double) -> Double {
    guard a > 0, a + b > 0 else { return polygamma(n, a + b) - polygamma(n, a) }
    if b == 0 { return 0 }
    // The terms of ψₙ(x) are (-1)ⁿ⁺¹ n! (x + j)^(-s), for n = 0 with -1 for the sign.
    let s = Double(n + 1)
    var (u, total) = (a, 0.0)
    while min(u, u + b) < 12 + s {
      total += powerChange(u, s, logRatio(u, b))
      u += 1
    }
    let ratio = logRatio(u, b)
    // Euler's and Maclaurin's summation of the rest.
    total += n == 0 ? -ratio : powerChange(u, s - 1, ratio) / (s - 1)
    total += 0.5 * powerChange(u, s, ratio)
    var rising = s
    for (i, number) in bernoulli.prefix(10).enumerated() {
      let order = Double(2 * (i + 1))
      total += number / factorial(2 * (i + 1)) * rising * powerChange(u, s + order - 1, ratio)
      rising *= (s + order - 1) * (s + order)
    }
    return (n % 2 == 0 ? -1 : 1) * factorial(n) * total
  }

  /// The rest of Stirling's series, ln Γ(x) - (x - 1/2) ln x + x - ln √(2π), for x ≥ 12.
  static func stirlingRest(_ x: Double) -> Double {
    var power = 1 / x
    var total = 0.0
    for (i, number) in bernoulli.prefix(10).enumerated() {
      let order = Double(2 * (i + 1))
      total += number / (order * (order - 1)) * power
      power /= x * x
    }
    return total
  }

  /// ln |B(a, b)|
  static func logBeta(_ a: Double, _ b: Double) -> Double {
    guard a > 0, b > 0 else { return .logGamma(a) + .logGamma(b) - .logGamma(a + b) }
    let (small, large) = (min(a, b), max(a, b))
    if large.isInfinite { return -.infinity }
    if small < 12 { return .logGamma(small) - logGammaChange(large, small) }
    let rest = stirlingRest(small) + (stirlingRest(large) - stirlingRest(small + large))
    return halfLogTwoPi - 0.5 * log(large) - (small - 0.5) * logRatio(small, large) - large * log1p(small / large)
      + rest
  }

  /// ln √(2π)
  static let halfLogTwoPi = 0.918938533204672741780329736405617639
}

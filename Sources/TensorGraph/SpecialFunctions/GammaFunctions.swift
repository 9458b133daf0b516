import Foundation
import RealModule

/// ζ, ψ and the incomplete gamma and beta functions with their derivatives in the parameters.
extension SpecialValues {
  /// The k-th derivative in s of Hurwitz' ζ(s, q), by Euler's and Maclaurin's summation.
  static func zeta(_ k: Int, _ s: Double, _ q: Double) -> Double {
    if s == 1 { return k % 2 == 0 ? .infinity : -.infinity }
    if q <= 0 && q == q.rounded() { return k == 0 ? .infinity : .nan }
    if q < 0 && s != s.rounded() { return .nan }
    if q.isInfinite { return s > 1 ? 0 : .infinity }
    let parameter = Jet(s, varies: 0, orders: (k, 0))
    /// u^(-s) for u > 0, or with the sign of a whole power of a negative u.
    func power(_ u: Double) -> Jet {
      let size = ((-log(abs(u))) * parameter).exponential
      return u < 0 && Int(s) % 2 != 0 ? -1 * size : size
    }
    var total = Jet(0, orders: (k, 0))
    var u = q
    let least = 12 + max(abs(s), 0)
    while u < least {
      total = total + power(u)
      u += 1
    }
    let tail = power(u)
    total = total + u * tail / (parameter + -1) + 0.5 * tail
    // B₂ᵢ / (2i)! · s (s+1) … (s+2i-2) · u^(-s-2i+1)
    var rising = parameter
    var scale = 1 / u
    for (i, number) in bernoulli.enumerated() {
      let order = 2 * (i + 1)
      total = total + (number / factorial(order) * scale) * (rising * tail)
      rising = rising * (parameter + Double(order - 1)) * (parameter + Double(order))
      scale /= u * u
    }
    return total.derivative
  }

  /// The n-th derivative of ψ.
  static func polygamma(_ n: Int, _ x: Double) -> Double {
    if x <= 0 {
      guard x != x.rounded(), x.isFinite else { return .nan }
      // Differences of the values at x and 1 - x repeat with period 1.
      let fraction = x - x.rounded(.down)
      let sign = n % 2 == 0 ? -1.0 : 1.0
      let period = polygamma(n, 1 - fraction) + sign * polygamma(n, fraction)
      return sign * (period - polygamma(n, 1 - x))
    }
    if n > 0 { return (n % 2 == 0 ? -1 : 1) * factorial(n) * zeta(0, Double(n + 1), x) }
    if x.isInfinite { return x }
    // Near its zero the function is its Taylor series there.
    let distance = (x - 1.461632144968362245) - 9.65e-17
    if abs(distance) < 0.1 {
      return (1...16).reversed().reduce(0) { (digammaSeries[$1 - 1] + $0) * distance }
    }
    var (u, rest) = (x, 0.0)
    while u < 12 {
      rest -= 1 / u
      u += 1
    }
    var power = 1.0
    for (i, number) in bernoulli.prefix(10).enumerated() {
      power /= u * u
      rest -= number / Double(2 * (i + 1)) * power
    }
    return rest + log(u) - 0.5 / u
  }

  /// Taylor coefficients of ψ at its positive zero.
  private static let digammaSeries: [Double] = (1...16).map {
    polygamma($0, 1.461632144968362341) / factorial($0)
  }

  // MARK: Incomplete gamma functions

  /// xᵃ⁻¹ e⁻ˣ / Γ(a) and its derivatives in a.
  static func gammaDensity(_ k: Int, _ a: Double, _ x: Double) -> Double {
    guard a > 0, x >= 0 else { return .nan }
    if x.isInfinite { return 0 }
    if x == 0 {
      if a > 1 { return 0 }
      return k == 0 ? (a == 1 ? 1 : .infinity) : (k % 2 == 1 ? -.infinity : .infinity)
    }
    return densityJet(Jet(a, varies: 0, orders: (k, 0)), x).derivative
  }

  private static func densityJet(_ a: Jet, _ x: Double) -> Jet {
    (log(x) * (a + -1) + -x - a.logGamma).exponential
  }

  /// P(a, x), or 1 - P(a, x), and their derivatives in a: the power series where x < a + 1, the continued fraction
  /// beyond (Abramowitz & Stegun 6.5.29, 6.5.31), carried out on jets.
  static func gammaIntegral(_ k: Int, _ a: Double, _ x: Double, isUpper: Bool) -> Double {
    guard a > 0, x >= 0 else { return .nan }
    if x == 0 || x.isInfinite { return k == 0 && (x == 0) == isUpper ? 1 : 0 }
    let jet = Jet(a, varies: 0, orders: (k, 0))
    let density = densityJet(jet, x)
    let isSeries = x < a + 1
    let part: Double
    if isSeries {
      // x · density · Σ xʲ / (a (a+1) … (a+j))
      var term = 1 / jet
      var sum = term
      var j = 0
      repeat {
        j += 1
        term = x * (term / (jet + Double(j)))
        sum = sum + term
      } while !isNegligible(term, sum) && j < 100_000
      part = (x * (density * sum)).derivative
    } else {
      part = (x * (density * upperFraction(jet, x))).derivative
    }
    if isSeries != isUpper { return part }
    return k == 0 ? 1 - part : -part
  }

  private static func isNegligible(_ term: Jet, _ sum: Jet) -> Bool {
    zip(term.coefficients, sum.coefficients).allSatisfy { abs($0) <= 1e-17 * abs($1) }
  }

  /// Lentz' algorithm for 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - …)).
  private static func upperFraction(_ a: Jet, _ x: Double) -> Jet {
    let tiny = 1e-300
    var b = -1 * a + (x + 1)
    var c = Jet(1 / tiny, orders: a.orders)
    var d = 1 / b
    var h = d
    var last = Int.max
    for i in 1..<100_000 {
      let n = Double(i)
      let an = n * (a + -n)
      b = b + 2
      d = 1 / (an * d + b)
      c = b + an / c
      let factor = c * d
      h = h * factor
      // Derivatives converge as fast as the value, a little later.
      if abs(factor.value - 1) < 1e-15 { last = min(last, a.isPlain ? i : i + i / 2 + 8) }
      if i >= last { break }
    }
    return h
  }

  // MARK: Incomplete beta functions

  static func betaDensity(_ orders: (Int, Int), _ a: Double, _ b: Double, _ x: Double) -> Double {
    guard a > 0, b > 0, x >= 0, x <= 1 else { return .nan }
    if x == 0 || x == 1 {
      let exponent = x == 0 ? a : b
      if exponent > 1 { return 0 }
      let isPlain = orders == (0, 0)
      if exponent < 1 { return isPlain ? .infinity : .nan }
      return isPlain ? (x == 0 ? b : a) : .nan
    }
    let (first, second) = (Jet(a, varies: 0, orders: orders), Jet(b, varies: 1, orders: orders))
    return betaPrefix(first, second, x, log1p(-x), shift: -1).derivative
  }

  /// x^(a + shift) (1 - x)^(b + shift) / B(a, b)
  private static func betaPrefix(_ a: Jet, _ b: Jet, _ x: Double, _ logRest: Double, shift: Double) -> Jet {
    ((a + b).logGamma - a.logGamma - b.logGamma + log(x) * (a + shift) + logRest * (b + shift)).exponential
  }

  /// I(a, b, x) and its derivatives in a and b by the continued fraction (Abramowitz & Stegun 26.5.8) on jets, of the
  /// side where it converges fast.
  static func betaIntegral(_ orders: (Int, Int), _ a: Double, _ b: Double, _ x: Double) -> Double {
    guard a > 0, b > 0, x >= 0, x <= 1 else { return .nan }
    if x == 0 || x == 1 { return orders == (0, 0) ? x : 0 }
    let (first, second) = (Jet(a, varies: 0, orders: orders), Jet(b, varies: 1, orders: orders))
    let prefix = betaPrefix(first, second, x, log1p(-x), shift: 0)
    if x < (a + 1) / (a + b + 2) { return (prefix * betaFraction(first, second, x) / first).derivative }
    let rest = (prefix * betaFraction(second, first, 1 - x) / second).derivative
    return orders == (0, 0) ? 1 - rest : -rest
  }

  private static func betaFraction(_ a: Jet, _ b: Jet, _ x: Double) -> Jet {
    let sum = a + b
    var c = Jet(1, orders: a.orders)
    var d = 1 / (-x * (sum / (a + 1)) + 1)
    var h = d
    var last = Int.max
    for i in 1..<100_000 {
      let m = Double(i)
      let even = (m * x) * (b + -m) / ((a + (2 * m - 1)) * (a + 2 * m))
      d = 1 / (even * d + 1)
      c = even / c + 1
      h = h * d * c
      let odd = -x * ((a + m) * (sum + m)) / ((a + 2 * m) * (a + (2 * m + 1)))
      d = 1 / (odd * d + 1)
      c = odd / c + 1
      let factor = d * c
      h = h * factor
      // Derivatives converge as fast as the value, a little later.
      if abs(factor.value - 1) < 1e-15 { last = min(last, a.isPlain ? i : i + i / 2 + 8) }
      if i >= last { break }
    }
    return h
  }
}

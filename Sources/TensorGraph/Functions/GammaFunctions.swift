import Foundation
import RealModule

/// Hurwitz' ζ with its derivatives in s, and the derivatives of ψ.
extension SpecialValues {
  /// The k-th derivative in s of Hurwitz' ζ(s, q), by Euler's and Maclaurin's summation. NaN for q < -10⁶, where more
  /// terms would have to be added one by one, and for s < -300, where they are beyond the range of doubles.
  static func zeta(_ k: Int, _ s: Double, _ q: Double) -> Double {
    if s == 1 { return k % 2 == 0 ? .infinity : -.infinity }
    if q <= 0 && q == q.rounded() { return k == 0 ? .infinity : .nan }
    if q < 0 && s != s.rounded() { return .nan }
    if q.isInfinite { return s > 1 ? 0 : .infinity }
    if s == .infinity && k == 0 && q > 0 { return q > 1 ? 0 : q == 1 ? 1 : .infinity }
    guard s.isFinite, s >= -300, q >= -1e6 else { return .nan }
    let parameter = Jet(s, varies: 0, orders: (k, 0))
    let isOdd = s.remainder(dividingBy: 2) != 0
    /// u^(-s) for u > 0, or with the sign of a whole power of a negative u.
    func power(_ u: Double) -> Jet {
      let size = ((-log(abs(u))) * parameter).exponential
      return u < 0 && isOdd ? -1 * size : size
    }
    var total = Jet(0, orders: (k, 0))
    var u = q
    // For negative s the terms grow, and what is added here nearly cancels.
    let least = s < 0 ? 8 : 12 + s
    while u < least {
      let term = power(u)
      total = total + term
      // Of large powers few terms count, and what remains is no more than the last of them.
      if s > 30, u > 1, isNegligible(term, total) || total.value.isNaN { return total.derivative }
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
      // Differences of the values at x and 1 - x repeat with period 1, and are even or odd.
      let distance = x - x.rounded()
      let sign = n % 2 == 0 ? -1.0 : 1.0
      let period = polygamma(n, 1 - abs(distance)) + sign * polygamma(n, abs(distance))
      return (distance < 0 ? 1 : sign) * period - sign * polygamma(n, 1 - x)
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
}

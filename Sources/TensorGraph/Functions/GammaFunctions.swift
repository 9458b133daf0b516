import Foundation
import RealModule

/// Hurwitz' ζ with its derivatives in s, and the derivatives of ψ.
extension SpecialValues {
  /// The k-th derivative in s of Hurwitz' ζ(s, q), by Euler's and Maclaurin's summation, for s far below 0 by Hurwitz' formula. NaN for q < -10⁶, where more
  /// terms would have to be added one by one, and for s < -300, where they are beyond the range of doubles.
  static func zeta(_ k: Int, _ s: Double, _ q: Double) -> Double {
    HurwitzZeta(k: k, s: s, q: q).result
  }

  private struct HurwitzZeta: JetComputation {
    var k: Int
    var s, q: Double
    var orders: (Int, Int) { (k, 0) }
    func result<C>(_ jets: Jet<C>.Type) -> Double { zeta(k, s, q, jets) }
  }

  private static func zeta<C>(_ k: Int, _ s: Double, _ q: Double, _ jets: Jet<C>.Type) -> Double {
    if s == 1 { return k % 2 == 0 ? .infinity : -.infinity }
    if q <= 0 && q == q.rounded() { return k == 0 ? .infinity : .nan }
    if q < 0 && s != s.rounded() { return .nan }
    if q.isInfinite { return s > 1 ? 0 : .infinity }
    if s == .infinity && k == 0 && q > 0 { return q > 1 ? 0 : q == 1 ? 1 : .infinity }
    guard s.isFinite, s >= -300, q >= -1e6 else { return .nan }
    let parameter = jets.init(s, varies: 0, orders: (k, 0))
    let isOdd = s.remainder(dividingBy: 2) != 0
    /// u^(-s) for u > 0, or with the sign of a whole power of a negative u.
    func power(_ u: Double) -> Jet<C> {
      if k == 0 { return jets.init(SpecialValues.power(u, -s), orders: (0, 0)) }
      let size = ((-log(abs(u))) * parameter).exponential
      return u < 0 && isOdd ? -1 * size : size
    }
    /// u^(1-s) for u > 0.
    func powerAfter(_ u: Double) -> Jet<C> {
      if k == 0 { return jets.init(SpecialValues.power(u, 1 - s), orders: (0, 0)) }
      return ((-log(u)) * (parameter + -1)).exponential
    }
    var total = jets.init(0, orders: (k, 0))
    var u = q
    if s < -3.5, q < 8 - s {
      while u > 1 {
        u -= 1
        total = total - power(u)
      }
      while u <= 0 {
        total = total + power(u)
        u += 1
      }
      return (total + hurwitzFormula(s, u, jets, orders: (k, 0))).derivative
    }
    // For negative s the terms grow, and what is added here nearly cancels.
    let least = s < 0 ? 5 : 12 + s
    while u < least {
      let term = power(u)
      total = total + term
      // Of large powers few terms count, and what remains is no more than the last of them.
      if s > 30, u > 1, isNegligible(term, total) || total.value.isNaN { return total.derivative }
      u += 1
    }
    let tail = power(u)
    // Its power may be out of range where the sum is not.
    let whole = u > 1e30 ? powerAfter(u) : u * tail
    total = total + whole / (parameter + -1) + 0.5 * tail
    // B₂ᵢ / (2i)! · s (s+1) … (s+2i-2) · u^(-s-2i+1)
    var rising = parameter
    var scale = 1 / u
    for (i, number) in bernoulliOverFactorials.enumerated() {
      let order = 2 * (i + 1)
      let term = (number * scale) * (rising * tail)
      total = total + term
      if s > 0, isNegligible(term, total) { break }
      rising = rising * (parameter + Double(order - 1)) * (parameter + Double(order))
      scale /= u * u
    }
    return total.derivative
  }

  /// ζ(s, q) for s < 0 and 0 < q ≤ 1: 2 Γ(r) / (2π)ʳ Σ cos(π r / 2 - 2π n q) / nʳ with r = 1 - s (DLMF 25.11.9).
  private static func hurwitzFormula<C>(_ s: Double, _ q: Double, _ jets: Jet<C>.Type, orders: (Int, Int)) -> Jet<C> {
    let r = 1 - s
    // Each derivative in s turns the sign of one in r.
    func sign(_ m: Int) -> Double { m % 2 == 0 ? 1 : -1 }
    let exponent = jets.init(lgamma(r) - r * log(2 * .pi), orders: orders) { m, _ in
      sign(m) * (polygamma(m - 1, r) - (m == 1 ? log(2 * .pi) : 0))
    }
    let parameter = jets.init(r, orders: orders) { m, _ in m == 1 ? -1 : 0 }
    var sum = jets.init(0, orders: orders)
    for n in (1...(Int(exp2(54 / r)) + 2)).reversed() {
      // Derivatives of cos by quarters of a turn.
      let turn = r / 2 - 2 * Double(n) * q
      let wave = jets.init(cosineOfHalfTurns(turn), orders: orders) { m, _ in
        sign(m) * Double.pow(.pi / 2, m) * cosineOfHalfTurns(turn + Double(m) / 2)
      }
      sum = sum + ((-log(Double(n))) * parameter).exponential * wave
    }
    return 2 * (exponent.exponential * sum)
  }

  /// cos(π t), exactly 0 where it vanishes.
  private static func cosineOfHalfTurns(_ t: Double) -> Double {
    Double.sin(.pi * (0.5 - abs(t.remainder(dividingBy: 2))))
  }

  /// u to the power of e; small whole powers by products.
  private static func power(_ u: Double, _ e: Double) -> Double {
    guard e == e.rounded(), abs(e) <= 8 else { return pow(u, e) }
    var product = 1.0
    for _ in 0..<Int(abs(e)) { product *= u }
    return e < 0 ? 1 / product : product
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

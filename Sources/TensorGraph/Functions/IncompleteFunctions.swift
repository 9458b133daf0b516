import Foundation
import RealModule

/// The incomplete gamma and beta functions with their derivatives in the parameters, which come from Taylor series in the
/// parameters (`Jet`).
///
/// What stands before a series or a fraction is a power over Γ(a + 1) or a B(a, b), which are regular at a = 0, and is
/// computed from its size at the mode for large parameters, where the powers and Γ themselves nearly cancel.
extension SpecialValues {
  /// The most terms of a series or a fraction, of which about the root of the largest parameter are needed; NaN beyond.
  private static let termLimit = 200_000

  /// ln(ratio) - change, where `ratio` is 1 + `change`.
  private static func logRest(_ ratio: Double, _ change: Double) -> Double {
    if abs(change) > 0.5 { return log(ratio) - change }
    // ln(1 + d) = 2 artanh(r) with r = d / (2 + d)
    let r = change / (2 + change)
    var (power, sum, j) = (r, 0.0, 1.0)
    repeat {
      power *= r * r
      j += 2
      sum += power / j
    } while abs(power) > 1e-18 * abs(sum)
    return 2 * sum - r * change
  }

  static func isNegligible<C>(_ term: Jet<C>, _ sum: Jet<C>) -> Bool {
    sum.value.isNaN || (0..<sum.count).allSatisfy { abs(term.coefficients[$0]) <= 1e-17 * abs(sum.coefficients[$0]) }
  }

  // MARK: Incomplete gamma functions

  /// xᵃ⁻¹ e⁻ˣ / Γ(a) and its derivatives in a.
  static func gammaDensity(_ k: Int, _ a: Double, _ x: Double) -> Double {
    GammaDensity(k: k, a: a, x: x).result
  }

  private struct GammaDensity: JetComputation {
    var k: Int
    var a, x: Double
    var orders: (Int, Int) { (k, 0) }
    func result<C>(_ jets: Jet<C>.Type) -> Double { gammaDensity(k, a, x, jets) }
  }

  private static func gammaDensity<C>(_ k: Int, _ a: Double, _ x: Double, _ jets: Jet<C>.Type) -> Double {
    guard a > 0, x >= 0 else { return .nan }
    if x.isInfinite { return 0 }
    if x == 0 {
      if a > 1 { return 0 }
      return k == 0 ? (a == 1 ? 1 : .infinity) : (k % 2 == 1 ? -.infinity : .infinity)
    }
    let jet = jets.init(a, varies: 0, orders: (k, 0))
    return (jet * gammaExponent(k, a, x).exponential).derivative / x
  }

  /// The logarithm of xᵃ e⁻ˣ / Γ(a + 1).
  private static func gammaExponent<C>(_ k: Int, _ a: Double, _ x: Double) -> Jet<C> {
    let isLarge = a >= 12
    // From the mode by the first terms of the logarithm, or directly.
    let change = (x - a) / a
    let value =
      isLarge
      ? a * logRest(x / a, change) - halfLogTwoPi - 0.5 * log(a) - stirlingRest(a)
      : a * log(x) - x - logGammaChange(1, a)
    return Jet(value, orders: (k, 0)) { order, _ in
      if order > 1 { return -polygamma(order - 1, a + 1) }
      guard isLarge else { return log(x) - polygamma(0, a + 1) }
      return (abs(change) < 0.5 ? log1p(change) : log(x / a)) - logRest(ofDigamma: a) - 1 / a
    }
  }

  /// ψ(x) - ln x for x ≥ 12.
  private static func logRest(ofDigamma x: Double) -> Double {
    var (power, rest) = (1.0, -0.5 / x)
    for (i, number) in bernoulli.prefix(10).enumerated() {
      power /= x * x
      rest -= number / Double(2 * (i + 1)) * power
    }
    return rest
  }

  /// P(a, x), or 1 - P(a, x), and their derivatives in a: the power series below the mean, the continued fraction
  /// beyond (Abramowitz & Stegun 6.5.29, 6.5.31), carried out on jets.
  static func gammaIntegral(_ k: Int, _ a: Double, _ x: Double, isUpper: Bool) -> Double {
    GammaIntegral(k: k, a: a, x: x, isUpper: isUpper).result
  }

  private struct GammaIntegral: JetComputation {
    var k: Int
    var a, x: Double
    var isUpper: Bool
    var orders: (Int, Int) { (k, 0) }
    func result<C>(_ jets: Jet<C>.Type) -> Double { gammaIntegral(k, a, x, isUpper: isUpper, jets) }
  }

  private static func gammaIntegral<C>(
    _ k: Int, _ a: Double, _ x: Double, isUpper: Bool, _ jets: Jet<C>.Type
  ) -> Double {
    guard a > 0, x >= 0 else { return .nan }
    if x == 0 || x.isInfinite { return k == 0 && (x == 0) == isUpper ? 1 : 0 }
    if a.isInfinite { return k == 0 && isUpper ? 1 : 0 }
    // Near the mean of a large parameter some multiple of √a terms are needed, elsewhere as many as a quotient asks for.
    guard min(8 * a.squareRoot(), 40 / abs(1 - x / (a + 1))) < Double(termLimit) else { return .nan }
    let jet = jets.init(a, varies: 0, orders: (k, 0))
    let exponent: Jet<C> = gammaExponent(k, a, x)
    let isSeries = x < (a < 1 ? 1 : a + 1)
    let part: Double
    if isSeries && isUpper && a < 1 {
      return gammaComplement(jet, exponent, x).derivative
    } else if isSeries {
      part = (exponent.exponential * gammaSeries(jet, x)).derivative
    } else {
      part = (jet * exponent.exponential * upperFraction(jet, x)).derivative
    }
    if isSeries != isUpper { return part }
    return k == 0 ? 1 - part : -part
  }

  /// Σ xʲ / ((a + 1) … (a + j))
  private static func gammaSeries<C>(_ a: Jet<C>, _ x: Double) -> Jet<C> {
    var term = Jet<C>(1, orders: a.orders)
    var sum = term
    for j in 1..<termLimit {
      term = x * (term / (a + Double(j)))
      sum = sum + term
      if isNegligible(term, sum) { return sum }
    }
    return Jet(.nan, orders: a.orders)
  }

  /// 1 - P(a, x) for small a, of which both parts are multiples: with p = xᵃ / Γ(a + 1) it is
  /// (1 - p) - p a Σ (-x)ⁿ / (n! (a + n)), n from 1.
  private static func gammaComplement<C>(_ a: Jet<C>, _ exponent: Jet<C>, _ x: Double) -> Jet<C> {
    var power = exponent
    power.coefficients[0] = a.value * log(x) - logGammaChange(1, a.value)
    var factor = 1.0
    var sum = Jet<C>(0, orders: a.orders)
    for n in 1..<100 {
      factor *= -x / Double(n)
      let term = factor / (a + Double(n))
      sum = sum + term
      if isNegligible(term, sum) { break }
    }
    return -1 * power.exponentialMinusOne - power.exponential * a * sum
  }

  /// Lentz' algorithm for 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - …)).
  private static func upperFraction<C>(_ a: Jet<C>, _ x: Double) -> Jet<C> {
    let tiny = 1e-300
    var b = -1 * a + (x + 1)
    var c = Jet<C>(1 / tiny, orders: a.orders)
    var d = 1 / b
    var h = d
    var convergence = FractionConvergence()
    for i in 1..<termLimit {
      let n = Double(i)
      let an = n * (a + -n)
      b = b + 2
      d = 1 / (an * d + b)
      c = b + an / c
      let factor = c * d
      h = h * factor
      if convergence.isReached(at: i, h, by: factor) { return h }
    }
    return Jet(.nan, orders: a.orders)
  }

  // MARK: Incomplete beta functions

  /// A point of (0, 1) with its distance from 1 and the logarithms of both, each as exact as it can be.
  private struct UnitPoint {
    var x: Double
    var rest: Double
    var logX: Double
    var logRest: Double

    init(_ x: Double) {
      self.x = x
      rest = 1 - x
      logX = log(x)
      logRest = log1p(-x)
    }

    /// The point as seen from the other end.
    var mirrored: UnitPoint {
      var other = self
      swap(&other.x, &other.rest)
      swap(&other.logX, &other.logRest)
      return other
    }
  }

  /// xᵃ⁻¹ (1-x)ᵇ⁻¹ / B(a, b) and its derivatives in a and b.
  static func betaDensity(_ orders: (Int, Int), _ a: Double, _ b: Double, _ x: Double) -> Double {
    BetaDensity(orders: orders, a: a, b: b, x: x).result
  }

  private struct BetaDensity: JetComputation {
    var orders: (Int, Int)
    var a, b, x: Double
    func result<C>(_ jets: Jet<C>.Type) -> Double { betaDensity(orders, a, b, x, jets) }
  }

  private static func betaDensity<C>(
    _ orders: (Int, Int), _ a: Double, _ b: Double, _ x: Double, _ jets: Jet<C>.Type
  ) -> Double {
    guard a > 0, b > 0, x >= 0, x <= 1 else { return .nan }
    if x == 0 || x == 1 {
      let exponent = x == 0 ? a : b
      if exponent > 1 { return 0 }
      let isPlain = orders == (0, 0)
      if exponent < 1 { return isPlain ? .infinity : .nan }
      return isPlain ? (x == 0 ? b : a) : .nan
    }
    let first = jets.init(a, varies: 0, orders: orders)
    return (first * betaPower(orders, a, b, UnitPoint(x))).derivative / (x * (1 - x))
  }

  /// xᵃ (1-x)ᵇ / (a B(a, b)) = b / (a + b) · xᵃ (1-x)ᵇ Γ(a+b+1) / (Γ(a+1) Γ(b+1))
  private static func betaPower<C>(
    _ orders: (Int, Int), _ a: Double, _ b: Double, _ point: UnitPoint
  ) -> Jet<C> {
    let (first, second) = (Jet<C>(a, varies: 0, orders: orders), Jet<C>(b, varies: 1, orders: orders))
    // Either way its derivatives are as small as the smaller parameter.
    let share = a < b ? -1 * (first / (first + second)) + 1 : second / (first + second)
    return share * betaExponent(orders, a, b, point).exponential
  }

  /// The logarithm of xᵃ (1-x)ᵇ Γ(a+b+1) / (Γ(a+1) Γ(b+1)).
  private static func betaExponent<C>(
    _ orders: (Int, Int), _ a: Double, _ b: Double, _ point: UnitPoint
  ) -> Jet<C> {
    let value: Double
    if min(a, b) >= 12 {
      // From the mode.
      let distance = a * point.rest - b * point.x
      let toFirst = a * logRest(point.x * (a + b) / a, -distance / a)
      let toSecond = b * logRest(point.rest * (a + b) / b, distance / b)
      let rest = stirlingRest(a) + (stirlingRest(b) - stirlingRest(a + b))
      value = toFirst + toSecond - halfLogTwoPi + 0.5 * (log((a + b) / b) - log(a)) - rest
    } else {
      let (small, large) = (min(a, b), max(a, b))
      let coefficient = logGammaChange(1 + large, small) - logGammaChange(1, small)
      value = a * point.logX + b * point.logRest + coefficient
    }
    return Jet(value, orders: orders) { m, n in
      if m > 0 && n > 0 { return polygamma(m + n - 1, a + b + 1) }
      if m > 0 { return (m == 1 ? point.logX : 0) + polygammaChange(m - 1, a + 1, b) }
      return (n == 1 ? point.logRest : 0) + polygammaChange(n - 1, b + 1, a)
    }
  }

  /// I(a, b, x) and its derivatives in a and b, from the side where the continued fraction converges fast.
  static func betaIntegral(_ orders: (Int, Int), _ a: Double, _ b: Double, _ x: Double) -> Double {
    BetaIntegral(orders: orders, a: a, b: b, x: x).result
  }

  private struct BetaIntegral: JetComputation {
    var orders: (Int, Int)
    var a, b, x: Double
    func result<C>(_ jets: Jet<C>.Type) -> Double { betaIntegral(orders, a, b, x, jets) }
  }

  private static func betaIntegral<C>(
    _ orders: (Int, Int), _ a: Double, _ b: Double, _ x: Double, _ jets: Jet<C>.Type
  ) -> Double {
    guard a > 0, b > 0, x >= 0, x <= 1 else { return .nan }
    if x == 0 || x == 1 { return orders == (0, 0) ? x : 0 }
    // Some multiple of the root of a large parameter is needed.
    guard 8 * max(a, b).squareRoot() < Double(termLimit) else { return .nan }
    let point = UnitPoint(x)
    if x < (a + 1) / (a + b + 2) { return betaPart(orders, a, b, point, jets) }
    let others = (orders.1, orders.0)
    if b < 0.5 { return betaComplement(others, b, a, point.mirrored, jets) }
    let rest = betaPart(others, b, a, point.mirrored, jets)
    return orders == (0, 0) ? 1 - rest : -rest
  }

  /// I(a, b, x) by the continued fraction (Abramowitz & Stegun 26.5.8) on jets.
  private static func betaPart<C>(
    _ orders: (Int, Int), _ a: Double, _ b: Double, _ point: UnitPoint, _ jets: Jet<C>.Type
  ) -> Double {
    let (first, second) = (Jet<C>(a, varies: 0, orders: orders), Jet<C>(b, varies: 1, orders: orders))
    return (betaPower(orders, a, b, point) * betaFraction(first, second, point.x)).derivative
  }

  /// 1 - I(a, b, x) for small a, of which all parts are multiples: with p = xᵃ Γ(a+b+1) / (Γ(a+1) Γ(b+1)) it is
  /// (a - b (p - 1) - p a b Σ (1-b) … (n-b) xⁿ / (n! (a + n))) / (a + b), n from 1.
  private static func betaComplement<C>(
    _ orders: (Int, Int), _ a: Double, _ b: Double, _ point: UnitPoint, _ jets: Jet<C>.Type
  ) -> Double {
    let (first, second) = (Jet<C>(a, varies: 0, orders: orders), Jet<C>(b, varies: 1, orders: orders))
    // The other power has no part in it.
    var bare = point
    bare.logRest = 0
    let exponent: Jet<C> = betaExponent(orders, a, b, bare)
    var factor = Jet<C>(1, orders: orders)
    var sum = Jet<C>(0, orders: orders)
    for n in 1..<termLimit {
      factor = (point.x / Double(n)) * (factor * (-1 * second + Double(n)))
      let term = factor / (first + Double(n))
      sum = sum + term
      if isNegligible(term, sum) { break }
    }
    let parts = exponent.exponentialMinusOne + exponent.exponential * first * sum
    return ((first - second * parts) / (first + second)).derivative
  }

  private static func betaFraction<C>(_ a: Jet<C>, _ b: Jet<C>, _ x: Double) -> Jet<C> {
    let sum = a + b
    var c = Jet<C>(1, orders: a.orders)
    var d = 1 / (-x * (sum / (a + 1)) + 1)
    var h = d
    var convergence = FractionConvergence()
    for i in 1..<termLimit {
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
      if convergence.isReached(at: i, h, by: factor) { return h }
    }
    return Jet(.nan, orders: a.orders)
  }
}

/// When the derivatives of a continued fraction have converged: as fast as its value, a little later, unless the value
/// was exact early because a numerator vanished.
private struct FractionConvergence {
  /// The first step at which the value did not change, and the first at which the derivatives changed little.
  private var (value, derivatives) = (Int.max, Int.max)

  mutating func isReached<C>(at i: Int, _ h: Jet<C>, by factor: Jet<C>) -> Bool {
    if h.value.isNaN { return true }
    if abs(factor.value - 1) < 1e-15 { value = min(value, i) }
    guard i >= value else { return false }
    if h.isPlain { return true }
    let areSmall = (1..<h.count).allSatisfy {
      abs(factor.coefficients[$0] * h.value) <= 1e-10 * abs(h.coefficients[$0])
    }
    if areSmall { derivatives = min(derivatives, i) }
    // A derivative that vanishes has no size.
    return i - derivatives / 2 - 8 >= derivatives || i > 4 * value + 1000
  }
}

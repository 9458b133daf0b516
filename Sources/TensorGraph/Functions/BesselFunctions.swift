import Foundation

/// Modified Bessel functions, scaled so that they neither overflow nor underflow, and their derivatives.
///
/// Derivatives of e^(-x) Iₙ(x) and eˣ Kₙ(x) by recurrences in n are differences of almost equal numbers where x is
/// large. Here they are taken under the integral sign, where each brings a factor cos θ - 1 or cosh t - 1 of one sign.
extension SpecialValues {
  /// The k-th derivative of e^(-|x|) Iₙ(x) for n ≥ 0, at the kink x = 0 a slope that is the mean of those of both sides, and
  /// no higher derivative.
  static func scaledBesselI(_ n: Int, derivative k: Int, _ x: Double) -> Double {
    let size = abs(x)
    let isOdd = (n + k) % 2 != 0
    if size == 0 && k > max(n, 1) { return .nan }
    if size == 0 && isOdd || size.isInfinite { return 0 }
    let value = size < 35 + Double(n * n) ? nearBesselI(n, k, size) : farBesselI(n, k, size)
    return x < 0 && isOdd ? -value : value
  }

  /// For x ≥ 0 by Leibniz' rule from (2n-1)!! Iₙ(x) = xⁿ/π ∫₀^π sin²ⁿθ exp(x cos θ) dθ (Abramowitz & Stegun 9.6.18),
  /// whose derivatives are Kummer's functions with positive terms:
  /// 1/π ∫ (1-cos θ)ᵖ (1+cos θ)ⁿ exp(-x (1-cos θ)) dθ = (2p-1)!! (2n-1)!! / (p+n)! · e^(-2x) M(n+1/2, p+n+1, 2x).
  private static func nearBesselI(_ n: Int, _ k: Int, _ x: Double) -> Double {
    var total = 0.0
    // Leibniz' factor C(k, i) · n (n-1) … (n-i+1)
    var factor = 1.0
    for i in 0...min(k, n) {
      let p = n + k - i
      var part = WideProduct()
      if p > 0 { for j in 1...p { part.multiply(by: Double(2 * j - 1) / Double(j)) } }
      if n > 0 { for j in 1...n { part.multiply(by: (j <= n - i ? x : 1) / Double(p + j)) } }
      // The series for M, with e^(-2x) in pieces that do not underflow.
      var (term, sum, j) = (1.0, 1.0, 0.0)
      repeat {
        term *= (Double(n) + 0.5 + j) / (Double(p + n + 1) + j) * 2 * x / (j + 1)
        sum += term
        j += 1
        if sum > 0x1p256 {
          part.multiply(by: 0x1p256)
          sum *= 0x1p-256
          term *= 0x1p-256
        }
      } while term > 1e-18 * sum
      part.multiply(by: sum)
      var pieces = 1
      while 2 * x > 256 * Double(pieces) { pieces *= 2 }
      let decay = exp(-2 * x / Double(pieces))
      for _ in 0..<pieces { part.multiply(by: decay) }
      total += ((k - i) % 2 == 0 ? factor : -factor) * part.value
      factor *= Double((k - i) * (n - i)) / Double(i + 1)
    }
    return total
  }

  /// For large x by the asymptotic series (Abramowitz & Stegun 9.7.1), differentiated term by term.
  private static func farBesselI(_ n: Int, _ k: Int, _ x: Double) -> Double {
    let order = 4 * Double(n) * Double(n)
    // The k-th derivative of x^(-j-1/2) but for its sign and the power.
    var coefficient = (0..<k).reduce(1.0) { $0 * (Double($1) + 0.5) }
    var (power, sum, j) = (1.0, coefficient, 0.0)
    var term = sum
    repeat {
      j += 1
      power *= -(order - (2 * j - 1) * (2 * j - 1)) / (j * 8 * x)
      coefficient *= (j + Double(k) - 0.5) / (j - 0.5)
      term = power * coefficient
      sum += term
    } while abs(term) > 1e-18 * abs(sum) && j < 60
    let scale = pow(x, -Double(k)) / (2 * Double.pi * x).squareRoot()
    return (k % 2 == 0 ? sum : -sum) * scale
  }

  /// Iₙ(x) for n ≥ 0.
  static func besselI(_ n: Int, _ x: Double) -> Double {
    if x.isInfinite { return x < 0 && n % 2 != 0 ? -.infinity : .infinity }
    // Half the exponent at a time, since the result may be finite where the exponential is not.
    let half = exp(0.5 * abs(x))
    return half * scaledBesselI(n, derivative: 0, x) * half
  }

  /// The k-th derivative of eˣ Kₙ(x) = ∫₀^∞ exp(-x (cosh t - 1)) cosh(n t) dt (Abramowitz & Stegun 9.6.24) for n ≥ 0, by
  /// the trapezoidal rule, which converges faster than any power.
  static func scaledBesselK(_ n: Int, derivative k: Int, _ x: Double) -> Double {
    guard x >= 0 else { return .nan }
    let sign = k % 2 == 0 ? 1.0 : -1.0
    if x == 0 { return sign * .infinity }
    if x.isInfinite { return 0 }
    // The integrand is as narrow as the root of the larger of x and n.
    let step = min(0.1, 0.4 / (x + Double(n + k)).squareRoot())
    var sum = k == 0 ? 0.5 : 0
    var t = step
    while true {
      let sine = sinh(0.5 * t)
      let height = 2 * sine * sine
      // (cosh t - 1)ᵏ in the exponent, where it cannot overflow beside a vanishing exponential.
      let growth = Double(n) * t + (k == 0 ? 0 : Double(k) * log(height))
      let exponent = growth - x * height
      let term = 0.5 * (exp(exponent) + exp(exponent - 2 * Double(n) * t))
      sum += term
      // Next to 0 derivatives leave the range of numbers.
      if !sum.isFinite { return sign * .infinity }
      if term <= 1e-18 * sum && x * height > growth { break }
      t += step
    }
    return sign * step * sum
  }

  /// Kₙ(x) for n ≥ 0.
  static func besselK(_ n: Int, _ x: Double) -> Double { scaledBesselK(n, derivative: 0, x) * exp(-x) }
}

/// A product of factors that are not huge themselves but overflow and underflow together, though the whole need not.
private struct WideProduct {
  private var significand = 1.0
  /// How many times 2²⁵⁶ was taken out.
  private var exponent = 0

  mutating func multiply(by factor: Double) {
    significand *= factor
    while abs(significand) > 0x1p256 && significand.isFinite {
      significand *= 0x1p-256
      exponent += 1
    }
    while abs(significand) < 0x1p-256 && significand != 0 {
      significand *= 0x1p256
      exponent -= 1
    }
  }

  var value: Double { scalbn(significand, 256 * max(-8, min(exponent, 8))) }
}

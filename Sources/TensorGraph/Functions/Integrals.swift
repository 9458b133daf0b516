import Foundation
import RealModule

/// Exponential integrals and what else is an integral or an inverse.
extension SpecialValues {
  /// E₁(x): power series up to 1, continued fraction beyond (Abramowitz & Stegun 5.1.11, 5.1.22).
  static func exponentialIntegral1(_ x: Double) -> Double {
    if x == 0 { return .infinity }
    if x.isInfinite { return 0 }
    if x <= 1 {
      var (term, sum, k) = (1.0, 0.0, 0.0)
      repeat {
        k += 1
        term *= -x / k
        sum -= term / k
      } while abs(term) > 1e-18 * k * abs(sum)
      return sum - eulerGamma - log(x)
    }
    var b = x + 1
    var c = 1e300
    var d = 1 / b
    var h = d
    for i in 1..<10_000 {
      let a = -Double(i) * Double(i)
      b += 2
      d = 1 / (a * d + b)
      c = b + a / c
      h *= c * d
      if abs(c * d - 1) < 1e-16 { break }
    }
    return h * exp(-x)
  }

  /// Ei(x): power series up to 45, beyond that the asymptotic one.
  static func exponentialIntegral(_ x: Double) -> Double {
    if x < 0 { return -exponentialIntegral1(-x) }
    if x == 0 { return -.infinity }
    if x.isInfinite { return x }
    var (term, sum, k) = (1.0, 0.0, 0.0)
    if x < 45 {
      repeat {
        k += 1
        term *= x / k
        sum += term / k
      } while term > 1e-18 * k * sum
      return sum + (eulerGamma + log(x))
    }
    sum = 1
    repeat {
      k += 1
      term *= k / x
      sum += term
    } while term > 1e-18 * sum && k < x
    return exp(0.5 * x) / x * sum * exp(0.5 * x)
  }

  /// The dilogarithm of 1 - x, by Bernoulli's numbers in powers of ln x where |ln x| is at most ln 2.
  static func spence(_ x: Double) -> Double {
    let sixth = 1.644934066848226436472415166646025189
    if x < 0 { return .nan }
    if x == 0 { return sixth }
    if x.isInfinite { return -.infinity }
    let logarithm = log(x)
    if x > 2 { return -0.5 * logarithm * logarithm - spence(1 / x) }
    if x < 0.5 { return sixth - logarithm * log1p(-x) - spence(1 - x) }
    let u = -logarithm
    var (power, sum) = (u, u - 0.25 * u * u)
    for (i, number) in bernoulli.enumerated() {
      power *= u * u
      sum += number * power / factorial(2 * i + 3)
    }
    return sum
  }

  /// ∫₀¹ tⁿ / (1 + (x - 1) t)ⁿ⁺¹ dt
  static func logQuotient(_ n: Int, _ x: Double) -> Double {
    guard x > 0 else { return x == 0 ? .infinity : .nan }
    if x.isInfinite { return 0 }
    let change = x - 1
    if abs(change) <= 0.5 {
      // Σ C(n + j, j) (1 - x)ʲ / (n + j + 1)
      var (factor, sum, j) = (1.0, 1 / Double(n + 1), 0.0)
      repeat {
        j += 1
        factor *= -change * (Double(n) + j) / j
        sum += factor / (Double(n + 1) + j)
      } while abs(factor) > 1e-18 * abs(sum)
      return sum
    }
    var result = log(x) / change
    var power = 1.0
    for k in 1..<(n + 1) {
      power /= x
      result = (result - power / Double(k)) / change
    }
    return result
  }

  /// Halley's iteration for w eʷ = x.
  static func lambertW(_ x: Double) -> Double {
    if x < -0.25 { return lambertGap(x) - 1 }
    if x == 0 || x.isInfinite { return x }
    var w: Double
    if x < 3 {
      w = log1p(x) * (1 - log1p(log1p(x)) / (2 + log1p(x)))
    } else {
      let logarithm = log(x)
      w = logarithm - log(logarithm)
    }
    for _ in 0..<20 {
      let e = exp(w)
      let rest = w * e - x
      let step = rest / (e * (w + 1) - (w + 2) * rest / (2 * w + 2))
      guard step.isFinite else { break }
      w -= step
      if abs(step) <= 1e-16 * abs(w) { break }
    }
    return w
  }

  /// 1 + W(x), to its own relative accuracy near the branch point -1/e, where it vanishes.
  static func lambertGap(_ x: Double) -> Double {
    if x >= -0.25 { return 1 + lambertW(x) }
    // 1 + e x, with 1/e in two parts.
    let distance = 2.718281828459045235360287471352662498 * ((x + 0.36787944117144233) - 1.2428753672788363e-17)
    guard distance > 0 else { return distance > -1e-16 ? 0 : .nan }
    // Newton's steps for 1 + (g - 1) eᵍ = Σ (k - 1) gᵏ / k! = 1 + e x, from a series in the root.
    let p = (2 * distance).squareRoot()
    var g = p * (1 + p * (-1.0 / 3 + p * (11.0 / 72 - p * 43 / 540)))
    for _ in 0..<4 {
      var (power, sum) = (g, 0.0)
      for k in 2..<26 {
        power *= g / Double(k)
        sum += Double(k - 1) * power
      }
      g -= (sum - distance) / (g * exp(g))
    }
    return g
  }

  /// ∫ sin²ᵖθ (1 - m sin²θ)^(-q - 1/2) dθ from 0 to π/2, by the double-exponential rule (Takahasi & Mori 1974), in which
  /// cos θ keeps its accuracy near π/2.
  static func elliptic(_ p: Int, _ q: Int, _ m: Double) -> Double {
    guard m <= 1, m.isFinite else { return .nan }
    if m == 1 { return q >= 0 ? .infinity : 1 }
    // Near m = 1 the integrand turns sharply; far below 0 where u = ln(-m) / 4, and steps in u are about u times those in t.
    let refinement = m < -10 ? max(4, Int(0.16 * log(-m)) + 1) : m > 0.9 ? 4 : 1
    let extent = m < -1e30 ? 190 : 140
    let step = 0.03125 / Double(refinement)
    var sum = 0.0
    for k in (-extent * refinement)...(extent * refinement) {
      let t = step * Double(k)
      let u = 0.5 * Double.pi * sinh(t)
      // θ = π/2 (1 + tanh u) / 2, and its distance from π/2
      let distance = 0.5 * Double.pi / (1 + exp(2 * u))
      let weight = 0.125 * Double.pi * Double.pi * cosh(t) / (cosh(u) * cosh(u))
      guard weight > 0, weight.isFinite else { continue }
      let cosine = sin(distance)
      let angle = 0.5 * Double.pi / (1 + exp(-2 * u))
      let sine = u < 0 ? sin(angle) : cos(distance)
      let base = m > 0.5 ? (1 - m) + m * cosine * cosine : 1 - m * sine * sine
      sum += weight * pow(sine * sine, Double(p)) * pow(base, -Double(q) - 0.5)
    }
    return step * sum
  }
}

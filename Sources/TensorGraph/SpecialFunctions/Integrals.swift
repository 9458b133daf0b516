import Foundation
import RealModule

/// Modified Bessel functions, exponential integrals and what else is an integral or an inverse.
extension SpecialValues {
  /// Iₙ(x): its power series, whose terms are all of one sign, or for large arguments the asymptotic one.
  static func besselI(_ n: Int, _ x: Double, isScaled: Bool) -> Double {
    let size = abs(x)
    let sign = x < 0 && n % 2 != 0 ? -1.0 : 1.0
    if size == 0 { return n == 0 ? 1 : 0 }
    if size.isInfinite { return isScaled ? 0 : sign * .infinity }
    if size < 35 + Double(n * n) {
      let square = 0.25 * size * size
      var term = pow(0.5 * size, Double(n)) / factorial(n)
      var sum = term
      var k = 0.0
      repeat {
        k += 1
        term *= square / (k * (k + Double(n)))
        sum += term
      } while term > 1e-18 * sum
      return sign * (isScaled ? exp(-size) * sum : sum)
    }
    var (term, sum, k) = (1.0, 1.0, 0.0)
    let order = 4 * Double(n) * Double(n)
    repeat {
      k += 1
      term *= -(order - (2 * k - 1) * (2 * k - 1)) / (k * 8 * size)
      sum += term
    } while abs(term) > 1e-18 * abs(sum) && k < 60
    let scaled = sum / (2 * Double.pi * size).squareRoot()
    if isScaled { return sign * scaled }
    // Half the exponent at a time, since the result may be finite where the exponential is not.
    let half = exp(0.5 * size)
    return sign * half * scaled * half
  }

  /// Kₙ(x) = ∫₀^∞ exp(-x cosh t) cosh(n t) dt by the trapezoidal rule, which converges faster than any power.
  static func besselK(_ n: Int, _ x: Double, isScaled: Bool) -> Double {
    guard x > 0 else { return x == 0 ? .infinity : .nan }
    if x.isInfinite { return 0 }
    let step = min(0.1, 0.4 / x.squareRoot())
    var sum = 0.5
    var t = step
    while true {
      let sine = sinh(0.5 * t)
      let exponent = -2 * x * sine * sine + Double(n) * t
      let term = 0.5 * (exp(exponent) + exp(exponent - 2 * Double(n) * t))
      sum += term
      if term < 1e-18 * sum && 2 * x * sine * sine > Double(n) * t { break }
      t += step
    }
    return step * sum * (isScaled ? 1 : exp(-x))
  }

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

  /// ∫₀¹ tⁿ / (1 + x t)ⁿ⁺¹ dt
  static func logQuotient(_ n: Int, _ x: Double) -> Double {
    guard x > -1 else { return x == -1 ? .infinity : .nan }
    if x.isInfinite { return 0 }
    if abs(x) <= 0.5 {
      // Σ C(n + j, j) (-x)ʲ / (n + j + 1)
      var (factor, sum, j) = (1.0, 1 / Double(n + 1), 0.0)
      repeat {
        j += 1
        factor *= -x * (Double(n) + j) / j
        sum += factor / (Double(n + 1) + j)
      } while abs(factor) > 1e-18 * abs(sum)
      return sum
    }
    var result = log1p(x) / x
    var power = 1.0
    for k in 1..<(n + 1) {
      power /= 1 + x
      result = (result - power / Double(k)) / x
    }
    return result
  }

  /// Halley's iteration for w eʷ = x.
  static func lambertW(_ x: Double) -> Double {
    let branch = -0.367879441171442321595523770161460867
    guard x > branch else { return x > branch - 1e-16 ? -1 : .nan }
    if x == 0 || x.isInfinite { return x }
    var w: Double
    if x < -0.25 {
      // A series in the root of the distance from the branch point, whose remainder is added to be exact.
      let p = (2 * (2.718281828459045235360287471352662498 * x + 1)).squareRoot()
      w = -1 + p * (1 + p * (-1.0 / 3 + p * (11.0 / 72 - p * 43 / 540)))
    } else if x < 3 {
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

  /// ∫ sin²ᵖθ (1 - m sin²θ)^(-q - 1/2) dθ from 0 to π/2, by the double-exponential rule (Takahasi & Mori 1974), in which
  /// cos θ keeps its accuracy near π/2.
  static func elliptic(_ p: Int, _ q: Int, _ m: Double) -> Double {
    guard m <= 1, m.isFinite else { return .nan }
    if m == 1 && q >= 0 { return .infinity }
    let step = 0.03125
    var sum = 0.0
    for k in -140...140 {
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

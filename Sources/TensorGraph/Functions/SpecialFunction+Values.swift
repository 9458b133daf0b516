import Foundation
import RealModule

extension SpecialFunction {
  /// The value at a point with one coordinate per operand; NaN outside the domain.
  ///
  /// Relative accuracy is about 1e-13, near zeros of the function that of its scale.
  package func value(_ point: [Double]) -> Double {
    point.withUnsafeBufferPointer { value($0.baseAddress!, 1) }
  }

  /// The value for operands that lie `stride` elements apart.
  package func value(_ point: UnsafePointer<Double>, _ stride: Int) -> Double {
    let x = point[0]
    func operand(_ i: Int) -> Double { point[i * stride] }
    if (0..<arity).contains(where: { operand($0).isNaN }) { return .nan }
    switch self {
    case .gamma: return x == 0 ? .nan : Double.gamma(x)
    case .logGamma: return Double.logGamma(x)
    case .polygamma(let n): return SpecialValues.polygamma(n, x)
    case .polygammaChange(let n): return SpecialValues.polygammaChange(n, x, operand(1))
    case .logBeta: return SpecialValues.logBeta(x, operand(1))
    case .gammaLower(let k): return SpecialValues.gammaIntegral(k, x, operand(1), isUpper: false)
    case .gammaUpper(let k): return SpecialValues.gammaIntegral(k, x, operand(1), isUpper: true)
    case .gammaDensity(let k): return SpecialValues.gammaDensity(k, x, operand(1))
    case .betaLower(let m, let n): return SpecialValues.betaIntegral((m, n), x, operand(1), operand(2))
    case .betaDensity(let m, let n): return SpecialValues.betaDensity((m, n), x, operand(1), operand(2))
    case .zeta(let k): return SpecialValues.zeta(k, x, operand(1))
    case .erfInverse: return SpecialValues.erfInverse(x)
    case .normalQuantile: return SpecialValues.normalQuantile(x)
    case .scaledErfc(let n): return SpecialValues.scaledErfc(n, x)
    case .besselJ(let n): return jn(Int32(n), x)
    case .besselY(let n): return x < 0 ? .nan : yn(Int32(n), x)
    case .besselI(let n): return SpecialValues.besselI(n, x)
    case .besselK(let n): return SpecialValues.besselK(n, x)
    case .besselIScaled(let n, let k): return SpecialValues.scaledBesselI(n, derivative: k, x)
    case .besselKScaled(let n, let k): return SpecialValues.scaledBesselK(n, derivative: k, x)
    case .exponentialIntegral: return SpecialValues.exponentialIntegral(x)
    case .exponentialIntegral1: return x < 0 ? .nan : SpecialValues.exponentialIntegral1(x)
    case .spence: return SpecialValues.spence(x)
    case .logQuotient(let n): return SpecialValues.logQuotient(n, x)
    case .lambertW: return SpecialValues.lambertW(x)
    case .lambertGap: return SpecialValues.lambertGap(x)
    case .elliptic(let p, let q): return SpecialValues.elliptic(p, q, x)
    }
  }
}

/// The algorithms behind special functions.
enum SpecialValues {
  /// Bernoulli numbers B₂, B₄, …
  static let bernoulli: [Double] = [
    1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6, -3617.0 / 510, 43867.0 / 798,
    -174611.0 / 330, 854513.0 / 138, -236364091.0 / 2730, 8553103.0 / 6, -23749461029.0 / 870,
    8615841276005.0 / 14322,
  ]
  /// B₂ᵢ / (2i)!
  static let bernoulliOverFactorials = bernoulli.enumerated().map { $1 / factorial(2 * ($0 + 1)) }
  static let eulerGamma = 0.577215664901532860606512090082402431
}

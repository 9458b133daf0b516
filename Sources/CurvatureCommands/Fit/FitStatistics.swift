import Curvature
import Foundation

/// What a fit says about its parameters.
package struct FitStatistics: Sendable {
  /// ‖r‖².
  package let residualSumOfSquares: Double
  /// n - p.
  package let degreesOfFreedom: Int
  /// √(RSS / (n - p)); nil without degrees of freedom.
  package let residualStandardDeviation: Double?
  /// s √(JᵀJ)⁻¹ᵢᵢ, NIST's convention, from a QR factorization of J; nil without degrees of freedom or full rank.
  package let standardDeviations: [Double]?
  /// s √H⁻¹ᵢᵢ with the exact Hessian H of ½‖r‖²; nil where H is not positive definite.
  package let exactStandardDeviations: [Double]?

  package init(_ derivatives: ResidualDerivatives) {
    residualSumOfSquares = sumOfSquares(derivatives.residuals)
    degreesOfFreedom = derivatives.residuals.count - derivatives.jacobian.columns
    let factors = try? FactoredHessian(derivatives)
    guard degreesOfFreedom > 0, let factors else {
      residualStandardDeviation = nil
      standardDeviations = nil
      exactStandardDeviations = nil
      return
    }
    let s = (residualSumOfSquares / Double(degreesOfFreedom)).squareRoot()
    residualStandardDeviation = s
    standardDeviations = factors.isRankDeficient ? nil : (try? factors.gaussNewtonDeviations())?.map { s * $0 }
    exactStandardDeviations = factors.isRankDeficient ? nil : (try? factors.hessianDeviations())?.map { s * $0 }
  }
}

/// The number of digits in which a result agrees with a certified value c: -log₁₀(|x - c| / |c|), at most 11, the
/// number of digits certified (the log relative error of the StRD).
package func agreeingDigits(_ value: Double, certified: Double) -> Double {
  guard value.isFinite else { return 0 }
  let error = abs(value - certified) / (certified == 0 ? 1 : abs(certified))
  guard error > 1e-11 else { return 11 }
  return max(0, -log10(error))
}

/// The sum of squares as if computed with twice the digits and then rounded (Ogita, Rump & Oishi, "Accurate sum and dot
/// product", SIAM J. Sci. Comput. 26, 2005, algorithm 5.3).
package func sumOfSquares(_ x: [Double]) -> Double {
  var sum = 0.0
  var correction = 0.0
  for value in x {
    let square = value * value
    let productError = (-square).addingProduct(value, value)
    let total = sum + square
    let taken = total - sum
    correction += ((sum - (total - taken)) + (square - taken)) + productError
    sum = total
  }
  return sum + correction
}

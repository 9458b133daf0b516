/// What least squares say about the parameters.
public struct LeastSquaresStatistics: Sendable {
  /// ‖r‖².
  public let residualSumOfSquares: Double
  /// n - p.
  public let degreesOfFreedom: Int
  /// √(RSS / (n - p)); nil without degrees of freedom.
  public let residualStandardDeviation: Double?
  /// s √(JᵀJ)⁻¹ᵢᵢ, the convention of linear regression and of NIST, from a QR factorization of J or sparse factors
  /// of JᵀJ; nil without degrees of freedom or full rank, or where there are products alone.
  public let standardDeviations: [Double]?
  /// s √H⁻¹ᵢᵢ with the exact Hessian H of ½‖r‖²; nil where H is not positive definite.
  public let exactStandardDeviations: [Double]?

  package init(_ derivatives: ResidualDerivatives) {
    self.init(derivatives.residuals, parameterCount: derivatives.jacobian.columns) {
      guard let factors = try? FactoredHessian(derivatives) else { return nil }
      if factors.isRankDeficient { return (nil, nil) }
      return ((try? factors.gaussNewtonDeviations()) ?? nil, (try? factors.hessianDeviations()) ?? nil)
    }
  }

  /// - Parameter roots: those of the diagonals of (JᵀJ)⁻¹ and of H⁻¹; nil if derivatives are not finite.
  init(
    _ residuals: [Double], parameterCount: Int, roots: () -> (gaussNewton: [Double]?, exact: [Double]?)?
  ) {
    // In units of a power of two near the largest residual, so that squares neither overflow nor vanish.
    let largest = residuals.largestMagnitude
    let unit =
      largest > 0 && largest.isFinite ? Double(sign: .plus, exponent: Int(largest.exponent), significand: 1) : 1
    let scaled = sumOfSquares(residuals.map { $0 / unit })
    residualSumOfSquares = scaled * unit * unit
    degreesOfFreedom = residuals.count - parameterCount
    guard degreesOfFreedom > 0, let roots = roots() else {
      residualStandardDeviation = nil
      standardDeviations = nil
      exactStandardDeviations = nil
      return
    }
    let s = (scaled / Double(degreesOfFreedom)).squareRoot() * unit
    residualStandardDeviation = s
    standardDeviations = roots.gaussNewton?.map { s * $0 }
    exactStandardDeviations = roots.exact?.map { s * $0 }
  }
}

extension LeastSquaresStatistics {
  /// The first of the numbers that is infinite or NaN, in words; nil if all are finite.
  ///
  /// - Parameter names: those of the parameters.
  package func notFinite(_ names: [String]) -> String? {
    if !residualSumOfSquares.isFinite {
      return "the residual sum of squares is \(NumberText.exact(residualSumOfSquares))"
    }
    for deviations in [standardDeviations, exactStandardDeviations] {
      for (name, deviation) in zip(names, deviations ?? []) where !deviation.isFinite {
        return "the standard deviation of '\(name)' is \(NumberText.exact(deviation))"
      }
    }
    return nil
  }
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

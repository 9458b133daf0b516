/// Newton steps near a minimum that keep the digits which JᵀJ would lose.
///
/// With J = Q R D, D the lengths of the columns, the Hessian of f is Dᵀ Rᵀ (I + R⁻ᵀ S R⁻¹) R D, and the Newton step
/// s = -D⁻¹ R⁻¹ (I + R⁻ᵀ S R⁻¹)⁻¹ Qᵀ r: no normal equations appear, so that the error of the step grows with the
/// condition number of J and not with its square, and the steps still converge quadratically.
struct NewtonPolish {
  private(set) var parameters: [Double]
  private(set) var derivatives: ResidualDerivatives
  private var factors: FactoredHessian?
  /// The length of the last step taken, in the scale of the residuals.
  private var lastLength = Double.infinity
  private let largestScales: [Double]

  /// - Parameter largestScales: the largest lengths that the columns of J have had on the way.
  init(parameters: [Double], derivatives: ResidualDerivatives, largestScales: [Double]) {
    self.largestScales = largestScales
    self.parameters = parameters
    self.derivatives = derivatives
    factors = try? FactoredHessian(derivatives)
  }

  /// Whether some combination of parameters has no effect.
  var isRankDeficient: Bool { factors.map(\.isRankDeficient) ?? true }

  /// One Newton step. Returns false where it would not be much shorter than the last: rounding has been reached.
  mutating func advance(_ objective: LeastSquaresObjective) throws -> Bool {
    // A combination without effect has steps of any length.
    guard let factors, !factors.isRankDeficient, factors.isPositiveDefinite,
      let step = factors.newtonStep(derivatives.residuals)
    else { return false }
    guard step.length > 0, step.length < lastLength / 2 else { return false }
    let trial = zip(parameters, step.step).map { $0 + $1 }
    guard trial != parameters else { return false }
    let next = try objective.derivatives(trial)
    // A step that lengthens the residuals by more than rounding is no step towards this minimum.
    guard next.isFinite, next.value <= derivatives.value * (1 + 1e-6) + .leastNormalMagnitude,
      let nextFactors = try? FactoredHessian(next)
    else { return false }
    parameters = trial
    derivatives = next
    self.factors = nextFactors
    lastLength = step.length
    return true
  }

  /// Whether the point is a minimum: full rank, positive definite Hessian, and either a small offset or a Newton step
  /// that changes the parameters no further (an offset cannot be small where residuals are mere rounding).
  ///
  /// What a parameter does may vanish while it goes outward without end, as in a step that becomes ever steeper between two
  /// data: then its change counts by what it did before.
  func isMinimum(tolerance: Double, offset: Double) -> Bool {
    guard let factors, factors.isPositiveDefinite, !factors.isRankDeficient else { return false }
    if offset <= tolerance { return true }
    guard let step = factors.newtonStep(derivatives.residuals) else { return false }
    let extent = zip(factors.scales, parameters).lazy.map { $0 * $1 }.euclideanNorm
    guard step.length <= tolerance * extent else { return false }
    let largestExtent = zip(largestScales, parameters).lazy.map { $0 * $1 }.euclideanNorm
    return parameters.indices.allSatisfy { j in
      let change = abs(step.step[j])
      return change <= 1e-4 * abs(parameters[j]) || largestScales[j] * change <= tolerance * largestExtent
    }
  }
}

/// The Hessian of ½‖r‖² in factors: D Rᵀ (I + R⁻ᵀ S R⁻¹) R D, the middle part by its eigenvectors.
struct FactoredHessian {
  /// D: lengths of the columns of J, 1 where a column vanishes.
  let scales: [Double]
  private let qr: QRFactorization
  /// Of I + R⁻ᵀ S R⁻¹, S being scaled by D.
  private let middle: SymmetricEigenDecomposition
  /// Whether R has a diagonal element that is zero but for rounding.
  let isRankDeficient: Bool

  /// - Throws: `LinearAlgebraError` if derivatives are not finite or R is exactly singular.
  init(_ derivatives: ResidualDerivatives) throws {
    let scales = derivatives.columnNorms.map { $0 > 0 ? $0 : 1 }
    let p = scales.count
    var jacobian = derivatives.jacobian
    var curvature = derivatives.curvature
    for j in 0..<p {
      for i in 0..<jacobian.rows { jacobian[i, j] /= scales[j] }
      for i in 0..<p { curvature[i, j] /= scales[i] * scales[j] }
    }
    let qr = try QRFactorization(jacobian)
    let r = qr.r
    isRankDeficient = (0..<p).contains { abs(r[$0, $0]) < 1e-13 }
    let half = try qr.solvingR(curvature, transposed: true)
    var middle = try qr.solvingR(half.transposed, transposed: true)
    for i in 0..<p {
      for j in 0..<i {
        let mean = (middle[i, j] + middle[j, i]) / 2
        (middle[i, j], middle[j, i]) = (mean, mean)
      }
      middle[i, i] += 1
    }
    self.scales = scales
    self.qr = qr
    self.middle = try SymmetricEigenDecomposition(middle)
  }

  /// Whether the Hessian is positive definite.
  var isPositiveDefinite: Bool { (middle.values.first ?? 1) > 0 }

  /// The Newton step in the parameters, and its length ‖D s‖; nil if the factors are singular.
  func newtonStep(_ residuals: [Double]) -> (step: [Double], length: Double)? {
    let projected = qr.transposedQ(times: residuals)
    var right = DenseMatrix(rows: projected.count, columns: 1)
    let components = zip(middle.vectors.transposedTimes(projected), middle.values).map { -$0 / $1 }
    right.elements = middle.vectors.times(components)
    guard let scaled = try? qr.solvingR(right), scaled.isFinite else { return nil }
    let step = zip(scaled.elements, scales).map { $0 / $1 }
    return (step, scaled.elements.euclideanNorm)
  }

  /// √ of the diagonal of (JᵀJ)⁻¹: the lengths of the rows of R⁻¹, scaled.
  func gaussNewtonDeviations() throws -> [Double] {
    rowLengths(try qr.solvingR(.identity(scales.count)))
  }

  /// √ of the diagonal of the inverse of the exact Hessian, if that is positive definite.
  func hessianDeviations() throws -> [Double]? {
    guard isPositiveDefinite else { return nil }
    var right = middle.vectors
    for j in 0..<right.columns {
      for i in 0..<right.rows { right[i, j] /= middle.values[j].squareRoot() }
    }
    return rowLengths(try qr.solvingR(right))
  }

  private func rowLengths(_ matrix: DenseMatrix) -> [Double] {
    scales.indices.map { i in
      (0..<matrix.columns).lazy.map { matrix[i, $0] }.euclideanNorm / scales[i]
    }
  }
}

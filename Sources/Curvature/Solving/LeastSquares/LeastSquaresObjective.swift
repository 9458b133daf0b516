import TensorGraph

/// A vector of residuals r(b) whose half sum of squares f(b) = ½ ‖r(b)‖² is to be made small, with exact derivatives.
package struct LeastSquaresObjective {
  /// The number p of parameters b.
  package let parameterCount: Int
  /// The n residuals at b.
  package let residuals: ([Double]) throws -> [Double]
  /// Residuals, first and second derivatives at b.
  package let derivatives: ([Double]) throws -> ResidualDerivatives

  package init(
    parameterCount: Int, residuals: @escaping ([Double]) throws -> [Double],
    derivatives: @escaping ([Double]) throws -> ResidualDerivatives
  ) {
    self.parameterCount = parameterCount
    self.residuals = residuals
    self.derivatives = derivatives
  }
}

/// Residuals and their derivatives at one point.
package struct ResidualDerivatives {
  /// r, n elements.
  package let residuals: [Double]
  /// J = ∂r/∂b, n x p.
  package let jacobian: DenseMatrix
  /// S = Σᵢ rᵢ ∇²rᵢ, p x p: what the Hessian of f has beside JᵀJ.
  ///
  /// Kept apart from JᵀJ because JᵀJ squares the condition number of J; a sum of both has lost digits that a
  /// factorization of J still has.
  package let curvature: DenseMatrix

  package init(residuals: [Double], jacobian: DenseMatrix, curvature: DenseMatrix) {
    self.residuals = residuals
    self.jacobian = jacobian
    self.curvature = curvature
  }

  /// f = ½ ‖r‖².
  var value: Double { residuals.reduce(0) { $0 + $1 * $1 } / 2 }

  /// Jᵀ r, the gradient of f.
  var gradient: [Double] { jacobian.transposedTimes(residuals) }

  /// JᵀJ + S, the Hessian of f.
  var hessian: DenseMatrix {
    var result = jacobian.gram
    for i in result.elements.indices { result.elements[i] += curvature.elements[i] }
    return result
  }

  /// Whether everything is finite.
  var isFinite: Bool { residuals.allSatisfy(\.isFinite) && jacobian.isFinite && curvature.isFinite }

  /// Lengths of the columns of J.
  var columnNorms: [Double] {
    (0..<jacobian.columns).map { j in (0..<jacobian.rows).lazy.map { jacobian[$0, j] }.euclideanNorm }
  }

  /// The cosine of the angle between the residuals and the plane that the columns of J span; zero at a stationary point.
  ///
  /// The relative offset of Bates & Watts ("A relative offset orthogonality convergence criterion for nonlinear least
  /// squares", Technometrics 23, 1981) but for the factor √((n - p) / p). It does not change with the units of the
  /// parameters or of the response.
  func offset() throws -> Double {
    let norms = columnNorms
    let kept = norms.indices.filter { norms[$0] > 0 }
    let length = residuals.euclideanNorm
    guard !kept.isEmpty, length > 0, jacobian.rows >= kept.count else { return 0 }
    var columns = DenseMatrix(rows: jacobian.rows, columns: kept.count)
    for (k, j) in kept.enumerated() {
      for i in 0..<jacobian.rows { columns[i, k] = jacobian[i, j] / norms[j] }
    }
    return try QRFactorization(columns).transposedQ(times: residuals).euclideanNorm / length
  }
}

extension LeastSquaresObjective {
  /// f as a function to be minimized without regard to its form.
  func halfSquare(precision: Double) -> Objective {
    func result<Value>(_ body: () throws -> Value) throws(TensorError) -> Value {
      do { return try body() } catch let error as TensorError { throw error } catch { throw TensorError("\(error)") }
    }
    let factorizations = WorkCounter()
    return Objective(count: parameterCount, precision: precision) { (b) throws(TensorError) in
      try result { try residuals(b).reduce(0) { $0 + $1 * $1 } / 2 }
    } gradient: { (b) throws(TensorError) in
      try result { try derivatives(b).gradient }
    } hessian: { (b) throws(TensorError) in
      try result { .dense(try derivatives(b).hessian, factorizations) }
    } product: { (b, v) throws(TensorError) in
      try result { try derivatives(b).hessian.times(v) }
    }
  }
}

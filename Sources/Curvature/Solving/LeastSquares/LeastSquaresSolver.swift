import TensorGraph

/// Nonlinear least squares by a trust-region method that has exact second derivatives, with a final polish by Newton
/// steps in the basis of a QR factorization.
///
/// Two quadratic models of f = ½‖r‖² compete: Gauss & Newton's, with the Hessian JᵀJ, which is convex and good while
/// residuals are nearly linear or small, and Newton's, with the exact JᵀJ + Σ rᵢ∇²rᵢ, which knows curvature and can be
/// indefinite. As in NL2SOL (Dennis, Gay & Welsch, ACM TOMS 7, 1981) the one that foretold the last step better is
/// used for the next; the exact Hessian takes the place of their secant approximation. Each model is minimized exactly
/// in a ball ‖D s‖ ≤ Δ, D being the lengths of the columns of J, so that units of parameters do not matter.
package struct LeastSquaresSolver {
  /// The most steps, accepted trust-region steps and Newton steps together.
  package var maximumIterations: Int
  /// The cosine between residuals and the tangent plane at which the point counts as stationary.
  package var tolerance: Double

  package init(maximumIterations: Int = 5000, tolerance: Double = 1e-9) {
    self.maximumIterations = maximumIterations
    self.tolerance = tolerance
  }

  /// How a search ended.
  package enum Outcome: String, Sendable {
    /// At a local minimum: the gradient vanishes as far as rounding allows and the Hessian is positive definite.
    case converged
    /// After the most steps that were allowed.
    case iterationLimit
    /// Where no step made f smaller, but the conditions of a minimum do not hold.
    case stalled
    /// At a point where parameters, or combinations of them, have no effect on the residuals.
    case rankDeficient
    /// Where the task was cancelled.
    case cancelled
  }

  /// Where a search ended.
  package struct Solution {
    package let parameters: [Double]
    package let derivatives: ResidualDerivatives
    package let iterations: Int
    package let outcome: Outcome
    /// The cosine between residuals and tangent plane.
    package let offset: Double
  }

  /// Searches a local minimum from a start. Points where the residuals are not finite are never accepted.
  ///
  /// - Parameter onIterate: is told the number, the parameters and the derivatives of the start and of each accepted step.
  /// - Throws: `LinearAlgebraError` if the residuals or derivatives at the start are not finite, or there are fewer
  ///   residuals than parameters; what the objective and `onIterate` throw.
  package func minimize(
    _ objective: LeastSquaresObjective, from start: [Double],
    onIterate: (Int, [Double], ResidualDerivatives) throws -> Void = { _, _, _ in }
  ) throws -> Solution {
    precondition(start.count == objective.parameterCount)
    var search = TrustRegionSearch(
      parameters: start, derivatives: try objective.derivatives(start), tolerance: tolerance)
    guard search.derivatives.isFinite else {
      throw LinearAlgebraError("the model or its derivatives are not finite at the start")
    }
    let observations = search.derivatives.residuals.count
    guard observations >= start.count else {
      throw LinearAlgebraError(
        "\(observations) observation\(observations == 1 ? "" : "s") for \(start.count) parameters; at least as many "
          + "are needed")
    }
    var iterations = 0
    var isCancelled = false
    /// Whether another step may be tried.
    func mayGoOn() -> Bool {
      do { try Cancellation.check { "" } } catch { isCancelled = true }
      return !isCancelled && iterations < maximumIterations
    }
    try onIterate(0, search.parameters, search.derivatives)
    while mayGoOn(), try search.advance(objective) {
      iterations += 1
      try onIterate(iterations, search.parameters, search.derivatives)
    }
    let limited = iterations >= maximumIterations

    var polish = NewtonPolish(
      parameters: search.parameters, derivatives: search.derivatives, largestScales: search.largestScales)
    while mayGoOn(), try polish.advance(objective) {
      iterations += 1
      try onIterate(iterations, polish.parameters, polish.derivatives)
    }
    let offset = try polish.derivatives.offset()
    let outcome: Outcome =
      if isCancelled {
        .cancelled
      } else if polish.isMinimum(tolerance: tolerance, offset: offset) {
        .converged
      } else if limited {
        .iterationLimit
      } else {
        polish.isRankDeficient ? .rankDeficient : .stalled
      }
    return Solution(
      parameters: polish.parameters, derivatives: polish.derivatives, iterations: iterations, outcome: outcome,
      offset: offset)
  }
}

/// The state of a trust-region search.
private struct TrustRegionSearch {
  private(set) var parameters: [Double]
  private(set) var derivatives: ResidualDerivatives
  private let tolerance: Double
  private var scales: [Double]
  /// The largest lengths that the columns of J have had.
  private(set) var largestScales: [Double]
  private var radius: Double
  private var usesNewtonModel = false

  init(parameters: [Double], derivatives: ResidualDerivatives, tolerance: Double) {
    self.parameters = parameters
    self.derivatives = derivatives
    self.tolerance = tolerance
    scales = derivatives.columnNorms.map { $0 > 0 ? $0 : 1 }
    largestScales = scales
    radius = zip(scales, parameters).lazy.map { $0 * $1 }.euclideanNorm
    if !(radius > 0) { radius = 1 }
  }

  /// One accepted step. Returns false if there is none to take: at a stationary point, or where rounding hides
  /// whether f falls.
  mutating func advance(_ objective: LeastSquaresObjective) throws -> Bool {
    let norms = derivatives.columnNorms
    // The largest lengths seen, slowly forgotten: a scale from one steep point would hold the search back for good.
    for j in scales.indices {
      scales[j] = max(norms[j], scales[j] / 2)
      if !(scales[j] > 0) { scales[j] = 1 }
      largestScales[j] = max(largestScales[j], norms[j])
    }
    let models = try Models(derivatives, scales: scales)
    var isStationary = try derivatives.offset() <= tolerance
    if isStationary, models.newton.isConvex { return false }
    if isStationary { usesNewtonModel = true }  // a saddle: only the exact Hessian sees the way down

    let value = derivatives.value
    let extent = zip(scales, parameters).lazy.map { $0 * $1 }.euclideanNorm
    for attempt in 0..<100 {
      let step = (usesNewtonModel ? models.newton : models.gaussNewton).minimizer(radius: radius)
      let length = step.step.euclideanNorm
      let predicted = models.reductions(step.step)
      let chosen = usesNewtonModel ? predicted.newton : predicted.gaussNewton
      guard length > .ulpOfOne / 4 * extent, chosen > 4 * .ulpOfOne * value else {
        guard !usesNewtonModel, !models.newton.isConvex else { return false }
        (usesNewtonModel, isStationary) = (true, true)
        continue
      }

      let trial = zip(parameters, zip(step.step, scales)).map { $0 + $1.0 / $1.1 }
      let residuals = try objective.residuals(trial)
      let actual = reduction(to: residuals)
      let ratio = actual.isFinite ? actual / chosen : -1
      if actual.isFinite {
        // The other model takes over if it foretold this step clearly better.
        let errors = (gaussNewton: abs(actual - predicted.gaussNewton), newton: abs(actual - predicted.newton))
        let (own, other) = usesNewtonModel ? (errors.newton, errors.gaussNewton) : (errors.gaussNewton, errors.newton)
        if other < 0.7 * own, ratio > Self.leastRatio || (attempt == 0 && !isStationary) {
          usesNewtonModel.toggle()
          if ratio <= Self.leastRatio { continue }
        }
      }
      if ratio < 0.25 {
        radius = length / 4
      } else if ratio > 0.75, step.onBoundary {
        radius *= 2
      }
      guard ratio > Self.leastRatio else { continue }
      let next = try objective.derivatives(trial)
      guard next.isFinite else {
        radius = length / 4
        continue
      }
      parameters = trial
      derivatives = next
      return true
    }
    return false
  }

  /// The least part of the predicted reduction for which a step is accepted.
  private static let leastRatio = 1e-4

  /// f here minus f there, from differences of residuals, which lose less than a difference of sums.
  private func reduction(to residuals: [Double]) -> Double {
    var sum = 0.0
    for (old, new) in zip(derivatives.residuals, residuals) { sum += (old - new) * (old + new) }
    return sum / 2
  }

  /// The two quadratic models in scaled steps.
  private struct Models {
    let gaussNewton: TrustRegionSubproblem
    let newton: TrustRegionSubproblem

    init(_ derivatives: ResidualDerivatives, scales: [Double]) throws {
      var jacobian = derivatives.jacobian
      var curvature = derivatives.curvature
      for j in scales.indices {
        for i in 0..<jacobian.rows { jacobian[i, j] /= scales[j] }
        for i in scales.indices { curvature[i, j] /= scales[i] * scales[j] }
      }
      let gradient = jacobian.transposedTimes(derivatives.residuals)
      var hessian = jacobian.gram
      gaussNewton = try TrustRegionSubproblem(gradient: gradient, hessian: hessian)
      for i in hessian.elements.indices { hessian.elements[i] += curvature.elements[i] }
      newton = try TrustRegionSubproblem(gradient: gradient, hessian: hessian)
    }

    func reductions(_ step: [Double]) -> (gaussNewton: Double, newton: Double) {
      (gaussNewton.predictedReduction(step), newton.predictedReduction(step))
    }
  }
}

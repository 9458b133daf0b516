import TensorGraph

/// A search for a local minimum within simple bounds by a trust-region Newton method, a step at a time.
///
/// Each step minimizes the second-order Taylor polynomial in a ball ‖D s‖ ≤ Δ, exactly by factors of the Hessian (Moré &
/// Sorensen, "Computing a trust region step", SIAM J. Sci. Stat. Comput. 4, 1983) or by conjugate gradients; D follows the
/// units of the variables. Bounds are kept as by Lin & Moré ("Newton's method for large bound-constrained optimization
/// problems", SIAM J. Optim. 9, 1999): see `BoundedStep`. Where the value has no digits left to say whether it falls, Newton
/// steps that shrink go on to the accuracy of the gradient.
package struct NewtonSearch {
  package let objective: Objective
  /// Whether steps are found with the whole Hessian, rather than with products.
  package let usesMatrix: Bool
  package let lower: [Double]
  package let upper: [Double]
  package let tolerance: Double
  package let maximumIterations: Int

  package internal(set) var point: [Double]
  package internal(set) var value = Double.nan
  package internal(set) var gradient: [Double] = []
  /// The Hessian at the point, if whole ones are computed.
  var hessian: HessianMatrix?
  package internal(set) var iterations = 0
  package internal(set) var counts = EvaluationCounts()
  package internal(set) var stop: StopReason?
  /// D: the lengths of the units of the variables, inverse.
  var scales: [Double] = []
  var radius = 1.0
  let start: [Double]
  var startValue = 0.0
  var forcingReference = 0.0
  /// The last step, and for each variable how many steps in a row have led it outward without becoming shorter.
  var lastStep: [Double] = []
  private(set) var streaks: [Int]
  /// The largest magnitude that each variable has had.
  private(set) var reach: [Double]
  /// The lengths of the steps that were taken, and of the gradients where they began.
  private(set) var history: [(step: Double, slope: Double)] = []
  /// The largest scale that each variable has had.
  private(set) var largestScales: [Double] = []
  /// The largest change of the gradient over the step that brought it.
  private(set) var largestCurvature = 0.0
  /// The Hessian where the search began, if it is dense.
  private(set) var firstHessian: HessianMatrix?
  /// How often the search may yet leave a point where the gradient vanishes and the value falls all the same.
  var departures = 20
  var polish = PolishState.notBegun
  var hasLookedForSaddle = false
  /// The least curvature at the point, once it is known.
  var knownLowest: LowestCurvature?
  let products = WorkCounter()

  /// The least eigenvalue of the scaled Hessian with its vector, and what counts as zero beside it.
  struct LowestCurvature {
    let value: Double
    let vector: [Double]
    let threshold: Double
  }

  enum PolishState { case notBegun, running(reason: StopReason, lastLength: Double) }

  /// A step that lowers the value, before derivatives are known where it leads.
  private struct Trial {
    let point: [Double]
    let value: Double
    /// What the value fell by over what the polynomial foretold.
    let ratio: Double
    /// Whether the step is shorter than the radius.
    let isInside: Bool
    let length: Double
    let radius: Double

    /// Whether the polynomial still was the function where the step ended: a longer one costs a value and factors of the same
    /// Hessian, another iteration a new one (internal doubling: Dennis & Schnabel, "Numerical methods for unconstrained optimization and nonlinear equations",
    /// 1983, section 6.4.3). What is off grows with the length. With more than this the longer steps lead to other valleys.
    var isForetold: Bool { !isInside && abs(ratio - 1) <= 1e-3 }
  }

  /// - Parameters:
  ///   - start: is moved into the bounds.
  ///   - tolerance: the decrease, relative to the value, that a Newton step foretells at a stationary point at most, as the
  ///     square of this; twice the root of the rounding error by default.
  package init(
    _ objective: Objective, from start: [Double], lower: [Double]? = nil, upper: [Double]? = nil, usesMatrix: Bool,
    tolerance: Double? = nil, maximumIterations: Int = 1000
  ) throws(TensorError) {
    let n = objective.count
    precondition(start.count == n)
    self.objective = objective
    self.usesMatrix = usesMatrix
    self.lower = lower ?? [Double](repeating: -.infinity, count: n)
    self.upper = upper ?? [Double](repeating: .infinity, count: n)
    self.tolerance = tolerance ?? 2 * objective.precision.squareRoot()
    self.maximumIterations = maximumIterations
    point = zip(start, zip(self.lower, self.upper)).map { x, bounds in max(bounds.0, min(bounds.1, x)) }
    self.start = point
    reach = point.map { abs($0) }
    streaks = [Int](repeating: 0, count: n)
    counts.values += 1
    value = try objective.value(point)
    startValue = value
    guard value.isFinite, let derivatives = try derivatives(at: point) else {
      counts.gradients += 1
      gradient = try objective.gradient(point)
      stop = .notFiniteAtStart
      return
    }
    adopt(derivatives)
    if hessian?.dense != nil { firstHessian = hessian }
    let extent = scaled(point).euclideanNorm
    let slope = zip(freeGradient, scales).map { $0 / $1 }.euclideanNorm
    // A first step as long as the way from the origin may lead into another valley; a ball that is too small soon grows (Moré,
    // "The Levenberg-Marquardt algorithm: implementation and theory", 1978, begins with such a factor).
    radius = extent > 0 ? (usesMatrix ? 0.1 : 1) * extent : slope > 0 ? slope : 1
    forcingReference = freeGradient.euclideanNorm
  }

  /// Whether some variable has a bound. O(N).
  private var hasBounds: Bool { lower.contains { $0 > -.infinity } || upper.contains { $0 < .infinity } }

  /// The gradient, with zeros where a bound holds the variable against it.
  package var freeGradient: [Double] {
    gradient.indices.map { i in isHeld(i) ? 0 : gradient[i] }
  }

  /// Whether a variable lies on a bound towards which the value falls.
  package func isHeld(_ i: Int) -> Bool {
    point[i] <= lower[i] && gradient[i] > 0 || point[i] >= upper[i] && gradient[i] < 0 || lower[i] == upper[i]
  }

  /// The variables that no bound holds.
  package var freeVariables: [Int] { point.indices.filter { !isHeld($0) } }

  // MARK: Derivatives

  typealias Derivatives = (gradient: [Double], hessian: HessianMatrix?, diagonal: [Double]?)

  /// The derivatives at a point; nil if one is not finite.
  mutating func derivatives(at x: [Double]) throws(TensorError) -> Derivatives? {
    counts.gradients += 1
    let gradient = try objective.gradient(x)
    guard gradient.allSatisfy(\.isFinite) else { return nil }
    guard usesMatrix else {
      guard let diagonal = objective.diagonal else { return (gradient, nil, nil) }
      counts.hessianDiagonals += 1
      return (gradient, nil, try diagonal(x))
    }
    counts.hessians += 1
    let hessian = try objective.hessian(x)
    return hessian.isFinite ? (gradient, hessian, nil) : nil
  }

  /// Goes on from where a search has ended, by another model.
  mutating func resume() throws(TensorError) {
    (stop, polish) = (nil, .notBegun)
    try refreshModel()
  }

  /// Looks at the second derivatives here anew, which another model gives now.
  mutating func refreshModel() throws(TensorError) {
    guard stop == nil, let derivatives = try derivatives(at: point) else { return }
    adopt(derivatives)
  }

  private mutating func adopt(_ derivatives: Derivatives) {
    (gradient, hessian) = (derivatives.gradient, derivatives.hessian)
    (hasLookedForSaddle, knownLowest) = (false, nil)
    guard let fresh = derivatives.hessian?.equilibration ?? derivatives.diagonal.map(Self.units) else {
      scales = [Double](repeating: 1, count: point.count)
      return
    }
    defer { largestScales = largestScales.isEmpty ? scales : zip(largestScales, scales).map { max($0, $1) } }
    // The largest scales seen, slowly forgotten: one steep point must not hold the search back for good.
    scales = fresh.indices.map { i in
      let kept = scales.isEmpty ? 0 : scales[i] / 2
      let scale = max(fresh[i] ?? 0, kept)
      return scale > 0 && scale.isFinite ? scale : 1
    }
  }

  /// The roots of a diagonal's magnitudes, those next to nothing beside the largest one raised.
  private static func units(_ diagonal: [Double]) -> [Double?] {
    let least = 1e-12 * diagonal.lazy.filter(\.isFinite).map { abs($0) }.reduce(0, max)
    return diagonal.map { $0.isFinite ? max(abs($0), least).squareRoot() : nil }
  }

  func scaled(_ x: [Double]) -> [Double] { zip(x, scales).map { $0 * $1 } }

  /// A decrease that counts as nothing: a part of the value, and the square of the rounding error of where the search began. Sums
  /// of squares that vanish at the minimum are no more than that square when their terms are rounding. Where powers vanish the
  /// point says more than the value: as long as steps are not short beside it, a part of the square counts.
  ///
  /// - Parameter length: the step's, in units of the scales.
  func negligible(_ part: Double, length: Double = 0) -> Double {
    let isShort = length <= 1e-6 * scaled(reach).euclideanNorm
    let least = objective.precision * objective.precision * (isShort ? 1 : part)
    return part * abs(value) + max(least * min(1, abs(startValue)), .leastNormalMagnitude)
  }

  // MARK: Steps

  /// One accepted step. Returns false if there is none to take, and sets `stop`.
  package mutating func advance() throws(TensorError) -> Bool {
    guard stop == nil else { return false }
    defer {
      counts.hessianProducts = products.count
      if let hessian { counts.factorizations = hessian.factorizationCount }
    }
    do {
      try Cancellation.check { "" }
      if case .running(let reason, let length) = polish { return try polishStep(reason, length) }
      guard iterations < maximumIterations else {
        stop = .iterationLimit
        return false
      }
      return try searchStep()
    } catch {
      guard error.isCancellation else { throw error }
      stop = .cancelled
      return false
    }
  }

  private mutating func searchStep() throws(TensorError) -> Bool {
    let slope = freeGradient
    var model = quadraticModel()
    model.forcing = min(0.1, (slope.euclideanNorm / max(forcingReference, .leastNormalMagnitude)).squareRoot())
    var box = BoundedStep(
      model: model, lower: scaled(zip(lower, point).map { $0 - $1 }), upper: scaled(zip(upper, point).map { $0 - $1 }),
      hasBounds: hasBounds, gradient: zip(gradient, scales).map { $0 / $1 })
    let extent = scaled(point).euclideanNorm
    let decrement = 0.5 * zip(slope, scales).reduce(0) { $0 + ($1.0 / $1.1) * ($1.0 / $1.1) }
    let precision = objective.precision
    var shorter: Trial?
    for _ in 0..<100 {
      try Cancellation.check { "" }
      let trial = try box.minimizer(radius: radius)
      let length = trial.step.euclideanNorm
      let isInside = !trial.onBoundary
      guard trial.reduction > 0, length > 0 else {
        return try finish(decrement <= negligible(tolerance * tolerance, length: length) ? .gradient : .noProgress)
      }
      if trial.reduction <= negligible(max(tolerance * tolerance, 4 * precision), length: length) {
        if isInside, !usesMatrix, box.model.forcing > Self.finalForcing {
          // Before it is said that nothing is left to gain, it is looked for in directions of little curvature, too.
          box.model.forcing = Self.finalForcing
          continue
        }
        if isInside || decrement <= negligible(tolerance * tolerance, length: length) {
          return try finish(trial.reduction <= negligible(tolerance * tolerance, length: length) ? .gradient : .value)
        }
        return try finish(.noProgress)
      }
      if length <= precision / 4 * extent { return try finish(isInside ? .step : .noProgress) }
      var next = moved(by: zip(trial.step, scales).map { $0 / $1 })
      for i in next.indices where box.hasBounds {
        if trial.step[i] <= box.lower[i] {
          next[i] = lower[i]
        } else if trial.step[i] >= box.upper[i] {
          next[i] = upper[i]
        }
      }
      counts.values += 1
      let nextValue = try objective.value(next)
      if nextValue == -.infinity || nextValue < -max(1, abs(startValue)) / (precision * precision) {
        if nextValue.isFinite { (point, value) = (next, nextValue) }
        stop = .unbounded
        return false
      }
      let actual = nextValue.isFinite ? value - nextValue : -.infinity
      let ratio = actual / trial.reduction
      var candidate = Trial(
        point: next, value: nextValue, ratio: ratio, isInside: isInside, length: length, radius: radius)
      if let found = shorter, !(nextValue < found.value && ratio > 0.75) {
        candidate = found
      } else if usesMatrix, candidate.isForetold {
        shorter = candidate
        radius *= 10
        continue
      }
      if candidate.ratio < 0.25, isInside, trial.reduction <= negligible(4000 * precision, length: length),
        abs(actual) <= negligible(1000 * precision, length: length)
      {
        return try finish(.value)  // the value has no digits left that would tell
      }
      if candidate.ratio > 1e-4 {
        if try take(candidate) { return true }
        if let found = shorter, found.length < candidate.length, try take(found) { return true }
      }
      radius = min(candidate.radius, candidate.length) / 4
      shorter = nil
    }
    if let found = shorter, try take(found) { return true }
    return try finish(.noProgress)
  }

  /// Goes to a point where the value is lower, and changes the radius by how well that was foretold.
  ///
  /// - Returns: whether the derivatives are finite there; otherwise nothing has changed.
  private mutating func take(_ trial: Trial) throws(TensorError) -> Bool {
    guard let derivatives = try derivatives(at: trial.point) else { return false }
    radius = trial.radius
    if trial.ratio < 0.25 {
      radius = min(radius, trial.length) / 4
    } else if trial.ratio > 0.75, !trial.isInside {
      radius *= 2
    }
    accept(trial.point, trial.value, derivatives)
    if point.largestMagnitude > max(1, start.largestMagnitude) / (objective.precision * objective.precision) {
      stop = .receding
    }
    return true
  }

  /// How far conjugate gradients reduce the gradient before a search with products ends.
  private static let finalForcing = 1e-8

  func moved(by step: [Double]) -> [Double] {
    point.indices.map { max(lower[$0], min(upper[$0], point[$0] + step[$0])) }
  }

  mutating func accept(_ next: [Double], _ nextValue: Double, _ derivatives: Derivatives) {
    let step = zip(next, point).map { $0 - $1 }
    for i in step.indices {
      let isOutward = step[i] * next[i] > 0
      let isLong = lastStep.isEmpty || step[i] * lastStep[i] > 0 && abs(step[i]) >= 0.5 * abs(lastStep[i])
      streaks[i] = isOutward && isLong ? streaks[i] + 1 : 0
    }
    let change = zip(derivatives.gradient, gradient).lazy.map { $0 - $1 }.euclideanNorm
    largestCurvature = max(largestCurvature, change / max(step.euclideanNorm, .leastNormalMagnitude))
    history.append((step.euclideanNorm, freeGradient.euclideanNorm))
    (lastStep, point, value) = (step, next, nextValue)
    reach = zip(reach, next).map { max($0, abs($1)) }
    adopt(derivatives)
    iterations += 1
  }

  /// The function here in scaled variables.
  func quadraticModel() -> QuadraticModel {
    if let hessian { return QuadraticModel(form: .matrix(hessian.scaled(by: scales))) }
    return QuadraticModel(form: .products(scaledProduct(scales)))
  }

  /// D⁻¹ H D⁻¹ v by a product, which is counted.
  func scaledProduct(_ scales: [Double]) -> ([Double]) throws(TensorError) -> [Double] {
    let (objective, point, products) = (objective, point, products)
    return { (v) throws(TensorError) in
      products.count += 1
      let product = try objective.product(point, zip(v, scales).map { $0 / $1 })
      return zip(product, scales).map { $0 / $1 }
    }
  }
}

extension DenseMatrix {
  /// D⁻¹ A D⁻¹.
  func scaled(by scales: [Double]) -> DenseMatrix {
    var result = self
    for j in 0..<columns {
      for i in 0..<rows { result[i, j] /= scales[i] * scales[j] }
    }
    return result
  }
}

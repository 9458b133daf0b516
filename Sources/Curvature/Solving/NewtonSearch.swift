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
  private var radius = 1.0
  private let startMagnitude: Double
  private var startValue = 0.0
  private var forcingReference = 0.0
  /// The last step, and for each variable how many steps in a row have led it outward without becoming shorter.
  private var lastStep: [Double] = []
  private var streaks: [Int]
  private var polish = PolishState.notBegun
  private var hasLookedForSaddle = false
  private let products = WorkCounter()

  private enum PolishState { case notBegun, running(reason: StopReason, lastLength: Double) }

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
    startMagnitude = point.largestMagnitude
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

  private typealias Derivatives = (gradient: [Double], hessian: HessianMatrix?)

  /// The derivatives at a point; nil if one is not finite.
  private mutating func derivatives(at x: [Double]) throws(TensorError) -> Derivatives? {
    counts.gradients += 1
    let gradient = try objective.gradient(x)
    guard gradient.allSatisfy(\.isFinite) else { return nil }
    guard usesMatrix else { return (gradient, nil) }
    counts.hessians += 1
    let hessian = try objective.hessian(x)
    return hessian.isFinite ? (gradient, hessian) : nil
  }

  private mutating func adopt(_ derivatives: Derivatives) {
    (gradient, hessian) = derivatives
    hasLookedForSaddle = false
    guard let hessian else {
      scales = [Double](repeating: 1, count: point.count)
      return
    }
    // The largest scales seen, slowly forgotten: one steep point must not hold the search back for good.
    let fresh = hessian.equilibration
    scales = fresh.indices.map { i in
      let kept = scales.isEmpty ? 0 : scales[i] / 2
      let scale = max(fresh[i] ?? 0, kept)
      return scale > 0 && scale.isFinite ? scale : 1
    }
  }

  func scaled(_ x: [Double]) -> [Double] { zip(x, scales).map { $0 * $1 } }

  /// What counts as nothing in the value.
  private var valueScale: Double {
    let least = objective.precision * objective.precision
    return abs(value) + max(least * min(1, abs(startValue)), .leastNormalMagnitude)
  }

  // MARK: Steps

  /// One accepted step. Returns false if there is none to take, and sets `stop`.
  package mutating func advance() throws(TensorError) -> Bool {
    guard stop == nil else { return false }
    defer {
      counts.hessianProducts = products.count
      if case .sparse(let hessian) = hessian { counts.factorizations = hessian.factorizations.count }
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
    for _ in 0..<100 {
      try Cancellation.check { "" }
      let trial = try box.minimizer(radius: radius)
      let length = trial.step.euclideanNorm
      let isInside = !trial.onBoundary
      guard trial.reduction > 0, length > 0 else {
        return try finish(decrement <= tolerance * tolerance * valueScale ? .gradient : .noProgress)
      }
      if trial.reduction <= max(tolerance * tolerance, 4 * precision) * valueScale {
        if isInside, !usesMatrix, box.model.forcing > Self.finalForcing {
          // Before it is said that nothing is left to gain, it is looked for in directions of little curvature, too.
          box.model.forcing = Self.finalForcing
          continue
        }
        if isInside || decrement <= tolerance * tolerance * valueScale {
          return try finish(trial.reduction <= tolerance * tolerance * valueScale ? .gradient : .value)
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
      if ratio < 0.25, isInside, trial.reduction <= 4000 * precision * valueScale,
        abs(actual) <= 1000 * precision * valueScale
      {
        return try finish(.value)  // the value has no digits left that would tell
      }
      let isAccepted = ratio > 1e-4
      if isAccepted, let derivatives = try derivatives(at: next) {
        if ratio < 0.25 { radius = min(radius, length) / 4 } else if ratio > 0.75, !isInside { radius *= 2 }
        accept(next, nextValue, derivatives)
        if point.largestMagnitude > max(1, startMagnitude) / (precision * precision) {
          stop = .receding
          return true
        }
        return true
      }
      radius = min(radius, length) / 4
    }
    return try finish(.noProgress)
  }

  /// How far conjugate gradients reduce the gradient before a search with products ends.
  private static let finalForcing = 1e-8

  private func moved(by step: [Double]) -> [Double] {
    point.indices.map { max(lower[$0], min(upper[$0], point[$0] + step[$0])) }
  }

  private mutating func accept(_ next: [Double], _ nextValue: Double, _ derivatives: Derivatives) {
    let step = zip(next, point).map { $0 - $1 }
    for i in step.indices {
      let isOutward = step[i] * next[i] > 0
      let isLong = lastStep.isEmpty || step[i] * lastStep[i] > 0 && abs(step[i]) >= 0.5 * abs(lastStep[i])
      streaks[i] = isOutward && isLong ? streaks[i] + 1 : 0
    }
    (lastStep, point, value) = (step, next, nextValue)
    adopt(derivatives)
    iterations += 1
  }

  /// The function here in scaled variables.
  func quadraticModel() -> QuadraticModel {
    if let hessian { return QuadraticModel(form: .matrix(hessian.scaled(by: scales))) }
    let (objective, point, products) = (objective, point, products)
    return QuadraticModel(
      form: .products { (v) throws(TensorError) in
        products.count += 1
        return try objective.product(point, v)
      })
  }

  // MARK: The end

  /// Goes on from where the value says no more: past a saddle, or by Newton steps. Returns whether a step was taken.
  private mutating func finish(_ reason: StopReason) throws(TensorError) -> Bool {
    let isAtRounding =
      reason == .noProgress
      && (isRounding(startValue: startValue, startSlope: forcingReference) || isGradientRounding)
    let reason = isAtRounding ? .value : reason
    guard usesMatrix else {
      if reason != .noProgress, !hasLookedForSaddle, try leaveSaddle() { return true }
      stop = isReceding(lastStep) ? .receding : reason
      return false
    }
    polish = .running(reason: reason, lastLength: .infinity)
    return try polishStep(reason, .infinity)
  }

  /// Whether the value is what rounding leaves of one that vanishes at the minimum, and the gradient vanishes with it.
  ///
  /// - Parameter startSlope: the length of the gradient where the search began.
  func isRounding(startValue: Double, startSlope: Double) -> Bool {
    let root = objective.precision.squareRoot()
    return abs(value) <= objective.precision * root * min(1, abs(startValue))
      && freeGradient.euclideanNorm <= root * startSlope
  }

  /// Whether the whole gradient is what rounding leaves of sums as large as |H| |x|: at a kink the second derivatives vanish, and
  /// it is not.
  private var isGradientRounding: Bool {
    guard let hessian else { return false }
    let sums = hessian.magnitudesTimes(point.map { abs($0) })
    let limit = 4 * Double(point.count) * objective.precision
    return gradient.indices.allSatisfy { isHeld($0) || abs(gradient[$0]) <= limit * sums[$0] }
  }

  /// Whether a full Newton step is foretold to lower the value by no more than the tolerance allows, or rounding.
  func isStationary() throws(TensorError) -> Bool {
    guard let hessian else { return false }
    let free = freeVariables
    let slope = zip(gradient, scales).map { $0 / $1 }
    guard let newton = try hessian.scaled(by: scales).newtonStep(slope, free: free) else { return false }
    return -0.5 * dot(slope, newton) <= max(tolerance * tolerance, 64 * objective.precision) * valueScale
  }

  /// A Newton step in the free variables, as long as it is much shorter than the last one: the value cannot tell any more
  /// whether it falls, the gradient can.
  private mutating func polishStep(_ reason: StopReason, _ lastLength: Double) throws(TensorError) -> Bool {
    let free = freeVariables
    let slope = zip(gradient, scales).map { $0 / $1 }
    guard let newton = try hessian!.scaled(by: scales).newtonStep(slope, free: free) else {
      stop = isReceding(lastStep) ? .receding : reason
      return false
    }
    let length = newton.euclideanNorm
    let step = zip(newton, scales).map { $0 / $1 }
    let next = moved(by: step)
    if iterations < maximumIterations, length > 0, length < lastLength / 4, next != point {
      counts.values += 1
      let nextValue = try objective.value(next)
      if nextValue <= value + 1e-6 * abs(value) + .leastNormalMagnitude, let derivatives = try derivatives(at: next) {
        accept(next, nextValue, derivatives)
        polish = .running(reason: reason, lastLength: length)
        return true
      }
    }
    let isSmall = length <= objective.precision.squareRoot() * scaled(point).euclideanNorm
    stop = isReceding(step) ? .receding : reason == .noProgress && isSmall ? .step : reason
    return false
  }

  /// Whether variables go outward, step after step as far as before, although the value hardly falls.
  private func isReceding(_ step: [Double]) -> Bool {
    guard !step.isEmpty else { return false }
    return point.indices.contains { i in
      streaks[i] >= 5 && step[i] * point[i] > 0 && abs(step[i]) > 1e-3 * abs(point[i])
    }
  }

  /// A step along negative curvature from a point where the gradient vanishes. Returns whether one was taken.
  private mutating func leaveSaddle() throws(TensorError) -> Bool {
    hasLookedForSaddle = true
    guard iterations < maximumIterations, let lowest = try lowestCurvature(), lowest.value < -lowest.threshold else {
      return false
    }
    let sign = dot(lowest.vector, gradient) > 0 ? -1.0 : 1
    var length = max(radius, 1e-3 * max(1, point.euclideanNorm))
    for attempt in 0..<60 {
      let side = attempt % 2 == 0 ? sign : -sign
      let next = moved(by: lowest.vector.map { side * length * $0 })
      counts.values += 1
      let nextValue = try objective.value(next)
      if nextValue < value, nextValue.isFinite, let derivatives = try derivatives(at: next) {
        accept(next, nextValue, derivatives)
        radius = length
        forcingReference = max(forcingReference, freeGradient.euclideanNorm)
        return true
      }
      if attempt % 2 == 1 { length /= 4 }
    }
    return false
  }

  /// The least eigenvalue of the Hessian in the free scaled variables by Lanczos' method, and what counts as zero beside it.
  mutating func lowestCurvature() throws(TensorError) -> (value: Double, vector: [Double], threshold: Double)? {
    let free = freeVariables
    guard !free.isEmpty else { return nil }
    let (objective, point, n, hessian) = (objective, point, point.count, hessian?.scaled(by: scales))
    let pairs = try Lanczos.eigenpairs(
      count: free.count, wanted: 1, end: .smallest, tolerance: 1e-6, maximumProducts: 200, findsCopies: false
    ) { (v) throws(TensorError) in
      let direction = v.spread(over: free, count: n)
      let product = if let hessian { hessian.times(direction) } else { try objective.product(point, direction) }
      return free.map { product[$0] }
    }
    if hessian == nil {
      products.count += pairs.products
      counts.hessianProducts = products.count
    }
    guard let value = pairs.values.first, value.isFinite else { return nil }
    let threshold = max(1e-8, objective.precision.squareRoot()) * pairs.norm + pairs.residuals[0]
    return (value, pairs.vectors[0].spread(over: free, count: n), threshold)
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

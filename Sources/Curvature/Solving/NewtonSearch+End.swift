import TensorGraph

// How a search ends: what is left to do where the value says no more.

extension NewtonSearch {
  /// Goes on from where the value says no more: past a saddle, or by Newton steps. Returns whether a step was taken.
  mutating func finish(_ reason: StopReason) throws(TensorError) -> Bool {
    let isAtRounding =
      reason == .noProgress
      && (isRounding(startValue: startValue, startSlope: forcingReference) || isGradientRounding)
    let reason = isAtRounding ? .value : reason
    guard usesMatrix else {
      if reason != .noProgress, !hasLookedForSaddle, try leaveSaddle() { return true }
      stop = try isReceding(lastStep) ? .receding : reason
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
  mutating func polishStep(_ reason: StopReason, _ lastLength: Double) throws(TensorError) -> Bool {
    let free = freeVariables
    let slope = zip(gradient, scales).map { $0 / $1 }
    guard let newton = try hessian!.scaled(by: scales).newtonStep(slope, free: free) else {
      stop = try isReceding(lastStep) ? .receding : reason
      return false
    }
    let length = newton.euclideanNorm
    let step = zip(newton, scales).map { $0 / $1 }
    let next = moved(by: step)
    if iterations < maximumIterations, length > 0, length < lastLength / 4, changes(by: step) {
      counts.values += 1
      let nextValue = try objective.value(next)
      if nextValue <= value + 1e-6 * abs(value) + .leastNormalMagnitude, let derivatives = try derivatives(at: next) {
        accept(next, nextValue, derivatives)
        polish = .running(reason: reason, lastLength: length)
        return true
      }
    }
    let isSmall = length <= objective.precision.squareRoot() * scaled(point).euclideanNorm
    stop = try isReceding(step) ? .receding : reason == .noProgress && isSmall ? .step : reason
    return false
  }

  /// Whether a step changes some variable by more than its rounding. One that is nothing beside what it has been counts as zero: it
  /// is not followed through ever smaller numbers.
  private func changes(by step: [Double]) -> Bool {
    let precision = objective.precision
    let next = moved(by: step)
    return point.indices.contains { i in
      let size = max(abs(point[i]), abs(next[i]))
      return abs(next[i] - point[i]) > precision / 2 * abs(point[i]) && size > precision * reach[i]
    }
  }

  /// Whether variables go outward without end, step after step as far as before, although the value hardly falls: where no
  /// bound lies before them, and either the value does not rise far out along the step, or they have become large.
  private mutating func isReceding(_ step: [Double]) throws(TensorError) -> Bool {
    let outward =
      step.isEmpty
      ? []
      : point.indices.filter { i in
        streaks[i] >= 5 && step[i] * point[i] > 0 && abs(step[i]) > 1e-3 * abs(point[i])
          && (step[i] > 0 ? upper[i] == .infinity : lower[i] == -.infinity)
      }
    guard !outward.isEmpty else { return false }
    if outward.contains(where: { abs(point[$0]) > 1e3 * max(1, abs(start[$0])) }) { return true }
    let extent = point.largestMagnitude / step.largestMagnitude
    for factor in [1.0, 10, 100] {
      counts.values += 1
      let there = try objective.value(moved(by: step.map { factor * extent * $0 }))
      guard there <= value + 64 * objective.precision * abs(value) else { return false }
    }
    return true
  }

  /// A step along negative curvature from a point where the gradient vanishes. Returns whether one was taken.
  private mutating func leaveSaddle() throws(TensorError) -> Bool {
    hasLookedForSaddle = true
    guard iterations < maximumIterations, let lowest = try lowestCurvature(), lowest.value < -lowest.threshold else {
      return false
    }
    let direction = zip(lowest.vector, scales).map { $0 / $1 }
    let sign = dot(direction, gradient) > 0 ? -1.0 : 1
    var length = max(radius, 1e-3 * max(1, scaled(point).euclideanNorm))
    for attempt in 0..<60 {
      let side = attempt % 2 == 0 ? sign : -sign
      let next = moved(by: direction.map { side * length * $0 })
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
    let (n, product, hessian) = (point.count, scaledProduct, hessian?.scaled(by: scales))
    let pairs = try Lanczos.eigenpairs(
      count: free.count, wanted: 1, end: .smallest, tolerance: 1e-6, roundoff: objective.precision,
      maximumProducts: 200, findsCopies: false
    ) { (v) throws(TensorError) in
      let direction = v.spread(over: free, count: n)
      let image = if let hessian { hessian.times(direction) } else { try product(direction) }
      return free.map { image[$0] }
    }
    counts.hessianProducts = products.count
    guard let value = pairs.values.first, value.isFinite else { return nil }
    let threshold = max(1e-8, objective.precision.squareRoot()) * pairs.norm + pairs.residuals[0]
    return (value, pairs.vectors[0].spread(over: free, count: n), threshold)
  }
}

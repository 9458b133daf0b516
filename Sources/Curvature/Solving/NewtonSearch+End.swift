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
      return try end(reason, lastStep)
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
    return -0.5 * dot(slope, newton)
      <= negligible(max(tolerance * tolerance, 64 * objective.precision), length: newton.euclideanNorm)
  }

  /// A Newton step in the free variables, as long as it is much shorter than the last one: the value cannot tell any more
  /// whether it falls, the gradient can.
  mutating func polishStep(_ reason: StopReason, _ lastLength: Double) throws(TensorError) -> Bool {
    let free = freeVariables
    let slope = zip(gradient, scales).map { $0 / $1 }
    guard let newton = try hessian!.scaled(by: scales).newtonStep(slope, free: free) else {
      return try end(reason, lastStep)
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
    return try end(reason == .noProgress && isSmall ? .step : reason, step)
  }

  /// Ends the search, unless the value falls from here after all. Returns whether a step was taken.
  ///
  /// - Parameter step: the last one, or the one that would be next.
  private mutating func end(_ reason: StopReason, _ step: [Double]) throws(TensorError) -> Bool {
    if try isReceding(step) {
      stop = .receding
      return false
    }
    if reason.isConverged, try leaveFlat() { return true }
    stop = reason.isConverged && isAtKink ? .noProgress : reason == .gradient && !gradientVanishes ? .value : reason
    return false
  }

  /// Whether the gradient is nothing beside those that the search has met, or what rounding leaves.
  private var gradientVanishes: Bool {
    let largest = history.reduce(forcingReference) { max($0, $1.slope) }
    return freeGradient.euclideanNorm <= objective.precision.squareRoot() * largest || isGradientRounding
  }

  /// Whether steps have become much shorter and the gradient has not: where it vanishes it falls as they do.
  private var isAtKink: Bool {
    guard let last = history.last, !isGradientRounding,
      let earlier = history.last(where: { $0.step >= 1000 * last.step })
    else { return false }
    return freeGradient.euclideanNorm >= 0.5 * earlier.slope
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

  /// A step to a lower value from a point where the gradient vanishes and there is so little curvature along some direction that
  /// the second derivatives do not tell: an inflection, or a higher order. Returns whether one was taken.
  ///
  /// Along such a direction and against it points are looked at farther and farther away, as long as the value does not rise.
  private mutating func leaveFlat() throws(TensorError) -> Bool {
    guard departures > 0, iterations < maximumIterations else { return false }
    for direction in try flatDirections() {
      // How far the variables have been that it moves, but for rounding.
      let size = zip(direction, reach).reduce(0) { abs($1.0) > 0.1 ? max($0, $1.1) : $0 }
      for side in dot(direction, gradient) > 0 ? [-1.0, 1] : [1.0, -1] {
        var length = 1e-8 * (size > 0 ? size : 1)
        for _ in 0..<8 {
          let next = moved(by: direction.map { side * length * $0 })
          let step = zip(next, point).map { $0 - $1 }
          counts.gradients += 1
          let slope = dot(try objective.gradient(next), step)
          // A direction is flat but for a little of the others.
          let rounding = 1e-8 * largestCurvature * dot(step, step)
          guard slope <= rounding else { break }
          counts.values += 1
          let nextValue = try objective.value(next)
          // A fall that the slope explains is none of rounding.
          let fall = value - nextValue
          if fall > negligible(64 * objective.precision + tolerance * tolerance), slope < 0,
            20 * fall >= -slope,
            nextValue.isFinite, let derivatives = try derivatives(at: next)
          {
            departures -= 1
            accept(next, nextValue, derivatives)
            radius = scaled(step).euclideanNorm
            polish = .notBegun
            return true
          }
          length *= 10
        }
      }
    }
    return false
  }

  /// Directions in the free variables along which the Hessian has next to no curvature beside what it had on the way, each with a
  /// largest magnitude of 1.
  private mutating func flatDirections() throws(TensorError) -> [[Double]] {
    let free = freeVariables
    guard !free.isEmpty else { return [] }
    // Where rounding of the value ends a search for the least x³ the curvature has become the cube root of it.
    let share = 4 * objective.precision.squareRoot().squareRoot()
    let isFlatter = zip(scales, largestScales).contains { $0 * $0 < share * $1 * $1 }
    let whole = hessian?.scaled(by: largestScales)
    if !isFlatter, let whole, try whole.isDefinite(free, of: point.count, beyond: 1e-6) == true { return [] }
    guard let dense = whole?.dense else {
      let units = isFlatter ? largestScales : scales
      let limit = isFlatter ? share : largestScales.isEmpty ? share * largestCurvature : 0
      func isFlat(_ lowest: LowestCurvature) -> Bool { lowest.value <= max(lowest.threshold, limit) }
      guard let lowest = try lowestCurvature(in: isFlatter ? units : nil), isFlat(lowest) else { return [] }
      return try lowestCurvatures(4, in: units).filter(isFlat).map { lowest in
        Self.normalized(zip(lowest.vector, units).map { $0 / $1 })
      }
    }
    guard let eigen = try? SymmetricEigenDecomposition(dense.part(free)) else { return [] }
    let first = firstHessian?.scaled(by: largestScales)
    return (0..<free.count).prefix { eigen.values[$0] <= share }.prefix(8).compactMap { k in
      let vector = (0..<free.count).map { eigen.vectors[$0, k] }.spread(over: free, count: point.count)
      let before = first.map { abs(dot(vector, $0.times(vector))) } ?? 0
      guard eigen.values[k] <= max(1e-6, share * before) else { return nil }
      return Self.normalized(zip(vector, largestScales).map { $0 / $1 })
    }
  }

  /// The least eigenvalue of the Hessian in the free scaled variables by Lanczos' method, and what counts as zero beside it.
  ///
  /// - Parameter units: the scales of the variables, if they are not those of now.
  mutating func lowestCurvature(in units: [Double]? = nil) throws(TensorError) -> LowestCurvature? {
    if units == nil, let knownLowest { return knownLowest }
    let lowest = try lowestCurvatures(1, in: units ?? scales).first
    if units == nil { knownLowest = lowest }
    return lowest
  }

  /// The least eigenvalues in some scales, as many as are asked for at most.
  private mutating func lowestCurvatures(_ wanted: Int, in scales: [Double]) throws(TensorError) -> [LowestCurvature] {
    let free = freeVariables
    guard !free.isEmpty else { return [] }
    let (n, product, hessian) = (point.count, scaledProduct(scales), hessian?.scaled(by: scales))
    let pairs: Lanczos.Eigenpairs
    do throws(TensorError) {
      pairs = try Lanczos.eigenpairs(
        count: free.count, wanted: wanted, end: .smallest, tolerance: 1e-6, roundoff: objective.precision,
        maximumProducts: 200, findsCopies: false
      ) { (v) throws(TensorError) in
        let direction = v.spread(over: free, count: n)
        let image = if let hessian { hessian.times(direction) } else { try product(direction) }
        return free.map { image[$0] }
      }
    } catch {
      // Products that are not finite have none.
      if error.isCancellation { throw error }
      return []
    }
    counts.hessianProducts = products.count
    let share = max(1e-8, objective.precision.squareRoot())
    return pairs.values.indices.filter { pairs.values[$0].isFinite }.map { k in
      LowestCurvature(
        value: pairs.values[k], vector: pairs.vectors[k].spread(over: free, count: n),
        threshold: share * pairs.norm + pairs.residuals[k])
    }
  }
}

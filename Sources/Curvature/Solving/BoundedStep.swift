import TensorGraph

/// A step that makes a quadratic model small within a ball and a box.
///
/// Without a box it is the minimizer in the ball. In a box, after Lin & Moré (SIAM J. Optim. 9, 1999): first the Cauchy
/// point, the first point on the projected path of steepest descent where the model has fallen enough, which says what
/// bounds hold; then minimizers in the variables that are free there, projected on the box, until no further bound is met.
struct BoundedStep {
  var model: QuadraticModel
  /// The steps that lead to the bounds: no step goes farther.
  let lower: [Double]
  let upper: [Double]
  let hasBounds: Bool
  let gradient: [Double]

  struct Result {
    var step: [Double]
    /// By how much the model falls.
    var reduction: Double
    /// Whether the ball ended the step.
    var onBoundary: Bool
  }

  func minimizer(radius: Double) throws(TensorError) -> Result {
    guard hasBounds else {
      let (step, onBoundary) = try model.minimizer(gradient: gradient, free: Array(gradient.indices), radius: radius)
      return Result(step: step, reduction: -change(gradient, step, try model.product(step)), onBoundary: onBoundary)
    }
    var result = try cauchyPoint(radius: radius)
    var slope = gradient
    slope.add(try model.product(result.step), times: 1)
    for round in 0..<max(5, min(gradient.count, 20)) {
      let place = result.step
      // At the outset variables on a bound are free if nothing holds them there.
      let free = gradient.indices.filter { i in
        lower[i] < upper[i]
          && (place[i] > lower[i] && place[i] < upper[i]
            || round == 0 && (place[i] <= lower[i] && slope[i] <= 0 || place[i] >= upper[i] && slope[i] >= 0))
      }
      guard !free.isEmpty else { break }
      let (direction, onBoundary) = try model.minimizer(gradient: slope, free: free, radius: radius)
      guard let (move, product, fall) = try projected(direction, from: place, slope: slope) else { break }
      let held = isOnBound(place)
      result.step = place.indices.map { clamped(place[$0] + move[$0], $0) }
      slope.add(product, times: 1)
      result.reduction += fall
      result.onBoundary = onBoundary
      let next = isOnBound(result.step)
      guard zip(held, next).contains(where: { !$0 && $1 }) else { break }
    }
    return result
  }

  /// gᵀs + ½ sᵀHs.
  private func change(_ slope: [Double], _ step: [Double], _ product: [Double]) -> Double {
    dot(slope, step) + 0.5 * dot(step, product)
  }

  private func isOnBound(_ place: [Double]) -> [Bool] {
    place.indices.map { place[$0] <= lower[$0] || place[$0] >= upper[$0] }
  }

  private func clamped(_ step: Double, _ i: Int) -> Double { max(lower[i], min(upper[i], step)) }

  /// What is left of a direction from a place, times a factor, within the box.
  private func clamped(_ place: [Double], by step: [Double], times factor: Double) -> [Double] {
    place.indices.map { i in clamped(place[i] + factor * step[i], i) - place[i] }
  }

  /// A part of a direction, projected on the box, that makes the model fall: all of it, or where that does not, less; of a
  /// direction of negative curvature the opposite, too.
  private func projected(
    _ direction: [Double], from place: [Double], slope: [Double]
  ) throws(TensorError) -> (move: [Double], product: [Double], fall: Double)? {
    guard direction.contains(where: { $0 != 0 }) else { return nil }
    for sign in [1.0, -1] {
      var factor = sign
      for _ in 0..<20 {
        let move = clamped(place, by: direction, times: factor)
        guard move.contains(where: { $0 != 0 }) else { break }
        let product = try model.product(move)
        let change = change(slope, move, product)
        if change < 0, change <= 0.01 * min(0, dot(slope, move)) { return (move, product, -change) }
        factor /= 2
      }
      // Only at a stationary point of the model does the opposite direction make it fall.
      guard dot(slope, direction) == 0 else { break }
    }
    return nil
  }

  private func cauchyPoint(radius: Double) throws(TensorError) -> Result {
    let origin = [Double](repeating: 0, count: gradient.count)
    let open = gradient.indices.map { i in
      lower[i] == upper[i] || lower[i] >= 0 && gradient[i] > 0 || upper[i] <= 0 && gradient[i] < 0 ? 0 : -gradient[i]
    }
    let norm = open.euclideanNorm
    guard norm > 0 else { return Result(step: origin, reduction: 0, onBoundary: false) }
    let curvature = dot(open, try model.product(open))
    var length = radius / norm
    var isBall = true
    if curvature > 0, norm * norm / curvature < length { (length, isBall) = (norm * norm / curvature, false) }
    for _ in 0..<60 {
      let step = clamped(origin, by: open, times: length)
      let change = change(gradient, step, try model.product(step))
      if change <= 0.01 * dot(gradient, step), change < 0 {
        return Result(step: step, reduction: -change, onBoundary: isBall && step.euclideanNorm > 0.99 * radius)
      }
      length /= 4
    }
    return Result(step: origin, reduction: 0, onBoundary: false)
  }
}

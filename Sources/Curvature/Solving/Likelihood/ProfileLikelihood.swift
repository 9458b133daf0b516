import Foundation
import TensorGraph

extension MaximumLikelihoodEstimate {
  /// An interval of the values of one parameter that a likelihood-ratio test does not reject, the others being estimated anew
  /// for each value. Unlike Wald's it does not depend on how the parameter is expressed.
  ///
  /// - Parameters:
  ///   - name: that of the parameter, one of `minimum.variableNames`.
  ///   - level: the probability, between 0 and 1.
  /// - Returns: the ends; infinite where the likelihood never falls as far.
  /// - Throws: `TensorError` if there is no such parameter, `level` is no probability, there is an `obstacle`, or a place with
  ///   a higher likelihood turns up.
  /// - Complexity: some ten searches for each end.
  public func profileInterval(of name: String, level: Double = 0.95) throws(TensorError) -> (
    lower: Double, upper: Double
  ) {
    guard let index = minimum.variableNames.firstIndex(of: name) else {
      throw TensorError(
        "profileInterval: there is no parameter '\(name)'; the names are "
          + minimum.variableNames.prefix(20).joined(separator: ", "))
    }
    let z = try NormalDistribution.twoSidedQuantile(level)
    let error = try errors(.observedInformation)[index]
    return (try end(index, -1, z: z, error: error), try end(index, 1, z: z, error: error))
  }

  /// The place on one side where √(2 (f - f*)) = z. That is nearly linear in the parameter, so that the secant method is quick;
  /// a bracket keeps it safe.
  private func end(_ index: Int, _ side: Double, z: Double, error: Double) throws(TensorError) -> Double {
    let estimate = search.point[index]
    var inside = (distance: 0.0, root: 0.0)
    var outside: (distance: Double, root: Double)?
    var start = search.point
    var distance = z * error
    for _ in 0..<100 {
      let place = max(search.lower[index], min(search.upper[index], estimate + side * distance))
      let isBound = place != estimate + side * distance
      let root = try profile(index, at: place, start: &start)
      if isBound, root < z { return place }
      if abs(root - z) <= 1e-9 * z { return place }
      if root < z { inside = (distance, root) } else { outside = (distance, root) }
      guard let outside else {
        guard distance < 1e6 * error else { return side * .infinity }
        distance *= 2
        continue
      }
      guard outside.distance - inside.distance > 1e-13 * (abs(estimate) + outside.distance) else { break }
      let share = (z - inside.root) / (outside.root - inside.root)
      // Away from the ends of the bracket, so that both of them move.
      let fraction = share.isFinite && outside.root.isFinite ? max(0.02, min(0.98, share)) : 0.5
      distance = inside.distance + fraction * (outside.distance - inside.distance)
    }
    return estimate + side * (outside?.distance ?? inside.distance)
  }

  /// √(2 (f - f*)) with one parameter held and the others estimated from `start`, which becomes the estimate; infinite where
  /// there is no likelihood.
  private func profile(_ index: Int, at place: Double, start: inout [Double]) throws(TensorError) -> Double {
    var (lower, upper) = (search.lower, search.upper)
    (lower[index], upper[index]) = (place, place)
    var point = start
    point[index] = place
    var profile = try NewtonSearch(
      likelihood.objective, from: point, lower: lower, upper: upper, usesMatrix: search.usesMatrix,
      tolerance: search.tolerance,
      maximumIterations: search.maximumIterations)
    while try profile.advance() {}
    if profile.stop == .cancelled { throw TensorError("profileInterval: cancelled", isCancellation: true) }
    guard profile.stop != .notFiniteAtStart else { return .infinity }
    let difference = profile.value - search.value
    let noise = 1e3 * search.objective.precision * abs(search.value)
    guard difference >= -noise else {
      throw TensorError(
        "profileInterval: the likelihood is higher where \(minimum.variableNames[index]) = \(place) (log-likelihood "
          + "\(-profile.value)); estimate again from there")
    }
    start = profile.point
    return (2 * max(0, difference)).squareRoot()
  }
}

/// The normal distribution.
package enum NormalDistribution {
  /// The z for which a normal number lies between -z and z with some probability.
  ///
  /// - Throws: `TensorError` if that is not between 0 and 1.
  package static func twoSidedQuantile(_ level: Double) throws(TensorError) -> Double {
    guard level > 0, level < 1 else { throw TensorError("intervals: the level \(level) is not between 0 and 1") }
    return -SpecialFunction.normalQuantile.value([(1 - level) / 2])
  }

  /// The probability of a number at least as far from 0.
  package static func twoSidedTail(_ z: Double) -> Double { erfc(abs(z) / 2.0.squareRoot()) }

  /// What `waldRow` gives of each estimate.
  package static let waldColumns = ["std. error", "z", "p", "2.5 %", "97.5 %"]
  /// The bounds of 95 %.
  private static let bound = -SpecialFunction.normalQuantile.value([0.025])

  /// The standard error of an estimate, its distance from 0 in standard errors, the probability of one as far, and an interval.
  package static func waldRow(_ x: Double, _ error: Double) -> [Double] {
    [error, x / error, twoSidedTail(x / error), x - bound * error, x + bound * error]
  }
}

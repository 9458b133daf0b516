/// Whether the values of a function, and nothing but its values, show that it is twice differentiable near a point.
///
/// A judge of points that is independent of every rule of differentiation: along each coordinate one-sided first and
/// second derivatives are estimated from five values on either side, for two steps. Where the function is smooth all of
/// them agree; at or next to a kink, a jump, a pole or an end of the domain they do not.
package enum Smoothness {
  /// What stands against the function's being smooth at the point, nil if nothing does.
  package static func fault(at point: [Double], of function: ([Double]) -> Double?) -> String? {
    guard let center = function(point), center.isFinite else { return "the value is not finite" }
    for coordinate in point.indices {
      let unit = max(point[coordinate].magnitude, 0.2)
      func values(_ step: Double) -> [Double]? {
        var values = [center]
        for i in 1...4 {
          var moved = point
          moved[coordinate] += Double(i) * step
          guard let value = function(moved), value.isFinite else { return nil }
          values.append(value)
        }
        return values
      }
      // Slopes from small steps, second derivatives from larger ones, whose differences are less noisy.
      for (order, size, tolerance) in [(1, 1e-4, 1e-6), (2, 2e-3, 1e-4)] {
        var estimates: [Double] = []
        for step in [unit * size, unit * size / 2, -unit * size, -unit * size / 2] {
          guard let values = values(step) else { return "coordinate \(coordinate): values next to it are not finite" }
          estimates.append(derivative(values, order, step))
        }
        let (least, greatest) = (estimates.min()!, estimates.max()!)
        let scale = max(1, least.magnitude, greatest.magnitude)
        if greatest - least > tolerance * scale {
          return "coordinate \(coordinate): derivatives of order \(order) from either side are \(estimates)"
        }
      }
    }
    return nil
  }

  /// The first or second derivative at the first of five equidistant values (Abramowitz & Stegun 1964, table 25.2).
  private static func derivative(_ f: [Double], _ order: Int, _ step: Double) -> Double {
    let weights: [Double] = order == 1 ? [-25, 48, -36, 16, -3] : [35, -104, 114, -56, 11]
    return dot(weights, f) / (12 * (order == 1 ? step : step * step))
  }
}

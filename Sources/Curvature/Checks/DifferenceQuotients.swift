import CPUEngine
import TensorGraph

/// Derivatives of a vector-valued function of one parameter at 0, by extrapolated central differences.
///
/// Ridders 1982, "Accurate computation of F'(x) and F'(x) F''(x)": quotients for steps that shrink by half, combined so
/// that ever higher powers of the step drop out; for each component the entry of the table whose neighbours agree best.
struct DifferenceQuotients {
  /// For each component the derivative; NaN where no step gave a number.
  private(set) var slopes: [Double] = []
  /// For each component how far off it may be.
  private(set) var errors: [Double] = []

  private static let levels = 9

  /// - Parameters:
  ///   - step: the largest step.
  ///   - precision: the relative rounding error of the function's values.
  ///   - function: the values at a parameter.
  init(
    step: Double, precision: Double, of function: (Double) throws(TensorError) -> [Double]
  ) throws(TensorError) {
    var rows: [[Double]] = []
    var steps: [Double] = []
    var size: [Double] = []
    var h = step
    for _ in 0..<Self.levels {
      let (right, left) = (try function(h), try function(-h))
      rows.append(zip(right, left).map { ($0 - $1) / (2 * h) })
      if size.isEmpty { size = right.map { _ in 0 } }
      for i in size.indices { size[i] = max(size[i], max(right[i].magnitude, left[i].magnitude)) }
      steps.append(h)
      h /= 2
    }
    for component in size.indices {
      let column = rows.map { $0[component] }
      let noise = zip(column, steps).map { _, h in precision * size[component] / h }
      let (slope, error) = Self.extrapolated(column, noise)
      slopes.append(slope)
      errors.append(error)
    }
  }

  /// Neville's table over the squares of the steps.
  private static func extrapolated(_ quotients: [Double], _ noise: [Double]) -> (Double, Double) {
    var best = (slope: Double.nan, error: Double.infinity)
    var previous: [Double] = []
    for (i, quotient) in quotients.enumerated() {
      guard quotient.isFinite else {
        previous = []
        continue
      }
      var row = [quotient]
      var factor = 4.0
      for (k, above) in previous.enumerated() {
        row.append(row[k] + (row[k] - above) / (factor - 1))
        let error = max((row[k + 1] - row[k]).magnitude, (row[k + 1] - above).magnitude) + noise[i]
        if error < best.error { best = (row[k + 1], error) }
        factor *= 4
      }
      if best.slope.isNaN { best.slope = quotient }
      previous = row
    }
    return best
  }
}

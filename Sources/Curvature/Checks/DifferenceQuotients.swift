import CPUEngine
import Foundation
import TensorGraph

/// Derivatives of a vector-valued function of one parameter at 0, by extrapolated central differences.
///
/// Ridders 1982, "Accurate computation of F'(x) and F'(x) F''(x)": quotients for steps that shrink by half, combined so
/// that ever higher powers of the step drop out; for each component the entry of the table whose neighbours agree best, and
/// with which the entries of shorter steps agree: longer ones than the function varies over may agree by chance. How exact
/// the values are is seen from them (Moré & Wild 2011, "Estimating computational noise").
struct DifferenceQuotients {
  /// For each component the derivative; NaN where no step gave a number.
  private(set) var slopes: [Double] = []
  /// For each component how far off it may be.
  private(set) var errors: [Double] = []

  /// Steps that are tried, and up to how many while none is short enough.
  static let levels = 9...30
  /// What is exact enough, of the largest derivative.
  private static let tolerance = 1e-8
  /// By how much rounding errors may be larger than they look from a few values.
  private static let noiseFactor = 8.0

  /// - Parameters:
  ///   - step: the largest step.
  ///   - precision: the relative rounding error of the function's values, at least.
  ///   - function: the values at a parameter.
  /// - Complexity: 25 to 81 values.
  init(
    step: Double, precision: Double, of function: (Double) throws(TensorError) -> [Double]
  ) throws(TensorError) {
    var noise = try Self.noise(step, precision, of: function)
    var tables = [Table](repeating: Table(), count: noise.count)
    var h = step
    for level in 0..<Self.levels.upperBound {
      if level >= Self.levels.lowerBound {
        let largest = tables.reduce(0) { max($0, $1.best.slope.isFinite ? $1.best.slope.magnitude : 0) }
        let isSettled = tables.indices.allSatisfy { i in
          tables[i].best.error <= max(Self.tolerance * largest, noise[i] / h)
        }
        if isSettled { break }
      }
      let (right, left) = (try function(h), try function(-h))
      for i in tables.indices {
        let size = max(right[i].magnitude, left[i].magnitude)
        if size.isFinite { noise[i] = max(noise[i], precision * size) }
        tables[i].add((right[i] - left[i]) / (2 * h), noise: noise[i] / h)
      }
      h /= 2
    }
    slopes = tables.map(\.best.slope)
    errors = tables.map(\.best.error)
  }

  /// Where values are taken for an estimate of their errors: not equally far from each other, or rounded steps would look exact.
  private static let nodes = [-3.13, -1.87, -1.04, 0.21, 0.93, 2.28, 2.91]

  /// The rounding errors of each component, as they are seen from values close to each other: so close that the smooth part is not
  /// seen, and farther apart where values are the same up to a rounded step.
  private static func noise(
    _ step: Double, _ precision: Double, of function: (Double) throws(TensorError) -> [Double]
  ) throws(TensorError) -> [Double] {
    var noise: [Double] = []
    for exponent in spacings {
      var values: [[Double]] = []
      for node in nodes { values.append(try function(node * step * pow(precision, exponent))) }
      var hasSteps = false
      let components = values[0].indices.map { component in values.map { $0[component] } }
      noise = components.enumerated().map { i, values in
        let equal = zip(values, values.dropFirst()).count { $0 == $1 }
        if equal > 0, equal < nodes.count - 1 || exponent == spacings[0] { hasSteps = true }
        return max(noise.isEmpty ? 0 : noise[i], noiseFactor * Self.noise(values))
      }
      if !hasSteps { break }
    }
    return noise
  }

  /// The spacing of values for an estimate of their errors is the step times the precision to this power.
  private static let spacings = [0.38, 0.25, 0.12]

  /// The least of the estimates by divided differences of several orders, in which what is smooth vanishes and errors do not. Values that
  /// are no numbers have none.
  private static func noise(_ values: [Double]) -> Double {
    var least = Double.infinity
    for order in 3..<nodes.count {
      let squares = (0..<(nodes.count - order)).map { first -> Double in
        let range = first...(first + order)
        let weights = range.map { i in 1 / range.reduce(1) { $1 == i ? $0 : $0 * (nodes[i] - nodes[$1]) } }
        let difference = zip(weights, values[range]).reduce(0) { $0 + $1.0 * $1.1 }
        return difference * difference / weights.reduce(0) { $0 + $1 * $1 }
      }
      least = min(least, (squares.reduce(0, +) / Double(squares.count)).squareRoot())
    }
    return least.isFinite ? least : 0
  }

  /// Neville's table over the squares of the steps, row by row.
  private struct Table {
    /// The best entry of each row, and the best of them.
    private var rows: [(slope: Double, error: Double)] = []
    private(set) var best = (slope: Double.nan, error: Double.infinity)
    private var last: [Double] = []

    mutating func add(_ quotient: Double, noise: Double) {
      guard quotient.isFinite else {
        last = []
        return
      }
      var row = [quotient]
      var entry = (slope: quotient, error: Double.infinity)
      var factor = 4.0
      for (k, above) in last.enumerated() {
        row.append(row[k] + (row[k] - above) / (factor - 1))
        let error = max((row[k + 1] - row[k]).magnitude, (row[k + 1] - above).magnitude) + noise
        if error < entry.error { entry = (row[k + 1], error) }
        factor *= 4
      }
      last = row
      for i in rows.indices {
        rows[i].error = max(rows[i].error, (rows[i].slope - entry.slope).magnitude - entry.error)
      }
      rows.append(entry)
      best = rows.min { $0.error < $1.error }!
      if best.error == .infinity { best.slope = rows[0].slope }
    }
  }
}

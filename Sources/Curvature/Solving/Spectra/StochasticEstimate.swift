import Foundation

/// A number that random directions estimate, and how far it may be off.
public struct StochasticEstimate: Hashable, Sendable {
  /// The number.
  public let estimate: Double
  /// The standard deviation of the estimate: it is farther off than three of these about once in a hundred seeds, a little more
  /// often with few samples. 0 where the number is exact.
  public let standardError: Double
  /// How many random directions, or groups of them, it is the mean over.
  public let sampleCount: Int
  /// Products with the matrix that were taken.
  public let products: Int

  /// The mean over samples.
  ///
  /// - Parameter bias: an estimate of what more samples do not make smaller.
  init(samples: [Double], bias: Double = 0, products: Int) {
    estimate = samples.mean
    standardError = (samples.standardError * samples.standardError + bias * bias).squareRoot()
    sampleCount = samples.count
    self.products = products
  }
}

extension StochasticEstimate: CustomStringConvertible {
  /// The number with its error: `12.34 ± 0.05 (64 products)`.
  public var description: String {
    let work = " (\(products) product\(products == 1 ? "" : "s"))"
    guard standardError > 0, standardError.isFinite, estimate.isFinite else {
      return NumberText.rounded(estimate, digits: 12) + " ± " + NumberText.rounded(standardError, digits: 2) + work
    }
    let digits = Int(max(0, min(300, 1 - log10(standardError).rounded(.down))))
    return NumberText.fixed(estimate, digits: digits) + " ± " + NumberText.fixed(standardError, digits: digits) + work
  }
}

extension [Double] {
  var mean: Double { reduce(0, +) / Double(count) }

  /// The standard deviation of the mean of independent samples; infinite for one.
  var standardError: Double {
    guard count > 1 else { return .infinity }
    let mean = mean
    let squares = reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(count - 1) / Double(count)).squareRoot()
  }
}

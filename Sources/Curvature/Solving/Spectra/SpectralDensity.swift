import Foundation
import TensorGraph

/// Where the eigenvalues of a symmetric matrix lie, as random directions see it: quadrature nodes and weights.
///
/// <!-- swift
/// let x = Tensor<Double>.linspace(0, 1, 500), H = hessian(at: x) { x in exp(x).sum() + square(x.sum()) }
/// -->
/// ```swift
/// let density = try H.spectralDensity(samples: 8, steps: 60, seed: 1)
/// let grid = density.grid(100)
/// let heights = density.values(at: grid), errors = density.standardErrors(at: grid)
/// print(density.count(in: 1...2))            // how many eigenvalues lie between
/// ```
public struct SpectralDensity: Hashable, Sendable {
  /// What one direction sees: eigenvalues at the nodes, as many as the weights say. The weights sum to the dimension.
  public struct Quadrature: Hashable, Sendable {
    /// In ascending order.
    public let nodes: [Double]
    /// One for each node, none negative.
    public let weights: [Double]
  }

  /// The number of eigenvalues: what the density integrates to.
  public let dimension: Int
  /// What each direction sees; the density is their mean.
  public let quadratures: [Quadrature]
  /// Products with the matrix that were taken.
  public let products: Int
  /// The least and the largest node: both ends of the spectrum to many digits if they lie apart from the rest.
  public let range: ClosedRange<Double>
  /// How many steps the quadratures took.
  private let steps: Int

  init(dimension: Int, quadratures: [Quadrature], steps: Int, products: Int) {
    (self.dimension, self.quadratures, self.steps, self.products) = (dimension, quadratures, steps, products)
    let ends: [Double] = quadratures.flatMap { rule in [rule.nodes.first, rule.nodes.last].compactMap { $0 } }
    range = (ends.min() ?? 0)...(ends.max() ?? 0)
  }

  /// The standard deviation of the Gaussian that stands for each node unless told otherwise: the range over the number of steps,
  /// below which quadratures resolve nothing inside the spectrum.
  public var resolution: Double {
    let width = range.upperBound - range.lowerBound
    return width > 0 ? width / Double(max(steps, 1)) : max(abs(range.upperBound), 1) * 1e-3
  }

  /// Points from three widths below the least node to three above the largest, evenly.
  ///
  /// - Parameters:
  ///   - count: how many, two at least.
  ///   - width: of the Gaussians; `resolution` unless told otherwise.
  public func grid(_ count: Int, width: Double? = nil) -> [Double] {
    let margin = 3 * (width ?? resolution)
    let (low, high) = (range.lowerBound - margin, range.upperBound + margin)
    return (0..<max(count, 2)).map { low + (high - low) * Double($0) / Double(max(count, 2) - 1) }
  }

  /// The density of eigenvalues, their number by unit length, each node widened to a Gaussian (Lin, Saad & Yang, "Approximating
  /// spectral densities of large matrices", SIAM Review 58, 2016; Ghorbani, Krishnan & Xiao, "An investigation into neural net
  /// optimization via Hessian eigenvalue density", ICML 2019).
  ///
  /// - Parameters:
  ///   - points: where.
  ///   - width: of the Gaussians; `resolution` unless told otherwise.
  public func values(at points: [Double], width: Double? = nil) -> [Double] {
    let samples = quadratures.map { smoothed($0, points, width) }
    return points.indices.map { i in samples.map { $0[i] }.mean }
  }

  /// The standard errors of `values(at:)`, by the spread between directions. What the width blurs is not in them.
  ///
  /// - Parameters:
  ///   - points: where.
  ///   - width: of the Gaussians; `resolution` unless told otherwise.
  public func standardErrors(at points: [Double], width: Double? = nil) -> [Double] {
    let samples = quadratures.map { smoothed($0, points, width) }
    return points.indices.map { i in samples.map { $0[i] }.standardError }
  }

  private func smoothed(_ rule: Quadrature, _ points: [Double], _ width: Double?) -> [Double] {
    let width = width ?? resolution
    let height = 1 / (width * (2 * Double.pi).squareRoot())
    return points.map { x in
      zip(rule.nodes, rule.weights).reduce(0) { sum, node in
        let z = (x - node.0) / width
        return sum + node.1 * height * exp(-z * z / 2)
      }
    }
  }

  /// How many eigenvalues lie in an interval (Di Napoli, Polizzi & Saad, "Efficient estimation of eigenvalue counts in an
  /// interval", Numer. Linear Algebra Appl. 23, 2016): sharp where its ends lie in gaps of the spectrum.
  public func count(in interval: ClosedRange<Double>) -> StochasticEstimate { sum { interval.contains($0) ? 1 : 0 } }

  /// The sum of a function over the eigenvalues, the trace of f(A), exact for each direction up to degree 2 · steps - 1.
  public func sum(of f: (Double) -> Double) -> StochasticEstimate {
    StochasticEstimate(
      samples: quadratures.map { rule in zip(rule.nodes, rule.weights).reduce(0) { $0 + $1.1 * f($1.0) } },
      products: products)
  }
}

extension SpectralDensity: CustomStringConvertible {
  /// The dimension, the ends and what it took.
  public var description: String {
    "\(dimension) eigenvalues from \(NumberText.rounded(range.lowerBound, digits: 6)) to "
      + "\(NumberText.rounded(range.upperBound, digits: 6)), seen in \(quadratures.count) directions (\(products) products)"
  }
}

extension SymmetricOperator {
  /// Where the eigenvalues lie, by Lanczos quadratures of random directions.
  ///
  /// - Parameters:
  ///   - samples: how many directions, which take their steps together.
  ///   - steps: how many Lanczos steps each takes: how finely the spectrum is resolved.
  ///   - seed: the same seed gives the same density, bit for bit.
  /// - Throws: `TensorError` if there are fewer than two samples or no step, the matrix is not symmetric, has a batch or cannot
  ///   be computed, or the task was cancelled.
  /// - Complexity: `samples` · `steps` products, `samples` at once; memory for three vectors a sample.
  public func spectralDensity(
    samples: Int = 10, steps: Int = 80, seed: UInt64 = 0
  ) throws(TensorError) -> SpectralDensity {
    let n = try symmetricShape("spectralDensity").count
    var quadrature = try LanczosQuadrature(
      linearOperator, samples: samples, steps: steps, seed: seed, for: "spectralDensity")
    var taken = 0
    while taken < steps, !quadrature.isComplete {
      try quadrature.advance()
      taken += 1
    }
    var rules: [SpectralDensity.Quadrature] = []
    for k in 0..<samples {
      let rule = try quadrature.rule(k)
      rules.append(.init(nodes: rule.nodes, weights: rule.weights.map { Double(n) * $0 }))
    }
    return SpectralDensity(dimension: n, quadratures: rules, steps: taken, products: quadrature.products)
  }
}

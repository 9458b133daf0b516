import TensorGraph

/// The smallest value of a quadratic model with a sparse matrix in a ball: minimize gᵀs + ½ sᵀMs over ‖s‖ ≤ Δ.
///
/// After Moré & Sorensen ("Computing a trust region step", SIAM J. Sci. Stat. Comput. 4, 1983, section 3; Conn, Gould & Toint,
/// *Trust-Region Methods*, 2000, algorithm 7.3.4): factors of M + λI for a few λ, between bounds of Gershgorin's kind, until
/// ‖s(λ)‖ is Δ to a tenth; in the hard case what remains of the radius goes along a vector that M + λI nearly annuls.
package struct SparseTrustRegion {
  package let matrix: SparseSymmetricMatrix
  let analysis: any SparseAnalysis
  private let factorizations: WorkCounter

  package init(
    matrix: SparseSymmetricMatrix, analysis: any SparseAnalysis, factorizations: WorkCounter = WorkCounter()
  ) {
    (self.matrix, self.analysis, self.factorizations) = (matrix, analysis, factorizations)
  }

  /// How near ‖s‖ comes to Δ, and the model to its least value in the hard case.
  private static let (easy, hard) = (0.1, 0.2)

  /// The factors of M + λI if it is positive definite well beyond rounding.
  func positiveDefiniteFactors(shift: Double = 0) throws(TensorError) -> (any SparseFactors)? {
    factorizations.count += 1
    let shifted = shift == 0 ? matrix : matrix.shifted(by: shift)
    guard let factors = try analysis.factors(of: shifted.values) else { return nil }
    // Each pivot is what is left of a diagonal element; scaled variables have elements near 1 at most.
    let least = 1e-14 * max(shifted.diagonal.largestMagnitude, .leastNormalMagnitude)
    return factors.pivots.allSatisfy { $0 > least && $0.isFinite } ? factors : nil
  }

  /// -M⁻¹g, refined once; nil where M is not positive definite well beyond rounding.
  func newtonStep(_ gradient: [Double]) throws(TensorError) -> [Double]? {
    guard let factors = try positiveDefiniteFactors() else { return nil }
    return step(gradient, factors, matrix)
  }

  /// -A⁻¹g with factors of A.
  private func step(_ gradient: [Double], _ factors: any SparseFactors, _ matrix: SparseSymmetricMatrix) -> [Double]? {
    var step = gradient.map { -$0 }
    factors.solve(&step, columnCount: 1)
    guard step.allSatisfy(\.isFinite) else { return nil }
    var residual = matrix.times(step)
    for i in residual.indices { residual[i] = -gradient[i] - residual[i] }
    factors.solve(&residual, columnCount: 1)
    step.add(residual, times: 1)
    return step.allSatisfy(\.isFinite) ? step : nil
  }

  /// The minimizer in the ball, nearly, and whether it lies on the sphere.
  package func minimizer(gradient: [Double], radius: Double) throws(TensorError) -> (step: [Double], onBoundary: Bool) {
    if let newton = try newtonStep(gradient), newton.euclideanNorm <= radius { return (newton, false) }
    let (length, size) = (gradient.euclideanNorm, matrix.norm)
    let (sums, diagonal) = (matrix.rowSums, matrix.diagonal)
    let largest = zip(sums, diagonal).reduce(0) { max($0, $1.0 - abs($1.1) + $1.1) }
    let smallest = zip(sums, diagonal).reduce(0) { max($0, $1.0 - abs($1.1) - $1.1) }
    var low = max(0, -(diagonal.min() ?? 0), length / radius - largest)
    var high = max(0, length / radius + smallest)
    var lambda = max(low, 1e-3 * (low + (high - low)))
    var best: [Double]?
    for _ in 0..<60 {
      try Cancellation.check { "" }
      let shifted = matrix.shifted(by: lambda)
      guard let factors = try positiveDefiniteFactors(shift: lambda), let step = step(gradient, factors, shifted) else {
        low = max(low, lambda)
        high = max(high, low)
        let next = max((low * high).squareRoot(), low + 0.01 * (high - low))
        // A bound from above is positive definite but for rounding.
        if next <= lambda { high = max(2 * high, 1e-8 * size, .leastNormalMagnitude) }
        lambda = max(next, low + 1e-3 * (high - low))
        continue
      }
      let norm = step.euclideanNorm
      if abs(norm - radius) <= Self.easy * radius { return (step, true) }
      if norm < radius {
        high = min(high, lambda)
        best = step
        let null = nearNullVector(factors, like: step)
        let completed = Self.onSphere(step, along: null, radius: radius, gradient: gradient, shifted)
        let energy = dot(null, shifted.times(null))
        low = max(low, lambda - energy)
        if lambda - energy <= 1e-12 * size, lambda <= 1e-8 * size {
          return (step, false)  // no negative curvature: along a flat direction nothing is gained
        }
        let gain = completed.length * completed.length * energy
        if gain <= Self.hard * (dot(step, shifted.times(step)) + lambda * radius * radius) {
          return (completed.step, true)
        }
      } else {
        low = max(low, lambda)
      }
      var image = step
      factors.solve(&image, columnCount: 1)
      let slope = dot(step, image)
      let newton = slope > 0 && norm > 0 ? lambda + (norm - radius) / radius * norm * norm / slope : lambda
      lambda = newton > low && newton < high ? newton : max((low * high).squareRoot(), low + 0.01 * (high - low))
    }
    guard let best else { return (gradient.map { -$0 * radius / max(length, .leastNormalMagnitude) }, true) }
    return (best, false)
  }

  /// A unit vector that the factored matrix makes short: some steps of inverse iteration.
  private func nearNullVector(_ factors: any SparseFactors, like step: [Double]) -> [Double] {
    var generator = SeededGenerator(seed: 1)
    var vector = generator.direction(step.count)
    for _ in 0..<3 {
      factors.solve(&vector, columnCount: 1)
      let length = vector.euclideanNorm
      guard length > 0, length.isFinite else { return generator.direction(step.count) }
      for i in vector.indices { vector[i] /= length }
    }
    return vector
  }

  /// The point of the sphere on a line through a point inside where the model is lower, and how far it is.
  private static func onSphere(
    _ step: [Double], along direction: [Double], radius: Double, gradient: [Double], _ matrix: SparseSymmetricMatrix
  ) -> (step: [Double], length: Double) {
    let b = dot(step, direction)
    let rest = max(0, radius * radius - dot(step, step))
    let root = (b * b + rest).squareRoot()
    // The nearer root: the model is lower there (Moré & Sorensen, section 3).
    let length = b > 0 ? rest / (b + root) : -rest / (root - b)
    var result = step
    result.add(direction, times: length)
    return (result, length)
  }
}

/// Counts what a search has taken.
package final class WorkCounter {
  package var count = 0

  package init() {}
}

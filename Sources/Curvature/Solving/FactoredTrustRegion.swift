import TensorGraph

/// A symmetric matrix M of which M + λI can be factored: what the step of a trust region is found with.
package protocol ShiftedMatrix {
  associatedtype Factors

  /// The factors of M + λI if it is positive definite well beyond rounding.
  ///
  /// - Throws: `TensorError` if there is no memory.
  func positiveDefiniteFactors(shift: Double) throws(TensorError) -> Factors?

  /// Puts (M + λI)⁻¹ b into the place of b.
  func solve(_ b: inout [Double], by factors: Factors)

  /// M x.
  func times(_ x: [Double]) -> [Double]

  var diagonal: [Double] { get }

  /// The sums of magnitudes of the rows.
  var rowSums: [Double] { get }
}

/// The smallest value of a quadratic model in a ball by factors of its matrix: minimize gᵀs + ½ sᵀMs over ‖s‖ ≤ Δ.
///
/// After Moré & Sorensen ("Computing a trust region step", SIAM J. Sci. Stat. Comput. 4, 1983, section 3; Conn, Gould & Toint,
/// *Trust-Region Methods*, 2000, algorithm 7.3.4): factors of M + λI for a few λ, between bounds of Gershgorin's kind, until
/// ‖s(λ)‖ is Δ to a tenth; in the hard case what remains of the radius goes along a vector that M + λI nearly annuls.
package struct FactoredTrustRegion<Matrix: ShiftedMatrix> {
  let matrix: Matrix
  private let factorizations: WorkCounter

  package init(_ matrix: Matrix, factorizations: WorkCounter = WorkCounter()) {
    (self.matrix, self.factorizations) = (matrix, factorizations)
  }

  /// How near ‖s‖ comes to Δ, and the model to its least value in the hard case.
  private static var easy: Double { 0.1 }
  private static var hard: Double { 0.2 }

  /// The factors of M + λI, counted.
  func positiveDefiniteFactors(shift: Double = 0) throws(TensorError) -> Matrix.Factors? {
    factorizations.count += 1
    return try matrix.positiveDefiniteFactors(shift: shift)
  }

  /// Whether M is positive definite by more than a share of its norm.
  func isDefinite(beyond share: Double) throws(TensorError) -> Bool {
    try positiveDefiniteFactors(shift: -share * (matrix.rowSums.max() ?? 0)) != nil
  }

  /// -M⁻¹g, refined once; nil where M is not positive definite well beyond rounding.
  func newtonStep(_ gradient: [Double]) throws(TensorError) -> [Double]? {
    try positiveDefiniteFactors().flatMap { step(gradient, $0, shift: 0) }
  }

  /// (M + λI) x.
  private func shiftedTimes(_ x: [Double], _ shift: Double) -> [Double] {
    var product = matrix.times(x)
    if shift != 0 { product.add(x, times: shift) }
    return product
  }

  /// -(M + λI)⁻¹g with factors of that matrix.
  private func step(_ gradient: [Double], _ factors: Matrix.Factors, shift: Double) -> [Double]? {
    var step = gradient.map { -$0 }
    matrix.solve(&step, by: factors)
    guard step.allSatisfy(\.isFinite) else { return nil }
    var residual = shiftedTimes(step, shift)
    for i in residual.indices { residual[i] = -gradient[i] - residual[i] }
    matrix.solve(&residual, by: factors)
    step.add(residual, times: 1)
    return step.allSatisfy(\.isFinite) ? step : nil
  }

  /// The minimizer in the ball, nearly, and whether it lies on the sphere.
  package func minimizer(gradient: [Double], radius: Double) throws(TensorError) -> (step: [Double], onBoundary: Bool) {
    try minimizer(gradient: gradient, radius: radius, factors: positiveDefiniteFactors())
  }

  /// The same with the factors of M, nil if it is not positive definite.
  func minimizer(
    gradient: [Double], radius: Double, factors: Matrix.Factors?
  ) throws(TensorError) -> (step: [Double], onBoundary: Bool) {
    if let factors, let newton = step(gradient, factors, shift: 0), newton.euclideanNorm <= radius {
      return (newton, false)
    }
    let (sums, diagonal) = (matrix.rowSums, matrix.diagonal)
    let (length, size) = (gradient.euclideanNorm, sums.max() ?? 0)
    let largest = zip(sums, diagonal).reduce(0) { max($0, $1.0 - abs($1.1) + $1.1) }
    let smallest = zip(sums, diagonal).reduce(0) { max($0, $1.0 - abs($1.1) - $1.1) }
    var low = max(0, -(diagonal.min() ?? 0), length / radius - largest)
    var high = max(0, length / radius + smallest)
    var lambda = max(low, 1e-3 * (low + (high - low)))
    var best: [Double]?
    for _ in 0..<60 {
      try Cancellation.check { "" }
      guard let factors = try positiveDefiniteFactors(shift: lambda),
        let step = step(gradient, factors, shift: lambda)
      else {
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
        let completed = QuadraticModel.nearer(on: radius, from: step, along: null)
        let energy = dot(null, shiftedTimes(null, lambda))
        low = max(low, lambda - energy)
        if lambda - energy <= 1e-12 * size, lambda <= 1e-8 * size {
          return (step, false)  // no negative curvature: along a flat direction nothing is gained
        }
        let gain = completed.length * completed.length * energy
        if gain <= Self.hard * (dot(step, shiftedTimes(step, lambda)) + lambda * radius * radius) {
          return (completed.step, true)
        }
      } else {
        low = max(low, lambda)
      }
      var image = step
      matrix.solve(&image, by: factors)
      let slope = dot(step, image)
      let newton = slope > 0 && norm > 0 ? lambda + (norm - radius) / radius * norm * norm / slope : lambda
      lambda = newton > low && newton < high ? newton : max((low * high).squareRoot(), low + 0.01 * (high - low))
    }
    guard let best else { return (gradient.map { -$0 * radius / max(length, .leastNormalMagnitude) }, true) }
    return (best, false)
  }

  /// A unit vector that the factored matrix makes short: some steps of inverse iteration.
  private func nearNullVector(_ factors: Matrix.Factors, like step: [Double]) -> [Double] {
    var generator = SeededGenerator(seed: 1)
    var vector = generator.direction(step.count)
    for _ in 0..<3 {
      matrix.solve(&vector, by: factors)
      let length = vector.euclideanNorm
      guard length > 0, length.isFinite else { return generator.direction(step.count) }
      for i in vector.indices { vector[i] /= length }
    }
    return vector
  }
}

/// A sparse symmetric matrix with what is known of its factors.
package struct AnalyzedMatrix: ShiftedMatrix {
  let matrix: SparseSymmetricMatrix
  let analysis: any SparseAnalysis

  package init(_ matrix: SparseSymmetricMatrix, _ analysis: any SparseAnalysis) {
    (self.matrix, self.analysis) = (matrix, analysis)
  }

  package func positiveDefiniteFactors(shift: Double) throws(TensorError) -> (any SparseFactors)? {
    let shifted = shift == 0 ? matrix : matrix.shifted(by: shift)
    guard let factors = try analysis.factors(of: shifted.values) else { return nil }
    // Each pivot is what is left of a diagonal element; scaled variables have elements near 1 at most.
    let least = 1e-14 * max(shifted.diagonal.largestMagnitude, .leastNormalMagnitude)
    return factors.pivots.allSatisfy { $0 > least && $0.isFinite } ? factors : nil
  }

  package func solve(_ b: inout [Double], by factors: any SparseFactors) { factors.solve(&b, columnCount: 1) }

  package func times(_ x: [Double]) -> [Double] { matrix.times(x) }
  package var diagonal: [Double] { matrix.diagonal }
  package var rowSums: [Double] { matrix.rowSums }
}

extension DenseMatrix: ShiftedMatrix {
  package func positiveDefiniteFactors(shift: Double) throws(TensorError) -> SymmetricFactorization? {
    var shifted = self
    for i in 0..<rows { shifted[i, i] += shift }
    guard let factors = try? SymmetricFactorization(shifted, requiresDefiniteness: true),
      factors.reciprocalCondition > 1e-14
    else { return nil }
    return factors
  }

  package func solve(_ b: inout [Double], by factors: SymmetricFactorization) {
    b = (try? factors.solving(b)) ?? b.map { _ in .nan }
  }

  package var diagonal: [Double] { (0..<rows).map { self[$0, $0] } }

  package var rowSums: [Double] {
    var sums = [Double](repeating: 0, count: rows)
    for j in 0..<columns { for i in 0..<rows { sums[i] += abs(self[i, j]) } }
    return sums
  }
}

/// Counts what a search has taken.
package final class WorkCounter {
  package var count = 0

  package init() {}
}

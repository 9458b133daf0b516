import Foundation
import TensorGraph

/// Gauss quadratures of the spectral measures of several vectors: vᵀ f(A) v is about Σ w f(θ), exact for polynomials of
/// degree 2k - 1 after k steps (Golub & Meurant, *Matrices, Moments and Quadrature*, 2010, chapter 6).
///
/// The vectors take their steps together, one product of a block each, and remember the last two only: what rounding does to
/// orthogonality doubles nodes and shares their weights, and leaves the sums accurate (Knizhnerman, "The simple Lanczos
/// procedure: estimates of the error of the Gauss quadrature formula and their applications", Comput. Math. Math. Phys. 36,
/// 1996).
struct LanczosQuadrature<Scalar: DifferentiableScalar> {
  /// The nodes of a quadrature and their weights, which sum to 1.
  typealias Rule = (nodes: [Double], weights: [Double])

  private let matrix: LinearOperator<Scalar>
  private let operation: String
  private var previous: DenseMatrix
  private var current: DenseMatrix
  /// The diagonals of the tridiagonal matrices, and what stands beside them.
  private var diagonals: [[Double]]
  private var neighbours: [[Double]]
  private var isEnded: [Bool]
  private(set) var products = 0

  /// Unit vectors without preference for a direction.
  ///
  /// - Parameters:
  ///   - samples: how many.
  ///   - steps: how many will be taken at most, for who watches.
  init(
    _ matrix: LinearOperator<Scalar>, samples: Int, steps: Int, seed: UInt64, for operation: String
  ) throws(TensorError) {
    guard samples >= 2 else { throw TensorError("\(operation): \(samples) samples are too few; ask for 2 or more") }
    guard steps >= 1 else { throw TensorError("\(operation): \(steps) steps are too few; ask for 1 or more") }
    (self.matrix, self.operation) = (matrix, operation)
    let n = matrix.columns.count
    var generator = SeededGenerator(seed: seed)
    current = DenseMatrix(
      rows: n, columns: samples, columnMajor: Tensor<Double>.randn([n * samples], using: &generator).scalars)
    for k in 0..<samples { current.scaleColumn(k, by: 1 / current[column: k].euclideanNorm) }
    previous = DenseMatrix(rows: n, columns: samples)
    diagonals = Array(repeating: [], count: samples)
    neighbours = diagonals
    isEnded = Array(repeating: n == 0, count: samples)
    ReadWatcher.current?.add(total: samples * min(steps, n))
  }

  /// Whether every quadrature is exact: further steps change nothing.
  var isComplete: Bool { isEnded.allSatisfy { $0 } }

  /// One step of every vector.
  mutating func advance() throws(TensorError) {
    let n = matrix.columns.count
    var images = try matrix.times(current, isAnnounced: true)
    products += current.columns
    guard images.isFinite else {
      throw TensorError("\(operation): a product of the matrix is not finite; choose another point")
    }
    for k in isEnded.indices where !isEnded[k] {
      let (v, old) = (current[column: k], previous[column: k])
      var image = images[column: k]
      if let beta = neighbours[k].last { image.add(old, times: -beta) }
      let alpha = dot(v, image)
      image.add(v, times: -alpha)
      let beta = image.euclideanNorm
      diagonals[k].append(alpha)
      let size = max(diagonals[k].largestMagnitude, neighbours[k].largestMagnitude)
      if !(beta > 1e-13 * size) || diagonals[k].count == n {
        isEnded[k] = true
        image = image.map { _ in 0 }
      } else {
        neighbours[k].append(beta)
        for i in image.indices { image[i] /= beta }
      }
      images.elements.replaceSubrange((k * n)..<((k + 1) * n), with: image)
    }
    for k in isEnded.indices where isEnded[k] { images.scaleColumn(k, by: 0) }
    (previous, current) = (current, images)
  }

  /// The quadrature of a vector.
  func rule(_ k: Int) throws(TensorError) -> Rule {
    let count = diagonals[k].count
    var tridiagonal = DenseMatrix(rows: count, columns: count)
    for i in 0..<count { tridiagonal[i, i] = diagonals[k][i] }
    for i in 1..<max(1, count) { tridiagonal[i, i - 1] = neighbours[k][i - 1] }
    do {
      let eigen = try SymmetricEigenDecomposition(tridiagonal)
      return (eigen.values, (0..<count).map { eigen.vectors[0, $0] * eigen.vectors[0, $0] })
    } catch { throw TensorError("\(operation): \(error)") }
  }

  /// Estimates of the trace of f(A), one for each vector.
  func traces(of f: (Double) throws(TensorError) -> Double) throws(TensorError) -> [Double] {
    var result: [Double] = []
    for k in isEnded.indices {
      let rule = try rule(k)
      var sum = 0.0
      for (node, weight) in zip(rule.nodes, rule.weights) where weight > 0 { sum += weight * (try f(node)) }
      result.append(Double(matrix.columns.count) * sum)
    }
    return result
  }
}

extension DenseMatrix {
  fileprivate mutating func scaleColumn(_ j: Int, by factor: Double) {
    for i in (j * rows)..<((j + 1) * rows) { elements[i] *= factor }
  }
}

extension SymmetricOperator {
  /// The trace of a function of the matrix, Σ f(λ) over its eigenvalues, by stochastic Lanczos quadrature (Ubaru, Chen & Saad,
  /// "Fast estimation of tr(f(A)) via stochastic Lanczos quadrature", SIAM J. Matrix Anal. Appl. 38, 2017).
  ///
  /// <!-- swift
  /// let x = Tensor<Double>.linspace(0, 1, 1000), H = hessian(at: x) { x in exp(x).sum() + square(x.sum()) }
  /// -->
  /// ```swift
  /// let freedom = try H.traceEstimate { $0 / ($0 + 0.1) }       // effective degrees of freedom under a ridge
  /// ```
  /// - Parameters:
  ///   - samples: how many random directions, which take their steps together.
  ///   - steps: how many Lanczos steps each takes at most. They end before where they change the result by less than a tenth of
  ///     what the directions leave open.
  ///   - seed: the same seed gives the same number, bit for bit.
  ///   - f: smooth on the spectrum; steps needed grow as it becomes steep.
  /// - Returns: the trace; the error includes what the next steps are foretold to change.
  /// - Throws: `TensorError` if f is not finite at a node, there are fewer than two samples, the matrix is not symmetric, has a
  ///   batch or cannot be computed, or the task was cancelled.
  /// - Complexity: at most `samples` · `steps` products, `samples` at once; memory for three vectors a sample.
  public func traceEstimate(
    samples: Int = 16, steps: Int = 100, seed: UInt64 = 0, of f: (Double) -> Double
  ) throws(TensorError) -> StochasticEstimate {
    try traceEstimate(samples, steps, seed, "traceEstimate") { (x) throws(TensorError) in
      let y = f(x)
      guard y.isFinite else {
        throw TensorError(
          "traceEstimate: the function is \(y) at \(x), which is in the spectrum's range; give one that is finite there"
        )
      }
      return y
    }
  }

  /// The logarithm of the determinant of a positive definite matrix, by stochastic Lanczos quadrature, as the other estimate
  /// of a trace; `logDeterminant()` is exact.
  ///
  /// <!-- swift
  /// let x = Tensor<Double>.linspace(0, 1, 1000), H = hessian(at: x) { x in exp(x).sum() + square(x.sum()) }
  /// -->
  /// ```swift
  /// print(try H.logDeterminantEstimate(samples: 32, seed: 1))
  /// ```
  /// - Parameters:
  ///   - samples: how many random directions, which take their steps together.
  ///   - steps: how many Lanczos steps each takes at most; the root of the condition number is about what is needed.
  ///   - seed: the same seed gives the same number, bit for bit.
  /// - Returns: the logarithm; the error includes what the next steps are foretold to change.
  /// - Throws: `TensorError` if a direction shows that the matrix is not positive definite, and as the other estimate.
  /// - Complexity: at most `samples` · `steps` products, `samples` at once; memory for three vectors a sample.
  public func logDeterminantEstimate(
    samples: Int = 16, steps: Int = 100, seed: UInt64 = 0
  ) throws(TensorError) -> StochasticEstimate {
    try traceEstimate(samples, steps, seed, "logDeterminantEstimate") { (x) throws(TensorError) in
      guard x > 0 else {
        throw TensorError(
          "logDeterminantEstimate: the matrix is not positive definite, it has an eigenvalue of \(x) or less; add a "
            + "multiple of the identity, or ask for `logDeterminant()`, which gives the sign, too")
      }
      return Foundation.log(x)
    }
  }

  private func traceEstimate(
    _ samples: Int, _ steps: Int, _ seed: UInt64, _ operation: String,
    of f: (Double) throws(TensorError) -> Double
  ) throws(TensorError) -> StochasticEstimate {
    let n = try symmetricShape(operation).count
    var quadrature = try LanczosQuadrature(linearOperator, samples: samples, steps: steps, seed: seed, for: operation)
    guard n > 0 else { return StochasticEstimate(samples: [0, 0], products: 0) }
    var nextLook = 5
    var (traces, changes): ([Double], [Double]) = ([], [])
    for step in 1...steps {
      try quadrature.advance()
      guard step == nextLook || step == steps || quadrature.isComplete else { continue }
      // A look takes O(step³) for each sample.
      nextLook = step + max(5, step / 4)
      let next = try quadrature.traces(of: f)
      if !traces.isEmpty { changes.append(abs(next.mean - traces.mean)) }
      traces = next
      if quadrature.isComplete { return StochasticEstimate(samples: traces, products: quadrature.products) }
      if let change = changes.remaining, change <= max(0.1 * traces.standardError, 1e-14 * abs(traces.mean)) { break }
    }
    // Where there was no second look, nothing is known of what further steps would change.
    return StochasticEstimate(
      samples: traces, bias: changes.remaining ?? (changes.last ?? abs(traces.mean)), products: quadrature.products)
  }
}

extension [Double] {
  /// What is still to come of changes that fall off as a geometric series, as the last two do; nil if there are not two.
  fileprivate var remaining: Double? {
    guard count >= 2 else { return nil }
    let (last, before) = (self[count - 1], self[count - 2])
    guard last > 0 else { return 0 }
    return last < 0.9 * before ? last * last / (before - last) : 10 * last
  }
}

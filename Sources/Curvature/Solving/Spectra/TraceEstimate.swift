import TensorGraph

/// How a trace is estimated.
public enum TraceEstimator: String, CaseIterable, Hashable, Sendable {
  /// XTrace (Epperly, Tropp & Webber, "XTrace: making the most of every sample in stochastic trace estimation", SIAM J. Matrix
  /// Anal. Appl. 45, 2024, section 2): half of the products find where the matrix is large, where its trace is then exact.
  /// Far more accurate where eigenvalues fall off, memory for as many vectors as products.
  case xTrace
  /// The mean of vᵀHv over vectors of random signs (Hutchinson, "A stochastic estimator of the trace of the influence matrix for
  /// Laplacian smoothing splines", Commun. Stat. Simul. 19, 1990): memory for one block of vectors. Good where the spectrum is
  /// flat.
  case hutchinson
}

extension SymmetricOperator {
  /// The trace from products with random directions, with an error bar. `Hessian.trace` is exact, and cheaper where structure
  /// says where the diagonal is.
  ///
  /// ```swift
  /// let x = Tensor<Double>.linspace(0, 1, 1000)
  /// let H = hessian(at: x) { x in square(square(x).sum()) }       // no sparsity, rank one and a multiple of the identity
  /// let trace = try H.traceEstimate(products: 20, seed: 7)
  /// print(trace.estimate, trace.standardError, trace.products)
  /// ```
  /// - Parameters:
  ///   - products: how many are taken at most; XTrace wants an even number, and 4 at least. With as many as there are variables
  ///     the trace is exact.
  ///   - method: XTrace unless told otherwise.
  ///   - seed: the same seed gives the same number, bit for bit.
  /// - Throws: `TensorError` if there are too few products, the matrix is not symmetric, has a batch or cannot be computed, or
  ///   the task was cancelled.
  /// - Complexity: `products` products, many at once; O(N products²) besides for XTrace.
  public func traceEstimate(
    products: Int = 100, method: TraceEstimator = .xTrace, seed: UInt64 = 0
  ) throws(TensorError) -> StochasticEstimate {
    let n = try symmetricShape("traceEstimate").count
    let least = method == .xTrace ? 4 : 2
    guard products >= min(least, n) else {
      throw TensorError("traceEstimate: \(products) products are too few; ask for \(least) or more")
    }
    let matrix = linearOperator
    if products >= n { return try Trace.exact(matrix) }
    var generator = SeededGenerator(seed: seed)
    switch method {
    case .xTrace: return try Trace.xTrace(matrix, vectors: products / 2, using: &generator)
    case .hutchinson: return try Trace.hutchinson(matrix, vectors: products, using: &generator)
    }
  }
}

/// Traces of symmetric matrices by products.
private enum Trace {
  /// By as many products as there are variables.
  static func exact(_ matrix: LinearOperator<some DifferentiableScalar>) throws(TensorError) -> StochasticEstimate {
    let n = matrix.columns.count
    let whole = try finite(try matrix.times(.identity(n)))
    let trace = (0..<n).reduce(0) { $0 + whole[$1, $1] }
    return StochasticEstimate(samples: [trace, trace], products: n)
  }

  /// Blocks of vectors of signs.
  static func hutchinson(
    _ matrix: LinearOperator<some DifferentiableScalar>, vectors: Int, using generator: inout SeededGenerator
  ) throws(TensorError) -> StochasticEstimate {
    let n = matrix.columns.count
    ReadWatcher.current?.add(total: vectors)
    var samples: [Double] = []
    while samples.count < vectors {
      var signs = DenseMatrix(rows: n, columns: min(matrix.blockSize, vectors - samples.count))
      for i in signs.elements.indices { signs.elements[i] = Bool.random(using: &generator) ? 1 : -1 }
      let images = try finite(try matrix.times(signs, isAnnounced: true))
      samples += (0..<signs.columns).map { dot(signs[column: $0], images[column: $0]) }
    }
    return StochasticEstimate(samples: samples, products: vectors)
  }

  /// The mean of m estimates tᵢ, each of which takes the trace in the range of A Ω without ωᵢ, exactly, and the rest from ωᵢ
  /// alone, which is independent of that range: t is unbiased.
  ///
  /// With A Ω = Q R the range without column i is Q (I - sᵢ sᵢᵀ), sᵢ the unit vector along column i of R⁻ᵀ, so that all
  /// come from one H = Qᵀ A Q. What ωᵢ has outside of the range is scaled to the mean of its squared length there, which
  /// directions without preference allow (section 2.3).
  static func xTrace(
    _ matrix: LinearOperator<some DifferentiableScalar>, vectors m: Int, using generator: inout SeededGenerator
  ) throws(TensorError) -> StochasticEstimate {
    let n = matrix.columns.count
    ReadWatcher.current?.add(total: 2 * m)
    let omega = DenseMatrix(
      rows: n, columns: m, columnMajor: Tensor<Double>.randn([n * m], using: &generator).scalars)
    let y = try finite(try matrix.times(omega, isAnnounced: true))
    let factors: QRFactorization
    do { factors = try QRFactorization(y) } catch { throw TensorError("traceEstimate: \(error)") }
    let (q, r) = (factors.q, factors.r)
    let z = try finite(try matrix.times(q, isAnnounced: true))
    let h = q.transposedTimes(z)
    let w = q.transposedTimes(omega)
    let trace = (0..<m).reduce(0) { $0 + h[$1, $1] }
    let estimates = (0..<m).map { i in
      let s = leftOut(i, r)
      var projected = w[column: i]
      projected.add(s, times: -dot(s, projected))
      let (o, r) = (omega[column: i], r[column: i])
      let rest = dot(o, y[column: i]) - 2 * dot(r, projected) + dot(projected, h.times(projected))
      let square = dot(o, o) - dot(projected, projected)
      return trace - dot(s, h.times(s)) + Double(n - m + 1) * rest / square
    }
    return StochasticEstimate(samples: estimates, products: 2 * m)
  }

  /// The unit vector that is orthogonal to all columns of an upper triangle but one: along a column of R⁻ᵀ.
  ///
  /// Where R is singular the matrix has no greater rank, and what is taken for its vanishing pivots does not matter: A is zero
  /// beyond the range in any case.
  private static func leftOut(_ i: Int, _ r: DenseMatrix) -> [Double] {
    let m = r.rows
    let floor = max(Double.ulpOfOne * r.elements.largestMagnitude, .leastNormalMagnitude)
    var s = [Double](repeating: 0, count: m)
    for j in i..<m {
      var sum = i == j ? 1.0 : 0
      for k in i..<j { sum -= r[k, j] * s[k] }
      s[j] = sum / (abs(r[j, j]) < floor ? floor : r[j, j])
    }
    let length = s.euclideanNorm
    return length > 0 && length.isFinite ? s.map { $0 / length } : s.map { _ in 0 }
  }

  private static func finite(_ images: DenseMatrix) throws(TensorError) -> DenseMatrix {
    guard images.isFinite else {
      throw TensorError("traceEstimate: a product of the matrix is not finite; choose another point")
    }
    return images
  }
}

/// Linear algebra on matrices in the last two axes; the axes before are a batch, and broadcast.
extension Operations {
  // MARK: Checks

  static func requireMatrix(_ a: Node, _ operation: String) throws(TensorError) {
    try requireReal(a, operation)
    guard a.shape.rank >= 2 else {
      throw TensorError("\(operation): found shape \(a.shape), expected a matrix, or a batch of them")
    }
  }

  /// The number of rows of square matrices.
  static func requireSquare(_ a: Node, _ operation: String) throws(TensorError) -> Int {
    try requireReal(a, operation)
    let rank = a.shape.rank
    guard rank >= 2, a.shape[rank - 1] == a.shape[rank - 2] else {
      throw TensorError("\(operation): found shape \(a.shape), expected a square matrix, or a batch of them")
    }
    return a.shape[rank - 1]
  }

  static func batch(_ a: Node) -> Shape { Shape(Array(a.shape.dimensions.dropLast(2))) }

  /// Identity matrices of the size of square ones.
  static func identity(like a: Node) -> Node {
    .select(a.band(0...0), a.filled(with: 1), a.filled(with: 0))
  }

  /// The diagonals of square matrices, as vectors.
  private static func diagonals(_ a: Node) -> Node { a.keeping(0...0).summed(over: [a.shape.rank - 2]) }

  // MARK: Systems

  /// A system with right-hand sides as matrices, whose batches agree, and how to shape the solution.
  private static func system(
    _ a: Node, _ b: Node, rows: Int, _ operation: String
  ) throws(TensorError) -> (a: Node, b: Node, finish: (Node) -> Node) {
    try requireSameType(a, b, operation)
    guard b.shape.rank >= 1, b.shape[max(0, b.shape.rank - 2)] == rows else {
      throw TensorError(
        "\(operation): the right-hand side has shape \(b.shape), expected [\(rows)] or [..., \(rows), k]")
    }
    let isVector = b.shape.rank == 1
    let right = isVector ? b.reshaped(to: [rows, 1]) : b
    let common = try ShapeRules.broadcast(batch(a), batch(right), operation: operation)
    // A matrix without a batch serves all right-hand sides at once.
    let matrices = a.shape.rank == 2 ? a : a.broadcast(to: common + Shape(Array(a.shape.dimensions.suffix(2))))
    let sides = right.broadcast(to: common + Shape(Array(right.shape.dimensions.suffix(2))))
    return (matrices, sides, { isVector ? $0.reshaped(to: Shape(Array($0.shape.dimensions.dropLast()))) : $0 })
  }

  /// a⁻¹ b; b is a vector, a matrix, or a batch of matrices. Singular a give NaN or infinities.
  package static func solve(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    let n = try requireSquare(a, "solve")
    let (matrix, right, finish) = try system(a, b, rows: n, "solve")
    return finish(.solve(.general, right, matrix))
  }

  /// The inverses of matrices.
  package static func inverse(_ a: Node) throws(TensorError) -> Node {
    _ = try requireSquare(a, "inverse")
    return .solve(.general, identity(like: a), a)
  }

  /// a⁻¹ b, or a⁻ᵀ b, for a triangular a; the other triangle is not looked at.
  package static func solveTriangular(
    _ a: Node, _ b: Node, isLower: Bool, isTransposed: Bool = false
  ) throws(TensorError) -> Node {
    let n = try requireSquare(a, "solveTriangular")
    let (matrix, right, finish) = try system(a, b, rows: n, "solveTriangular")
    return finish(.solve(MatrixForm(isLower ? .lower : .upper, isTransposed: isTransposed), right, matrix))
  }

  /// (L Lᵀ)⁻¹ b for a lower triangular factor L.
  package static func choleskySolve(_ factor: Node, _ b: Node) throws(TensorError) -> Node {
    try solveTriangular(factor, solveTriangular(factor, b, isLower: true), isLower: true, isTransposed: true)
  }

  // MARK: Determinants

  /// The determinants. Up to 8 rows without any division, so that derivatives are right for singular matrices too; above by
  /// elimination, with derivatives that are right there to third order.
  package static func determinant(_ a: Node) throws(TensorError) -> Node {
    let n = try requireSquare(a, "determinant")
    guard n > 0 else { return .fill(.real(1), shape: batch(a), scalarType: a.scalarType) }
    guard n <= 8 else {
      let (sign, logarithm) = try signAndLogDeterminant(a)
      return .custom(BorderedDeterminant.rule, value: sign * .elementwise(.exp, logarithm), arguments: [a])
    }
    return divisionFreeDeterminant(a)
  }

  /// Determinants without division (Bird 2011, "A simple division-free algorithm for computing determinants").
  static func divisionFreeDeterminant(_ a: Node) -> Node {
    let (rank, n) = (a.shape.rank, a.shape[a.shape.rank - 1])
    var power = a
    for _ in 1..<max(n, 1) {
      // The strict upper triangle, and on the diagonal minus the sum of the later diagonal elements.
      let diagonal = diagonals(power)
      let later = diagonal.cumulativelySummed(axis: rank - 2, reversed: true) - diagonal
      let onDiagonal = later.broadcast(to: a.shape, axes: Array(0..<(rank - 1))).keeping(0...0)
      power = .product(power.keeping(1...n) - onDiagonal, a)
    }
    let corner = power.sliced(
      a.shape.dimensions.indices.map { axis in
        axis < rank - 2 ? AxisSlice.all(a.shape[axis]) : AxisSlice(start: 0, step: 1, count: 1)
      }
    ).reshaped(to: batch(a))
    return n % 2 == 0 ? -corner : corner
  }

  /// The signs of the determinants and the logarithms of their magnitudes.
  package static func signAndLogDeterminant(_ a: Node) throws(TensorError) -> (sign: Node, logarithm: Node) {
    let n = try requireSquare(a, "signAndLogDeterminant")
    let batch = batch(a)
    guard n > 0 else {
      return (.fill(.real(1), shape: batch, scalarType: a.scalarType), .zeros(batch, a.scalarType))
    }
    let both = Node(.matrix(.logDeterminant), [a])
    func part(_ i: Int) -> Node {
      both.sliced(both.shape.slices(axis: batch.rank, i, 1)).reshaped(to: batch)
    }
    return (part(0).detached(), part(1))
  }

  /// ln det a; NaN where the determinant is negative.
  package static func logDeterminant(_ a: Node) throws(TensorError) -> Node {
    let (sign, logarithm) = try signAndLogDeterminant(a)
    return .select(.compare(.less, sign, sign.filled(with: 0)), logarithm.filled(with: .nan), logarithm)
  }

  // MARK: Factors

  /// L with L Lᵀ = a, for a symmetric positive definite a; NaN for others.
  ///
  /// What is factored is (a + aᵀ) / 2: a gradient in a is symmetric, whichever triangle is changed.
  package static func cholesky(_ a: Node) throws(TensorError) -> Node {
    let n = try requireSquare(a, "cholesky")
    return n == 0 ? a : Node(.matrix(.cholesky), [a])
  }

  /// Q with orthonormal columns and R upper triangular with Q R = a, by Householder reflections, signs as LAPACK's.
  package static func qr(_ a: Node) throws(TensorError) -> (q: Node, r: Node) {
    try requireMatrix(a, "qr")
    let (m, n) = (a.shape[a.shape.rank - 2], a.shape[a.shape.rank - 1])
    if m < n {
      // Only the first columns are factored; the others follow.
      let first = columns(a, 0, m)
      let (q, r) = try qr(first)
      let rest = Node.product(q.matrixTransposed, columns(a, m, n - m))
      return (q, .concatenate([r, rest], axis: a.shape.rank - 1))
    }
    guard n > 0 else { return (a, a.rows(0, 0)) }
    let both = Node(.matrix(.qr), [a])
    return (both.rows(0, m), both.rows(m, n))
  }

  /// A permutation matrix, L with ones on the diagonal, and U, with p l u = a; partial pivoting.
  package static func lu(_ a: Node) throws(TensorError) -> (p: Node, l: Node, u: Node) {
    let n = try requireSquare(a, "lu")
    guard n > 0 else { return (a, a, a) }
    let all = Node(.matrix(.lu), [a])
    let packed = all.rows(0, n)
    return (
      all.rowOrder.matrixTransposed, packed.keeping(-n...(-1)) + packed.unitMatrices, packed.keeping(0...n)
    )
  }

  static func columns(_ a: Node, _ start: Int, _ count: Int) -> Node {
    a.sliced(a.shape.slices(axis: a.shape.rank - 1, start, count))
  }

  /// The shortest x that makes a x nearest to b, by singular values.
  ///
  /// - Parameter cutoff: singular values up to this share of the largest count as zero; nil for the larger extent times
  ///   the precision of the type, as in NumPy.
  package static func leastSquares(_ a: Node, _ b: Node, cutoff: Double? = nil) throws(TensorError) -> Node {
    try requireMatrix(a, "leastSquares")
    let (m, n) = (a.shape[a.shape.rank - 2], a.shape[a.shape.rank - 1])
    let (matrix, right, finish) = try system(a, b, rows: m, "leastSquares")
    guard min(m, n) > 0 else {
      return finish(.zeros(batch(right) + [n, right.shape[right.shape.rank - 1]], a.scalarType))
    }
    // Right-hand sides of a batch are further columns for a matrix without one.
    let lead = right.shape.rank - matrix.shape.rank
    let order = [lead] + Array(0..<lead) + [lead + 1]
    let columns = lead > 0 ? right.permuted(order).reshaped(to: [m, m == 0 ? 0 : right.shape.count / m]) : right
    let parts = PseudoInverse(of: matrix, cutoff: cutoff)
    let inverse = try pseudoInverse(matrix, cutoff: cutoff)
    let solution = Node.custom(
      PseudoInverse.solutionRule, value: parts.solution(columns),
      arguments: [matrix, columns, inverse, parts.rank])
    guard lead > 0 else { return finish(solution) }
    let split = solution.reshaped(to: Shape([n] + right.shape.dimensions[..<lead] + [right.shape[lead + 1]]))
    return finish(split.permuted(Array(1...lead) + [0, lead + 1]))
  }

  /// The pseudoinverse, by singular values; see `leastSquares` for the cutoff.
  package static func pseudoInverse(_ a: Node, cutoff: Double? = nil) throws(TensorError) -> Node {
    try requireMatrix(a, "pseudoInverse")
    let (m, n) = (a.shape[a.shape.rank - 2], a.shape[a.shape.rank - 1])
    guard min(m, n) > 0 else { return .zeros(batch(a) + [n, m], a.scalarType) }
    guard m >= n else { return try pseudoInverse(a.matrixTransposed, cutoff: cutoff).matrixTransposed }
    let parts = PseudoInverse(of: a, cutoff: cutoff)
    return .custom(PseudoInverse.inverseRule, value: parts.inverse, arguments: [a, parts.rank])
  }

  // MARK: Eigenvalues and singular values

  /// Eigenvalues, ascending, and orthonormal eigenvectors as columns of symmetric matrices.
  ///
  /// What is factored is (a + aᵀ) / 2. The largest element of an eigenvector is positive. Where eigenvalues repeat,
  /// second derivatives of symmetric functions of them are right; single ones have none there, nor have eigenvectors
  /// derivatives: NaN.
  package static func symmetricEigen(_ a: Node) throws(TensorError) -> (values: Node, vectors: Node) {
    let n = try requireSquare(a, "symmetricEigen")
    let batch = batch(a)
    guard n > 0 else { return (a.reshaped(to: batch + [0]), a) }
    let both = Node(.matrix(.symmetricEigen), [a])
    return (.custom(Spectrum.eigenvalues, value: Spectrum.ascending(a), arguments: [a]), both.rows(1, n))
  }

  /// U, the singular values, descending, and Vᵀ, with U diag(s) Vᵀ = a; as many columns as there are singular values.
  ///
  /// Derivatives of vectors need singular values that differ from each other and from 0. Of symmetric functions of the
  /// values, first and second derivatives are right where they repeat.
  package static func singularValueDecomposition(_ a: Node) throws(TensorError) -> (u: Node, values: Node, vt: Node) {
    try requireMatrix(a, "singularValueDecomposition")
    let (m, n) = (a.shape[a.shape.rank - 2], a.shape[a.shape.rank - 1])
    if m < n {
      let (u, values, vt) = try singularValueDecomposition(a.matrixTransposed)
      return (vt.matrixTransposed, values, u.matrixTransposed)
    }
    let batch = batch(a)
    guard n > 0 else { return (a, .zeros(batch + [0], a.scalarType), a.rows(0, 0)) }
    let all = Node(.matrix(.singularValues), [a])
    let values = Node.custom(Spectrum.singularValues, value: Spectrum.descending(a), arguments: [a])
    return (all.rows(0, m), values, all.rows(m + 1, n).matrixTransposed)
  }

  /// Norms of matrices by their singular values: the largest, or the sum of all.
  package static func spectralNorm(_ a: Node, isNuclear: Bool) throws(TensorError) -> Node {
    let values = try singularValueDecomposition(a).values
    if isNuclear { return values.summed(over: [values.shape.rank - 1]) }
    return try maximum(values, [-1])
  }

  /// The largest singular value over the smallest.
  package static func conditionNumber(_ a: Node) throws(TensorError) -> Node {
    let values = try singularValueDecomposition(a).values
    return try divide(maximum(values, [-1]), minimum(values, [-1]))
  }
}

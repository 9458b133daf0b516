/// Linear algebra of one matrix, spelled out as elimination: the graph has a few nodes for each column, and
/// derivatives of every order follow from them.
extension Operations {
  /// The most columns that are eliminated: the graph and the memory of its derivatives grow with their cube.
  private static let eliminationLimit = 256

  private static func requireSquare(_ a: Node, _ operation: String) throws(TensorError) -> Int {
    try requireReal(a, operation)
    guard a.shape.rank == 2, a.shape[0] == a.shape[1] else {
      throw TensorError("\(operation): found shape \(a.shape), expected one square matrix")
    }
    return try limited(a.shape[0], operation)
  }

  private static func limited(_ n: Int, _ operation: String) throws(TensorError) -> Int {
    guard n <= eliminationLimit else {
      throw TensorError("\(operation): \(n) columns; at most \(eliminationLimit) are eliminated")
    }
    return n
  }

  /// Right-hand sides as a matrix, and whether they were one vector.
  private static func columns(_ b: Node, _ n: Int, _ operation: String) throws(TensorError) -> (Node, isVector: Bool) {
    guard (1...2).contains(b.shape.rank), b.shape[0] == n else {
      throw TensorError("\(operation): the right-hand side has shape \(b.shape), expected [\(n)] or [\(n), k]")
    }
    return b.shape.rank == 1 ? (b.reshaped(to: [n, 1]), true) : (b, false)
  }

  // MARK: Systems

  /// a⁻¹ b by Gauss-Jordan elimination with partial pivoting; b is a vector or a matrix. Singular a give NaN or ∞.
  package static func solve(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    let n = try requireSquare(a, "solve")
    try requireSameType(a, b, "solve")
    let (right, isVector) = try columns(b, n, "solve")
    let (result, _, _) = try eliminated(.concatenate([a, right], axis: 1), columns: n)
    return isVector ? result.reshaped(to: [n]) : result
  }

  /// The inverse of a matrix.
  package static func inverse(_ a: Node) throws(TensorError) -> Node {
    try solve(a, eye(requireSquare(a, "inv"), nil, a.scalarType))
  }

  /// What stands right of the first n columns once they have become the identity; the pivots, and the sign of the
  /// exchanges of rows.
  private static func eliminated(
    _ start: Node, columns n: Int
  ) throws(TensorError) -> (rest: Node, pivots: [Node], sign: Node) {
    let rows = start.shape[0]
    let position = Node(.iota([rows], axis: 0, .int64))
    var matrix = start
    var pivots: [Node] = []
    var sign = Node.fill(.real(1), shape: .scalar, scalarType: start.scalarType)
    for k in 0..<n {
      // The largest element on or below the diagonal of the column goes to the diagonal.
      let column = range(matrix, axis: 1, 0, 1).reshaped(to: [rows]).detached()
      let candidates = Node.select(
        .compare(.greaterOrEqual, position, position.filled(with: Double(k))), .elementwise(.abs, column),
        column.filled(with: -1))
      let largest = try argExtremum(candidates, axis: 0, largest: true)
      let pivotPlace = largest.broadcast(to: [rows], axes: [])
      let place = position.filled(with: Double(k))
      let order = Node.select(
        .compare(.equal, position, place), pivotPlace,
        .select(.compare(.equal, position, pivotPlace), place, position))
      let isExchanged = Node.compare(.notEqual, largest, largest.filled(with: Double(k)))
      sign = .select(isExchanged, -sign, sign)
      matrix = matrix.gathered(order, axis: 0)

      let width = matrix.shape[1] - 1
      let pivotRow = range(matrix, axis: 0, k, 1)
      let pivot = range(pivotRow, axis: 1, 0, 1)
      pivots.append(pivot.reshaped(to: .scalar))
      let rest = range(pivotRow, axis: 1, 1, width)
      let scaled = rest / pivot.broadcast(to: rest.shape)
      let factors = range(matrix, axis: 1, 0, 1).reshaped(to: [rows])
      let others = range(matrix, axis: 1, 1, width)
      let reduced = others - Node.contraction(factors, [0], scaled.reshaped(to: [width]), [1], [0, 1])
      let isPivotRow = Node.compare(.equal, position, place).broadcast(to: others.shape, axes: [0])
      matrix = .select(isPivotRow, scaled.broadcast(to: others.shape), reduced)
    }
    return (matrix, pivots, sign)
  }

  /// a⁻¹ b for a triangular a, by substitution; the other triangle is not looked at.
  package static func solveTriangular(_ a: Node, _ b: Node, isLower: Bool) throws(TensorError) -> Node {
    let n = try requireSquare(a, "solve_triangular")
    try requireSameType(a, b, "solve_triangular")
    let (right, isVector) = try columns(b, n, "solve_triangular")
    var solved: [Node] = []
    for k in isLower ? Array(0..<n) : Array((0..<n).reversed()) {
      var row = range(right, axis: 0, k, 1)
      if !solved.isEmpty {
        let known = Node.concatenate(isLower ? solved : solved.reversed(), axis: 0)
        let start = isLower ? 0 : k + 1
        row = row - (try matmul(range(range(a, axis: 0, k, 1), axis: 1, start, solved.count), known))
      }
      let pivot = range(range(a, axis: 0, k, 1), axis: 1, k, 1)
      solved.append(row / pivot.broadcast(to: row.shape))
    }
    guard !solved.isEmpty else { return b }
    let result = Node.concatenate(isLower ? solved : solved.reversed(), axis: 0)
    return isVector ? result.reshaped(to: [n]) : result
  }

  // MARK: Determinants

  /// The determinant. Up to 8 rows without any division (Bird 2011, "A simple division-free algorithm for computing
  /// determinants"), so that derivatives are right for singular matrices too; above by elimination.
  package static func determinant(_ a: Node) throws(TensorError) -> Node {
    let n = try requireSquare(a, "det")
    guard n > 0 else { return .fill(.real(1), shape: .scalar, scalarType: a.scalarType) }
    guard n <= 8 else {
      let (_, pivots, sign) = try eliminated(a, columns: n)
      return sign * (try product(stack(pivots)))
    }
    var power = a
    for _ in 1..<max(n, 1) {
      // The strict upper triangle, and on the diagonal minus the sum of the later diagonal elements.
      let diagonal = try self.diagonal(power)
      let later = diagonal.cumulativelySummed(axis: 0, reversed: true) - diagonal
      let folded = try upperTriangle(power, offset: 1) - diagonalMatrix(later)
      power = try matmul(folded, a)
    }
    let corner = range(range(power, axis: 0, 0, 1), axis: 1, 0, 1).reshaped(to: .scalar)
    return n % 2 == 0 ? -corner : corner
  }

  /// The sign of the determinant and the logarithm of its magnitude.
  package static func signAndLogDeterminant(_ a: Node) throws(TensorError) -> (sign: Node, logarithm: Node) {
    let n = try requireSquare(a, "slogdet")
    guard n > 0 else {
      return (.fill(.real(1), shape: .scalar, scalarType: a.scalarType), .zeros(.scalar, a.scalarType))
    }
    let (_, pivots, exchanges) = try eliminated(a, columns: n)
    let all = try stack(pivots)
    let sign = exchanges * (try product(.elementwise(.sign, all)))
    return (sign, try sum(.elementwise(.log, .elementwise(.abs, all))))
  }

  // MARK: Factors

  /// L with L Lᵀ = a, for a symmetric positive definite a; NaN for others.
  ///
  /// What is factored is (a + aᵀ) / 2: a gradient in a is symmetric, whichever triangle is changed.
  package static func cholesky(_ a: Node) throws(TensorError) -> Node {
    let n = try requireSquare(a, "cholesky")
    var rest = 0.5 * (a + a.permuted([1, 0]))
    var columns: [Node] = []
    for k in 0..<n {
      let size = n - k
      let column = range(rest, axis: 1, 0, 1)
      let pivot = Node.elementwise(.sqrt, range(column, axis: 0, 0, 1))
      let scaled = column / pivot.broadcast(to: column.shape)
      columns.append(scaled.embedded(in: [n, 1], at: [AxisSlice(start: k, step: 1, count: size), .all(1)]))
      let tail = range(scaled, axis: 0, 1, size - 1).reshaped(to: [size - 1])
      rest = range(range(rest, axis: 0, 1, size - 1), axis: 1, 1, size - 1) - (try outer(tail, tail))
    }
    return columns.isEmpty ? a : .concatenate(columns, axis: 1)
  }

  /// Q with orthonormal columns and R upper triangular with Q R = a, for at least as many rows as columns, by
  /// Householder reflections (Golub & Van Loan, "Matrix Computations", 4th edition, section 5.2; signs as LAPACK's).
  package static func qr(_ a: Node) throws(TensorError) -> (q: Node, r: Node) {
    try requireReal(a, "qr")
    guard a.shape.rank == 2, a.shape[0] >= a.shape[1] else {
      throw TensorError("qr: found shape \(a.shape), expected a matrix with at least as many rows as columns")
    }
    let (m, n) = (a.shape[0], try limited(a.shape[1], "qr"))
    var r = a
    var reflections: [(v: Node, scale: Node)] = []
    for k in 0..<min(n, m - 1) {
      let x = range(range(r, axis: 1, k, 1), axis: 0, k, m - k).reshaped(to: [m - k])
      let first = range(x, axis: 0, 0, 1)
      let length = (try norm(x)).reshaped(to: [1])
      let isNegative = Node.compare(.less, first, first.filled(with: 0))
      let target = Node.select(isNegative, length, -length)
      let v = Node.concatenate([first - target, range(x, axis: 0, 1, m - k - 1)], axis: 0)
        .embedded(in: [m], at: [AxisSlice(start: k, step: 1, count: m - k)])
      let scale = (-1 * (target * (first - target))).reshaped(to: .scalar)
      reflections.append((v, scale))
      r = reflected(r, v, scale)
    }
    var q = try eye(m, n, a.scalarType)
    for (v, scale) in reflections.reversed() { q = reflected(q, v, scale) }
    return (q, try upperTriangle(range(r, axis: 0, 0, n)))
  }

  /// x - v (vᵀ x) / scale
  private static func reflected(_ x: Node, _ v: Node, _ scale: Node) -> Node {
    let projection = Node.contraction(v, [0], x, [0, 1], [1])
    let scaled = projection / scale.broadcast(to: projection.shape, axes: [])
    return x - .contraction(v, [0], scaled, [1], [0, 1])
  }

  /// The x that makes a x nearest to b, for a of full column rank.
  package static func leastSquares(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    let (q, r) = try qr(a)
    try requireSameType(a, b, "lstsq")
    let (right, isVector) = try columns(b, a.shape[0], "lstsq")
    let x = try solveTriangular(r, matmul(q.permuted([1, 0]), right), isLower: false)
    return isVector ? x.reshaped(to: [a.shape[1]]) : x
  }

  /// The pseudoinverse of a matrix of full rank.
  package static func pseudoInverse(_ a: Node) throws(TensorError) -> Node {
    guard a.shape.rank == 2 else { throw TensorError("pinv: found shape \(a.shape), expected a matrix") }
    guard a.shape[0] >= a.shape[1] else { return try pseudoInverse(a.permuted([1, 0])).permuted([1, 0]) }
    return try leastSquares(a, eye(a.shape[0], nil, a.scalarType))
  }

  // MARK: Powers

  /// A whole power of a matrix, by repeated squaring; negative ones are those of the inverse.
  package static func matrixPower(_ a: Node, _ exponent: Int) throws(TensorError) -> Node {
    let n = try requireSquare(a, "matrix_power")
    var square = exponent < 0 ? try inverse(a) : a
    var rest = exponent.magnitude
    var result: Node?
    while rest > 0 {
      if rest % 2 == 1 {
        result = try result.map { (known) throws(TensorError) in try matmul(known, square) } ?? square
      }
      rest /= 2
      if rest > 0 { square = try matmul(square, square) }
    }
    if let result { return result }
    return try eye(n, nil, a.scalarType)
  }

  /// The exponential of a matrix, by scaling and squaring (Moler & Van Loan 2003, method 3): Taylor's series where the
  /// norm is at most 1, where 18 terms leave less than rounding does.
  package static func matrixExponential(_ a: Node) throws(TensorError) -> Node {
    let n = try requireSquare(a, "expm")
    guard n > 0 else { return a }
    // The number of squarings follows the values, so it is chosen within the graph; 2²⁴ is beyond what has a result.
    let limit = 24
    let size = try maximum(sum(.elementwise(.abs, a.detached()), [1]))
    var squarings: [Node] = []
    var scale = size.filled(with: 1)
    for k in 0..<limit {
      let isNeeded = Node.compare(.greater, size, size.filled(with: Double(1 << k)))
      squarings.append(isNeeded)
      scale = .select(isNeeded, 0.5 * scale, scale)
    }
    let scaled = a * scale.broadcast(to: a.shape, axes: [])
    let identity = try eye(n, nil, a.scalarType)
    var series = identity
    for k in (1...18).reversed() {
      let product = try matmul(scaled, series)
      series = identity + product / product.filled(with: Double(k))
    }
    for isNeeded in squarings {
      series = .select(isNeeded.broadcast(to: series.shape, axes: []), try matmul(series, series), series)
    }
    return series
  }
}

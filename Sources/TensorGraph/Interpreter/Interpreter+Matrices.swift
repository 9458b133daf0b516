/// Linear algebra by the textbook, one matrix after another.
extension Interpreter {
  /// A matrix of doubles, row after row.
  struct Matrix {
    var rows: Int
    var columns: Int
    var elements: [Double]

    init(rows: Int, columns: Int, _ elements: [Double]) {
      (self.rows, self.columns, self.elements) = (rows, columns, elements)
    }

    init(zeros rows: Int, _ columns: Int) {
      self.init(rows: rows, columns: columns, [Double](repeating: 0, count: rows * columns))
    }

    init(identity n: Int) {
      self.init(zeros: n, n)
      for i in 0..<n { self[i, i] = 1 }
    }

    subscript(i: Int, j: Int) -> Double {
      get { elements[i * columns + j] }
      set { elements[i * columns + j] = newValue }
    }

    var transposed: Matrix {
      var result = Matrix(zeros: columns, rows)
      for i in 0..<rows { for j in 0..<columns { result[j, i] = self[i, j] } }
      return result
    }

    var symmetricPart: Matrix {
      let other = transposed
      return Matrix(rows: rows, columns: columns, elements.indices.map { 0.5 * (elements[$0] + other.elements[$0]) })
    }
  }

  /// The matrices of a batch.
  private static func matrices(_ value: Value) -> [Matrix] {
    let rank = value.shape.rank
    let (m, n) = (value.shape[rank - 2], value.shape[rank - 1])
    let count = value.shape.dimensions.dropLast(2).reduce(1, *)
    return (0..<count).map {
      Matrix(rows: m, columns: n, Array(value.elements[($0 * m * n)..<(($0 + 1) * m * n)]))
    }
  }

  static func apply(_ function: MatrixFunction, _ operand: Value) -> [Double] {
    matrices(operand).flatMap { a -> [Double] in
      switch function {
      case .cholesky: return cholesky(a.symmetricPart).elements
      case .qr:
        let (q, r) = qr(a)
        return q.elements + r.elements
      case .lu: return lu(a)
      case .symmetricEigen:
        let (values, vectors) = eigen(a.symmetricPart)
        return values + vectors.elements
      case .singularValues:
        let (u, values, v) = singularValues(a)
        return u.elements + values + v.elements
      case .logDeterminant:
        let (sign, logarithm) = logDeterminant(a)
        return [sign, logarithm]
      }
    }
  }

  static func solve(_ form: MatrixForm, _ b: Value, _ a: Value) -> [Double] {
    if let system = form.system {
      let whole = Value(system.dense(a.elements, zero: 0), shape: form.matrixShape(a.shape), scalarType: a.scalarType)
      return solve(.general, b, whole)
    }
    return zip(matrices(b), matrices(a)).flatMap { b, a -> [Double] in
      var system = a
      for i in 0..<a.rows {
        for j in 0..<a.columns where (form.kind == .lower && j > i) || (form.kind == .upper && j < i) {
          system[i, j] = 0
        }
      }
      return eliminate(form.isTransposed ? system.transposed : system, b).solution.elements
    }
  }

  /// Gauss-Jordan elimination with partial pivoting: the solution, the pivots and the sign of the exchanges.
  private static func eliminate(_ a: Matrix, _ b: Matrix) -> (solution: Matrix, pivots: [Double], sign: Double) {
    var (a, b, sign) = (a, b, 1.0)
    var pivots: [Double] = []
    let n = a.rows
    for k in 0..<n {
      let place = (k..<n).max { abs(a[$0, k]) < abs(a[$1, k]) }!
      if place != k {
        sign = -sign
        for j in 0..<n { (a[k, j], a[place, j]) = (a[place, j], a[k, j]) }
        for j in 0..<b.columns { (b[k, j], b[place, j]) = (b[place, j], b[k, j]) }
      }
      pivots.append(a[k, k])
      for i in 0..<n where i != k && a[i, k] != 0 {
        let factor = a[i, k] / a[k, k]
        for j in k..<n { a[i, j] -= factor * a[k, j] }
        for j in 0..<b.columns { b[i, j] -= factor * b[k, j] }
      }
    }
    for i in 0..<n { for j in 0..<b.columns { b[i, j] /= a[i, i] } }
    return (b, pivots, sign)
  }

  private static func logDeterminant(_ a: Matrix) -> (Double, Double) {
    let (_, pivots, exchanges) = eliminate(a, Matrix(zeros: a.rows, 0))
    let sign = pivots.reduce(exchanges) { $0 * ($1 > 0 ? 1 : $1 < 0 ? -1 : $1) }
    return (sign, pivots.reduce(0) { $0 + logarithm(abs($1)) })
  }

  /// Elimination column by column with partial pivoting: the factors, and the order of the rows.
  private static func lu(_ matrix: Matrix) -> [Double] {
    let n = matrix.rows
    var a = matrix
    var order = (0..<n).map(Double.init)
    for k in 0..<n {
      var place = k
      for i in k..<n where abs(a[i, k]) > abs(a[place, k]) { place = i }
      if place != k {
        order.swapAt(k, place)
        for j in 0..<n { (a[k, j], a[place, j]) = (a[place, j], a[k, j]) }
      }
      for i in (k + 1)..<max(n, k + 1) {
        a[i, k] /= a[k, k]
        for j in (k + 1)..<max(n, k + 1) { a[i, j] -= a[i, k] * a[k, j] }
      }
    }
    return a.elements + order
  }

  private static func logarithm(_ x: Double) -> Double { ScalarFunction.log.value([x]) }

  private static func cholesky(_ a: Matrix) -> Matrix {
    var l = Matrix(zeros: a.rows, a.rows)
    for j in 0..<a.rows {
      for i in j..<a.rows {
        let rest = (0..<j).reduce(a[i, j]) { $0 - l[i, $1] * l[j, $1] }
        if i == j {
          guard rest > 0 else { return Matrix(rows: a.rows, columns: a.rows, a.elements.map { _ in .nan }) }
          l[i, j] = rest.squareRoot()
        } else {
          l[i, j] = rest / l[j, j]
        }
      }
    }
    return l
  }

  /// Householder's reflections, one for each column.
  private static func qr(_ a: Matrix) -> (q: Matrix, r: Matrix) {
    var r = a
    var q = Matrix(identity: a.rows)
    for k in 0..<min(a.columns, a.rows - 1) {
      var v = [Double](repeating: 0, count: a.rows)
      for i in k..<a.rows { v[i] = r[i, k] }
      if v[(k + 1)...].allSatisfy({ $0 == 0 }) { continue }
      let length = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
      v[k] += v[k] < 0 ? -length : length
      let square = v.reduce(0) { $0 + $1 * $1 }
      for j in 0..<r.columns {
        let factor = 2 * (0..<a.rows).reduce(0) { $0 + v[$1] * r[$1, j] } / square
        for i in 0..<a.rows { r[i, j] -= factor * v[i] }
      }
      for i in 0..<a.rows {
        let factor = 2 * (0..<a.rows).reduce(0) { $0 + q[i, $1] * v[$1] } / square
        for j in 0..<a.rows { q[i, j] -= factor * v[j] }
      }
    }
    var (left, upper) = (Matrix(zeros: a.rows, a.columns), Matrix(zeros: a.columns, a.columns))
    for i in 0..<a.rows { for j in 0..<a.columns { left[i, j] = q[i, j] } }
    for i in 0..<a.columns { for j in i..<a.columns { upper[i, j] = r[i, j] } }
    return (left, upper)
  }

  /// Jacobi's rotations of columns of `a` (and of `v` alike) until all columns of `a` are orthogonal; of a symmetric
  /// positive matrix that gives eigenvectors, of any the singular values (Hestenes 1958).
  private static func orthogonalized(_ a: Matrix) -> (a: Matrix, v: Matrix) {
    var (a, v) = (a, Matrix(identity: a.columns))
    for _ in 0..<60 {
      var isDone = true
      for p in 0..<a.columns {
        for q in (p + 1)..<max(a.columns, p + 1) {
          var (alpha, beta, gamma) = (0.0, 0.0, 0.0)
          for i in 0..<a.rows {
            alpha += a[i, p] * a[i, p]
            beta += a[i, q] * a[i, q]
            gamma += a[i, p] * a[i, q]
          }
          if abs(gamma) <= 1e-17 * (alpha * beta).squareRoot() || gamma == 0 { continue }
          isDone = false
          let zeta = (beta - alpha) / (2 * gamma)
          let t = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
          let c = 1 / (1 + t * t).squareRoot()
          let s = c * t
          for i in 0..<a.rows { (a[i, p], a[i, q]) = (c * a[i, p] - s * a[i, q], s * a[i, p] + c * a[i, q]) }
          for i in 0..<v.rows { (v[i, p], v[i, q]) = (c * v[i, p] - s * v[i, q], s * v[i, p] + c * v[i, q]) }
        }
      }
      if isDone { break }
    }
    return (a, v)
  }

  private static func singularValues(_ a: Matrix) -> (u: Matrix, values: [Double], v: Matrix) {
    guard a.elements.allSatisfy(\.isFinite) else {
      let undefined = { (m: Int, n: Int) in Matrix(rows: m, columns: n, [Double](repeating: .nan, count: m * n)) }
      return (undefined(a.rows, a.columns), undefined(1, a.columns).elements, undefined(a.columns, a.columns))
    }
    let (rotated, v) = orthogonalized(a)
    let lengths = (0..<a.columns).map { j in
      (0..<a.rows).reduce(0) { $0 + rotated[$1, j] * rotated[$1, j] }.squareRoot()
    }
    let order = lengths.indices.sorted { lengths[$0] > lengths[$1] }
    var (left, right) = (Matrix(zeros: a.rows, a.columns), Matrix(zeros: a.columns, a.columns))
    for (j, from) in order.enumerated() {
      let sign = MatrixFunction.sign((0..<a.columns).map { v[$0, from] })
      for i in 0..<a.rows { left[i, j] = sign * rotated[i, from] / lengths[from] }
      for i in 0..<a.columns { right[i, j] = sign * v[i, from] }
    }
    return (left, order.map { lengths[$0] }, right)
  }

  /// Eigenvalues of a symmetric matrix: singular values of the matrix made positive by adding a multiple of the identity.
  private static func eigen(_ a: Matrix) -> (values: [Double], vectors: Matrix) {
    let n = a.rows
    guard a.elements.allSatisfy(\.isFinite) else {
      return ([Double](repeating: .nan, count: n), Matrix(rows: n, columns: n, a.elements.map { _ in .nan }))
    }
    let shift = 1.5 * (0..<n).reduce(0) { most, i in Swift.max(most, (0..<n).reduce(0) { $0 + abs(a[i, $1]) }) }
    var shifted = a
    for i in 0..<n { shifted[i, i] += shift }
    let v = orthogonalized(shifted).v
    // Rayleigh's quotients do not suffer from the shift.
    let values = (0..<n).map { j in
      (0..<n).reduce(0) { sum, i in sum + v[i, j] * (0..<n).reduce(0) { $0 + a[i, $1] * v[$1, j] } }
    }
    let order = values.indices.sorted { values[$0] < values[$1] }
    var vectors = Matrix(zeros: n, n)
    for (j, from) in order.enumerated() {
      let sign = MatrixFunction.sign((0..<n).map { v[$0, from] })
      for i in 0..<n { vectors[i, j] = sign * v[i, from] }
    }
    return (order.map { values[$0] }, vectors)
  }
}

extension MatrixFunction {
  /// The sign that makes the largest element of a vector positive; of nearly equal ones the first counts.
  package static func sign(_ vector: some Collection<Double>) -> Double {
    let largest = vector.reduce(0) { Swift.max($0, abs($1)) }
    return (vector.first { abs($0) >= 0.999_999 * largest } ?? 1) < 0 ? -1 : 1
  }
}

/// A dense matrix of doubles in column-major order, the order of LAPACK.
package struct DenseMatrix: Hashable, Sendable {
  package let rows: Int
  package let columns: Int
  /// Element (i, j) is at i + rows · j.
  package var elements: [Double]

  /// A matrix of zeros.
  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    elements = [Double](repeating: 0, count: rows * columns)
  }

  /// A matrix from elements in row-major order, as tensors hold them.
  package init(rows: Int, columns: Int, rowMajor: [Double]) {
    precondition(rowMajor.count == rows * columns, "\(rowMajor.count) elements for \(rows) x \(columns)")
    self.init(rows: rows, columns: columns)
    for i in 0..<rows {
      for j in 0..<columns { elements[i + rows * j] = rowMajor[i * columns + j] }
    }
  }

  /// A matrix from elements in column-major order.
  package init(rows: Int, columns: Int, columnMajor: [Double]) {
    precondition(columnMajor.count == rows * columns, "\(columnMajor.count) elements for \(rows) x \(columns)")
    (self.rows, self.columns, elements) = (rows, columns, columnMajor)
  }

  package subscript(i: Int, j: Int) -> Double {
    get { elements[i + rows * j] }
    set { elements[i + rows * j] = newValue }
  }

  /// A column.
  subscript(column j: Int) -> [Double] { Array(elements[(j * rows)..<((j + 1) * rows)]) }

  /// The identity.
  package static func identity(_ n: Int) -> DenseMatrix {
    var result = DenseMatrix(rows: n, columns: n)
    for i in 0..<n { result[i, i] = 1 }
    return result
  }

  package var transposed: DenseMatrix {
    var result = DenseMatrix(rows: columns, columns: rows)
    for i in 0..<rows {
      for j in 0..<columns { result[j, i] = self[i, j] }
    }
    return result
  }

  /// Makes a square matrix equal to its transpose, by means.
  mutating func symmetrize() {
    for i in 0..<rows {
      for j in 0..<i {
        let mean = (self[i, j] + self[j, i]) / 2
        (self[i, j], self[j, i]) = (mean, mean)
      }
    }
  }

  /// Whether every element is finite.
  package var isFinite: Bool { elements.allSatisfy(\.isFinite) }

  /// A x, in O(rows · columns).
  package func times(_ x: [Double]) -> [Double] {
    precondition(x.count == columns)
    var result = [Double](repeating: 0, count: rows)
    for j in 0..<columns {
      for i in 0..<rows { result[i] += self[i, j] * x[j] }
    }
    return result
  }

  /// Aᵀ x, in O(rows · columns).
  package func transposedTimes(_ x: [Double]) -> [Double] {
    precondition(x.count == rows)
    return (0..<columns).map { j in
      var sum = 0.0
      for i in 0..<rows { sum += self[i, j] * x[i] }
      return sum
    }
  }

  /// AᵀA, exactly symmetric, in O(rows · columns²).
  package var gram: DenseMatrix {
    var result = DenseMatrix(rows: columns, columns: columns)
    for j in 0..<columns {
      for k in 0...j {
        var sum = 0.0
        for i in 0..<rows { sum += self[i, j] * self[i, k] }
        result[j, k] = sum
        result[k, j] = sum
      }
    }
    return result
  }
}

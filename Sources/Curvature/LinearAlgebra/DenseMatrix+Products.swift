#if canImport(Accelerate)
  import Accelerate
#else
  import COpenBLAS
#endif

extension DenseMatrix {
  /// Aᵀ B, by BLAS.
  func transposedTimes(_ other: DenseMatrix) -> DenseMatrix { product(isTransposed: true, other) }

  /// A B, by BLAS.
  func times(_ other: DenseMatrix) -> DenseMatrix { product(isTransposed: false, other) }

  private func product(isTransposed: Bool, _ other: DenseMatrix) -> DenseMatrix {
    let (height, inner) = isTransposed ? (columns, rows) : (rows, columns)
    precondition(inner == other.rows)
    var result = DenseMatrix(rows: height, columns: other.columns)
    guard height > 0, inner > 0, other.columns > 0 else { return result }
    cblas_dgemm(
      CblasColMajor, isTransposed ? CblasTrans : CblasNoTrans, CblasNoTrans, Int32(height), Int32(other.columns),
      Int32(inner), 1, elements, Int32(rows), other.elements, Int32(inner), 0, &result.elements, Int32(height))
    return result
  }

  /// A D, D a diagonal.
  func scalingColumns(by diagonal: [Double]) -> DenseMatrix {
    var result = self
    for j in 0..<columns { for i in 0..<rows { result[i, j] *= diagonal[j] } }
    return result
  }
}

/// Vectors side by side, some of them in use: what is orthogonalized against.
struct VectorBasis {
  private(set) var count = 0
  private let length: Int
  private var elements: [Double]

  /// - Parameters:
  ///   - length: that of the vectors.
  ///   - capacity: how many there will be at most.
  init(length: Int, capacity: Int) {
    self.length = length
    elements = [Double](repeating: 0, count: length * capacity)
  }

  subscript(i: Int) -> [Double] { Array(elements[(i * length)..<((i + 1) * length)]) }

  mutating func append(_ vector: [Double]) {
    elements.replaceSubrange((count * length)..<((count + 1) * length), with: vector)
    count += 1
  }

  mutating func removeAll() { count = 0 }

  /// Takes the parts along the vectors, which are orthonormal, off another one, and adds them up.
  ///
  /// - Parameter parts: the parts so far, one for each vector.
  func remove(from x: inout [Double], addingTo parts: inout [Double]) {
    guard count > 0 else { return }
    var coefficients = [Double](repeating: 0, count: count)
    let (rows, columns) = (Int32(length), Int32(count))
    cblas_dgemv(CblasColMajor, CblasTrans, rows, columns, 1, elements, rows, x, 1, 0, &coefficients, 1)
    cblas_dgemv(CblasColMajor, CblasNoTrans, rows, columns, -1, elements, rows, coefficients, 1, 1, &x, 1)
    parts.add(coefficients, times: 1)
  }

  /// Sums of the vectors in their place, one for each column of factors, of which there are no more than vectors.
  ///
  /// - Complexity: one pass over the vectors, and memory for a few thousand numbers.
  mutating func combine(_ factors: DenseMatrix) {
    precondition(factors.rows == count && factors.columns <= count)
    let (old, new) = (count, factors.columns)
    count = new
    guard length > 0, new > 0 else { return }
    let height = min(length, 1024)
    let whole = length
    withUnsafeTemporaryAllocation(of: Double.self, capacity: height * new) { sums in
      elements.withUnsafeMutableBufferPointer { elements in
        for start in stride(from: 0, to: whole, by: height) {
          let rows = min(height, whole - start)
          let base = elements.baseAddress! + start
          cblas_dgemm(
            CblasColMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(new), Int32(old), 1, base, Int32(whole),
            factors.elements, Int32(old), 0, sums.baseAddress!, Int32(rows))
          for j in 0..<new { (base + j * whole).update(from: sums.baseAddress! + j * rows, count: rows) }
        }
      }
    }
  }
}

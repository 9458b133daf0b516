#if canImport(Accelerate)
  import Accelerate
#else
  import COpenBLAS
#endif
import CPUEngine

/// A factorization that does not exist for the given matrix, or did not converge.
package struct LinearAlgebraError: Error, Hashable, Sendable, CustomStringConvertible {
  package let message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }
}

/// The eigenvalues of a symmetric matrix in ascending order, and orthonormal eigenvectors as columns: A = V Λ Vᵀ.
package struct SymmetricEigenDecomposition: Sendable {
  package let values: [Double]
  package let vectors: DenseMatrix

  /// Factors a symmetric matrix, of which the lower triangle is read, by divide and conquer (`dsyevd`). O(n³).
  ///
  /// - Throws: if an element is not finite, or the iteration does not converge.
  package init(_ matrix: DenseMatrix) throws(LinearAlgebraError) {
    precondition(matrix.rows == matrix.columns, "eigenvalues of a \(matrix.rows) x \(matrix.columns) matrix")
    // LAPACK may not return from a matrix with a NaN.
    guard matrix.isFinite else { throw LinearAlgebraError("eigenvalues: the matrix is not finite") }
    var n = Int32(matrix.rows)
    guard n > 0 else {
      values = []
      vectors = matrix
      return
    }
    var a = matrix.elements
    var w = [Double](repeating: 0, count: matrix.rows)
    var workCount = 1 + 6 * n + 2 * n * n
    var indexCount = 3 + 5 * n
    var work = [Double](repeating: 0, count: Int(workCount))
    var indices = [Int32](repeating: 0, count: Int(indexCount))
    var info: Int32 = 0
    var leading = n
    BLASThreads.suiting(rows: matrix.rows) {
      dsyevd_("V", "L", &n, &a, &leading, &w, &work, &workCount, &indices, &indexCount, &info)
    }
    guard info == 0 else { throw LinearAlgebraError("eigenvalues: no convergence (dsyevd info \(info))") }
    values = w
    var eigenvectors = matrix
    eigenvectors.elements = a
    vectors = eigenvectors
  }
}

/// A = Q R by Householder reflections, for a matrix with at least as many rows as columns.
package struct QRFactorization: Sendable {
  package let rows: Int
  package let columns: Int
  /// R in the upper triangle, the reflections below it.
  private let factors: [Double]
  private let scales: [Double]

  /// Factors a matrix (`dgeqrf`). O(rows · columns²).
  ///
  /// - Throws: if an element is not finite, or there are fewer rows than columns.
  package init(_ matrix: DenseMatrix) throws(LinearAlgebraError) {
    guard matrix.isFinite else { throw LinearAlgebraError("qr: the matrix is not finite") }
    guard matrix.rows >= matrix.columns else {
      throw LinearAlgebraError("qr: \(matrix.rows) rows are fewer than \(matrix.columns) columns")
    }
    rows = matrix.rows
    columns = matrix.columns
    var (m, n) = (Int32(rows), Int32(columns))
    var a = matrix.elements
    var tau = [Double](repeating: 0, count: max(1, columns))
    var workCount = Int32(max(1, 32 * columns))
    var work = [Double](repeating: 0, count: Int(workCount))
    var info: Int32 = 0
    var leading = max(1, m)
    BLASThreads.suiting(rows: rows) {
      dgeqrf_(&m, &n, &a, &leading, &tau, &work, &workCount, &info)
    }
    precondition(info == 0, "dgeqrf argument \(-info)")
    factors = a
    scales = tau
  }

  /// The upper triangular factor, columns x columns.
  package var r: DenseMatrix {
    var result = DenseMatrix(rows: columns, columns: columns)
    for j in 0..<columns {
      for i in 0...j { result[i, j] = factors[i + rows * j] }
    }
    return result
  }

  /// The orthonormal columns of Q, as many as the matrix has (`dorgqr`).
  package var q: DenseMatrix {
    guard columns > 0 else { return DenseMatrix(rows: rows, columns: 0) }
    var (m, n, k, leading, info) = (Int32(rows), Int32(columns), Int32(columns), Int32(rows), Int32(0))
    var a = factors
    var workCount = Int32(32 * columns)
    var work = [Double](repeating: 0, count: Int(workCount))
    dorgqr_(&m, &n, &k, &a, &leading, scales, &work, &workCount, &info)
    precondition(info == 0, "dorgqr argument \(-info)")
    return DenseMatrix(rows: rows, columns: columns, columnMajor: a)
  }

  /// The first `columns` elements of Qᵀ x, in O(rows · columns).
  package func transposedQ(times x: [Double]) -> [Double] {
    precondition(x.count == rows)
    guard columns > 0 else { return [] }
    var (m, one, k) = (Int32(rows), Int32(1), Int32(columns))
    var (leading, leadingResult) = (m, m)
    var result = x
    var workCount: Int32 = 64
    var work = [Double](repeating: 0, count: Int(workCount))
    var info: Int32 = 0
    BLASThreads.suiting(rows: rows) {
      dormqr_("L", "T", &m, &one, &k, factors, &leading, scales, &result, &leadingResult, &work, &workCount, &info)
    }
    precondition(info == 0, "dormqr argument \(-info)")
    return Array(result[..<columns])
  }

  /// R⁻¹ B, or R⁻ᵀ B, by substitution, in O(columns² · B.columns).
  ///
  /// - Throws: if R has a zero on its diagonal.
  package func solvingR(_ right: DenseMatrix, transposed: Bool = false) throws(LinearAlgebraError) -> DenseMatrix {
    precondition(right.rows == columns)
    guard columns > 0, right.columns > 0 else { return right }
    var (n, count, leading, leadingRight) = (Int32(columns), Int32(right.columns), Int32(rows), Int32(columns))
    var result = right
    var info: Int32 = 0
    BLASThreads.suiting(rows: max(columns, right.columns)) {
      dtrtrs_("U", transposed ? "T" : "N", "N", &n, &count, factors, &leading, &result.elements, &leadingRight, &info)
    }
    guard info == 0 else { throw LinearAlgebraError("triangular solve: R has a zero in place \(info)") }
    return result
  }
}

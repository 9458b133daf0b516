import SparseStructure
import TensorGraph

/// Cholesky's factor of a sparse matrix without fill: entries where the matrix has some, and nowhere else.
///
/// The matrix is scaled to a diagonal of ones. A factor without fill need not exist where the whole one does: if a pivot is not
/// positive a multiple of the identity is added, and twice that again until all are (Manteuffel, "An incomplete
/// factorization technique for positive definite linear systems", Mathematics of Computation 34, 1980; the steps are those of
/// Lin & Moré, "Incomplete Cholesky factorizations with limited memory", SIAM J. Sci. Comput. 21, 1999). It is the whole factor
/// where that has no fill: for tridiagonal matrices, and arrows with the border last.
///
/// <!-- swift
/// let x = Tensor<Double>.linspace(0, 1, 900).reshaped(to: [30, 30]), b = x
/// func energy(_ x: Tensor<Double>) -> Tensor<Double> {
///   square(x[1..., ...] - x[..<(-1), ...]).sum() + square(x[..., 1...] - x[..., ..<(-1)]).sum() + 0.01 * square(x).sum()
/// }
/// let H = hessian(at: x, of: energy)
/// -->
/// ```swift
/// let incomplete = try H.incompleteCholesky()
/// incomplete.shift        // 0.0
/// try H.solve(b, by: .conjugateGradients, preconditioner: incomplete.preconditioner)
/// ```
public struct IncompleteCholesky<Scalar: DifferentiableScalar>: Sendable {
  /// The number of rows.
  public let rowCount: Int
  /// The entries of the factor, its diagonal included: those of a triangle of the matrix.
  public let factorCount: Int
  /// The multiple of the identity that the scaled matrix needed; 0 where it needed none.
  public let shift: Double
  /// L Lᵀ as a preconditioner. It takes O(`factorCount`) operations at each use.
  public let preconditioner: Preconditioner<Scalar>

  /// Factors a matrix.
  ///
  /// - Parameter lower: its lower triangle.
  fileprivate init(_ lower: SparseMatrix<Scalar>) throws(TensorError) {
    let matrix = SparseSymmetricMatrix.Places(lower.pattern).matrix(lower.values.map { Double($0) })
    guard matrix.isFinite else {
      throw TensorError("incompleteCholesky: the matrix is not finite here; choose another point")
    }
    if let (row, value) = matrix.diagonal.enumerated().first(where: { !($1 > 0) }) {
      throw TensorError("incompleteCholesky: " + nonpositiveDiagonal(value, row: row))
    }
    let scales = matrix.diagonal.map { $0.squareRoot() }
    let scaled = matrix.scaled(by: scales)
    guard scaled.isFinite else {
      throw TensorError(
        "incompleteCholesky: an element of the diagonal is nearly 0 beside its row, the matrix is not positive definite; solve by "
          + ".minres or make it so by `positiveDefinite(_:)`")
    }
    let (triangle, shift) = try Self.factor(scaled)
    (rowCount, factorCount, self.shift) = (matrix.count, matrix.pattern.nonzeroCount, shift)
    preconditioner = Preconditioner("Cholesky's factors without fill", rowCount: rowCount) { v in
      var x = zip(v, scales).map { $0 / $1 }
      triangle.solveLower(&x)
      triangle.solveLowerTransposed(&x)
      return zip(x, scales).map { $0 / $1 }
    }
  }

  /// The factor, and the shift that it needs: once that exceeds the sums of rows every pivot is positive.
  private static func factor(
    _ scaled: SparseSymmetricMatrix
  ) throws(TensorError) -> (triangle: SparseSymmetricMatrix, shift: Double) {
    // What is less is what rounding leaves of an element of the diagonal.
    let leastPivot = 4 * Double(Scalar.ulpOfOne)
    var shift = 0.0
    while true {
      try Cancellation.check { "cancelled with a shift of \(shift)" }
      if let triangle = scaled.incompleteFactor(shift: shift, leastPivot: leastPivot) { return (triangle, shift) }
      shift = max(1e-3, 2 * shift)
    }
  }
}

extension IncompleteCholesky: CustomStringConvertible {
  /// Rows, entries and shift.
  public var description: String {
    "Cholesky's factor without fill of a \(rowCount)×\(rowCount) matrix: \(factorCount) entries, "
      + (shift > 0 ? "a shift of \(NumberText.rounded(shift, digits: 6))" : "no shift")
  }
}

extension SparseMatrix where Scalar: DifferentiableScalar {
  /// Cholesky's factor without fill, a preconditioner.
  ///
  /// - Returns: the factor by the lower triangle, whose mirror image the upper one is taken to be.
  /// - Throws: `TensorError` if the matrix is not square or not finite, an entry above the diagonal has none below it, or an
  ///   element of the diagonal is not positive.
  /// - Complexity: for each entry of a triangle the entries of the row of its column, once for each shift that is tried.
  public func incompleteCholesky() throws(TensorError) -> IncompleteCholesky<Scalar> {
    try IncompleteCholesky(try symmetricLowerTriangle("incompleteCholesky"))
  }
}

extension SymmetricOperator {
  /// Cholesky's factor without fill of a sparse Hessian, or of sums and multiples of such and of diagonals: a preconditioner.
  ///
  /// - Throws: `TensorError` if this is a block, a batch or an operator whose non-zeros are not known, is not finite, or an
  ///   element of its diagonal is not positive.
  /// - Complexity: the non-zeros, and as that of a `SparseMatrix`.
  public func incompleteCholesky() throws(TensorError) -> IncompleteCholesky<Scalar> {
    _ = try symmetricShape("incompleteCholesky")
    return try linearOperator.lowerTriangle().incompleteCholesky()
  }
}

extension SparseSymmetricMatrix {
  /// L on the pattern of the triangle with (L Lᵀ)ᵢⱼ = (A + shift · I)ᵢⱼ there, row after row; nil where a pivot is not above the
  /// least that is allowed.
  fileprivate func incompleteFactor(shift: Double, leastPivot: Double) -> SparseSymmetricMatrix? {
    var result = self
    // The row that is worked on, spread out.
    var spread = [Double](repeating: 0, count: count)
    let isComplete = withRows { starts, columns in
      result.values.withUnsafeMutableBufferPointer { factor in
        spread.withUnsafeMutableBufferPointer { spread in
          for row in 0..<count {
            let (first, last) = (starts[row], starts[row + 1] - 1)
            for place in first..<last { spread[Int(columns[place])] = factor[place] }
            var pivot = factor[last] + shift
            for place in first..<last {
              let column = Int(columns[place])
              let diagonal = starts[column + 1] - 1
              var element = spread[column]
              for other in starts[column]..<diagonal { element -= factor[other] * spread[Int(columns[other])] }
              element /= factor[diagonal]
              (spread[column], factor[place]) = (element, element)
              pivot -= element * element
            }
            guard pivot > leastPivot else { return false }
            factor[last] = pivot.squareRoot()
            for place in first..<last { spread[Int(columns[place])] = 0 }
          }
          return true
        }
      }
    }
    return isComplete ? result : nil
  }

  /// x becomes L⁻¹ x, L this triangle.
  fileprivate func solveLower(_ x: inout [Double]) {
    withRows { starts, columns in
      values.withUnsafeBufferPointer { values in
        x.withUnsafeMutableBufferPointer { x in
          for row in 0..<count {
            let last = starts[row + 1] - 1
            var element = x[row]
            for place in starts[row]..<last { element -= values[place] * x[Int(columns[place])] }
            x[row] = element / values[last]
          }
        }
      }
    }
  }

  /// x becomes L⁻ᵀ x.
  fileprivate func solveLowerTransposed(_ x: inout [Double]) {
    withRows { starts, columns in
      values.withUnsafeBufferPointer { values in
        x.withUnsafeMutableBufferPointer { x in
          for row in (0..<count).reversed() {
            let last = starts[row + 1] - 1
            let element = x[row] / values[last]
            x[row] = element
            for place in starts[row]..<last { x[Int(columns[place])] -= values[place] * element }
          }
        }
      }
    }
  }

  /// Where rows start, and the columns of entries.
  private func withRows<Result>(
    _ body: (_ starts: UnsafeBufferPointer<Int>, _ columns: UnsafeBufferPointer<Int32>) -> Result
  ) -> Result {
    pattern.rowStarts.withUnsafeBufferPointer { starts in
      pattern.columnIndices.withUnsafeBufferPointer { columns in body(starts, columns) }
    }
  }
}

/// Nonlinear functions of a matrix that are primitives: factorizations, whose derivatives are expressions of themselves.
///
/// The matrix lies in the last two axes, whatever precedes them is a batch. A result of several parts is one matrix, its
/// parts below each other.
package enum MatrixFunction: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
  /// L, lower triangular, with L Lᵀ = (A + Aᵀ) / 2; NaN if that is not positive definite. [n, n]
  case cholesky
  /// Q with orthonormal columns above R, upper triangular, with Q R = A of shape [m, n], m ≥ n; the signs are those of
  /// Householder's reflections. [m + n, n]
  case qr
  /// L below the diagonal (which has ones) and U from there on, above the rows of A in the order in which they are
  /// eliminated: L U = A[rows], the largest element of a column first (the first of equal ones). [n + 1, n]
  case lu
  /// The eigenvalues of (A + Aᵀ) / 2, ascending, above orthonormal eigenvectors as columns, whose largest element is
  /// positive (the first of equal ones). [1 + n, n]
  case symmetricEigen
  /// U above the singular values, descending, above V, with U diag(s) Vᵀ = A of shape [m, n], m ≥ n; the largest element
  /// of a column of V is positive (the first of equal ones). [m + 1 + n, n]
  case singularValues
  /// The sign of the determinant, and the logarithm of its magnitude. [2]
  case logDeterminant

  /// The shape of the result for an operand of the given shape.
  package func shape(of operand: Shape) -> Shape {
    let batch = Array(operand.dimensions.dropLast(2))
    let (m, n) = (operand[operand.rank - 2], operand[operand.rank - 1])
    switch self {
    case .cholesky: return operand
    case .qr: return Shape(batch + [m + n, n])
    case .lu, .symmetricEigen: return Shape(batch + [n + 1, n])
    case .singularValues: return Shape(batch + [m + 1 + n, n])
    case .logDeterminant: return Shape(batch + [2])
    }
  }
}

/// Which matrix of a linear system an operand stands for.
package struct MatrixForm: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// The whole operand.
    case general
    /// Its lower triangle; the rest is not looked at.
    case lower
    /// Its upper triangle; the rest is not looked at.
    case upper
    /// The symmetric matrix of which the operand, a vector, holds the entries.
    case sparse(SparseSystem)

    /// Those of operands that are matrices.
    package static let dense: [Kind] = [.general, .lower, .upper]

    /// The name, the same in every process.
    var name: String {
      switch self {
      case .general: "general"
      case .lower: "lower"
      case .upper: "upper"
      case .sparse(let system): "sparse by \(system.solver.name)"
      }
    }
  }

  package var kind: Kind
  /// Whether the system is that of the transpose.
  package var isTransposed: Bool

  package init(_ kind: Kind, isTransposed: Bool = false) {
    self.kind = kind
    self.isTransposed = isTransposed
  }

  /// The system, if the matrix is sparse.
  package var system: SparseSystem? { if case .sparse(let system) = kind { system } else { nil } }

  package var transposed: MatrixForm { system == nil ? MatrixForm(kind, isTransposed: !isTransposed) : self }

  /// The shape of the matrices that an operand stands for.
  func matrixShape(_ operand: Shape) -> Shape { system.map { [$0.count, $0.count] } ?? operand }

  package static let general = MatrixForm(.general)
  package static let lower = MatrixForm(.lower)
  package static let upper = MatrixForm(.upper)
}

/// Notation of matrix calculus: matrices are the last two axes, the axes before are a batch that all operands share.
extension Node {
  /// The X of A X = B. Leading axes that only B has are further columns of one system.
  package static func solve(_ form: MatrixForm, _ b: Node, _ a: Node) -> Node {
    if b.isZero { return b }
    let matrix = form.matrixShape(a.shape)
    let (rank, lift) = (b.shape.rank, b.shape.rank - matrix.rank)
    if lift == 0 { return Node(.solve(form), [b, a]) }
    let order = Array(lift..<(rank - 1)) + Array(0..<lift) + [rank - 1]
    let moved = b.permuted(order)
    let columns = moved.shape.dimensions[(matrix.rank - 1)...].reduce(1, *)
    let right = moved.reshaped(to: matrix.replacing(axis: matrix.rank - 1, with: columns))
    return Node(.solve(form), [right, a]).reshaped(to: moved.shape)
      .permuted((0..<rank).map { axis in order.firstIndex(of: axis)! })
  }

  /// The matrix product.
  package static func product(_ a: Node, _ b: Node) -> Node {
    let batch = Array(0..<(a.shape.rank - 2))
    let (i, j, k) = (batch.count, batch.count + 1, batch.count + 2)
    return .contraction(a, batch + [i, j], b, batch + [j, k], batch + [i, k])
  }

  /// The transposed matrices.
  package var matrixTransposed: Node {
    let rank = shape.rank
    return permuted(Array(0..<(rank - 2)) + [rank - 1, rank - 2])
  }

  /// Some rows of the matrices.
  package func rows(_ start: Int, _ count: Int) -> Node {
    sliced(shape.slices(axis: shape.rank - 2, start, count))
  }

  /// Masks of matrices like these: true where the column minus the row is in a range.
  package func band(_ range: ClosedRange<Int>) -> Node {
    let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let square: Shape = [rows, columns]
    let offset = Node(.iota(square, axis: 1, .int64)) - Node(.iota(square, axis: 0, .int64))
    var mask: Node?
    if range.lowerBound > -rows {
      mask = .compare(.greaterOrEqual, offset, offset.filled(with: Double(range.lowerBound)))
    }
    if range.upperBound < columns {
      let upper = Node.compare(.lessOrEqual, offset, offset.filled(with: Double(range.upperBound)))
      mask = mask.map { .logical(.and, $0, upper) } ?? upper
    }
    let result = mask ?? .fill(.integer(1), shape: square, scalarType: .bool)
    return result.broadcast(to: shape)
  }

  /// The matrices with zeros outside a band (see `band`).
  package func keeping(_ range: ClosedRange<Int>) -> Node { .select(band(range), self, filled(with: 0)) }
}

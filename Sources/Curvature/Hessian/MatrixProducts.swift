import TensorGraph

/// The whole to a power, element by element.
public func pow<Matrix: DerivativeMatrix>(_ matrix: Matrix, _ exponent: Matrix.Scalar) -> Tensor<Matrix.Scalar> {
  pow(matrix._tensor, exponent)
}

/// The whole to the power of a tensor or another lazy matrix, element by element.
public func pow<Matrix: DerivativeMatrix, Other: _TensorConvertible>(
  _ matrix: Matrix, _ exponent: Other
) -> Tensor<Matrix.Scalar> where Other.Scalar == Matrix.Scalar {
  pow(matrix._tensor, exponent._tensor)
}

/// A number to the power of the whole, element by element.
public func pow<Matrix: DerivativeMatrix>(_ base: Matrix.Scalar, _ matrix: Matrix) -> Tensor<Matrix.Scalar> {
  pow(base, matrix._tensor)
}

/// A tensor to the power of the whole, element by element.
public func pow<Base: _TensorProtocol, Matrix: DerivativeMatrix>(
  _ base: Base, _ matrix: Matrix
) -> Tensor<Matrix.Scalar> where Base.Scalar == Matrix.Scalar {
  pow(base._tensor, matrix._tensor)
}

/// The matrix product with a vector or a matrix.
///
/// - Complexity: one derivative product for each column while the columns are fewer than the matrix has; otherwise
///   the whole is computed (and kept).
public func matmul<Matrix: DerivativeMatrix>(_ matrix: Matrix, _ v: Tensor<Matrix.Scalar>) -> Tensor<Matrix.Scalar> {
  let columns = matrix.core.columns.count
  guard matrix.core.isPlainMatrix, (1...2).contains(v.rank), v.shape[0] == columns else {
    return matmul(matrix._tensor, v)
  }
  let count = v.rank == 2 ? v.shape[1] : 1
  guard count < columns else { return matmul(matrix._tensor, v) }
  let products = matrix.core.product(v.node.reshaped(to: [columns, count]).permuted([1, 0]))
  return Tensor(products.permuted([1, 0]).reshaped(to: Shape([matrix.core.rows.count] + v.shape.dropFirst())))
}

/// The matrix product of a vector or a matrix with the whole.
///
/// - Complexity: one derivative product for each row of `v` while they are fewer than the matrix has; otherwise the
///   whole is computed (and kept).
public func matmul<Matrix: DerivativeMatrix>(_ v: Tensor<Matrix.Scalar>, _ matrix: Matrix) -> Tensor<Matrix.Scalar> {
  let rows = matrix.core.rows.count
  guard matrix.core.isPlainMatrix, (1...2).contains(v.rank), v.shape[v.rank - 1] == rows else {
    return matmul(v, matrix._tensor)
  }
  let count = v.rank == 2 ? v.shape[0] : 1
  guard count < rows else { return matmul(v, matrix._tensor) }
  let products = matrix.core.transposed.product(v.node.reshaped(to: [count, rows]))
  return Tensor(products.reshaped(to: Shape(v.shape.dropLast() + [matrix.core.columns.count])))
}

/// The matrix product of two lazy matrices.
public func matmul<Left: DerivativeMatrix, Right: DerivativeMatrix>(
  _ left: Left, _ right: Right
) -> Tensor<Left.Scalar> where Left.Scalar == Right.Scalar {
  matmul(left._tensor, right._tensor)
}

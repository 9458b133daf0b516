import TensorGraph

extension Hessian {
  /// The second derivative in each single coordinate: a tensor of x's shape; batched [B] and the slice's shape.
  ///
  /// - Complexity: at most one product for each coordinate whose row is not known yet; memory for the diagonal and one
  ///   chunk of products, never for the matrix. Computed once and kept.
  public var diagonal: Tensor<Scalar> { Tensor(checked(try diagonalNode())) }

  /// The sum of the diagonal, the Laplacian: a scalar; batched [B].
  ///
  /// - Complexity: that of `diagonal`, with which it shares its work.
  public var trace: Tensor<Scalar> {
    let diagonal = checked(try diagonalNode())
    let hasBatch = core.rows.batchAxis != nil
    return Tensor(diagonal.summed(over: Array((hasBatch ? 1 : 0)..<diagonal.shape.rank)))
  }

  /// The diagonal, of shape S or [B] + S.
  private func diagonalNode() throws(TensorError) -> Node {
    let (rows, columns) = (core.rows.sliceShape, core.columns.sliceShape)
    guard rows == columns else {
      throw TensorError(
        "diagonal: a block of shape \(shape) has rows of shape \(rows) and columns of shape \(columns); only blocks "
          + "with equal ones have a diagonal")
    }
    let batch: Shape = core.rows.batchAxis == nil ? [] : [core.rows.batchCount]
    return try core.matrix.diagonal().reshaped(to: batch + rows)
  }
}

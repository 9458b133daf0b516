import TensorGraph

extension Hessian {
  /// The second derivative in each single coordinate: a tensor of x's shape; batched [B] and the slice's shape.
  ///
  /// Stops the program where `readDiagonal()` throws.
  /// - Complexity: at most one product for each coordinate whose row is not known yet; memory for the diagonal and one
  ///   chunk of products, never for the matrix. Computed once and kept.
  public var diagonal: Tensor<Scalar> { checked(try readDiagonal()) }

  /// The sum of the diagonal, the Laplacian: a scalar; batched [B]. Stops the program where `readTrace()` throws.
  ///
  /// - Complexity: that of `diagonal`, with which it shares its work.
  public var trace: Tensor<Scalar> { checked(try readTrace()) }

  /// `diagonal`, or what is wrong.
  ///
  /// - Throws: `TensorError` if this is a block without a diagonal, memory is short, or a derivative does not exist.
  public func readDiagonal() throws(TensorError) -> Tensor<Scalar> {
    let (rows, columns) = (core.rows.sliceShape, core.columns.sliceShape)
    guard rows == columns else {
      throw TensorError(
        "diagonal: a block of shape \(shape) has rows of shape \(rows) and columns of shape \(columns); only blocks "
          + "with equal ones have a diagonal")
    }
    let batch: Shape = core.rows.batchAxis == nil ? [] : [core.rows.batchCount]
    return Tensor(try core.matrix.diagonal().reshaped(to: batch + rows))
  }

  /// `trace`, or what is wrong.
  ///
  /// - Throws: as `readDiagonal()`.
  public func readTrace() throws(TensorError) -> Tensor<Scalar> {
    let diagonal = try readDiagonal().node
    let hasBatch = core.rows.batchAxis != nil
    return Tensor(diagonal.summed(over: Array((hasBatch ? 1 : 0)..<diagonal.shape.rank)))
  }
}

import Curvature
import TensorGraph

extension DerivativeMatrix {
  /// Writes the matrix, or some of its rows, to an `.npy` file or a Zarr array without ever having it in memory.
  ///
  /// <!-- swift let x = Tensor<Double>([1, 2, 3]) -->
  /// ```swift
  /// let H = hessian((x * x * x).sum(), x)
  /// try H.write(to: "H.npy", resuming: true)
  /// try H.write(to: "H.zarr")                    // a folder with a file for each block of rows
  /// ```
  /// Blocks of rows are computed one after another; `H.npy.journal` notes those that have reached the disk, in `H.npy.partial`.
  /// Whoever is killed, cancelled or out of room leaves both, and the same call with `resuming: true` goes on from there: no block
  /// is computed again, and the file is the same to the last bit. It has its name when it is whole. Progress is seen by
  /// `withProgress(_:_:)`, and a cancelled task ends between products.
  ///
  /// - Parameters:
  ///   - path: the name of the file, `.npy`, or of the folder of a Zarr array (version 2, without compression), `.zarr`, whose chunks
  ///     are the blocks. A Zarr array that is there is replaced, another folder is not.
  ///   - rows: which, row-major: a range such as `10..<20`, a list, all by default. The shape is that of the matrix, or of some
  ///     rows their number and the extents of one.
  ///   - triangle: of a Hessian with all its rows: `lower` and `upper` are written row after row as an array of one axis, N (N + 1) / 2
  ///     elements; not for Zarr. In the whole an entry and its mirror image may differ by rounding.
  ///   - resuming: whether to go on from what an earlier call left; begins anew if there is nothing.
  ///   - blockBytes: what a block takes in the file at most, a row at least: up to twice as much is computed again after an end at
  ///     any moment.
  /// - Throws: `TensorError` if an element cannot be computed or does not exist; the file cannot be written, its disk has too little
  ///   room, or another process writes it; an unfinished one is there and `resuming` is false, or that is of another function,
  ///   point, type, other data or blocks.
  /// - Complexity: a product for each row, whatever was read before; nothing is kept in memory.
  public func write(
    to path: String, rows: some TensorIndex = AxisRange(), triangle: StoredTriangle = .both, resuming: Bool = false,
    blockBytes: Int = RowBlocks<Scalar>.defaultBlockBytes
  ) throws(TensorError) {
    try rowBlocks(rows: rows, blockBytes: blockBytes).write(
      to: path, triangle: triangle, resuming: resuming, sharedBy: SingleProcess())
  }
}

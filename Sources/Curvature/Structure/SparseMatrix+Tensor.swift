import SparseStructure
import TensorGraph

extension SparseMatrix where Scalar: DifferentiableScalar {
  /// The entries of a matrix other than zero. Computes the tensor; stops the program if it is no matrix.
  ///
  /// - Complexity: O(elements).
  public init(_ tensor: Tensor<Scalar>) {
    guard tensor.rank == 2 else {
      self = mistake(
        "SparseMatrix: a matrix is needed, found shape \(tensor.shape)",
        else: SparseMatrix(dense: [], rowCount: 0, columnCount: 0))
      return
    }
    self.init(dense: tensor.scalars, rowCount: tensor.shape[0], columnCount: tensor.shape[1])
  }
}

extension Tensor where Scalar: DifferentiableScalar {
  /// All entries of a sparse matrix, zeros included.
  ///
  /// - Complexity: O(rows · columns).
  public init(_ matrix: SparseMatrix<Scalar>) {
    self.init(matrix.dense(), shape: [matrix.rowCount, matrix.columnCount])
  }
}

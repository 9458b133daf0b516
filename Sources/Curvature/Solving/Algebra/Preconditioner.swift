import SparseStructure
import TensorGraph

/// An approximation P of a positive definite matrix with which systems are easy: iterations for P⁻¹ H take fewer products than
/// for H.
///
/// <!-- swift
/// let x = Tensor<Double>.linspace(0, 1, 400), b = x
/// func f(_ x: Tensor<Double>) -> Tensor<Double> { exp(5 * x).sum() + 100 * square(x[1...] - x[..<(-1)]).sum() }
/// -->
/// ```swift
/// let H = hessian(at: x, of: f)
/// let jacobi = try H.jacobiPreconditioner()
/// try H.solve(b, by: .conjugateGradients, preconditioner: jacobi)
/// let incomplete = try H.incompleteCholesky()
/// try H.solve(b, by: .conjugateGradients, preconditioner: incomplete.preconditioner)
/// let nystrom = try H.nystromApproximation(rank: 20, seed: 1)
/// try H.solve(b, by: .conjugateGradients, preconditioner: nystrom.preconditioner())
/// ```
/// It is symmetric and positive definite, as conjugate gradients and MINRES need it, and serves any matrix of as many rows: one
/// that is made at a point serves points nearby.
public struct Preconditioner<Scalar: DifferentiableScalar>: Sendable {
  /// The number of rows.
  public let rowCount: Int
  private let name: String
  private let inverse: @Sendable ([Double]) -> [Double]

  /// - Parameters:
  ///   - name: what it is called.
  ///   - inverse: multiplies a vector with P⁻¹.
  init(_ name: String, rowCount: Int, inverse: @escaping @Sendable ([Double]) -> [Double]) {
    (self.name, self.rowCount, self.inverse) = (name, rowCount, inverse)
  }

  /// P⁻¹ b, of the shape of b. A constant.
  ///
  /// - Parameter b: of any shape with as many elements as there are rows.
  /// - Throws: `TensorError` if b has another number of elements, or cannot be computed.
  /// - Complexity: no product with the matrix; memory and operations are those of what it was made by.
  public func solve(_ b: Tensor<Scalar>) throws(TensorError) -> Tensor<Scalar> {
    let shape = b.node.shape
    let x = try times(try Evaluation.storage(b.node).doubles, shape)
    return Tensor(Node(.from(x, scalarType: Scalar.scalarType), shape: shape))
  }

  /// P⁻¹ v for the elements v of a tensor of some shape.
  func times(_ v: [Double], _ shape: Shape) throws(TensorError) -> [Double] {
    guard v.count == rowCount else {
      throw TensorError(
        "solve: the preconditioner has \(rowCount) rows, a tensor of shape \(shape) has \(v.count) elements; make it of a matrix "
          + "with as many rows")
    }
    return inverse(v)
  }
}

extension Preconditioner: CustomStringConvertible {
  /// How it was made, and its rows.
  public var description: String { "\(name), \(rowCount) rows" }
}

extension Preconditioner {
  /// A diagonal.
  ///
  /// - Throws: `TensorError` if an element is not positive.
  fileprivate init(jacobi diagonal: [Double]) throws(TensorError) {
    if let (row, value) = diagonal.enumerated().first(where: { !($1 > 0 && $1 < .infinity) }) {
      throw TensorError("jacobiPreconditioner: " + nonpositiveDiagonal(value, row: row))
    }
    self.init("Jacobi's preconditioner", rowCount: diagonal.count) { v in zip(v, diagonal).map { $0 / $1 } }
  }
}

/// What an element of a diagonal that is not positive says, and what to do.
func nonpositiveDiagonal(_ value: Double, row: Int) -> String {
  guard value.isFinite else { return "the element of the diagonal in row \(row) is \(value); choose another point" }
  return
    "the element of the diagonal in row \(row) is \(value), the matrix is not positive definite; solve by .minres with a "
    + "preconditioner of your own or none, or make the matrix so by `positiveDefinite(_:)`"
}

extension SymmetricOperator {
  /// The diagonal as a preconditioner: variables in units of their own, one place after another (Jacobi's iteration).
  ///
  /// - Throws: `TensorError` if an element of the diagonal is not positive, or this is a block, a batch, or an operator whose
  ///   diagonal is not known: a function or a composition.
  /// - Complexity: the diagonal: one product for each variable at most, and far fewer where structure says where it is.
  public func jacobiPreconditioner() throws(TensorError) -> Preconditioner<Scalar> {
    _ = try symmetricShape("jacobiPreconditioner")
    return try Preconditioner(jacobi: try linearOperator.diagonal())
  }
}

extension SparseMatrix where Scalar: DifferentiableScalar {
  /// The diagonal as a preconditioner, as ``SymmetricOperator/jacobiPreconditioner()``.
  ///
  /// - Throws: `TensorError` if the matrix is not square, or an element of its diagonal is not positive.
  /// - Complexity: O(rows + entries).
  public func jacobiPreconditioner() throws(TensorError) -> Preconditioner<Scalar> {
    guard pattern.isSquare else {
      throw TensorError(
        "jacobiPreconditioner: a \(rowCount)×\(columnCount) matrix is not symmetric; give a symmetric one")
    }
    return try Preconditioner(jacobi: restricted(to: .diagonal(rowCount)).values.map { Double($0) })
  }
}

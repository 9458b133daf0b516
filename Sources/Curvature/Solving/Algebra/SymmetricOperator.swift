import TensorGraph

/// A symmetric matrix that is known by its products: a `Hessian`, or a ``LinearOperator`` made of them.
///
/// What it can be asked costs the same in both: systems, eigenvalues, determinants, traces and spectra. Everything throws
/// `TensorError` for an operator that is not known to be symmetric, and for blocks and batches.
public protocol SymmetricOperator<Scalar>: Sendable {
  /// The type of the elements.
  associatedtype Scalar: DifferentiableScalar

  /// The matrix by its products.
  var linearOperator: LinearOperator<Scalar> { get }
}

extension Hessian: SymmetricOperator {
  /// The Hessian by its products, for sums and compositions. Computes nothing.
  public var linearOperator: LinearOperator<Scalar> { LinearOperator(self) }
}

extension LinearOperator: SymmetricOperator {
  public var linearOperator: LinearOperator { self }
}

extension SymmetricOperator {
  /// The shape of what it acts on.
  ///
  /// - Throws: `TensorError` if it is not known to be symmetric.
  func symmetricShape(_ operation: String) throws(TensorError) -> Shape {
    let matrix = linearOperator
    guard matrix.isSymmetric else {
      throw TensorError(
        "\(operation): \(matrix) is not known to be symmetric; of a Hessian take the one in one tensor, without a batch"
      )
    }
    return matrix.columns
  }

  /// vᵀ H v, an expression.
  ///
  /// - Parameter v: of the shape of the point. Stops the program at another one; `readQuadraticForm(_:)` throws.
  /// - Complexity: one product.
  public func quadraticForm(_ v: Tensor<Scalar>) -> Tensor<Scalar> { checked(try readQuadraticForm(v)) }

  /// vᵀ H v, an expression.
  ///
  /// - Throws: `TensorError` if v has another shape than the point.
  public func readQuadraticForm(_ v: Tensor<Scalar>) throws(TensorError) -> Tensor<Scalar> {
    _ = try symmetricShape("quadraticForm")
    return (v * (try linearOperator.readProduct(v))).sum()
  }
}

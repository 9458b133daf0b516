import TensorGraph

/// How a matrix is made positive definite.
public enum PositiveDefiniteMethod: String, CaseIterable, Hashable, Sendable {
  /// Eigenvalues below the least that is allowed become it: of all additions that do, the smallest in the Frobenius norm (Higham,
  /// "Computing a nearest symmetric positive semidefinite matrix", Linear Algebra Appl. 103, 1988).
  case nearest
  /// The smallest multiple of the identity (Nocedal & Wright, *Numerical Optimization*, 2006, section 3.4): directions keep their
  /// order.
  case shift
  /// Eigenvalues become their magnitudes, and those that are too small the least that is allowed (Nocedal & Wright, section 3.4;
  /// Dauphin et al., "Identifying and attacking the saddle point problem", NIPS 2014): steps away from saddles as long as
  /// towards minima.
  case magnitudes
}

/// A symmetric matrix made positive definite, and what was added to it.
///
/// <!-- swift let b = Tensor<Double>([1, 1]) -->
/// ```swift
/// let H = hessian(at: Tensor<Double>([1, 0])) { x in x[0] * x[0] - x[1] * x[1] }
/// let modified = try H.positiveDefinite(.magnitudes)
/// modified.isModified                     // true
/// modified.addition                       // [[0. 0.] [0. 4.]]
/// modified.solve(b)                       // [0.5 0.5]
/// ```
public struct PositiveDefiniteModification<Scalar: DifferentiableScalar>: Sendable {
  /// The sum, of the shape of the Hessian.
  public let matrix: Tensor<Scalar>
  /// What was added, of that shape: symmetric, zero if nothing had to be.
  public let addition: Tensor<Scalar>
  /// The largest magnitude of an eigenvalue of the addition; 0 if nothing had to be added.
  public let additionNorm: Double
  /// The eigenvalues of the matrix as it was, in ascending order.
  public let originalEigenvalues: [Double]
  /// Those of the sum, in the same order.
  public let eigenvalues: [Double]
  private let vectors: DenseMatrix
  private let shape: Shape

  /// Whether anything was added.
  public var isModified: Bool { additionNorm > 0 }

  /// The signs of the eigenvalues of the matrix as it was.
  public var inertia: Inertia { Inertia(eigenvalues: originalEigenvalues, threshold: 0) }

  init(
    _ matrix: DenseMatrix, shape: Shape, method: PositiveDefiniteMethod, least: Double?
  ) throws(LinearAlgebraError) {
    let eigen = try SymmetricEigenDecomposition(matrix)
    let precision = Scalar.scalarType == .float32 ? Double(Float.ulpOfOne) : .ulpOfOne
    let size = eigen.values.largestMagnitude
    let least = least ?? (size > 0 ? precision.squareRoot() * size : 1)
    let shift = max(0, least - (eigen.values.first ?? least))
    let changed = eigen.values.map { value in
      switch method {
      case .nearest: max(value, least)
      case .shift: value + shift
      case .magnitudes: max(abs(value), least)
      }
    }
    let differences = zip(changed, eigen.values).map { $0 - $1 }
    (originalEigenvalues, eigenvalues, vectors) = (eigen.values, changed, eigen.vectors)
    (additionNorm, self.shape) = (differences.largestMagnitude, shape)
    let added = eigen.vectors.congruence(of: differences)
    var sum = matrix
    sum.elements.add(added.elements, times: 1)
    func tensor(_ matrix: DenseMatrix) -> Tensor<Scalar> {
      Tensor(
        Node(
          .from(matrix.elements, scalarType: Scalar.scalarType), shape: Shape(shape.dimensions + shape.dimensions)))
    }
    (self.matrix, addition) = (tensor(sum), tensor(added))
  }

  /// The solution of a system with the sum. Stops the program where `solution(of:)` throws.
  public func solve(_ b: Tensor<Scalar>) -> Tensor<Scalar> { checked(try solution(of: b)) }

  /// The solution of a system with the sum. A constant.
  ///
  /// - Throws: `TensorError` if b has another shape than the point, or cannot be computed.
  /// - Complexity: O(N²).
  public func solution(of b: Tensor<Scalar>) throws(TensorError) -> Tensor<Scalar> {
    guard b.node.shape == shape else {
      throw TensorError("solve: the right-hand side has shape \(b.shape), \(shape) is needed; reshape it")
    }
    let parts = vectors.transposedTimes(try Evaluation.storage(b.node).doubles)
    let x = vectors.times(zip(parts, eigenvalues).map { $0 / $1 })
    return Tensor(Node(.from(x, scalarType: Scalar.scalarType), shape: shape))
  }
}

extension PositiveDefiniteModification: CustomStringConvertible {
  /// What was added and why.
  public var description: String {
    guard isModified else { return "positive definite as it is: eigenvalues from \(text(eigenvalues.first))" }
    return
      "eigenvalues from \(text(originalEigenvalues.first)) (\(inertia)), raised to \(text(eigenvalues.min())) by an "
      + "addition of norm \(text(additionNorm))"
  }

  private func text(_ value: Double?) -> String { NumberText.rounded(value ?? 0, digits: 6) }
}

extension SymmetricOperator {
  /// The matrix made positive definite, by an addition that is told; nothing is added to one that is well so.
  ///
  /// - Parameters:
  ///   - method: what is added.
  ///   - leastEigenvalue: the least eigenvalue that the sum may have; the root of the rounding error times the largest
  ///     magnitude of an eigenvalue unless told otherwise.
  /// - Throws: `TensorError` if the matrix is not symmetric, has a batch, is not finite or cannot be computed, or
  ///   `leastEigenvalue` is not positive.
  /// - Complexity: the whole matrix, and its eigenvectors, O(N³).
  public func positiveDefinite(
    _ method: PositiveDefiniteMethod = .nearest, leastEigenvalue: Double? = nil
  ) throws(TensorError) -> PositiveDefiniteModification<Scalar> {
    if let leastEigenvalue, !(leastEigenvalue > 0 && leastEigenvalue < .infinity) {
      throw TensorError("positiveDefinite: the least eigenvalue is \(leastEigenvalue); give a positive number")
    }
    let shape = try symmetricShape("positiveDefinite")
    let matrix = try wholeMatrix("positiveDefinite")
    return try linearAlgebra("positiveDefinite") {
      try PositiveDefiniteModification(matrix, shape: shape, method: method, least: leastEigenvalue)
    }
  }
}

extension DenseMatrix {
  /// V D Vᵀ for a diagonal D, exactly symmetric.
  fileprivate func congruence(of diagonal: [Double]) -> DenseMatrix {
    var result = scalingColumns(by: diagonal).times(transposed)
    result.symmetrize()
    return result
  }
}

import Foundation
import TensorGraph

/// An approximation of low rank of a positive semidefinite matrix, U Λ Uᵀ, by products with random directions.
///
/// It is never above the matrix, and near it where eigenvalues fall off: kernels, regressions, networks. Its preconditioner
/// makes large eigenvalues alike; iterations then take as few products as if these were not there.
///
/// <!-- swift
/// let n = 200, A = Tensor<Double>.linspace(0, 1, n * n).reshaped(to: [n, n]), b = Tensor<Double>.linspace(-1, 1, n), x = b
/// -->
/// ```swift
/// let H = hessian(at: x) { x in square(matmul(A, x)).sum() }        // of no use to solve with: singular
/// let ridge = LinearOperator(H) + 0.01 * LinearOperator.identity([n])
/// let approximation = try H.nystromApproximation(rank: 10, seed: 1)
/// try ridge.solve(b, by: .conjugateGradients, preconditioner: approximation.preconditioner(damping: 0.01))
/// approximation.products      // 10
/// ```
public struct NystromApproximation<Scalar: DifferentiableScalar>: Sendable {
  /// The eigenvalues of the approximation, the largest first: none is negative, nor above the matrix' own but for rounding.
  public let eigenvalues: [Double]
  /// Products with the matrix that were taken.
  public let products: Int
  /// The eigenvectors as columns.
  private let basis: DenseMatrix
  private let shape: Shape

  /// Takes products.
  ///
  /// The stable way of Algorithm 2.1: what stands for the matrix is shifted by rounding's share, so that the core
  /// Ωᵀ H Ω is positive definite, and the eigenvalues are shifted back. Its eigenvectors stand in place of Cholesky's factors:
  /// by its least eigenvalue a negative curvature is seen.
  fileprivate init(_ matrix: LinearOperator<Scalar>, rank: Int, seed: UInt64) throws(TensorError) {
    let operation = "nystromApproximation"
    let n = matrix.columns.count
    var generator = SeededGenerator(seed: seed)
    let random = DenseMatrix(
      rows: n, columns: rank, columnMajor: Tensor<Double>.randn([n * rank], using: &generator).scalars)
    let omega = try matrix.linearAlgebra(operation) { try QRFactorization(random) }.q
    var images = try matrix.times(omega)
    guard images.isFinite else {
      throw TensorError("\(operation): a product of the matrix is not finite; choose another point")
    }
    (shape, products) = (matrix.columns, rank)
    let size = images.elements.euclideanNorm
    guard size > 0 else {
      (eigenvalues, basis) = ([Double](repeating: 0, count: rank), omega)
      return
    }
    var matrixInside = omega.transposedTimes(images)
    matrixInside.symmetrize()
    let core = try matrix.linearAlgebra(operation) { try SymmetricEigenDecomposition(matrixInside) }
    let roundoff = Double(Scalar.ulpOfOne) * size
    let least = core.values.first ?? 0
    guard least >= -16 * Double(rank) * roundoff else {
      throw TensorError(
        "\(operation): the matrix is not positive semidefinite, its curvature along a direction is \(least); solve by .minres, "
          + "make it so by `positiveDefinite(_:)`, or add a multiple of the identity")
    }
    let shift = max(roundoff, -2 * least)
    images.elements.add(omega.elements, times: shift)
    (eigenvalues, basis) = try matrix.linearAlgebra(operation) {
      try Self.spectrum(
        images.times(core.vectors.scalingColumns(by: core.values.map { 1 / ($0 + shift).squareRoot() })), shift)
    }
  }

  /// The eigenvalues of B Bᵀ less a shift, the largest first, and eigenvectors: those of R Rᵀ, turned by Q. What is left of one and
  /// smaller than the shift is rounding, and becomes 0.
  private static func spectrum(
    _ b: DenseMatrix, _ shift: Double
  ) throws(LinearAlgebraError) -> (values: [Double], vectors: DenseMatrix) {
    let factors = try QRFactorization(b)
    let transposed = factors.r.transposed
    let inside = try SymmetricEigenDecomposition(transposed.transposedTimes(transposed))
    var vectors = factors.q.times(inside.vectors)
    vectors.reverseColumns()
    return (inside.values.reversed().map { $0 > 2 * shift ? $0 - shift : 0 }, vectors)
  }

  /// How many eigenvalues there are.
  public var rank: Int { eigenvalues.count }

  /// Unit vectors in the shape of the point, one for each eigenvalue.
  public var vectors: [Tensor<Scalar>] {
    (0..<rank).map { Tensor(Node(.from(basis[column: $0], scalarType: Scalar.scalarType), shape: shape)) }
  }

  /// The preconditioner P of H + damping · I, with P⁻¹ = (λ + damping) U (Λ + damping)⁻¹ Uᵀ + I - U Uᵀ and λ the least
  /// eigenvalue of the approximation (Frangella, Tropp & Udell, section 1.3).
  ///
  /// The ratio of the ends of the spectrum that is left is at most (λ + damping + ‖H - U Λ Uᵀ‖) / damping. Once λ is a few
  /// times the damping, a greater rank changes little.
  ///
  /// - Parameter damping: what the systems add to the diagonal of H; 0 where H has that within it.
  /// - Throws: `TensorError` if it is negative or not finite, or 0 while an eigenvalue of the approximation is 0.
  /// - Complexity: nothing; two products with U, O(N rank), at each use.
  public func preconditioner(damping: Double = 0) throws(TensorError) -> Preconditioner<Scalar> {
    guard damping >= 0, damping < .infinity else {
      throw TensorError("preconditioner: the damping is \(damping); give a number that is not negative")
    }
    let least = (eigenvalues.last ?? 0) + damping
    guard least > 0 else {
      let positive = eigenvalues.count { $0 > 0 }
      throw TensorError(
        "preconditioner: \(rank - positive) of \(rank) eigenvalues of the approximation are 0; give the damping of the "
          + "systems" + (positive > 0 ? ", or ask for rank \(positive)" : ""))
    }
    let (basis, changes) = (basis, eigenvalues.map { least / ($0 + damping) - 1 })
    return Preconditioner("Nyström's preconditioner of rank \(rank)", rowCount: shape.count) { v in
      let vector = DenseMatrix(rows: v.count, columns: 1, columnMajor: v)
      var parts = basis.transposedTimes(vector)
      for i in changes.indices { parts.elements[i] *= changes[i] }
      var result = v
      result.add(basis.times(parts).elements, times: 1)
      return result
    }
  }
}

extension NystromApproximation: CustomStringConvertible {
  /// The eigenvalues' range, and what it took.
  public var description: String {
    "rank \(rank), eigenvalues from \(NumberText.rounded(eigenvalues.first ?? 0, digits: 6)) to "
      + "\(NumberText.rounded(eigenvalues.last ?? 0, digits: 6)) (\(products) product\(products == 1 ? "" : "s"))"
  }
}

extension SymmetricOperator {
  /// An approximation of low rank of a positive semidefinite matrix, for its largest eigenvalues and as a preconditioner
  /// (Frangella, Tropp & Udell, "Randomized Nyström preconditioning", SIAM J. Matrix Anal. Appl. 44, 2023, Algorithm 2.1).
  ///
  /// A negative eigenvalue is an error where the directions see it; what they do not see conjugate gradients say later.
  ///
  /// - Parameters:
  ///   - rank: how many eigenvalues. For systems with a damping about twice the effective dimension, Σ λ / (λ + damping), is
  ///     enough.
  ///   - seed: the same seed gives the same approximation, bit for bit.
  /// - Throws: `TensorError` if the rank is not from 1 to N, the matrix is seen not to be positive semidefinite, is not symmetric,
  ///   has a batch or cannot be computed, or the task was cancelled.
  /// - Complexity: `rank` products, many at once; O(N rank²) besides, and O(N rank) memory.
  public func nystromApproximation(rank: Int, seed: UInt64 = 0) throws(TensorError) -> NystromApproximation<Scalar> {
    let n = try symmetricShape("nystromApproximation").count
    guard rank >= 1, rank <= n else {
      throw TensorError("nystromApproximation: rank \(rank) of \(n) variables is asked for; ask for 1 to \(n)")
    }
    try MemoryBudget.require(elements: n.multipliedClamping(by: 4 * rank), of: .float64) {
      "nystromApproximation: four matrices of \(n) by \(rank)"
    }
    return try NystromApproximation(linearOperator, rank: rank, seed: seed)
  }
}

extension DenseMatrix {
  fileprivate mutating func reverseColumns() {
    elements = (0..<columns).reversed().flatMap { self[column: $0] }
  }
}

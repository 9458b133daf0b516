import Foundation
import SparseStructure
import TensorGraph

/// A sparse symmetric matrix in factors: systems, inertia, determinant, and parts of the inverse.
///
/// <!-- swift
/// let x = Tensor<Double>([0.1, 0.2, 0.3, 0.4]), b = Tensor<Double>([1, 2, 3, 4])
/// func f(_ x: Tensor<Double>) -> Tensor<Double> { cosh(x).sum() + square(x[1...] - x[..<(-1)]).sum() }
/// let H = hessian(at: x, of: f)
/// -->
/// ```swift
/// let factors = try H.factorized(by: BlockArrow())
/// try factors.solve(b)               // H⁻¹ b
/// try factors.inverseDiagonal()      // the diagonal of H⁻¹, without the rest of it
/// ```
///
/// Factors are P A Pᵀ = L D Lᵀ with a diagonal D, as accurate as can be where A or -A is positive definite. For other matrices
/// pivots may be small although A is not singular: solutions are checked and refined, and what pivots say of an inertia is
/// checked by their growth.
public struct SparseFactorization<Scalar: DifferentiableScalar>: Sendable {
  /// The matrix' lower triangle with its whole diagonal.
  private let matrix: SparseSymmetricMatrix
  private let analysis: any SparseAnalysis
  private let factors: any SparseFactors
  /// The shape of a right-hand side.
  private let shape: Shape
  /// Whether every eigenvalue is positive.
  public let isPositiveDefinite: Bool

  /// Factors a matrix.
  ///
  /// - Throws: `TensorError` if it is not finite, is singular as far as pivots tell, or its factors are too large.
  init(_ matrix: SparseSymmetricMatrix, by analysis: any SparseAnalysis, shape: Shape) throws(TensorError) {
    guard matrix.isFinite else { throw TensorError("factorized: the matrix is not finite here; choose another point") }
    guard let factors = try analysis.factors(of: matrix.values) else {
      throw TensorError(
        "factorized: a pivot vanishes: the matrix is singular, or not positive definite and needs another order of its rows; "
          + "add a term that determines every variable, or use the dense factors")
    }
    (self.matrix, self.analysis, self.factors, self.shape) = (matrix, analysis, factors, shape)
    isPositiveDefinite = factors.pivots.allSatisfy { $0 > 0 }
  }

  /// The number of rows.
  public var rowCount: Int { matrix.count }
  /// The entries of a factor, its diagonal included.
  public var factorCount: Int { analysis.factorCount }

  /// x with A x = b. A constant.
  ///
  /// - Parameter b: of the shape of the point, or a vector for a matrix that is no Hessian of a tensor.
  /// - Throws: `TensorError` if b has another shape or is not finite, or if A is singular but for rounding: the residual is
  ///   computed, and refined at most three times (Skeel, "Iterative refinement implies numerical stability for Gaussian
  ///   elimination", Mathematics of Computation 35, 1980), to a backward error of some roundings.
  /// - Complexity: O(entries of the factor).
  public func solve(_ b: Tensor<Scalar>) throws(TensorError) -> Tensor<Scalar> {
    guard b.node.shape == shape else {
      throw TensorError("solve: the right-hand side has shape \(b.shape), \(shape) is needed; reshape it")
    }
    let x = try solution(of: try Evaluation.storage(b.node).doubles)
    return Tensor(Node(.from(x, scalarType: Scalar.scalarType), shape: shape))
  }

  /// A⁻¹ b.
  func solution(of right: [Double]) throws(TensorError) -> [Double] {
    guard right.allSatisfy(\.isFinite) else { throw TensorError("solve: the right-hand side is not finite") }
    var x = right
    factors.solve(&x, columnCount: 1)
    let (size, ulp) = (matrix.norm, Double(Scalar.ulpOfOne))
    for _ in 0..<4 {
      guard x.allSatisfy(\.isFinite) else { break }
      var residual = right
      residual.add(matrix.times(x), times: -1)
      let scale = size * x.largestMagnitude + right.largestMagnitude
      let error = scale > 0 ? residual.largestMagnitude / scale : 0
      if error <= 64 * .ulpOfOne, x.largestMagnitude * size <= right.largestMagnitude / (4 * ulp) { return x }
      factors.solve(&residual, columnCount: 1)
      x.add(residual, times: 1)
    }
    throw TensorError(
      "solve: the matrix is singular but for rounding, or its factors lose too many digits without exchanges; add a term that "
        + "determines every variable, or solve by .dense")
  }

  /// The numbers of positive, negative and zero eigenvalues: by Sylvester's law those of the pivots.
  ///
  /// - Throws: `TensorError` if the pivots have grown so much on the way that their signs prove nothing.
  /// - Complexity: O(entries of the factor).
  public func inertia() throws(TensorError) -> Inertia {
    let pivots = factors.pivots
    if !isPositiveDefinite {
      // |L| |D| |Lᵀ| bounds the backward error (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 11.1).
      guard let growth, growth * .ulpOfOne * Double(matrix.count) <= 1e-2 * smallestPivot else {
        throw TensorError(
          "inertia: the matrix is not definite, and its pivots say nothing certain of its eigenvalues; use the dense `inertia()`"
        )
      }
    }
    return Inertia(eigenvalues: pivots, threshold: 0)
  }

  private var smallestPivot: Double { factors.pivots.reduce(.infinity) { min($0, abs($1)) } }

  /// The largest diagonal element of |L| |D| |Lᵀ|.
  private var growth: Double? {
    guard let triangle = factors.triangle() else { return nil }
    let pivots = factors.pivots
    var sums = pivots.map { abs($0) }
    for j in pivots.indices {
      for place in triangle.columnStarts[j]..<triangle.columnStarts[j + 1] {
        sums[Int(triangle.rows[place])] += triangle.values[place] * triangle.values[place] * abs(pivots[j])
      }
    }
    return sums.max()
  }

  /// The logarithm of the determinant's magnitude, and its sign.
  public var logDeterminant: (logarithm: Double, sign: Int) {
    factors.pivots.reduce(into: (0, 1)) { result, pivot in
      result.logarithm += log(abs(pivot))
      if pivot < 0 { result.sign = -result.sign }
    }
  }

  /// The entries of A⁻¹ on the pattern of A: variances and covariances of neighbours, where A is a precision.
  ///
  /// By Takahashi's recurrence on the factors, from the last column to the first: no other entry outside the factors' pattern is
  /// computed.
  ///
  /// - Throws: `TensorError` if A is singular but for rounding, the library keeps its factors to itself, or the task is
  ///   cancelled.
  /// - Complexity: as the factorization.
  public func selectedInverse() throws(TensorError) -> SparseMatrix<Scalar> {
    let lower = matrix.pattern
    return SparseMatrix(pattern: lower, values: try selectedEntries().map { Scalar($0) }).mirrored()
  }

  /// The diagonal of A⁻¹, of the shape of the point: where A is a precision or an information, the variances.
  ///
  /// - Throws: as `selectedInverse()`.
  /// - Complexity: as the factorization.
  public func inverseDiagonal() throws(TensorError) -> Tensor<Scalar> {
    let inverse = SparseSymmetricMatrix(pattern: matrix.pattern, values: try selectedEntries())
    return Tensor(Node(.from(inverse.diagonal, scalarType: Scalar.scalarType), shape: shape))
  }

  private func selectedEntries() throws(TensorError) -> [Double] {
    guard let triangle = factors.triangle() else {
      throw TensorError("selectedInverse: this library keeps its factors to itself; factor the matrix by another one")
    }
    // A pivot is what is left of a diagonal element: all but rounding of it may be gone.
    let diagonal = matrix.diagonal
    let limit = 4 * Double(Scalar.ulpOfOne)
    for (pivot, row) in zip(factors.pivots, triangle.permutation)
    where abs(pivot) <= limit * abs(diagonal[Int(row)]) || !pivot.isFinite {
      throw TensorError(
        "selectedInverse: the matrix is singular but for rounding (row \(row)); add a term that determines every variable"
      )
    }
    let values = try SelectedInverse(triangle, pivots: factors.pivots).values(at: matrix.pattern)
    guard values.allSatisfy(\.isFinite) else {
      throw TensorError("selectedInverse: an entry of the inverse is not finite")
    }
    return values
  }
}

extension SparseFactorization: CustomStringConvertible {
  /// Rows, entries and operations.
  public var description: String {
    "factors of a \(rowCount)×\(rowCount) matrix with \(matrix.pattern.nonzeroCount) entries in a triangle: \(factorCount) "
      + "entries, \(Int(min(analysis.operationCount, 1e18))) operations"
  }
}

extension SparseMatrix where Scalar: DifferentiableScalar {
  /// The factors of a symmetric matrix, of which the lower triangle is read.
  ///
  /// - Parameter factorizer: the library that factors it.
  /// - Throws: `TensorError` if the matrix is not square, not finite or singular, or its factors are too large.
  /// - Complexity: that of the factorization.
  public func factorized(by factorizer: some SparseFactorizer) throws(TensorError) -> SparseFactorization<Scalar> {
    guard rowCount == columnCount else {
      throw TensorError("factorized: the matrix is \(rowCount)×\(columnCount); give a symmetric one")
    }
    return try factorized(by: factorizer, shape: [rowCount])
  }

  fileprivate func factorized(
    by factorizer: some SparseFactorizer, shape: Shape
  ) throws(TensorError) -> SparseFactorization<Scalar> {
    let lower = lowerTriangle()
    let places = SparseSymmetricMatrix.Places(lower.pattern)
    return try SparseFactorization(
      places.matrix(lower.values.map { Double($0) }), by: try factorizer.analysis(of: places.pattern), shape: shape)
  }
}

extension SymmetricOperator {
  /// The factors of a sparse Hessian, or of sums and multiples of such and of diagonals.
  ///
  /// - Parameter factorizer: the library that factors it: `BlockArrow`, or that of another package.
  /// - Throws: `TensorError` if this is a block, a batch or an operator whose non-zeros are not known, is not finite or singular, or
  ///   its factors are too large.
  /// - Complexity: the non-zeros, and the factorization.
  public func factorized(by factorizer: some SparseFactorizer) throws(TensorError) -> SparseFactorization<Scalar> {
    let shape = try symmetricShape("factorized")
    return try linearOperator.lowerTriangle().factorized(by: factorizer, shape: shape)
  }
}

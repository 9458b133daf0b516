import Foundation
import TensorGraph

extension SymmetricOperator {
  /// x with H x = b. A constant: `solve(H[...], b)` is the form that can be differentiated.
  ///
  /// - Parameters:
  ///   - b: of the shape of the point.
  ///   - solver: the whole Hessian and its factors unless told otherwise: O(N³), and exact but for rounding.
  ///   - preconditioner: an approximation of H, for solvers that iterate: `jacobiPreconditioner()`, that of
  ///     `incompleteCholesky()`, or of `nystromApproximation(rank:seed:)`.
  ///   - tolerance: the residual relative to b at which those stop.
  ///   - maximumProducts: how many products they take at most; 10 N by default.
  /// - Throws: `TensorError` if b or the preconditioner has another shape, H is singular, has a batch or cannot be computed,
  ///   or iterations end before the residual is small: `solution(of:)` gives what was found.
  public func solve(
    _ b: Tensor<Scalar>, by solver: LinearSolver = .dense, preconditioner: Preconditioner<Scalar>? = nil,
    tolerance: Double? = nil, maximumProducts: Int? = nil
  ) throws(TensorError) -> Tensor<Scalar> {
    try solution(
      of: b, by: solver, preconditioner: preconditioner, tolerance: tolerance, maximumProducts: maximumProducts
    ).converged()
  }

  /// x with H x = b, with a preconditioner of one's own: a function that multiplies with an approximation of H⁻¹, symmetric and
  /// positive definite, such as `solve` of the factors at a point nearby. As `solve(_:by:)`.
  ///
  /// - Throws: as `solve(_:by:)`, and what the preconditioner throws, as a `TensorError`.
  public func solve(
    _ b: Tensor<Scalar>, by solver: LinearSolver = .dense,
    preconditioner: @escaping (Tensor<Scalar>) throws -> Tensor<Scalar>, tolerance: Double? = nil,
    maximumProducts: Int? = nil
  ) throws(TensorError) -> Tensor<Scalar> {
    try solution(
      of: b, by: solver, preconditioner: preconditioner, tolerance: tolerance, maximumProducts: maximumProducts
    ).converged()
  }

  /// x with H x = b as far as it is found, with a report. As `solve(_:by:)`.
  ///
  /// - Throws: `TensorError` if b or the preconditioner has another shape, H is singular, has a batch or cannot be computed.
  public func solution(
    of b: Tensor<Scalar>, by solver: LinearSolver = .dense, preconditioner: Preconditioner<Scalar>? = nil,
    tolerance: Double? = nil, maximumProducts: Int? = nil
  ) throws(TensorError) -> LinearSolution<Scalar> {
    var approximation: Approximation?
    if let preconditioner {
      approximation = { (v, shape) throws(TensorError) in try preconditioner.times(v, shape) }
    }
    return try solution(b, solver, approximation, tolerance, maximumProducts)
  }

  /// x with H x = b as far as it is found, with a report, and with a function that multiplies with an approximation of H⁻¹ as
  /// the preconditioner. As `solve(_:by:)`.
  ///
  /// - Throws: as `solution(of:by:)`, and what the preconditioner throws, as a `TensorError`.
  public func solution(
    of b: Tensor<Scalar>, by solver: LinearSolver = .dense,
    preconditioner: @escaping (Tensor<Scalar>) throws -> Tensor<Scalar>, tolerance: Double? = nil,
    maximumProducts: Int? = nil
  ) throws(TensorError) -> LinearSolution<Scalar> {
    func approximate(_ v: [Double], _ shape: Shape) throws(TensorError) -> [Double] {
      let direction = tensor(v, shape)
      let image = try linearAlgebra("solve: the preconditioner") { try preconditioner(direction) }.node
      guard image.shape == shape else {
        throw TensorError("solve: the preconditioner gives shape \(image.shape) for \(shape); give the same shape")
      }
      return try Evaluation.storage(image).doubles
    }
    return try solution(b, solver, approximate, tolerance, maximumProducts)
  }

  /// Multiplies a vector, of a tensor of some shape, with what stands for H⁻¹.
  private typealias Approximation = ([Double], Shape) throws(TensorError) -> [Double]

  private func solution(
    _ b: Tensor<Scalar>, _ solver: LinearSolver, _ approximation: Approximation?, _ tolerance: Double?,
    _ maximumProducts: Int?
  ) throws(TensorError) -> LinearSolution<Scalar> {
    let shape = try symmetricShape("solve")
    guard b.node.shape == shape else {
      throw TensorError("solve: the right-hand side has shape \(b.shape), \(shape) is needed; reshape it")
    }
    let right = try Evaluation.storage(b.node).doubles
    guard right.allSatisfy(\.isFinite) else { throw TensorError("solve: the right-hand side is not finite") }
    let tolerance = tolerance ?? Swift.max(1e-10, 100 * Double(Scalar.ulpOfOne))
    let matrix = linearOperator
    func product(_ v: [Double]) throws(TensorError) -> [Double] {
      let image = try matrix.times(v)
      guard image.allSatisfy(\.isFinite) else {
        throw TensorError("solve: a product of the matrix is not finite; choose another point")
      }
      return image
    }
    var preconditioner: Krylov.Product?
    if let approximation {
      preconditioner = { (v) throws(TensorError) in
        let image = try approximation(v, shape)
        guard image.allSatisfy(\.isFinite) else {
          throw TensorError("solve: the preconditioner gives what is not finite")
        }
        return image
      }
    }
    let limit = maximumProducts ?? Swift.max(100, 10 * right.count)
    var x = right
    var iterated: Krylov.Solution?
    switch solver {
    case .sparse(let factorizer):
      x = try factorized(by: factorizer).solution(of: right)
    case .dense:
      let factors = try factors("solve")
      var column = DenseMatrix(rows: right.count, columns: 1)
      column.elements = right
      x = try factors.solving(column, "solve").elements
    case .conjugateGradients:
      iterated = try Krylov.conjugateGradients(
        right, tolerance: tolerance, maximumProducts: limit, preconditioner: preconditioner, product: product)
    case .minres:
      iterated = try Krylov.minres(
        right, tolerance: tolerance, maximumProducts: limit, preconditioner: preconditioner, product: product)
    }
    if let iterated { x = iterated.x }
    guard x.allSatisfy(\.isFinite) else {
      throw TensorError("solve: the solution is not finite; the matrix is nearly singular")
    }
    var residual = right
    residual.add(try product(x), times: -1)
    let length = right.euclideanNorm
    let relative = length > 0 ? residual.euclideanNorm / length : 0
    // What rounding leaves of a residual that iterations think small is not held against them.
    let isIndefinite = iterated?.isIndefinite ?? false
    let isConverged =
      iterated == nil || !isIndefinite && relative <= Swift.max(10 * tolerance, 1e3 * Double(Scalar.ulpOfOne))
    return LinearSolution(
      solution: tensor(x, shape), solver: solver, products: iterated?.products ?? 0, relativeResidual: relative,
      isConverged: isConverged, isIndefinite: isIndefinite)
  }

  /// H⁻¹, of the shape of H. A constant.
  ///
  /// - Throws: `TensorError` if H is singular, has a batch, or cannot be computed.
  /// - Complexity: the whole Hessian, and O(N³).
  public func inverse() throws(TensorError) -> Tensor<Scalar> {
    let shape = try symmetricShape("inverse")
    var inverse = try factors("inverse").solving(.identity(shape.count), "inverse")
    inverse.symmetrize()
    return tensor(inverse.elements, Shape(shape.dimensions + shape.dimensions))
  }

  /// The logarithm of the determinant's magnitude, and its sign: 0 for a singular H.
  ///
  /// - Throws: `TensorError` if H has a batch or cannot be computed.
  /// - Complexity: the whole Hessian, and O(N³).
  public func logDeterminant() throws(TensorError) -> (logarithm: Double, sign: Int) {
    let factors = try factors("logDeterminant")
    let (logarithm, sign) = factors.factors.logDeterminant
    return (logarithm + 2 * factors.scales.reduce(0) { $0 + Foundation.log($1) }, sign)
  }

  /// The numbers of positive, negative and zero eigenvalues; zero are those that rounding could have made, up to 16 N ε of the
  /// largest.
  ///
  /// - Throws: `TensorError` if H has a batch or cannot be computed.
  /// - Complexity: the whole Hessian, and O(N³).
  public func inertia() throws(TensorError) -> Inertia {
    let values = try linearAlgebra("inertia") {
      try SymmetricEigenDecomposition(try wholeMatrix("inertia")).values
    }
    let threshold = Double(16 * Swift.max(4, values.count)) * Double(Scalar.ulpOfOne) * values.largestMagnitude
    return Inertia(eigenvalues: values, threshold: threshold)
  }

  /// The ratio of the largest and the least magnitude of eigenvalues: by what factor an error in b can grow in H⁻¹ b. Infinite
  /// for a singular H.
  ///
  /// - Throws: `TensorError` if H has a batch or cannot be computed.
  /// - Complexity: the whole Hessian, and O(N³).
  public func conditionNumber() throws(TensorError) -> Double {
    let values = try linearAlgebra("conditionNumber") {
      try SymmetricEigenDecomposition(try wholeMatrix("conditionNumber")).values
    }
    guard let least = values.map({ abs($0) }).min() else { return 1 }
    return least == 0 ? .infinity : values.largestMagnitude / least
  }

  /// Eigenvalues at an end of the spectrum with their eigenvectors, from products alone.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - end: which end; the nearest to it come first.
  ///   - tolerance: of the residuals ‖H v - λ v‖, relative to the largest magnitude of an eigenvalue.
  ///   - maximumProducts: how many products are taken at most.
  /// - Throws: `TensorError` if H has a batch, a product is not finite, or they do not converge.
  /// - Complexity: some tens of products, O(N (count + 24)) memory.
  public func eigenpairs(
    _ count: Int, at end: SpectrumEnd, tolerance: Double? = nil, maximumProducts: Int = 5000
  ) throws(TensorError) -> Eigenpairs<Scalar> {
    let shape = try symmetricShape("eigenpairs")
    guard count >= 1, count <= shape.count else {
      throw TensorError("eigenpairs: \(count) of \(shape.count) are asked for; ask for 1 to \(shape.count)")
    }
    let matrix = linearOperator
    let pairs = try Lanczos.eigenpairs(
      count: shape.count, wanted: count, end: end,
      tolerance: tolerance ?? Swift.max(1e-8, 100 * Double(Scalar.ulpOfOne)), roundoff: Double(Scalar.ulpOfOne),
      maximumProducts: maximumProducts
    ) { (v) throws(TensorError) in
      let image = try matrix.times(v)
      // How many there will be is not known.
      ReadWatcher.current?.add(completed: 1, total: 1)
      return image
    }
    guard pairs.isConverged else {
      throw TensorError(
        "eigenpairs: residuals are up to \(pairs.residuals.max() ?? 0) after \(pairs.products) products; allow more, or a "
          + "larger tolerance")
    }
    return Eigenpairs(
      values: pairs.values, vectors: pairs.vectors.map { tensor($0, shape) }, residuals: pairs.residuals,
      products: pairs.products)
  }

  // MARK: Parts

  private func tensor(_ elements: [Double], _ shape: Shape) -> Tensor<Scalar> {
    Tensor(Node(.from(elements, scalarType: Scalar.scalarType), shape: shape))
  }

  /// The whole as doubles, equal to its transpose.
  func wholeMatrix(_ operation: String) throws(TensorError) -> DenseMatrix {
    _ = try symmetricShape(operation)
    var matrix = try linearOperator.matrix()
    guard matrix.isFinite else {
      throw TensorError("\(operation): the matrix is not finite here; choose another point")
    }
    matrix.symmetrize()
    return matrix
  }

  private func factors(_ operation: String) throws(TensorError) -> ScaledFactors {
    let matrix = try wholeMatrix(operation)
    return try linearAlgebra(operation) { try ScaledFactors(matrix) }
  }

  func linearAlgebra<Result>(_ operation: String, _ body: () throws -> Result) throws(TensorError) -> Result {
    do { return try body() } catch let error as TensorError { throw error } catch {
      throw TensorError("\(operation): \(error)")
    }
  }
}

/// Factors of D⁻¹ A D⁻¹ with D that makes its entries alike: what units the variables have does not make it singular.
private struct ScaledFactors {
  let factors: SymmetricFactorization
  let scales: [Double]

  init(_ matrix: DenseMatrix) throws(LinearAlgebraError) {
    scales = matrix.equilibration.map { $0 ?? 1 }
    factors = try SymmetricFactorization(matrix.scaled(by: scales))
  }

  /// A⁻¹ B.
  ///
  /// - Throws: `TensorError` if A is singular but for rounding.
  func solving(_ right: DenseMatrix, _ operation: String) throws(TensorError) -> DenseMatrix {
    guard factors.reciprocalCondition > .ulpOfOne else {
      throw TensorError(
        "\(operation): the matrix is singular but for rounding (`inertia()` counts its zero eigenvalues); fix a variable or add "
          + "a term that determines it")
    }
    var scaled = right
    for j in 0..<right.columns { for i in 0..<right.rows { scaled[i, j] /= scales[i] } }
    do { scaled = try factors.solving(scaled) } catch { throw TensorError("\(operation): \(error)") }
    for j in 0..<right.columns { for i in 0..<right.rows { scaled[i, j] /= scales[i] } }
    return scaled
  }
}

/// An end of the spectrum of a symmetric matrix.
public enum SpectrumEnd: String, CaseIterable, Hashable, Sendable {
  /// The most negative eigenvalue.
  case smallest
  /// The most positive one.
  case largest
  /// The one of the largest magnitude.
  case largestMagnitude
}

/// Eigenvalues and eigenvectors of a Hessian.
public struct Eigenpairs<Scalar: DifferentiableScalar>: Sendable {
  /// The nearest to the end of the spectrum first.
  public let values: [Double]
  /// Unit vectors in the shape of the point.
  public let vectors: [Tensor<Scalar>]
  /// ‖H v - λ v‖: an eigenvalue is no farther than that from each value.
  public let residuals: [Double]
  /// Products with the Hessian that were taken.
  public let products: Int
}

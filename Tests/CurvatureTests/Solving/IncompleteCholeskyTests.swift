import Curvature
import SparseStructure
import TestSupport
import Testing

@Suite struct IncompleteCholeskyTests {
  /// L Lᵀ of the scaled matrix plus a shift, scaled back, by the columns of a dense array in which what is outside of the
  /// pattern is left out (Golub & Van Loan, *Matrix Computations*, 2013, section 11.5.8). Nil where a pivot is not positive.
  private static func definition(_ a: Tensor<Double>, shift: Double) -> Tensor<Double>? {
    let n = a.shape[0]
    let elements = a.scalars
    let d = (0..<n).map { elements[$0 * n + $0].squareRoot() }
    var l = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i { l[i * n + j] = elements[i * n + j] / d[i] / d[j] + (i == j ? shift : 0) }
    }
    for k in 0..<n {
      guard l[k * n + k] > 1e-15 else { return nil }
      l[k * n + k] = l[k * n + k].squareRoot()
      for i in (k + 1)..<max(n, k + 1) { l[i * n + k] /= l[k * n + k] }
      for j in (k + 1)..<max(n, k + 1) {
        for i in j..<n where elements[i * n + j] != 0 { l[i * n + j] -= l[i * n + k] * l[j * n + k] }
      }
    }
    let factor = Tensor(l).reshaped(to: [n, n]) * Tensor(d).reshaped(to: [n, 1])
    return matmul(factor, factor.transposed())
  }

  /// Positive definite matrices on patterns, with a diagonal that dominates or hardly does.
  private static func matrix(_ pattern: SparsityPattern, seed: UInt64) -> SparseMatrix<Double> {
    var generator = RepeatableGenerator(seed: seed)
    let n = pattern.rowCount
    var dense = [Double](repeating: 0, count: n * n)
    for (row, column) in pattern.coordinates where row > column {
      let value = generator.real(in: -1...1)
      (dense[n * row + column], dense[n * column + row]) = (value, value)
    }
    for row in 0..<n {
      let sum = (0..<n).reduce(0) { $0 + abs(dense[n * row + $1]) }
      dense[n * row + row] = sum + generator.real(in: 0.01...1)
    }
    let units = (0..<n).map { _ in generator.pick([0.01, 1, 30]) }
    for row in 0..<n { for column in 0..<n { dense[n * row + column] *= units[row] * units[column] } }
    return SparseMatrix(dense: dense, rowCount: n, columnCount: n, pattern: pattern)
  }

  @Test("The factor is that of the definition", arguments: SparseFactorizationTests.patterns)
  func definition(name: String, pattern: SparsityPattern) throws {
    let A = Self.matrix(pattern, seed: 3)
    let n = A.rowCount
    let whole = Tensor(A)
    let found = try A.incompleteCholesky()
    #expect(found.shift == 0 && found.rowCount == n && found.factorCount == pattern.lowerTriangle().nonzeroCount)
    let expected = try #require(Self.definition(whole, shift: 0))
    let inverse = try expectDefinite(found.preconditioner)
    #expect(matmul(expected, inverse).isClose(to: .eye(n), relative: 0, absolute: 1e-8), "\(name)")
    if ["one", "diagonal", "dense", "band", "arrow", "wide border"].contains(name) {
      // No fill: the whole factor.
      #expect(matmul(whole, inverse).isClose(to: .eye(n), relative: 0, absolute: 1e-8), "\(name)")
    }
    let lower = try A.lowerTriangle().incompleteCholesky()
    let b = rightHandSide(n)
    #expect(try lower.preconditioner.solve(b).scalars == found.preconditioner.solve(b).scalars)
  }

  @Test("Where there is no fill, one step is enough") func exact() throws {
    let x = Tensor<Double>.linspace(0.5, 1, 200)
    let chain = hessian(at: x) { x in exp(x).sum() + 10 * square(x[1...] - x[..<(-1)]).sum() }
    let star = hessian(at: x) { x in 300 * exp(x).sum() + (square(x[..<(-1)]) * x[199]).sum() }
    for H in [chain, star] {
      let found = try H.incompleteCholesky()
      let report = try H.solution(of: rightHandSide(200), by: .conjugateGradients, preconditioner: found.preconditioner)
      #expect(found.shift == 0 && report.products == 1 && report.isConverged)
    }
  }

  /// The energy of a net on a grid, with the edge held by a spring. Its Hessian is the five-point Laplacian.
  private static func grid<Scalar: DifferentiableScalar>(_ n: Int, units: Tensor<Scalar>) -> Hessian<Scalar> {
    hessian(at: Tensor<Scalar>.ones(n, n)) { x in
      let y = (units * x).padded([(1, 1), (1, 1)])
      return (square(y[1..., ...] - y[..<(-1), ...]).sum() + square(y[..., 1...] - y[..., ..<(-1)]).sum()) / 2
    }
  }

  private static func counts<Scalar: DifferentiableScalar>(
    _ H: Hessian<Scalar>, _ b: Tensor<Scalar>
  ) throws -> (plain: Int, jacobi: Int, incomplete: Int) {
    let incomplete = try H.incompleteCholesky()
    #expect(incomplete.shift == 0)
    let found = try [nil, H.jacobiPreconditioner(), incomplete.preconditioner].map { preconditioner in
      let report = try H.solution(
        of: b, by: .conjugateGradients, preconditioner: preconditioner, maximumProducts: 20_000)
      #expect(report.isConverged)
      return report.products
    }
    return (found[0], found[1], found[2])
  }

  @Test("On a grid conjugate gradients take less than half of the products") func grid() throws {
    let n = 60
    let b = rightHandSide(n * n).reshaped(to: [n, n])
    let same = try Self.counts(Self.grid(n, units: Tensor<Double>.ones(n, n)), b)
    // A constant diagonal changes nothing.
    #expect(abs(same.jacobi - same.plain) <= 2 && same.incomplete * 5 / 2 < same.jacobi, "\(same)")
    let units = exp(2 * sin(Tensor<Double>.arange(n * n))).reshaped(to: [n, n])
    let mixed = try Self.counts(Self.grid(n, units: units), b)
    #expect(mixed.jacobi * 3 < mixed.plain && mixed.incomplete * 5 / 2 < mixed.jacobi, "\(mixed)")
    let single = try Self.counts(Self.grid(n, units: Tensor<Float>(units)), Tensor<Float>(b))
    #expect(single.jacobi < single.plain && single.incomplete * 5 / 2 < single.jacobi, "\(single)")
  }

  /// Positive definite matrices without an incomplete factor.
  private static let breakdowns: [(name: String, rows: [[Double]])] = [
    // Kershaw, "The incomplete Cholesky-conjugate gradient method for the iterative solution of systems of linear
    // equations", J. Comput. Phys. 26, 1978.
    ("Kershaw", [[3, -2, 0, 2], [-2, 3, -2, 0], [0, -2, 3, -2], [2, 0, -2, 3]]),
    (
      "Kershaw, in other units", [[300, -20, 0, 2], [-20, 3, -0.2, 0], [0, -0.2, 0.03, -0.02], [2, 0, -0.02, 0.03]]
    ),
  ]

  @Test("Where a pivot is not positive the least shift of the sequence is added", arguments: breakdowns)
  func shift(name: String, rows: [[Double]]) throws {
    let a = Tensor(rows.flatMap { $0 }).reshaped(to: [4, 4])
    #expect(try eigenvalues(a)[0] > 0 && Self.definition(a, shift: 0) == nil)
    var expected = 1e-3
    while Self.definition(a, shift: expected) == nil { expected *= 2 }
    let A = SparseMatrix(dense: a.scalars, rowCount: 4, columnCount: 4)
    let found = try A.incompleteCholesky()
    #expect(found.shift == expected, "\(name): \(found.shift)")
    let inverse = try expectDefinite(found.preconditioner)
    let p = try #require(Self.definition(a, shift: expected))
    #expect(matmul(p, inverse).isClose(to: .eye(4), relative: 0, absolute: 1e-10))
    let b = Tensor<Double>([1, -2, 3, 1])
    let H = try LinearOperator(matrix: a)
    for solver in [LinearSolver.conjugateGradients, .minres] {
      let x = try H.solve(b, by: solver, preconditioner: found.preconditioner)
      #expect(x.isClose(to: solve(a, b), relative: 1e-7))
    }
    #expect(found.description.hasPrefix("Cholesky's factor without fill of a 4×4 matrix: 8 entries, a shift of "))
  }

  @Test("Singular and indefinite matrices have a positive definite factor, with a shift") func indefinite() throws {
    let x = Tensor<Double>.linspace(0, 1, 30)
    // Free at its ends: constants are in the kernel.
    let free = hessian(at: x) { x in square(x[1...] - x[..<(-1)]).sum() / 3 }
    let saddle = hessian(at: x) { x in square(x).sum() + 4 * (x[1...] * x[..<(-1)]).sum() }
    for H in [free, saddle] {
      let found = try H.incompleteCholesky()
      #expect(found.shift > 0 && found.shift < 8)
      _ = try expectDefinite(found.preconditioner)
    }
    let b = rightHandSide(30)
    let solution = try saddle.solve(b, by: .minres, preconditioner: saddle.incompleteCholesky().preconditioner)
    #expect(solution.isClose(to: try saddle.solve(b), relative: 1e-6, absolute: 1e-6))
  }

  @Test("Operators of Hessians and diagonals have one; what is no symmetric matrix has none") func operators() throws {
    let x = Tensor<Double>.linspace(0, 1, 20)
    let H = hessian(at: x) { x in square(x[1...] - x[..<(-1)]).sum() }
    let A = LinearOperator(H) + 0.3 * LinearOperator.identity([20])
    let inverse = try expectDefinite(A.incompleteCholesky().preconditioner)
    #expect(matmul(H[...] + 0.3 * .eye(20), inverse).isClose(to: .eye(20), relative: 0, absolute: 1e-10))
    let batch = hessian(at: Tensor<Double>.ones(2, 4), batchAxis: 0) { x in exp(x).sum(axes: [1]) }
    let matrix = try LinearOperator(matrix: Tensor<Double>.eye(3))
    let upper = SparseMatrix<Double>(dense: [1, 1, 0, 1], rowCount: 2, columnCount: 2)
    let wide = SparseMatrix<Double>(dense: [1, 1], rowCount: 1, columnCount: 2)
    let infinite = SparseMatrix<Double>(dense: [1, .nan, .nan, 1], rowCount: 2, columnCount: 2)
    let tiny = SparseMatrix<Double>(dense: [1e-200, 1e200, 1e200, 1e-200], rowCount: 2, columnCount: 2)
    let empty = SparseMatrix<Double>(dense: [1, 1, 1, 0], rowCount: 2, columnCount: 2)
    let cases: [(text: String, make: () throws -> IncompleteCholesky<Double>)] = [
      ("without a batch", batch.incompleteCholesky), ("are not known", matrix.incompleteCholesky),
      ("above the diagonal has none below", upper.incompleteCholesky), ("is not symmetric", wide.incompleteCholesky),
      ("is not finite here", infinite.incompleteCholesky), ("nearly 0 beside its row", tiny.incompleteCholesky),
      ("in row 1 is 0.0, the matrix is not positive definite", empty.incompleteCholesky),
    ]
    for (text, make) in cases {
      let error = #expect(throws: TensorError.self) { _ = try make() }
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }
  }
}

import Curvature
import SparseStructure
import TestSupport
import Testing

@Suite struct PreconditionerTests {
  private static let x = Tensor<Double>([0.3, -0.8, 1.2, 0.5])
  private static let H = hessian(at: x) { x in exp(x).sum() + square(x[0] * x[1] + x[3]) }

  @Test("Jacobi divides by the diagonal, of whatever the matrix is made of") func jacobi() throws {
    let (H, x) = (Self.H, Self.x)
    let A = LinearOperator(H)
    let M = try LinearOperator(matrix: symmetricMatrix([1, 2, 3, 4], seed: 2))
    for (i, matrix) in [
      A, A + 2 * LinearOperator.diagonal(exp(x)), 3 * A + 0.5 * .identity([4]), A + M, M - 0.1 * .identity([4]),
    ].enumerated() {
      let whole = diagonal(of: matrix)
      let found = try matrix.jacobiPreconditioner()
      #expect(try found.solve(x).isClose(to: x / whole, relative: 1e-14), "case \(i)")
      _ = try expectDefinite(found)
    }
    #expect(try H.jacobiPreconditioner().solve(x).isClose(to: x / H.diagonal))
    #expect(try H.sparse().jacobiPreconditioner().solve(x).isClose(to: x / H.diagonal))
    #expect(try H.jacobiPreconditioner().description == "Jacobi's preconditioner, 4 rows")
    let single = hessian(at: Tensor<Float>(x)) { x in exp(x).sum() + square(x[0] * x[1] + x[3]) }
    #expect(try single.jacobiPreconditioner().solve(Tensor<Float>(x)).isClose(to: Tensor<Float>(x) / single.diagonal))
  }

  private func diagonal(of matrix: LinearOperator<Double>) -> Tensor<Double> {
    let units = Tensor<Double>.eye(4)
    return Tensor((0..<4).map { matrix.product(units[$0])[$0].item() })
  }

  @Test("Variables in other units cost no products with Jacobi") func units() throws {
    let n = 60
    let scales = exp(Tensor<Double>.linspace(-6, 6, n))
    let chain = hessian(at: Tensor<Double>.zeros([n])) { x in
      let y = scales * x
      return square(y).sum() + 0.2 * square(y[1...] - y[..<(-1)]).sum()
    }
    let b = rightHandSide(n)
    let plain = try chain.solution(of: b, by: .conjugateGradients, maximumProducts: 2000)
    let scaled = try chain.solution(of: b, by: .conjugateGradients, preconditioner: chain.jacobiPreconditioner())
    #expect(scaled.isConverged && scaled.products < 30 && plain.products > 10 * scaled.products)
  }

  @Test("Functions are preconditioners, also those that throw; a preconditioner serves tensors of its size")
  func functions()
    throws
  {
    let (H, b) = (Self.H, Self.x)
    let expected = try H.solve(b)
    let factors = try H.factorized(by: BlockArrow())
    for solver in [LinearSolver.conjugateGradients, .minres] {
      let report = try H.solution(of: b, by: solver, preconditioner: factors.solve)
      #expect(report.products <= 2 && report.solution.isClose(to: expected, relative: 1e-9))
      let diagonal = H.diagonal
      #expect(try H.solve(b, by: solver, preconditioner: { $0 / diagonal }).isClose(to: expected, relative: 1e-8))
      let error = #expect(throws: TensorError.self) {
        _ = try H.solve(b, by: solver, preconditioner: { _ in throw Refusal() })
      }
      #expect(error?.message.contains("solve: the preconditioner: Refusal()") == true, "\(error?.message ?? "")")
    }
    let square = hessian(at: Tensor<Double>.ones(2, 2)) { x in exp(x).sum() + (x[0] * x[1]).sum() }
    let right = Tensor<Double>([[1, 2], [3, 4]])
    let flat = try square.sparse().jacobiPreconditioner()
    let found = try square.solve(right, by: .conjugateGradients, preconditioner: flat)
    #expect(found.isClose(to: try square.solve(right), relative: 1e-9))
  }

  private struct Refusal: Error {}

  @Test("What is no preconditioner says what to do") func refusals() throws {
    let saddle = hessian(at: Self.x) { x in square(x[0]) - square(x[1]) + square(x[2]) + square(x[3]) }
    let batch = hessian(at: Tensor<Double>.ones(2, 4), batchAxis: 0) { x in exp(x).sum(axes: [1]) }
    let function = LinearOperator<Double>(symmetric: [4]) { 2 * $0 }
    let infinite = LinearOperator.diagonal(Tensor<Double>([1, .infinity, 1, 1]))
    let wide = SparseMatrix<Double>(dense: [1, 0], rowCount: 1, columnCount: 2)
    let cases: [(text: String, make: () throws -> Preconditioner<Double>)] = [
      ("in row 1 is -2.0, the matrix is not positive definite; solve by .minres", saddle.jacobiPreconditioner),
      ("in row 1 is inf; choose another point", infinite.jacobiPreconditioner),
      ("without a batch", batch.jacobiPreconditioner), ("is not known", function.jacobiPreconditioner),
      ("1×2 matrix is not symmetric", wide.jacobiPreconditioner),
      ("in row 1 is -2.0", { try saddle.incompleteCholesky().preconditioner }),
      ("in row 1 is -2.0", { try saddle.sparse().jacobiPreconditioner() }),
    ]
    for (text, make) in cases {
      let error = #expect(throws: TensorError.self) { _ = try make() }
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }
    let small = try LinearOperator<Double>.identity([3]).jacobiPreconditioner()
    for solver in [LinearSolver.conjugateGradients, .minres] {
      let error = #expect(throws: TensorError.self) { _ = try Self.H.solve(Self.x, by: solver, preconditioner: small) }
      #expect(error?.message.contains("the preconditioner has 3 rows") == true, "\(error?.message ?? "")")
    }
    #expect(throws: TensorError.self) { _ = try small.solve(Self.x) }
  }
}

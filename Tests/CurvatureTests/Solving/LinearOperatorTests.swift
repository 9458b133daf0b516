import Curvature
import TestSupport
import Testing

@Suite struct LinearOperatorTests {
  private static let x = Tensor<Double>([0.3, -0.8, 1.2, 0.5])
  private static let H = hessian(at: x) { x in exp(x).sum() + square(x[0] * x[1] + x[3]) }
  private static let G = hessian(at: x) { x in square(square(x).sum()) }
  private static let J = jacobian(at: x) { x in Tensor.stack([x[0] * x[1], sin(x[2]), x[3] * x[3] - x[0]]) }
  private static let d = Tensor<Double>([1, 2, 3, 4])

  @Test("Arithmetic is that of the wholes") func arithmetic() throws {
    let (H, G, J, d) = (Self.H, Self.G, Self.J, Self.d)
    let (A, B, C) = (LinearOperator(H), LinearOperator(G), LinearOperator(J))
    let (a, b, c) = (H[...], G[...], J[...])
    let D = LinearOperator.diagonal(d), E = LinearOperator<Double>.identity([4])
    let diagonal = Tensor<Double>.eye(4) * d
    let F = try LinearOperator(matrix: matmul(c, b))
    let custom = LinearOperator<Double>(symmetric: [4]) { 2 * $0 + $0.sum() }
    let cases: [(LinearOperator<Double>, Tensor<Double>, isSymmetric: Bool)] = [
      (A + B, a + b, true), (A - 2 * B, a - 2 * b, true), (-A * 0.5, -0.5 * a, true), (A + D, a + diagonal, true),
      (A + 3 * E, a + 3 * .eye(4), true), (A * B, matmul(a, b), false),
      (C.transposed * C, matmul(c.transposed(), c), true),
      (C * A * C.transposed, matmul(c, matmul(a, c.transposed())), true), (A * B * A, matmul(a, matmul(b, a)), true),
      (C, c, false), ((C * A).transposed, matmul(a, c.transposed()), false), (F, matmul(c, b), false),
      ((A + A * B).transposed, a + matmul(b, a), false), (custom * E, 2 * .eye(4) + .ones(4, 4), true),
      (LinearOperator(J).transposed, c.transposed(), false), (F.transposed, matmul(b, c.transposed()), false),
    ]
    for (i, (found, expected, isSymmetric)) in cases.enumerated() {
      #expect(found.shape == expected.shape && found.isSymmetric == isSymmetric, "case \(i): \(found)")
      let v = Tensor((0..<expected.shape[1]).map { Double($0 * $0) - 1.5 })
      #expect(found.product(v).isClose(to: matmul(expected, v), relative: 1e-12, absolute: 1e-12), "case \(i)")
    }
    #expect((A + B).description == "LinearOperator<Double> [4, 4], symmetric: a sum")
    let v = Self.d
    #expect((A + D).quadraticForm(v).isClose(to: (v * matmul(a + diagonal, v)).sum()))
    #expect(H.quadraticForm(v).isClose(to: (v * matmul(a, v)).sum()))
    // Products stay differentiable.
    let y = Self.x
    let slope = gradient(at: y) { y in hessian((y * y * y).sum(), y).quadraticForm(v) }
    #expect(slope.isClose(to: 6 * v * v))
  }

  @Test("Arithmetic with matrices computes nothing") func lazy() throws {
    let x = Tensor<Double>.linspace(0, 1, 20)
    let H = hessian(at: x) { x in square(square(x).sum()) }
    let A = 2 * LinearOperator(H) + LinearOperator.identity([20])
    #expect(H.productsEvaluated == 0)
    _ = A.product(x).scalars
    #expect(H.productsEvaluated == 1)
  }

  @Test(
    "Operators are solved and analysed as Hessians are", arguments: [LinearSolver.dense, .conjugateGradients, .minres])
  func systems(solver: LinearSolver) throws {
    let A =
      LinearOperator(Self.G) + LinearOperator.diagonal(Self.d) + LinearOperator(Self.J).transposed
      * LinearOperator(Self.J)
    let whole = Self.G[...] + Tensor<Double>.eye(4) * Self.d + matmul(Self.J[...].transposed(), Self.J[...])
    let b = Tensor<Double>([1, -1, 2, 0])
    #expect(try A.solve(b, by: solver).isClose(to: solve(whole, b), relative: 1e-8))
    let pairs = try A.eigenpairs(2, at: .smallest)
    #expect(Tensor(pairs.values).isClose(to: whole.symmetricEigen.values[..<2], relative: 1e-8))
    #expect(try A.inverse().isClose(to: whole.inverse, relative: 1e-9))
    #expect(abs(try A.logDeterminant().logarithm - log(whole.determinant).item()) < 1e-10)
    #expect(try A.inertia() == Inertia(positive: 4, negative: 0, zero: 0))
    let eigenvalues = whole.symmetricEigen.values
    #expect(abs(try A.conditionNumber() - (eigenvalues[3] / eigenvalues[0]).item()) < 1e-8)
  }

  @Test("What is wrong says so") func refusals() throws {
    let A = LinearOperator(Self.H) * LinearOperator(Self.G)
    let error = #expect(throws: TensorError.self) { _ = try A.solve(Self.d) }
    #expect(error?.message.contains("not known to be symmetric") == true)
    #expect(throws: TensorError.self) { _ = try LinearOperator(Self.H).readProduct(Tensor([1, 2])) }
    #expect(throws: TensorError.self) { _ = try LinearOperator(matrix: Self.d) }
    let wrong = LinearOperator<Double>(symmetric: [4]) { $0[..<2] }
    #expect(throws: TensorError.self) { _ = try wrong.solve(Self.d) }
    let blocks = hessian(at: [Self.x, 2 * Self.x]) { ($0[0] * exp($0[1])).sum() }
    #expect(throws: TensorError.self) { _ = try blocks[0, 1].solve(Self.d) }
    let batch = hessian(at: Tensor<Double>.ones(3, 2), batchAxis: 0) { exp($0).sum(axes: [1]) }
    #expect(throws: TensorError.self) { _ = try batch.eigenpairs(1, at: .largest) }
  }
}

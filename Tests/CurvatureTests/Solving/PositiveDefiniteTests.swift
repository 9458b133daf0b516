import Curvature
import TestSupport
import Testing

@Suite("Matrices made positive definite") struct PositiveDefiniteTests {
  private static func matrix(_ n: Int, seed: UInt64, shift: Double) throws -> LinearOperator<Double> {
    var generator = RepeatableGenerator(seed: seed)
    let a = Tensor<Double>(generator.reals(n * n)).reshaped(to: [n, n])
    return try LinearOperator(matrix: a + a.transposed() + shift * .eye(n))
  }

  @Test("What is added is told, and is what the method says", arguments: PositiveDefiniteMethod.allCases)
  func additions(method: PositiveDefiniteMethod) throws {
    for n in [1, 2, 5, 20] {
      for shift in [-3.0, 0, 30] {
        let A = try Self.matrix(n, seed: UInt64(n), shift: shift)
        let whole = A.product(Tensor<Double>.ones(n))
        let found = try A.positiveDefinite(method, leastEigenvalue: 0.5)
        let E = found.addition, sum = found.matrix
        #expect(matmul(sum - E, Tensor<Double>.ones(n)).isClose(to: whole, absolute: 1e-10))
        #expect(E == E.transposed() && sum == sum.transposed())
        let before = (sum - E).symmetricEigen.values, after = sum.symmetricEigen.values, added = E.symmetricEigen.values
        #expect(Tensor(found.originalEigenvalues).isClose(to: before, absolute: 1e-10))
        #expect(Tensor(found.eigenvalues.sorted()).isClose(to: after, absolute: 1e-10))
        #expect(after.scalars[0] >= 0.5 - 1e-10)
        let lowest = before.scalars[0]
        #expect(found.isModified == (lowest < 0.5))
        #expect(try found.inertia == A.inertia())
        #expect(abs(found.additionNorm - Swift.max(abs(added.scalars[0]), abs(added.scalars[n - 1]))) < 1e-10)
        // Weyl: no addition lifts the lowest eigenvalue by more than its norm.
        if method != .magnitudes { #expect(abs(found.additionNorm - Swift.max(0, 0.5 - lowest)) < 1e-10) }
        switch method {
        case .nearest:
          let sum: Double = before.scalars.reduce(0) { $0 + Swift.max(0, 0.5 - $1) }
          #expect(abs(E.diagonal().sum().item() - sum) < 1e-9)
        case .shift: #expect(E.isClose(to: Swift.max(0, 0.5 - lowest) * .eye(n), absolute: 1e-10))
        case .magnitudes:
          let expected = before.scalars.map { Swift.max(abs($0), 0.5) }.sorted()
          #expect(after.isClose(to: Tensor(expected), absolute: 1e-10))
        }
        let b = Tensor<Double>.linspace(-1, 1, n)
        #expect(matmul(sum, found.solve(b)).isClose(to: b, relative: 1e-9, absolute: 1e-9))
      }
    }
  }

  @Test("Of a Hessian in any shape; a definite one is left as it is; steps lead downhill") func hessians() throws {
    let x = Tensor<Double>([[1, 0.5], [-1, 2]])
    func f(_ x: Tensor<Double>) -> Tensor<Double> { (x[0] * x[1]).sum() + square(square(x)).sum() / 12 }
    let H = hessian(at: x, of: f), slope = gradient(at: x, of: f)
    let found = try H.positiveDefinite()
    #expect(found.addition.shape == [2, 2, 2, 2] && found.isModified)
    let step = found.solve(slope)
    #expect(step.shape == [2, 2] && (step * slope).sum().item() > 0)
    #expect(found.description.contains("raised to"))
    let convex = hessian(at: x) { square($0).sum() + exp($0).sum() }
    let same = try convex.positiveDefinite()
    #expect(!same.isModified && same.matrix == convex[...] && same.description.contains("as it is"))
    let flat = try hessian(at: x) { 0 * $0.sum() }.positiveDefinite()
    #expect(flat.matrix.isClose(to: Tensor<Double>.eye(4).reshaped(to: [2, 2, 2, 2])))
    #expect(throws: TensorError.self) { _ = try H.positiveDefinite(leastEigenvalue: 0) }
    #expect(throws: TensorError.self) { _ = try found.solution(of: Tensor([1, 2])) }
    #expect(throws: TensorError.self) {
      _ = try hessian(at: Tensor<Double>([0, 1])) { log($0).sum() }.positiveDefinite()
    }
  }
}

import Curvature
import TestSupport
import Testing

/// Plans give the same bits however they run.
@Suite("Execution of plans", .serialized) struct ExecutionModeTests {
  private static func chain(_ x: Tensor<Double>) -> Tensor<Double> {
    (100 * square(x[1...] - square(x[..<(-1)])) + sin(x[..<(-1)]) * exp(-x[1...])).sum()
  }

  @Test("Dense, sparse, Lagrangian and product plans") func plans() throws {
    let x = Tensor<Double>.linspace(0.5, 1.5, 50)
    var results: [[Double]] = []
    for mode in [ExecutionMode.interpreted, .compiled] {
      let dense = try HessianPlan(like: x, execution: mode, of: Self.chain)(x)
      let sparse = try SparseHessianPlan(like: x, execution: mode, of: Self.chain)(x)
      let product = try HessianProductPlan(like: x, execution: mode, of: Self.chain)(x, x)
      let lagrangian = try LagrangianPlan(
        like: x, execution: mode, objective: Self.chain, constraints: { x in x[1...] * x[..<(-1)] })
      let first = try lagrangian(x)
      results.append(
        [dense.value] + dense.gradient.scalars + dense.hessian.scalars + sparse.hessian.values + product.scalars
          + first.constraints.scalars + first.jacobian.values)
    }
    #expect(results[0] == results[1])
  }

  @Test("A recurrence, its gradient and Hessian") func recurrence() throws {
    let x = Tensor<Double>([0.3, 0.5, 0.2])
    var results: [[Double]] = []
    for mode in [ExecutionMode.interpreted, .compiled] {
      let plan = try HessianPlan(like: x, execution: mode) { x in
        let end = iterate(x, count: 200) { y in y + 0.01 * (sin(y) - y * y * 0.5) }
        return (end * end).sum()
      }
      let (value, gradient, hessian) = try plan(x)
      results.append([value] + gradient.scalars + hessian.scalars)
      if mode == .compiled { #expect("\(plan)".contains("runs as compiled code")) }
    }
    #expect(results[0] == results[1])
  }
}

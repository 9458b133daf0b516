import Curvature
import SparseStructure
import TensorGraph
import TestSupport
import Testing

/// Plans of functions that take data beside the point: data change from run to run, the plan does not.
@Suite struct PlanDataTests {
  static let points = Tensor<Double>([0.3, -0.7, 1.1, 0.2])

  /// Weights, a scale and labels of three runs.
  static let runs: [(weights: Tensor<Double>, scale: Tensor<Float>, labels: Tensor<Int64>)] = (0..<3).map { run in
    var generator = RepeatableGenerator(seed: UInt64(run))
    return (
      Tensor(generator.reals(12, in: -1...1), shape: [3, 4]), Tensor([Float(run) + 0.5]),
      Tensor<Int64>([Int64(run % 4), 2, 0])
    )
  }

  static func loss(
    _ x: Tensor<Double>, _ weights: Tensor<Double>, _ scale: Tensor<Float>, _ labels: Tensor<Int64>
  ) -> Tensor<Double> {
    let scores = sin(matmul(weights, x)) * scale.cast(to: Double.self)
    return (scores * scores).sum() + exp(x * x[2]).sum()
      + (x * labels.cast(to: Double.self).sum()).sum()
  }

  @Test("Every plan gives with data what a function of constants gives") func data() throws {
    let (x, first) = (Self.points, Self.runs[0])
    let whole = try HessianPlan(like: x, first.weights, first.scale, first.labels, of: Self.loss)
    let gradients = try GradientPlan(like: x, first.weights, first.scale, first.labels, of: Self.loss)
    let products = try HessianProductPlan(like: x, first.weights, first.scale, first.labels, of: Self.loss)
    let rows = try HessianRowPlan(like: x, first.weights, first.scale, first.labels, of: Self.loss)
    let sparse = try SparseHessianPlan(like: x, first.weights, first.scale, first.labels, of: Self.loss)
    let jacobians = try SparseJacobianPlan(like: x, first.weights) { x, weights in sin(weights[0] * x) }
    let lagrangian = try LagrangianPlan(
      like: x, first.weights, objective: { x, weights in (weights[1] * x * x).sum() },
      constraints: { x, weights in weights[2] * exp(x) })
    let direction = Tensor<Double>([1, -2, 0.5, 3])
    for run in Self.runs {
      let (a, b, c) = run
      let (value, slope, matrix) = valueGradientHessian(at: x) { Self.loss($0, a, b, c) }
      func agree(_ found: Tensor<Double>, _ expected: Tensor<Double>) -> Bool {
        found.isClose(to: expected, relative: 1e-12, absolute: 1e-12)
      }
      let all = try whole(x, a, b, c)
      #expect(agree(Tensor(all.value), value) && agree(all.gradient, slope) && agree(all.hessian, matrix[...]))
      #expect(try agree(whole.hessian(at: x, a, b, c), matrix[...]))
      let (number, line) = try gradients(x, a, b, c)
      #expect(agree(Tensor(number), value) && agree(line, slope))
      #expect(try agree(Tensor(gradients.value(at: x, a, b, c)), value))
      #expect(try agree(products(x, direction, a, b, c), matrix.product(direction)))
      #expect(try agree(rows(x, a, b, c, row: 2), matrix[2]))
      #expect(try agree(Tensor(sparse(x, a, b, c).hessian.dense(), shape: [4, 4]), matrix[...]))
      let jacobian = jacobian(at: x) { sin(a[0] * $0) }
      #expect(try agree(Tensor(jacobians(x, a).jacobian.dense(), shape: [4, 4]), jacobian[...]))
      let multipliers = Tensor<Double>([1, 2, 3, 4])
      let total = hessian(at: x) { 0.5 * (a[1] * $0 * $0).sum() + (multipliers * (a[2] * exp($0))).sum() }
      let (_, lower) = try lagrangian(x, a, objectiveFactor: 0.5, multipliers: multipliers)
      #expect(agree(Tensor(lower.dense(), shape: [4, 4]), total[...].lowerTriangle()))

      // Into the caller's memory.
      let elements = x.scalars
      var found = 0.0
      var (g, h) = ([Double](repeating: 0, count: 4), [Double](repeating: 0, count: 16))
      try whole.evaluate(
        at: elements.span, a, b, c, value: &found, gradient: g.mutableSpan, hessian: h.mutableSpan)
      #expect(found == all.value && g == all.gradient.scalars && h == all.hessian.scalars)
      try rows.evaluate(at: elements.span, a, b, c, row: 1, result: g.mutableSpan)
      #expect(agree(Tensor(g), matrix[1]))
      let change = direction.scalars
      try products.evaluate(at: elements.span, along: change.span, a, b, c, product: g.mutableSpan)
      #expect(agree(Tensor(g), matrix.product(direction)))
    }
  }

  @Test("Data of another number, shape or type are refused by name") func refusals() throws {
    let (x, first) = (Self.points, Self.runs[0])
    let plan = try HessianPlan(like: x, first.weights, of: { x, weights in (weights * x).sum() })
    let errors: [(TensorError?, String)] = [
      (#expect(throws: TensorError.self) { try plan(x) }, "1 tensors of data, found 0"),
      (#expect(throws: TensorError.self) { try plan(x, first.weights, x) }, "1 tensors of data, found 2"),
      (#expect(throws: TensorError.self) { try plan(x, x) }, "data of shape [3, 4], found [4]"),
      (#expect(throws: TensorError.self) { try plan(x, first.labels) }, "data of float64, found int64"),
      (
        #expect(throws: TensorError.self) { try plan(batch: Tensor<Double>([[1, 2, 3, 4]])) },
        "a batch of points has no data"
      ),
    ]
    for (error, text) in errors { #expect(error?.message.contains(text) == true, "\(error?.message ?? "none")") }
  }
}

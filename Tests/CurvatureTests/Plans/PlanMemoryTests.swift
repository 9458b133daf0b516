import Curvature
import Testing

/// Evaluations into the caller's memory look at how much of it there is.
@Suite struct PlanMemoryTests {
  private static let x = Tensor<Double>([1, 2, 3])

  private static func f(_ x: Tensor<Double>) -> Tensor<Double> { (x * x * x).sum() + x[0] * x[1] }

  /// What a plan takes: elements of each argument and room for each result.
  private struct Call {
    let name: String
    /// How many elements each span takes.
    let counts: [Int]
    let run: (_ spans: [[Double]]) throws -> Void
  }

  private static func calls() throws -> [Call] {
    let gradient = try GradientPlan(like: x, of: f)
    let hessian = try HessianPlan(like: x, of: f)
    let product = try HessianProductPlan(like: x, of: f)
    let row = try HessianRowPlan(like: x, of: f)
    let sparse = try SparseHessianPlan(like: x, of: f)
    let jacobian = try SparseJacobianPlan(like: x, of: { $0[1...] * $0[..<2] })
    let lagrangian = try LagrangianPlan(like: x, objective: f, constraints: { $0[1...] * $0[..<2] })
    let entries = sparse.pattern.nonzeroCount
    return [
      Call(name: "GradientPlan", counts: [3, 3]) { spans in
        let point = spans[0]
        var (value, slope) = (0.0, spans[1])
        try gradient.evaluate(at: point.span, value: &value, gradient: slope.mutableSpan)
      },
      Call(name: "GradientPlan, value", counts: [3]) { spans in
        let point = spans[0]
        var value = 0.0
        try gradient.evaluate(at: point.span, value: &value)
      },
      Call(name: "HessianPlan", counts: [3, 3, 9]) { spans in
        let point = spans[0]
        var (value, slope, matrix) = (0.0, spans[1], spans[2])
        try hessian.evaluate(
          at: point.span, value: &value, gradient: slope.mutableSpan, hessian: matrix.mutableSpan)
      },
      Call(name: "HessianPlan, Hessian", counts: [3, 9]) { spans in
        let point = spans[0]
        var matrix = spans[1]
        try hessian.evaluate(at: point.span, hessian: matrix.mutableSpan)
      },
      Call(name: "HessianProductPlan", counts: [3, 3, 3]) { spans in
        let point = spans[0]
        let direction = spans[1]
        var result = spans[2]
        try product.evaluate(at: point.span, along: direction.span, product: result.mutableSpan)
      },
      Call(name: "HessianRowPlan", counts: [3, 3]) { spans in
        let point = spans[0]
        var result = spans[1]
        try row.evaluate(at: point.span, row: 1, result: result.mutableSpan)
      },
      Call(name: "SparseHessianPlan", counts: [3, 3, entries]) { spans in
        let point = spans[0]
        var (value, slope, matrix) = (0.0, spans[1], spans[2])
        try sparse.evaluate(
          at: point.span, value: &value, gradient: slope.mutableSpan, hessian: matrix.mutableSpan)
      },
      Call(name: "SparseHessianPlan, Hessian", counts: [3, entries]) { spans in
        let point = spans[0]
        var matrix = spans[1]
        try sparse.evaluate(at: point.span, hessian: matrix.mutableSpan)
      },
      Call(name: "SparseJacobianPlan", counts: [3, 2, 4]) { spans in
        let point = spans[0]
        var (value, matrix) = (spans[1], spans[2])
        try jacobian.evaluate(at: point.span, value: value.mutableSpan, jacobian: matrix.mutableSpan)
      },
      Call(name: "LagrangianPlan, value", counts: [3]) { spans in
        let point = spans[0]
        var value = 0.0
        try lagrangian.evaluate(at: point.span, value: &value)
      },
      Call(name: "LagrangianPlan, constraints", counts: [3, 2]) { spans in
        let point = spans[0]
        var limits = spans[1]
        try lagrangian.evaluate(at: point.span, constraints: limits.mutableSpan)
      },
      Call(name: "LagrangianPlan, first order", counts: [3, 3, 2, 4]) { spans in
        let point = spans[0]
        var (value, slope, limits, matrix) = (0.0, spans[1], spans[2], spans[3])
        try lagrangian.evaluate(
          at: point.span, value: &value, gradient: slope.mutableSpan, constraints: limits.mutableSpan,
          jacobian: matrix.mutableSpan)
      },
      Call(name: "LagrangianPlan, Hessian", counts: [3, 2, lagrangian.hessianPattern.nonzeroCount]) { spans in
        let point = spans[0]
        let multipliers = spans[1]
        var matrix = spans[2]
        try lagrangian.evaluate(
          at: point.span, objectiveFactor: 1, multipliers: multipliers.span, hessian: matrix.mutableSpan)
      },
    ]
  }

  @Test func everySpanIsCounted() throws {
    for call in try Self.calls() {
      func spans(_ counts: [Int]) -> [[Double]] { counts.map { [Double](repeating: 1, count: $0) } }
      #expect(throws: Never.self, "\(call.name)") { try call.run(spans(call.counts)) }
      for i in call.counts.indices {
        for wrong in [0, call.counts[i] - 1, call.counts[i] + 1] {
          var counts = call.counts
          counts[i] = wrong
          let error = #expect(throws: TensorError.self, "\(call.name), span \(i)") { try call.run(spans(counts)) }
          #expect(error?.message.contains("\(wrong) elements") == true && error!.message.contains("\(call.counts[i])"))
        }
      }
    }
  }
}

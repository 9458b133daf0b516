import Curvature
import TensorGraph
import Testing

/// What forms with `resolvingSingularPoints` give at singular points, against derivatives by hand.
@Suite("Resolved derivatives") struct ResolvedDerivativeTests {
  /// r sin r + x₀: gradient [1, 0] and Hessian 2 I at 0, where norm has neither.
  private static func smooth(_ x: Tensor<Double>) -> Tensor<Double> {
    let r = x.norm()
    return r * sin(r) + x[0]
  }

  /// exp(-r): a cone at 0.
  private static func cone(_ x: Tensor<Double>) -> Tensor<Double> { exp(-x.norm()) }

  /// arccos(x₀)² + x₁: gradient [-2, 1] at x₀ = 1, where the domain ends.
  private static func bound(_ x: Tensor<Double>) -> Tensor<Double> { square(acos(x[0])) + x[1] }

  private static let origin = Tensor<Double>([0, 0])
  private static let end = Tensor<Double>([1, 0])
  private static let identity2 = [2.0, 0, 0, 2]

  private static func isClose(_ found: [Double], _ expected: [Double]) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-9 * max(1, abs($1)) }
  }

  /// The text of the error that `body` throws.
  private static func refusal(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func gradients() throws {
    let plain = gradient(at: Self.end, of: Self.bound)
    #expect(plain.scalars[0].isNaN)
    let found = try gradient(of: Self.bound, at: Self.end, resolvingSingularPoints: true)
    #expect(Self.isClose(found.scalars, [-2, 1]))
    let same = try gradient(of: Self.bound, at: Self.end, resolvingSingularPoints: false)
    #expect(same.scalars[0].isNaN)
    let (value, slope) = try valueWithGradient(of: Self.bound, at: Self.end, resolvingSingularPoints: true)
    #expect(value.item() == 0 && Self.isClose(slope.scalars, [-2, 1]))
    let x = Self.end
    let several = try gradient(
      of: Self.bound(x) + x.sum(), withRespectTo: [x], resolvingSingularPoints: true)
    #expect(Self.isClose(several[0].scalars, [-1, 2]))
    let text = Self.refusal {
      _ = try gradient(of: { x in acos(x[0]) }, at: Self.end, resolvingSingularPoints: true)
    }
    #expect(text?.contains("no derivative") == true || text == nil)
  }

  @Test func gradientPlans() throws {
    let plain = try GradientPlan(like: Self.end, of: Self.bound)
    #expect(try plain(Self.end).gradient.scalars[0].isNaN)
    let plan = try GradientPlan(like: Self.end, resolvingSingularPoints: true, of: Self.bound)
    #expect(try Self.isClose(plan(Self.end).gradient.scalars, [-2, 1]))
    var value = 0.0
    var slope = [0.0, 0]
    let end = [1.0, 0]
    try plan.evaluate(at: end.span, value: &value, gradient: slope.mutableSpan)
    #expect(value == 0 && Self.isClose(slope, [-2, 1]))
    let ordinary = Tensor<Double>([0.5, 2])
    #expect(try plan(ordinary).gradient == plain(ordinary).gradient)
  }

  @Test func hessianPlans() throws {
    let plain = try HessianPlan(like: Self.origin, of: Self.smooth)
    #expect(try plain(Self.origin).hessian.scalars.contains { $0.isNaN })
    let plan = try HessianPlan(like: Self.origin, resolvingSingularPoints: true, of: Self.smooth)
    let (_, slope, matrix) = try plan(Self.origin)
    #expect(Self.isClose(slope.scalars, [1, 0]) && Self.isClose(matrix.scalars, Self.identity2))
    #expect(try Self.isClose(plan.hessian(at: Self.origin).scalars, Self.identity2))
    var (value, gradient, hessian) = (0.0, [0.0, 0], [0.0, 0, 0, 0])
    let origin = [0.0, 0]
    try plan.evaluate(
      at: origin.span, value: &value, gradient: gradient.mutableSpan, hessian: hessian.mutableSpan)
    #expect(Self.isClose(hessian, Self.identity2))
    hessian = [0, 0, 0, 0]
    try plan.evaluate(at: origin.span, hessian: hessian.mutableSpan)
    #expect(Self.isClose(hessian, Self.identity2))
    let kink = try HessianPlan(like: Self.origin, resolvingSingularPoints: true, of: Self.cone)
    let text = Self.refusal { _ = try kink(Self.origin) }
    #expect(text?.contains("no second derivative") == true, "\(text ?? "a result")")
  }

  @Test("In a batch only the slice without a derivative is NaN") func batches() throws {
    let points = Tensor<Double>([0, 0, 3, 4], shape: [2, 2])
    let plan = try HessianPlan(like: Self.origin, resolvingSingularPoints: true, of: Self.smooth)
    let all = try plan(batch: points)
    #expect(Self.isClose(Array(all.hessians.scalars[..<4]), Self.identity2))
    let ordinary = try plan(Tensor<Double>([3, 4]))
    #expect(Array(all.hessians.scalars[4...]) == ordinary.hessian.scalars)
    let kink = try HessianPlan(like: Self.origin, resolvingSingularPoints: true, of: Self.cone)
    let mixed = try kink(batch: points).hessians.scalars
    #expect(mixed[..<4].allSatisfy { $0.isNaN } && mixed[4...].allSatisfy { $0.isFinite })
  }

  @Test func rowsAndProducts() throws {
    let rows = try HessianRowPlan(like: Self.origin, resolvingSingularPoints: true, of: Self.smooth)
    #expect(try Self.isClose(rows(Self.origin, row: -1).scalars, [0, 2]))
    var result = [0.0, 0]
    let (origin, change) = ([0.0, 0], [0.5, -3])
    try rows.evaluate(at: origin.span, row: 0, result: result.mutableSpan)
    #expect(Self.isClose(result, [2, 0]))
    let direction = Tensor<Double>([0.5, -3])
    let products = try HessianProductPlan(like: Self.origin, resolvingSingularPoints: true, of: Self.smooth)
    #expect(try Self.isClose(products(Self.origin, direction).scalars, [1, -6]))
    try products.evaluate(at: origin.span, along: change.span, product: result.mutableSpan)
    #expect(Self.isClose(result, [1, -6]))
    let kink = try HessianProductPlan(like: Self.origin, resolvingSingularPoints: true, of: Self.cone)
    let text = Self.refusal { _ = try kink(Self.origin, direction) }
    #expect(text?.contains("no second derivative") == true, "\(text ?? "a result")")
  }

  @Test func sparsePlans() throws {
    let x = Tensor<Double>([0, 1, 2, 1])
    func chain(_ x: Tensor<Double>) -> Tensor<Double> {
      let d = abs(x[1...] - x[..<(-1)] - Tensor<Double>([1, 1, 1]))
      return cos(d).sum()
    }
    // -cos(d) of each difference at d = 0, 0 and 2.
    let expected = try hessian(at: x) { x in cos(x[1...] - x[..<(-1)] - Tensor<Double>([1, 1, 1])).sum() }
      .read([]).scalars
    let plan = try SparseHessianPlan(like: x, resolvingSingularPoints: true, of: chain)
    #expect(try Self.isClose(plan(x).hessian.dense(), expected))
    #expect(try Self.isClose(plan.hessian(at: x).dense(), expected))
    var values = [Double](repeating: 0, count: plan.pattern.nonzeroCount)
    let point = x.scalars
    try plan.evaluate(at: point.span, hessian: values.mutableSpan)
    #expect(try Self.isClose(values, plan.hessian(at: x).values))
    let lower = try SparseHessianPlan(like: x, triangle: .lower, resolvingSingularPoints: true, of: chain)
    let matrix = try lower(x).hessian
    for (place, value) in zip(lower.pattern.coordinates, matrix.values) {
      #expect(abs(value - expected[place.row * 4 + place.column]) <= 1e-9)
    }
    let jacobians = try SparseJacobianPlan(like: x, resolvingSingularPoints: true) { x in
      square(acos(x[1...] - x[..<(-1)]))
    }
    let jacobian = try jacobians(x).jacobian.dense()
    // d/du arccos(u)² = -2 at 1; at -1 it is infinite.
    #expect(Self.isClose(Array(jacobian[..<8]), [2, -2, 0, 0, 0, 2, -2, 0]))
  }

  @Test func lagrangians() throws {
    let x = Self.origin
    let plan = try LagrangianPlan(
      like: x, resolvingSingularPoints: true, objective: Self.smooth,
      constraints: { x in
        let r = x.norm()
        return Tensor.concatenate([cos(r).reshaped(to: [1]), x[..<1] * x[1...]], axis: 0)
      })
    let multipliers = Tensor<Double>([0.5, 3])
    // 3 (2 I) + 0.5 (-I) + 3 [0 1; 1 0], lower triangle by rows.
    let expected = [5.5, 3, 5.5]
    #expect(try Self.isClose(plan.hessian(at: x, objectiveFactor: 3, multipliers: multipliers).values, expected))
    let (first, second) = try plan(x, objectiveFactor: 3, multipliers: multipliers)
    #expect(Self.isClose(second.values, expected) && Self.isClose(first.gradient.scalars, [1, 0]))
    var hessian = [0.0, 0, 0]
    let (origin, weights) = ([0.0, 0], [0.5, 3])
    try plan.evaluate(
      at: origin.span, objectiveFactor: 3, multipliers: weights.span, hessian: hessian.mutableSpan)
    #expect(Self.isClose(hessian, expected))
  }

  @Test("Products of lazy matrices with directions") func products() throws {
    let direction = Tensor<Double>([0.5, -3])
    let H = hessian(at: Self.origin, of: Self.smooth)
    #expect(Self.isClose(H.product(direction).scalars, [1, -6]))
    #expect(Self.isClose(matmul(H, direction).scalars, [1, -6]))
    let kink = hessian(at: Self.origin, of: Self.cone).product(direction)
    let text = Self.refusal { try evaluate(kink) }
    #expect(text?.contains("no second derivative") == true, "\(text ?? "a result")")
    let J = jacobian(at: Self.end) { x in square(acos(x[..<1])) + x[1...] * x[..<1] }
    #expect(Self.isClose(J.product(direction).scalars, [-4]))
    #expect(Self.isClose(matmul(Tensor<Double>([3], shape: [1]), J).scalars, [-6, 3]))
    let batched = hessian(at: Tensor<Double>([0, 0, 3, 4], shape: [2, 2]), batchAxis: 0) { x in
      let r = sqrt(square(x).sum(axes: [1]))
      return r * sin(r)
    }
    let both = batched.product(Tensor<Double>([0.5, -3, 1, 0], shape: [2, 2])).scalars
    let alone = hessian(at: Tensor<Double>([3, 4]), of: Self.smooth).product(Tensor<Double>([1, 0])).scalars
    #expect(Self.isClose(both, [1, -6] + alone))
  }

  @Test func laplacians() throws {
    #expect(laplacian(at: Self.origin, of: Self.smooth).item().isNaN)
    let found = try laplacian(of: Self.smooth, at: Self.origin, resolvingSingularPoints: true)
    #expect(Self.isClose(found.scalars, [4]))
    let text = Self.refusal { _ = try laplacian(of: Self.cone, at: Self.origin, resolvingSingularPoints: true) }
    #expect(text?.contains("no second derivative") == true, "\(text ?? "a result")")
    let batched = try laplacian(
      of: { x in exp(-sqrt(square(x).sum(axes: [1]))) }, at: Tensor<Double>([0, 0, 3, 4], shape: [2, 2]), batchAxis: 0,
      resolvingSingularPoints: true)
    let values = batched.scalars
    // Of exp(-r) in two dimensions: exp(-r) (1 - 1/r).
    #expect(values[0].isNaN && abs(values[1] - 0.8 * 0.006737946999085467) < 1e-12)
  }

  @Test("Third derivatives by expansion, or refused") func thirdOrder() throws {
    // r⁴ sin(r)/r + x₀ x₁² x₀ ...: of r³ sin r third derivatives at 0 are 0; those of the polynomial by hand.
    let smooth = try checkDerivatives(
      of: { x in
        let r = x.norm()
        return r * r * cos(r) + 2 * x[0] * x[0] * x[1] + x[0] * x[1] * x[2] + x[2] * x[2] * x[2]
      }, at: Tensor<Double>([0, 0, 0]), order: 3)
    #expect(smooth.isPassed && smooth.missing == nil, "\(smooth)")
    let roots = try checkDerivatives(
      of: { x in square(acos(x[0])) + x[0] * x[1] }, at: Tensor<Double>([1, 0.5]), order: 3)
    // Differences leave the domain; what is expanded is named or agrees, and never NaN without a word.
    #expect(!roots.orders.isEmpty)
    let cubic = try checkDerivatives(of: { x in pow(x.norm(), 3) }, at: Tensor<Double>([0, 0]), order: 3)
    #expect(cubic.missing?.contains("no third derivative") == true, "\(cubic)")
    // The entry was found by expansion; its own derivatives say so.
    let x = Self.origin
    let H = hessian(Self.smooth(x), x)
    let text = Self.refusal { _ = try jacobian(H[0, 0], x).read([]) }
    #expect(text?.contains("found by expansion") == true, "\(text ?? "a result")")
  }
}

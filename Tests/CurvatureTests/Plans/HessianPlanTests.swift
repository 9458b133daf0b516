import AllocationCounter
import Curvature
import Testing

@Suite struct HessianPlanTests {
  private static let functions: [(name: String, f: @Sendable (Tensor<Double>) -> Tensor<Double>)] = [
    ("chained", { (100 * square($0[1...] - square($0[..<(-1)])) + square(1 - $0[..<(-1)])).sum() }),
    ("dense", { x in tanh(matmul(x.reshaped(to: [2, 4]), x.reshaped(to: [4, 2]))).sum() }),
    ("softmax", { x in (x.softmax() * x).sum() + x.logSumExp() }),
    ("sorted", { x in (x.sorted() * Tensor<Double>.arange(8)).product() }),
    ("linear", { x in x.sum() }),
    ("constant", { _ in Tensor<Double>(3) }),
  ]

  private func point(_ seed: UInt64) -> Tensor<Double> {
    var generator = SeededGenerator(seed: seed)
    return Tensor<Double>.randn([8], using: &generator)
  }

  @Test func aPlanAgreesWithTheLazyHessianAtNewPoints() throws {
    for (name, f) in Self.functions {
      let plan = try HessianPlan(like: point(1), of: f)
      for seed in 2..<5 as Range<UInt64> {
        let x = point(seed)
        let (value, gradient, hessian) = try plan(x)
        let y = f(x)
        #expect(abs(value - y.item()) <= 1e-13 * max(1, abs(value)), "\(name)")
        #expect(gradient.isClose(to: Curvature.gradient(y, x), relative: 1e-12, absolute: 1e-12), "\(name)")
        #expect(hessian.isClose(to: Curvature.hessian(y, x)[...], relative: 1e-11, absolute: 1e-11), "\(name)")
        #expect(hessian == hessian.transposed(), "\(name)")
      }
    }
  }

  @Test func manyPointsGiveTheSameBitsAsOneByOne() throws {
    let plan = try HessianPlan(like: point(1), of: Self.functions[0].f)
    let points = Tensor.stack((0..<100).map { point($0) })
    let (values, gradients, hessians) = try plan(batch: points)
    #expect(hessians.shape == [100, 8, 8])
    for i in [0, 17, 99] {
      let (value, gradient, hessian) = try plan(point(UInt64(i)))
      #expect(values[i].item() == value && gradients[i] == gradient && hessians[i] == hessian)
    }
    let none = try plan(batch: Tensor<Double>([], shape: [0, 8]))
    #expect(none.hessians.shape == [0, 8, 8])
  }

  @Test func anEvaluationIntoTheCallersMemoryTakesNoneOfItsOwn() throws {
    let plan = try HessianPlan(like: point(1), of: Self.functions[1].f)
    let x = point(2).scalars
    var value = 0.0
    var (gradient, hessian) = ([Double](repeating: 0, count: 8), [Double](repeating: 0, count: 64))
    try plan.evaluate(
      at: x.span, value: &value, gradient: gradient.mutableSpan, hessian: hessian.mutableSpan)
    let before = plan.contextsMade
    for _ in 0..<50 {
      try plan.evaluate(
        at: x.span, value: &value, gradient: gradient.mutableSpan, hessian: hessian.mutableSpan)
    }
    #expect(plan.contextsMade == before)
    #expect(try plan(point(2)).hessian.scalars == hessian)
  }

  @Test(.enabled(if: allocation_counter_works() != 0, "sanitizers and other systems count their own way"))
  func anEvaluationIntoTheCallersMemoryAllocatesNothing() throws {
    for (name, f) in Self.functions {
      let plan = try HessianPlan(like: point(1), of: f)
      let x = point(2).scalars
      var value = 0.0
      var (gradient, hessian) = ([Double](repeating: 0, count: 8), [Double](repeating: 0, count: 64))
      var least = Int.max
      for _ in 0..<5 {
        let before = allocation_count()
        for _ in 0..<100 {
          try plan.evaluate(
            at: x.span, value: &value, gradient: gradient.mutableSpan, hessian: hessian.mutableSpan)
        }
        least = min(least, allocation_count() - before)
      }
      #expect(least == 0, "\(name)")
    }
  }

  @Test(.enabled(if: allocation_counter_works() != 0, "sanitizers and other systems count their own way"))
  func allocationsAreCounted() throws {
    let before = allocation_count()
    _ = try HessianPlan(like: point(1), of: Self.functions[0].f)
    #expect(allocation_count() > before)
  }

  @Test func pointsOfAnotherShapeAreRefused() throws {
    let plan = try HessianPlan(like: point(1), of: Self.functions[0].f)
    let error = #expect(throws: TensorError.self) { try plan(Tensor<Double>.zeros([7])) }
    #expect(error?.message == "plan: it was made for points of shape [8], found [7]; make another plan")
    #expect(throws: TensorError.self) { try HessianPlan(like: point(1)) { $0 * 2 } }
  }

  @Test func gradientsAndProductsHavePlansToo() throws {
    for (name, f) in Self.functions {
      let x = point(4)
      let v = point(5)
      let y = f(x)
      let (value, gradient) = try GradientPlan(like: x, of: f)(x)
      #expect(abs(value - y.item()) <= 1e-13 * max(1, abs(value)), "\(name)")
      #expect(gradient.isClose(to: Curvature.gradient(y, x), relative: 1e-12, absolute: 1e-12), "\(name)")
      let product = try HessianProductPlan(like: x, of: f)(x, v)
      #expect(product.isClose(to: Curvature.hessian(y, x).product(v), relative: 1e-11, absolute: 1e-11), "\(name)")
    }
  }

  @Test func partsOfAPlanAgreeWithTheWhole() throws {
    for (name, f) in Self.functions {
      let x = point(6)
      let plan = try HessianPlan(like: x, of: f)
      let (value, slope, matrix) = try plan(x)
      let elements = x.scalars
      var (alone, number) = ([Double](repeating: 0, count: 64), 0.0)
      try plan.evaluate(at: elements.span, hessian: alone.mutableSpan)
      #expect(try plan.hessian(at: x).scalars == alone && alone == matrix.scalars, "\(name)")
      let gradients = try GradientPlan(like: x, of: f)
      var (line, other) = ([Double](repeating: 0, count: 8), [Double](repeating: 0, count: 8))
      try gradients.evaluate(at: elements.span, value: &number, gradient: line.mutableSpan)
      #expect(number == value && line == slope.scalars, "\(name)")
      try gradients.evaluate(at: elements.span, value: &number)
      #expect(try number == value && gradients.value(at: x) == value, "\(name)")
      let rows = try HessianRowPlan(like: x, of: f)
      let products = try HessianProductPlan(like: x, of: f)
      for i in 0..<8 {
        try rows.evaluate(at: elements.span, row: i, result: line.mutableSpan)
        #expect(try rows(x, row: i - 8).scalars == line, "\(name)")
        #expect(Tensor(line).isClose(to: matrix[i], relative: 1e-11, absolute: 1e-11), "\(name)")
        let unit = (0..<8).map { $0 == i ? 1.0 : 0.0 }
        try products.evaluate(at: elements.span, along: unit.span, product: other.mutableSpan)
        #expect(Tensor(other).isClose(to: matrix[i], relative: 1e-11, absolute: 1e-11), "\(name)")
      }
      #expect(throws: TensorError.self) { try rows(x, row: 8) }
    }
  }

  @Test func theSameExpressionIsPlannedOnce() throws {
    let cache = DerivativeCache()
    func f(_ x: Tensor<Double>) -> Tensor<Double> { (cos(x) * x[0] + sinh(x).cumulativeSum(axis: 0)).sum() }
    for seed in 0..<5 as Range<UInt64> {
      let x = point(seed)
      let derivative = Derivative(
        of: Curvature.gradient(f(x), x).node, in: x.node, isSymmetric: true, cache: cache)
      let structured = try derivative.expression(.part(.diagonal), effort: .often)
      #expect(cache.answersMade == 1)
      let expected = hessian(at: x, of: f)[...].diagonal()
      #expect(Tensor<Double>(try #require(structured)).isClose(to: expected, relative: 1e-12, absolute: 1e-12))
    }
  }
}

import Curvature
import Foundation
import TensorGraph
import TestSupport
import Testing

/// Plans with fixed structure: prepared once, evaluated at many points, saved and read.
@Suite struct SparsePlanTests {
  private func input(_ shape: [Int], seed: UInt64 = 1) -> Tensor<Double> {
    SparseDerivativeTests.input(shape, seed: seed)
  }

  @Test("A plan agrees with the lazy Hessian at new points", arguments: SparseDerivativeTests.problems)
  func hessians(_ problem: SparseDerivativeTests.Problem) throws {
    for method in [nil] + EvaluationMethod.allCases.map(Optional.some) {
      let plan = try SparseHessianPlan(like: input(problem.shape), method: method) { problem.f($0) }
      let lower = try SparseHessianPlan(like: input(problem.shape), triangle: .lower, method: method) { problem.f($0) }
      for seed in 2..<4 as Range<UInt64> {
        let x = input(problem.shape, seed: seed)
        let (value, slope, hessian) = try plan(x)
        let y = problem.f(x)
        #expect(abs(value - y.item()) <= 1e-13 * abs(value) && slope.isClose(to: gradient(y, x), relative: 1e-12))
        let expected = try Curvature.hessian(y, x).sparse()
        #expect(hessian.pattern == expected.pattern)
        #expect(zip(hessian.values, expected.values).allSatisfy { abs($0 - $1) <= 1e-12 * max(1, abs($1)) })
        let (half, whole) = (try lower(x).hessian, hessian.lowerTriangle())
        #expect(half.pattern == whole.pattern)
        #expect(zip(half.values, whole.values).allSatisfy { abs($0 - $1) <= 4 * $1.ulp })
        #expect(hessian.values == hessian.transposed().values)
      }
    }
  }

  @Test("Jacobians of tall, wide and square functions") func jacobians() throws {
    let times = input([40, 3])
    let plan = try SparseJacobianPlan(like: times) { SparseProblems.collocation($0) }
    #expect(plan.evaluationMethod == .terms && plan.valueShape == [39, 2])
    let functions: [(Tensor<Double>) -> Tensor<Double>] = [
      { SparseProblems.collocation($0) }, { sin($0).flattened() }, { ($0 * $0).sum(axes: [1]) },
      { Tensor.concatenate([$0.flattened(), square($0).flattened()]) }, { _ in Tensor<Double>([1, 2]) },
      { exp(0.1 * $0.sum()) },
    ]
    for f in functions {
      for method in EvaluationMethod.allCases {
        let plan = try SparseJacobianPlan(like: times, method: method, of: f)
        let x = input([40, 3], seed: 9)
        let (value, sparse) = try plan(x)
        let dense = jacobian(f(x), x)
        dense.evaluationMethod = .dense
        #expect(value.isClose(to: f(x), relative: 1e-13))
        let expected = dense[...].scalars
        #expect(zip(sparse.dense(), expected).allSatisfy { abs($0 - $1) <= 1e-12 * max(1, abs($1)) }, "\(plan)")
      }
    }
  }

  @Test("An evaluation into the caller's memory takes none of its own") func ownMemory() throws {
    let plan = try SparseHessianPlan(like: input([100])) { SparseProblems.rosenbrock($0) }
    let x = input([100], seed: 5)
    let point = x.scalars
    var value = 0.0
    var (gradient, hessian) = ([Double](repeating: 0, count: 100), [Double](repeating: 0, count: 298))
    try plan.evaluate(
      at: point.span, value: &value, gradient: gradient.mutableSpan, hessian: hessian.mutableSpan)
    let before = plan.contextsMade
    for _ in 0..<20 {
      try plan.evaluate(
        at: point.span, value: &value, gradient: gradient.mutableSpan, hessian: hessian.mutableSpan)
    }
    #expect(plan.contextsMade == before)
    #expect(try plan(x).hessian.values == hessian)
    var alone = [Double](repeating: 0, count: 298)
    try plan.evaluate(at: point.span, hessian: alone.mutableSpan)
    #expect(alone == hessian)
    #expect(try plan.hessian(at: x).values == hessian)
    #expect("\(plan)".contains("blocks or bands") && "\(plan)".contains("100×100 pattern, 298 non-zeros"))
    let byColors = try SparseHessianPlan(like: x, method: .colors) { SparseProblems.rosenbrock($0) }
    #expect("\(byColors)".contains("3 products"))
    #expect(throws: TensorError.self) { try plan(input([99])) }
  }

  @Test("A structure is saved, read and used again") func saving() throws {
    let x = input([50])
    let plan = try SparseHessianPlan(like: x) { SparseProblems.rosenbrock($0) }
    let data = try JSONEncoder().encode(plan.structure)
    let saved = try JSONDecoder().decode(DerivativeStructure.self, from: data)
    #expect(saved.pattern == plan.pattern && saved.coloring.groups == plan.structure.coloring.groups)
    let again = try SparseHessianPlan(like: x, structure: saved) { SparseProblems.rosenbrock($0) }
    #expect(try again(x).hessian.values == plan(x).hessian.values)
    let jacobian = try SparseJacobianPlan(like: input([10, 3])) { SparseProblems.collocation($0) }
    let other = try JSONDecoder().decode(DerivativeStructure.self, from: JSONEncoder().encode(jacobian.readStructure()))
    let rebuilt = try SparseJacobianPlan(like: input([10, 3]), structure: other) { SparseProblems.collocation($0) }
    #expect(try rebuilt(input([10, 3])).jacobian.values == jacobian(input([10, 3])).jacobian.values)
  }

  @Test("A structure of another function is refused field by field") func refusal() throws {
    let saved = try SparseHessianPlan(like: input([50])) { SparseProblems.rosenbrock($0) }.structure
    let longer = #expect(throws: TensorError.self) {
      try SparseHessianPlan(like: input([51]), structure: saved) { SparseProblems.rosenbrock($0) }
    }
    let text = longer?.message ?? ""
    #expect(text.contains("shape of the point: [50] saved, [51] here") && text.contains("operations: "))
    #expect(text.contains("extents of the pattern: [50, 50] saved, [51, 51] here") && !text.contains("version"))
    let different = #expect(throws: TensorError.self) {
      try SparseHessianPlan(like: input([50]), structure: saved) { SparseProblems.arrow($0) }
    }
    #expect(different?.message.contains("operations: ") == true && different?.message.contains("shape") == false)
    #expect(throws: TensorError.self) {
      try SparseJacobianPlan(like: input([50]), structure: saved) { SparseProblems.rosenbrock($0) }
    }
    // Other data in indices is another function, other real constants are not.
    func picked(_ indices: [Int64], _ factor: Double) throws -> DerivativeStructure {
      try SparseHessianPlan(like: input([8])) {
        (factor * square($0.gathered(at: Tensor(indices)))).sum() * $0[0]
      }.structure
    }
    #expect(try picked([1, 2], 1).operations != picked([1, 3], 1).operations)
    #expect(try picked([1, 2], 1.5).pattern == picked([1, 2], 2.5).pattern)
  }

  @Test("Bodies of scans and rules tell structures apart") func bodies() throws {
    func steps(_ next: @escaping (Tensor<Double>) -> Tensor<Double>) -> (Tensor<Double>) -> Tensor<Double> {
      { x in iterate(x, count: 3, next).sum() }
    }
    let x = input([6])
    let saved = try SparseHessianPlan(like: x, of: steps { sin($0) }).structure
    _ = try SparseHessianPlan(like: x, structure: saved, of: steps { sin($0) })
    let error = #expect(throws: TensorError.self) {
      try SparseHessianPlan(like: x, structure: saved, of: steps { x in sin(x.rolled(by: 1, axis: 0)) })
    }
    #expect(error?.message.contains("operations") == true)
    func rule(_ identifier: String?) -> @Sendable (Tensor<Double>) -> Tensor<Double> {
      let cube = CustomDerivative<Double>("cube", identifier: identifier) { x in
        x[0] * x[0] * x[0]
      } tangent: { x, _, change in
        3 * x[0] * x[0] * change[0]
      }
      return { x in cube(x).sum() }
    }
    let first = try SparseHessianPlan(like: x, of: rule("1")).structure
    let read = try JSONDecoder().decode(DerivativeStructure.self, from: JSONEncoder().encode(first))
    _ = try SparseHessianPlan(like: x, structure: read, of: rule("1"))
    #expect(throws: TensorError.self) { try SparseHessianPlan(like: x, structure: read, of: rule("2")) }
    // Without an identity a plan can be made, but nothing saved for another process.
    let unknown = try SparseHessianPlan(like: x, of: rule(nil)).structure
    #expect(unknown.operations == nil)
    #expect(throws: EncodingError.self) { try JSONEncoder().encode(unknown) }
    #expect(throws: TensorError.self) { try SparseHessianPlan(like: x, structure: unknown, of: rule(nil)) }
  }

  @Test("Damaged structures are refused when they are read") func damaged() throws {
    let saved = try SparseHessianPlan(like: input([6])) { SparseProblems.rosenbrock($0) }.structure
    let text = String(decoding: try JSONEncoder().encode(saved), as: UTF8.self)
    func decoded(_ from: String, _ to: String) throws -> DerivativeStructure {
      #expect(text.contains(from))
      return try JSONDecoder().decode(
        DerivativeStructure.self, from: Data(text.replacingOccurrences(of: from, with: to).utf8))
    }
    #expect(throws: DecodingError.self) { try decoded("\"rowCount\":6", "\"rowCount\":7") }
    #expect(throws: DecodingError.self) { try decoded("\"columnCount\":6", "\"columnCount\":2") }
    #expect(throws: DecodingError.self) { try decoded("\"columnCount\":3", "\"columnCount\":2") }
    #expect(throws: DecodingError.self) { try decoded("\"problem\":\"symmetric\"", "\"problem\":\"columns2\"") }
    // All columns in one group: nothing can be read from the sum.
    let one = Data([Int32](repeating: 0, count: 6).flatMap { _ in [0, 0, 0, 0] as [UInt8] }).base64EncodedString()
    var object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    var coloring = try #require(object["coloring"] as? [String: Any])
    coloring["columnColors"] = one
    coloring["rowColors"] = one
    object["coloring"] = coloring
    let broken = try JSONSerialization.data(withJSONObject: object)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(DerivativeStructure.self, from: broken) }
  }

  @Test("A solver's form: everything from one plan, in one pass or piece by piece") func lagrangian() throws {
    let n = 30
    let plan = try LagrangianPlan(
      like: input([n]), objective: { SparseProblems.rosenbrock($0) },
      constraints: { x in square(x[1..<(n - 1)]) * x[2...] + sin(x[..<(n - 2)]) })
    #expect(
      plan.constraintShape == [n - 2]
        && plan.jacobianPattern == .banded(rowCount: n - 2, columnCount: n, offsets: 0...2))
    let (rows, columns) = plan.hessianPattern.coordinateArrays()
    #expect(zip(rows, columns).allSatisfy { $0 >= $1 } && rows.count == 2 * n - 1)
    #expect(plan.hessianPattern.coordinateArrays(indexBase: 1).rows == rows.map { $0 + 1 })
    let (x, multipliers) = (input([n], seed: 4), input([n - 2], seed: 6))
    let (values, hessian) = try plan(x, objectiveFactor: 0.7, multipliers: multipliers)
    let f = SparseProblems.rosenbrock(x)
    let g = square(x[1..<(n - 1)]) * x[2...] + sin(x[..<(n - 2)])
    let expected = Curvature.hessian(0.7 * f + (multipliers * g).sum(), x)[...]
    #expect(values.constraints.isClose(to: g, relative: 1e-14) && values.gradient.isClose(to: gradient(f, x)))
    let dense = Tensor(hessian.mirrored().dense(), shape: [n, n])
    #expect(dense.isClose(to: expected, relative: 1e-12, absolute: 1e-12))
    #expect(Tensor(values.jacobian.dense(), shape: [n - 2, n]).isClose(to: jacobian(g, x)[...], relative: 1e-13))
    #expect(try plan.hessian(at: x, objectiveFactor: 0.7, multipliers: multipliers).values == hessian.values)
    // Into own memory.
    let point = x.scalars
    var value = 0.0
    var (slope, limits) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n - 2))
    var entries = [Double](repeating: 0, count: plan.jacobianPattern.nonzeroCount)
    try plan.evaluate(
      at: point.span, value: &value, gradient: slope.mutableSpan, constraints: limits.mutableSpan,
      jacobian: entries.mutableSpan)
    #expect(value == values.value && slope == values.gradient.scalars && entries == values.jacobian.values)
    var second = [Double](repeating: 0, count: rows.count)
    let weights = multipliers.scalars
    try plan.evaluate(
      at: point.span, objectiveFactor: 0.7, multipliers: weights.span, hessian: second.mutableSpan)
    #expect(second == hessian.values)
    try plan.evaluate(at: point.span, value: &value)
    try plan.evaluate(at: point.span, constraints: limits.mutableSpan)
    #expect(value == values.value && limits == values.constraints.scalars)
    #expect(throws: TensorError.self) { try plan.hessian(at: x, objectiveFactor: 1, multipliers: x) }
    #expect("\(plan)".contains("lower triangle"))
  }
}

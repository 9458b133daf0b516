import TensorGraph
import TestSupport
import Testing

/// Derivatives without identities against dense directions and the interpreter.
@Suite struct DeltaPlanTests {
  /// Functions that are smooth, or whose corners random points miss.
  private static let functions: [ScalarFunction] = [
    .negate, .square, .add, .subtract, .multiply, .scale, .exp, .sin, .cos, .tanh, .sech, .atan, .sigmoid, .softplus,
    .erf, .relu, .abs, .max, .min,
  ]
  private static let kinds: [PrimitiveKind] = [
    .elementwise, .elementwise, .elementwise, .select, .broadcast, .reshape, .permute, .slice, .embed, .concatenate,
    .gather, .scatterAdd, .sum, .contraction, .contraction, .contraction, .cumulativeSum, .maximum,
  ]

  /// A random scalar of one variable, with its gradient and its Hessian by dense directions (rows first).
  private struct Problem {
    let variable: Node
    let gradient: Node
    let hessian: [Double]
    var count: Int { variable.shape.count }
    /// What results are compared in.
    let scale: Double
    var generator: RepeatableGenerator

    init?(seed: Int) {
      generator = RepeatableGenerator(seed: UInt64(seed))
      let shapes: [Shape] = [[6], [12], [3, 4], [2, 3, 2], [5], [4, 4]]
      let graph = RandomGraph(seed: UInt64(seed), variables: [generator.pick(shapes)])
      graph.allowsEmptyAxes = false
      graph.functions = DeltaPlanTests.functions
      graph.grow(generator.integer(in: 2...9), kinds: DeltaPlanTests.kinds)
      variable = graph.variables[0]
      guard let gradient = TensorGraph.gradient(of: graph.total(ofLast: 4), to: [variable])[0] else { return nil }
      self.gradient = gradient
      hessian = DeltaPlanTests.denseDerivative(of: gradient, variable)
      guard hessian.allSatisfy({ $0.isFinite && abs($0) < 1e12 }) else { return nil }
      scale = max(1, hessian.map(abs).max() ?? 1)
    }

    /// What is wrong with a plan's result, nil if nothing.
    func mismatch(
      _ demand: DeltaDemand, _ expected: [Double], isSymmetric: Bool = true, termCap: Int = DeltaPlan.termCap
    ) -> String? {
      guard
        let plan = DeltaPlan(
          derivativeOf: gradient, variable: variable, demand: demand, isSymmetric: isSymmetric, termCap: termCap)
      else { return "no plan" }
      return TestSupport.mismatch(
        plan.result.interpreted.map { $0 / scale }, expected.map { $0 / scale }, relative: 1e-9, absolute: 1e-10)
    }

    func position(_ flat: Int) -> [Int] {
      var rest = flat
      return variable.shape.strides.map { stride in
        defer { rest %= stride }
        return rest / stride
      }
    }
  }

  /// The derivative of a node by one dense direction per element of the variable: output first, then variable.
  private static func denseDerivative(of output: Node, _ variable: Node) -> [Double] {
    let n = variable.shape.count
    let m = output.shape.count
    let identity = (0..<n * n).map { $0 / n == $0 % n ? 1.0 : 0.0 }
    let seed = Node.input(identity, [n] + variable.shape)
    guard let tangent = pushforward(of: [output], seeds: [(variable, seed)], lift: 1)[0] else {
      return [Double](repeating: 0, count: n * m)
    }
    let columns = tangent.interpreted
    return (0..<n * m).map { columns[($0 % n) * m + $0 / n] }
  }

  @Test(arguments: 0..<250) func wholeMatrix(seed: Int) {
    guard let problem = Problem(seed: seed) else { return }
    for termCap in [0, 2, 64] {
      for isSymmetric in [true, false] {
        #expect(problem.mismatch(.matrix, problem.hessian, isSymmetric: isSymmetric, termCap: termCap) == nil)
      }
    }
  }

  @Test(arguments: 250..<500) func parts(seed: Int) {
    guard var problem = Problem(seed: seed) else { return }
    let n = problem.count
    let hessian = problem.hessian
    let diagonal = (0..<n).map { hessian[$0 * n + $0] }
    #expect(problem.mismatch(.diagonal, diagonal) == nil)
    #expect(problem.mismatch(.trace, [diagonal.reduce(0, +)]) == nil)
    let row = problem.generator.integer(in: 0...(n - 1))
    let column = problem.generator.integer(in: 0...(n - 1))
    #expect(problem.mismatch(.column(problem.position(column)), (0..<n).map { hessian[$0 * n + column] }) == nil)
    let element = DeltaDemand.element(row: problem.position(row), column: problem.position(column))
    #expect(problem.mismatch(element, [hessian[row * n + column]]) == nil)
  }

  @Test(arguments: 500..<650) func blocks(seed: Int) {
    guard var problem = Problem(seed: seed) else { return }
    let n = problem.count
    let shape = problem.variable.shape
    let rows = shape.dimensions.map { extent in
      let start = problem.generator.integer(in: 0...(extent - 1))
      return AxisSlice(start: start, step: 1, count: problem.generator.integer(in: 1...(extent - start)))
    }
    let columns = shape.dimensions.map { extent in
      let start = problem.generator.integer(in: 0...(extent - 1))
      return AxisSlice(start: start, step: -1, count: problem.generator.integer(in: 1...(start + 1)))
    }
    func flat(_ slices: [AxisSlice]) -> [Int] {
      var positions: [Int] = []
      Shape(slices.map(\.count)).forEachIndex { index in
        positions.append(
          slices.indices.reduce(0) { $0 + (slices[$1].start + slices[$1].step * index[$1]) * shape.strides[$1] })
      }
      return positions
    }
    for (rows, columns) in [(rows, columns), (columns, columns)] {
      let expected = flat(rows).flatMap { row in flat(columns).map { problem.hessian[row * n + $0] } }
      #expect(problem.mismatch(.block(rows: rows, columns: columns), expected) == nil)
    }
  }

  @Test(arguments: 650..<900) func entries(seed: Int) {
    guard let problem = Problem(seed: seed) else { return }
    let n = problem.count
    for isSymmetric in [true, false] {
      let entries = DeltaEntries(
        derivativeOf: problem.gradient, variable: problem.variable, isSymmetric: isSymmetric, limit: .max)
      guard let entries else {
        Issue.record("no entries")
        continue
      }
      var sums = [Double](repeating: 0, count: n * n)
      var places = Set<[[Int]]>()
      for box in entries.boxes {
        places.insert([box.extents, [box.rows.offset, box.columns.offset], box.rows.strides, box.columns.strides])
        let values = box.values.interpreted
        var flat = 0
        box.values.shape.forEachIndex { index in
          let row = box.rows.offset + zip(box.rows.strides, index).reduce(0) { $0 + $1.0 * $1.1 }
          let column = box.columns.offset + zip(box.columns.strides, index).reduce(0) { $0 + $1.0 * $1.1 }
          sums[row * n + column] += values[flat]
          flat += 1
        }
      }
      #expect(places.count == entries.boxes.count)
      let wrong = mismatch(
        sums.map { $0 / problem.scale }, problem.hessian.map { $0 / problem.scale }, relative: 1e-9, absolute: 1e-10)
      #expect(wrong == nil)
    }
    #expect(
      DeltaEntries(derivativeOf: problem.gradient, variable: problem.variable, isSymmetric: true, limit: -1) == nil)
  }

  @Test func batchedMatrices() throws {
    var generator = RepeatableGenerator(seed: 5)
    let x = Node.input(generator.reals(3 * 4), [3, 4])
    let a = Node.input(generator.reals(16), [4, 4])
    let y = try Operations.add(
      Operations.sum(Operations.multiply(Operations.apply(.exp, x), Operations.roll(x, by: 1, axis: 1))),
      Operations.sum(Operations.multiply(x, Operations.matmul(x, a))))
    let gradient = try #require(gradient(of: y, to: [x])[0])
    let plan = try #require(DeltaPlan(derivativeOf: gradient, variable: x, demand: .batched(axis: 0)))
    #expect(plan.result.shape == [3, 4, 4])
    let whole = Self.denseDerivative(of: gradient, x)
    let expected = (0..<48).map { i in
      let (b, row, column) = (i / 16, i / 4 % 4, i % 4)
      return whole[(4 * b + row) * 12 + 4 * b + column]
    }
    #expect(mismatch(plan.result.interpreted, expected, relative: 1e-12, absolute: 1e-12) == nil)
  }

  /// The result is made of ordinary nodes: its derivative is the third derivative.
  @Test(arguments: 0..<40) func resultsAreDifferentiable(seed: Int) throws {
    guard let problem = Problem(seed: seed), problem.count <= 6 else { return }
    guard
      let plan = DeltaPlan(
        derivativeOf: problem.gradient, variable: problem.variable, demand: .diagonal, isSymmetric: true)
    else { return }
    let n = problem.count
    let third = Self.denseDerivative(of: plan.result, problem.variable)
    let identity = (0..<n * n).map { $0 / n == $0 % n ? 1.0 : 0.0 }
    let seeds = Node.input(identity, [n] + problem.variable.shape)
    let columns = pushforward(of: [problem.gradient], seeds: [(problem.variable, seeds)], lift: 1)[0]
    let expected = columns.map { Self.denseDerivative(of: $0, problem.variable) }
    let scale = max(1, third.map(abs).max() ?? 1)
    for i in 0..<n {
      for k in 0..<n {
        let wanted = expected.map { $0[(i * n + i) * n + k] } ?? 0
        #expect(isClose(third[i * n + k] / scale, wanted / scale, relative: 1e-9, absolute: 1e-9))
      }
    }
  }

  /// A mask shields what it does not select: 0 · ∞ is never formed.
  @Test func unselectedInfinitiesDoNotSpread() throws {
    let x = Node.vector([-1, 0, 2])
    let positive = Node.compare(.greater, x, x.filled(with: 0))
    let y = Node.select(positive, .elementwise(.log, x), x.filled(with: 0)).summed(over: [0])
    let gradient = try #require(gradient(of: y, to: [x])[0])
    let plan = try #require(DeltaPlan(derivativeOf: gradient, variable: x, demand: .matrix, isSymmetric: true))
    #expect(plan.result.interpreted == [0, 0, 0, 0, 0, 0, 0, 0, -0.25])
  }

  @Test func aChainOfManyOperationsIsWalkedWithoutRecursion() throws {
    let x = Node.vector([0.1, 0.2])
    var y = x
    for _ in 0..<100_000 { y = Node(.elementwise(.negate), [y]) }
    let total = Node.elementwise(.sin, y).summed(over: [0])
    let gradient = try #require(gradient(of: total, to: [x])[0])
    let plan = try #require(
      DeltaPlan(
        derivativeOf: gradient, variable: x, demand: .diagonal, isSymmetric: true, effort: .units(100_000_000)))
    #expect(plan.result.shape == [2])
  }
}

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
    let seed: Int
    let variable: Node
    let gradient: Node
    let hessian: [Double]
    var count: Int { variable.shape.count }
    /// What results are compared in.
    let scale: Double
    var generator: RepeatableGenerator

    /// - Throws: why the graph of this seed has nothing to compare with.
    init(seed: Int) throws(Unusable) {
      self.seed = seed
      generator = RepeatableGenerator(seed: UInt64(seed))
      let shapes: [Shape] = [[6], [12], [3, 4], [2, 3, 2], [5], [4, 4]]
      let graph = RandomGraph(seed: UInt64(seed), variables: [generator.pick(shapes)])
      graph.allowsEmptyAxes = false
      graph.functions = DeltaPlanTests.functions
      graph.grow(generator.integer(in: 2...9), kinds: DeltaPlanTests.kinds)
      variable = graph.variables[0]
      guard let gradient = TensorGraph.gradient(of: graph.total(ofLast: 4), to: [variable])[0] else {
        throw .withoutVariable
      }
      self.gradient = gradient
      hessian = DeltaPlanTests.denseDerivative(of: gradient, variable)
      guard hessian.allSatisfy({ $0.isFinite && abs($0) < 1e12 }) else { throw .huge }
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
  }

  /// Why a random graph is no problem.
  private enum Unusable: String, Error {
    case withoutVariable = "the scalar does not depend on the variable"
    case huge = "numbers too large to be compared"
  }

  /// Runs a test on the problems of some seeds, of which at most one in ten may be unusable.
  private static func forEachProblem(_ seeds: Range<Int>, _ test: (inout Problem) throws -> Void) rethrows {
    var tally = Tally()
    for seed in seeds {
      switch Result(catching: { () throws(Unusable) in try Problem(seed: seed) }) {
      case .failure(let reason): tally.skip(reason.rawValue)
      case .success(var problem):
        try test(&problem)
        tally.test()
      }
    }
    #expect(10 * tally.skipped <= seeds.count, "\(tally)")
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

  @Test func wholeMatrix() {
    Self.forEachProblem(0..<250) { problem in
      for termCap in [0, 2, 64] {
        for isSymmetric in [true, false] {
          let wrong = problem.mismatch(.matrix, problem.hessian, isSymmetric: isSymmetric, termCap: termCap)
          #expect(wrong == nil, "seed \(problem.seed), \(termCap) terms, symmetric: \(isSymmetric)")
        }
      }
    }
  }

  @Test func diagonals() {
    Self.forEachProblem(250..<500) { problem in
      let diagonal = (0..<problem.count).map { problem.hessian[$0 * problem.count + $0] }
      #expect(problem.mismatch(.diagonal, diagonal) == nil, "seed \(problem.seed)")
    }
  }

  @Test func entries() throws {
    try Self.forEachProblem(650..<900) { problem in
      let n = problem.count
      for isSymmetric in [true, false] {
        let entries = try #require(
          DeltaEntries(
            derivativeOf: problem.gradient, variable: problem.variable, isSymmetric: isSymmetric, limit: .max),
          "seed \(problem.seed)")
        var sums = [Double](repeating: 0, count: n * n)
        for box in entries.boxes {
          var tables: [Node: [Int]] = [:]
          for lookup in box.rows.lookups + box.columns.lookups {
            tables[lookup.table] = lookup.table.interpreted.map { Int($0) }
          }
          let (rows, columns) = (box.rows.values(box.extents, tables), box.columns.values(box.extents, tables))
          for (value, (row, column)) in zip(box.values.interpreted, zip(rows, columns)) {
            sums[row * n + column] += value
            if case .transposed = box.mirror { sums[column * n + row] += value }
          }
        }
        let places = entries.boxes.map { [$0.extents.description, "\($0.rows)", "\($0.columns)"] }
        #expect(Set(places).count == entries.boxes.count, "seed \(problem.seed)")
        let wrong = mismatch(
          sums.map { $0 / problem.scale }, problem.hessian.map { $0 / problem.scale }, relative: 1e-9, absolute: 1e-10)
        #expect(wrong == nil, "seed \(problem.seed)")
      }
      let refused = DeltaEntries(
        derivativeOf: problem.gradient, variable: problem.variable, isSymmetric: true, limit: -1)
      #expect(refused == nil, "seed \(problem.seed)")
    }
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
  @Test func resultsAreDifferentiable() throws {
    var nonzeros = 0
    try Self.forEachProblem(0..<40) { problem in
      let plan = try #require(
        DeltaPlan(
          derivativeOf: problem.gradient, variable: problem.variable, demand: .diagonal, isSymmetric: true),
        "seed \(problem.seed)")
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
          nonzeros += wanted == 0 ? 0 : 1
          let isRight = isClose(third[i * n + k] / scale, wanted / scale, relative: 1e-9, absolute: 1e-9)
          #expect(isRight, "seed \(problem.seed), [\(i), \(k)]: \(third[i * n + k]), expected \(wanted)")
        }
      }
    }
    #expect(nonzeros >= 100, "\(nonzeros)")
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

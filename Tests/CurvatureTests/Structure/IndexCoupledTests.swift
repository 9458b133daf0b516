import CPUEngine
import Curvature
import SparseStructure
import TensorGraph
import TestSupport
import Testing

/// Functions that read shared variables through tables of whole numbers and add into shared places: their sparse
/// derivatives, assembled from terms, against the dense ones.
@Suite struct IndexCoupledTests {
  // MARK: Random programs

  /// A random function of [n, 3] numbers that gathers rows or elements, computes, gathers and scatters again.
  private struct Program {
    let seed: Int
    let shape: [Int]
    private let tables: RepeatableGenerator

    init(seed: Int) {
      self.seed = seed
      var generator = RepeatableGenerator(seed: UInt64(seed))
      shape = [generator.integer(in: 4...9), 3]
      tables = generator
    }

    /// Indices with repeats, some counted from the end.
    private func table(_ count: Int, below extent: Int, _ generator: inout RepeatableGenerator) -> Tensor<Int64> {
      let countsFromEnd = generator.chance(0.3)
      return Tensor((0..<count).map { _ in Int64(generator.integer(in: (countsFromEnd ? -extent : 0)...(extent - 1))) })
    }

    /// Some values of [elements, outputs].
    func values(_ x: Tensor<Double>) -> Tensor<Double> {
      var generator = tables
      let n = shape[0]
      var rows = generator.chance(0.5) ? x : sin(x) + 0.5 * x
      if generator.chance(0.3) { rows = rows.gathered(at: table(n + 2, below: n, &generator)) }
      let count = generator.integer(in: 3...8)
      // Three vectors of elements: by axis, or columns of rows.
      func vectors() -> [Tensor<Double>] {
        if generator.chance(0.5) {
          let own = rows.gathered(at: table(count, below: rows.shape[0], &generator))
          return (0..<3).map { own[..., $0] }
        }
        if generator.chance(0.3) {
          // Each element of a row from a row of its own.
          let places = table(3 * count, below: rows.shape[0], &generator).reshaped(to: [count, 3])
          let own = rows.taking(along: 0, indices: places)
          return (0..<3).map { own[..., $0] }
        }
        // Elements of all, or of two parts one after another.
        let flat = rows.reshaped(to: [rows.count])
        let whole = generator.chance(0.5) ? flat : Tensor.concatenate([flat[2...], cos(flat[..<2])], axis: 0)
        return (0..<3).map { _ in whole.gathered(at: table(count, below: rows.count, &generator)) }
      }
      let (a, b) = (vectors(), vectors())
      var pool = a + b
      for _ in 0..<generator.integer(in: 1...4) {
        let (u, v) = (generator.pick(pool), generator.pick(pool))
        switch generator.integer(in: 0...8) {
        case 0: pool.append(u * v)
        case 1: pool.append(sin(u) * v)
        case 2: pool.append(exp(0.3 * u - 0.2 * v))
        case 3: pool.append(u / (2 + square(v)))
        case 4: pool.append(`where`(u .> v, u * v, square(u)))
        case 5:
          // Segments, some of them empty, and back to elements.
          let numbers = table(count, below: count + 2, &generator)
          let sums = Tensor<Double>.zeros([count + 2]).scatterAdding(u, at: numbers)
          pool.append(v * square(sums).gathered(at: table(count, below: count + 2, &generator)))
        case 6: pool.append(u.gathered(at: table(count, below: count, &generator)) * v)
        case 7:
          pool.append(
            matmul(Tensor.stack([u, v], axis: 1), Tensor<Double>([[1, 0.5], [-0.5, 2]])).sum(axes: [1]) * u)
        default: pool.append(square(u) + v)
        }
      }
      let outputs = Array(pool.suffix(3)) + [x[..., 1].gathered(at: table(count, below: n, &generator)) * a[0]]
      return Tensor.stack(outputs, axis: 1)
    }

    func scalar(_ x: Tensor<Double>) -> Tensor<Double> { square(values(x)).sum() + 0.1 * square(x).sum() }

    /// Values added into few places.
    func constraints(_ x: Tensor<Double>) -> Tensor<Double> {
      var generator = tables
      _ = generator.next()
      let values = values(x)
      let count = values.shape[0]
      let sums = Tensor<Double>.zeros([count]).scatterAdding(values[..., 0], at: table(count, below: count, &generator))
      return Tensor.concatenate([sums, values.reshaped(to: [values.count])], axis: 0)
    }

    var point: Tensor<Double> { SparseDerivativeTests.input(shape, seed: UInt64(seed + 1)) }
  }

  private static let count = 300

  private static func close(_ a: [Double], _ b: [Double]) -> Bool {
    let scale = b.reduce(1) { max($0, abs($1)) }
    return a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-11 * scale }
  }

  /// The Hessian by interpreted dense directions.
  private static func interpretedHessian(_ y: Tensor<Double>, _ x: Tensor<Double>) -> [Double] {
    let n = x.count
    let seed = Node.identity(n).reshaped(to: [n] + x.node.shape)
    let slope = TensorGraph.gradient(of: y.node, to: [x.node])[0]!
    return pushforward(of: [slope], seeds: [(x.node, seed)], lift: 1)[0]!.interpreted
  }

  @Test func hessians() throws {
    var carried = 0
    for seed in 0..<Self.count {
      let program = Program(seed: seed)
      let x = program.point
      let expected = Self.interpretedHessian(program.scalar(x), x)
      for triangle in StoredTriangle.allCases {
        let plan = try SparseHessianPlan(like: x, triangle: triangle, method: .terms) { program.scalar($0) }
        if plan.evaluationMethod == .terms { carried += 1 }
        let (value, _, hessian) = try plan(x)
        let whole = SparseMatrix(dense: expected, rowCount: x.count, columnCount: x.count, pattern: plan.pattern)
        #expect(Self.close(hessian.values, whole.values), "seed \(seed), \(triangle)")
        #expect(value == program.scalar(x).item())
      }
      let plan = try SparseHessianPlan(like: x) { program.scalar($0) }
      #expect(Self.close(try plan.hessian(at: x).dense(), expected), "seed \(seed), \(plan.evaluationMethod)")
      #expect(Self.close(hessian(program.scalar(x), x)[...].scalars, expected), "seed \(seed)")
    }
    #expect(carried > 2 * Self.count, "\(carried) of \(3 * Self.count)")
  }

  @Test func jacobians() throws {
    var carried = 0
    for seed in 0..<Self.count {
      let program = Program(seed: seed)
      let x = program.point
      let expected = jacobian(program.constraints(x), x)[...].scalars
      let plan = try SparseJacobianPlan(like: x, method: .terms) { program.constraints($0) }
      if plan.evaluationMethod == .terms { carried += 1 }
      #expect(Self.close(try plan(x).jacobian.dense(), expected), "seed \(seed)")
    }
    #expect(carried > 2 * Self.count / 3, "\(carried) of \(Self.count)")
  }

  @Test func lagrangians() throws {
    for seed in 0..<Self.count / 3 {
      let program = Program(seed: seed)
      let x = program.point
      let plan = try LagrangianPlan(like: x, objective: program.scalar, constraints: program.constraints)
      let multipliers = SparseDerivativeTests.input(plan.constraintShape, seed: 5)
      let expected = Self.interpretedHessian(
        0.5 * program.scalar(x) + (multipliers * program.constraints(x)).sum(), x)
      let found = try plan.hessian(at: x, objectiveFactor: 0.5, multipliers: multipliers)
      let whole = SparseMatrix(dense: expected, rowCount: x.count, columnCount: x.count, pattern: plan.hessianPattern)
      #expect(Self.close(found.values, whole.values), "seed \(seed)")
    }
  }
}

extension IndexCoupledTests {
  // MARK: Problems of simulation and statistics

  @Test(arguments: IndexCoupledProblem.all(size: 12)) func assembly(_ problem: IndexCoupledProblem) throws {
    let x = problem.point
    let expected = Self.interpretedHessian(problem.f(x), x)
    for triangle in StoredTriangle.allCases {
      let plan = try SparseHessianPlan(like: x, triangle: triangle, method: .terms, of: problem.f)
      #expect(plan.evaluationMethod == .terms && "\(plan)".contains("no products with directions"))
      let whole = SparseMatrix(dense: expected, rowCount: x.count, columnCount: x.count, pattern: plan.pattern)
      #expect(Self.close(try plan.hessian(at: x).values, whole.values), "\(triangle)")
    }
  }

  /// Terms are found without being asked for, take no products and no colouring, and give the same bits on any number of
  /// threads.
  @Test(arguments: IndexCoupledProblem.all(size: 3000)) func choice(_ problem: IndexCoupledProblem) throws {
    let x = problem.point
    let plan = try SparseHessianPlan(like: x, triangle: .lower, of: problem.f)
    #expect(plan.evaluationMethod == .terms)
    let values = try plan.hessian(at: x).values
    let limit = Engine.workerLimit
    for workers in [1, 2] {
      Engine.workerLimit = workers
      #expect(try plan.hessian(at: x).values.map(\.bitPattern) == values.map(\.bitPattern))
    }
    Engine.workerLimit = limit
    let H = hessian(problem.f(x), x)
    let sparse = try H.sparse(triangle: .lower)
    #expect(sparse.pattern == plan.pattern && Self.close(sparse.values, values))
    let direction = SparseDerivativeTests.input([x.count], seed: 7)
    let product = hessian(problem.f(x), x).product(direction).scalars
    #expect(Self.close(try plan.hessian(at: x).mirrored() * direction.scalars, product))
  }

  /// Planning does not depend on how many elements there are, once these are worth all of it.
  @Test(arguments: IndexCoupledProblem.all(size: 100).indices) func planningWork(_ number: Int) throws {
    let work = try [20_000, 60_000].map { size in
      let problem = IndexCoupledProblem.all(size: size)[number]
      let x = problem.point.node
      let gradient = try #require(TensorGraph.gradient(of: problem.f(problem.point).node, to: [x])[0])
      let entries = try #require(
        DeltaEntries(derivativeOf: gradient, variable: x, isSymmetric: true, limit: .max, effort: .units(4_000_000)))
      return entries.planningWork
    }
    #expect(10 * work[1] < 12 * work[0], "\(work)")
  }

  /// Tables that are too large to be kept as keys are read where they are.
  @Test func largeTables() throws {
    let problem = IndexCoupledProblem.mesh(360_000, byRows: true)
    let x = problem.point
    let plan = try SparseHessianPlan(like: x, triangle: .lower, of: problem.f)
    #expect(plan.evaluationMethod == .terms)
    let sparse = try hessian(problem.f(x), x).sparse(triangle: .lower)
    #expect(Self.close(try plan.hessian(at: x).values, sparse.values))
    let direction = SparseDerivativeTests.input([x.count], seed: 7)
    let product = hessian(problem.f(x), x).product(direction).scalars
    #expect(Self.close(sparse.mirrored() * direction.scalars, product))
  }

  /// What fits no memory densely has a price that is a number nowhere.
  @Test func largeMatrices() throws {
    let problem = IndexCoupledProblem.mesh(40_000, byRows: true)
    let x = problem.point
    let H = hessian(problem.f(x), x)
    let sparse = try H.sparse()
    #expect(H.evaluationMethod == .terms && H.productsEvaluated == 0)
    let diagonal = H.diagonal.scalars
    #expect(diagonal.count == x.count && Self.close([H.trace.item()], [diagonal.reduce(0, +)]))
    #expect(Self.close(hessian(problem.f(x), x).diagonal.scalars, diagonal))
    #expect(Self.close([sparse.compressedRows.values.reduce(0, +)], [H.product(1 + 0 * x).scalars.reduce(0, +)]))
    #expect(!"\(H)".isEmpty)
  }
}

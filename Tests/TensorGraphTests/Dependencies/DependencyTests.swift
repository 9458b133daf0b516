import SparseStructure
import TensorGraph
import TestSupport
import Testing

/// Patterns against the numbers: none may be missing, and what is too much must have a reason.
@Suite("Dependencies") struct DependencyTests {
  /// The Jacobian by forward mode and the reference semantics, row after row.
  static func jacobian(of outputs: [Node], in x: Node) -> [[Double]] {
    let count = x.shape.count
    let identity = (0..<count * count).map { $0 / count == $0 % count ? 1.0 : 0 }
    let seed = Node.input(identity, [count] + x.shape, x.scalarType)
    return pushforward(of: outputs, seeds: [(x, seed)], lift: 1).enumerated().flatMap { i, tangent in
      let rows = outputs[i].shape.count
      let columns = tangent?.interpreted ?? [Double](repeating: 0, count: count * rows)
      return (0..<rows).map { row in (0..<count).map { columns[$0 * rows + row] } }
    }
  }

  /// The places of a matrix that are not exactly zero; undefined ones count.
  static func nonzeros(_ rows: [[Double]], columnCount: Int) -> SparsityPattern {
    SparsityPattern(rowCount: rows.count, columnCount: columnCount) { rows[$0][$1] != 0 }
  }

  static func local(_ nodes: [Node]) -> [[Double]] { Interpreter.evaluate(nodes) }

  @Test("One operation: the local pattern is the Jacobian's", arguments: PrimitiveKind.allCases)
  func primitives(kind: PrimitiveKind) throws {
    let builder = SampleBuilder(seed: 23)
    for _ in 0..<150 {
      let node = builder.node(kind)
      for variable in Set(node.operands.filter(\.scalarType.isDifferentiable)) {
        let exact = Self.nonzeros(Self.jacobian(of: [node], in: variable), columnCount: variable.shape.count)
        let local = try SparsityPattern.jacobian(of: [node], in: variable, at: Self.local)
        let global = try SparsityPattern.jacobian(of: [node], in: variable)
        #expect(exact.isSubset(of: local) && local.isSubset(of: global), "\(node.primitive)")
        #expect(
          local == Self.expected(node, in: variable, exact), "\(node.primitive) of \(node.operands.map(\.shape))")
      }
    }
  }

  /// The local pattern of one operation, which its Jacobian says, but for zeros by accident and within matrices.
  private static func expected(
    _ node: Node, in variable: Node, _ exact: SparsityPattern
  ) -> SparsityPattern {
    let count = variable.shape.count
    switch node.primitive {
    case .pointwise(.elementwise), .pointwise(.special):
      // A partial derivative can be zero at a point by itself. Nearby it is not.
      return (1...3).reduce(exact) { union, k in
        let moved = node.operands.enumerated().map { i, operand in
          Node.input(operand.interpreted.map { $0 * (1 + 1e-4 * Double(k + 3 * i)) }, operand.shape)
        }
        let place = node.operands.firstIndex(of: variable)!
        let rows = jacobian(of: [Node(node.primitive, moved)], in: moved[place])
        return union.union(nonzeros(rows, columnCount: count))
      }
    case .solve(let form):
      // Each column of a solution depends on that of the right-hand side, and all on what is looked at of the matrix.
      let (n, m) = (node.shape[node.shape.rank - 2], node.shape[node.shape.rank - 1])
      let isMatrix = variable === node.operands[1]
      return SparsityPattern(rowCount: node.shape.count, columnCount: count) { i, j in
        guard isMatrix else { return i / (n * m) == j / (n * m) && i % m == j % m }
        let (row, column) = (j / n % n, j % n)
        let isRead =
          switch form.kind {
          case .general, .sparse: true
          case .lower: column <= row
          case .upper: row <= column
          }
        return isRead && i / (n * m) == j / (n * n)
      }
    case .matrix:
      // All results depend on all elements of the matrix; zeros of factors are not told apart.
      let batch = variable.shape.dimensions.dropLast(2).reduce(1, *)
      return SparsityPattern(rowCount: node.shape.count, columnCount: count) { i, j in
        i / (node.shape.count / batch) == j / (count / batch)
      }
    default: return exact
    }
  }

  @Test("Functions: every smooth one depends on its operands, step functions on none")
  func functions() throws {
    for function in ScalarFunction.allCases {
      let operands = (0..<function.arity).map { Node.vector([0.3 + 0.1 * Double($0), 0.6, 0.7]) }
      let node = Node(.elementwise(function), operands)
      let isStep = [.sign, .floor, .ceil, .round, .trunc].contains(function)
      for operand in operands {
        let pattern = try SparsityPattern.jacobian(of: [node], in: operand)
        #expect(pattern == (isStep ? .zero(rowCount: 3, columnCount: 3) : .diagonal(3)), "\(function)")
      }
    }
  }

  @Test("Random graphs: nothing is missing", arguments: 0..<60)
  func randomGraphs(seed: UInt64) throws {
    let graph = RandomGraph(seed: seed, variables: [[5], [2, 3]])
    graph.allowsEmptyAxes = seed % 4 == 0
    graph.grow(12)
    let outputs = graph.pool.suffix(4).map { $0 }
    for x in graph.variables {
      let exact = Self.nonzeros(Self.jacobian(of: outputs, in: x), columnCount: x.shape.count)
      let dependencies = try Dependencies(of: outputs, in: x)
      let global = try dependencies.pattern()
      let local = try SparsityPattern.jacobian(of: outputs, in: x, at: Self.local)
      #expect(exact.isSubset(of: local) && local.isSubset(of: global))
      #expect(dependencies.nonzeroCount == global.nonzeroCount && dependencies.rowCount == global.rowCount)
      for (row, column) in global.coordinates.prefix(40) {
        let path = try #require(dependencies.why(row: row, column: column))
        #expect(path.steps.last!.node === x && path.steps.last!.element == column)
        for (upper, lower) in zip(path.steps, path.steps.dropFirst()) {
          #expect(upper.node.operands.contains { $0 === lower.node })
        }
      }
    }
  }

  @Test("Hessians of random graphs: nothing is missing")
  func randomHessians() throws {
    var (withoutGradient, entries) = (0, 0)
    for seed in 500..<540 as Range<UInt64> {
      let graph = RandomGraph(seed: seed, variables: [[4], [3, 2]])
      graph.allowsEmptyAxes = false
      graph.grow(8)
      let total = graph.total(ofLast: 3)
      for x in graph.variables {
        let global = try SparsityPattern.hessian(of: total, in: x)
        let local = try SparsityPattern.hessian(of: total, in: x, at: Self.local)
        #expect(global.isSymmetric && local.isSymmetric && local.isSubset(of: global), "seed \(seed)")
        let gradient = gradient(of: total, to: [x])[0]
        withoutGradient += gradient == nil ? 1 : 0
        #expect(gradient != nil || global.nonzeroCount == 0, "seed \(seed)")
        // Only places where both halves of a symmetric pair are well defined are compared.
        let rows = gradient.map { Self.jacobian(of: [$0], in: x) } ?? []
        let exact = SparsityPattern(rowCount: x.shape.count, columnCount: x.shape.count) { i, j in
          !rows.isEmpty && rows[i][j] != 0 && rows[i][j].isFinite
        }
        let compared = exact.symmetricCore()
        #expect(compared.isSubset(of: local), "seed \(seed)")
        entries += compared.nonzeroCount
      }
    }
    #expect(withoutGradient <= 30 && entries >= 280, "\(withoutGradient), \(entries)")
  }

  @Test("A small budget widens sets and keeps the pattern sound") func budget() throws {
    for seed in 0..<20 as Range<UInt64> {
      let graph = RandomGraph(seed: seed &+ 900, variables: [[6]])
      graph.grow(10)
      let outputs = graph.pool.suffix(3).map { $0 }
      let exact = try Dependencies(of: outputs, in: graph.variables[0]).pattern()
      for budget in [0, 3, 20] {
        let wide = try Dependencies(of: outputs, in: graph.variables[0], budget: budget).pattern()
        #expect(exact.isSubset(of: wide))
      }
    }
  }

  /// Patterns of functions that are coupled through tables take sets of so many elements on the way as there are non-zeros, some
  /// times, and no more times if there are eight times as many. With fewer the sets would widen to the whole variable.
  @Test(arguments: 0..<IndexCoupledProblem.all(size: 40).count) func setsInProportion(number: Int) throws {
    let multiples = try [200, 1600].map { size in
      let problem = IndexCoupledProblem.all(size: size)[number]
      let x = problem.point.node
      let gradient = try #require(gradient(of: problem.f(problem.point).node, to: [x])[0])
      let exact = try Dependencies(of: [gradient], in: x).pattern()
      return try #require(
        [1, 2, 4, 8, 16, 32].first { multiple in
          try Dependencies(of: [gradient], in: x, budget: multiple * exact.nonzeroCount).pattern() == exact
        }, "\(problem) of size \(size)")
    }
    #expect(multiples[1] <= 2 * multiples[0], "\(multiples)")
  }

  @Test("Dense patterns are counted before they are made") func dense() throws {
    let x = Node(.input([100_000], .float64))
    let y = x * x.summed(over: [0]).broadcast(to: x.shape, axes: [])
    let dependencies = try Dependencies(of: [y], in: x)
    #expect(dependencies.nonzeroCount == 10_000_000_000)
    #expect { try dependencies.pattern() } throws: { "\($0)".contains("10000000000 of 100000×100000") }
  }

  @Test("A chain of a million operations") func longChain() throws {
    let x = Node.vector([0.25, 0.5])
    let y = LongChainTests.chain(from: x)
    #expect(try SparsityPattern.jacobian(of: [y], in: x) == .diagonal(2))
    var short = x
    for step in 0..<100 { short = .elementwise(step % 2 == 0 ? .sinh : .asinh, short) }
    let path = try #require(Dependencies(of: [short], in: x).why(row: 1, column: 1))
    #expect(path.steps.count == 101 && "\(path)".contains("… 89 more …"))
  }
}

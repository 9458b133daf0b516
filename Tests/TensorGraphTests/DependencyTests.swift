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
        switch kind {
        case .elementwise, .special, .solve, .matrix:
          // A partial derivative can be zero at the point by itself: that of hypot at equal points, of far tails. Zeros
          // of triangular factors are not told apart.
          continue
        default: break
        }
        #expect(local == exact, "\(node.primitive) of \(node.operands.map(\.shape))")
      }
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

  @Test("Hessians of random graphs: nothing is missing", arguments: 0..<40)
  func randomHessians(seed: UInt64) throws {
    let graph = RandomGraph(seed: seed &+ 500, variables: [[4], [3, 2]])
    graph.allowsEmptyAxes = false
    graph.grow(8)
    let total = graph.total(ofLast: 3)
    for x in graph.variables {
      let count = x.shape.count
      let global = try SparsityPattern.hessian(of: total, in: x)
      let local = try SparsityPattern.hessian(of: total, in: x, at: Self.local)
      #expect(global.isSymmetric && local.isSymmetric && local.isSubset(of: global))
      guard let gradient = gradient(of: total, to: [x])[0] else {
        #expect(global.nonzeroCount == 0)
        continue
      }
      // Only places where both halves of a symmetric pair are well defined are compared.
      let rows = Self.jacobian(of: [gradient], in: x)
      let exact = Self.nonzeros(rows, columnCount: count).filtered { rows[$0][$1].isFinite }
      #expect(exact.symmetricCore().isSubset(of: local))
    }
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

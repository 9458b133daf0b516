import TensorGraph
import TestSupport
import Testing

/// Unit directions, carried by the positions of their ones, against the same directions with all their zeros.
@Suite("Unit tensors") struct UnitTensorTests {
  /// Kinds through which a unit direction may stay one, and some through which it may not.
  static let kinds: [PrimitiveKind] = [
    .broadcast, .reshape, .permute, .slice, .embed, .concatenate, .sum, .contraction, .reshape, .slice, .gather,
    .elementwise, .cast,
  ]

  static func graph(_ seed: UInt64, _ shape: Shape) -> RandomGraph {
    let graph = RandomGraph(seed: seed, variables: [shape])
    graph.functions = [.negate, .multiply, .add, .sin]
    graph.grow(5, kinds: kinds)
    return graph
  }

  static let shapes: [Shape] = [[6], [2, 3], [4, 1, 2], [], [1], [2, 3, 2], [12]]

  /// Positions inside, at the ends, twice the same, and outside.
  static func positions(_ count: Int, _ generator: inout RepeatableGenerator) -> Node {
    let inside = (0..<4).map { _ in generator.integer(in: 0...max(count - 1, 0)) }
    let all = inside + [0, count - 1, -1, count, count + 1]
    return Node(Storage(all.map(Int64.init)), shape: [all.count])
  }

  @Test("Forward mode") func forward() {
    var tally = Tally()
    for seed in 0..<150 {
      var generator = RepeatableGenerator(seed: UInt64(seed) &+ 99)
      let shape = Self.shapes[seed % Self.shapes.count]
      let graph = Self.graph(UInt64(seed), shape)
      let x = graph.variables[0]
      for batchAxis in [nil] + (0..<shape.rank).map(Optional.some) {
        let slice = batchAxis.map { shape.removing(axes: [$0]) } ?? shape
        let units = UnitTensor(
          at: Self.positions(slice.count, &generator), shape: shape, scalarType: .float64, batchAxis: batchAxis)
        let outputs = graph.pool
        let carried = pushforward(of: outputs, along: units, of: x)
        let dense = pushforward(of: outputs, seeds: [(x, units.dense)], lift: 1)
        let place = "seed \(seed), batch axis \(String(describing: batchAxis))"
        expectEqual(outputs, carried, dense, place, &tally)
      }
    }
    #expect(tally.tested >= 1000, "\(tally)")
  }

  @Test("Reverse mode") func reverse() {
    var tally = Tally()
    for seed in 0..<150 {
      var generator = RepeatableGenerator(seed: UInt64(seed) &+ 99)
      let graph = Self.graph(UInt64(seed), Self.shapes[seed % Self.shapes.count])
      for y in graph.pool {
        let units = UnitTensor(
          at: Self.positions(y.shape.count, &generator), shape: y.shape, scalarType: y.scalarType)
        let carried = pullback(along: units, of: y, to: graph.variables)
        let dense = pullback(of: [(y, units.dense)], to: graph.variables, lift: 1)
        expectEqual(graph.variables, carried, dense, "seed \(seed), \(y.primitive)", &tally)
      }
    }
    #expect(tally.tested >= 500, "\(tally)")
  }

  /// A structural zero of one side may be zeros of the other.
  private func expectEqual(_ nodes: [Node], _ a: [Node?], _ b: [Node?], _ place: String, _ tally: inout Tally) {
    for (node, (a, b)) in zip(nodes, zip(a, b)) {
      guard let shape = (a ?? b)?.shape else {
        tally.skip("structural zeros of both")
        continue
      }
      let zeros = Node.zeros(shape, node.scalarType)
      let values = Interpreter.evaluate([a ?? zeros, b ?? zeros])
      #expect(mismatch(values[0], values[1], relative: 1e-12, absolute: 1e-14) == nil, "\(place): \(node.primitive)")
      tally.test()
    }
  }

  @Test("A direction is one where its index is, and zero if it is outside") func dense() {
    let positions = Node(Storage([Int64(4), -1, 6, 0]), shape: [4])
    let units = UnitTensor(at: positions, shape: [2, 3], scalarType: .float64)
    let values = Interpreter.evaluate([units.dense])[0]
    var expected = [Double](repeating: 0, count: 24)
    expected[4] = 1
    expected[18] = 1
    #expect(values == expected)
  }

  @Test("A product with a unit matrix direction reads the other operand, whatever it holds elsewhere")
  func readsOnlyWhatCounts() {
    let x = Node.input([1, 2, 3, 4], [2, 2], .float64)
    let a = Node.input([.infinity, 5, .nan, 7], [2, 2], .float64)
    let product = checked(try Operations.matmul(a, x))
    let units = UnitTensor(at: Node(Storage([Int64(3)]), shape: [1]), shape: [2, 2], scalarType: .float64)
    let tangent = pushforward(of: [product], along: units, of: x)[0]!
    #expect(Interpreter.evaluate([tangent])[0] == [0, 5, 0, 7])
  }
}

import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// Graphs whose results are made slice by slice, against their meaning.
@Suite struct SlicedProgramTests {
  private func input(_ shape: Shape, seed: UInt64, _ type: ScalarType = .float64) -> Node {
    var generator = RepeatableGenerator(seed: seed)
    return randomInput(shape, type, using: &generator)
  }

  /// A network with operations of many kinds around it: two results for each row.
  private func network(_ x: Node, width: Int) -> [Node] {
    let (count, size, type) = (x.shape[0], x.shape[1], x.scalarType)
    func weights(_ rows: Int, _ columns: Int, _ seed: UInt64) -> Node { input([rows, columns], seed: seed, type) }
    func product(_ a: Node, _ b: Node) -> Node { .contraction(a, [0, 1], b, [1, 2], [0, 2]) }
    func all(_ n: Int) -> AxisSlice { .all(n) }
    let head = x.sliced([all(count), AxisSlice(start: 1, step: 1, count: size - 1)])
    let rolled = Node.concatenate([head, x.sliced([all(count), AxisSlice(start: 0, step: 1, count: 1)])], axis: 1)
    let bias = input([width], seed: 12, type).broadcast(to: [count, width], axes: [1])
    let hidden = Node.elementwise(.tanh, product(rolled, weights(size, width, 11)) + bias)
    let again = Node.elementwise(.tanh, product(hidden, weights(width, width, 13)))
    let slope = Node.elementwise(.square, Node.elementwise(.sech, product(hidden, weights(width, width, 13))))
    let picked = again.gathered(indices([3, 1, 3], [3]), axis: 1)
    let largest = Node(.extremum(.maximum, [1]), [again * slope])
    let sorted = Node(.argsort(axis: 1), [again]).cast(to: type)
    let spread = picked.embedded(in: [count, 7], at: [all(count), AxisSlice(start: 6, step: -3, count: 3)])
    let sums = again.summed(over: [1]) + largest + sorted.summed(over: [1])
    let turned = hidden.permuted([1, 0]).reshaped(to: [width, 1, count]).permuted([2, 0, 1])
    return [sums, spread, turned]
  }

  @Test(arguments: [4096, 4099, 5003], [ScalarType.float64, .float32])
  func agreeWithTheirMeaning(count: Int, type: ScalarType) throws {
    let nodes = network(input([count, 5], seed: 1, type), width: 24)
    #expect(try Engine.description(of: nodes).hasPrefix("\(count) slices"))
    try agrees(nodes, tolerance: 1e-11)
  }

  @Test func dependentSlicesStayTogether() throws {
    let x = input([4096, 40], seed: 2)
    let y = Node.elementwise(.exp, .contraction(x, [0, 1], input([40, 40], seed: 3), [1, 2], [0, 2]))
    let z = Node.contraction(y, [0, 1], input([40, 40], seed: 4), [1, 2], [0, 2])
    // Along the batch: each slice needs others.
    let mixed = z + y.cumulativelySummed(axis: 0, reversed: false)
    let reversed = z + y.sliced([AxisSlice(start: 4095, step: -1, count: 4096), .all(40)])
    let normalized = z * y.summed(over: [0]).broadcast(to: y.shape, axes: [1])
    for node in [mixed, reversed, normalized] {
      #expect(try !Engine.description(of: [node]).hasPrefix("4096 slices"))
      try agrees([node], tolerance: 1e-10)
    }
  }

  @Test func indicesOutsideStop() throws {
    let x = input([4096, 64], seed: 5)
    let y = Node.elementwise(.exp, .contraction(x, [0, 1], input([64, 64], seed: 6), [1, 2], [0, 2]))
    let wrong = Node.contraction(y, [0, 1], y, [0, 1], [0]).broadcast(to: [4096, 64], axes: [0]) * y
    let picked = wrong.gathered(indices([0, 64], [2]), axis: 1)
    #expect(throws: TensorError.self) { try Engine.evaluate([picked]) }
  }
}

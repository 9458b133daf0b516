import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// Random graphs of all primitives against their meaning: fusion, views, levels and buffers together.
@Suite struct MixedGraphTests {
  @Test(arguments: 0..<150) func agreesWithMeaning(seed: Int) throws {
    var graph = MixedGraph(seed: UInt64(seed))
    graph.grow(by: 10 + seed % 40)
    var wanted = [graph.nodes.last!]
    for _ in 0..<3 { wanted.append(graph.nodes.randomElement(using: &graph.generator)!) }
    try agrees(wanted, tolerance: 1e-9, single: 1e-4)
  }

  @Test(arguments: 0..<20) func programsOfTheSameGraphs(seed: Int) throws {
    var graph = MixedGraph(seed: UInt64(1000 + seed))
    graph.grow(by: 25)
    let wanted = Array(graph.nodes.suffix(3))
    let inputs = graph.nodes.filter { $0.isInput }
    let program = try Program(outputs: wanted, inputs: inputs)
    let context = try ProgramContext(program)
    try Engine.evaluate(wanted)
    for _ in 0..<2 {
      let outputs = wanted.map { Storage(count: $0.shape.count, scalarType: $0.scalarType) }
      try context.run(inputs: inputs.map { UnsafeRawPointer($0.value!.base) }, outputs: outputs.map(\.base))
      for (node, output) in zip(wanted, outputs) {
        #expect((0..<output.count).allSatisfy { same(output.literal(at: $0), node.value!.literal(at: $0)) })
      }
    }
  }

  private func same(_ x: Literal, _ y: Literal) -> Bool { x == y || (x.double.isNaN && y.double.isNaN) }
}

/// A growing graph whose values stay moderate.
struct MixedGraph {
  var generator: RepeatableGenerator
  private(set) var nodes: [Node] = []

  private static let extents = [1, 2, 3, 5, 8, 40]

  init(seed: UInt64) {
    generator = RepeatableGenerator(seed: seed)
    for _ in 0..<3 { nodes.append(randomInput(shape(), type(), using: &generator)) }
  }

  private mutating func shape() -> Shape {
    Shape((0..<Int.random(in: 0...3, using: &generator)).map { _ in Self.extents.randomElement(using: &generator)! })
  }

  private mutating func type() -> ScalarType {
    [.float64, .float64, .float32, .int32, .int64].randomElement(using: &generator)!
  }

  /// A node that is there, or a new leaf, of a shape and type.
  private mutating func node(_ shape: Shape, _ type: ScalarType) -> Node {
    let known = nodes.filter { $0.shape == shape && $0.scalarType == type }
    if let node = known.randomElement(using: &generator), Int.random(in: 0..<8, using: &generator) > 0 { return node }
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return Node(.fill(shape, .real(0.5), type))
    case 1 where shape.rank > 0 && type != .bool:
      return Node(.iota(shape, axis: Int.random(in: 0..<shape.rank, using: &generator), type))
    case 2:
      let scalars = nodes.filter { $0.shape.rank == 0 && $0.scalarType == type }
      if let scalar = scalars.randomElement(using: &generator) { return Node(.broadcast(shape, axes: []), [scalar]) }
      return randomInput(shape, type, using: &generator)
    default: return randomInput(shape, type, using: &generator)
    }
  }

  private mutating func mask(_ shape: Shape) -> Node {
    if Bool.random(using: &generator) { return node(shape, .bool) }
    let type = type()
    return Node(
      .compare(Comparison.allCases.randomElement(using: &generator)!), [node(shape, type), node(shape, type)])
  }

  private mutating func slices(of shape: Shape) -> [AxisSlice] {
    shape.dimensions.map { extent in
      let step = [1, 1, 2, -1].randomElement(using: &generator)!
      let most = (extent - 1) / abs(step) + 1
      let count = Int.random(in: 1...most, using: &generator)
      let span = (count - 1) * abs(step)
      let low = Int.random(in: 0..<(extent - span), using: &generator)
      return AxisSlice(start: step > 0 ? low : low + span, step: step, count: count)
    }
  }

  /// Adds so many nodes.
  mutating func grow(by count: Int) {
    let target = nodes.count + count
    while nodes.count < target {
      let node = grown()
      if node.shape.count <= 4000 { nodes.append(node) }
    }
  }

  /// A node over those that are there.
  private mutating func grown() -> Node {
    let x = nodes.randomElement(using: &generator)!
    let (shape, type) = (x.shape, x.scalarType)
    // Products are pulled back into a moderate range, so that nothing overflows.
    func bounded(_ node: Node) -> Node { type.isDifferentiable ? Node(.elementwise(.tanh), [node]) : node }
    let real: [ScalarFunction] = [
      .negate, .square, .add, .subtract, .multiply, .scale, .sin, .cos, .tanh, .sigmoid, .softplus, .relu, .erf, .abs,
      .max, .min, .atan2, .hypot,
    ]
    let whole: [ScalarFunction] = [.negate, .add, .subtract, .max, .min, .relu, .sign, .modulo, .divide]
    let new: Node
    switch Int.random(in: 0..<20, using: &generator) {
    case 0...5 where type != .bool:
      let function = (type.isDifferentiable ? real : whole).randomElement(using: &generator)!
      let value = Node(.elementwise(function), [x] + (1..<function.arity).map { _ in node(shape, type) })
      new = function == .multiply || function == .square || function == .add ? bounded(value) : value
    case 6 where type != .bool: new = mask(shape)
    case 7: new = Node(.select, [mask(shape), x, node(shape, type)])
    case 8 where type.isDifferentiable: new = Node(.cast(Bool.random(using: &generator) ? .float64 : .float32), [x])
    case 8: new = Node(.cast(.int64), [x])
    case 9 where shape.count <= 500:
      let extent = Self.extents.randomElement(using: &generator)!
      let stretched = shape.dimensions.map { $0 == 1 && Bool.random(using: &generator) ? 3 : $0 }
      let front = Bool.random(using: &generator)
      new = Node(
        .broadcast(
          Shape(front ? [extent] + stretched : stretched + [extent]),
          axes: stretched.indices.map { front ? $0 + 1 : $0 }),
        [x])
    case 10: new = Node(.reshape(Shape([shape.count])), [x])
    case 11: new = Node(.permute(Array(0..<shape.rank).shuffled(using: &generator)), [x])
    case 12 where shape.count > 0: new = Node(.slice(slices(of: shape)), [x])
    case 13 where shape.count <= 500:
      let larger = Shape(shape.dimensions.map { $0 * 2 + Int.random(in: 0...1, using: &generator) })
      new = Node(
        .embed(
          larger,
          shape.dimensions.map { extent in
            let step = [1, 2, -1].randomElement(using: &generator)!
            return AxisSlice(start: step < 0 ? extent : 0, step: step, count: extent)
          }), [x])
    case 14 where shape.rank > 0 && shape.count <= 500:
      new = Node(.concatenate(axis: Int.random(in: 0..<shape.rank, using: &generator)), [x, node(shape, type)])
    case 15 where shape.rank > 0 && type != .bool:
      let axes = (0..<shape.rank).filter { _ in Bool.random(using: &generator) }
      let value = Node(
        [Primitive.linear(.sum(axes)), .extremum(.maximum, axes), .extremum(.minimum, axes)]
          .randomElement(using: &generator)!, [x])
      new = bounded(value)
    case 16 where shape.rank > 0 && type != .bool:
      let axis = Int.random(in: 0..<shape.rank, using: &generator)
      let elements = (0..<4).map { _ in Int64.random(in: 0..<Int64(shape[axis]), using: &generator) }
      new = Node(.gather(axis: axis), [x, indices(elements, [2, 2])])
    case 17 where shape.rank > 0 && type != .bool:
      let axis = Int.random(in: 0..<shape.rank, using: &generator)
      new = bounded(Node(.cumulativeSum(axis: axis, reversed: Bool.random(using: &generator)), [x]))
    case 18 where type.isDifferentiable && shape.rank <= 3:
      let labels = Array(0..<shape.rank)
      let summed = Set(labels.filter { _ in Bool.random(using: &generator) })
      let right = (Array(summed) + [7]).shuffled(using: &generator)
      let other = node(Shape(right.map { $0 == 7 ? 4 : shape[$0] }), type)
      let output = (labels.filter { !summed.contains($0) } + [7]).shuffled(using: &generator)
      new = bounded(Node(.contraction(Contraction(left: labels, right: right, output: output)), [x, other]))
    case 19 where type.isDifferentiable && shape.rank > 0:
      let labels = Array(0..<shape.rank)
      let output = labels.filter { _ in Bool.random(using: &generator) }.shuffled(using: &generator)
      new = bounded(
        Node(.contraction(Contraction(left: labels, right: labels, output: output)), [x, node(shape, type)]))
    default: new = Node(.detach, [x])
    }
    return new
  }
}

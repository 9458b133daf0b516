import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// Compiled programs give the bits of interpreted ones.
@Suite("Compiled programs", .serialized) struct CompiledProgramTests {
  /// Runs a program of some nodes interpreted and compiled, on one worker and on two.
  ///
  /// - Returns: whether the compiled program has no loops.
  @discardableResult
  private func agree(_ wanted: [Node], sourceLocation: SourceLocation = #_sourceLocation) throws -> Bool {
    var seen = Set<ObjectIdentifier>()
    let wanted = wanted.filter { !$0.isInput && seen.insert(ObjectIdentifier($0)).inserted }
    guard !wanted.isEmpty else { return false }
    let inputs = Node.topologicalOrder(wanted).filter(\.isInput)
    let program = try Program(outputs: wanted, inputs: inputs, keepsValues: false)
    let sources = inputs.map { UnsafeRawPointer($0.value!.base) }
    func run(_ workers: Int, _ execution: ExecutionMode? = nil) throws -> [Storage] {
      let context = try ProgramContext(program, execution: execution)
      context.workerLimit = workers
      let outputs = wanted.map { Storage(count: $0.shape.count, scalarType: $0.scalarType) }
      try context.run(inputs: sources, outputs: outputs.map(\.base))
      return outputs
    }
    let interpreted = try run(1, .interpreted)
    program.compile(includesIrregular: true)
    #expect(program.compilationFailure == nil && program.interpretedGroupCount == 0, sourceLocation: sourceLocation)
    for workers in 1...2 {
      for (node, (expected, found)) in zip(wanted, zip(interpreted, try run(workers))) {
        let differing = (0..<expected.count).first { !same(expected.literal(at: $0), found.literal(at: $0)) }
        if let differing {
          Issue.record(
            "\(node.primitive) \(node.scalarType) \(node.shape) element \(differing): \(found.literal(at: differing)), not \(expected.literal(at: differing)) on \(workers) workers",
            sourceLocation: sourceLocation)
        }
      }
    }
    withExtendedLifetime(inputs) {}
    return program.isUnrolled
  }

  private func same(_ x: Literal, _ y: Literal) -> Bool {
    x.double.bitPattern == y.double.bitPattern || (x.double.isNaN && y.double.isNaN)
  }

  @Test("Random graphs of all types", arguments: 0..<10) func mixed(seed: Int) throws {
    var wanted: [Node] = []
    for part in 0..<12 {
      var graph = MixedGraph(seed: UInt64(3000 + 12 * seed + part))
      graph.grow(by: 10 + part * 3)
      wanted.append(graph.nodes.last!)
      for _ in 0..<3 { wanted.append(graph.nodes.randomElement(using: &graph.generator)!) }
    }
    try agree(wanted)
  }

  @Test("Samples of every primitive", arguments: PrimitiveKind.allCases, [ScalarType.float64, .float32])
  func samples(kind: PrimitiveKind, type: ScalarType) throws {
    guard kind != .input else { return }
    let builder = SampleBuilder(seed: 17, type: type)
    try agree((0..<12).map { _ in builder.node(kind) })
  }

  @Test("Every scalar function at special and large coordinates", arguments: [ScalarType.float64, .float32])
  func functions(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 5)
    var wanted: [Node] = []
    for function in ScalarFunction.allCases {
      let coordinates = ScalarFunction.specialCoordinates + (0..<40).map { _ in generator.real(in: -1e7...1e7) }
      let points = coordinates.flatMap { x in function.arity == 1 ? [[x]] : coordinates.map { [x, $0] } }
      let operands = (0..<function.arity).map { i in Node.vector(points.map { $0[i] }, type) }
      wanted.append(Node(.elementwise(function), operands))
      wanted.append(Node(.elementwise(.add), [Node(.elementwise(function), operands), operands[0]]))
    }
    try agree(wanted)
  }

  @Test("Two values of one call, the second read before the first", arguments: [5, 300]) func pairs(count: Int) throws {
    var generator = RepeatableGenerator(seed: 6)
    let x = randomInput([count], .float64, using: &generator)
    let y = randomInput([count], .float64, using: &generator)
    let (value, slope) = (Node(.elementwise(.tanh), [x]), Node(.elementwise(.sech), [x]))
    try agree([Node(.elementwise(.subtract), [Node(.elementwise(.multiply), [slope, y]), value])])
    try agree([
      Node(.elementwise(.multiply), [Node(.elementwise(.multiply), [y, slope]), Node(.elementwise(.exp), [value])])
    ])
  }

  /// Few elements: everything is written out.
  @Test("What is walked in another way is a loop of its own", arguments: [ScalarType.float64, .float32])
  func walks(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 8)
    let shared = randomInput([9, 5], type, using: &generator)
    // Rows of numbers repeated for each of 24, before them and between their axes: neither order nests in the other.
    let (a, b) = (randomInput([24, 9, 5], type, using: &generator), randomInput([9, 24, 5], type, using: &generator))
    let wanted = [
      a * shared.broadcast(to: [24, 9, 5], axes: [1, 2]), b * shared.broadcast(to: [9, 24, 5], axes: [0, 2]),
      Node.elementwise(.exp, a) + a * a, b + Node.elementwise(.sin, b),
    ]
    try agree(wanted)
    let program = try Program(outputs: wanted, inputs: [shared, a, b], keepsValues: false)
    program.compile()
    #expect(program.interpretedGroupCount == 0)
    // What passes elements on stays in one loop.
    let together = wanted[0].reshaped(to: [1080]) + wanted[1].reshaped(to: [1080])
    try agree([together])
  }

  @Test("Small random graphs", arguments: 0..<4) func small(seed: Int) throws {
    var generator = RepeatableGenerator(seed: UInt64(40 + seed))
    var unrolledCount = 0
    for _ in 0..<8 {
      let type: ScalarType = Bool.random(using: &generator) ? .float64 : .float32
      let shape = Shape(
        (0..<Int.random(in: 1...3, using: &generator)).map { _ in Int.random(in: 1...5, using: &generator) })
      var nodes = (0..<3).map { _ in randomInput(shape, type, using: &generator) }
      let functions = ScalarFunction.allCases.filter { $0.arity <= 2 }
      for _ in 0..<12 {
        let function = functions.randomElement(using: &generator)!
        let operands = (0..<function.arity).map { _ in nodes.randomElement(using: &generator)! }
        let axis = Int.random(in: 0..<shape.rank, using: &generator)
        let next = Node(.elementwise(function), operands)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
          let others = (0..<shape.rank).filter { $0 != axis }
          nodes.append(Node(.broadcast(shape, axes: others), [Node(.sum([axis]), [next])]))
        case 1:
          let steps = shape.dimensions.map { AxisSlice(start: $0 - 1, step: -1, count: $0) }
          nodes.append(Node(.slice(steps), [next]))
        case 2:
          let half = (shape[axis] + 1) / 2
          let part = shape.dimensions.enumerated().map { AxisSlice(start: 0, step: 1, count: $0 == axis ? half : $1) }
          nodes.append(Node(.embed(shape, part), [Node(.slice(part), [next])]))
        default: nodes.append(next)
        }
      }
      if try agree(nodes.suffix(4)) { unrolledCount += 1 }
    }
    #expect(unrolledCount >= 4)
  }

  /// Few elements that are computed, put into a place of many.
  @Test("Small results in large places", arguments: [[8, 8], [40, 120], [60, 70], [90, 91], [128, 128]])
  func places(extents: [Int]) throws {
    var generator = RepeatableGenerator(seed: 8)
    let shape = Shape(extents)
    let part = [AxisSlice(start: 1, step: 1, count: 3), AxisSlice(start: 0, step: 2, count: 4)]
    let x = randomInput([3, 4], .float64, using: &generator)
    let square = Node(.elementwise(.square), [x])
    let placed = Node(.embed(shape, part), [square])
    let corner = Node(.embed(shape, part.map { AxisSlice(start: 0, step: 1, count: $0.count) }), [x])
    try agree([placed, Node(.elementwise(.add), [placed, corner])])
    try agree([Node(.elementwise(.add), [placed, corner])])
    try agree([placed])
  }

  /// Extents that are cut into pieces, tiles and rows in every way.
  @Test(
    "Reductions",
    arguments: [
      [3, 5, 7], [1, 70_000], [1, 70_000, 3], [2, 9000, 5], [4, 40, 300], [300, 3], [999, 16], [64, 64, 64],
    ])
  func reductions(extents: [Int]) throws {
    var generator = RepeatableGenerator(seed: 6)
    let shape = Shape(extents)
    var wanted: [Node] = []
    for type in [ScalarType.float64, .float32, .int64] {
      let x = randomInput(shape, type, using: &generator)
      let y = randomInput(shape, type, using: &generator)
      let product = Node(.elementwise(.multiply), [x, y])
      for axes in [[0], [shape.rank - 1], Array(0..<shape.rank)] + (shape.rank > 2 ? [[1], [0, 1]] : []) {
        wanted.append(Node(.sum(axes), [product]))
        wanted.append(Node(.extremum(.maximum, axes), [product]))
        wanted.append(Node(.extremum(.minimum, axes), [x]))
        if type.isDifferentiable { wanted.append(Node(.sum(axes), [Node(.elementwise(.sin), [product])])) }
      }
    }
    try agree(wanted)
  }

  /// Movement that no loop walks by constant strides, and movement that all do.
  @Test("Movement") func movement() throws {
    var generator = RepeatableGenerator(seed: 7)
    var wanted: [Node] = []
    for extents in [[6, 10, 15], [2, 3, 5, 7], [40, 3], [3, 40], [1000, 9, 3]] {
      let shape = Shape(extents)
      let x = randomInput(shape, .float64, using: &generator)
      let turned = Node(.permute(Array((0..<shape.rank).reversed())), [x])
      let back = Node(.reshape(shape), [turned])
      wanted.append(Node(.elementwise(.add), [Node(.elementwise(.multiply), [x, back]), x]))
      let steps = extents.map { AxisSlice(start: $0 - 1, step: -1, count: $0) }
      wanted.append(Node(.elementwise(.subtract), [Node(.slice(steps), [x]), x]))
      let larger = Shape(extents.map { $0 + 3 })
      let embedded = Node(.embed(larger, extents.map { AxisSlice(start: 1, step: 1, count: $0) }), [x])
      wanted.append(
        Node(
          .elementwise(.tanh), [Node(.elementwise(.add), [embedded, randomInput(larger, .float64, using: &generator)])])
      )
      for axis in 0..<shape.rank {
        let counted = Node(.iota(shape, axis: axis, .float64))
        wanted.append(Node(.elementwise(.multiply), [counted, x]))
      }
    }
    try agree(wanted)
  }
}

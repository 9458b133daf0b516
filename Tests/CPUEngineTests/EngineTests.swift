import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// Properties of whole evaluations: repeatable bits, reuse of programs, size.
@Suite(.serialized) struct EngineTests {
  private func input(_ shape: Shape, seed: UInt64, _ type: ScalarType = .float64) -> Node {
    var generator = RepeatableGenerator(seed: seed)
    return randomInput(shape, type, using: &generator)
  }

  private func bits(_ node: Node) -> [UInt64] { node.value!.elements(of: Double.self).map(\.bitPattern) }

  /// softplus sums and products large enough to be shared between workers.
  private func large(_ x: Node, _ w: Node) -> [Node] {
    let product = Node(.contraction(Contraction(left: [0, 1], right: [1, 2], output: [0, 2])), [x, w])
    let square = Node(.contraction(Contraction(left: [1, 0], right: [1, 2], output: [0, 2])), [x, x])
    let soft = Node(.elementwise(.softplus), [product])
    return [
      square, Node(.sum([0, 1]), [soft]), Node(.sum([0]), [soft]), Node(.sum([1]), [soft]),
      Node(.extremum(.maximum, [0]), [soft]),
      Node(.elementwise(.exp), [Node(.elementwise(.negate), [soft])]),
    ]
  }

  @Test func bitsDoNotDependOnWorkers() throws {
    let x = input([1500, 300], seed: 1)
    let w = input([300, 257], seed: 2)
    let before = Engine.workerLimit
    defer { Engine.workerLimit = before }
    var results: [[[UInt64]]] = []
    for workers in [1, 2, before, 1] {
      Engine.workerLimit = workers
      let nodes = large(x, w)
      try Engine.evaluate(nodes)
      results.append(nodes.map(bits))
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  @Test(arguments: PrimitiveKind.allCases, [ScalarType.float64, .float32])
  func bitsOfPrimitivesDoNotDependOnWorkers(kind: PrimitiveKind, type: ScalarType) throws {
    let before = Engine.workerLimit
    defer { Engine.workerLimit = before }
    for seed in 1...6 as ClosedRange<UInt64> {
      var results: [[UInt8]] = []
      for workers in [1, 2] {
        Engine.workerLimit = workers
        let builder = SampleBuilder(seed: seed, type: type)
        builder.extents = [30, 47, 64]
        builder.largestRank = 3
        let node = builder.node(kind)
        // Something to do for a second worker even where the primitive only moves elements.
        let after = node.scalarType == type ? Node(.elementwise(.exp), [node]) : node
        try Engine.evaluate([after])
        let bytes = after.shape.count * after.scalarType.byteCount
        results.append([UInt8](UnsafeRawBufferPointer(start: after.value!.base, count: bytes)))
      }
      #expect(results[0] == results[1], "seed \(seed)")
    }
  }

  @Test func largeReductionsAreAccurate() throws {
    let count = 3_000_000
    let x = Node(Storage((0..<count).map { _ in 0.1 }), shape: [count])
    let rows = Node(.reshape([1_000_000, 3]), [x])
    let sums = [Node(.sum([0]), [x]), Node(.sum([0]), [rows]), Node(.sum([0, 1]), [rows])]
    try Engine.evaluate(sums)
    for sum in sums {
      for element in sum.value!.elements(of: Double.self) {
        let exact = 0.1 * Double(count) / Double(sum.shape.count)
        #expect(abs(element - exact) <= 4e-15 * exact)
      }
    }
  }

  @Test func rebuiltGraphsReuseTheirProgram() throws {
    func expression(_ x: Node, _ c: Double) -> Node {
      Node(
        .sum([0]),
        [Node(.elementwise(.multiply), [Node(.elementwise(.exp), [x]), Node(.fill([11], .real(c), .float64))])])
    }
    let x = input([11], seed: 3)
    try Engine.evaluate([expression(x, 2)])
    let before = Engine.statistics
    let y = input([11], seed: 4)
    let node = expression(y, 3)
    try agrees([node])
    let after = Engine.statistics
    #expect(after.programsReused > before.programsReused)
    #expect(after.elementsMoved > before.elementsMoved && after.bytesHighWater > 0)
  }

  @Test func chainOfAMillionOperations() throws {
    var node = input([3], seed: 5)
    let start = node.value!.elements(of: Double.self)
    for _ in 0..<1_000_000 { node = Node(.elementwise(.negate), [node]) }
    try Engine.evaluate([node])
    #expect(node.value!.elements(of: Double.self) == start)
  }

  @Test func longChainOfReductions() throws {
    var node = input([4], seed: 6)
    for _ in 0..<3000 {
      let total = Node(.extremum(.maximum, [0]), [node])
      node = Node(.elementwise(.max), [Node(.elementwise(.negate), [node]), Node(.broadcast([4], axes: []), [total])])
    }
    try agrees([node])
  }

  @Test func onlyOnceWhatIsShared() throws {
    // Without sharing this would be 2^60 additions.
    var node = input([2], seed: 7)
    for _ in 0..<60 {
      node = Node(.elementwise(.add), [node, node])
      node = Node(.elementwise(.multiply), [node, Node(.fill([2], .real(0.5), .float64))])
    }
    try agrees([node])
  }

  @Test func tooMuchMemory() {
    let node = Node(.fill([1 << 20, 1 << 20, 1 << 10], .real(1), .float64))
    #expect {
      try Engine.evaluate([node])
    } throws: { error in
      "\(error)".contains("memory") && "\(error)".contains("\((1 << 50) * 8)")
    }
  }

  @Test func describesItself() throws {
    let x = Node(.input([4, 5], .float64))
    let node = Node(.sum([1]), [Node(.elementwise(.exp), [x])])
    let program = try Program(outputs: [node], inputs: [x])
    #expect(program.description.contains("exp reduceBlocks store"))
    #expect(program.stepCount == 1)
    let missing = Node(.elementwise(.exp), [Node(.input([2], .float64))])
    #expect(throws: TensorError.self) { try Program(outputs: [missing], inputs: []) }
  }

  @Test func evaluatesFromManyThreads() async throws {
    let x = input([300, 40], seed: 8)
    let w = input([40, 30], seed: 9)
    let reference = large(x, w)
    try Engine.evaluate(reference)
    let expected = reference.map(bits)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let nodes = self.large(x, w)
          try Engine.evaluate(nodes)
          return nodes.map(self.bits) == expected
        }
      }
      for try await isSame in group { #expect(isSame) }
    }
  }
}

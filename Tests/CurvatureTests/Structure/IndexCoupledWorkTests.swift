import CPUEngine
import Curvature
import TensorGraph
import TestSupport
import Testing

/// How much is computed and kept for derivatives that are assembled through tables: counts of instructions and of tables.
@Suite struct IndexCoupledWorkTests {
  private static func entries(_ f: (Tensor<Double>) -> Tensor<Double>, _ x: Tensor<Double>) throws -> [Node] {
    let gradient = try #require(TensorGraph.gradient(of: f(x).node, to: [x.node])[0])
    let entries = DeltaEntries(
      derivativeOf: gradient, variable: x.node, isSymmetric: true, limit: .max, effort: .units(4_000_000))
    return try #require(entries).boxes.map(\.values)
  }

  private static func instructions(_ outputs: [Node], _ x: Tensor<Double>) throws -> Int {
    try Program(outputs: outputs, inputs: [x.node], keepsValues: false).instructionCount
  }

  /// Energies of pairs, by what they are a function of.
  private static func pairs(_ count: Int) -> (x: Tensor<Double>, difference: (Tensor<Double>) -> Tensor<Double>) {
    var generator = RepeatableGenerator(seed: 11)
    let extent = count / 3
    let first = (0..<count).map { _ in Int64(generator.integer(in: 0...(extent - 2))) }
    let (a, b) = (Tensor(first), Tensor(first.map { $0 + 1 }))
    let x = Tensor<Double>(generator.reals(extent, in: 0.5...2))
    return (x, { x in x.gathered(at: a) - x.gathered(at: b) })
  }

  private static let energies: [(name: String, of: @Sendable (Tensor<Double>) -> Tensor<Double>)] = [
    ("exp", { exp(0.3 * square($0)) }), ("quotient", { u in u * u / (1 + square(u) * u) }),
    ("well", { u in 2 * square(square(u) - 1.5) - 4 * cos(u) }),
  ]

  /// The blocks of a pair differ by their signs, which is all that is computed for each.
  @Test(arguments: energies.indices) func blocksOfPairs(_ number: Int) throws {
    let (x, difference) = Self.pairs(900)
    let boxes = try Self.entries({ Self.energies[number].of(difference($0)).sum() }, x)
    #expect(boxes.count == 3)
    let one = try Self.instructions([boxes[0]], x)
    #expect(try Self.instructions(boxes, x) <= one + boxes.count, "\(Self.energies[number].name), \(one)")
  }

  /// A number before a function is multiplied once for each entry at most, and no more often than it is before others.
  @Test(arguments: energies.indices, [2, -2, 0.3, -1e12, 1e-9]) func multiples(_ number: Int, _ factor: Double) throws {
    let (x, difference) = Self.pairs(900)
    func f(_ x: Tensor<Double>) -> Tensor<Double> { Self.energies[number].of(difference(x)).sum() }
    let (plain, scaled) = (try Self.entries(f, x), try Self.entries({ factor * f($0) }, x))
    #expect(try Self.instructions(scaled, x) <= Self.instructions(plain, x) + plain.count)
    try Engine.evaluate(plain + scaled)
    for (a, b) in zip(plain, scaled) {
      let (a, b): ([Double], [Double]) = (a.value!.elements(), b.value!.elements())
      let scale = a.reduce(0) { max($0, abs($1)) } * abs(factor)
      #expect(zip(a, b).allSatisfy { abs(factor * $0 - $1) <= 1e-13 * scale })
    }
  }

  /// Rows gathered or axis by axis: about as much is computed.
  @Test func waysOfWriting() throws {
    for problems in [IndexCoupledProblem.molecule, IndexCoupledProblem.mesh] {
      let (rows, axes) = (problems(900, true), problems(900, false))
      let counts = try [rows, axes].map { try Self.instructions(Self.entries($0.f, $0.point), $0.point) }
      #expect(3 * counts[0] <= 4 * counts[1], "\(rows): \(counts)")
    }
  }

  /// Tables that follow from given ones are made once for all that read them, of 32 bits where they are nothing but places.
  @Test func preparedTables() throws {
    let x = Node(.input([60], .float64))
    let given = Tensor<Int64>((0..<80).map { Int64($0 * 7 % 60) - 30 }, shape: [40, 2])
    func read(_ column: Int) throws -> Node {
      // Counted from the end, moved, and as an expression of its own each time.
      let table = (given[..., column] + 1) * 1 - 1
      return try Operations.take(x, table.node, axis: 0)
    }
    let reads = try [0, 0, 0, 1, 1].map(read)
    let places = given[..., 0] * 2
    let outputs: [Node] = [
      reads.dropFirst().reduce(reads[0]) { $0 * Node.elementwise(.sin, $1) },
      x.gathered(((places * places) % 10).node, axis: 0) * places.node.cast(to: .float64),
      places.node,
    ]
    let prepared = try PreparedFunction.prepared(outputs, inputs: [x])
    let gathers = Node.topologicalOrder(prepared).filter { $0.operands.contains(x) && $0.operands.count == 2 }
    let tables = gathers.map { $0.operands[1] }
    #expect(Set(tables).count == 3)
    #expect(tables.allSatisfy { $0.value != nil && $0.scalarType == .int32 })
    #expect(prepared[2].scalarType == .int64)
    #expect(try PreparedFunction.prepared(prepared, inputs: [x]) == prepared)
    let function = try PreparedFunction(outputs: outputs, inputs: [x])
    let elements = (0..<60).map { Double($0) * 0.1 }
    let found = try function.run([Storage(elements)])
    let point = Tensor(elements)
    let expected = try Node.substituting([x: point.node], in: outputs).map { try Evaluation.storage($0) }
    #expect(found[0].elements(of: Double.self) == expected[0].elements(of: Double.self))
    #expect(found[1].elements(of: Double.self) == expected[1].elements(of: Double.self))
    #expect(found[2].elements(of: Int64.self) == expected[2].elements(of: Int64.self))
  }
}

import CPUEngine
import TensorGraph
import TestSupport
import Testing

@Suite("Programs of recurrences") struct RecurrenceTests {
  /// A recurrent network: the state meets a matrix in every step, each row of the inputs another one.
  private static func network(_ count: Int, segment: Int? = nil) throws -> (y: Node, start: Node, weights: [Node]) {
    var generator = RepeatableGenerator(seed: 4)
    let start = Node.input(generator.reals(6), [6], .float64)
    let inputs = Node.input(generator.reals(count * 5), [count, 5], .float64)
    let w = Node.input(generator.reals(36, in: -0.4...0.4), [6, 6], .float64)
    let u = Node.input(generator.reals(30), [6, 5], .float64)
    let (last, outputs) = try Operations.scan([start], over: [inputs], count: count, segmentLength: segment) {
      states, rows in
      let next = Node.elementwise(
        .tanh,
        .contraction(w, [0, 1], states[0], [1], [0]) + .contraction(u, [0, 1], rows[0], [1], [0]))
      return ([next], [Node.elementwise(.square, next).summed(over: [0])])
    }
    return (last[0].summed(over: [0]) + outputs[0].summed(over: [0]), start, [w, u])
  }

  @Test("A program has as many steps for a thousand steps as for ten") func size() throws {
    let programs = try [10, 1000].map { count in
      let network = try Self.network(count)
      return try Program(outputs: [network.y] + gradient(of: network.y, to: network.weights).map { $0! }, inputs: [])
    }
    #expect(programs[0].stepCount == programs[1].stepCount)
    #expect(
      programs[0].description.split(separator: "\n").count == programs[1].description.split(separator: "\n").count)
  }

  @Test("A literal of a step may have been evaluated before", arguments: [nil, 2])
  func evaluatedLiterals(segment: Int?) throws {
    let literals = [Node(.fill([3], .real(0.5), .float64)), Node(.iota([3], axis: 0, .float64))]
    let start = Node.vector([0.5, 1, -1.5])
    let rows = Node.input([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2], [4, 3])
    let (last, outputs) = try Operations.scan([start], over: [rows], count: 4, segmentLength: segment) { states, rows in
      ([.elementwise(.sin, states[0]) * literals[0] + rows[0] * literals[1]], [states[0] * literals[1]])
    }
    let nodes = [last[0], outputs[0], try #require(gradient(of: last[0].summed(over: [0]), to: [start])[0])]
    try Engine.evaluate(literals)
    try agrees(nodes)
  }

  @Test("What does not depend on the state is one product for all steps") func hoisting() throws {
    let network = try Self.network(300)
    let lines = try Engine.description(of: [network.y]).split(separator: "\n")
    #expect(lines.contains { $0.contains("product 300 x 5 x 6") || $0.contains("product 6 x 5 x 300") }, "\(lines)")
    let first = lines.firstIndex { $0.hasPrefix("a step of a recurrence") }!
    #expect(lines[first...].filter { $0.contains(": product") }.count == 1, "\(lines)")
  }

  @Test("Products that are only added up are one product over all steps") func summing() throws {
    let network = try Self.network(300)
    let slopes = gradient(of: network.y, to: network.weights).map { $0! }
    let lines = try Engine.description(of: slopes).split(separator: "\n")
    let first = lines.firstIndex { $0.hasPrefix("a step of a recurrence") }!
    #expect(lines[..<first].filter { $0.contains("product 6 x 300 x") }.count == 2, "\(lines)")
  }

  @Test("Second derivatives in the weights are those of the interpreter", arguments: [nil, 4])
  func products(segment: Int?) throws {
    let network = try Self.network(9, segment: segment)
    let slopes = gradient(of: network.y, to: network.weights).map { $0! }
    let seeds = network.weights.map { weights in
      (
        node: weights,
        tangent: Node.input((0..<(2 * weights.shape.count)).map { Double($0 % 7) - 3 }, [2] + weights.shape)
      )
    }
    let changes = pushforward(of: slopes, seeds: seeds, lift: 1).map { $0! }
    let expected = Interpreter.evaluate(changes)
    try Engine.evaluate(changes)
    for (node, expected) in zip(changes, expected) {
      let found = (0..<node.shape.count).map { node.value!.literal(at: $0).double }
      #expect(mismatch(found, expected, relative: 1e-10, absolute: 1e-10) == nil)
    }
  }

  @Test("Values and gradients are those of the interpreter, in segments and not", arguments: [nil, 1, 7, 50])
  func values(segment: Int?) throws {
    let network = try Self.network(50, segment: segment)
    let nodes = [network.y] + gradient(of: network.y, to: network.weights + [network.start]).map { $0! }
    let expected = Interpreter.evaluate(nodes)
    try Engine.evaluate(nodes)
    for (node, expected) in zip(nodes, expected) {
      let found = (0..<node.shape.count).map { node.value!.literal(at: $0).double }
      #expect(mismatch(found, expected, relative: 1e-11, absolute: 1e-12) == nil)
    }
  }

  @Test("Carries that nobody reads take no memory, segments keep those between them") func memory() throws {
    let count = 4096
    let carries = (count + 1) * 6 * 8
    let network = try Self.network(count)
    // The last state alone; the gradient keeps the carries, and the cotangents of those only in its last.
    let last = try Program(outputs: [network.y], inputs: [])
    let slope = gradient(of: network.y, to: [network.start]).map { $0! }
    let whole = try Program(outputs: slope, inputs: [])
    #expect(last.temporaryByteCount < 3 * carries, "\(last.temporaryByteCount)")
    let parts = try Self.network(count, segment: 64)
    let segmented = try Program(outputs: gradient(of: parts.y, to: [parts.start]).map { $0! }, inputs: [])
    #expect(segmented.temporaryByteCount * 4 < whole.temporaryByteCount, "\(segmented) \(whole)")
  }

  @Test("An index outside its axis in a step is reported") func failure() throws {
    let table = Node.input([1, 2, 3], [3], .float64)
    let places = Node.input([0, 2, 5], [3], .int64)
    let (_, outputs) = try Operations.scan([.zeros([], .float64)], over: [places], count: 3) { states, rows in
      let next = states[0] + table.gathered(rows[0].reshaped(to: [1]), axis: 0).summed(over: [0]) * states[0]
      return ([next], [])
    }
    #expect(outputs.isEmpty)
    let (last, _) = try Operations.scan([.zeros([], .float64)], over: [], count: 4) { states, _ in
      let place = (states[0] + states[0].filled(with: 1)).cast(to: .int64)
      return ([states[0] + table.gathered(place.reshaped(to: [1]), axis: 0).summed(over: [0])], [])
    }
    #expect(throws: TensorError.self) { try Engine.evaluate(last) }
    do { try Engine.evaluate(last) } catch {
      #expect("\(error)".contains("index 3 is outside axis 0, which has extent 3"), "\(error)")
    }
  }

  @Test("Bad steps are refused") func errors() {
    let x = Node.zeros([2], .float64)
    func message(
      _ start: [Node] = [.zeros([2], .float64)], over inputs: [Node] = [.zeros([3, 2], .float64)], segment: Int? = nil,
      _ step: ([Node], [Node]) -> ([Node], [Node]) = { ($0, $1) }
    ) -> String {
      do {
        _ = try Operations.scan(start, over: inputs, count: 3, segmentLength: segment, step)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message() == "")
    #expect(message([]).contains("at least one state"))
    #expect(message([.zeros([2], .int64)]).contains("real"))
    #expect(message(over: [x]).contains("extent 3"))
    #expect(message(segment: 0).contains("segments of 0"))
    #expect(message { _, _ in ([], []) }.contains("0 states of 1"))
    #expect(
      message { states, _ in ([states[0].summed(over: [0])], []) }.contains("shape [] (float64) from one of shape [2]"))
    #expect(message { states, rows in (states, [rows[0].cast(to: .float32)]) }.contains("cast it to float64"))
  }
}

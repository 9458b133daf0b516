import CPUEngine
import TensorGraph
import TestSupport
import Testing

@Suite("Checkpoints") struct CheckpointTests {
  private static let steps = 64

  /// A recurrence of long vectors, in segments or not.
  private static func recurrence(_ x: Node, _ w: Node, segment: Int?) -> Node {
    var state = x
    for first in stride(from: 0, to: steps, by: segment ?? steps) {
      let start = state
      for _ in first..<(first + (segment ?? steps)) {
        state = .elementwise(.tanh, .product(w, state) + .elementwise(.sin, state))
      }
      if segment != nil { state = state.checkpointed(from: [start]) }
    }
    return Node.elementwise(.square, state).summed(over: [0, 1])
  }

  private static func inputs() -> (x: Node, w: Node) {
    var generator = RepeatableGenerator(seed: 3)
    return (
      .input(generator.reals(8 * 500), [8, 500]), .input(generator.reals(64, in: -0.3...0.3), [8, 8])
    )
  }

  @Test("Gradients in arguments and captured nodes are the same, and need far less memory") func memory() throws {
    let (x, w) = Self.inputs()
    var bytes: [Int] = []
    var results: [[[Double]]] = []
    for segment in [nil, 8] {
      let total = Self.recurrence(x, w, segment: segment)
      let gradients = gradient(of: total, to: [x, w]).map { $0! }
      let program = try Program(outputs: [total] + gradients, inputs: [x])
      bytes.append(program.temporaryByteCount)
      results.append(Interpreter.evaluate([total] + gradients))
      try Engine.evaluate([total] + gradients)
      for (node, expected) in zip([total] + gradients, results[0]) {
        let found = (0..<node.shape.count).map { node.value!.literal(at: $0).double }
        #expect(mismatch(found, expected, relative: 1e-10, absolute: 1e-11) == nil)
      }
    }
    #expect(mismatch(results[1].joined().map { $0 }, results[0].joined().map { $0 }, relative: 1e-10) == nil)
    #expect(bytes[1] * 2 < bytes[0], "\(bytes)")
  }

  @Test("Second derivatives through checkpoints are those without") func second() {
    let x = Node.vector([0.3, -0.7, 1.1], .float64)
    func value(_ checkpoints: Bool) -> Node {
      var state = x
      for _ in 0..<3 {
        let start = state
        let next = Node.elementwise(.sin, state) * state + Node.elementwise(.exp, 0.2 * state)
        state = checkpoints ? next.checkpointed(from: [start]) : next
      }
      return Node.elementwise(.square, state).summed(over: [0])
    }
    let hessians = [false, true].map { checkpoints in
      jacobian(of: gradient(of: value(checkpoints), to: [x])[0]!, to: x)
    }
    let values = Interpreter.evaluate(hessians)
    #expect(mismatch(values[1], values[0], relative: 1e-13) == nil)
  }
}

import TensorGraph
import TestSupport
import Testing

/// Nothing recurses over a graph: what would need a stack frame per node overflows here.
@Suite("A chain of a million operations") struct LongChainTests {
  static let length = 1_000_000

  /// sinh and its inverse in turn: the value and the slope of 1 survive the whole way.
  static func chain(from x: Node) -> Node {
    var node = x
    for step in 0..<length { node = .elementwise(step % 2 == 0 ? .sinh : .asinh, node) }
    return node
  }

  @Test("is built and released") func released() {
    weak var first: Node?
    do {
      let x = Node.vector([0.25])
      let y = Self.chain(from: x)
      first = y.operands[0]
      #expect(first?.operands.count == 1)
      #expect(y.operands.count == 1)
    }
    #expect(first == nil)
  }

  @Test("has a value and derivatives in both modes") func derivatives() throws {
    let x = Node.vector([0.25])
    let y = Self.chain(from: x)
    // What the derivatives are is tested with the engine, which is faster.
    let reverse = try #require(gradient(of: y, to: [x])[0])
    let forward = try #require(pushforward(of: [y], seeds: [(x, x.filled(with: 1))])[0])
    #expect(Node.topologicalOrder([reverse]).count > Self.length)
    #expect(Node.topologicalOrder([forward]).count > Self.length)
    #expect(isClose(y.interpreted[0], 0.25, relative: 1e-8))
  }
}

import TensorGraph
import TestSupport
import Testing

/// Equal bytes are equal graphs, in whatever process they were built.
@Suite struct GraphSignatureTests {
  private func signature(_ build: (Node) throws -> Node, shape: Shape = [3]) throws -> GraphSignature {
    let x = Node(.input(shape, .float64))
    return try GraphSignature(of: build(x), in: x)
  }

  /// Functions of three elements, no two of them the same.
  private static let functions: [(name: String, build: @Sendable (Node) throws -> Node)] = [
    ("identity", { $0 }),
    ("sine", { .elementwise(.sin, $0) }),
    ("cosine", { .elementwise(.cos, $0) }),
    ("sine twice", { .elementwise(.sin, .elementwise(.sin, $0)) }),
    ("x - sin x", { .elementwise(.subtract, $0, .elementwise(.sin, $0)) }),
    ("sin x - x", { .elementwise(.subtract, .elementwise(.sin, $0), $0) }),
    ("times 2", { Node(.elementwise(.multiply), [$0, Node(.fill([3], .real(2), .float64))]) }),
    ("times 3", { Node(.elementwise(.multiply), [$0, Node(.fill([3], .real(3), .float64))]) }),
    ("times -0", { Node(.elementwise(.multiply), [$0, Node(.fill([3], .real(-0.0), .float64))]) }),
    ("times 0", { Node(.elementwise(.multiply), [$0, Node(.fill([3], .real(0), .float64))]) }),
    ("polygamma 1", { .special(.polygamma(1), $0) }),
    ("polygamma 2", { .special(.polygamma(2), $0) }),
    ("rows 0 1", { Node(.gather(axis: 0), [$0, Node(Storage([Int64(0), 1]), shape: [2])]) }),
    ("rows 1 0", { Node(.gather(axis: 0), [$0, Node(Storage([Int64(1), 0]), shape: [2])]) }),
    ("first two", { Node(.slice([AxisSlice(start: 0, step: 1, count: 2)]), [$0]) }),
    ("last two", { Node(.slice([AxisSlice(start: 1, step: 1, count: 2)]), [$0]) }),
    ("scan of sines", { GraphSignatureTests.steps($0) { .elementwise(.sin, $0) } }),
    ("scan of cosines", { GraphSignatureTests.steps($0) { .elementwise(.cos, $0) } }),
    ("scan of a checkpoint", { GraphSignatureTests.steps($0) { Node.elementwise(.cos, $0).checkpointed(from: [$0]) } }),
    ("checkpoint of sines", { Node.elementwise(.sin, $0).checkpointed(from: [$0]) }),
    ("checkpoint of cosines", { Node.elementwise(.cos, $0).checkpointed(from: [$0]) }),
    ("rule a, 1", { GraphSignatureTests.rule("a", "1", $0) }),
    ("rule a, 2", { GraphSignatureTests.rule("a", "2", $0) }),
    ("rule b, 1", { GraphSignatureTests.rule("b", "1", $0) }),
  ]

  private static func steps(_ x: Node, _ next: (Node) -> Node) -> Node {
    let carry = Node(.input(x.shape, x.scalarType))
    let none = Node.zeros([0], x.scalarType)
    let (recurrence, operands) = Node.scan(
      count: 4, isReversed: false, isSegmented: false, carry: (carry, x), sequences: [], constants: [],
      next: next(carry), output: none, summand: none)
    return Node(.scan(recurrence), operands)
  }

  private static func rule(_ name: String, _ identifier: String?, _ x: Node) -> Node {
    .custom(DerivativeRule(name, identifier: identifier) { _, _, tangents in tangents[0] }, value: x, arguments: [x])
  }

  @Test func differentFunctionsHaveDifferentBytes() throws {
    var owners: [GraphSignature: String] = [:]
    var digests = Set<String>()
    for (name, build) in Self.functions {
      let signature = try signature(build)
      #expect(owners[signature] == nil, "\(name) is taken for \(owners[signature] ?? "")")
      owners[signature] = name
      digests.insert(signature.digest)
      #expect(signature.digest.count == 32)
    }
    #expect(digests.count == Self.functions.count)
  }

  @Test func theSameFunctionHasTheSameBytesHoweverOftenItIsBuilt() throws {
    for (name, build) in Self.functions { #expect(try signature(build) == signature(build), "\(name)") }
  }

  /// Saved structures outlive a process.
  @Test func bytesStayAsTheyAre() throws {
    let bytes = try signature({ $0 }).bytes
    // One input, its number, rank and extent (both folded), its type; the results, of which there is one, number 0.
    #expect(bytes == [2, 0, 2, 6, 14] + Array("float64".utf8) + [14] + Array("results".utf8) + [2, 0])
  }

  @Test func realNumbersInInputsDoNotMatter() throws {
    func sum(_ numbers: [Double]) throws -> GraphSignature {
      try signature { Node(.elementwise(.add), [$0, Node(Storage(numbers), shape: [3])]) }
    }
    #expect(try sum([1, 2, 3]) == sum([4, 5, 6]))
  }

  @Test func extentsOfThePointMatter() throws {
    #expect(try signature({ $0 }, shape: [3]) != signature({ $0 }, shape: [4]))
  }

  @Test func aRuleWithoutIdentityIsRefused() throws {
    let error = #expect(throws: TensorError.self) { try signature { Self.rule("mine", nil, $0) } }
    #expect(error?.message.contains("'mine'") == true && error?.message.contains("identifier") == true)
    let inside = #expect(throws: TensorError.self) {
      try signature { Self.steps($0) { Self.rule("inner", nil, $0) } }
    }
    #expect(inside?.message.contains("'inner'") == true)
  }

  @Test func rulesWithOneIdentifierAreOneRule() throws {
    let x = Node(.input([3], .float64))
    #expect(Self.rule("a", "1", x).primitive == Self.rule("a", "1", x).primitive)
    #expect(Self.rule("a", "1", x).primitive != Self.rule("a", "2", x).primitive)
    #expect(Self.rule("a", nil, x).primitive != Self.rule("a", nil, x).primitive)
  }
}

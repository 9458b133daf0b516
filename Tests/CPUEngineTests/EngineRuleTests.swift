import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// The elements of nodes by the engine.
func evaluated(_ nodes: [Node]) throws -> [[Double]] {
  try Engine.evaluate(nodes)
  return nodes.map { $0.value!.doubles }
}

/// What holds for the interpreter must hold for the engine.
@Suite("Engine against references") struct EngineRuleTests {
  @Test("Derivatives to third order in double precision", arguments: ScalarFunction.allCases)
  func doubleDerivatives(function: ScalarFunction) throws {
    #expect(try function.mismatches(with: function.references, .float64, relative: 1e-13, evaluate: evaluated) == [])
  }

  @Test("Derivatives to third order in single precision", arguments: ScalarFunction.allCases)
  func floatDerivatives(function: ScalarFunction) throws {
    let rows = function.singlePrecisionReferences
    #expect(try function.mismatches(with: rows, .float32, relative: 1e-4, evaluate: evaluated) == [])
  }

  @Test("Special points", arguments: SpecialPoint.all, [ScalarType.float64, .float32])
  func specialPoints(_ special: SpecialPoint, in type: ScalarType) throws {
    #expect(try special.mismatches(type, evaluate: evaluated) == [])
  }

  @Test("Zeros, infinities, NaN, ties and bounds", arguments: ScalarFunction.allCases, [ScalarType.float64, .float32])
  func specialCoordinates(function: ScalarFunction, in type: ScalarType) throws {
    let coordinates = ScalarFunction.specialCoordinates
    let points = coordinates.flatMap { x in function.arity == 1 ? [[x]] : coordinates.map { [x, $0] } }
    let operands = (0..<function.arity).map { i in Node.vector(points.map { $0[i] }, type) }
    let node = Node(.elementwise(function), operands)
    let expected = Interpreter.evaluate([node])[0]
    let tolerance = type == .float64 ? 4e-15 : 4e-7
    let smallest = type == .float64 ? Double.leastNormalMagnitude : Double(Float.leastNormalMagnitude)
    for (point, (element, expected)) in zip(points, zip(try evaluated([node])[0], expected)) {
      #expect(
        isClose(element, expected, relative: tolerance, absolute: smallest),
        "\(function)\(point) in \(type): \(element), expected \(expected)")
    }
  }

  @Test("Random graphs", arguments: [ScalarType.float64, .float32]) func randomGraphs(type: ScalarType) throws {
    var jumps = 0
    for seed in 1...100 as ClosedRange<UInt64> {
      let graph = RandomGraph(seed: seed, type: type, variables: [[4], [2, 3], []])
      graph.grow(50)
      let nodes = graph.everything
      // Two roundings of one number may lie on both sides of a jump.
      if nodes.contains(where: Self.liesOnJump) {
        jumps += 1
        continue
      }
      for (node, pair) in zip(nodes, zip(try evaluated(nodes), Interpreter.evaluate(nodes))) {
        // The graph magnifies roundings.
        let problem = mismatch(pair.0, pair.1, relative: type == .float64 ? 1e-9 : 1e-2, absolute: 1e-9)
        #expect(problem == nil, "seed \(seed), \(node.primitive)")
      }
    }
    #expect(jumps <= 5)
  }

  /// Whether a remainder is next to 0 or to its divisor.
  private static func liesOnJump(_ node: Node) -> Bool {
    guard node.scalarFunction == .modulo else { return false }
    let values = Interpreter.evaluate([node, node.operands[1]])
    return zip(values[0], values[1]).contains { rest, divisor in
      min(rest.magnitude, (divisor - rest).magnitude) < 1e-6 * divisor.magnitude
    }
  }

  @Test("A chain of a million operations") func longChain() throws {
    let x = Node.vector([0.25])
    var y = x
    for step in 0..<1_000_000 { y = .elementwise(step % 2 == 0 ? .sinh : .asinh, y) }
    let reverse = gradient(of: y, to: [x])[0]!
    let forward = pushforward(of: [y], seeds: [(x, x.filled(with: 1))])[0]!
    let values = try evaluated([y, reverse, forward])
    #expect(isClose(values[0][0], 0.25, relative: 1e-8))
    #expect(isClose(values[1][0], 1, relative: 1e-8))
    #expect(isClose(values[2][0], 1, relative: 1e-8))
  }
}

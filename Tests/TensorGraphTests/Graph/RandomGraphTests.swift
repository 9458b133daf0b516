import TensorGraph
import TestSupport
import Testing

@Suite("Random graphs") struct RandomGraphTests {
  static let seeds: [UInt64] = Array(1...60)

  /// A number computed from a vector by a graph of everything, tame enough for difference quotients.
  static func smooth(_ seed: UInt64) -> (x: Node, y: Node) {
    let graph = RandomGraph(seed: seed, variables: [[6]])
    graph.functions = [
      .negate, .square, .add, .subtract, .multiply, .scale, .sin, .cos, .atan, .tanh, .sech, .asinh, .sigmoid,
      .softplus, .erf, .erfc, .abs, .max, .min, .relu, .sign, .floor,
    ]
    graph.largestRank = 3
    let kinds = PrimitiveKind.tame.filter { ![.input, .fill, .cast, .detach, .argsort, .iota].contains($0) }
    graph.grow(14, kinds: kinds + [.elementwise, .elementwise, .elementwise, .contraction])
    // Squashed and led back to the variable, so that second derivatives are of the size of 1.
    let total = Node.elementwise(.tanh, 0.1 * graph.total(ofLast: 8))
    let x = graph.variables[0]
    return (x, total + Node.elementwise(.sin, x).summed(over: [0]) * total)
  }

  @Test("Simplification keeps values", arguments: [ScalarType.float64, .float32]) func laws(type: ScalarType) {
    for seed in Self.seeds {
      let graph = RandomGraph(seed: seed, type: type, variables: [[4], [2, 3], []])
      graph.grow(60)
      let values = Interpreter.evaluate(graph.everything)
      let simplified = Interpreter.evaluate(graph.everything.map { $0.rebuilt() })
      for (node, pair) in zip(graph.everything, zip(values, simplified)) {
        // A law may save a rounding, and the graph may magnify that.
        let problem = mismatch(pair.1, pair.0, relative: type == .float64 ? 1e-9 : 1e-2, absolute: 1e-9)
        #expect(problem == nil, "seed \(seed), \(node.primitive)")
      }
    }
  }

  @Test("Forward and reverse mode agree with central differences", arguments: seeds) func gradients(seed: UInt64) {
    let (x, y) = Self.smooth(seed)
    var generator = RepeatableGenerator(seed: seed)
    let direction = randomNode(x.shape, .float64, &generator)
    let forward = pushforward(of: [y], seeds: [(x, direction)])[0]!
    let reverse = gradient(of: y, to: [x])[0]!
    let values = Interpreter.evaluate([x, direction, forward, reverse])
    #expect(isClose(values[2][0], dot(values[1], values[3]), relative: 1e-11, absolute: 1e-11))
    let estimate = centralDifference(of: y, at: [x: values[0]], along: [values[1]], [x], step: 1e-4)
    #expect(isClose(values[2][0], estimate, relative: 1e-6, absolute: 1e-7))
  }

  @Test("The Hessian is symmetric and the difference quotient of the gradient", arguments: seeds)
  func hessians(seed: UInt64) {
    let (x, y) = Self.smooth(seed)
    let count = x.shape.count
    let reverse = gradient(of: y, to: [x])[0]!
    let forwardOverReverse = jacobian(of: reverse, to: x)
    let reverseOverReverse = pullback(of: [(reverse, .identity(count))], to: [x], lift: 1)[0]!
    let values = Interpreter.evaluate([forwardOverReverse, reverseOverReverse, x])
    let transposed = (0..<(count * count)).map { values[0][$0 % count * count + $0 / count] }
    #expect(mismatch(values[0], transposed, relative: 1e-9, absolute: 1e-11) == nil)
    #expect(mismatch(values[0], values[1], relative: 1e-9, absolute: 1e-11) == nil)
    for i in 0..<count {
      let unit = (0..<count).map { $0 == i ? 1.0 : 0 }
      for j in 0..<count {
        let component = reverse.sliced([AxisSlice(start: j, step: 1, count: 1)])
        let estimate = centralDifference(of: component, at: [x: values[2]], along: [unit], [x], step: 1e-4)
        #expect(isClose(values[0][i * count + j], estimate, relative: 1e-5, absolute: 1e-6), "seed \(seed) \(i) \(j)")
      }
    }
  }

  @Test("Derivatives of a simplified graph are those of the graph", arguments: seeds) func simplified(seed: UInt64) {
    let (x, y) = Self.smooth(seed)
    let values = Interpreter.evaluate([gradient(of: y, to: [x])[0]!, gradient(of: y.rebuilt(), to: [x])[0]!])
    #expect(mismatch(values[1], values[0], relative: 1e-10, absolute: 1e-12) == nil)
  }
}

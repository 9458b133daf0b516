import TensorGraph
import TestSupport
import Testing

/// What must hold for the derivatives of every primitive, on random legal samples.
@Suite("Rules of primitives") struct PrimitiveRuleTests {
  static let samplesPerKind = 60

  /// Kinds without operands.
  static let leafKinds: Set<PrimitiveKind> = [.input, .fill, .iota]
  /// Kinds that make real numbers of real operands, in double precision as their samples are.
  static let realKinds = PrimitiveKind.allCases.filter {
    !leafKinds.union([.compare, .logical, .argsort, .cast]).contains($0)
  }

  /// Samples of a kind whose operands are smooth there and whose result has derivatives.
  static func samples(_ kind: PrimitiveKind, _ type: ScalarType = .float64) -> [Node] {
    let builder = SampleBuilder(seed: 17, type: type)
    builder.functions = ScalarFunction.allCases.filter { function in
      function.facts.domain.allSatisfy { $0.contains(0.5) && $0.contains(2) }
    }
    return (0..<samplesPerKind).map { _ in builder.node(kind) }
  }

  @Test("Samples are of their kind", arguments: PrimitiveKind.allCases) func kinds(kind: PrimitiveKind) {
    for node in Self.samples(kind) { #expect(PrimitiveKind(node.primitive) == kind) }
  }

  @Test("⟨A x, y⟩ = ⟨x, Aᵀ y⟩, for any number of directions", arguments: PrimitiveKind.allCases)
  func transposes(kind: PrimitiveKind) {
    var generator = RepeatableGenerator(seed: 3)
    var tested = 0
    for node in Self.samples(kind) {
      for (i, operand) in node.operands.enumerated() {
        guard let map = node.linearization(i) else { continue }
        tested += 1
        for leading in [[], [3], [2, 2]] as [[Int]] {
          let tangent = randomNode(Shape(leading) + operand.shape, operand.scalarType, &generator)
          let cotangent = randomNode(Shape(leading) + node.shape, node.scalarType, &generator)
          let image = map.apply(tangent, lift: leading.count, ChainRule())
          let adjoint = map.applyTranspose(
            cotangent, to: operand.shape, lift: leading.count, ChainRule())
          #expect(image.shape == cotangent.shape && image.scalarType == node.scalarType, "\(node.primitive)")
          #expect(adjoint.shape == tangent.shape && adjoint.scalarType == operand.scalarType, "\(node.primitive)")
          let values = Interpreter.evaluate([image, cotangent, tangent, adjoint])
          // One of the types may be single precision (cast).
          let tolerance = node.scalarType == operand.scalarType ? 1e-12 : 1e-6
          #expect(
            isClose(dot(values[0], values[1]), dot(values[2], values[3]), relative: tolerance, absolute: tolerance),
            "\(node.primitive) operand \(i) leading \(leading)")
        }
      }
    }
    let isConstant = Self.leafKinds.union([.compare, .logical, .argsort, .detach]).contains(kind)
    #expect(isConstant ? tested == 0 : tested >= 50, "\(tested)")
  }

  @Test("Many directions at once are the same as one after another", arguments: PrimitiveKind.allCases)
  func directions(kind: PrimitiveKind) {
    var generator = RepeatableGenerator(seed: 4)
    for node in Self.samples(kind) where node.scalarType.isDifferentiable {
      let variables = distinct(node.operands.filter(\.scalarType.isDifferentiable))
      let count = 3
      let tangents = variables.map { variable in
        (0..<count).map { _ in randomNode(variable.shape, variable.scalarType, &generator) }
      }
      let together = pushforward(of: [node], seeds: Array(zip(variables, tangents.map(stacked))), lift: 1)[0]
      let oneByOne = (0..<count).map { k in
        pushforward(of: [node], seeds: Array(zip(variables, tangents.map { $0[k] })))[0]?.interpreted
          ?? [Double](repeating: 0, count: node.shape.count)
      }
      let all = together?.interpreted ?? [Double](repeating: 0, count: count * node.shape.count)
      #expect(mismatch(all, oneByOne.flatMap { $0 }, absolute: 1e-13) == nil, "\(node.primitive)")

      let cotangents = (0..<count).map { _ in randomNode(node.shape, node.scalarType, &generator) }
      let pulledTogether = pullback(of: [(node, stacked(cotangents))], to: variables, lift: 1)
      let pulledOneByOne = cotangents.map { pullback(of: [(node, $0)], to: variables) }
      for (v, variable) in variables.enumerated() {
        let separate = pulledOneByOne.flatMap {
          $0[v]?.interpreted ?? [Double](repeating: 0, count: variable.shape.count)
        }
        let all = pulledTogether[v]?.interpreted ?? [Double](repeating: 0, count: count * variable.shape.count)
        #expect(mismatch(all, separate, absolute: 1e-13) == nil, "\(node.primitive)")
      }
    }
  }

  @Test("What is detached is constant") func detached() {
    for node in Self.samples(.detach) {
      #expect(pullback(of: [(node, node.filled(with: 1))], to: node.operands) == [nil])
      #expect(pushforward(of: [node], seeds: [(node.operands[0], node.filled(with: 1))]) == [nil])
    }
  }

  @Test(
    "First to third derivatives equal central differences",
    arguments: realKinds.filter { $0 != .detach })
  func differences(kind: PrimitiveKind) {
    var generator = RepeatableGenerator(seed: 5)
    for node in Self.samples(kind) {
      // A rule's derivative is not that in the value, which is made anew at each point.
      let leaves = kind == .custom ? node.operands[1...] : node.operands[...]
      let variables = distinct(leaves.filter { $0.scalarType == .float64 })
      #expect(node.scalarType == .float64 && !variables.isEmpty)
      // Away from jumps and kinks: all coordinates between 0.3 and 2, no two of a node closer than the steps.
      let point = Dictionary(
        uniqueKeysWithValues: variables.map { variable in
          var elements = spread(variable.shape.count, &generator)
          if case .pointwise(.special(let function)) = node.primitive {
            // From the interval 0.5...2 into the domain.
            let domain = function.domain[node.operands.firstIndex(of: variable)!]
            elements = elements.map { domain.lowerBound + (domain.upperBound - domain.lowerBound) * ($0 - 0.5) / 1.5 }
          }
          let isMatrix = (kind == .solve || kind == .matrix) && variable === node.operands.last
          return (variable, isMatrix ? SampleBuilder.dominant(elements, variable.shape) : elements)
        })
      #expect(differenceMismatches(of: node, in: variables, at: point, &generator) == [], "\(node.primitive)")
    }
  }
}

/// What differs from central differences: derivatives of first to third order along random directions, in forward mode
/// and in reverse mode.
func differenceMismatches(
  of node: Node, in variables: [Node], at point: [Node: [Double]], _ generator: inout RepeatableGenerator
) -> [String] {
  var problems: [String] = []
  let weights = randomNode(node.shape, .float64, &generator)
  var current = Node(.sum(Array(0..<node.shape.rank)), [Node(.elementwise(.multiply), [weights, node])])
  for order in 1...3 {
    let directions = variables.map { randomNode($0.shape, .float64, &generator) }
    let slope = pushforward(of: [current], seeds: Array(zip(variables, directions)))[0]
    let exact = slope.map { Interpreter.evaluate([$0], inputs: point)[0][0] } ?? 0
    let estimate = centralDifference(of: current, at: point, along: directions.map(\.interpreted), variables)
    if !isClose(exact, estimate, relative: 1e-6, absolute: 1e-6) {
      problems.append("order \(order): \(exact), by differences \(estimate)")
    }
    let cotangents = pullback(of: [(current, current.filled(with: 1))], to: variables)
    let reverse = zip(cotangents, directions).reduce(0.0) { sum, pair in
      guard let cotangent = pair.0 else { return sum }
      return sum + dot(Interpreter.evaluate([cotangent], inputs: point)[0], pair.1.interpreted)
    }
    if !isClose(exact, reverse, relative: 1e-10, absolute: 1e-10) {
      problems.append("order \(order): forward \(exact), reverse \(reverse)")
    }
    guard let slope else { break }
    current = slope
  }
  return problems
}

/// An input with random elements.
func randomNode(_ shape: Shape, _ type: ScalarType, _ generator: inout RepeatableGenerator) -> Node {
  .input(generator.reals(shape.count), shape, type)
}

/// Nodes of one shape, one after another along a new leading axis.
func stacked(_ nodes: [Node]) -> Node {
  Node(.concatenate(axis: 0), nodes.map { Node(.reshape([1] + $0.shape), [$0]) })
}

func distinct(_ nodes: [Node]) -> [Node] {
  var seen = Set<Node>()
  return nodes.filter { seen.insert($0).inserted }
}

/// Numbers from 0.5 to 2 in random order, far from each other and from halves and wholes.
func spread(_ count: Int, _ generator: inout RepeatableGenerator) -> [Double] {
  let shift = generator.real(in: 0.2...0.8)
  return (0..<count).map { 0.51 + 1.47 * (Double($0) + shift) / Double(count) }.shuffled(using: &generator)
}

/// The slope along directions by a difference quotient of fourth order.
func centralDifference(
  of node: Node, at point: [Node: [Double]], along directions: [[Double]], _ variables: [Node], step: Double = 1e-3
) -> Double {
  func value(_ t: Double) -> Double {
    var moved = point
    for (variable, direction) in zip(variables, directions) {
      moved[variable] = zip(point[variable]!, direction).map { $0 + t * $1 }
    }
    return Interpreter.evaluate([node], inputs: moved)[0][0]
  }
  return (8 * (value(step) - value(-step)) - (value(2 * step) - value(-2 * step))) / (12 * step)
}

import TensorGraph

/// A body of a recurrence in which what does not depend on the carry is given: computed for all steps at once, outside.
struct HoistedBody {
  var results: [Node]
  var sequences: [(input: Node, rows: Node)]
  var constants: [(input: Node, value: Node)]

  /// Elements that a step computes faster than it gets to them: fewer are better computed for all steps at once, which
  /// takes memory for all steps.
  private static let smallCount = 256
  /// Memory for all steps is well spent on so many elements, or on at most so many times what all steps are given.
  static let modestCount = 1 << 22
  private static let growth = 4

  init(
    results: [Node], sequences: [(input: Node, rows: Node)], constants: [(input: Node, value: Node)]
  ) {
    self.results = results
    self.sequences = sequences
    self.constants = constants
  }

  init(
    _ results: [Node], carry: Node, sequences: [(input: Node, rows: Node)],
    constants: [(input: Node, value: Node)], count: Int
  ) {
    self.init(results: results, sequences: sequences, constants: constants)
    let given = carry.shape.count + sequences.reduce(0) { $0 + $1.input.shape.count }
    func isWorthwhile(_ node: Node) -> Bool {
      let isModest = node.shape.count <= Self.growth * given
      // Many products of rows with what is the same for all are better done as one.
      if case .contraction(let c) = node.primitive, !c.summed.isEmpty { return isModest }
      return node.shape.count <= Self.smallCount
        && (isModest || node.shape.count * count <= Self.modestCount)
    }
    var vectorization = Vectorization(count: count, rows: sequences, constants: constants)
    var known = Set<Node>()
    let order = Node.topologicalOrder(results)
    for node in order where node !== carry && node.operands.allSatisfy(known.contains) {
      if vectorization.add(node) { known.insert(node) }
    }
    // Where what is known meets what is not. Leaves and movement of them cost nothing in a step.
    var frontier: [Node] = []
    var seen = Set<Node>()
    var pending = order.filter { !known.contains($0) }.flatMap(\.operands) + results
    while let node = pending.popLast() {
      guard known.contains(node), seen.insert(node).inserted else { continue }
      if node.operands.isEmpty { continue }
      if case .linear(let primitive) = node.primitive, primitive.isMovement {
        pending += node.operands
      } else if isWorthwhile(node) {
        frontier.append(node)
      } else {
        pending += node.operands
      }
    }
    guard !frontier.isEmpty else { return }
    var replacements: [Node: Node] = [:]
    for node in order where frontier.contains(node) {
      let input = Node(.input(node.shape, node.scalarType))
      let (image, hasRows) = vectorization.image(of: node)
      replacements[node] = input
      if hasRows { self.sequences.append((input, image)) } else { self.constants.append((input, image)) }
    }
    self.results = Node.substituting(replacements, in: results)
    let used = Set(Node.topologicalOrder(self.results))
    self.sequences.removeAll { !used.contains($0.input) }
    self.constants.removeAll { !used.contains($0.input) }
  }
}

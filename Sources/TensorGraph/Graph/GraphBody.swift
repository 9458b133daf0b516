/// Expressions over inputs of their own, which stand for whatever is put in their place. Two bodies are equal if they
/// compute the same.
package struct GraphBody: Sendable {
  package let inputs: [Node]
  package let results: [Node]
  private let structure: GraphStructure

  /// - Parameter inputs: all inputs that the results are made of, and more if need be.
  package init(_ results: [Node], over inputs: [Node]) {
    self.inputs = inputs
    self.results = results
    let known = Set(inputs)
    let order = inputs + Node.topologicalOrder(results).filter { !known.contains($0) }
    var places: [Node: Int32] = [:]
    places.reserveCapacity(order.count)
    for (i, node) in order.enumerated() { places[node] = Int32(i) }
    let entries = order.map { node in
      GraphStructure.Entry(
        operation: known.contains(node) ? .argument(node.shape, node.scalarType) : .primitive(node.primitive),
        operands: known.contains(node) ? [] : node.operands.map { places[$0]! })
    }
    structure = GraphStructure(entries: entries, outputs: results.map { places[$0]! })
  }

  /// The number of operations and inputs.
  package var nodeCount: Int { structure.entries.count }

  /// The results with other nodes in place of the inputs.
  package func applied(to operands: [Node]) -> [Node] {
    // An input that occurs twice has one operand.
    Node.substituting(Dictionary(zip(inputs, operands), uniquingKeysWith: { first, _ in first }), in: results)
  }
}

extension GraphBody: Hashable {
  package static func == (left: GraphBody, right: GraphBody) -> Bool {
    left.inputs.count == right.inputs.count && left.structure == right.structure
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(structure) }
}

extension GraphBody {
  /// The body of some expressions in given nodes, and what its further inputs stand for: whatever else the expressions are
  /// made of. Literals and repetitions stay with the expressions.
  package static func closed(_ results: [Node], in given: [Node]) -> (body: GraphBody, captured: [Node]) {
    let captured = Self.captured(by: results, over: Set(given))
    let operands = given + captured
    let inputs = operands.map { Node(.input($0.shape, $0.scalarType)) }
    let replacements = Dictionary(uniqueKeysWithValues: zip(operands, inputs))
    return (GraphBody(Node.substituting(replacements, in: results), over: inputs), captured)
  }

  /// What expressions are made of besides some nodes: where they end whatever those are.
  static func captured(by roots: [Node], over inputs: Set<Node>) -> [Node] {
    let order = Node.topologicalOrder(
      roots, entering: { !inputs.contains($0) && $0.value == nil && !$0.isDeferred })
    var varying = inputs
    for node in order where node.value == nil && !node.isDeferred {
      if node.operands.contains(where: varying.contains) { varying.insert(node) }
    }
    var found: [Node] = []
    var seen = Set<Node>()
    var pending = roots.filter { !varying.contains($0) }
    pending += order.filter { varying.contains($0) && !inputs.contains($0) }.flatMap(\.operands)
      .filter { !varying.contains($0) }
    pending.reverse()
    while let node = pending.popLast() {
      guard seen.insert(node).inserted else { continue }
      // A number that a user holds may be a variable.
      let isOpen = !node.isExposed && node.value == nil && !node.isDeferred
      if isOpen, node.operands.isEmpty, !node.isInput { continue }
      if isOpen, case .linear(.broadcast) = node.primitive {
        pending.append(node.operands[0])
      } else {
        found.append(node)
      }
    }
    return found
  }
}

extension Node {
  /// The same expressions over other leaves: every node above a replaced one is made anew, the rest is shared.
  ///
  /// - Parameter replacements: nodes and what takes their place, of the same shape and type.
  /// - Complexity: O(nodes above the replaced ones).
  package static func substituting(_ replacements: [Node: Node], in roots: [Node]) -> [Node] {
    var made = replacements
    for node in topologicalOrder(roots, entering: { replacements[$0] == nil }) where made[node] == nil {
      let operands = node.operands
      guard operands.contains(where: { made[$0] != nil && made[$0] !== $0 }) else {
        made[node] = node
        continue
      }
      made[node] = Node(node.primitive, operands.map { made[$0]! })
    }
    return roots.map { made[$0]! }
  }

  /// Whether this is a leaf, or moves what may as well be moved again. Tables of whole numbers are wanted in one piece by
  /// the steps that read them.
  private var costsNothing: Bool {
    guard case .linear(let primitive) = primitive else { return operands.isEmpty || isCast || isDetached }
    switch primitive {
    case .slice, .permute: return !scalarType.isInteger
    case .broadcast, .reshape, .embed: return true
    case .gather, .scatterAdd, .sum, .cumulativeSum: return false
    }
  }

  /// The same expressions with one node in the place of several that are the same operations on the same leaves.
  ///
  /// - Parameter nodes: those that are compared.
  /// - Complexity: O(nodes below).
  package static func unifying(_ nodes: [Node], in roots: [Node]) -> [Node] {
    var interned = InternedNodes()
    var replacements: [Node: Node] = [:]
    for node in nodes {
      let known = interned(node, isEnd: { $0.isInput || $0.isDeferred || $0.value != nil })
      if known != node { replacements[node] = known }
    }
    return replacements.isEmpty ? roots : substituting(replacements, in: roots)
  }

  /// The nodes that do not depend on `arguments` but are operands of nodes that do: what is worth computing once and
  /// keeping while the arguments change. Leaves, and movement that costs nothing, are looked through.
  package static func invariants(of roots: [Node], arguments: Set<Node>) -> [Node] {
    var varying = arguments
    var pending: [Node] = []
    let order = topologicalOrder(roots, entering: { !arguments.contains($0) && $0.value == nil })
    for node in order where node.value == nil {
      let start = pending.count
      let operands = node.operands
      for operand in operands where !varying.contains(operand) { pending.append(operand) }
      if pending.count - start < operands.count, !arguments.contains(node) {
        varying.insert(node)
      } else {
        pending.removeLast(pending.count - start)
      }
    }
    var found: [Node] = []
    var seen = Set<Node>()
    while let node = pending.popLast() {
      guard node.value == nil, seen.insert(node).inserted else { continue }
      if node.costsNothing { pending += node.operands } else { found.append(node) }
    }
    return found
  }
}

extension Node {
  /// The nodes of 64 bits of which all that others do is to read or to add up elements at these places, along axes that need
  /// no more than 32.
  package static func tables(among nodes: [Node], of roots: [Node]) -> Set<Node> {
    var tables = Set(nodes.filter { $0.scalarType == .int64 })
    for root in roots { tables.remove(root) }
    if tables.isEmpty { return tables }
    let ends = Set(nodes)
    for user in topologicalOrder(roots, entering: { !ends.contains($0) && $0.value == nil })
    where !ends.contains(user) && user.value == nil {
      for (number, operand) in user.operands.enumerated() where tables.contains(operand) {
        guard
          number != 1
            || user.linearPrimitive?.placeExtent(in: user.operands[0].shape).map({ $0 >= Int(Int32.max) }) ?? true
        else { continue }
        tables.remove(operand)
      }
    }
    return tables
  }
}

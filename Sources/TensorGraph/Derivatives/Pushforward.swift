/// Forward mode: tangents of nodes for given tangents of other nodes.
///
/// - Parameters:
///   - outputs: the nodes whose tangents are wanted.
///   - seeds: nodes and their tangents, each of the node's shape behind `lift` direction axes. What lies below a seed
///     is cut off, except that a seed below another seed still contributes through other paths.
///   - lift: the number of leading direction axes.
///   - leaves: nodes below which there is no seed, so that nobody need look.
///   - inputsMove: whether zeros of tangents and inputs may be those of this point only (`ChainRule`).
/// - Returns: for each output its tangent, or nil where it is structurally zero.
/// - Complexity: adds O(1) nodes per node between the seeds and the outputs.
package func pushforward(
  of outputs: [Node], seeds: [(node: Node, tangent: Node)], lift: Int = 0, leaves: [Node] = [],
  inputsMove: Bool = false
) -> [Node?] {
  push(outputs, seeds.map { ($0, .dense($1)) }, lift, leaves, inputsMove)
}

/// Forward mode along unit directions of one node: for each output its tangents behind one direction axis.
package func pushforward(of outputs: [Node], along units: UnitTensor, of node: Node) -> [Node?] {
  push(outputs, [(node, .units(units))], 1, [], false)
}

private func push(
  _ outputs: [Node], _ seeds: [(node: Node, tangent: Directions)], _ lift: Int, _ leaves: [Node],
  _ inputsMove: Bool
) -> [Node?] {
  var tangents: [Node: Directions] = [:]
  for (node, tangent) in seeds where !tangent.isZero { tangents[node] = tangent }
  let seeded = Set(seeds.map(\.node))
  func isLeaf(_ node: Node) -> Bool { leaves.contains { $0 === node } }
  let floor = VariableFloor(seeds.lazy.map(\.node))
  let order = Node.topologicalOrder(
    outputs,
    entering: { node in
      floor.isBelow(node) && !seeded.contains(node) && node.scalarType.isDifferentiable && !isLeaf(node)
    })
  let chain = ChainRule(order, variables: seeded, leaves: leaves, inputsMove: inputsMove)
  for node in order {
    // What a leaf is made of may be seeded, and it is a leaf all the same.
    guard tangents[node] == nil, !seeded.contains(node), !node.isDetached, !isLeaf(node) else { continue }
    if case .scan(let recurrence) = node.primitive {
      // All operands' at once: the steps of one scan.
      let operands = node.operands.map { tangents[$0]?.node }
      if operands.contains(where: { $0 != nil }) {
        tangents[node] = .dense(recurrence.tangent(of: node, operands, lift: lift))
      }
      continue
    }
    var total: Directions?
    for (i, operand) in node.operands.enumerated() {
      guard let tangent = tangents[operand], let map = chain.linearization(node, i) else { continue }
      let contribution = tangent.applying(map, lift: lift, chain)
      if contribution.isZero { continue }
      total = total.map { $0 + contribution } ?? contribution
    }
    tangents[node] = total
  }
  return outputs.map { tangents[$0]?.node }
}

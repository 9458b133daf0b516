/// Forward mode: tangents of nodes for given tangents of other nodes.
///
/// - Parameters:
///   - outputs: the nodes whose tangents are wanted.
///   - seeds: nodes and their tangents, each of the node's shape behind `lift` direction axes. What lies below a seed
///     is cut off, except that a seed below another seed still contributes through other paths.
///   - lift: the number of leading direction axes.
/// - Returns: for each output its tangent, or nil where it is structurally zero.
/// - Complexity: adds O(1) nodes per node between the seeds and the outputs.
package func pushforward(of outputs: [Node], seeds: [(node: Node, tangent: Node)], lift: Int = 0) -> [Node?] {
  var tangents: [Node: Node] = [:]
  for (node, tangent) in seeds where !tangent.isZero { tangents[node] = tangent }
  let seeded = Set(seeds.map(\.node))
  for node in Node.topologicalOrder(outputs, entering: { !seeded.contains($0) && $0.scalarType.isDifferentiable }) {
    guard tangents[node] == nil, !seeded.contains(node), node.primitive != .detach else { continue }
    var total: Node?
    for (i, operand) in node.operands.enumerated() {
      guard let tangent = tangents[operand], let map = node.linearization(i) else { continue }
      let contribution = map.apply(tangent, lift: lift)
      if contribution.isZero { continue }
      total = total.map { $0 + contribution } ?? contribution
    }
    tangents[node] = total
  }
  return outputs.map { tangents[$0] }
}

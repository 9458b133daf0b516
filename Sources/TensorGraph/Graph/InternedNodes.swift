/// One node for all that are the same operations on the same leaves.
struct InternedNodes {
  private var canonical: [Node: Node] = [:]
  private var known: [NodeKey: Node] = [:]

  /// Lets a node stand for itself only, although others may look the same.
  mutating func isolate(_ node: Node) { canonical[node] = node }

  /// The one node that stands for all structurally equal to `node`: the first of them, in which users may ask for derivatives.
  ///
  /// - Parameters:
  ///   - isEnd: whether a node stands for itself, whatever it is made of.
  ///   - visit: is called for each node that was not looked at before.
  mutating func callAsFunction(
    _ node: Node, isEnd: (Node) -> Bool = { _ in false }, visit: () -> Void = {}
  ) -> Node {
    if let known = canonical[node] { return known }
    for next in Node.topologicalOrder([node], entering: { canonical[$0] == nil && !isEnd($0) })
    where canonical[next] == nil {
      visit()
      if isEnd(next) {
        canonical[next] = next
      } else {
        let key = NodeKey(next, operands: next.operands.map { canonical[$0]! })
        canonical[next] = known[key] ?? next
        known[key] = canonical[next]
      }
    }
    return canonical[node]!
  }
}

extension Node {
  /// Nodes whose sum this is, found through what is linear; this node alone if it is no sum.
  ///
  /// - Parameter limit: how many are wanted at most.
  /// - Complexity: O(what lies between this node and its summands), times these.
  package func summands(limit: Int) -> [Node] {
    var result = [self]
    var next = 0
    while next < result.count, result.count < limit {
      if let parts = result[next].split(), result.count + parts.count <= limit + 1 {
        result.replaceSubrange(next...next, with: parts)
      } else {
        next += 1
      }
    }
    return result
  }

  /// How far down a sum is looked for.
  private static let splitDepth = 64

  /// The image of each summand of the nearest sum below; nil if that lies under something else than linear maps.
  private func split() -> [Node]? {
    var node = self
    var maps: [LinearMap] = []
    while maps.count < Self.splitDepth, !node.isDeferred {
      var parts: [(operand: Node, map: LinearMap)] = []
      for (i, operand) in node.operands.enumerated() {
        guard let map = node.linearization(i) else { continue }
        guard map.isConstant else { return nil }
        parts.append((operand, map))
      }
      guard let first = parts.first else { return nil }
      if parts.count > 1 {
        return parts.map { part in
          (maps + [part.map]).reversed().reduce(part.operand) { $1.apply($0, lift: 0, ChainRule()) }
        }
      }
      maps.append(first.map)
      node = first.operand
    }
    return nil
  }
}

extension LinearMap {
  /// Whether the map moves and adds, or multiplies by a number: then what it is the derivative of is linear.
  fileprivate var isConstant: Bool {
    switch self {
    case .identity, .structural: true
    case .scale(let factor): factor.fillLiteral != nil
    case .cast, .mask, .contraction, .composed, .solve, .expression, .opaque: false
    }
  }
}

extension TermRealization {
  /// The tangent of a node as terms, for a seed of its variable: forward mode on terms.
  ///
  /// - Parameters:
  ///   - termCap: a node with more terms is made dense (`TermSpace.materialized`).
  ///   - workLimit: how many terms may be made before the sweep gives up.
  /// - Returns: nil if the sweep gave up.
  /// - Complexity: one visit per node, times the terms it has.
  func tangent(of output: Node, variable: Node, seed: [Term], termCap: Int, workLimit: Int) -> [Term]? {
    var work = 0
    space.isolate(variable)
    var terms: [Node: [Term]] = [space.interned(variable): seed]
    var seen: Set<Node> = [space.interned(variable)]
    let order = Node.topologicalOrder(
      [output], entering: { $0 !== variable && $0.scalarType.isDifferentiable && $0.primitive != .detach })
    space.chain = ChainRule(order, variables: [variable])
    for original in order {
      let node = space.interned(original)
      guard seen.insert(node).inserted, node.primitive != .detach else { continue }
      var result: [Term] = []
      // Sums and movement only collect terms; factors come from products, and there the cap holds.
      var multiplies = false
      for (i, operand) in original.operands.enumerated() {
        guard let tangent = terms[space.interned(operand)], let map = space.chain.linearization(original, i) else {
          continue
        }
        multiplies = multiplies || map.multiplies
        result += images(of: tangent, under: map, from: operand.shape, to: original.shape)
      }
      // A few terms per node are the price of any sweep; what counts is many.
      work += max(0, result.count - 8)
      if work > workLimit { return nil }
      result = space.combined(result.compactMap { space.normalized($0).map(space.eliminated) })
      if result.isEmpty { continue }
      if result.count > termCap, multiplies { result = space.materialized(result, shape: original.shape) }
      terms[node] = result
    }
    return terms[space.interned(output)] ?? []
  }

  /// The images of terms, one by one where there is a law, made dense where not.
  private func images(of terms: [Term], under map: LinearMap, from shape: Shape, to result: Shape) -> [Term] {
    var images: [Term] = []
    var opaque: [Term] = []
    for term in terms {
      if let image = space.image(of: term, under: map, from: shape) { images += image } else { opaque.append(term) }
    }
    for term in space.materialized(opaque, shape: shape) {
      let factor = term.factors[0]
      let dense = node(of: factor.source)
      let lift = factor.indices.count - shape.rank
      let image = map.apply(dense, lift: lift, space.chain)
      let axes = result.dimensions.map { space.labels.freshIndex($0) }
      images.append(
        Term(
          factors: [space.factor(image, at: Array(factor.indices[..<lift]) + axes)], directions: term.directions,
          axes: axes))
    }
    return images
  }
}

extension LinearMap {
  /// Whether the map multiplies by a tensor rather than moves or adds.
  fileprivate var multiplies: Bool {
    switch self {
    case .scale, .mask, .contraction: true
    case .structural(.solve, _), .expression, .opaque: true
    case .identity, .structural, .placed: false
    case .composed(let first, let second): first.multiplies || second.multiplies
    }
  }
}

extension TermRealization {
  /// The tangent of a node as terms, for a seed of its variable: forward mode on terms.
  ///
  /// - Parameters:
  ///   - directions: how many directions the seed stands for.
  ///   - termCap: a node with more terms is made dense (`TermSpace.materialized`), a small node earlier.
  /// - Throws: `PlanningLimit` if that is more work than it may be.
  /// - Complexity: one visit per node, times the terms it has.
  func tangent(
    of output: Node, variable: Node, seed: [Term], directions: Int, termCap: Int
  ) throws(PlanningLimit) -> [Term] {
    let work = space.work
    space.isolate(variable)
    var terms: [Node: [Term]] = [space.interned(variable): seed]
    var seen: Set<Node> = [space.interned(variable)]
    let floor = VariableFloor(variable)
    let order = Node.topologicalOrder(
      [output], entering: { floor.isBelow($0) && $0.scalarType.isDifferentiable && !$0.isDetached })
    work.spend(2 * order.count)
    space.chain = ChainRule(order, variables: [variable])
    for (number, original) in order.enumerated() {
      guard work.allowsPushing else { throw PlanningLimit() }
      let node = space.interned(original)
      guard seen.insert(node).inserted, !node.isDetached else { continue }
      var result: [Term] = []
      // Sums and movement only collect terms; factors come from products, and there the cap holds.
      var multiplies = false
      for (i, operand) in original.operands.enumerated() {
        guard let tangent = terms[space.interned(operand)], let map = space.chain.linearization(original, i) else {
          continue
        }
        multiplies = multiplies || map.multiplies
        result += try images(of: tangent, under: map, from: operand.shape, to: original.shape)
      }
      result = space.combined(
        result.compactMap { space.normalized($0).map(space.eliminated).map(space.withFewFactors) })
      if result.isEmpty { continue }
      let hasLookups = result.contains(where: space.hasLookups)
      let cap = min(
        hasLookups ? Self.termCapWithLookups : termCap,
        Self.termCap(elements: Double(directions) * Double(original.shape.count)),
        max(2, work.restForPushing / (order.count - number) / Self.workPerTerm))
      if result.count > cap {
        if hasLookups {
          result = space.withLikeTermsAdded(result, factorCount: .max, enlarges: false)
          let limit = multiplies ? 3 * cap : termCap
          if result.count > limit { result = space.withLikeTermsAdded(result, factorCount: .max) }
        } else if multiplies {
          result = space.materialized(result, shape: original.shape)
        } else {
          result = space.withLikeTermsAdded(result, factorCount: 1)
          if result.count > cap { result = space.withLikeTermsAdded(result, factorCount: .max) }
        }
      }
      terms[node] = result
    }
    return terms[space.interned(output)] ?? []
  }

  /// How many terms a node may have if some have lookups: there those that put elements in the same places are added up,
  /// which costs no more than a step of a forward sweep over the elements.
  private static let termCapWithLookups = 8

  /// Units of planning work for a term at a node, what it becomes later included.
  private static let workPerTerm = 60

  /// How many terms are worth carrying in place of so many elements: each takes some steps, however small it is.
  private static func termCap(elements: Double) -> Int { Int(max(8, min(elements / 512, Double(DeltaPlan.termCap)))) }

  /// The images of terms, one by one where there is a law, made dense where not.
  private func images(
    of terms: [Term], under map: LinearMap, from shape: Shape, to result: Shape
  ) throws(PlanningLimit) -> [Term] {
    var images: [Term] = []
    var opaque: [Term] = []
    for term in terms {
      if let image = space.image(of: term, under: map, from: shape) { images += image } else { opaque.append(term) }
    }
    for term in space.materialized(opaque, shape: shape) {
      let factor = term.factors[0]
      let dense = try node(of: factor.source)
      space.work.spend(Self.workPerFactor)
      let lift = factor.indices.count - shape.rank
      let directions = Double(dense.shape.count) / Double(max(shape.count, 1))
      try spend(planner.model.pushing(directions, under: map, from: shape, to: result))
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
    case .solve, .expression, .opaque: true
    case .identity, .cast, .structural: false
    case .composed(let first, let second): first.multiplies || second.multiplies
    }
  }
}

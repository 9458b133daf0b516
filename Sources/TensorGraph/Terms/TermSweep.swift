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
      let tangents = original.operands.map { terms[space.interned($0)] ?? [] }
      if let joint = try scanImages(of: tangents, at: original) {
        (result, multiplies) = (joint, true)
      } else {
        for i in tangents.indices where !tangents[i].isEmpty {
          guard let map = space.chain.linearization(original, i) else { continue }
          multiplies = multiplies || map.multiplies
          result += try images(of: tangents[i], under: map, at: original, operand: i)
        }
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

  /// The images of terms under the derivative of a node in an operand: one by one where there is a law, as products with blocks
  /// where these are smaller than what the terms stand for, made dense where not.
  private func images(
    of terms: [Term], under map: LinearMap, at node: Node, operand i: Int
  ) throws(PlanningLimit) -> [Term] {
    let (shape, result) = (node.operands[i].shape, node.shape)
    var images: [Term] = []
    var opaque: [Term] = []
    for term in terms {
      if let image = space.image(of: term, under: map, from: shape) { images += image } else { opaque.append(term) }
    }
    if let least = opaque.map({ space.size($0.directionLabels) }).min(),
      let blocks = try MapBlocks(of: map, at: node, operand: i, insteadOf: least, self)
    {
      return images + opaque.map { blocks.image(of: $0, in: space) }
    }
    for (term, dense, lift) in try materialized(opaque, shape) {
      let directions = Double(dense.shape.count) / Double(max(shape.count, 1))
      try spend(planner.model.pushing(directions, under: map, from: shape, to: result))
      images.append(term.replaced(by: map.apply(dense, lift: lift, space.chain), lift: lift, in: space))
    }
    return images
  }

  /// The images of the tangents of a scan's operands, all in one scan; nil for another operation, or if only one moves.
  private func scanImages(of tangents: [[Term]], at node: Node) throws(PlanningLimit) -> [Term]? {
    guard tangents.count(where: { !$0.isEmpty }) > 1, case .scan(let recurrence) = node.primitive else { return nil }
    /// Tangents along the same directions.
    var groups: [(key: [Int], term: Term, lift: Int, operands: [Node?], cost: Cost)] = []
    for (i, terms) in tangents.enumerated() where !terms.isEmpty {
      guard let map = space.chain.linearization(node, i) else { continue }
      let shape = node.operands[i].shape
      for (term, dense, lift) in try materialized(terms, shape) {
        let key = term.directions.flatMap { index in
          [index.offset] + index.descending.flatMap { [$0.stride, space.labels[$0.label]] } + [-1]
        }
        let directions = Double(dense.shape.count) / Double(max(shape.count, 1))
        let cost = planner.model.pushing(directions, under: map, from: shape, to: node.shape)
        if let known = groups.firstIndex(where: { $0.key == key && $0.operands[i] == nil }) {
          groups[known].operands[i] = dense
        } else {
          var operands = [Node?](repeating: nil, count: tangents.count)
          operands[i] = dense
          groups.append((key, term, lift, operands, cost))
        }
      }
    }
    var images: [Term] = []
    for (_, term, lift, operands, cost) in groups {
      try spend(cost)
      images.append(term.replaced(by: recurrence.tangent(of: node, operands, lift: lift), lift: lift, in: space))
    }
    return images
  }

  /// Terms made dense: each with its tensor, whose leading axes are directions, and how many these are.
  private func materialized(
    _ terms: [Term], _ shape: Shape
  ) throws(PlanningLimit) -> [(term: Term, dense: Node, lift: Int)] {
    var result: [(Term, Node, Int)] = []
    for term in space.materialized(terms, shape: shape) {
      let factor = term.factors[0]
      space.work.spend(Self.workPerFactor)
      result.append((term, try node(of: factor.source), factor.indices.count - shape.rank))
    }
    return result
  }
}

extension Term {
  /// A dense term with another tensor along the same directions.
  fileprivate func replaced(by image: Node, lift: Int, in space: TermSpace) -> Term {
    let axes = image.shape.dimensions[lift...].map { space.labels.freshIndex($0) }
    return Term(
      factors: [space.factor(image, at: Array(factors[0].indices[..<lift]) + axes)], directions: directions, axes: axes)
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

extension TermSpace {
  /// The same term with factors read through movement and products, constants in the coefficient, and sums over labels
  /// that no factor carries any more replaced by their extents. Nil if it is zero.
  func normalized(_ term: Term) -> Term? {
    work.spend(2 * term.weight)
    var coefficient = term.coefficient
    var factors: [Factor] = []
    var pending = [Factor](term.factors.reversed())
    while let factor = pending.popLast() {
      guard case .node(let node) = sources[factor.source], !opaque.contains(factor.source) else {
        factors.append(factor)
        continue
      }
      if let constant = constantFactor(node) {
        coefficient *= constant
      } else if let parts = readThrough(
        node, factor.indices, splits: factors.count + pending.count < Self.factorLimit)
      {
        work.spend(2)
        if parts.negates { coefficient = -coefficient }
        pending.append(contentsOf: parts.factors.reversed())
      } else {
        factors.append(factor)
      }
    }
    guard coefficient != 0 else { return nil }
    var result = Term(
      coefficient: coefficient, factors: shieldingSingularities(pairingReciprocals(factors)),
      directions: term.directions, axes: term.axes)
    absorbIdleLabels(before: term.labels, &result)
    return withSimpleLookups(result)
  }

  /// Products are taken apart into no more factors than this: powers of products would have any number.
  static let factorLimit = 12

  /// A sum over a label that has left the term is a multiplication by its extent.
  func absorbIdleLabels(before: [Label], _ term: inout Term) {
    let after = term.labels
    for label in before where !after.contains(label) { term.coefficient *= Double(labels[label]) }
  }

  private func constantFactor(_ node: Node) -> Double? {
    guard let value = node.fillLiteral?.double, value.isFinite else { return nil }
    return value
  }

  /// What a node that only moves or multiplies reads at the given indices, or nil if it computes something.
  ///
  /// - Parameter splits: whether it may become several factors.
  private func readThrough(
    _ node: Node, _ indices: [AffineIndex], splits: Bool
  ) -> (factors: [Factor], negates: Bool)? {
    func read(_ operand: Int, _ indices: [AffineIndex]) -> Factor { factor(node.operands[operand], at: indices) }
    if case .linear(let primitive) = node.primitive {
      return operandIndices(primitive, node.operands[0].shape, indices).map { ([read(0, $0)], false) }
    }
    switch node.scalarFunction {
    case .negate: return ([read(0, indices)], true)
    case .multiply:
      // f'/f stays in the range of numbers, where 1/f may leave it.
      if !splits || node.operands.contains(where: \.hasReciprocal) { return nil }
      return ([read(0, indices), read(1, indices)], false)
    case .scale:
      // 0 · ∞ = 0 is kept by not taking such a product apart.
      if !splits || isSingular(node.operands[0]) || isSingular(node.operands[1]) { return nil }
      return ([read(0, indices), read(1, indices)], false)
    case .square:
      return node.operands[0].isReciprocal ? ([read(0, indices), read(0, indices)], false) : nil
    // What is no product.
    default: break
    }
    if case .contraction(let c) = node.primitive, splits, c.summed.isEmpty {
      func place(_ list: [Int]) -> [AffineIndex] { list.map { indices[c.output.firstIndex(of: $0)!] } }
      return ([read(0, place(c.left)), read(1, place(c.right))], false)
    }
    guard case .pointwise(.select) = node.primitive else { return nil }
    // What is masked is a product with the mask, unless the mask hides an infinity.
    let keeps = node.operands[2].isZero
    let (value, other) = (node.operands[keeps ? 1 : 2], node.operands[keeps ? 2 : 1])
    guard other.isZero, !isSingular(value) else { return nil }
    return (
      [factor(node.operands[0].indicator(keeps, scalarType), at: indices), read(keeps ? 1 : 2, indices)], false
    )
  }

  /// The indices of the operand's element that the image has at some indices; nil where it is no element of the operand.
  private func operandIndices(
    _ primitive: LinearPrimitive, _ operand: Shape, _ indices: [AffineIndex]
  ) -> [AffineIndex]? {
    switch primitive {
    case .broadcast(let shape, let axes):
      return axes.indices.map { operand[$0] == shape[axes[$0]] ? indices[axes[$0]] : AffineIndex(0) }
    case .permute(let order):
      var moved = indices
      for (axis, source) in order.enumerated() { moved[source] = indices[axis] }
      return moved
    case .slice(let slices): return zip(slices, indices).map { $0.position(of: $1) }
    case .reshape(let shape): return reshapedIndices(indices, from: shape, to: operand, splits: false)?.indices
    case .embed, .gather, .scatterAdd, .sum, .cumulativeSum: return nil
    }
  }

  /// Indices of a reshaped tensor, axis group by axis group: merged, then taken apart into digits.
  func reshapedIndices(
    _ indices: [AffineIndex], from old: Shape, to new: Shape, splits: Bool
  ) -> (indices: [AffineIndex], substitution: Substitution)? {
    var result: [AffineIndex] = []
    var total = Substitution()
    var i = 0
    var j = 0
    while i < old.rank || j < new.rank {
      // The shortest groups of axes with the same number of elements.
      var (oldGroup, newGroup) = ([Int](), [Int]())
      var (oldCount, newCount) = (1, 1)
      while (oldGroup.isEmpty && i < old.rank) || (newGroup.isEmpty && j < new.rank) || oldCount != newCount {
        if (oldCount <= newCount && i < old.rank) || j >= new.rank {
          oldCount *= old[i]
          oldGroup.append(i)
          i += 1
        } else {
          newCount *= new[j]
          newGroup.append(j)
          j += 1
        }
      }
      var merged = AffineIndex(0)
      for axis in oldGroup {
        merged = merged.scaled(by: old[axis])
        merged.add(total(indices[axis]))
      }
      if newGroup.isEmpty { continue }
      guard let (digits, substitution) = digits(of: merged, radices: newGroup.map { new[$0] }, splits: splits) else {
        return nil
      }
      if !substitution.isEmpty {
        result = result.map { substitution($0) }
        total = total.followed(by: substitution)
      }
      result += digits
    }
    return (result, total)
  }

  private func digits(
    of form: AffineIndex, radices: [Int], splits: Bool
  ) -> (digits: [AffineIndex], substitution: Substitution)? {
    labels.digits(of: form, radices: radices, splits: splits)
  }

  /// Multiplies reciprocals into factors that grow, if there are several: 1/f² leaves the range of numbers long before f'/f
  /// does, and factors of a product may be multiplied in any order.
  private func pairingReciprocals(_ factors: [Factor]) -> [Factor] {
    func node(_ factor: Factor) -> Node? {
      if case .node(let node) = sources[factor.source] { node } else { nil }
    }
    let reciprocals = factors.indices.filter { node(factors[$0])?.isReciprocal ?? false }
    let pairs = factors.count { opaque.contains($0.source) }
    guard !reciprocals.isEmpty, reciprocals.count + pairs > 1 else { return factors }
    var result = factors
    var isPaired = [Bool](repeating: false, count: factors.count)
    for j in factors.indices where !reciprocals.contains(j) && !opaque.contains(factors[j].source) {
      guard let partner = node(factors[j]), partner.grows, let i = reciprocals.first(where: { !isPaired[$0] }),
        let reciprocal = node(factors[i])
      else { continue }
      guard let spread = spread(reciprocal, factors[i].indices, over: partner, factors[j].indices) else { continue }
      let product = chain.product(spread, partner)
      result[j] = factor(product, at: factors[j].indices)
      opaque.insert(result[j].source)
      isPaired[i] = true
    }
    return result.indices.filter { !isPaired[$0] }.map { result[$0] }
  }

  /// A node repeated over another, if it is read at indices of that.
  private func spread(
    _ node: Node, _ indices: [AffineIndex], over other: Node, _ places: [AffineIndex]
  ) -> Node? {
    var axes: [Int] = []
    for (axis, index) in indices.enumerated() {
      // An axis of one element may lie anywhere: best where it does in what a reduction kept.
      let next = axes.last.map { $0 + 1 } ?? 0
      let place = node.shape[axis] == 1 ? (next < places.count ? next : nil) : places[next...].firstIndex(of: index)
      guard let place, node.shape[axis] == 1 || node.shape[axis] == other.shape[place] else { return nil }
      axes.append(place)
    }
    return node.broadcast(to: other.shape, axes: axes)
  }

  /// Multiplies factors which are read at the indices of a possibly infinite factor into it, by the product that keeps
  /// exact zeros: a mask must meet 1/0 before any sum does.
  private func shieldingSingularities(_ factors: [Factor]) -> [Factor] {
    func node(_ factor: Factor) -> Node? {
      if case .node(let node) = sources[factor.source] { node } else { nil }
    }
    guard factors.count > 1, factors.contains(where: { node($0).map(isSingular) ?? false }) else { return factors }
    var result: [Factor] = []
    var done = [Bool](repeating: false, count: factors.count)
    for i in factors.indices where !done[i] {
      let same = factors.indices.filter { j in
        !done[j] && factors[j].indices == factors[i].indices && node(factors[j]) != nil
          && shape(factors[j].source) == shape(factors[i].source)
      }
      let nodes = same.map { node(factors[$0])! }
      guard same.contains(i), same.count > 1, nodes.contains(where: isSingular) else {
        result.append(factors[i])
        done[i] = true
        continue
      }
      for j in same { done[j] = true }
      let ordered = nodes.filter { !isSingular($0) } + nodes.filter(isSingular)
      let product = ordered.dropFirst().reduce(ordered[0]) { chain.product($0, $1) }
      singular[interned(product)] = true
      result.append(factor(product, at: factors[i].indices))
    }
    return result
  }

  /// Whether elements of a node may be infinite or undefined where its own operands are ordinary numbers.
  func isSingular(_ node: Node) -> Bool {
    if let known = singular[node] { return known }
    let relevant = Node.topologicalOrder([node]) { self.singular[$0] == nil && Self.passesSingularities($0) }
    for next in relevant where singular[next] == nil {
      singular[next] =
        Self.createsSingularities(next)
        || (Self.passesSingularities(next) && next.operands.contains { singular[$0] ?? false })
    }
    return singular[node] ?? false
  }

  private static func createsSingularities(_ node: Node) -> Bool {
    if case .pointwise(let function) = node.primitive { function.facts.hasPoles } else { false }
  }

  private static func passesSingularities(_ node: Node) -> Bool {
    if case .linear(let primitive) = node.primitive { return primitive.isMovement }
    if case .pointwise(let function) = node.primitive { return function.isDifferentiable }
    if case .concatenate = node.primitive { return true }
    return false
  }
}

extension Node {
  /// 1 where a mask is as asked, 0 elsewhere; repeated where the mask is, so that terms can read through that.
  fileprivate func indicator(_ isTrue: Bool, _ type: ScalarType) -> Node {
    if case .linear(.broadcast(let shape, let axes)) = primitive {
      return operands[0].indicator(isTrue, type).broadcast(to: shape, axes: axes)
    }
    return (isTrue ? self : .logical(.not, self)).cast(to: type)
  }
}

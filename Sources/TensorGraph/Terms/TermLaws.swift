/// THE LAWS: what a linear map makes of a term. Directions are never touched, so a delta stays a delta.
extension TermSpace {
  /// The image of a term under a linear map, or nil if it is not a sum of terms (or not seen to be): then the caller
  /// makes the term dense, which is always legal.
  ///
  /// - Parameter shape: the shape of the operand.
  func image(of term: Term, under map: LinearMap, from shape: Shape) -> [Term]? {
    work.spend(term.weight)
    switch map {
    case .identity: return [term]
    case .scale(let node):
      var scaled = term
      scaled.factors.append(factor(node, at: term.axes))
      return [scaled]
    case .mask(let mask, let keeping):
      var masked = term
      let kept = keeping ? mask : Node.logical(.not, mask)
      masked.factors.append(factor(kept.cast(to: scalarType), at: term.axes))
      return [masked]
    case .contraction(let tangent, let other, let otherLabels, let output):
      return contract(term, tangent, other, otherLabels, output)
    case .structural(let primitive, let indices): return move(term, primitive, indices, from: shape)
    case .composed(let first, let second):
      guard let middle = image(of: term, under: first, from: shape) else { return nil }
      var result: [Term] = []
      for term in middle {
        guard let images = image(of: term, under: second, from: first.resultShape(for: shape)) else { return nil }
        result += images
      }
      return result
    case .cast, .solve, .expression, .opaque: return nil
    }
  }

  /// Labels of the product stand for the indices of the term where the term has them, and are fresh elsewhere.
  private func contract(
    _ term: Term, _ tangent: [Int], _ other: Node, _ otherLabels: [Int], _ output: [Int]
  ) -> [Term] {
    var index: [Int: AffineIndex] = [:]
    for (label, axis) in zip(tangent, term.axes) { index[label] = axis }
    for (label, extent) in zip(otherLabels, other.shape.dimensions) where index[label] == nil {
      index[label] = labels.freshIndex(extent)
    }
    var result = term
    result.factors.append(factor(other, at: otherLabels.map { index[$0]! }))
    result.axes = output.map { index[$0]! }
    absorbIdleLabels(before: term.labels, &result)
    return [result]
  }

  private func move(_ term: Term, _ primitive: LinearPrimitive, _ indices: Node?, from shape: Shape) -> [Term]? {
    var result = term
    switch primitive {
    case .broadcast(let target, let axes):
      result.axes = target.dimensions.indices.map { axis in
        if let i = axes.firstIndex(of: axis), shape[i] == target[axis] { return term.axes[i] }
        return labels.freshIndex(target[axis])
      }
    case .permute(let order): result.axes = order.map { term.axes[$0] }
    case .embed(_, let slices): result.axes = zip(slices, term.axes).map { $0.position(of: $1) }
    case .sum(let axes):
      result.axes = term.axes.indices.filter { !axes.contains($0) }.map { term.axes[$0] }
      absorbIdleLabels(before: term.labels, &result)
    case .slice(let slices):
      guard let sliced = slice(term, slices) else { return nil }
      return sliced.map { [$0] } ?? []
    case .reshape(let target):
      guard let (indices, substitution) = reshapedIndices(term.axes, from: shape, to: target, splits: true) else {
        return nil
      }
      result = term.substituting(substitution)
      result.axes = indices
    case .gather(let axis):
      let places = indices!.shape.dimensions.map { labels.freshIndex($0) }
      guard let factors = lookupFactors(term.axes[axis], in: indices!, extent: shape[axis], at: places) else {
        return nil
      }
      result.factors += factors
      result.axes.replaceSubrange(axis...axis, with: places)
    case .scatterAdd(let axis, let extent):
      let place = labels.freshIndex(extent)
      let range = axis..<(axis + indices!.shape.rank)
      guard let factors = lookupFactors(place, in: indices!, extent: extent, at: Array(term.axes[range])) else {
        return nil
      }
      result.factors += factors
      result.axes.replaceSubrange(range, with: [place])
      absorbIdleLabels(before: term.labels, &result)
    case .cumulativeSum: return nil
    }
    return [result]
  }

  /// The part of a term inside slices of its axes; nil if that is no term, a nil inside if nothing is left.
  private func slice(_ term: Term, _ slices: [AxisSlice]) -> Term?? {
    var result = term
    for (axis, slice) in slices.enumerated() {
      switch labels.restrict(result.axes[axis], to: slice) {
      case .impossible: return .some(nil)
      case .unknown: return .none
      case .substitution(let substitution):
        result = result.substituting(substitution)
        var moved = result.axes[axis]
        moved.offset -= slice.start
        guard let position = moved.divided(by: slice.step) else { return .none }
        result.axes[axis] = position
      }
    }
    return result
  }
}

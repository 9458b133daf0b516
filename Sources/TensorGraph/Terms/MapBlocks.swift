/// What a linear map does within slices that it keeps apart, for all slices at once: the law of maps without one of their own, such
/// as systems with small matrices and functions of these, cumulative sums, and operations with a derivative that a user gave.
///
/// Along axes that the operation carries, element b of the image depends on slice b of the tangent alone; over the others the map
/// is dense. A term goes through it as through a product with these blocks.
struct MapBlocks {
  /// The image of each unit along the mixed axes: [mixed axes of the operand, axes of the result].
  private let node: Node
  /// The axes of the operand that the map mixes.
  private let mixed: [Int]
  /// For each axis of the result the axis of the operand that it carries on.
  private let origins: [Int?]

  /// - Parameters:
  ///   - map: the derivative of `node` in operand `i`.
  ///   - directions: how many directions the tangent stands for.
  ///   - realization: where the blocks are paid for.
  /// - Returns: nil if blocks have as many units as there are directions, or do not fit the memory.
  /// - Throws: `PlanningLimit` if all takes more than it may.
  init?(
    of map: LinearMap, at node: Node, operand i: Int, insteadOf directions: Double, _ realization: TermRealization
  ) throws(PlanningLimit) {
    let (operand, model) = (node.operands[i].shape, realization.planner.model)
    let shapes = node.operands.map(\.shape)
    var carried: Set<Int> = []
    let origins = node.shape.dimensions.indices.map { axis -> Int? in
      guard case .axis(let origin) = node.primitive.origin(ofAxis: axis, in: i, shapes), origin < operand.rank,
        operand[origin] == node.shape[axis], carried.insert(origin).inserted
      else { return nil }
      return origin
    }
    let mixed = operand.dimensions.indices.filter { !carried.contains($0) }
    let extents = mixed.map { operand[$0] }
    let units = extents.reduce(1) { $0 * Double($1) }
    guard units < directions, units * Double(max(operand.count, node.shape.count)) <= model.elementBudget else {
      return nil
    }
    realization.space.work.spend(TermRealization.workPerFactor)
    try realization.spend(model.pushing(units, under: map, from: operand, to: node.shape))
    let all = Shape(extents) + operand
    let masks = mixed.enumerated().map { place, axis in
      Node.compare(.equal, Node(.iota(all, axis: place, .int64)), Node(.iota(all, axis: mixed.count + axis, .int64)))
    }
    let seeds =
      masks.isEmpty
      ? Node.fill(.real(1), shape: all, scalarType: node.scalarType)
      : masks.dropFirst().reduce(masks[0]) { .logical(.and, $0, $1) }.cast(to: node.scalarType)
    (self.mixed, self.origins) = (mixed, origins)
    self.node = map.apply(seeds, lift: mixed.count, realization.space.chain)
  }

  /// The image of a term.
  func image(of term: Term, in space: TermSpace) -> Term {
    let axes = zip(origins, node.shape.dimensions[mixed.count...]).map { origin, extent in
      origin.map { term.axes[$0] } ?? space.labels.freshIndex(extent)
    }
    var result = term
    result.factors.append(space.factor(node, at: mixed.map { term.axes[$0] } + axes))
    result.axes = axes
    space.absorbIdleLabels(before: term.labels, &result)
    return result
  }
}

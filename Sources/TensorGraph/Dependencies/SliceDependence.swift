/// For each element of a node, in row-major order, the only slice of a batch that it depends on.
struct SliceDependence {
  /// An element that depends on no slice.
  static let none: Int32 = -1
  /// An element that depends on several slices.
  static let several: Int32 = -2

  private var owners: [Int32]

  /// Index b of an axis belongs to slice b.
  init(alongAxis axis: Int, of shape: Shape) {
    let inner = shape.strides[axis]
    owners = (0..<shape.count).map { Int32(truncatingIfNeeded: $0 / inner % shape[axis]) }
  }

  private init(nothing count: Int) { owners = [Int32](repeating: Self.none, count: count) }

  var areNone: Bool { owners.allSatisfy { $0 == Self.none } }

  func contains(_ owner: Int32) -> Bool { owners.contains(owner) }

  /// An axis whose index b belongs to slice b at most, if there is one.
  func axis(in shape: Shape, batchCount: Int) -> Int? {
    shape.dimensions.indices.first { axis in
      shape[axis] == batchCount && firstMisplaced(axis: axis, of: shape) == nil && !contains(Self.several)
    }
  }

  /// The first element whose index along the axis is not its owner: that index and the owner.
  func firstMisplaced(axis: Int, of shape: Shape) -> (slice: Int, owner: Int32)? {
    let inner = shape.strides[axis]
    for (place, owner) in owners.enumerated() where owner >= 0 {
      let slice = place / inner % shape[axis]
      if Int(owner) != slice { return (slice, owner) }
    }
    return nil
  }

  private static func joined(_ a: Int32, _ b: Int32) -> Int32 {
    if a == b || b == none { return a }
    return a == none ? b : several
  }
}

extension SliceDependence {
  /// The owners of a node's elements.
  ///
  /// - Parameter operands: the owners of each operand; nil for one that does not matter.
  /// - Complexity: O(elements of the node and its operands), contractions included: an element depends on whole rows
  ///   of both operands, so each operand is reduced first.
  init(
    of node: Node, operands: [SliceDependence?], indices: (Node) throws(TensorError) -> Storage
  ) throws(TensorError) {
    self.init(nothing: node.shape.count)
    for (i, operand) in operands.enumerated() {
      guard let operand else { continue }
      try join(operand, i, node, indices)
    }
  }

  /// Joins what one operand contributes.
  private mutating func join(
    _ operand: SliceDependence, _ i: Int, _ node: Node, _ indices: (Node) throws(TensorError) -> Storage
  ) throws(TensorError) {
    let shape = node.operands[i].shape
    let (inner, outer) = (shape.strides, node.shape.strides)
    switch node.primitive {
    case .input, .fill, .iota, .compare, .logical, .argsort, .detach: break
    case .elementwise, .special, .select, .cast, .reshape: join(operand, over: [node.shape.count], from: [1], to: [1])
    case .broadcast(_, let placement):
      var steps = [Int](repeating: 0, count: node.shape.rank)
      for (axis, place) in placement.enumerated() where shape[axis] != 1 { steps[place] = inner[axis] }
      join(operand, over: node.shape.dimensions, from: steps, to: outer)
    case .permute(let order):
      join(operand, over: node.shape.dimensions, from: order.map { inner[$0] }, to: outer)
    case .slice(let slices):
      join(
        operand, over: node.shape.dimensions, from: zip(slices, inner).map { $0.step * $1 },
        startingAt: zip(slices, inner).reduce(0) { $0 + $1.0.start * $1.1 }, to: outer)
    case .embed(_, let slices):
      join(
        operand, over: shape.dimensions, from: inner, to: zip(slices, outer).map { $0.step * $1 },
        startingAtTarget: zip(slices, outer).reduce(0) { $0 + $1.0.start * $1.1 })
    case .concatenate(let axis):
      let start = node.operands[..<i].reduce(0) { $0 + $1.shape[axis] }
      join(operand, over: shape.dimensions, from: inner, to: outer, startingAtTarget: start * outer[axis])
    case .gather(let axis):
      try joinRows(operand, axis, extent: shape[axis], strides: inner, node, indices, gathers: true)
    case .scatterAdd(let axis, let extent):
      try joinRows(operand, axis, extent: extent, strides: outer, node, indices, gathers: false)
    case .sum(let axes), .maximum(let axes), .minimum(let axes):
      var steps = [Int](repeating: 0, count: shape.rank)
      let kept = shape.dimensions.indices.filter { !axes.contains($0) }
      for (place, axis) in kept.enumerated() { steps[axis] = outer[place] }
      join(operand, over: shape.dimensions, from: inner, to: steps)
    case .cumulativeSum(let axis, let reversed):
      // Everything up to an element owns it too: one step after another along the axis.
      join(operand, over: [node.shape.count], from: [1], to: [1])
      accumulate(along: axis, of: shape, reversed: reversed)
    case .custom, .scan:
      guard case .opaque(let map) = node.linearization(i) else {
        join(operand, over: [node.shape.count], from: [1], to: [1])
        return
      }
      let joined = map.dependencies(operand.owners) { $0.reduce(Self.none, Self.joined) }
      for (element, owner) in joined.enumerated() { owners[element] = Self.joined(owners[element], owner) }
    case .solve, .matrix:
      // Every element of a result depends on all of its operand's matrix; columns of right-hand sides stay apart.
      let batch = Array(shape.dimensions.dropLast(2))
      let columns = i == 0 && node.operands.count == 2 ? [shape.dimensions.last!] : []
      let kept = Shape(batch + columns)
      var reduced = SliceDependence(nothing: kept.count)
      reduced.join(
        operand, over: shape.dimensions, from: inner,
        to: Array(kept.strides[..<batch.count]) + [0] + (columns.isEmpty ? [0] : [1]))
      let parts = node.shape.rank - batch.count - 1
      join(
        reduced, over: node.shape.dimensions,
        from: Array(kept.strides[..<batch.count]) + [Int](repeating: 0, count: parts) + (columns.isEmpty ? [0] : [1]),
        to: outer)
    case .contraction(let c):
      let labels = i == 0 ? c.left : c.right
      let kept = Shape(labels.indices.filter { c.output.contains(labels[$0]) }.map { shape[$0] })
      let keptLabels = labels.filter(c.output.contains)
      var reduced = SliceDependence(nothing: kept.count)
      reduced.join(
        operand, over: shape.dimensions, from: inner,
        to: labels.map { label in keptLabels.firstIndex(of: label).map { kept.strides[$0] } ?? 0 })
      join(
        reduced, over: node.shape.dimensions,
        from: c.output.map { label in keptLabels.firstIndex(of: label).map { kept.strides[$0] } ?? 0 }, to: outer)
    }
  }

  /// For each index over the extents joins the operand's element at `from` · index into the element at `to` · index.
  private mutating func join(
    _ operand: SliceDependence, over extents: [Int], from: [Int], startingAt source: Int = 0, to: [Int],
    startingAtTarget target: Int = 0
  ) {
    var (source, target) = (source, target)
    var index = [Int](repeating: 0, count: extents.count)
    for _ in 0..<extents.reduce(1, *) {
      owners[target] = Self.joined(owners[target], operand.owners[source])
      var axis = extents.count - 1
      while axis >= 0 {
        index[axis] += 1
        source += from[axis]
        target += to[axis]
        if index[axis] < extents[axis] { break }
        source -= from[axis] * extents[axis]
        target -= to[axis] * extents[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  /// Rows of a gather or a scatter, wherever the indices say.
  ///
  /// - Parameters:
  ///   - extent: that of the indexed axis, in the operand of a gather or in the result of a scatter.
  ///   - strides: those of the same.
  private mutating func joinRows(
    _ operand: SliceDependence, _ axis: Int, extent: Int, strides: [Int], _ node: Node,
    _ indices: (Node) throws(TensorError) -> Storage, gathers: Bool
  ) throws(TensorError) {
    let places = try indices(node.operands[1])
    let inner = strides[axis]
    for before in 0..<node.shape.dimensions[..<axis].reduce(1, *) {
      for k in 0..<places.count {
        let place = Int(places.literal(at: k).integer)
        guard (0..<extent).contains(place) else {
          throw .indexOutside(axis, index: place, extent: extent)
        }
        let (indexed, listed) = ((before * extent + place) * inner, (before * places.count + k) * inner)
        let (source, target) = gathers ? (indexed, listed) : (listed, indexed)
        for j in 0..<inner { owners[target + j] = Self.joined(owners[target + j], operand.owners[source + j]) }
      }
    }
  }

  private mutating func accumulate(along axis: Int, of shape: Shape, reversed: Bool) {
    let (extent, inner) = (shape[axis], shape.strides[axis])
    for line in 0..<(extent == 0 ? 0 : shape.count / extent) {
      let base = line / inner * inner * extent + line % inner
      for k in 1..<Swift.max(extent, 1) {
        let place = base + (reversed ? extent - 1 - k : k) * inner
        let previous = reversed ? place + inner : place - inner
        owners[place] = Self.joined(owners[place], owners[previous])
      }
    }
  }
}

/// A node whose axes are named by labels, each label once.
struct LabelledNode {
  var node: Node
  var labels: [Label]

  /// The same elements with the axes in the given order; labels that are missing repeat.
  func arranged(_ order: [Label], _ table: LabelTable) -> Node {
    let present = order.filter(labels.contains)
    let permuted = node.permuted(present.map { labels.firstIndex(of: $0)! })
    return permuted.broadcast(
      to: Shape(order.map { table[$0] }), axes: order.indices.filter { present.contains(order[$0]) })
  }
}

extension TermSpace {
  // MARK: Reading

  /// A node read at affine indices: axes become labels by slices, reshapes and, for diagonals, strided slices.
  func read(_ node: Node, at indices: [AffineIndex]) -> LabelledNode {
    var node = node
    // Windows first, axis by axis, each still one axis.
    let slices = zip(indices, node.shape.dimensions).map { slice(of: $0, extent: $1) }
    node = node.sliced(zip(slices, node.shape.dimensions).map { $0 ?? .all($1) })
    for (axis, index) in indices.enumerated() where slices[axis] == nil {
      node = node.gathered(Self.table(positions(of: index)), axis: axis)
    }
    // Then each axis into its digits.
    var names = indices.flatMap { $0.descending.map(\.label) }
    node = node.reshaped(to: Shape(names.map { labels[$0] }))
    while let (first, second) = repeatedPair(names) {
      // The diagonal of two axes: every (n + 1)st element of the two merged.
      let others = names.indices.filter { $0 != first && $0 != second }
      let extent = labels[names[first]]
      let merged = node.permuted(others + [first, second]).reshaped(
        to: Shape(others.map { labels[names[$0]] } + [extent * extent]))
      node = merged.sliced(
        others.map { AxisSlice.all(labels[names[$0]]) } + [AxisSlice(start: 0, step: extent + 1, count: extent)])
      names = others.map { names[$0] } + [names[first]]
    }
    return LabelledNode(node: node, labels: names)
  }

  private func repeatedPair(_ names: [Label]) -> (Int, Int)? {
    for second in names.indices {
      for first in 0..<second where names[first] == names[second] { return (first, second) }
    }
    return nil
  }

  /// The slice that an index reads if its digits are contiguous, nil if not.
  private func slice(of index: AffineIndex, extent: Int) -> AxisSlice? {
    let digits = index.descending
    guard let last = digits.last else { return AxisSlice(start: index.offset, step: 1, count: 1) }
    if digits.count == 1 { return AxisSlice(start: index.offset, step: last.stride, count: labels[last.label]) }
    var stride = last.stride
    guard stride > 0 else { return nil }
    for digit in digits.reversed() {
      guard digit.stride == stride else { return nil }
      stride *= labels[digit.label]
    }
    return AxisSlice(start: index.offset, step: last.stride, count: stride / last.stride)
  }

  /// The position of every combination of label values, in row-major order of the digits.
  func positions(of index: AffineIndex) -> [Int] {
    index.descending.reduce([index.offset]) { positions, part in
      positions.flatMap { position in (0..<labels[part.label]).map { position + part.stride * $0 } }
    }
  }

  static func table(_ positions: [Int], shape: Shape? = nil) -> Node {
    Node(Storage(positions.map(Int64.init)), shape: shape ?? [positions.count])
  }

  // MARK: Writing

  /// A tensor of the shape with the elements of a labelled node at affine indices and zeros elsewhere.
  func place(_ part: LabelledNode, at indices: [AffineIndex], in shape: [Int]) -> Node {
    var names = indices.flatMap { $0.descending.map(\.label) }
    let occurrences = names
    // Each label once, then deltas spread over their axes.
    var unique: [Label] = []
    for name in names where !unique.contains(name) { unique.append(name) }
    var node = part.arranged(unique, labels)
    var axes = unique
    var pending = occurrences
    for name in unique { pending.remove(at: pending.firstIndex(of: name)!) }
    for label in pending {
      let axis = axes.firstIndex(of: label)!
      let others = axes.indices.filter { $0 != axis }
      let extent = labels[label]
      let lead = others.map { labels[axes[$0]] }
      node = node.permuted(others + [axis]).embedded(
        in: Shape(lead + [extent * extent]),
        at: lead.map(AxisSlice.all) + [AxisSlice(start: 0, step: extent + 1, count: extent)]
      ).reshaped(to: Shape(lead + [extent, extent]))
      axes = others.map { axes[$0] } + [label, label]
    }
    // The axes in the order of the digits; equal names are interchangeable, since the delta is symmetric.
    var order: [Int] = []
    for name in names { order.append(axes.indices.first { axes[$0] == name && !order.contains($0) }!) }
    node = node.permuted(order)
    names = []
    node = node.reshaped(to: Shape(indices.map { index in index.parts.reduce(1) { $0 * labels[$1.label] } }))
    for (axis, index) in indices.enumerated() where slice(of: index, extent: shape[axis]) == nil {
      node = node.scatterAdded(Self.table(positions(of: index)), axis: axis, extent: shape[axis])
    }
    let slices = indices.enumerated().map { axis, index in
      slice(of: index, extent: shape[axis]) ?? .all(shape[axis])
    }
    return node.embedded(in: Shape(shape), at: slices)
  }
}

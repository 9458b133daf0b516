/// One entry between the brackets of an index.
public enum IndexComponent: Hashable, Sendable {
  /// One position; negative ones count from the end. The axis disappears.
  case integer(Int)
  /// Positions from start to end (excluded) by step, clipped as NumPy clips; nil means as far as it goes.
  case range(start: Int?, end: Int?, step: Int)
  /// The given positions, in this order.
  case integers([Int])
  /// An axis of extent 1 that was not there.
  case newAxis
  /// As many whole axes as are missing.
  case ellipsis
}

/// An index resolved against a shape: which positions of each axis it touches, and what is made of them.
///
/// Tensors apply it to their elements. A lazy matrix asks for `positions`, evaluates only those, and applies the rest
/// to what it has evaluated.
package struct IndexExpression: Hashable, Sendable {
  /// What happens to one axis of the operand.
  package enum AxisIndex: Hashable, Sendable {
    case position(Int)
    case slice(AxisSlice)
    case positions([Int])
  }

  /// The entry for each axis of the operand.
  package private(set) var axes: [AxisIndex]
  /// What stands at one place of the written index, the ellipsis written out.
  private enum Place: Hashable, Sendable {
    /// An axis of the operand.
    case axis(Int)
    case newAxis
    /// An ellipsis that stands for no axis; it still separates integer arrays.
    case nothing
  }

  /// The written index, place by place.
  private var layout: [Place]
  /// The extents of the operand.
  private let shape: Shape

  /// Resolves an index as written.
  package init(_ components: [IndexComponent], in shape: Shape) throws(TensorError) {
    self.shape = shape
    var entries = components
    let consumed = components.count { $0 != .newAxis && $0 != .ellipsis }
    guard consumed <= shape.rank else {
      throw TensorError(
        "index: \(consumed) indices for a tensor of rank \(shape.rank) (shape \(shape)); give at most that many")
    }
    let whole = IndexComponent.range(start: nil, end: nil, step: 1)
    let missing = Array(repeating: whole, count: shape.rank - consumed)
    if let place = entries.firstIndex(of: .ellipsis) {
      guard !entries[(place + 1)...].contains(.ellipsis) else {
        throw TensorError("index: an index can have a single ellipsis (...); write the other axes out")
      }
      if !missing.isEmpty { entries.replaceSubrange(place...place, with: missing) }
    } else {
      entries += missing
    }
    axes = []
    layout = []
    for entry in entries {
      switch entry {
      case .newAxis: layout.append(.newAxis)
      case .ellipsis: layout.append(.nothing)
      case .integer, .range, .integers:
        layout.append(.axis(axes.count))
        axes.append(try Self.resolve(entry, axis: axes.count, extent: shape[axes.count]))
      }
    }
    let counts = axes.compactMap { if case .positions(let list) = $0 { list.count } else { nil } }
    guard Set(counts.filter { $0 != 1 }).count <= 1 else {
      throw TensorError("index: integer arrays of lengths \(counts) do not match; give them one length")
    }
  }

  private static func resolve(_ entry: IndexComponent, axis: Int, extent: Int) throws(TensorError) -> AxisIndex {
    switch entry {
    case .integer(let i): return .position(try position(i, axis: axis, extent: extent))
    case .integers(let list):
      var positions: [Int] = []
      for i in list { positions.append(try position(i, axis: axis, extent: extent)) }
      return .positions(positions)
    case .range(let start, let end, let step):
      guard step != 0 else { throw TensorError("index: a step of 0 on axis \(axis) goes nowhere; use another step") }
      return .slice(slice(start, end, step, extent))
    case .newAxis, .ellipsis: fatalError("resolved before")
    }
  }

  private static func position(_ i: Int, axis: Int, extent: Int) throws(TensorError) -> Int {
    guard i >= -extent, i < extent else { throw .indexOutside(axis, index: i, extent: extent) }
    return i < 0 ? i + extent : i
  }

  /// Python's rule: negative bounds count from the end, then everything is clipped.
  private static func slice(_ start: Int?, _ end: Int?, _ step: Int, _ extent: Int) -> AxisSlice {
    func clipped(_ bound: Int, _ lowest: Int, _ highest: Int) -> Int {
      // A bound near Int.min must not overflow when it is counted from the end.
      let counted = bound < 0 ? bound.addingReportingOverflow(extent).partialValue : bound
      return min(max(counted, lowest), highest)
    }
    if step > 0 {
      let first = start.map { clipped($0, 0, extent) } ?? 0
      let last = end.map { clipped($0, 0, extent) } ?? extent
      let count = last > first ? (last - first - 1) / step + 1 : 0
      return AxisSlice(start: count == 0 ? 0 : first, step: count <= 1 ? 1 : step, count: count)
    }
    let first = start.map { clipped($0, -1, extent - 1) } ?? extent - 1
    let last = end.map { clipped($0, -1, extent - 1) } ?? -1
    let magnitude = step == .min ? Int.max : -step
    let count = first > last ? (first - last - 1) / magnitude + 1 : 0
    return AxisSlice(start: count == 0 ? 0 : first, step: count <= 1 ? 1 : -magnitude, count: count)
  }

  /// The positions that the index touches on an axis.
  package func positions(axis: Int) -> PositionSet {
    switch axes[axis] {
    case .position(let i): PositionSet(from: i, count: 1)
    case .positions(let list): PositionSet(list)
    case .slice(let slice):
      slice.step > 0
        ? PositionSet(from: slice.start, step: slice.step, count: slice.count)
        : PositionSet(from: slice.start + slice.step * (slice.count - 1), step: -slice.step, count: slice.count)
    }
  }

  /// The same index for an operand that holds only `positions(axis:)` of each axis, and `whole` axes entirely.
  package func rebased(keepingWhole whole: Range<Int> = 0..<0) -> IndexExpression {
    var extents: [Int] = []
    var rebased: [AxisIndex] = []
    for (axis, entry) in axes.enumerated() {
      if whole.contains(axis) {
        extents.append(shape[axis])
        rebased.append(entry)
        continue
      }
      let cover = positions(axis: axis)
      extents.append(cover.count)
      switch entry {
      case .position: rebased.append(.position(0))
      case .positions(let list): rebased.append(.positions(list.map { cover.offset(of: $0)! }))
      case .slice(let slice):
        let reversed = AxisSlice(start: slice.count - 1, step: -1, count: slice.count)
        rebased.append(.slice(slice.step > 0 ? .all(slice.count) : reversed))
      }
    }
    var result = IndexExpression(self, shape: Shape(extents))
    result.axes = rebased
    return result
  }

  private init(_ other: IndexExpression, shape: Shape) {
    axes = other.axes
    layout = other.layout
    self.shape = shape
  }

  /// The elements that the index names.
  package func apply(to x: Node) -> Node {
    let sliced = x.sliced(
      zip(axes, shape.dimensions).map { entry, extent in
        switch entry {
        case .position(let i): AxisSlice(start: i, step: 1, count: 1)
        case .slice(let slice): slice
        case .positions: .all(extent)
        }
      })
    let gathered = axes.contains { if case .positions = $0 { true } else { false } }
    let result = gathered ? gather(sliced) : sliced
    return result.reshaped(to: Shape(finalDimensions(result)))
  }

  /// Integer arrays as in NumPy: with single integers beside them they are matched element by element, and their
  /// common axis stands where the first of them stood, or first if a slice lies between them.
  private func gather(_ x: Node) -> Node {
    let advanced = axes.indices.filter { if case .slice = axes[$0] { false } else { true } }
    let others = axes.indices.filter { !advanced.contains($0) }
    let count = advancedCount
    var flat = [Int64](repeating: 0, count: count)
    for axis in advanced {
      let extent = Int64(x.shape[axis])
      for j in 0..<count {
        let position: Int
        switch axes[axis] {
        case .positions(let list): position = list.count == 1 ? list[0] : list[j]
        case .position, .slice: position = 0
        }
        flat[j] = flat[j] * extent + Int64(position)
      }
    }
    let before = advancedAreAdjacent ? others.filter { $0 < advanced[0] } : []
    let after = others.filter { !before.contains($0) }
    let merged = x.permuted(before + advanced + after).reshaped(
      to: Shape(
        before.map { x.shape[$0] } + [advanced.reduce(1) { $0 * x.shape[$1] }] + after.map { x.shape[$0] }))
    return merged.gathered(Node(Storage(flat), shape: [count]), axis: before.count)
  }

  /// The common length of the integer arrays.
  private var advancedCount: Int {
    let counts = axes.compactMap { if case .positions(let list) = $0 { list.count } else { nil } }
    return counts.first { $0 != 1 } ?? 1
  }

  /// Whether no slice, new axis or ellipsis was written between the integer arrays and integers.
  private var advancedAreAdjacent: Bool {
    let isAdvanced = layout.map { place in
      guard case .axis(let axis) = place else { return false }
      if case .slice = axes[axis] { return false }
      return true
    }
    guard let first = isAdvanced.firstIndex(of: true), let last = isAdvanced.lastIndex(of: true) else { return true }
    return isAdvanced[first...last].allSatisfy(\.self)
  }

  /// The extents of the result: axes of single positions gone, new axes in.
  private func finalDimensions(_ x: Node) -> [Int] {
    let hasArrays = axes.contains { if case .positions = $0 { true } else { false } }
    var dimensions: [Int] = hasArrays && !advancedAreAdjacent ? [advancedCount] : []
    var placed = !dimensions.isEmpty
    for place in layout {
      switch place {
      case .nothing: break
      case .newAxis: dimensions.append(1)
      case .axis(let axis):
        switch axes[axis] {
        case .slice(let slice): dimensions.append(slice.count)
        case .position, .positions:
          if hasArrays, !placed {
            dimensions.append(advancedCount)
            placed = true
          }
        }
      }
    }
    return dimensions
  }
}

extension Operations {
  /// The elements that an index names.
  package static func index(_ x: Node, _ components: [IndexComponent]) throws(TensorError) -> Node {
    try IndexExpression(components, in: x.shape).apply(to: x)
  }
}

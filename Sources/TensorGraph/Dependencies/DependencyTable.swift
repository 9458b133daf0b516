/// For each element of a tensor, row-major, the set of variable elements on which it depends.
enum DependencyTable {
  /// All elements depend on the same things.
  case uniform(DependencySets.Name)
  case each([DependencySets.Name])

  subscript(element: Int) -> DependencySets.Name {
    switch self {
    case .uniform(let set): set
    case .each(let sets): sets[element]
    }
  }

  var isEmpty: Bool {
    if case .uniform(DependencySets.empty) = self { true } else { false }
  }

  /// The sets one by one.
  func expanded(_ count: Int) -> [DependencySets.Name] {
    switch self {
    case .uniform(let set): [DependencySets.Name](repeating: set, count: count)
    case .each(let sets): sets
    }
  }

  /// Element by element the union of both.
  func union(_ other: DependencyTable, _ pool: inout DependencySets) -> DependencyTable {
    switch (self, other) {
    case (.uniform(let a), .uniform(let b)): return .uniform(pool.union(a, b))
    case (.each(let sets), .uniform(let set)), (.uniform(let set), .each(let sets)):
      if set == DependencySets.empty { return .each(sets) }
      if set == DependencySets.everything { return .uniform(set) }
      return .each(DependencyTable.merged(sets, { _ in set }, &pool))
    case (.each(let a), .each(let b)):
      let isSame = a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in a.baseAddress == b.baseAddress }
      }
      return isSame ? self : .each(DependencyTable.merged(a, { b[$0] }, &pool))
    }
  }

  private static func merged(
    _ sets: [DependencySets.Name], _ other: (Int) -> DependencySets.Name, _ pool: inout DependencySets
  ) -> [DependencySets.Name] {
    var previous = (DependencySets.empty, DependencySets.empty, DependencySets.empty)
    return sets.indices.map { i in
      let (a, b) = (sets[i], other(i))
      // Broadcasting repeats the same pair.
      if (a, b) != (previous.0, previous.1) { previous = (a, b, pool.union(a, b)) }
      return previous.2
    }
  }

  /// The sets of the elements where the predicate holds, nothing elsewhere.
  func keeping(_ count: Int, where isKept: (Int) -> Bool) -> DependencyTable {
    if isEmpty { return self }
    return .each((0..<count).map { isKept($0) ? self[$0] : DependencySets.empty })
  }
}

// MARK: Movement

extension DependencyTable {
  /// The table of a tensor of the given shape whose element at an index is this table's at offset + strides · index.
  func strided(_ shape: Shape, offset: Int = 0, strides: [Int]) -> DependencyTable {
    guard case .each(let sets) = self else { return self }
    return .each(
      [DependencySets.Name](unsafeUninitializedCapacity: shape.count) { buffer, count in
        DependencyTable.forEachOffset(shape, offset: offset, strides: strides) { buffer[$0] = sets[$1] }
        count = shape.count
      })
  }

  /// Nothing but this table's elements at offset + strides · index of a tensor with `count` elements.
  func scattered(_ shape: Shape, into count: Int, offset: Int, strides: [Int]) -> DependencyTable {
    if isEmpty { return self }
    var sets = [DependencySets.Name](repeating: DependencySets.empty, count: count)
    DependencyTable.forEachOffset(shape, offset: offset, strides: strides) { sets[$1] = self[$0] }
    return .each(sets)
  }

  /// Calls `body` for each element of a shape, in row-major order, with its number and its offset.
  private static func forEachOffset(
    _ shape: Shape, offset: Int, strides: [Int], _ body: (_ element: Int, _ offset: Int) -> Void
  ) {
    guard shape.count > 0 else { return }
    guard let inner = shape.dimensions.last else { return body(0, offset) }
    let innerStride = strides[shape.rank - 1]
    var index = [Int](repeating: 0, count: shape.rank)
    var start = offset
    for line in 0..<shape.count / inner {
      for i in 0..<inner { body(line * inner + i, start + i * innerStride) }
      var axis = shape.rank - 2
      while axis >= 0 {
        index[axis] += 1
        start += strides[axis]
        if index[axis] < shape[axis] { break }
        start -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  /// The unions over axes, which disappear.
  func reduced(_ shape: Shape, over axes: [Int], _ pool: inout DependencySets) -> DependencyTable {
    if axes.isEmpty { return self }
    let kept = shape.dimensions.indices.filter { !axes.contains($0) }
    let group = axes.reduce(1) { $0 * shape[$1] }
    if group == 0 { return .uniform(DependencySets.empty) }
    let order = kept + axes
    let strides = shape.strides
    guard case .each(let sets) = strided(Shape(order.map { shape[$0] }), strides: order.map { strides[$0] }) else {
      return self
    }
    let count = shape.count / group
    let unions = (0..<count).map { pool.union(sets[$0 * group..<($0 + 1) * group]) }
    return count == 1 ? .uniform(unions[0]) : .each(unions)
  }

  /// The unions of all elements up to each one along an axis, from its start or its end.
  func accumulated(_ shape: Shape, axis: Int, reversed: Bool, _ pool: inout DependencySets) -> DependencyTable {
    guard case .each(var sets) = self else { return self }
    let (extent, stride) = (shape[axis], shape.strides[axis])
    guard extent > 1 else { return self }
    for start in 0..<shape.count where start / stride % extent == (reversed ? extent - 1 : 0) {
      var place = start
      for _ in 1..<extent {
        let next = place + (reversed ? -stride : stride)
        sets[next] = pool.union(sets[place], sets[next])
        place = next
      }
    }
    return .each(sets)
  }
}

/// The axes in which a loop walks over a row-major space so that every operand moves by a constant stride on each.
///
/// The space is cut at sizes that divide each other: 1, ..., the whole. An operand fits if its own axes begin and end at some of
/// them. The axis from `block` on is the one whose iterations are vectors; what lies within a block is written out.
struct LoopNest {
  /// The elements behind each axis, the last axis first, and those of the whole.
  private(set) var sizes: [Int]
  /// Elements that an iteration of the vector axis takes.
  private(set) var block = 1
  /// Iterations of the vector axis.
  private(set) var length = 1

  /// Iterations below which an axis makes no good vectors.
  private static let shortAxis = 8

  init(total: Int) { sizes = total > 1 ? [1, total] : [1] }

  var total: Int { sizes.last! }
  /// Elements of one run along the vector axis.
  var rowElements: Int { block * length }
  var hasRows: Bool { rowElements < total }

  /// Cuts the space at some more sizes, if they fit.
  mutating func cut(at more: [Int]) -> Bool {
    var merged = Set(sizes)
    merged.formUnion(more)
    let sorted = merged.sorted()
    guard zip(sorted, sorted.dropFirst()).allSatisfy({ $1.isMultiple(of: $0) }), sorted.last == total else {
      return false
    }
    sizes = sorted
    return true
  }

  /// Chooses the vector axis: the last that is long enough, with blocks of a whole number of `unit` elements that have `mostElements`
  /// at most.
  ///
  /// - Returns: whether there is one; else an iteration takes one element, or `unit`.
  mutating func chooseVectorAxis(unit: Int, mostElements: Int) -> Bool {
    var best: Int?
    for i in sizes.indices.dropLast() where sizes[i].isMultiple(of: unit) && sizes[i] <= mostElements {
      best = best ?? i
      if sizes[i + 1] / sizes[i] >= Self.shortAxis { best = i; break }
    }
    guard let best else {
      (block, length) = (1, sizes.count > 1 ? sizes[1] : 1)
      return unit == 1
    }
    (block, length) = (sizes[best], sizes[best + 1] / sizes[best])
    return length >= Self.shortAxis || rowElements == total
  }

  /// The extents of the axes before the vector axis, the last first.
  var rowExtents: [Int] {
    let first = sizes.firstIndex(of: rowElements)!
    return zip(sizes[first...], sizes[(first + 1)...]).map { $1 / $0 }
  }

  /// How an axis of an operand, with so many elements of the space behind it, is walked: a coordinate along it is the sum of
  /// those of the rows' axes, of the vector axis and of the place in a block, each times its factor.
  struct Coordinate {
    /// The number of an axis of the rows, and its factor.
    var rows: [(axis: Int, factor: Int)] = []
    var vector = 0
    /// For each place in a block.
    var places: [Int]
  }

  func coordinate(behind: Int, extent: Int) -> Coordinate {
    let ends = behind * extent
    var result = Coordinate(places: [Int](repeating: 0, count: block))
    if behind < block {
      for place in 0..<block { result.places[place] = place % min(ends, block) / behind }
    }
    if behind < rowElements, ends > block { result.vector = max(block / behind, 1) }
    let first = sizes.firstIndex(of: rowElements)!
    for i in first..<(sizes.count - 1) where sizes[i] >= behind && sizes[i] < ends {
      result.rows.append((i - first, sizes[i] / behind))
    }
    return result
  }
}

extension GroupSource {
  /// An operand's access in terms of the loops.
  struct NestedAccess {
    var rows: [(axis: Int, stride: Int)] = []
    var vector = 0
    var places: [Int]
    /// Coordinates that must lie in a range.
    var masks: [(coordinate: LoopNest.Coordinate, first: Int, valid: Int)] = []

    /// Whether places are equally far from each other, in memory and along the axes that are masked.
    var isLinearInPlaces: Bool {
      places.isLinear && masks.allSatisfy(\.coordinate.places.isLinear)
    }
  }
}

extension [Int] {
  /// By how much the second is more than the first.
  var firstDifference: Int { count > 1 ? self[1] - self[0] : 0 }

  /// Whether each differs from the one before by the same.
  var isLinear: Bool { indices.allSatisfy { self[$0] == self[0] + $0 * firstDifference } }
}

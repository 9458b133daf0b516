import SparseStructure
import TensorGraph

/// The values of entries that were read off terms, put in the row order of a pattern.
enum EntryPlacement {
  /// The values of a pattern, [entries]. Entries outside it are left out: they add up to zero.
  ///
  /// - Parameter isSymmetric: whether the derivative is, so that an entry above the diagonal counts for its mirror image.
  static func values(
    _ entries: DeltaEntries, in pattern: SparsityPattern, isSymmetric: Bool, _ scalarType: ScalarType
  ) -> Node {
    let sums = sums(entries, in: pattern, scalarType)
    guard isSymmetric, !entries.isExactlySymmetric else { return sums }
    var sources = Array(0..<pattern.nonzeroCount)
    for (place, (row, column)) in pattern.coordinates.enumerated() where row > column {
      sources[place] = pattern.position(row: column, column: row) ?? place
    }
    return sums.gathered(table(sources), axis: 0)
  }

  private static func sums(_ entries: DeltaEntries, in pattern: SparsityPattern, _ scalarType: ScalarType) -> Node {
    let size: Shape = [pattern.nonzeroCount]
    var lines: [Progression: [(start: Int, values: Node)]] = [:]
    var order: [Progression] = []
    var parts: [Node] = []
    for box in entries.boxes {
      let places = pattern.places(of: box)
      guard places.contains(where: { $0 >= 0 }) else { continue }
      let flat = box.values.reshaped(to: [places.count])
      if let step = Self.step(places) {
        let progression = Progression(step: step, residue: places[0] % step)
        if lines[progression] == nil { order.append(progression) }
        lines[progression, default: []].append((places[0], flat))
      } else {
        let wanted = places.indices.filter { places[$0] >= 0 }
        let picked = wanted.count == places.count ? flat : flat.gathered(table(wanted), axis: 0)
        parts.append(picked.scatterAdded(table(wanted.map { places[$0] }), axis: 0, extent: size[0]))
      }
    }
    for progression in order { parts.append(line(lines[progression]!, step: progression.step, size)) }
    guard let first = parts.first else { return .zeros(size, scalarType) }
    return parts.dropFirst().reduce(first) { $0 + $1 }
  }

  /// Every how-manyth place, from which on.
  private struct Progression: Hashable {
    let step: Int
    let residue: Int
  }

  /// The distance from each place to the next, if it is always the same, and places increase.
  private static func step(_ places: [Int]) -> Int? {
    guard places[0] >= 0 else { return nil }
    guard places.count > 1 else { return 1 }
    let step = places[1] - places[0]
    guard step > 0, zip(places, places.dropFirst()).allSatisfy({ $1 - $0 == step }) else { return nil }
    return step
  }

  /// Pieces of one progression: added up where they meet, then put in their places at once.
  private static func line(_ pieces: [(start: Int, values: Node)], step: Int, _ size: Shape) -> Node {
    let start = pieces.map(\.start).min()!
    let count = pieces.map { ($0.start - start) / step + $0.values.shape[0] }.max()!
    let moved = pieces.map { piece in
      piece.values.embedded(
        in: [count], at: [AxisSlice(start: (piece.start - start) / step, step: 1, count: piece.values.shape[0])])
    }
    let sum = moved.dropFirst().reduce(moved[0]) { $0 + $1 }
    return sum.embedded(in: size, at: [AxisSlice(start: start, step: step, count: count)])
  }

  private static func table(_ numbers: [Int]) -> Node { Node(Storage(numbers.map(Int64.init)), shape: [numbers.count]) }
}

extension SparsityPattern {
  /// For each entry of a box, row-major over its labels, its place among the entries here; -1 for those outside.
  fileprivate func places(of box: DeltaEntries.Box) -> [Int] {
    let extents = box.extents
    let count = extents.reduce(1, *)
    var places: [Int] = []
    places.reserveCapacity(count)
    var index = [Int](repeating: 0, count: extents.count)
    var (row, column) = (box.rows.offset, box.columns.offset)
    for _ in 0..<count {
      places.append(position(row: row, column: column) ?? -1)
      var axis = extents.count - 1
      while axis >= 0 {
        index[axis] += 1
        row += box.rows.strides[axis]
        column += box.columns.strides[axis]
        if index[axis] < extents[axis] { break }
        row -= extents[axis] * box.rows.strides[axis]
        column -= extents[axis] * box.columns.strides[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return places
  }
}

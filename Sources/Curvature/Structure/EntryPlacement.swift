import SparseStructure
import TensorGraph

/// The values of entries that were read off terms, put in the row order of a pattern.
///
/// Of each box the longest run of places at one distance is put there as a strided line; all other entries of all boxes
/// are added into their places at once. What does not depend on the variable is added up first.
struct EntryPlacement {
  /// The values of the pattern, [entries]. Entries outside it are left out: they add up to zero.
  let values: Node

  /// - Parameters:
  ///   - isSymmetric: whether the derivative is, so that an entry above the diagonal counts for its mirror image.
  ///   - variable: what entries may depend on.
  init(_ entries: DeltaEntries, in pattern: SparsityPattern, isSymmetric: Bool, variable: Node) {
    let size: Shape = [pattern.nonzeroCount]
    let varying = Self.dependents(of: variable, among: entries.boxes.map(\.values))
    var (constants, others) = (Pile(), Pile())
    for box in entries.boxes {
      let places = pattern.places(of: box)
      let values = box.values.reshaped(to: [places.count])
      if varying.contains(box.values) { others.add(values, at: places) } else { constants.add(values, at: places) }
    }
    let parts = constants.sums(size) + others.sums(size)
    let sums = parts.isEmpty ? .zeros(size, variable.scalarType) : parts.dropFirst().reduce(parts[0]) { $0 + $1 }
    guard isSymmetric, !entries.isExactlySymmetric else {
      values = sums
      return
    }
    var sources = Array(0..<pattern.nonzeroCount)
    for (place, (row, column)) in pattern.coordinates.enumerated() where row > column {
      sources[place] = pattern.position(row: column, column: row) ?? place
    }
    values = sums.gathered(.table(sources), axis: 0)
  }

  private static func dependents(of variable: Node, among nodes: [Node]) -> Set<Node> {
    var found: Set<Node> = [variable]
    for node in Node.topologicalOrder(nodes, entering: VariableFloor(variable).isBelow)
    where node.operands.contains(where: found.contains) {
      found.insert(node)
    }
    return found
  }

  /// Entries that are to be added up.
  private struct Pile {
    /// Every how-manyth place, from which on.
    private struct Progression: Hashable {
      let step: Int
      let residue: Int
    }

    private var lines: [Progression: [(start: Int, values: Node)]] = [:]
    private var order: [Progression] = []
    private var scattered: (values: [Node], places: [Int]) = ([], [])

    /// - Parameter places: -1 for entries that are left out.
    mutating func add(_ values: Node, at places: [Int]) {
      var rest = Array(places.indices)
      if let (run, step) = Self.longestRun(places) {
        let progression = Progression(step: step, residue: places[run.lowerBound] % step)
        if lines[progression] == nil { order.append(progression) }
        let part = AxisSlice(start: run.lowerBound, step: 1, count: run.count)
        lines[progression, default: []].append((places[run.lowerBound], values.sliced([part])))
        rest.removeSubrange(run)
      }
      rest.removeAll { places[$0] < 0 }
      if rest.isEmpty { return }
      scattered.values.append(rest.count == places.count ? values : values.gathered(.table(rest), axis: 0))
      scattered.places += rest.map { places[$0] }
    }

    /// The longest run of places at one distance, if it is most of them or as long as is worth a step of its own.
    private static func longestRun(_ places: [Int]) -> (run: Range<Int>, step: Int)? {
      var best = 0..<0
      var start = 0
      while start < places.count {
        var end = start + 1
        if places[start] >= 0 {
          if end < places.count, case let step = places[end] - places[start], step > 0 {
            repeat { end += 1 } while end < places.count && places[end] - places[end - 1] == step
          }
          if end - start > best.count { best = start..<end }
        }
        // The last place of a run may be the first of the next.
        start = end - start > 1 && end < places.count ? end - 1 : end
      }
      guard !best.isEmpty, best.count == places.count || best.count >= 64 && 2 * best.count >= places.count else {
        return nil
      }
      return (best, best.count == 1 ? 1 : places[best.lowerBound + 1] - places[best.lowerBound])
    }

    /// All entries in their places: tensors that are to be added up.
    func sums(_ size: Shape) -> [Node] {
      var sums = order.map { Self.line(lines[$0]!, step: $0.step, size) }
      if !scattered.places.isEmpty {
        let values = scattered.values.count == 1 ? scattered.values[0] : .concatenate(scattered.values, axis: 0)
        sums.append(values.scatterAdded(.table(scattered.places), axis: 0, extent: size[0]))
      }
      return sums
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
  }
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

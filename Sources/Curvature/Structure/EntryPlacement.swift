import SparseStructure
import TensorGraph

/// The values of entries that were read off terms, put in the row order of a pattern.
///
/// Where most places have one entry they are picked from where these are computed. Else the longest run of places at one
/// distance of each box is put there as a strided line, and all other entries of all boxes are added into their places at
/// once. What does not depend on the variable is added up first.
struct EntryPlacement {
  /// The values of the pattern, [entries]. Entries outside it are left out: they add up to zero.
  let values: Node

  /// Nil if places follow from tables that are not known.
  ///
  /// - Parameters:
  ///   - isSymmetric: whether the derivative is, so that an entry above the diagonal counts for its mirror image.
  ///   - variable: what entries may depend on.
  init?(
    _ entries: DeltaEntries, in pattern: SparsityPattern, isSymmetric: Bool, variable: Node
  ) throws(TensorError) {
    guard let tables = try Self.tables(entries) else { return nil }
    let count = pattern.nonzeroCount
    let varying = Self.dependents(of: variable, among: entries.boxes.map(\.values))
    func kind(_ box: DeltaEntries.Box) -> Int {
      varying.contains(box.values) ? 2 : box.values.repeatedElement == nil ? 0 : 1
    }
    // Constants, numbers that are the same for all of their boxes, and what varies.
    var piles = (0..<3).map { number in
      EntryPile(
        entries.boxes.reduce(0) { count, box in
          // Who stands for mirror images may be placed twice.
          let times = if case .none = box.mirror { 1 } else { 2 }
          return count + (kind(box) == number ? times * box.values.shape.count : 0)
        })
    }
    for box in entries.boxes {
      for places in pattern.places(of: box, tables) where places.contains(where: { $0 >= 0 }) {
        piles[kind(box)].add(box.values, at: places)
      }
    }
    let sources = isSymmetric && !entries.isExactlySymmetric ? pattern.upperSources : nil
    // Where nothing is added any more, mirror images are picked at once.
    let isLast = piles[0].isEmpty
    let picked = piles[2].picked(besides: piles[1], count: count, sources: isLast ? sources : nil)
    let parts = piles[0].sums(count) + (picked.map { [$0] } ?? piles[1].sums(count) + piles[2].sums(count))
    let sums = parts.isEmpty ? .zeros([count], variable.scalarType) : parts.dropFirst().reduce(parts[0]) { $0 + $1 }
    let isMirrored = sources == nil || isLast && picked != nil
    values = isMirrored ? sums : sums.gathered(.places(sources!), axis: 0)
  }

  /// The elements of the tables from which places follow; nil if they depend on real numbers or are not known.
  private static func tables(_ entries: DeltaEntries) throws(TensorError) -> [Node: [Int]]? {
    let nodes = Array(Set(entries.boxes.flatMap { ($0.rows.lookups + $0.columns.lookups).map(\.table) }))
    return try Evaluation.knownIntegers(nodes).map { Dictionary(uniqueKeysWithValues: zip(nodes, $0)) }
  }

  private static func dependents(of variable: Node, among nodes: [Node]) -> Set<Node> {
    var found: Set<Node> = [variable]
    for node in Node.topologicalOrder(nodes, entering: VariableFloor(variable).isBelow)
    where node.operands.contains(where: found.contains) {
      found.insert(node)
    }
    return found
  }
}

extension SparsityPattern {
  /// For each entry the position of the one that counts for it in a symmetric matrix: the mirror image above the diagonal, if
  /// that is here. Nil if that is each itself.
  var upperSources: [Int]? {
    var sources: [Int]?
    for row in 0..<rowCount {
      for position in range(ofRow: row) {
        let column = Int(columnIndices[position])
        if column >= row { break }
        guard let upper = self.position(row: column, column: row) else { continue }
        if sources == nil { sources = Array(0..<nonzeroCount) }
        sources![position] = upper
      }
    }
    return sources
  }

  /// For each entry of a box, row-major over its labels, its place among the entries here; -1 for those outside. Once more
  /// for entries that are their own mirror images, of boxes that stand for these as well.
  fileprivate func places(of box: DeltaEntries.Box, _ tables: [Node: [Int]]) -> [[Int32]] {
    let (rows, columns) = (box.rows.values(box.extents, tables), box.columns.values(box.extents, tables))
    if case .none = box.mirror { return [zip(rows, columns).map { Int32(position(row: $0, column: $1) ?? -1) }] }
    let images = box.images
    var (places, again) = ([Int32](repeating: -1, count: rows.count), [Int32](repeating: -1, count: rows.count))
    for (entry, (row, column)) in zip(rows, columns).enumerated() {
      let image = images?[entry]
      // Of two one is enough, wherever it stands.
      if let image, image > entry { continue }
      places[entry] = Int32(
        position(row: min(row, column), column: max(row, column))
          ?? position(row: max(row, column), column: min(row, column)) ?? -1)
      if row == column, image != entry { again[entry] = places[entry] }
    }
    return [places, again]
  }
}

import SparseStructure
import TensorGraph

/// The values of entries that were read off terms, put in the row order of a pattern.
///
/// Of each box the longest run of places at one distance is put there as a strided line; all other entries of all boxes
/// are added into their places at once. What does not depend on the variable is added up first.
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
    let size: Shape = [pattern.nonzeroCount]
    let varying = Self.dependents(of: variable, among: entries.boxes.map(\.values))
    func count(isVarying: Bool) -> Int {
      entries.boxes.reduce(0) { count, box in
        // Who stands for mirror images may be placed twice.
        let times = if case .none = box.mirror { 1 } else { 2 }
        return count + (varying.contains(box.values) == isVarying ? times * box.values.shape.count : 0)
      }
    }
    var (constants, others) = (Pile(count(isVarying: false)), Pile(count(isVarying: true)))
    for box in entries.boxes {
      let values = box.values.reshaped(to: [box.values.shape.count])
      for places in pattern.places(of: box, tables) where places.contains(where: { $0 >= 0 }) {
        if varying.contains(box.values) { others.add(values, at: places) } else { constants.add(values, at: places) }
      }
    }
    let parts = constants.sums(size) + others.sums(size)
    let sums = parts.isEmpty ? .zeros(size, variable.scalarType) : parts.dropFirst().reduce(parts[0]) { $0 + $1 }
    guard isSymmetric, !entries.isExactlySymmetric else {
      values = sums
      return
    }
    values = pattern.upperSources.map { sums.gathered(.places($0), axis: 0) } ?? sums
  }

  /// The elements of the tables from which places follow; nil if they depend on real numbers or are not known.
  private static func tables(_ entries: DeltaEntries) throws(TensorError) -> [Node: [Int]]? {
    let nodes = Set(entries.boxes.flatMap { ($0.rows.lookups + $0.columns.lookups).map(\.table) })
    let isFixed = Node.topologicalOrder(Array(nodes)).allSatisfy { node in
      !node.isInput || node.value != nil && !node.scalarType.isDifferentiable
    }
    guard isFixed else { return nil }
    let order = Array(nodes)
    var tables: [Node: [Int]] = [:]
    for (node, table) in zip(order, try Evaluation.passing(order)) {
      tables[node] = table.withElements(of: Int64.self) { $0.map { Int($0) } }
    }
    return tables
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
    private var scattered: [Node] = []
    /// The places of what is scattered, one part after another, in memory for all.
    private let places: Storage
    private var placeCount = 0
    private var hasOutside = false

    /// - Parameter count: how many entries there are at most.
    init(_ count: Int) { places = Storage(count: count, scalarType: .int32) }

    /// - Parameter places: -1 for entries that are left out.
    mutating func add(_ values: Node, at places: [Int32]) {
      let longest = Self.longestRun(places)
      if let (run, step) = longest {
        let start = Int(places[run.lowerBound])
        let progression = Progression(step: step, residue: start % step)
        if lines[progression] == nil { order.append(progression) }
        let part = AxisSlice(start: run.lowerBound, step: 1, count: run.count)
        lines[progression, default: []].append((start, values.sliced([part])))
      }
      let outside = places.count(where: { $0 < 0 })
      guard longest != nil || 2 * outside > places.count else {
        hasOutside = hasOutside || outside > 0
        return scatter(values, at: places)
      }
      let rest = places.indices.filter { places[$0] >= 0 && !(longest?.run.contains($0) ?? false) }
      if !rest.isEmpty { scatter(values.gathered(.places(rest), axis: 0), at: rest.map { places[$0] }) }
    }

    private mutating func scatter(_ values: Node, at places: [Int32]) {
      scattered.append(values)
      let memory = self.places.base.assumingMemoryBound(to: Int32.self) + placeCount
      memory.initialize(from: places, count: places.count)
      placeCount += places.count
    }

    /// The longest run of places at one distance, if it is most of them or as long as is worth a step of its own.
    private static func longestRun(_ places: [Int32]) -> (run: Range<Int>, step: Int)? {
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
      return (best, best.count == 1 ? 1 : Int(places[best.lowerBound + 1] - places[best.lowerBound]))
    }

    /// All entries in their places: tensors that are to be added up.
    func sums(_ size: Shape) -> [Node] {
      var sums = order.map { Self.line(lines[$0]!, step: $0.step, size) }
      if scattered.isEmpty { return sums }
      let values = scattered.count == 1 ? scattered[0] : .concatenate(scattered, axis: 0)
      let table = Storage(adopting: places.base, count: placeCount, scalarType: .int32) { [places] _ in
        withExtendedLifetime(places) {}
      }
      // A place behind the last takes what is left out.
      let extent = hasOutside ? size[0] + 1 : size[0]
      if hasOutside {
        let memory = UnsafeMutableBufferPointer(
          start: table.base.assumingMemoryBound(to: Int32.self), count: placeCount)
        for i in memory.indices where memory[i] < 0 { memory[i] = Int32(size[0]) }
      }
      let sum = values.scatterAdded(Node(table, shape: [placeCount]), axis: 0, extent: extent)
      sums.append(sum.sliced([AxisSlice(start: 0, step: 1, count: size[0])]))
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

/// The region of an output that terms fill: a range for each axis.
private struct Region: Hashable {
  var ranges: [ClosedRange<Int>]

  func isDisjoint(from other: Region) -> Bool {
    zip(ranges, other.ranges).contains { !$0.overlaps($1) }
  }

  /// An order in which one of two different regions is first.
  static func precedes(_ a: Region, _ b: Region) -> Bool {
    a.ranges.map(\.lowerBound).lexicographicallyPrecedes(b.ranges.map(\.lowerBound))
  }
}

extension TermSpace {
  /// Terms of a symmetric matrix without those which the transposes of others give, or nil if that is not seen.
  ///
  /// By Schwarz' theorem only blocks with rows before columns are computed, if all windows of rows and columns are
  /// equal or disjoint. A term on the diagonal only is its own transpose.
  func upperBlocks(_ terms: [Term]) -> [Term]? {
    var regions: [Region] = []
    var known: Set<Region> = []
    for term in terms where term.axes != term.directions {
      for region in [region(term.axes), region(term.directions)] where known.insert(region).inserted {
        work.spend(regions.count / 4 + 1)
        guard work.allowsSearch else { return nil }
        guard regions.allSatisfy({ $0.isDisjoint(from: region) }) else { return nil }
        regions.append(region)
      }
    }
    return terms.filter { !Region.precedes(region($0.directions), region($0.axes)) }
  }

  private func region(_ indices: [AffineIndex]) -> Region { Region(ranges: indices.map { $0.range(labels) }) }
}

extension TermRealization {
  /// The dense tensor of planned terms, block by block.
  ///
  /// - Parameter mirrored: whether blocks off the diagonal belong to the output transposed, too.
  func assembled(_ terms: [Term], shape: [Int], mirrored: Bool) throws(PlanningLimit) -> Node {
    let rank = shape.count / 2
    guard shape.count.isMultiple(of: 2), terms.allSatisfy({ $0.axes.count == rank && $0.directions.count == rank })
    else { return try output(terms, shape: shape) }
    var blocks: [(rows: Region, columns: Region, terms: [Term])] = []
    var places: [[Region]: Int] = [:]
    for term in terms {
      let (rows, columns) = (region(term.axes), region(term.directions))
      if let i = places[[rows, columns]] {
        blocks[i].terms.append(term)
      } else {
        places[[rows, columns]] = blocks.count
        blocks.append((rows, columns, [term]))
      }
    }
    var placed: [(rows: Region, columns: Region, node: Node)] = []
    for block in blocks {
      let ranges = block.rows.ranges + block.columns.ranges
      let shifted = block.terms.map { term in
        var term = term
        for (axis, range) in block.rows.ranges.enumerated() { term.axes[axis].offset -= range.lowerBound }
        for (axis, range) in block.columns.ranges.enumerated() { term.directions[axis].offset -= range.lowerBound }
        return term
      }
      let node = try output(shifted, shape: ranges.map(\.count))
      placed.append((block.rows, block.columns, node))
      if mirrored, block.rows != block.columns {
        placed.append((block.columns, block.rows, node.permuted(Array(rank..<(2 * rank)) + Array(0..<rank))))
      }
    }
    if rank == 1, let grid = grid(placed, shape: shape) { return grid }
    let parts = placed.map { block in
      block.node.embedded(
        in: Shape(shape),
        at: (block.rows.ranges + block.columns.ranges).map {
          AxisSlice(start: $0.lowerBound, step: 1, count: $0.count)
        })
    }
    guard let first = parts.first else { return .zeros(Shape(shape), space.scalarType) }
    return parts.dropFirst().reduce(first) { $0 + $1 }
  }

  private func region(_ indices: [AffineIndex]) -> Region {
    Region(ranges: indices.map { $0.range(space.labels) })
  }

  /// Blocks of a matrix put side by side, if their rows and columns are equal or disjoint. Blocks over the whole
  /// matrix are added.
  private func grid(_ blocks: [(rows: Region, columns: Region, node: Node)], shape: [Int]) -> Node? {
    let whole = Region(ranges: [0...(shape[0] - 1), 0...(shape[1] - 1)])
    let full = blocks.filter { $0.rows.ranges + $0.columns.ranges == whole.ranges }
    let tiles = blocks.filter { $0.rows.ranges + $0.columns.ranges != whole.ranges }
    guard tiles.count > 1 else { return nil }
    func bands(_ regions: [Region], _ extent: Int) -> [ClosedRange<Int>]? {
      var ranges: [ClosedRange<Int>] = []
      var known: Set<ClosedRange<Int>> = []
      for region in regions where known.insert(region.ranges[0]).inserted { ranges.append(region.ranges[0]) }
      ranges.sort { $0.lowerBound < $1.lowerBound }
      var result: [ClosedRange<Int>] = []
      var next = 0
      for range in ranges {
        guard range.lowerBound >= next else { return nil }
        if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
        result.append(range)
        next = range.upperBound + 1
      }
      if next < extent { result.append(next...(extent - 1)) }
      return result
    }
    guard let rows = bands(tiles.map(\.rows), shape[0]), let columns = bands(tiles.map(\.columns), shape[1]) else {
      return nil
    }
    // Where most of the grid is empty, tiles are put in their places one by one.
    guard rows.count * columns.count <= 4 * tiles.count + 64 else { return nil }
    var nodes: [[ClosedRange<Int>]: Node] = [:]
    for tile in tiles { nodes[tile.rows.ranges + tile.columns.ranges] = tile.node }
    let bandNodes = rows.map { row in
      Node.concatenate(
        columns.map { nodes[[row, $0]] ?? .zeros([row.count, $0.count], space.scalarType) }, axis: 1)
    }
    return full.reduce(Node.concatenate(bandNodes, axis: 0)) { $0 + $1.node }
  }
}

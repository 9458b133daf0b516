/// Colours the columns of a matrix so that chosen entries can be read from the sums of equally coloured columns.
///
/// Every non-zero is either *recovered* by columns or *covered* by something else. Two columns j, k get different colours
/// if some row has non-zeros in both and recovers one of them: then that one stands alone in its colour's sum. If all
/// non-zeros are recovered, this is partial distance-2 colouring of the bipartite graph, that is a structurally
/// orthogonal partition (Curtis, Powell & Reid 1974; Gebremedhin, Manne & Pothen 2005, §3.4); otherwise it is one side of
/// Coleman & Verma's (1998) direct bi-partition.
///
/// Greedy, in the given order. O(Σ over rows of (recovered · all non-zeros of the row)); rows with more than
/// `HeavySet.threshold` non-zeros cost a constant for each of their columns, so a dense row does no harm.
struct PartitionColoring {
  /// The colour of each column; -1 for a column that recovers nothing.
  private(set) var colors: [Int32]
  private(set) var colorCount = 0

  /// - Parameters:
  ///   - recovered: the non-zeros that this side recovers.
  ///   - covered: the other non-zeros.
  init(recovered: SparsityPattern, covered: SparsityPattern, order: VertexOrder) {
    let columnCount = recovered.columnCount
    let recoveredColumns = recovered.transposed()
    let coveredColumns = covered.nonzeroCount == 0 ? nil : covered.transposed()
    colors = [Int32](repeating: -1, count: columnCount)

    // A row tells a column that it recovers all its other columns, a column that is covered only its recovered ones.
    let all = covered.nonzeroCount == 0 ? recovered : recovered.union(covered)
    let heavyAll = HeavySets(rows: all)
    let heavyRecovered = covered.nonzeroCount == 0 ? HeavySets(rows: covered) : HeavySets(rows: recovered)
    var forbidden = [Int32](repeating: -1, count: columnCount)
    var heavy: [HeavySet] = []
    let vertices = order.vertices(of: IntersectingColumns(rows: all, columns: all.transposed()))
    for column in vertices {
      let ownRows = recoveredColumns.range(ofRow: Int(column))
      if ownRows.isEmpty { continue }
      heavy.removeAll(keepingCapacity: true)
      func forbid(_ row: Int32, in pattern: SparsityPattern, _ sets: HeavySets) {
        if let set = sets.set(of: row) {
          heavy.append(set)
        } else {
          for position in pattern.range(ofRow: Int(row)) {
            let color = colors[Int(pattern.columnIndices[position])]
            if color >= 0 { forbidden[Int(color)] = column }
          }
        }
      }
      for position in ownRows { forbid(recoveredColumns.columnIndices[position], in: all, heavyAll) }
      if let coveredColumns {
        for position in coveredColumns.range(ofRow: Int(column)) {
          forbid(coveredColumns.columnIndices[position], in: recovered, heavyRecovered)
        }
      }
      var color = heavy.reduce(0) { max($0, $1.firstFree) }
      while forbidden[color] == column || heavy.contains(where: { $0.contains(color) }) { color += 1 }
      colors[Int(column)] = Int32(color)
      colorCount = max(colorCount, color + 1)
      for position in ownRows {
        let row = recoveredColumns.columnIndices[position]
        heavyAll.set(of: row)?.insert(color)
        heavyRecovered.set(of: row)?.insert(color)
      }
      if let coveredColumns {
        for position in coveredColumns.range(ofRow: Int(column)) {
          heavyAll.set(of: coveredColumns.columnIndices[position])?.insert(color)
        }
      }
    }
  }
}

/// The colours that occur in a row with many non-zeros, as bits, and the smallest that does not.
final class HeavySet {
  static let threshold = 256

  private var words: [UInt64] = []
  private(set) var firstFree = 0

  func contains(_ color: Int) -> Bool {
    color >> 6 < words.count && words[color >> 6] >> UInt64(color & 63) & 1 == 1
  }

  func insert(_ color: Int) {
    while words.count <= color >> 6 { words.append(0) }
    words[color >> 6] |= 1 << UInt64(color & 63)
    while contains(firstFree) { firstFree += 1 }
  }
}

/// A `HeavySet` for each row that deserves one.
private struct HeavySets {
  private var sets: [Int32: HeavySet] = [:]

  init(rows: SparsityPattern) {
    for row in 0..<rows.rowCount where rows.range(ofRow: row).count > HeavySet.threshold {
      sets[Int32(row)] = HeavySet()
    }
  }

  @inline(__always)
  func set(of row: Int32) -> HeavySet? { sets.isEmpty ? nil : sets[row] }
}

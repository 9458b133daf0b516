import SparseStructure
import TensorGraph

// Single entries, bands and blocks, read by a colouring of their own.

extension LazyMatrix {
  /// The entries at pairs of a row and a column, [batch, pair], in any order.
  func entries(rows pairRows: [Int], columns pairColumns: [Int]) throws(TensorError) -> Storage {
    let count = max(pairRows.count, 1)
    return try determined(computedEntries(rows: pairRows, columns: pairColumns)) { place in
      (place / count, pairRows[place % count], pairColumns[place % count])
    }
  }

  private func computedEntries(rows pairRows: [Int], columns pairColumns: [Int]) throws(TensorError) -> Storage {
    let wanted = SparsityPattern(
      rowCount: rows.count, columnCount: columns.count, rows: pairRows.map(Int32.init),
      columns: pairColumns.map(Int32.init))
    if try derivative.pattern(below: 1) != nil, try evaluationMethod() != .dense {
      return try sparseEntries(wanted, pairRows, pairColumns)
    }
    let isSparse = caches.withCache(number) { $0.nonzeros != nil }
    return isSparse
      ? try sparseEntries(wanted, pairRows, pairColumns) : try denseEntries(wanted, pairRows, pairColumns)
  }

  /// All diagonal entries by groups if the matrix is sparse, or worth finding out.
  ///
  /// Called while `computation` is locked.
  /// - Returns: whether they are known now.
  func computeSparseDiagonal(_ missing: [Int]) throws(TensorError) -> Bool {
    if caches.withCache(number, { $0.nonzeros == nil }) {
      if missing.count == rows.count, try derivative.hasPlan(for: derivative.diagonalRequest) { return false }
      guard try becomeSparse(lines: missing.count) else { return false }
    }
    try computeNonzeros(.banded(rowCount: rows.count, columnCount: columns.count, offsets: 0...0))
    return true
  }

  // MARK: Sparse

  private func sparseEntries(
    _ wanted: SparsityPattern, _ pairRows: [Int], _ pairColumns: [Int]
  ) throws(TensorError) -> Storage {
    let pattern = try derivative.pattern()
    let positions = zip(pairRows, pairColumns).map { pattern.position(row: $0, column: $1) }
    let present = positions.compactMap { $0 }
    return try computation.withLock { _ throws(TensorError) in
      defer { caches.trim() }
      while true {
        if caches.withCache(number, { $0.nonzeros == nil }) { try keepNonzeros() }
        try computeNonzeros(wanted)
        let result = caches.withCache(number) { cache -> Storage?? in
          cache.updateNonzeros { nonzeros -> Storage? in
            nonzeros.isKnown(present) ? nonzeros.values(at: positions) : nil
          }
        }
        if let result = result ?? nil { return result }
      }
    }
  }

  /// Computes what is unknown of the wanted entries of a sparse matrix by the cheapest of several groupings.
  private func computeNonzeros(_ wanted: SparsityPattern) throws(TensorError) {
    let missing = caches.withCache(number) { cache in
      cache.nonzeros.map { nonzeros in
        wanted.filtered { row, column in
          nonzeros.pattern.position(row: row, column: column).map { !nonzeros.isKnown(at: $0) } ?? false
        }
      }
    }
    guard let missing, missing.nonzeroCount > 0 else { return }
    if isUncolored { return try compute(colors: [0]) }
    let coloring = try derivative.coloring()
    let required = coloring.requiredColors(forEntries: missing.coordinates.lazy.map { ($0.row, $0.column) })
    if required.count == 1 { return try compute(colors: required) }
    let best = partColorings(missing, coloring.pattern).min { $0.colorCount < $1.colorCount }!
    // Groups of the whole serve later reads too.
    if required.count <= best.colorCount { return try compute(colors: required) }
    try forEachProduct(of: best, Array(0..<best.colorCount), products.grouped(by: best)) { products, colors in
      caches.withCache(number) { _ = $0.updateNonzeros { $0.insert(products, colors: colors, ofPart: best) } }
    }
  }

  /// Ways to read a part of the pattern.
  private func partColorings(_ part: SparsityPattern, _ whole: SparsityPattern) -> [Coloring] {
    guard isSymmetric else { return [whole.columnColoring(ofPart: part), whole.rowColoring(ofPart: part)] }
    // An entry may be read as its mirror image.
    let lower = part.union(part.transposed()).lowerTriangle()
    return [part, lower, lower.transposed()].map { whole.columnColoring(ofPart: $0) }
  }

  // MARK: Dense

  /// The entries of a full matrix: from lines that are kept if they are few, else a chunk of lines at a time.
  private func denseEntries(
    _ wanted: SparsityPattern, _ pairRows: [Int], _ pairColumns: [Int]
  ) throws(TensorError) -> Storage {
    let (byColumn, byRow) = (wanted.distinctColumns(), wanted.distinctRows())
    let best = byRow.colorCount <= byColumn.colorCount ? byRow : byColumn
    let length = max(rows.count, columns.count).multipliedClamping(by: rows.batchCount)
    let batchCount = rows.batchCount
    let result = Storage(count: batchCount * pairRows.count, scalarType: Scalar.scalarType)
    let target = result.base.bindMemory(to: Scalar.self, capacity: result.count)
    if best.colorCount.multipliedClamping(by: length) <= Self.largestKeptCount {
      let (rowSet, columnSet) = (PositionSet(pairRows), PositionSet(pairColumns))
      let block = try elements(MatrixRegion(rows: rowSet, columns: columnSet, isTransposed: false))
      block.withElements(of: Scalar.self) { values in
        for (i, (row, column)) in zip(pairRows, pairColumns).enumerated() {
          let place = rowSet.offset(of: row)! * columnSet.count + columnSet.offset(of: column)!
          for batch in 0..<batchCount {
            target[batch * pairRows.count + i] = values[batch * rowSet.count * columnSet.count + place]
          }
        }
      }
      return result
    }
    var pairs = [[Int]](repeating: [], count: best.colorCount)
    let isByRow = best.columnColorCount == 0
    for i in pairRows.indices {
      let color = isByRow ? best.color(ofRow: pairRows[i])! : best.color(ofColumn: pairColumns[i])!
      pairs[color].append(i)
    }
    try forEachProduct(of: best, Array(0..<best.colorCount), products.grouped(by: best)) { products, colors in
      products.withElements(of: Scalar.self) { values in
        for (slot, color) in colors.enumerated() {
          for i in pairs[color] {
            let element = isByRow ? pairColumns[i] : pairRows[i]
            for batch in 0..<batchCount {
              target[batch * pairRows.count + i] =
                values[(slot * batchCount + batch) * best.productCount(ofColor: color) + element]
            }
          }
        }
      }
    }
    return result
  }

  /// The most elements of lines that a read of single entries keeps: more would push out what others keep.
  private static var largestKeptCount: Int { 1 << 22 }

  // MARK: Derivatives

  /// Entries as an expression [batch, pair], for further derivatives.
  func entriesExpression(rows pairRows: [Int], columns pairColumns: [Int]) -> Node {
    let wanted = SparsityPattern(
      rowCount: rows.count, columnCount: columns.count, rows: pairRows.map(Int32.init),
      columns: pairColumns.map(Int32.init))
    let whole = checked(try derivative.pattern(below: 1))
    let inside = whole.map { wanted.intersection($0) } ?? wanted
    let best: Coloring
    if let whole {
      best = (partColorings(inside, whole) + [inside.distinctColumns()]).filter { $0.pattern == inside }
        .min { $0.colorCount < $1.colorCount }!
    } else {
      best = inside.distinctColumns()
    }
    return products.entries(zip(pairRows, pairColumns).map { (row: $0, column: $1) }, best)
  }
}

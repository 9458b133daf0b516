extension SparsityPattern {
  /// Splits the non-zeros into those that sums of columns shall recover and those that sums of rows shall.
  ///
  /// Coleman & Verma 1998, "The efficient computation of sparse Jacobian matrices using automatic differentiation", §4
  /// (minimum non-zero count ordering): the row with the fewest remaining non-zeros goes to the columns' share, or the
  /// column with the fewest to the rows' share, whichever keeps the sum of the two largest counts, a lower bound of the
  /// number of colours, smaller. Dense rows thus end in the rows' share and dense columns in the columns'.
  ///
  /// - Returns: whether each non-zero, in row order, is recovered by its row.
  /// - Complexity: O(rows + columns + non-zeros).
  func bidirectionalPartition() -> [Bool] {
    let columns = transposed()
    let positions = transposedPositions()
    var isAssigned = [Bool](repeating: false, count: nonzeroCount)
    var isRecoveredByRow = isAssigned
    var rowQueue = BucketQueue(keys: (0..<rowCount).map { Int32(range(ofRow: $0).count) })
    var columnQueue = BucketQueue(keys: (0..<columnCount).map { Int32(columns.range(ofRow: $0).count) })
    var largestRow = 0
    var largestColumn = 0
    // Of two equal ways the one taken before is better: it does not split what is left of a dense row or column.
    var tookRow = true
    while let row = rowQueue.smallestKey(), let column = columnQueue.smallestKey() {
      let costOfRow = largestColumn + max(largestRow, row)
      let costOfColumn = largestRow + max(largestColumn, column)
      tookRow = costOfRow == costOfColumn ? tookRow : costOfRow < costOfColumn
      if tookRow {
        largestRow = max(largestRow, row)
        for position in range(ofRow: Int(rowQueue.popSmallest()!)) where !isAssigned[position] {
          isAssigned[position] = true
          columnQueue.decrease(columnIndices[position])
        }
      } else {
        largestColumn = max(largestColumn, column)
        for place in columns.range(ofRow: Int(columnQueue.popSmallest()!)) {
          let position = Int(positions[place])
          if isAssigned[position] { continue }
          isAssigned[position] = true
          isRecoveredByRow[position] = true
          rowQueue.decrease(columns.columnIndices[place])
        }
      }
    }
    return isRecoveredByRow
  }

  /// The non-zeros, given by their positions in row order, for which the predicate holds.
  func filteredPositions(_ isKept: (Int) -> Bool) -> SparsityPattern {
    var builder = Builder(columnCount: columnCount, rowCapacity: rowCount)
    for row in 0..<rowCount {
      for position in range(ofRow: row) where isKept(position) { builder.append(Int(columnIndices[position])) }
      builder.endRow()
    }
    return builder.pattern()
  }
}

extension SparsityPattern {
  /// The pattern with rows and columns exchanged.
  ///
  /// - Complexity: O(rows + columns + non-zeros).
  public func transposed() -> SparsityPattern {
    var starts = [Int](repeating: 0, count: columnCount + 1)
    for column in columnIndices { starts[Int(column) + 1] += 1 }
    for column in 0..<columnCount { starts[column + 1] += starts[column] }
    var next = starts
    let indices = [Int32](unsafeUninitializedCapacity: nonzeroCount) { buffer, count in
      for row in 0..<rowCount {
        for position in range(ofRow: row) {
          let column = Int(columnIndices[position])
          buffer[next[column]] = Int32(row)
          next[column] += 1
        }
      }
      count = nonzeroCount
    }
    return SparsityPattern(rowCount: columnCount, columnCount: rowCount, rowStarts: starts, columnIndices: indices)
  }

  /// For each non-zero of the transposed pattern, in row order, its position among the non-zeros of this one.
  ///
  /// - Complexity: O(rows + columns + non-zeros).
  package func transposedPositions() -> [Int32] {
    var next = [Int](repeating: 0, count: columnCount + 1)
    for column in columnIndices { next[Int(column) + 1] += 1 }
    for column in 0..<columnCount { next[column + 1] += next[column] }
    return [Int32](unsafeUninitializedCapacity: nonzeroCount) { buffer, count in
      for position in 0..<nonzeroCount {
        let column = Int(columnIndices[position])
        buffer[next[column]] = Int32(truncatingIfNeeded: position)
        next[column] += 1
      }
      count = nonzeroCount
    }
  }

  /// The entries of either pattern. Both have the same extents.
  ///
  /// - Complexity: O(rows + non-zeros of both).
  public func union(_ other: SparsityPattern) -> SparsityPattern {
    checkSameExtents(other, "union")
    return merged(with: other, keepsLone: true)
  }

  /// The entries of both patterns. Both have the same extents.
  ///
  /// - Complexity: O(rows + non-zeros of both).
  public func intersection(_ other: SparsityPattern) -> SparsityPattern {
    checkSameExtents(other, "intersection")
    return merged(with: other, keepsLone: false)
  }

  /// Whether every entry of this pattern is an entry of the other.
  ///
  /// - Complexity: O(rows + non-zeros of both).
  public func isSubset(of other: SparsityPattern) -> Bool {
    checkSameExtents(other, "isSubset")
    return merged(with: other, keepsLone: false).nonzeroCount == nonzeroCount
  }

  /// The union of a square pattern with its transpose: the smallest symmetric pattern that covers it.
  ///
  /// - Complexity: O(rows + non-zeros).
  public func symmetrized() -> SparsityPattern {
    checkSquare("symmetrized")
    return union(transposed())
  }

  /// The intersection of a square pattern with its transpose.
  ///
  /// If the matrix is known to be symmetric and this pattern covers it, the result still covers it.
  /// - Complexity: O(rows + non-zeros).
  public func symmetricCore() -> SparsityPattern {
    checkSquare("symmetricCore")
    return intersection(transposed())
  }

  /// Whether the pattern equals its transpose.
  ///
  /// - Complexity: O(rows + non-zeros).
  public var isSymmetric: Bool { isSquare && self == transposed() }

  /// How far non-zeros reach from the diagonal: the largest i - j (lower) and j - i (upper), at least 0.
  ///
  /// - Complexity: O(rows).
  public var bandwidth: (lower: Int, upper: Int) {
    var lower = 0
    var upper = 0
    for row in 0..<rowCount where rowStarts[row] < rowStarts[row + 1] {
      lower = max(lower, row - Int(columnIndices[rowStarts[row]]))
      upper = max(upper, Int(columnIndices[rowStarts[row + 1] - 1]) - row)
    }
    return (lower, upper)
  }

  /// The largest number of non-zeros in a row.
  ///
  /// - Complexity: O(rows).
  public var largestRowCount: Int {
    (0..<rowCount).reduce(0) { max($0, rowStarts[$1 + 1] - rowStarts[$1]) }
  }

  /// The entries on and below the diagonal.
  ///
  /// - Complexity: O(rows + non-zeros).
  public func lowerTriangle() -> SparsityPattern {
    cut { row, entries in entries.lowerBound..<firstPosition(in: entries, from: row + 1) }
  }

  /// The entries on and above the diagonal.
  ///
  /// - Complexity: O(rows + non-zeros).
  public func upperTriangle() -> SparsityPattern {
    cut { row, entries in firstPosition(in: entries, from: row)..<entries.upperBound }
  }

  /// Some neighbouring entries of each row, in memory for no more.
  private func cut(_ kept: (_ row: Int, _ entries: Range<Int>) -> Range<Int>) -> SparsityPattern {
    let ranges = (0..<rowCount).map { kept($0, range(ofRow: $0)) }
    var builder = Builder(
      columnCount: columnCount, rowCapacity: rowCount, capacity: ranges.reduce(0) { $0 + $1.count })
    for range in ranges {
      builder.append(contentsOf: columnIndices[range])
      builder.endRow()
    }
    return builder.pattern()
  }

  /// The first of a row's entries at a column or behind it.
  private func firstPosition(in entries: Range<Int>, from column: Int) -> Int {
    var (low, high) = (entries.lowerBound, entries.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if Int(columnIndices[middle]) < column { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The entries for which the predicate holds.
  ///
  /// - Complexity: O(rows + non-zeros).
  public func filtered(_ isKept: (_ row: Int, _ column: Int) -> Bool) -> SparsityPattern {
    var builder = Builder(columnCount: columnCount, rowCapacity: rowCount)
    for row in 0..<rowCount {
      for position in range(ofRow: row) where isKept(row, Int(columnIndices[position])) {
        builder.append(Int(columnIndices[position]))
      }
      builder.endRow()
    }
    return builder.pattern()
  }

  private func merged(with other: SparsityPattern, keepsLone: Bool) -> SparsityPattern {
    if self == other { return self }
    let capacity = keepsLone ? max(nonzeroCount, other.nonzeroCount) : min(nonzeroCount, other.nonzeroCount)
    var builder = Builder(columnCount: columnCount, rowCapacity: rowCount, capacity: capacity)
    for row in 0..<rowCount {
      var (a, b) = (rowStarts[row], other.rowStarts[row])
      let (endA, endB) = (rowStarts[row + 1], other.rowStarts[row + 1])
      while a < endA && b < endB {
        let (left, right) = (columnIndices[a], other.columnIndices[b])
        if left == right || keepsLone { builder.append(Int(min(left, right))) }
        if left <= right { a += 1 }
        if right <= left { b += 1 }
      }
      if keepsLone {
        builder.append(contentsOf: columnIndices[a..<endA])
        builder.append(contentsOf: other.columnIndices[b..<endB])
      }
      builder.endRow()
    }
    return builder.pattern()
  }

  private func checkSameExtents(_ other: SparsityPattern, _ operation: String) {
    guard rowCount == other.rowCount, columnCount == other.columnCount else {
      fatalError(
        "\(operation): patterns \(rowCount)×\(columnCount) and \(other.rowCount)×\(other.columnCount) "
          + "differ in extent")
    }
  }

  func checkSquare(_ operation: String) {
    guard isSquare else { fatalError("\(operation): the pattern \(rowCount)×\(columnCount) is not square") }
  }
}

extension SparsityPattern {
  /// The rows of a range as a pattern of their own.
  ///
  /// - Complexity: O(rows and non-zeros in the range).
  public func rows(_ rows: Range<Int>) -> SparsityPattern {
    let base = rowStarts[rows.lowerBound]
    return SparsityPattern(
      rowCount: rows.count, columnCount: columnCount,
      rowStarts: rowStarts[rows.lowerBound...rows.upperBound].map { $0 - base },
      columnIndices: Array(columnIndices[base..<rowStarts[rows.upperBound]]))
  }

  /// The columns of a range as a pattern of their own.
  ///
  /// - Complexity: O(rows + non-zeros).
  public func columns(_ columns: Range<Int>) -> SparsityPattern {
    var builder = Builder(columnCount: columns.count, rowCapacity: rowCount)
    for row in 0..<rowCount {
      for position in range(ofRow: row) where columns.contains(Int(columnIndices[position])) {
        builder.append(Int(columnIndices[position]) - columns.lowerBound)
      }
      builder.endRow()
    }
    return builder.pattern()
  }

  /// The chosen rows and columns, in the chosen order; an index may be chosen more than once.
  ///
  /// - Complexity: O(rows + columns + non-zeros of the chosen rows + non-zeros of the result).
  public func selecting(rows: [Int], columns: [Int]) -> SparsityPattern {
    let places = SparsityPattern.countingSort(
      (0..<Int32(columns.count)).map { $0 }, by: columns.map(Int32.init), keyCount: columnCount)
    var resultRows: [Int32] = []
    var resultColumns: [Int32] = []
    for (place, row) in rows.enumerated() {
      for column in self[row: row] {
        for position in places.starts[column]..<places.starts[column + 1] {
          resultRows.append(Int32(place))
          resultColumns.append(places.values[position])
        }
      }
    }
    return SparsityPattern(
      rowCount: rows.count, columnCount: columns.count, rows: resultRows, columns: resultColumns)
  }

  /// A square pattern with rows and columns in another order: entry (i, j) of the result is (order[i], order[j]) here.
  ///
  /// - Complexity: O(rows + non-zeros).
  public func permuted(_ order: [Int]) -> SparsityPattern {
    checkSquare("permuted")
    guard order.sorted() == Array(0..<rowCount) else {
      fatalError("permuted: the order does not name each of the \(rowCount) rows once")
    }
    return selecting(rows: order, columns: order)
  }
}

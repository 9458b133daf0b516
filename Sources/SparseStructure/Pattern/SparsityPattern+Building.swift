extension SparsityPattern {
  /// The pattern with the given entries, in any order; repetitions count once.
  ///
  /// - Throws: `SparseStructureError` if an entry is outside the matrix.
  /// - Complexity: O(rows + columns + entries): two counting sorts.
  public init(
    rowCount: Int, columnCount: Int, coordinates: some Sequence<(Int, Int)>
  ) throws(SparseStructureError) {
    try SparsityPattern.checkExtents(rowCount, columnCount)
    var rows: [Int32] = []
    var columns: [Int32] = []
    rows.reserveCapacity(coordinates.underestimatedCount)
    columns.reserveCapacity(coordinates.underestimatedCount)
    for (row, column) in coordinates {
      guard row >= 0, row < rowCount, column >= 0, column < columnCount else {
        throw SparseStructureError(
          "entry (\(row), \(column)) is outside a \(rowCount)×\(columnCount) pattern; indices count from 0")
      }
      rows.append(Int32(row))
      columns.append(Int32(column))
    }
    self.init(rowCount: rowCount, columnCount: columnCount, rows: rows, columns: columns)
  }

  /// The pattern with the given columns in each row, in any order; repetitions count once.
  ///
  /// - Throws: `SparseStructureError` if a column is outside the matrix.
  /// - Complexity: O(rows + columns + entries).
  public init(columnCount: Int, rows: [[Int]]) throws(SparseStructureError) {
    let coordinates = rows.enumerated().lazy.flatMap { row, columns in columns.lazy.map { (row, $0) } }
    try self.init(rowCount: rows.count, columnCount: columnCount, coordinates: coordinates)
  }

  /// The pattern of the true entries of a dense matrix.
  ///
  /// - Throws: `SparseStructureError` if the rows differ in length.
  /// - Complexity: O(rows · columns).
  public init(dense: [[Bool]]) throws(SparseStructureError) {
    let columnCount = dense.first?.count ?? 0
    if let ragged = dense.firstIndex(where: { $0.count != columnCount }) {
      throw SparseStructureError(
        "row \(ragged) has \(dense[ragged].count) entries, row 0 has \(columnCount); give rows of equal length")
    }
    self.init(rowCount: dense.count, columnCount: columnCount) { dense[$0][$1] }
  }

  /// The pattern of the entries for which the predicate holds.
  ///
  /// - Complexity: O(rows · columns) calls.
  public init(rowCount: Int, columnCount: Int, where isNonzero: (_ row: Int, _ column: Int) -> Bool) {
    var builder = Builder(columnCount: columnCount)
    for row in 0..<rowCount {
      for column in 0..<columnCount where isNonzero(row, column) { builder.append(column) }
      builder.endRow()
    }
    self = builder.pattern()
  }

  /// The pattern with the given entries, which are known to be inside; repetitions count once.
  package init(rowCount: Int, columnCount: Int, rows: [Int32], columns: [Int32]) {
    // Sorting by column and then, stably, by row leaves each row sorted.
    let byColumn = SparsityPattern.countingSort(rows, by: columns, keyCount: columnCount)
    var sortedColumns = [Int32](repeating: 0, count: columns.count)
    for column in 0..<columnCount {
      for position in byColumn.starts[column]..<byColumn.starts[column + 1] { sortedColumns[position] = Int32(column) }
    }
    let byRow = SparsityPattern.countingSort(sortedColumns, by: byColumn.values, keyCount: rowCount)
    var builder = Builder(columnCount: columnCount, rowCapacity: rowCount, capacity: columns.count)
    for row in 0..<rowCount {
      var previous: Int32 = -1
      for position in byRow.starts[row]..<byRow.starts[row + 1] where byRow.values[position] != previous {
        previous = byRow.values[position]
        builder.append(Int(previous))
      }
      builder.endRow()
    }
    self = builder.pattern()
  }

  /// The values ordered by their keys, stably, and where each key starts.
  package static func countingSort(
    _ values: [Int32], by keys: [Int32], keyCount: Int
  ) -> (values: [Int32], starts: [Int]) {
    var starts = [Int](repeating: 0, count: keyCount + 1)
    for key in keys { starts[Int(key) + 1] += 1 }
    for key in 0..<keyCount { starts[key + 1] += starts[key] }
    var next = starts
    let sorted = [Int32](unsafeUninitializedCapacity: values.count) { buffer, count in
      for (value, key) in zip(values, keys) {
        buffer[next[Int(key)]] = value
        next[Int(key)] += 1
      }
      count = values.count
    }
    return (sorted, starts)
  }

  private static func checkExtents(_ rowCount: Int, _ columnCount: Int) throws(SparseStructureError) {
    guard rowCount >= 0, columnCount >= 0, max(rowCount, columnCount) <= maximumExtent else {
      throw SparseStructureError(
        "a pattern cannot have \(rowCount)×\(columnCount) entries; extents are 0 to \(maximumExtent)")
    }
  }

  /// Collects a pattern row by row, columns increasing.
  package struct Builder {
    private let columnCount: Int
    private var rowStarts: [Int] = [0]
    private var columnIndices: [Int32] = []

    package init(columnCount: Int, rowCapacity: Int = 0, capacity: Int = 0) {
      self.columnCount = columnCount
      rowStarts.reserveCapacity(rowCapacity + 1)
      columnIndices.reserveCapacity(capacity)
    }

    /// Adds an entry to the current row; columns come increasing.
    @inline(__always)
    package mutating func append(_ column: Int) { columnIndices.append(Int32(truncatingIfNeeded: column)) }

    /// Adds increasing columns to the current row.
    package mutating func append(contentsOf columns: some Sequence<Int32>) {
      columnIndices.append(contentsOf: columns)
    }

    package mutating func endRow() { rowStarts.append(columnIndices.count) }

    package consuming func pattern() -> SparsityPattern {
      SparsityPattern(
        rowCount: rowStarts.count - 1, columnCount: columnCount, rowStarts: rowStarts, columnIndices: columnIndices)
    }
  }
}

extension SparsityPattern {
  /// A pattern without non-zeros.
  public static func zero(rowCount: Int, columnCount: Int) -> SparsityPattern {
    SparsityPattern(
      rowCount: rowCount, columnCount: columnCount, rowStarts: [Int](repeating: 0, count: rowCount + 1),
      columnIndices: [])
  }

  /// A pattern in which every entry may be non-zero.
  ///
  /// - Complexity: O(rows · columns) time and memory.
  public static func dense(rowCount: Int, columnCount: Int) -> SparsityPattern {
    var builder = Builder(columnCount: columnCount, rowCapacity: rowCount, capacity: rowCount * columnCount)
    for _ in 0..<rowCount {
      builder.append(contentsOf: 0..<Int32(columnCount))
      builder.endRow()
    }
    return builder.pattern()
  }

  /// The square pattern with the entries on the diagonal.
  public static func diagonal(_ count: Int) -> SparsityPattern { banded(count, bandwidth: 0) }

  /// The square pattern of the entries (i, j) with |i - j| ≤ bandwidth: 1 gives a tridiagonal matrix.
  ///
  /// - Complexity: O(count · bandwidth).
  public static func banded(_ count: Int, bandwidth: Int) -> SparsityPattern {
    banded(rowCount: count, columnCount: count, offsets: -bandwidth...bandwidth)
  }

  /// The pattern of the entries (i, j) whose j - i is in the range.
  ///
  /// - Complexity: O(rows · offsets).
  public static func banded(rowCount: Int, columnCount: Int, offsets: ClosedRange<Int>) -> SparsityPattern {
    var builder = Builder(columnCount: columnCount, rowCapacity: rowCount, capacity: rowCount * offsets.count)
    for row in 0..<rowCount {
      let first = max(0, row + offsets.lowerBound)
      let last = min(columnCount - 1, row + offsets.upperBound)
      if first <= last { builder.append(contentsOf: Int32(first)...Int32(last)) }
      builder.endRow()
    }
    return builder.pattern()
  }
}

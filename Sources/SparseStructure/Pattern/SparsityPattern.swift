/// Which entries of a matrix may be different from zero.
///
/// Rows are compressed: the column indices of each row stand next to each other, increasing. The memory is proportional
/// to the number of rows plus the number of non-zeros, so patterns with millions of rows are cheap to hold and to pass.
///
/// ```swift
/// let pattern = SparsityPattern.banded(4, bandwidth: 1)
/// print(pattern)
/// // 4×4 pattern, 10 non-zeros (62.5 %)
/// // ● ● · ·
/// // ● ● ● ·
/// // · ● ● ●
/// // · · ● ●
/// ```
///
/// A pattern has no values; `SparseMatrix` is a pattern with values.
public struct SparsityPattern: Hashable, Sendable {
  /// The number of rows.
  public let rowCount: Int
  /// The number of columns.
  public let columnCount: Int
  /// Where each row starts in `columnIndices`; one more than there are rows.
  package let rowStarts: [Int]
  /// The columns of the non-zeros, row after row, increasing within a row.
  package let columnIndices: [Int32]

  /// A pattern whose arrays are known to be legal.
  package init(rowCount: Int, columnCount: Int, rowStarts: [Int], columnIndices: [Int32]) {
    precondition(
      max(rowCount, columnCount) <= SparsityPattern.maximumExtent,
      "a pattern has at most \(SparsityPattern.maximumExtent) rows and columns, not \(rowCount)×\(columnCount)")
    assert(rowStarts.count == rowCount + 1 && rowStarts.last == columnIndices.count)
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.rowStarts = rowStarts
    self.columnIndices = columnIndices
  }

  /// The most rows or columns that a pattern can have: indices are kept in 32 bits.
  public static let maximumExtent = Int(Int32.max)

  /// The number of entries that may be different from zero.
  public var nonzeroCount: Int { columnIndices.count }

  /// The share of the entries that may be different from zero, 0 for a pattern without entries.
  public var density: Double {
    rowCount == 0 || columnCount == 0 ? 0 : Double(nonzeroCount) / Double(rowCount) / Double(columnCount)
  }

  /// Whether there are as many rows as columns.
  public var isSquare: Bool { rowCount == columnCount }

  /// The columns of the non-zeros of a row, increasing.
  ///
  /// - Complexity: O(1).
  public subscript(row row: Int) -> IndexList {
    precondition(row >= 0 && row < rowCount, "row \(row) is outside a pattern with \(rowCount) rows")
    return IndexList(columnIndices[range(ofRow: row)])
  }

  /// The positions of a row's non-zeros in row order, which is the order of a `SparseMatrix`'s values.
  package func range(ofRow row: Int) -> Range<Int> { rowStarts[row]..<rowStarts[row + 1] }

  /// Whether the entry may be different from zero.
  ///
  /// - Complexity: O(log *k*) for *k* non-zeros in the row.
  public func contains(row: Int, column: Int) -> Bool { position(row: row, column: column) != nil }

  /// The position of the entry among the non-zeros in row order; nil if it is always zero.
  ///
  /// - Complexity: O(log *k*) for *k* non-zeros in the row.
  public func position(row: Int, column: Int) -> Int? {
    guard row >= 0, row < rowCount, column >= 0, column < columnCount else { return nil }
    var low = rowStarts[row]
    var high = rowStarts[row + 1]
    while low < high {
      let middle = (low + high) / 2
      if columnIndices[middle] < column { low = middle + 1 } else { high = middle }
    }
    return low < rowStarts[row + 1] && columnIndices[low] == column ? low : nil
  }

  /// The entries that may be different from zero, row after row, columns increasing.
  public var coordinates: Coordinates { Coordinates(pattern: self) }

  /// The rows and the columns of the entries, in the order of `coordinates`: what solvers in C and Fortran take.
  ///
  /// - Parameter indexBase: the number of the first row and column: 0 for C, 1 for Fortran.
  /// - Complexity: O(rows + non-zeros).
  public func coordinateArrays(indexBase: Int32 = 0) -> (rows: [Int32], columns: [Int32]) {
    var rows: [Int32] = []
    rows.reserveCapacity(nonzeroCount)
    for row in 0..<rowCount {
      rows.append(contentsOf: repeatElement(Int32(row) + indexBase, count: self[row: row].count))
    }
    return (rows, indexBase == 0 ? columnIndices : columnIndices.map { $0 + indexBase })
  }
}

/// Something wrong with a pattern, a colouring or values that a user supplied.
public struct SparseStructureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was wrong and what to do about it.
  public let message: String

  package init(_ message: String) { self.message = message }

  public var description: String { message }
}

/// Increasing indices: the columns of a row, the vertices of a group, the neighbours of a vertex.
public struct IndexList: RandomAccessCollection, Hashable, Sendable, CustomStringConvertible {
  private let base: ArraySlice<Int32>

  package init(_ base: ArraySlice<Int32>) { self.base = base }

  public var startIndex: Int { 0 }
  public var endIndex: Int { base.count }
  public subscript(position: Int) -> Int { Int(base[base.startIndex + position]) }
  public var description: String { "\(Array(self))" }
}

extension SparsityPattern {
  /// The entries of a pattern, row after row.
  public struct Coordinates: Sequence, Sendable {
    let pattern: SparsityPattern

    public var underestimatedCount: Int { pattern.nonzeroCount }

    public func makeIterator() -> Iterator { Iterator(pattern: pattern) }

    public struct Iterator: IteratorProtocol {
      let pattern: SparsityPattern
      var position = 0
      var row = 0

      public mutating func next() -> (row: Int, column: Int)? {
        guard position < pattern.nonzeroCount else { return nil }
        while pattern.rowStarts[row + 1] <= position { row += 1 }
        defer { position += 1 }
        return (row, Int(pattern.columnIndices[position]))
      }
    }
  }
}

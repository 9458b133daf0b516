/// A matrix of dense blocks of which only those of a pattern are stored: block compressed rows (BSR).
///
/// ```swift
/// let H = try SparseMatrix(rowCount: 4, columnCount: 4, entries: [(0, 0, 1.0), (1, 0, 2), (3, 3, 4)])
/// let B = try H.blocks(rows: [2, 2], columns: [2, 2])
/// B.pattern.nonzeroCount     // 2
/// B[block: 0, 0]             // [1.0, 0.0, 2.0, 0.0]
/// ```
///
/// Rows and columns are parted into runs, which need not be equally long: 9 for each camera and 3 for each point. Each block is
/// stored whole, row after row, with zeros where the matrix has no entry, and the blocks stand in row order.
public struct BlockSparseMatrix<Scalar: Numeric & Sendable>: Sendable {
  /// Which blocks are stored, by their numbers.
  public let pattern: SparsityPattern
  /// Where each block row begins among the rows, and their number at the end.
  public let rowStarts: [Int]
  /// Where each block column begins among the columns, and their number at the end.
  public let columnStarts: [Int]
  /// Where each stored block begins among `values`, in the order of `pattern`, and their number at the end.
  public let valueStarts: [Int]
  /// The elements of the blocks, one block after another, each row after row.
  public let values: [Scalar]

  /// The elements of a block, row after row; zeros where it is not stored.
  ///
  /// - Complexity: O(elements + log *k*) for *k* blocks in the row.
  public subscript(block row: Int, column: Int) -> [Scalar] {
    precondition(
      row >= 0 && row < pattern.rowCount && column >= 0 && column < pattern.columnCount,
      "block (\(row), \(column)) is outside a matrix of \(pattern.rowCount)×\(pattern.columnCount) blocks")
    guard let place = pattern.position(row: row, column: column) else {
      let size = (rowStarts[row + 1] - rowStarts[row]) * (columnStarts[column + 1] - columnStarts[column])
      return [Scalar](repeating: .zero, count: size)
    }
    return Array(values[valueStarts[place]..<valueStarts[place + 1]])
  }

  /// Block compressed rows: the blocks of block row i are those at `offsets[i]..<offsets[i + 1]`, by their block columns. What
  /// solvers for blocks of one size take, with `values`.
  public var compressedRows: (offsets: [Int], columns: [Int]) {
    (pattern.rowStarts, pattern.columnIndices.map(Int.init))
  }
}

extension BlockSparseMatrix: Equatable where Scalar: Equatable {}

extension SparseMatrix {
  /// The same matrix by blocks of one size.
  ///
  /// - Throws: `SparseStructureError` if the size does not divide rows and columns.
  /// - Complexity: O(rows + stored entries · log blocks in a row + elements of stored blocks).
  public func blocks(of size: Int) throws(SparseStructureError) -> BlockSparseMatrix<Scalar> {
    guard size > 0, rowCount % size == 0, columnCount % size == 0 else {
      throw SparseStructureError(
        "blocks: blocks of \(size) do not divide a \(rowCount)×\(columnCount) matrix; give a divisor, or the sizes of all runs"
      )
    }
    return try blocks(
      rows: [Int](repeating: size, count: rowCount / size), columns: [Int](repeating: size, count: columnCount / size))
  }

  /// The same matrix by blocks: those in which an entry is stored.
  ///
  /// - Parameters:
  ///   - rows: how long the runs of rows are, in order.
  ///   - columns: how long those of columns are; as the rows unless given.
  /// - Throws: `SparseStructureError` if the runs are not as long as the matrix, or one is not positive.
  /// - Complexity: O(rows + stored entries · log blocks in a row + elements of stored blocks).
  public func blocks(rows: [Int], columns: [Int]? = nil) throws(SparseStructureError) -> BlockSparseMatrix<Scalar> {
    let rowStarts = try Self.starts(rows, rowCount, "rows")
    let columnStarts = try Self.starts(columns ?? rows, columnCount, "columns")
    let (rowOf, columnOf) = (Self.runs(rowStarts), Self.runs(columnStarts))
    let pattern = try SparsityPattern(
      rowCount: rows.count, columnCount: columnStarts.count - 1,
      coordinates: self.pattern.coordinates.map { (rowOf[$0.row], columnOf[$0.column]) })
    var valueStarts = [0]
    valueStarts.reserveCapacity(pattern.nonzeroCount + 1)
    for (row, column) in pattern.coordinates {
      let size = (rowStarts[row + 1] - rowStarts[row]) * (columnStarts[column + 1] - columnStarts[column])
      valueStarts.append(valueStarts.last! + size)
    }
    var elements = [Scalar](repeating: .zero, count: valueStarts.last!)
    for (value, (row, column)) in zip(values, self.pattern.coordinates) {
      let (i, j) = (rowOf[row], columnOf[column])
      let width = columnStarts[j + 1] - columnStarts[j]
      let start = valueStarts[pattern.position(row: i, column: j)!]
      elements[start + (row - rowStarts[i]) * width + column - columnStarts[j]] = value
    }
    return BlockSparseMatrix(
      pattern: pattern, rowStarts: rowStarts, columnStarts: columnStarts, valueStarts: valueStarts, values: elements)
  }

  private static func starts(_ sizes: [Int], _ count: Int, _ name: String) throws(SparseStructureError) -> [Int] {
    let total = sizes.reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 }
    guard sizes.allSatisfy({ $0 > 0 }), total == count else {
      throw SparseStructureError(
        "blocks: runs of \(total) \(name) for a matrix with \(count); give positive sizes that add up to \(count)"
      )
    }
    return sizes.reduce(into: [0]) { $0.append($0.last! + $1) }
  }

  /// The run of each place.
  private static func runs(_ starts: [Int]) -> [Int] {
    zip(starts, starts.dropFirst()).enumerated().flatMap {
      [Int](repeating: $0.offset, count: $0.element.1 - $0.element.0)
    }
  }
}

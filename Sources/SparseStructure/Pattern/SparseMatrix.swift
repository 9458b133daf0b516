/// A matrix of which only the entries of a pattern are stored.
///
/// ```swift
/// let matrix = try SparseMatrix(rowCount: 2, columnCount: 3, entries: [(0, 2, 1.5), (1, 0, -1)])
/// matrix[0, 2]             // 1.5
/// matrix * [1, 2, 3]       // [4.5, -1]
/// print(matrix.matrixMarket())
/// ```
///
/// Values stand row after row, columns increasing: compressed rows (CSR). `compressedColumns` (CSC) and `coordinates`
/// (COO) give the other usual forms, also with sorted indices.
public struct SparseMatrix<Scalar: Numeric & Sendable>: Sendable {
  /// Where values are stored.
  public let pattern: SparsityPattern
  /// The values of the pattern's entries in row order.
  public var values: [Scalar] {
    didSet { precondition(values.count == pattern.nonzeroCount, "one value for each of the pattern's entries") }
  }

  /// A matrix with the given values of a pattern's entries, in row order.
  public init(pattern: SparsityPattern, values: [Scalar]) {
    precondition(
      values.count == pattern.nonzeroCount,
      "\(values.count) values for \(pattern.nonzeroCount) entries; give one value for each of the pattern's entries")
    self.pattern = pattern
    self.values = values
  }

  /// A matrix with the given entries in any order; repeated entries are added.
  ///
  /// - Throws: `SparseStructureError` if an entry is outside the matrix.
  /// - Complexity: O(rows + columns + *k* log *r*) for *k* entries, *r* of them in the longest row.
  public init(
    rowCount: Int, columnCount: Int, entries: some Collection<(Int, Int, Scalar)>
  ) throws(SparseStructureError) {
    let coordinates = entries.lazy.map { ($0.0, $0.1) }
    pattern = try SparsityPattern(rowCount: rowCount, columnCount: columnCount, coordinates: coordinates)
    values = [Scalar](repeating: .zero, count: pattern.nonzeroCount)
    for (row, column, value) in entries { values[pattern.position(row: row, column: column)!] += value }
  }

  /// The entries of a dense row-major matrix that are in the pattern, or that are not zero if there is none.
  ///
  /// - Complexity: O(rows · columns).
  public init(dense: [Scalar], rowCount: Int, columnCount: Int, pattern: SparsityPattern? = nil) {
    precondition(
      dense.count == rowCount * columnCount, "\(dense.count) values for a \(rowCount)×\(columnCount) matrix")
    let pattern =
      pattern
      ?? SparsityPattern(rowCount: rowCount, columnCount: columnCount) { dense[$0 * columnCount + $1] != .zero }
    self.init(pattern: pattern, values: pattern.coordinates.map { dense[$0.row * columnCount + $0.column] })
  }

  /// Matrices of equally many columns, one below the other.
  ///
  /// - Parameters:
  ///   - blocks: the matrices, from the top.
  ///   - columnCount: the number of columns of each.
  /// - Complexity: O(rows + stored entries).
  public init(stacking blocks: some Collection<SparseMatrix>, columnCount: Int) {
    var starts = [0]
    var columns: [Int32] = []
    var values: [Scalar] = []
    for block in blocks {
      precondition(
        block.columnCount == columnCount, "a block has \(block.columnCount) columns; give blocks of \(columnCount)")
      starts += block.pattern.rowStarts.dropFirst().map { $0 + columns.count }
      columns += block.pattern.columnIndices
      values += block.values
    }
    self.init(
      pattern: SparsityPattern(
        rowCount: starts.count - 1, columnCount: columnCount, rowStarts: starts, columnIndices: columns),
      values: values)
  }

  /// The number of rows.
  public var rowCount: Int { pattern.rowCount }
  /// The number of columns.
  public var columnCount: Int { pattern.columnCount }
  /// The number of stored entries.
  public var storedCount: Int { values.count }

  /// The entry, zero where none is stored.
  ///
  /// - Complexity: O(log *k*) for *k* entries in the row.
  public subscript(row: Int, column: Int) -> Scalar {
    precondition(
      row >= 0 && row < rowCount && column >= 0 && column < columnCount,
      "entry (\(row), \(column)) is outside a \(rowCount)×\(columnCount) matrix")
    return pattern.position(row: row, column: column).map { values[$0] } ?? .zero
  }

  /// All entries, zeros included, row after row.
  ///
  /// - Complexity: O(rows · columns).
  public func dense() -> [Scalar] {
    var dense = [Scalar](repeating: .zero, count: rowCount * columnCount)
    for (value, (row, column)) in zip(values, pattern.coordinates) { dense[row * columnCount + column] = value }
    return dense
  }

  /// The entries on the diagonal, zero where none is stored.
  ///
  /// - Complexity: O(rows · log *k*) for *k* entries in a row.
  public var diagonal: [Scalar] { (0..<min(rowCount, columnCount)).map { self[$0, $0] } }
}

extension SparseMatrix: Equatable where Scalar: Equatable {}

extension SparseMatrix {
  /// Compressed rows (CSR): the entries of row i are those at `offsets[i]..<offsets[i + 1]`.
  ///
  /// - Complexity: O(stored entries).
  public var compressedRows: (offsets: [Int], columns: [Int], values: [Scalar]) {
    (pattern.rowStarts, pattern.columnIndices.map(Int.init), values)
  }

  /// Compressed columns (CSC): the entries of column j are those at `offsets[j]..<offsets[j + 1]`.
  ///
  /// - Complexity: O(rows + columns + stored entries).
  public var compressedColumns: (offsets: [Int], rows: [Int], values: [Scalar]) {
    let transpose = transposed()
    return (transpose.pattern.rowStarts, transpose.pattern.columnIndices.map(Int.init), transpose.values)
  }

  /// Coordinates (COO), row after row.
  ///
  /// - Complexity: O(rows + stored entries).
  public var coordinates: (rows: [Int], columns: [Int], values: [Scalar]) {
    (pattern.coordinates.map(\.row), pattern.columnIndices.map(Int.init), values)
  }

  /// The matrix with rows and columns exchanged.
  ///
  /// - Complexity: O(rows + columns + stored entries).
  public func transposed() -> SparseMatrix {
    SparseMatrix(pattern: pattern.transposed(), values: pattern.transposedPositions().map { values[Int($0)] })
  }

  /// The entries on and below the diagonal.
  ///
  /// - Complexity: O(rows + stored entries).
  public func lowerTriangle() -> SparseMatrix { restricted(to: pattern.lowerTriangle()) }

  /// The entries on and above the diagonal.
  ///
  /// - Complexity: O(rows + stored entries).
  public func upperTriangle() -> SparseMatrix { restricted(to: pattern.upperTriangle()) }

  /// The symmetric matrix of which this is the lower or the upper triangle: every entry also at its mirror place.
  ///
  /// - Complexity: O(rows + stored entries).
  public func mirrored() -> SparseMatrix {
    pattern.checkSquare("mirrored")
    let whole = pattern.symmetrized()
    let transpose = transposed()
    let result = whole.coordinates.map { row, column in
      pattern.position(row: row, column: column).map { values[$0] } ?? transpose[row, column]
    }
    return SparseMatrix(pattern: whole, values: result)
  }

  /// The values at a pattern's entries, zero where none is stored.
  ///
  /// - Complexity: O(rows + stored entries of both).
  public func restricted(to pattern: SparsityPattern) -> SparseMatrix {
    precondition(
      pattern.rowCount == rowCount && pattern.columnCount == columnCount, "the pattern has the matrix' extents")
    var result = [Scalar](repeating: .zero, count: pattern.nonzeroCount)
    for row in 0..<rowCount {
      var source = self.pattern.rowStarts[row]
      let end = self.pattern.rowStarts[row + 1]
      for position in pattern.range(ofRow: row) {
        while source < end, self.pattern.columnIndices[source] < pattern.columnIndices[position] { source += 1 }
        if source < end, self.pattern.columnIndices[source] == pattern.columnIndices[position] {
          result[position] = values[source]
        }
      }
    }
    return SparseMatrix(pattern: pattern, values: result)
  }

  /// The product with a vector.
  ///
  /// - Complexity: O(rows + stored entries).
  public static func * (matrix: SparseMatrix, vector: [Scalar]) -> [Scalar] {
    precondition(
      vector.count == matrix.columnCount,
      "a \(matrix.rowCount)×\(matrix.columnCount) matrix times a vector of \(vector.count) elements; give one of "
        + "\(matrix.columnCount)")
    return (0..<matrix.rowCount).map { row in
      var sum = Scalar.zero
      for position in matrix.pattern.range(ofRow: row) {
        sum += matrix.values[position] * vector[Int(matrix.pattern.columnIndices[position])]
      }
      return sum
    }
  }
}

/// Entries of a matrix that were computed one by one.
struct SingleEntries<Scalar> {
  private struct Place: Hashable {
    let row: Int
    let column: Int
  }

  private var entries: [Place: Scalar] = [:]
  private var rows: Set<Int> = []
  private var columns: Set<Int> = []
  var lastUse = 0

  /// Bytes that an entry takes, more or less.
  static var entryBytes: Int { 4 * MemoryLayout<Int>.size + MemoryLayout<Scalar>.size }

  var isEmpty: Bool { entries.isEmpty }
  private(set) var byteCount = 0

  subscript(row: Int, column: Int) -> Scalar? { entries[Place(row: row, column: column)] }

  /// Whether there is an entry in a row or a column.
  func touches(row: Int, column: Int) -> Bool { rows.contains(row) || columns.contains(column) }

  /// Adds an entry, and its mirror image in a symmetric matrix.
  mutating func insert(_ value: Scalar, row: Int, column: Int, isSymmetric: Bool) {
    byteCount += Self.entryBytes
    put(value, row, column)
    if isSymmetric { put(value, column, row) }
  }

  private mutating func put(_ value: Scalar, _ row: Int, _ column: Int) {
    entries[Place(row: row, column: column)] = value
    rows.insert(row)
    columns.insert(column)
  }

  func forEach(_ body: (_ row: Int, _ column: Int, _ value: Scalar) -> Void) {
    for (place, value) in entries { body(place.row, place.column, value) }
  }
}

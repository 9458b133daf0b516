import TensorGraph

/// The rows and columns of a matrix that have been computed.
///
/// The unit is what one evaluation computes: some rows (or columns) with their elements. An entry that lies in
/// several of them is always read from the one that was computed first, so an entry never changes once it has been
/// read; in a symmetric matrix row i is also column i, and the lower number wins a tie, so that the matrix equals its
/// transpose bit for bit.
struct ProductCache<Scalar: DifferentiableScalar> {
  /// One computed row or column.
  private struct Line {
    let elements: Storage
    /// Which of the lines in `elements`, [count, batch, length].
    let position: Int
    /// When it was computed: lower is earlier.
    let order: Int
  }

  /// Everything that one evaluation gave.
  private struct Group {
    let elements: Storage
    let lines: [Int]
    let isRows: Bool
    var lastUse: Int
  }

  let rowCount: Int
  let columnCount: Int
  let batchCount: Int
  let isSymmetric: Bool
  private var rows: [Int: Line] = [:]
  private var columns: [Int: Line] = [:]
  private var groups: [Group] = []
  private var clock = 0

  init(rowCount: Int, columnCount: Int, batchCount: Int, isSymmetric: Bool) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.batchCount = batchCount
    self.isSymmetric = isSymmetric
  }

  /// Bytes of elements held.
  var byteCount: Int { groups.reduce(0) { $0 + $1.elements.count * Scalar.scalarType.byteCount } }
  /// The number of rows and columns held.
  var lineCount: Int { rows.count + columns.count }

  func hasRow(_ i: Int) -> Bool { rows[i] != nil }
  func hasColumn(_ j: Int) -> Bool { isSymmetric ? rows[j] != nil : columns[j] != nil }

  /// Keeps computed lines, [count, batch, length].
  mutating func insert(_ elements: Storage, lines: [Int], isRows: Bool) {
    // Lines of a symmetric matrix are rows; a column is the row of the same number.
    let isRows = isRows || isSymmetric
    for (position, line) in lines.enumerated() {
      let entry = Line(elements: elements, position: position, order: clock)
      clock += 1
      if isRows, rows[line] == nil { rows[line] = entry }
      if !isRows, columns[line] == nil { columns[line] = entry }
    }
    groups.append(Group(elements: elements, lines: lines, isRows: isRows, lastUse: clock))
  }

  /// Drops the groups that have not been used for longest until at most `limit` bytes are held.
  mutating func trim(to limit: Int) {
    while byteCount > limit, let oldest = groups.indices.min(by: { groups[$0].lastUse < groups[$1].lastUse }) {
      let group = groups.remove(at: oldest)
      for line in group.lines {
        if group.isRows, rows[line]?.elements === group.elements { rows[line] = nil }
        if !group.isRows, columns[line]?.elements === group.elements { columns[line] = nil }
      }
    }
  }

  mutating func removeAll() {
    rows.removeAll()
    columns.removeAll()
    groups.removeAll()
  }

  /// The entries of the given rows and columns, [batch, row, column]. Each must lie in a line that is held.
  mutating func read(rows wantedRows: [Int], columns wantedColumns: [Int]) -> Storage {
    let result = Storage(count: batchCount * wantedRows.count * wantedColumns.count, scalarType: Scalar.scalarType)
    let target = result.base.assumingMemoryBound(to: Scalar.self)
    let rowLines = wantedRows.map { rows[$0] }
    let columnLines = wantedColumns.map { isSymmetric ? rows[$0] : columns[$0] }
    touch(rowLines)
    touch(columnLines)
    let isDense = wantedColumns.count == columnCount && wantedColumns.elementsEqual(0..<columnCount)
    let firstColumn = columnLines.lazy.compactMap { $0?.order }.min() ?? .max
    for batch in 0..<batchCount {
      for (r, rowLine) in rowLines.enumerated() {
        let out = target + (batch * wantedRows.count + r) * wantedColumns.count
        let row = rowLine.map { pointer($0, batch, columnCount) }
        if let row, rowLine!.order < firstColumn {
          if isDense {
            out.update(from: row, count: columnCount)
          } else {
            for (c, j) in wantedColumns.enumerated() { out[c] = row[j] }
          }
          continue
        }
        let order = rowLine?.order ?? .max
        for (c, j) in wantedColumns.enumerated() {
          if let columnLine = columnLines[c], columnLine.order < order {
            out[c] = pointer(columnLine, batch, rowCount)[wantedRows[r]]
          } else {
            out[c] = row![j]
          }
        }
      }
    }
    return result
  }

  private func pointer(_ line: Line, _ batch: Int, _ length: Int) -> UnsafePointer<Scalar> {
    UnsafePointer(line.elements.base.assumingMemoryBound(to: Scalar.self))
      + (line.position * batchCount + batch) * length
  }

  private mutating func touch(_ lines: [Line?]) {
    clock += 1
    var seen = Set<ObjectIdentifier>()
    for line in lines {
      if let line { seen.insert(ObjectIdentifier(line.elements)) }
    }
    for i in groups.indices where seen.contains(ObjectIdentifier(groups[i].elements)) { groups[i].lastUse = clock }
  }
}

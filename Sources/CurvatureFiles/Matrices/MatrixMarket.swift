import Curvature

extension ArrayValue {
  /// The exchange format of matrices, entries other than zero; a vector is one column. nil for more axes.
  package var matrixMarket: [UInt8]? {
    guard shape.count <= 2 else { return nil }
    let columns = shape.count == 2 ? shape[1] : 1
    let entries = (0..<count).filter { self[$0] != 0 }
    let text = MatrixMarket.text(
      "real", "general", shape.first ?? 1, columns, entries.count,
      entries.lazy.map { (row: $0 / columns, column: $0 % columns, value: NumberText.exact(self[$0])) })
    return Array(text.utf8)
  }
}

extension SparseArray {
  /// The same format, entries row after row.
  package var matrixMarket: [UInt8] {
    let entries = pattern.coordinates.enumerated().lazy.map { position, entry in
      (row: entry.row, column: entry.column, value: NumberText.exact(values[position]))
    }
    return Array(
      MatrixMarket.text("real", "general", pattern.rowCount, pattern.columnCount, values.count, entries).utf8)
  }
}

import Curvature
/// The exchange format of matrices (Boisvert, Pozo & Remington 1996, "The Matrix Market Exchange Formats").
package enum MatrixMarket {
  /// A matrix by its entries other than zero; a vector is one column. nil for more axes.
  package static func write(_ array: ArrayValue) -> [UInt8]? {
    guard array.shape.count <= 2 else { return nil }
    let rows = array.shape.first ?? 1
    let columns = array.shape.count == 2 ? array.shape[1] : 1
    let entries = (0..<array.count).filter { array[$0] != 0 }
    return header(rows: rows, columns: columns, entries: entries.count)
      + entries.flatMap { line(row: $0 / columns, column: $0 % columns, array[$0]) }
  }

  /// The first lines of a file; rows and columns of entries are counted from 0 here and from 1 in the file.
  package static func header(rows: Int, columns: Int, entries: Int) -> [UInt8] {
    Array("%%MatrixMarket matrix coordinate real general\n\(rows) \(columns) \(entries)\n".utf8)
  }

  package static func line(row: Int, column: Int, _ value: Double) -> [UInt8] {
    Array("\(row + 1) \(column + 1) \(NumberText.exact(value))\n".utf8)
  }
}

/// Tables for people.
package enum TextColumns {
  /// Columns of equal width, aligned on the right but for those named.
  package static func aligned(_ rows: [[String]], leading: Set<Int>) -> String {
    guard let first = rows.first else { return "" }
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let blank = String(repeating: " ", count: widths[column] - cell.count)
        return leading.contains(column) ? cell + blank : blank + cell
      }
      var line = cells.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}

extension SparseMatrix: CustomStringConvertible {
  /// The matrix as text: all entries if it is small, its pattern if not.
  ///
  /// Entries outside the pattern are shown as points.
  public var description: String {
    let head = "\(rowCount)×\(columnCount) matrix, \(storedCount) stored entries"
    guard rowCount <= 12, columnCount <= 12 else { return "\(head)\n\(pattern.drawn())" }
    let cells = (0..<rowCount).map { row in
      (0..<columnCount).map { column in
        pattern.position(row: row, column: column).map { "\(values[$0])" } ?? "·"
      }
    }
    let widths = (0..<columnCount).map { column in cells.map { $0[column].count }.max() ?? 0 }
    let lines = cells.map { row in
      zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
    }
    return ([head] + lines).joined(separator: "\n")
  }
}

/// Which entries of a symmetric matrix are stored.
public enum StoredTriangle: String, CaseIterable, Hashable, Sendable, Codable {
  /// Those on and below the diagonal.
  case lower
  /// Those on and above the diagonal.
  case upper
  /// All.
  case both
}

extension SparseMatrix where Scalar: LosslessStringConvertible {
  /// The matrix in the coordinate form of Matrix Market, the exchange format that most numerical systems read.
  ///
  /// Boisvert, Pozo & Remington 1996, "The Matrix Market exchange formats: initial design" (NISTIR 5935). Indices count
  /// from 1, entries stand column after column, and symmetric matrices hold their lower triangle. Values are written
  /// with as many digits as it takes to read them back exactly.
  ///
  /// - Parameters:
  ///   - triangle: `lower` and `upper` write a symmetric matrix; the entries of the other triangle are not looked at.
  ///   - comment: lines to write below the header.
  /// - Complexity: O(rows + columns + stored entries).
  public func matrixMarket(triangle: StoredTriangle = .both, comment: String = "") -> String {
    let part =
      switch triangle {
      case .lower: lowerTriangle()
      // The format wants the lower triangle, which is the upper one's mirror image.
      case .upper: upperTriangle().transposed()
      case .both: self
      }
    let field = Scalar.self is any BinaryInteger.Type ? "integer" : "real"
    let columns = part.compressedColumns
    let entries = (0..<columnCount).lazy.flatMap { column in
      (columns.offsets[column]..<columns.offsets[column + 1]).lazy.map {
        (row: columns.rows[$0], column: column, value: "\(columns.values[$0])")
      }
    }
    return MatrixMarket.text(
      field, triangle == .both ? "general" : "symmetric", rowCount, columnCount, part.storedCount, entries,
      comment: comment)
  }
}

/// Matrix Market's coordinate form.
package enum MatrixMarket {
  /// A file: a header, the extents, and a line for each entry. Rows and columns count from 0 here and from 1 in the file.
  package static func text(
    _ field: String, _ symmetry: String, _ rowCount: Int, _ columnCount: Int, _ entryCount: Int,
    _ entries: some Sequence<(row: Int, column: Int, value: String)>, comment: String = ""
  ) -> String {
    var text = "%%MatrixMarket matrix coordinate \(field) \(symmetry)\n"
    for line in comment.split(separator: "\n", omittingEmptySubsequences: false) where !comment.isEmpty {
      text += "% \(line)\n"
    }
    text += "\(rowCount) \(columnCount) \(entryCount)\n"
    for (row, column, value) in entries { text += "\(row + 1) \(column + 1) \(value)\n" }
    return text
  }
}

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
    let symmetry = triangle == .both ? "general" : "symmetric"
    var text = "%%MatrixMarket matrix coordinate \(field) \(symmetry)\n"
    for line in comment.split(separator: "\n", omittingEmptySubsequences: false) where !comment.isEmpty {
      text += "% \(line)\n"
    }
    text += "\(rowCount) \(columnCount) \(part.storedCount)\n"
    let columns = part.compressedColumns
    for column in 0..<columnCount {
      for position in columns.offsets[column]..<columns.offsets[column + 1] {
        text += "\(columns.rows[position] + 1) \(column + 1) \(columns.values[position])\n"
      }
    }
    return text
  }
}

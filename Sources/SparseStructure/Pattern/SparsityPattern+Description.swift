extension SparsityPattern: CustomStringConvertible {
  /// How a pattern is drawn.
  public enum Drawing: String, CaseIterable, Hashable, Sendable {
    /// One disc or point for each entry.
    case discs
    /// Two rows by one column in each character.
    case blocks
    /// Four rows by two columns in each character.
    case braille
  }

  /// Extents, counts and a drawing that fits a terminal.
  public var description: String {
    "\(summary)\n\(drawn())"
  }

  /// Extents and counts in one line.
  public var summary: String {
    let percentage = density * 100
    let digits = percentage >= 1 || percentage == 0 ? 10.0 : 10_000.0
    let share = (percentage * digits).rounded() / digits
    return "\(rowCount)×\(columnCount) pattern, \(nonzeroCount) non-zeros (\(share) %)"
  }

  /// The pattern as text; nil chooses discs for small patterns and braille for others.
  ///
  /// A pattern too large for the given characters is shrunk: a mark then stands for a block of entries, and is set if one
  /// of them may be different from zero.
  /// - Complexity: O(rows + non-zeros), and memory for the characters alone.
  public func drawn(as drawing: Drawing? = nil, maximumWidth: Int = 80, maximumHeight: Int = 40) -> String {
    let isSmall = rowCount <= min(16, maximumHeight) && 2 * columnCount <= min(40, maximumWidth)
    let drawing = drawing ?? (isSmall ? .discs : .braille)
    let (high, wide): (Int, Int) =
      switch drawing {
      case .discs: (1, 1)
      case .blocks: (2, 1)
      case .braille: (4, 2)
      }
    let columnsOnScreen = max(1, (drawing == .discs ? (maximumWidth + 1) / 2 : maximumWidth) * wide)
    let rowsOnScreen = max(1, maximumHeight * high)
    // One factor for both directions keeps a diagonal at 45 degrees.
    let shrink = max(
      1, (rowCount + rowsOnScreen - 1) / rowsOnScreen, (columnCount + columnsOnScreen - 1) / columnsOnScreen)
    let dotRows = (rowCount + shrink - 1) / shrink
    let dotColumns = (columnCount + shrink - 1) / shrink
    var dots = [Bool](repeating: false, count: dotRows * dotColumns)
    for row in 0..<rowCount {
      for position in range(ofRow: row) {
        dots[row / shrink * dotColumns + Int(columnIndices[position]) / shrink] = true
      }
    }
    func isSet(_ row: Int, _ column: Int) -> Bool {
      row < dotRows && column < dotColumns && dots[row * dotColumns + column]
    }
    let lines = stride(from: 0, to: dotRows, by: high).map { row in
      let marks = stride(from: 0, to: dotColumns, by: wide).map { column in
        switch drawing {
        case .discs: isSet(row, column) ? "●" : "·"
        case .blocks:
          switch (isSet(row, column), isSet(row + 1, column)) {
          case (true, true): "█"
          case (true, false): "▀"
          case (false, true): "▄"
          case (false, false): " "
          }
        case .braille: SparsityPattern.braille { isSet(row + $0, column + $1) }
        }
      }
      return marks.joined(separator: drawing == .discs ? " " : "")
    }
    return lines.joined(separator: "\n")
  }

  /// The braille character with the given dots of four rows and two columns.
  private static func braille(_ isSet: (_ row: Int, _ column: Int) -> Bool) -> String {
    // Unicode numbers the dots down the left column, down the right one, then along the fourth row.
    let bits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    var code: UInt32 = 0x2800
    for row in 0..<4 {
      for column in 0..<2 where isSet(row, column) { code |= bits[row][column] }
    }
    return String(Unicode.Scalar(code)!)
  }
}

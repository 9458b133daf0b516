import Foundation

extension SparsityPattern: Codable {
  private enum Key: String, CodingKey { case rowCount, columnCount, rowLengths, columns }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(rowCount, forKey: .rowCount)
    try container.encode(columnCount, forKey: .columnCount)
    let lengths = (0..<rowCount).map { Int32(rowStarts[$0 + 1] - rowStarts[$0]) }
    try container.encode(PackedIntegers.data(lengths), forKey: .rowLengths)
    try container.encode(PackedIntegers.data(columnIndices), forKey: .columns)
  }

  /// - Throws: `DecodingError` if what was saved is no pattern.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let rowCount = try container.decode(Int.self, forKey: .rowCount)
    let columnCount = try container.decode(Int.self, forKey: .columnCount)
    let lengths = PackedIntegers.integers(try container.decode(Data.self, forKey: .rowLengths))
    let columns = PackedIntegers.integers(try container.decode(Data.self, forKey: .columns))
    func fail(_ key: Key, _ text: String) -> DecodingError {
      .dataCorruptedError(forKey: key, in: container, debugDescription: text)
    }
    let extents = 0...SparsityPattern.maximumExtent
    guard extents.contains(rowCount), extents.contains(columnCount), lengths.count == rowCount else {
      throw fail(.rowLengths, "a pattern of \(rowCount)×\(columnCount) has \(lengths.count) rows")
    }
    var starts = [0]
    starts.reserveCapacity(rowCount + 1)
    for (row, length) in lengths.enumerated() {
      let (start, end) = (starts[row], starts[row] + Int(length))
      guard length >= 0, end <= columns.count else { throw fail(.columns, "row \(row) is cut off") }
      var previous: Int32 = -1
      for column in columns[start..<end] {
        guard column > previous, column < columnCount else { throw fail(.columns, "row \(row) is not sorted") }
        previous = column
      }
      starts.append(end)
    }
    guard starts[rowCount] == columns.count else { throw fail(.columns, "there are more columns than rows have") }
    self.init(rowCount: rowCount, columnCount: columnCount, rowStarts: starts, columnIndices: columns)
  }
}

extension Coloring: Codable {
  private enum Key: String, CodingKey { case problem, pattern, columnColors, rowColors, columnCount, rowCount, byRow }

  /// - Throws: `EncodingError` for a colouring by substitution, which is found again faster than it is read.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(pattern, forKey: .pattern)
    try container.encode(PackedIntegers.data(columnColors), forKey: .columnColors)
    try container.encode(PackedIntegers.data(rowColors), forKey: .rowColors)
    try container.encode(columnColorCount, forKey: .columnCount)
    try container.encode(rowColorCount, forKey: .rowCount)
    switch recovery {
    case .byColumn: try container.encode("columns", forKey: .problem)
    case .byRow: try container.encode("rows", forKey: .problem)
    case .byEither(let readsRow):
      let isSymmetric = problem == .symmetric(.direct)
      try container.encode(isSymmetric ? "symmetric" : "bidirectional", forKey: .problem)
      try container.encode(PackedIntegers.data(readsRow.map { $0 ? 1 : 0 }), forKey: .byRow)
    case .bySubstitution:
      throw EncodingError.invalidValue(
        self, .init(codingPath: encoder.codingPath, debugDescription: "a colouring by substitution is not saved"))
    }
  }

  /// - Throws: `DecodingError` if what was saved is no colouring from which the pattern can be read.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let pattern = try container.decode(SparsityPattern.self, forKey: .pattern)
    let name = try container.decode(String.self, forKey: .problem)
    let columnColors = PackedIntegers.integers(try container.decode(Data.self, forKey: .columnColors))
    let rowColors = PackedIntegers.integers(try container.decode(Data.self, forKey: .rowColors))
    let columnCount = try container.decode(Int.self, forKey: .columnCount)
    let rowCount = try container.decode(Int.self, forKey: .rowCount)
    let byRow = try container.decodeIfPresent(Data.self, forKey: .byRow).map { PackedIntegers.integers($0) } ?? []
    func fail(_ text: String) -> DecodingError {
      .dataCorruptedError(forKey: Key.problem, in: container, debugDescription: text)
    }
    let (problem, recovery): (ColoringProblem, Recovery)
    switch name {
    case "columns": (problem, recovery) = (.columns, .byColumn)
    case "rows": (problem, recovery) = (.rows, .byRow)
    case "symmetric": (problem, recovery) = (.symmetric(.direct), .byEither(byRow.map { $0 != 0 }))
    case "bidirectional": (problem, recovery) = (.bidirectional(.direct), .byEither(byRow.map { $0 != 0 }))
    default: throw fail("'\(name)' is no colouring problem")
    }
    let limit = 0...Int(Int32.max)
    guard limit.contains(columnCount), limit.contains(rowCount), columnColors.count == pattern.columnCount,
      rowColors.count == pattern.rowCount, columnColors.allSatisfy({ $0 >= -1 && $0 < columnCount }),
      rowColors.allSatisfy({ $0 >= -1 && $0 < columnCount + rowCount }),
      byRow.isEmpty || byRow.count == pattern.nonzeroCount, !(name == "symmetric" && !pattern.isSymmetric)
    else { throw fail("colours and pattern do not fit each other") }
    self.init(
      problem: problem, pattern: pattern, columnColors: columnColors, columnColorCount: columnCount,
      rowColors: rowColors, rowColorCount: rowCount, recovery: recovery)
    if let row = firstUnreadableRow { throw fail("entries of row \(row) cannot be told apart in the sums") }
  }

  /// The first row with an entry that does not stand alone in the sum from which it is read; nil if there is none.
  ///
  /// - Complexity: O(rows + columns + non-zeros).
  private var firstUnreadableRow: Int? {
    let transpose = pattern.transposed()
    // How many non-zeros of a line have each colour, for one line at a time.
    func counts(_ lines: SparsityPattern, _ colors: [Int32]) -> [Int32] {
      var count = [Int32](repeating: 0, count: colorCount)
      var result = [Int32](repeating: 0, count: lines.nonzeroCount)
      for line in 0..<lines.rowCount {
        let range = lines.range(ofRow: line)
        for position in range where colors[Int(lines.columnIndices[position])] >= 0 {
          count[Int(colors[Int(lines.columnIndices[position])])] += 1
        }
        for position in range where colors[Int(lines.columnIndices[position])] >= 0 {
          result[position] = count[Int(colors[Int(lines.columnIndices[position])])]
        }
        for position in range where colors[Int(lines.columnIndices[position])] >= 0 {
          count[Int(colors[Int(lines.columnIndices[position])])] = 0
        }
      }
      return result
    }
    let byColumn = counts(pattern, columnColors)
    let transposedByRow = counts(transpose, rowColors)
    var byRow = [Int32](repeating: 0, count: pattern.nonzeroCount)
    for (place, position) in pattern.transposedPositions().enumerated() {
      byRow[Int(position)] = transposedByRow[place]
    }
    for row in 0..<pattern.rowCount {
      for position in pattern.range(ofRow: row) {
        let isAlone: Bool =
          switch recovery {
          case .byColumn: byColumn[position] == 1
          case .byRow: byRow[position] == 1
          case .byEither(let readsRow):
            readsRow.indices.contains(position) && (readsRow[position] ? byRow[position] : byColumn[position]) == 1
          case .bySubstitution: true
          }
        if !isAlone { return row }
      }
    }
    return nil
  }
}

/// Integers as bytes, four for each, little-endian: a hundredth of the work of writing them as text.
private enum PackedIntegers {
  static func data(_ integers: [Int32]) -> Data {
    integers.map(\.littleEndian).withUnsafeBytes { Data($0) }
  }

  static func integers(_ data: Data) -> [Int32] {
    [Int32](unsafeUninitializedCapacity: data.count / 4) { buffer, count in
      count = data.count / 4
      _ = data.copyBytes(to: UnsafeMutableRawBufferPointer(buffer), count: 4 * count)
      for i in 0..<count { buffer[i] = Int32(littleEndian: buffer[i]) }
    }
  }
}

// Colourings that read a part of a matrix: its bands, its blocks, some entries. They need fewer groups than the whole.

extension SparsityPattern {
  /// Groups columns such that the entries of a part can be read from the sums: no other non-zero of the part's rows
  /// meets them there.
  ///
  /// This is partial distance-2 colouring with only some edges required (Gebremedhin, Manne & Pothen 2005, §6, "partial
  /// matrix estimation").
  /// - Parameter part: the entries to read, a subset of this pattern.
  /// - Complexity: that of a colouring of the columns.
  package func columnColoring(ofPart part: SparsityPattern, order: VertexOrder = .natural) -> Coloring {
    let columns = PartitionColoring(recovered: part, covered: subtracting(part), order: order)
    return Coloring(
      problem: .columns, pattern: part, columnColors: columns.colors, columnColorCount: columns.colorCount,
      rowColors: [Int32](repeating: -1, count: rowCount), rowColorCount: 0, recovery: .byColumn)
  }

  /// Groups rows such that the entries of a part can be read from the sums.
  ///
  /// - Parameter part: the entries to read, a subset of this pattern.
  /// - Complexity: that of a colouring of the rows.
  package func rowColoring(ofPart part: SparsityPattern, order: VertexOrder = .natural) -> Coloring {
    let transpose = part.transposed()
    let rows = PartitionColoring(
      recovered: transpose, covered: transposed().subtracting(transpose), order: order)
    return Coloring(
      problem: .rows, pattern: part, columnColors: [Int32](repeating: -1, count: columnCount), columnColorCount: 0,
      rowColors: rows.colors, rowColorCount: rows.colorCount, recovery: .byRow)
  }

  /// Each column that has entries is a group of its own: right for any matrix, whatever is outside this pattern.
  ///
  /// - Complexity: O(rows + columns + non-zeros).
  package func distinctColumns() -> Coloring {
    let (colors, count) = SparsityPattern.numbering(columnIndices, limit: columnCount)
    return Coloring(
      problem: .columns, pattern: self, columnColors: colors, columnColorCount: count,
      rowColors: [Int32](repeating: -1, count: rowCount), rowColorCount: 0, recovery: .byColumn)
  }

  /// Each row that has entries is a group of its own.
  ///
  /// - Complexity: O(rows + columns).
  package func distinctRows() -> Coloring {
    let used = (0..<Int32(rowCount)).filter { !range(ofRow: Int($0)).isEmpty }
    let (colors, count) = SparsityPattern.numbering(used, limit: rowCount)
    return Coloring(
      problem: .rows, pattern: self, columnColors: [Int32](repeating: -1, count: columnCount), columnColorCount: 0,
      rowColors: colors, rowColorCount: count, recovery: .byRow)
  }

  /// The colouring with the fewest groups that reads the matrix directly: for a symmetric one a star colouring, else
  /// columns, rows, or both.
  ///
  /// The natural order comes first; others are tried where it may be improved and the pattern is not too large for that.
  /// - Complexity: that of at most five colourings.
  package func cheapestColoring(isSymmetric: Bool) -> Coloring {
    // Symmetric patterns come from a symmetric core, so the only error of a colouring cannot occur.
    func colored(_ problem: ColoringProblem, _ order: VertexOrder) -> Coloring {
      do { return try coloring(for: problem, order: order) } catch { fatalError("\(error)") }
    }
    func candidates(_ order: VertexOrder) -> Coloring {
      if isSymmetric { return colored(.symmetric(.direct), order) }
      let (columns, rows) = (colored(.columns, order), colored(.rows, order))
      let one = rows.colorCount < columns.colorCount ? rows : columns
      // Both ways together take at least one product of each.
      guard one.colorCount > 2, nonzeroCount <= SparsityPattern.exhaustiveLimit else { return one }
      let both = colored(.bidirectional(.direct), order)
      return both.colorCount < one.colorCount ? both : one
    }
    var best = candidates(.natural)
    // No direct colouring of the columns has fewer groups than a row has entries, and few star colourings do.
    if best.colorCount <= largestRowCount || nonzeroCount > SparsityPattern.exhaustiveLimit { return best }
    for order in [VertexOrder.largestFirst, .dynamicLargestFirst, .incidenceDegree, .smallestLast] {
      let other = candidates(order)
      if other.colorCount < best.colorCount { best = other }
    }
    return best
  }

  /// The most non-zeros for which several orders are tried.
  private static let exhaustiveLimit = 1 << 21

  /// The entries of this pattern that are not in the other, which is a subset.
  private func subtracting(_ part: SparsityPattern) -> SparsityPattern {
    var builder = Builder(columnCount: columnCount, rowCapacity: rowCount, capacity: nonzeroCount - part.nonzeroCount)
    for row in 0..<rowCount {
      var next = part.rowStarts[row]
      let end = part.rowStarts[row + 1]
      for position in range(ofRow: row) {
        if next < end, part.columnIndices[next] == columnIndices[position] {
          next += 1
        } else {
          builder.append(Int(columnIndices[position]))
        }
      }
      builder.endRow()
    }
    return builder.pattern()
  }

  /// Consecutive numbers for the indices that occur, -1 for others.
  private static func numbering(_ indices: [Int32], limit: Int) -> (numbers: [Int32], count: Int) {
    var numbers = [Int32](repeating: -1, count: limit)
    for index in indices { numbers[Int(index)] = 0 }
    var count: Int32 = 0
    for index in 0..<limit where numbers[index] == 0 {
      numbers[index] = count
      count += 1
    }
    return (numbers, Int(count))
  }
}

extension Coloring {
  /// Whether every entry is an element of one product.
  package var isDirect: Bool {
    if case .bySubstitution = recovery { false } else { true }
  }

  /// Where an entry of a direct colouring is found: in the product of a colour, at an element of it.
  ///
  /// - Parameters:
  ///   - position: the number of the non-zero in row order.
  ///   - row: its row.
  @inline(__always)
  package func source(ofNonzeroAt position: Int, row: Int) -> (color: Int, element: Int) {
    let column = Int(pattern.columnIndices[position])
    switch recovery {
    case .byColumn: return (Int(columnColors[column]), row)
    case .byRow: return (Int(rowColors[row]), column)
    case .byEither(let readsRow):
      return readsRow[position] ? (Int(rowColors[row]), column) : (Int(columnColors[column]), row)
    case .bySubstitution: fatalError("entries that are found by substitution have several sources")
    }
  }
}

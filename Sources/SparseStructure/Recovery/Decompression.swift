extension Coloring {
  /// Reads the matrix from the products of all groups.
  ///
  /// - Parameter products: for each colour the sum of its columns (`rowCount` elements) or rows (`columnCount`
  ///   elements).
  /// - Throws: `SparseStructureError` if the number or the lengths of the products are wrong.
  /// - Complexity: O(rows + non-zeros).
  public func decompress<Scalar: Numeric & Sendable>(
    _ products: [[Scalar]]
  ) throws(SparseStructureError) -> SparseMatrix<Scalar> {
    guard products.count == colorCount else {
      throw SparseStructureError("\(products.count) products for \(colorCount) colours; give one for each colour")
    }
    for (color, product) in products.enumerated() where product.count != productCount(ofColor: color) {
      throw SparseStructureError(
        "the product of colour \(color) has \(product.count) elements, not \(productCount(ofColor: color)): it is the "
          + "sum of \(isRowColor(color) ? "rows" : "columns")")
    }
    let flat = products.flatMap { $0 }
    let values = [Scalar](unsafeUninitializedCapacity: pattern.nonzeroCount) { buffer, count in
      flat.withUnsafeBufferPointer { flat in
        var start = 0
        let pointers: [UnsafePointer<Scalar>?] = products.map { product in
          defer { start += product.count }
          return flat.baseAddress.map { $0 + start }
        }
        if let base = buffer.baseAddress { decompress(pointers, rows: 0..<pattern.rowCount, into: base) }
      }
      count = pattern.nonzeroCount
    }
    return SparseMatrix(pattern: pattern, values: values)
  }

  /// Reads the entries of a range of rows, in row order, from the products of the groups that they require.
  ///
  /// - Parameters:
  ///   - products: for each colour its product; nil is allowed for colours that `requiredColors(forEntries:)` does not name.
  ///   - values: receives the entries; the memory may be uninitialised.
  /// - Complexity: O(rows and non-zeros in the range); by substitution also the entries on which they depend.
  // Other modules call this with one of two types, and generic code would go through a table for each entry.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  package func decompress<Scalar: AdditiveArithmetic>(
    _ products: [UnsafePointer<Scalar>?], rows: Range<Int>, into values: UnsafeMutablePointer<Scalar>
  ) {
    var next = values
    func fill(_ value: (_ position: Int, _ row: Int, _ column: Int) -> Scalar) {
      for row in rows {
        for position in pattern.range(ofRow: row) {
          next.initialize(to: value(position, row, Int(pattern.columnIndices[position])))
          next += 1
        }
      }
    }
    func byColumn(_ row: Int, _ column: Int) -> Scalar { products[Int(columnColors[column])]![row] }
    func byRow(_ row: Int, _ column: Int) -> Scalar { products[Int(rowColors[row])]![column] }
    switch recovery {
    case .byColumn: fill { byColumn($1, $2) }
    case .byRow: fill { byRow($1, $2) }
    case .byEither(let readsRow): fill { readsRow[$0] ? byRow($1, $2) : byColumn($1, $2) }
    case .bySubstitution(let forest):
      let values = SubstitutedValues(
        forest, products, edges: rows == 0..<pattern.rowCount ? nil : forest.edges(of: positions(ofRows: rows)))
      fill { position, row, column in
        let edge = Int(forest.edgeOfNonzero[position])
        return edge < 0 ? byColumn(row, column) : values[edge]
      }
    }
  }

  /// Reads one entry from the products of the groups that it requires; zero if it is not in the pattern.
  ///
  /// - Parameter products: as for rows.
  /// - Complexity: O(log *k*) for *k* non-zeros in the row; by substitution also the entries on which it depends.
  package func value<Scalar: AdditiveArithmetic>(
    row: Int, column: Int, from products: [UnsafePointer<Scalar>?]
  ) -> Scalar {
    guard let position = pattern.position(row: row, column: column) else { return .zero }
    if case .bySubstitution(let forest) = recovery, case let edge = Int(forest.edgeOfNonzero[position]), edge >= 0 {
      return SubstitutedValues(forest, products, edges: [edge])[edge]
    }
    return readsRow(position)
      ? products[Int(rowColors[row])]![column] : products[Int(columnColors[column])]![row]
  }

  /// Whether a non-zero that is read directly is found by its row.
  private func readsRow(_ position: Int) -> Bool {
    switch recovery {
    case .byColumn, .bySubstitution: false
    case .byRow: true
    case .byEither(let readsRow): readsRow[position]
    }
  }

  private func positions(ofRows rows: Range<Int>) -> Range<Int> {
    pattern.rowStarts[rows.lowerBound]..<pattern.rowStarts[rows.upperBound]
  }
}

extension Coloring {
  /// The colours whose products the entries need, increasing. Entries outside the pattern need none.
  ///
  /// - Complexity: O(colours + *k* log *r*) for *k* entries, *r* non-zeros in the longest row.
  public func requiredColors(forEntries entries: some Sequence<(Int, Int)>) -> [Int] {
    var isRequired = [Bool](repeating: false, count: colorCount)
    for (row, column) in entries {
      guard let position = pattern.position(row: row, column: column) else { continue }
      if case .bySubstitution(let forest) = recovery, case let edge = Int(forest.edgeOfNonzero[position]), edge >= 0 {
        forest.forEachGroup(of: edge) { isRequired[$0] = true }
      } else {
        let color = readsRow(position) ? rowColors[row] : columnColors[Int(pattern.columnIndices[position])]
        isRequired[Int(color)] = true
      }
    }
    return isRequired.indices.filter { isRequired[$0] }
  }
}

/// The values of edges of a forest, with all on which they depend.
private struct SubstitutedValues<Scalar: AdditiveArithmetic> {
  private var starts: [Int] = []
  private var offsets: [Int] = []
  private var values: [Scalar] = []

  /// - Parameter edges: the edges that are wanted; nil for all.
  init(_ forest: SubstitutionForest, _ products: [UnsafePointer<Scalar>?], edges: [Int]?) {
    var stack: [Scalar] = []
    guard let edges else {
      starts = [0]
      offsets = [0]
      values.reserveCapacity(forest.edgeCount)
      forest.evaluate(0..<forest.edgeCount, products, &stack) { values.append($0) }
      return
    }
    // Descendants stand before an edge, so ranges are nested or apart, and only the outermost are evaluated.
    var ranges: [Range<Int>] = []
    for edge in edges.sorted(by: >) where ranges.last?.contains(edge) != true {
      ranges.append(edge - Int(forest.descendantCounts[edge])..<edge + 1)
    }
    for range in ranges.reversed() {
      starts.append(range.lowerBound)
      offsets.append(values.count)
      stack.removeAll(keepingCapacity: true)
      forest.evaluate(range, products, &stack) { values.append($0) }
    }
  }

  subscript(edge: Int) -> Scalar {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= edge { low = middle } else { high = middle }
    }
    return values[offsets[low] + edge - starts[low]]
  }
}

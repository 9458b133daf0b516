import SparseStructure
import TensorGraph

// How a lazy matrix finds out that it is sparse, and computes non-zeros instead of rows.

extension LazyMatrix {
  /// How entries are computed; found out, which may take a search for structure, if nobody has chosen.
  func evaluationMethod() throws(TensorError) -> EvaluationMethod {
    let (known, choice) = sparseState.withLock { ($0.override, $0.choice) }
    if let found = known ?? choice { return found }
    let method = try cheapestMethod()
    sparseState.withLock { $0.choice = method }
    return method
  }

  /// Chooses how entries are computed. Drops what was computed in another way.
  func setEvaluationMethod(_ method: EvaluationMethod) {
    let isNew = sparseState.withLock { state in
      defer { state.override = method }
      return state.override != method
    }
    if isNew { caches.withCache(number) { $0.removeAll() } }
  }

  private func cheapestMethod() throws(TensorError) -> EvaluationMethod {
    let lines = min(rows.count, columns.count)
    guard lines > 1, try structure.pattern(below: Self.largestDensity) != nil else { return .dense }
    let colors = try structure.coloring().colorCount
    if colors >= lines { return .dense }
    // Groups win clearly; or the whole matrix would be much larger than its non-zeros.
    if colors <= 8 || colors * 16 <= lines { return .colors }
    let whole = rows.count.multipliedClamping(by: columns.count).multipliedClamping(by: rows.batchCount)
    if whole.multipliedClamping(by: Scalar.scalarType.byteCount) > MemoryBudget.bytes / 16 { return .colors }
    return wholeCost < productCost(colors) ? .dense : .colors
  }

  /// The share of entries above which a matrix is not worth being sparse.
  private static var largestDensity: Double { 0.5 }

  /// Turns to non-zeros if that is chosen, known to be better, or worth finding out for a read that needs many lines.
  ///
  /// Called while `computation` is locked.
  /// - Returns: whether the matrix has become sparse.
  func becomeSparse(lines: Int) throws(TensorError) -> Bool {
    guard caches.withCache(number, { $0.nonzeros == nil }), lines > 0 else { return false }
    let (override, choice) = sparseState.withLock { ($0.override, $0.choice) }
    switch override ?? choice {
    case .dense: return false
    case .colors, .terms: break
    case nil:
      let isOpen = structure.isKnown ? true : try isSearchWorthwhile(lines)
      guard isOpen, try evaluationMethod() != .dense else { return false }
    }
    try keepNonzeros()
    return true
  }

  /// Keeps the non-zeros alone from now on.
  func keepNonzeros() throws(TensorError) {
    let coloring = try structure.coloring()
    sparseState.withLock { state in
      if state.groups != nil { return }
      state.groups = (
        columns: columnProducts.grouped(by: coloring.columnColors), rows: rowProducts.grouped(by: coloring.rowColors)
      )
    }
    caches.withCache(number) { $0.becomeSparse(coloring) }
  }

  /// Whether products for so many lines are expected to take much longer than the search for structure.
  private func isSearchWorthwhile(_ lines: Int) throws(TensorError) -> Bool {
    // Most reads are small, and not worth the question.
    let size = lines.multipliedClamping(by: max(rows.count, columns.count))
    guard lines >= 8, size >= 1 << 15, sparseState.withLock({ lines >= 2 * $0.linesWeighed }) else { return false }
    sparseState.withLock { $0.linesWeighed = lines }
    if lines == min(rows.count, columns.count), hasStructuredWhole { return false }
    // Nanoseconds, as measured: sets for the elements of each node, and a colouring.
    let variable = columnProducts.directions.node
    var search = 150 * Double(variable.shape.count)
    for node in Node.topologicalOrder([columnProducts.results.node], entering: { $0 !== variable }) {
      search += 3000 + 8 * Double(node.shape.count)
    }
    return productCost(lines).nanoseconds > 2 * search
  }

  // MARK: Computing

  /// Computes what a region of a sparse matrix lacks: groups, or single lines where those are fewer.
  ///
  /// A first row costs one product and not the whole colouring; but soon all groups are computed, since rows that are
  /// computed one by one add up: never more than twice the products that would have been best.
  func compute(colors: [Int], for region: MatrixRegion, besides size: Int) throws(TensorError) {
    let (rows, columns) = region.isTransposed ? (region.columns, region.rows) : (region.rows, region.columns)
    let lines = min(rows.count, columns.count)
    let spent = sparseState.withLock { $0.linesSpent }
    if colors.count <= lines + spent {
      try compute(colors: colors)
    } else {
      let areRows = rows.count <= columns.count
      try compute(
        Array(areRows ? rows : columns), areRows ? rowProducts : columnProducts, areRows: areRows, besides: size)
      sparseState.withLock { $0.linesSpent += lines }
    }
  }

  /// Computes the products of some groups of the colouring and keeps their entries.
  func compute(colors: [Int]) throws(TensorError) {
    let coloring = try structure.coloring()
    guard let groups = sparseState.withLock({ $0.groups }) else { fatalError("a sparse matrix has groups") }
    try forEachProduct(of: coloring, colors, groups) { products, part in
      caches.withCache(number) { _ = $0.updateNonzeros { $0.insert(products, colors: part) } }
    }
  }

  /// Computes the products of some groups, a chunk at a time.
  func forEachProduct(
    of coloring: Coloring, _ colors: [Int], _ groups: (columns: DerivativeProducts, rows: DerivativeProducts),
    _ body: (_ products: Storage, _ colors: [Int]) -> Void
  ) throws(TensorError) {
    let split = colors.partitioningIndex { coloring.isRowColor($0) }
    for (part, products) in [(Array(colors[..<split]), groups.columns), (Array(colors[split...]), groups.rows)] {
      for chunk in part.chunked(by: products.chunkSize) {
        let elements = try products.evaluate(chunk)
        caches.count(products: chunk.count)
        body(elements, chunk)
      }
    }
  }

  // MARK: The whole

  /// The values of all non-zeros, [batch, non-zero], with their pattern.
  func nonzeroValues() throws(TensorError) -> (pattern: SparsityPattern, values: [Scalar]) {
    let (pattern, values) = try computedNonzeroValues()
    guard values.withUnsafeBufferPointer(\.containsNaN) else { return (pattern, values) }
    let places = Array(pattern.coordinates)
    let elements = try determined(Storage(values)) { place in
      let (row, column) = places[place % places.count]
      return (place / places.count, row, column)
    }
    return (pattern, elements.elements())
  }

  private func computedNonzeroValues() throws(TensorError) -> (pattern: SparsityPattern, values: [Scalar]) {
    let pattern = try structure.pattern()
    let isDense = try evaluationMethod() == .dense && caches.withCache(number) { $0.nonzeros == nil }
    if isDense {
      let all = MatrixRegion(
        rows: PositionSet(all: rows.count), columns: PositionSet(all: columns.count), isTransposed: false)
      let elements = try elements(all)
      var values: [Scalar] = []
      values.reserveCapacity(rows.batchCount * pattern.nonzeroCount)
      elements.withElements(of: Scalar.self) { elements in
        for batch in 0..<rows.batchCount {
          for (row, column) in pattern.coordinates {
            values.append(elements[(batch * rows.count + row) * columns.count + column])
          }
        }
      }
      return (pattern, values)
    }
    let values = try computation.withLock { _ throws(TensorError) in
      defer { caches.trim() }
      while true {
        let missing = caches.withCache(number) { $0.nonzeros?.missingColors() }
        guard let missing else {
          try keepNonzeros()
          continue
        }
        if !missing.isEmpty { try compute(colors: missing) }
        // Somebody may have emptied the cache meanwhile.
        let values = caches.withCache(number) { cache in
          cache.updateNonzeros { $0.isComplete ? $0.readAll() : nil } ?? nil
        }
        if let values { return values }
      }
    }
    return (pattern, values)
  }
}

extension Array where Element == Int {
  /// The first place from which on the predicate holds; it holds nowhere before.
  fileprivate func partitioningIndex(where isAfter: (Int) -> Bool) -> Int { firstIndex(where: isAfter) ?? count }
}

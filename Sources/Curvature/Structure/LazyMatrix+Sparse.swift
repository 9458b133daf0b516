import Algorithms
import SparseStructure
import TensorGraph

// How a lazy matrix finds out that it is sparse, and computes non-zeros instead of rows.

extension LazyMatrix {
  /// How entries are computed; found out, which may take a search for structure, if nobody has chosen.
  func evaluationMethod() throws(TensorError) -> EvaluationMethod {
    let (known, choice) = sparseState.withLock { ($0.override, $0.choice) }
    if let found = known ?? choice { return found }
    let method = try derivative.cheapestMethod(.once)
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
      let isOpen = derivative.isPatternKnown ? true : try isSearchWorthwhile(lines)
      guard isOpen, try evaluationMethod() != .dense else { return false }
    }
    try keepNonzeros()
    return true
  }

  /// Keeps the non-zeros alone from now on.
  func keepNonzeros() throws(TensorError) {
    let pattern = try derivative.pattern()
    // Terms that were chosen before there was a colouring take the place of one.
    if sparseState.withLock({ $0.override == nil && $0.choice == .terms }), !derivative.isColoringKnown {
      caches.withCache(number) { $0.becomeSparse(pattern, nil) }
      return
    }
    let coloring = try derivative.coloring()
    sparseState.withLock { state in
      if state.groups == nil { state.groups = products.grouped(by: coloring) }
    }
    caches.withCache(number) { $0.becomeSparse(pattern, coloring) }
  }

  /// Whether non-zeros are kept of which all are computed at once.
  var isUncolored: Bool { caches.withCache(number) { $0.nonzeros.map { $0.coloring == nil } ?? false } }

  /// Whether products for so many lines are expected to take much longer than the search for structure.
  private func isSearchWorthwhile(_ lines: Int) throws(TensorError) -> Bool {
    // Most reads are small, and not worth the question.
    let size = lines.multipliedClamping(by: max(rows.count, columns.count))
    guard lines >= 8, size >= 1 << 15, sparseState.withLock({ lines >= 2 * $0.linesWeighed }) else { return false }
    sparseState.withLock { $0.linesWeighed = lines }
    return try derivative.isSearchWorthwhile(lines: lines)
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
    let areColorsCheaper =
      try isUncolored ? derivative.areTermsWorthwhile(insteadOf: lines + spent) : colors.count <= lines + spent
    if areColorsCheaper {
      try compute(colors: colors)
    } else {
      let areRows = rows.count <= columns.count
      try compute(Array(areRows ? rows : columns), areRows: areRows, besides: size)
      sparseState.withLock { $0.linesSpent += lines }
    }
  }

  /// Computes entries of some groups of the colouring and keeps them: of all, if terms give them for less.
  func compute(colors: [Int]) throws(TensorError) {
    if try computeTerms(insteadOf: colors) { return }
    let coloring = try derivative.coloring()
    guard let groups = sparseState.withLock({ $0.groups }) else { fatalError("a sparse matrix has groups") }
    try forEachProduct(of: coloring, colors, groups, areKept: true) { products, part in
      caches.withCache(number) { _ = $0.updateNonzeros { $0.insert(products, colors: part) } }
    }
  }

  /// Reads all entries off the terms, if that is how they are computed and costs less than the products of some groups.
  ///
  /// - Returns: whether all entries are known now.
  private func computeTerms(insteadOf colors: [Int]) throws(TensorError) -> Bool {
    let (override, choice) = sparseState.withLock { ($0.override, $0.choice) }
    guard (override ?? choice) == .terms else { return false }
    let isUncolored = isUncolored
    if !isUncolored, override == nil, try !derivative.areTermsWorthwhile(insteadOf: colors.count) { return false }
    guard let values = try derivative.elements(.nonzeros(.terms, .both)) else { return false }
    if !isUncolored { caches.count(products: colors.count, inOneStepOf: values.byteCount) }
    caches.withCache(number) { _ = $0.updateNonzeros { $0.insertAll(values) } }
    return true
  }

  /// Computes the products of some groups, a chunk at a time.
  func forEachProduct(
    of coloring: Coloring, _ colors: [Int], _ groups: LineProducts, areKept: Bool = false,
    _ body: (_ products: Storage, _ colors: [Int]) -> Void
  ) throws(TensorError) {
    let split = colors.partitioningIndex { coloring.isRowColor($0) }
    for (part, products) in [(Array(colors[..<split]), groups.columns), (Array(colors[split...]), groups.rows)] {
      try forEachChunk(of: part, size: products.derivative.chunkSize, areKept: areKept) { chunk throws(TensorError) in
        let elements = try products.evaluate(chunk)
        caches.count(products: chunk.count)
        body(elements, chunk)
        return elements.byteCount
      }
    }
  }

  // MARK: The whole

  /// The values of all non-zeros, [batch, non-zero], with their pattern.
  func nonzeroValues() throws(TensorError) -> (pattern: SparsityPattern, values: Storage) {
    let (pattern, values) = try computedNonzeroValues()
    guard values.containsNaN else { return (pattern, values) }
    let places = Array(pattern.coordinates)
    let elements = try determined(values) { place in
      let (row, column) = places[place % places.count]
      return (place / places.count, row, column)
    }
    return (pattern, elements)
  }

  private func computedNonzeroValues() throws(TensorError) -> (pattern: SparsityPattern, values: Storage) {
    let pattern = try derivative.pattern()
    let isDense = try evaluationMethod() == .dense && caches.withCache(number) { $0.nonzeros == nil }
    if isDense {
      let all = MatrixRegion(
        rows: PositionSet(all: rows.count), columns: PositionSet(all: columns.count), isTransposed: false)
      let elements = try elements(all)
      let values = Storage(count: rows.batchCount * pattern.nonzeroCount, scalarType: Scalar.scalarType)
      var target = values.base.bindMemory(to: Scalar.self, capacity: values.count)
      elements.withElements(of: Scalar.self) { elements in
        for batch in 0..<rows.batchCount {
          for (row, column) in pattern.coordinates {
            target.pointee = elements[(batch * rows.count + row) * columns.count + column]
            target += 1
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

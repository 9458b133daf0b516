import SparseStructure
import Synchronization
import TensorGraph

/// What has been found out about where a derivative can have entries other than zero, at every point.
final class StructureFacts: DerivativeAnswer {
  private struct State {
    var pattern: SparsityPattern?
    var coloring: Coloring?
    /// How many entries may be different from zero, if that has been counted.
    var nonzeroCount: Int?
    /// Pairs of entries in a row of the pattern, if they have been counted.
    var pairCount: Int?
  }

  private let state = Mutex(State())

  var pattern: SparsityPattern? {
    get { state.withLock { $0.pattern } }
    set { state.withLock { $0.pattern = newValue } }
  }

  /// The groups of columns and rows from whose products the matrix is read.
  var coloring: Coloring? {
    get { state.withLock { $0.coloring } }
    set { state.withLock { $0.coloring = newValue } }
  }

  var nonzeroCount: Int? {
    get { state.withLock { $0.nonzeroCount } }
    set { state.withLock { $0.nonzeroCount = newValue } }
  }

  /// Pairs of entries in a row, of which a colouring looks at each. O(rows) when it is first asked for.
  func pairCount(of pattern: SparsityPattern) -> Int {
    state.withLock { state in
      if let known = state.pairCount { return known }
      let lengths = (0..<pattern.rowCount).lazy.map { pattern.range(ofRow: $0).count }
      let count = lengths.reduce(0) { $0 + $1 * $1 }
      state.pairCount = count
      return count
    }
  }

  var weight: Int { pattern?.nonzeroCount ?? 0 }
}

// Where a derivative can have entries other than zero, and how they are read from few products. Found on demand, once for
// all of one structure.

extension Derivative {
  /// Whether the pattern that holds at every point has been found.
  var isPatternKnown: Bool { facts.pattern != nil }

  /// The pattern that holds at every point, or at the point at which the tensors stand.
  ///
  /// - Throws: `TensorError` if there would be more entries than `maximumNonzeroCount`.
  package func pattern(isLocal: Bool = false) throws(TensorError) -> SparsityPattern {
    if let known = isLocal ? localPattern : facts.pattern { return known }
    let found = try slicePattern(dependencies(isLocal: isLocal))
    if isLocal { localPattern = found } else { facts.pattern = found }
    return found
  }

  /// Whether groups of columns and rows have been found.
  var isColoringKnown: Bool { facts.coloring != nil }

  /// The groups of columns and rows from whose products the matrix is read.
  func coloring() throws(TensorError) -> Coloring {
    if let known = facts.coloring { return known }
    let found = try pattern().cheapestColoring(isSymmetric: isSymmetric)
    facts.coloring = found
    return found
  }

  /// How many entries may be different from zero, of all slices of a batch together.
  private func entryCount(_ dependencies: Dependencies) -> Int {
    if let known = facts.nonzeroCount { return known }
    let count = dependencies.nonzeroCount
    facts.nonzeroCount = count
    return count
  }

  /// The pattern if it has at most the given share of all entries; nil, at the cost of finding out, if it has more.
  func pattern(below density: Double) throws(TensorError) -> SparsityPattern? {
    let size = Double(rows.node.shape.count) * Double(columns.count)
    func isSparse(_ count: Int) -> Bool { Double(count) <= density * size && count <= Self.maximumNonzeroCount }
    if let count = facts.nonzeroCount, !isSparse(count) { return nil }
    if let known = facts.pattern { return known }
    let dependencies = try dependencies(isLocal: false)
    guard isSparse(entryCount(dependencies)) else { return nil }
    let found = try slicePattern(dependencies)
    facts.pattern = found
    return found
  }

  /// The most entries of a pattern: two gigabytes of indices.
  static let maximumNonzeroCount = 1 << 28

  private func dependencies(isLocal: Bool) throws(TensorError) -> Dependencies {
    guard isLocal else { return try Dependencies(of: [rows.node], in: columns.node, integers: Self.integers) }
    return try Dependencies(of: [rows.node], in: columns.node, at: Self.values)
  }

  /// The elements of whole numbers and masks, which nobody keeps.
  private static func integers(_ nodes: [Node]) throws(TensorError) -> [[Double]] {
    var elements: [[Double]] = []
    for storage in try Evaluation.passing(nodes) {
      switch storage.scalarType {
      case .int64: elements.append(storage.withElements(of: Int64.self) { $0.map(Double.init) })
      case .int32: elements.append(storage.withElements(of: Int32.self) { $0.map(Double.init) })
      case .bool, .float32, .float64:
        elements.append((0..<storage.count).map { storage.literal(at: $0).double })
      }
    }
    return elements
  }

  /// The elements of nodes at the point.
  private static func values(_ nodes: [Node]) throws(TensorError) -> [[Double]] {
    try Evaluation.evaluate(nodes)
    return nodes.map { node in
      let storage = node.value!
      return (0..<storage.count).map { storage.literal(at: $0).double }
    }
  }

  /// The pattern of a slice: an entry is in it if it is one of some slice of the batch.
  private func slicePattern(_ dependencies: Dependencies) throws(TensorError) -> SparsityPattern {
    var pattern = try dependencies.pattern(maximumNonzeroCount: Self.maximumNonzeroCount)
    if rows.batchAxis != nil || columns.batchAxis != nil {
      let (rowNumbers, columnNumbers) = (rows.elementNumbers(), columns.elementNumbers())
      var found: (rows: [Int32], columns: [Int32]) = ([], [])
      found.rows.reserveCapacity(pattern.nonzeroCount)
      found.columns.reserveCapacity(pattern.nonzeroCount)
      for (row, column) in pattern.coordinates {
        found.rows.append(rowNumbers[row])
        found.columns.append(columnNumbers[column])
      }
      pattern = SparsityPattern(
        rowCount: rows.count, columnCount: columns.count, rows: found.rows, columns: found.columns)
    }
    return isSymmetric ? pattern.symmetricCore() : pattern
  }

  /// Why an entry may be different from zero: the operations through which its row depends on its column; nil if it is
  /// zero at every point.
  func path(row: Int, column: Int) throws(TensorError) -> DependencyPath? {
    let dependencies = try dependencies(isLocal: false)
    /// The elements of each slice that have the numbers of an entry.
    func places(_ row: Int, _ column: Int) -> some Sequence<(Int, Int)> {
      zip(rows.elements(of: row), columns.elements(of: column))
    }
    if isSymmetric, !places(column, row).contains(where: { dependencies.contains(row: $0.0, column: $0.1) }) {
      return nil
    }
    for (row, column) in places(row, column) {
      if let path = dependencies.why(row: row, column: column) { return path }
    }
    return nil
  }
}

extension UnitDirections {
  /// For each element of the tensor, row-major, its number in its slice.
  fileprivate func elementNumbers() -> [Int32] {
    guard let batchAxis else { return Array(0..<Int32(count)) }
    let inner = node.shape.dimensions[(batchAxis + 1)...].reduce(1, *)
    return (0..<node.shape.count).map { Int32($0 / (inner * batchCount) * inner + $0 % inner) }
  }
}

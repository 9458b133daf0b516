import SparseStructure
import TensorGraph

/// The non-zeros of a matrix that have been computed, each once: what replaces whole rows in a matrix that is sparse.
///
/// An entry keeps the value that it was first given, whichever product computes it again.
struct NonzeroCache<Scalar: DifferentiableScalar> {
  /// Where entries are.
  let pattern: SparsityPattern
  /// How the whole is read from products; nil if all entries are always computed at once, of one colour so to speak.
  let coloring: Coloring?
  let batchCount: Int
  let isSymmetric: Bool
  /// [batch, non-zero]; nil while nothing is known.
  private var values: Storage?
  private var isKnown: [Bool]
  private var unknownCount: Int
  var lastUse: Int

  init(_ pattern: SparsityPattern, _ coloring: Coloring?, batchCount: Int, isSymmetric: Bool, lastUse: Int) {
    self.pattern = pattern
    self.coloring = coloring
    self.batchCount = batchCount
    self.isSymmetric = isSymmetric
    self.lastUse = lastUse
    let count = pattern.nonzeroCount
    isKnown = [Bool](repeating: false, count: count)
    unknownCount = count
  }

  /// Whether every entry is known.
  var isComplete: Bool { unknownCount == 0 }
  /// Bytes of values and of what is known of them; the structure, which outlives the values, does not count.
  var byteCount: Int { isKnown.count * (batchCount * Scalar.scalarType.byteCount + 1) }

  /// Whether no entry is known.
  private var isEmpty: Bool { unknownCount == isKnown.count }

  /// Known values; memory for all of them once there are some.
  private var elements: UnsafeMutablePointer<Scalar> { values!.base.assumingMemoryBound(to: Scalar.self) }

  private mutating func reserveValues() {
    if values != nil { return }
    let fresh = Storage(count: batchCount * isKnown.count, scalarType: Scalar.scalarType)
    fresh.base.initializeMemory(as: Scalar.self, repeating: 0, count: fresh.count)
    values = fresh
  }

  // MARK: Keeping

  /// Keeps the entries of some colours' products, [color, batch, element].
  ///
  /// - Parameter part: the colouring of a part of this pattern to which the colours belong; nil for that of the whole.
  /// - Complexity: O(rows + entries of both patterns).
  mutating func insert(_ products: Storage, colors: [Int], ofPart part: Coloring? = nil) {
    products.withElements(of: Scalar.self) { insert($0, colors: colors, ofPart: part) }
  }

  private mutating func insert(_ products: UnsafeBufferPointer<Scalar>, colors: [Int], ofPart part: Coloring?) {
    reserveValues()
    let isPart = part != nil
    guard let coloring = part ?? self.coloring, let source = products.baseAddress else { return }
    let elementCount = coloring.productCount(ofColor: colors[0])
    var slots = [Int](repeating: -1, count: coloring.colorCount)
    for (slot, color) in colors.enumerated() { slots[color] = slot }
    coloring.forEachNonzero(in: pattern) { part, position, row in
      if isKnown[position] { return }
      let (color, element) = coloring.source(ofNonzeroAt: part, row: row)
      guard slots[color] >= 0 else { return }
      // The whole reads an entry and its mirror image from one place; a part may have only one of them.
      set(position, row, mirrors: isPart, source + slots[color] * batchCount * elementCount + element, elementCount)
    }
  }

  /// Keeps the entries of whole rows or columns, [line, batch, element].
  mutating func insert(_ elements: Storage, lines: [Int], areRows: Bool) {
    elements.withElements(of: Scalar.self) { insert($0, lines: lines, areRows: areRows) }
  }

  private mutating func insert(_ elements: UnsafeBufferPointer<Scalar>, lines: [Int], areRows: Bool) {
    guard let source = elements.baseAddress else { return }
    reserveValues()
    let length = areRows ? pattern.columnCount : pattern.rowCount
    guard !areRows else {
      for (place, row) in lines.enumerated() {
        for position in pattern.range(ofRow: row) where !isKnown[position] {
          let column = Int(pattern.columnIndices[position])
          set(position, row, mirrors: true, source + place * batchCount * length + column, length)
        }
      }
      return
    }
    for (place, column) in lines.enumerated() {
      for row in 0..<pattern.rowCount {
        guard let position = pattern.position(row: row, column: column), !isKnown[position] else { continue }
        set(position, row, mirrors: true, source + place * batchCount * length + row, length)
      }
    }
  }

  /// Keeps all entries that are not known yet, of values in row order. No batch.
  mutating func insertAll(_ all: Storage) {
    if isEmpty {
      values = all
    } else {
      all.withElements(of: Scalar.self) { source in
        for (position, isKnown) in isKnown.enumerated() where !isKnown { elements[position] = source[position] }
      }
    }
    isKnown.withUnsafeMutableBufferPointer { $0.update(repeating: true) }
    unknownCount = 0
  }

  /// Keeps entries that a function gives where it knows them.
  mutating func insert(_ value: (_ batch: Int, _ row: Int, _ column: Int) -> Scalar?) {
    for row in 0..<pattern.rowCount {
      for position in pattern.range(ofRow: row) where !isKnown[position] {
        let column = Int(pattern.columnIndices[position])
        let slices = (0..<batchCount).compactMap { value($0, row, column) }
        guard slices.count == batchCount, batchCount > 0 else { continue }
        reserveValues()
        slices.withUnsafeBufferPointer { set(position, row, mirrors: true, $0.baseAddress!, 1) }
      }
    }
  }

  /// Gives an unknown entry its value and, if that is asked for, its mirror image in a symmetric matrix the same.
  ///
  /// - Parameters:
  ///   - source: the value of the first slice.
  ///   - stride: from one slice to the next.
  @inline(__always)
  private mutating func set(
    _ position: Int, _ row: Int, mirrors: Bool, _ source: UnsafePointer<Scalar>, _ stride: Int
  ) {
    let (elements, count) = (elements, isKnown.count)
    func copy(to position: Int) {
      for batch in 0..<batchCount { elements[batch * count + position] = source[batch * stride] }
    }
    isKnown[position] = true
    unknownCount -= 1
    copy(to: position)
    guard mirrors, isSymmetric, case let column = Int(pattern.columnIndices[position]), column != row,
      let mirror = pattern.position(row: column, column: row), !isKnown[mirror]
    else { return }
    isKnown[mirror] = true
    unknownCount -= 1
    copy(to: mirror)
  }

  // MARK: Reading

  /// The colours that complete a region, increasing.
  func missingColors(rows: PositionSet, columns: PositionSet) -> [Int] {
    if isComplete { return [] }
    var isMissing = [Bool](repeating: false, count: coloring?.colorCount ?? 1)
    forEachEntry(rows: rows, columns: columns) { position, row, _, _ in
      if !isKnown[position] { isMissing[coloring?.source(ofNonzeroAt: position, row: row).color ?? 0] = true }
    }
    return isMissing.indices.filter { isMissing[$0] }
  }

  /// All colours whose products are still needed for the whole.
  func missingColors() -> [Int] {
    if isEmpty { return Array(0..<(coloring?.colorCount ?? 1)) }
    return missingColors(rows: PositionSet(all: pattern.rowCount), columns: PositionSet(all: pattern.columnCount))
  }

  /// Whether the entries of the pattern at the given positions are known.
  func isKnown(_ positions: [Int]) -> Bool { isComplete || positions.allSatisfy { isKnown[$0] } }

  func isKnown(at position: Int) -> Bool { isKnown[position] }

  /// A known entry.
  private func value(batch: Int, at position: Int) -> Scalar { elements[batch * isKnown.count + position] }

  /// Known entries at positions, [batch, position]; zero where there is none.
  func values(at positions: [Int?]) -> Storage {
    let result = Storage(count: batchCount * positions.count, scalarType: Scalar.scalarType)
    var target = result.base.bindMemory(to: Scalar.self, capacity: result.count)
    for batch in 0..<batchCount {
      for position in positions {
        target.pointee = position.map { value(batch: batch, at: $0) } ?? 0
        target += 1
      }
    }
    return result
  }

  /// The entries of a region, [batch, row, column], or with `isTransposed` [batch, column, row]; zero outside the
  /// pattern. All of them must be known.
  func read(rows: PositionSet, columns: PositionSet, isTransposed: Bool) -> Storage {
    let size = rows.count * columns.count
    let result = Storage.reused(count: batchCount * size, scalarType: Scalar.scalarType)
    let target = result.base.initializeMemory(as: Scalar.self, repeating: 0, count: result.count)
    let (rowStride, columnStride) = isTransposed ? (1, rows.count) : (columns.count, 1)
    forEachEntry(rows: rows, columns: columns) { position, _, rowPlace, columnPlace in
      let place = rowPlace * rowStride + columnPlace * columnStride
      for batch in 0..<batchCount { target[batch * size + place] = value(batch: batch, at: position) }
    }
    return result
  }

  /// All values, [batch, non-zero], which must be known.
  func readAll() -> Storage { values ?? Storage(count: 0, scalarType: Scalar.scalarType) }

  /// Calls `body` with each entry of the pattern in a region: its position, its row, its place among rows and columns.
  private func forEachEntry(
    rows: PositionSet, columns: PositionSet,
    _ body: (_ position: Int, _ row: Int, _ rowPlace: Int, _ columnPlace: Int) -> Void
  ) {
    let isAll = columns.isAll(of: pattern.columnCount)
    for (rowPlace, row) in rows.enumerated() {
      let entries = pattern.range(ofRow: row)
      if isAll {
        for position in entries { body(position, row, rowPlace, Int(pattern.columnIndices[position])) }
      } else if columns.count * 4 < entries.count {
        for (columnPlace, column) in columns.enumerated() {
          if let position = pattern.position(row: row, column: column) { body(position, row, rowPlace, columnPlace) }
        }
      } else {
        for position in entries {
          if let columnPlace = columns.offset(of: Int(pattern.columnIndices[position])) {
            body(position, row, rowPlace, columnPlace)
          }
        }
      }
    }
  }
}

extension Coloring {
  /// Calls `body` with each entry of this colouring's pattern: its position here, its position in a larger pattern, and
  /// its row.
  @inline(__always)
  fileprivate func forEachNonzero(
    in whole: SparsityPattern, _ body: (_ part: Int, _ position: Int, _ row: Int) -> Void
  ) {
    for row in 0..<pattern.rowCount {
      var position = whole.rowStarts[row]
      for part in pattern.rowStarts[row]..<pattern.rowStarts[row + 1] {
        while whole.columnIndices[position] != pattern.columnIndices[part] { position += 1 }
        body(part, position, row)
        position += 1
      }
    }
  }
}

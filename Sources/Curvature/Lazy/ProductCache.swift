import CPUEngine
import TensorGraph

/// The rows and columns of a matrix that have been computed.
///
/// The unit is what one evaluation computes: some rows (or columns) with their elements. In a symmetric matrix row i is
/// also column i. Whatever is held agrees bit for bit: an entry that is known already gives its value to what comes
/// later, so that an entry never changes while it is held, and a symmetric matrix equals its transpose.
struct ProductCache<Scalar: DifferentiableScalar> {
  /// Everything that one evaluation gave.
  private final class Group {
    /// [count, batch, length]
    let elements: Storage
    let lines: [Int]
    let isRows: Bool
    var lastUse: Int

    init(_ elements: Storage, lines: [Int], isRows: Bool, lastUse: Int) {
      self.elements = elements
      self.lines = lines
      self.isRows = isRows
      self.lastUse = lastUse
    }

    var byteCount: Int { elements.count * Scalar.scalarType.byteCount }
  }

  /// One computed row or column.
  private struct Line {
    let group: Group
    /// Which of the lines of the group.
    let position: Int
  }

  /// What a read still needs.
  enum Demand {
    case nothing
    case rows([Int])
    case columns([Int])
    /// Of a matrix that was found sparse: groups of rows or columns.
    case colors([Int])
  }

  let rowCount: Int
  let columnCount: Int
  let batchCount: Int
  let isSymmetric: Bool
  private var rows: [Int: Line] = [:]
  private var columns: [Int: Line] = [:]
  private var groups: [Group] = []
  /// The diagonal, [batch, element].
  private var diagonal: Group?
  /// Every entry, [batch, row, column], if all were computed at once before anything else; then nothing else is held.
  private var whole: Group?
  /// The non-zeros, once the matrix was found sparse; then nothing else is held.
  private(set) var nonzeros: NonzeroCache<Scalar>?
  /// Entries that were computed one by one.
  private var singles = SingleEntries<Scalar>()
  private let clock: UsageClock
  /// Bytes of elements held.
  private(set) var byteCount = 0

  init(rowCount: Int, columnCount: Int, batchCount: Int, isSymmetric: Bool, clock: UsageClock) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.batchCount = batchCount
    self.isSymmetric = isSymmetric
    self.clock = clock
  }

  /// The number of rows and columns held.
  var lineCount: Int { whole == nil && nonzeros?.isComplete != true ? rows.count + columns.count : rowCount }

  /// Lines of a symmetric matrix are rows; a column is the row of the same number.
  private func lines(areRows: Bool) -> [Int: Line] { areRows || isSymmetric ? rows : columns }

  /// The cheapest lines that complete a region: the missing rows or the missing columns, whichever are fewer.
  func demand(rows wantedRows: PositionSet, columns wantedColumns: PositionSet) -> Demand {
    if whole != nil { return .nothing }
    if let nonzeros {
      let colors = nonzeros.missingColors(rows: wantedRows, columns: wantedColumns)
      return colors.isEmpty ? .nothing : .colors(colors)
    }
    if wantedRows.count == 1, wantedColumns.count == 1, entryWithoutLine(wantedRows[0], wantedColumns[0]) != nil {
      return .nothing
    }
    let missingRows = wantedRows.count - held(wantedRows, areRows: true).count
    let missingColumns = wantedColumns.count - held(wantedColumns, areRows: false).count
    if missingRows == 0 || missingColumns == 0 { return .nothing }
    return missingRows <= missingColumns
      ? .rows(missing(wantedRows, areRows: true)) : .columns(missing(wantedColumns, areRows: false))
  }

  /// The lines of a set that are held, with their places in the set. Costs the smaller of the two, not the set.
  private func held(_ wanted: PositionSet, areRows: Bool) -> [(offset: Int, line: Line)] {
    let lines = lines(areRows: areRows)
    if lines.count < wanted.count {
      return lines.compactMap { number, line in wanted.offset(of: number).map { ($0, line) } }
    }
    return wanted.enumerated().compactMap { offset, number in lines[number].map { (offset, $0) } }
  }

  /// The lines of a set that are not held.
  func missing(_ wanted: PositionSet, areRows: Bool) -> [Int] {
    let lines = lines(areRows: areRows)
    return wanted.filter { lines[$0] == nil }
  }

  /// Keeps computed lines, [count, batch, length].
  mutating func insert(_ elements: Storage, lines: [Int], isRows: Bool) {
    let isRows = isRows || isSymmetric
    if nonzeros != nil {
      nonzeros?.insert(elements, lines: lines, areRows: isRows)
      return
    }
    let group = Group(elements, lines: lines, isRows: isRows, lastUse: clock.next())
    for (position, number) in lines.enumerated() {
      let line = Line(group: group, position: position)
      giveKnownEntries(to: line, number, isRow: isRows)
      if isRows, rows[number] == nil { rows[number] = line }
      if !isRows, columns[number] == nil { columns[number] = line }
    }
    groups.append(group)
    byteCount += group.byteCount
  }

  /// Replaces the entries of a fresh line, which nobody has seen yet, that are known already.
  private func giveKnownEntries(to line: Line, _ number: Int, isRow: Bool) {
    let (length, crossing) = isRow ? (columnCount, isSymmetric ? rows : columns) : (rowCount, rows)
    let crossingLength = isRow ? rowCount : columnCount
    for batch in 0..<batchCount {
      let target = UnsafeMutablePointer(mutating: pointer(line, batch, length))
      for (other, known) in crossing where other != number || !isSymmetric {
        target[other] = pointer(known, batch, crossingLength)[number]
      }
      if let diagonal, number < Swift.min(rowCount, columnCount) {
        let values = diagonal.elements
        target[number] = values.element(batch * (values.count / batchCount) + number)
      }
      singles.forEach { row, column, value in
        if isRow, row == number { target[column] = value }
        if !isRow, column == number { target[row] = value }
      }
    }
  }

  /// Keeps an entry that was computed alone.
  mutating func insert(_ value: Scalar, row: Int, column: Int) {
    singles.insert(value, row: row, column: column, isSymmetric: isSymmetric)
    singles.lastUse = clock.next()
    byteCount += SingleEntries<Scalar>.entryBytes
  }

  /// Whether another entry of a row or a column was computed alone, so that the line is the better buy now.
  func hasEntry(besides row: Int, _ column: Int) -> Bool { singles.touches(row: row, column: column) }

  /// Whether nothing is held, so that a whole matrix could be kept: entries that have been read might differ from its
  /// own in the last bit.
  var isEmpty: Bool {
    rows.isEmpty && columns.isEmpty && diagonal == nil && whole == nil && nonzeros == nil && singles.isEmpty
  }

  /// Keeps the whole matrix, [batch, row, column], if nothing is held; returns whether it did.
  mutating func insertWhole(_ elements: Storage) -> Bool {
    guard isEmpty else { return false }
    let group = Group(elements, lines: [], isRows: true, lastUse: clock.next())
    whole = group
    byteCount += group.byteCount
    return true
  }

  /// When what was not used for longest was used.
  var oldestUse: Int {
    let other = [diagonal?.lastUse, whole?.lastUse, nonzeros?.lastUse, singles.isEmpty ? nil : singles.lastUse]
    return groups.reduce(other.compactMap { $0 }.min() ?? .max) { min($0, $1.lastUse) }
  }

  /// Drops what was not used for longest and returns its bytes; nil if nothing is held.
  mutating func removeOldest() -> Int? {
    let oldest = oldestUse
    if let dropped = diagonal, dropped.lastUse == oldest {
      diagonal = nil
      byteCount -= dropped.byteCount
      return dropped.byteCount
    }
    if let dropped = whole, dropped.lastUse == oldest {
      whole = nil
      byteCount -= dropped.byteCount
      return dropped.byteCount
    }
    if let dropped = nonzeros, dropped.lastUse == oldest {
      nonzeros = nil
      byteCount -= dropped.byteCount
      return dropped.byteCount
    }
    if !singles.isEmpty, singles.lastUse == oldest {
      let bytes = singles.byteCount
      singles = SingleEntries()
      byteCount -= bytes
      return bytes
    }
    guard let place = groups.firstIndex(where: { $0.lastUse == oldest }) else { return nil }
    let dropped = groups.remove(at: place)
    byteCount -= dropped.byteCount
    for number in dropped.lines {
      if dropped.isRows, rows[number]?.group === dropped { rows[number] = nil }
      if !dropped.isRows, columns[number]?.group === dropped { columns[number] = nil }
    }
    return dropped.byteCount
  }

  mutating func removeAll() {
    rows = [:]
    columns = [:]
    groups = []
    diagonal = nil
    whole = nil
    nonzeros = nil
    singles = SingleEntries()
    byteCount = 0
  }

  // MARK: Sparse matrices

  /// From now on keeps the non-zeros alone; what is held passes to them.
  mutating func becomeSparse(_ coloring: Coloring) {
    if nonzeros != nil { return }
    var fresh = NonzeroCache<Scalar>(
      coloring, batchCount: batchCount, isSymmetric: isSymmetric, lastUse: clock.next())
    if !isEmpty { fresh.insert { heldEntry(batch: $0, row: $1, column: $2) } }
    removeAll()
    nonzeros = fresh
    byteCount = fresh.byteCount
  }

  /// Changes what is known of the non-zeros of a matrix that was found sparse.
  mutating func updateNonzeros<Result>(_ body: (inout NonzeroCache<Scalar>) -> Result) -> Result? {
    guard nonzeros != nil else { return nil }
    nonzeros!.lastUse = clock.next()
    return body(&nonzeros!)
  }

  /// An entry that is held, as a read would give it.
  private func heldEntry(batch: Int, row: Int, column: Int) -> Scalar? {
    if let whole {
      return whole.elements.element((batch * rowCount + row) * columnCount + column)
    }
    if let single = singles[row, column] { return single }
    if let diagonal, row == column {
      let values = diagonal.elements
      return values.element(batch * (values.count / Swift.max(batchCount, 1)) + row)
    }
    if let line = rows[row] { return pointer(line, batch, columnCount)[column] }
    let line = isSymmetric ? rows[column] : columns[column]
    return line.map { pointer($0, batch, rowCount)[row] }
  }

  /// An entry that is known, whatever lines are held.
  private func entryWithoutLine(_ row: Int, _ column: Int) -> Scalar? {
    guard batchCount == 1, whole == nil else { return nil }
    if let single = singles[row, column] { return single }
    return row == column ? diagonal?.elements.element(row) : nil
  }

  // MARK: Reading

  /// The entries of the given rows and columns, [batch, row, column], or with `isTransposed` [batch, column, row].
  /// Each must lie in a line that is held.
  mutating func read(rows: PositionSet, columns: PositionSet, isTransposed: Bool) -> Storage {
    // Seen transposed, columns are the rows and rows the columns; the rest is the same.
    let (outer, inner) = isTransposed ? (columns, rows) : (rows, columns)
    if let whole { return read(whole, outer: outer, inner: inner, isTransposed: isTransposed) }
    if nonzeros != nil {
      return updateNonzeros { $0.read(rows: rows, columns: columns, isTransposed: isTransposed) }!
    }
    let innerExtent = isTransposed ? rowCount : columnCount
    if outer.count == 1, inner.count == 1, let entry = entryWithoutLine(rows[0], columns[0]) {
      singles.lastUse = clock.next()
      diagonal?.lastUse = clock.next()
      return Storage(CollectionOfOne(entry))
    }
    let outerExtent = isTransposed ? columnCount : rowCount
    let now = clock.next()
    let along = held(outer, areRows: !isTransposed)
    let isAlong = along.count == outer.count
    let lines = isAlong ? along : held(inner, areRows: isTransposed)
    for (_, line) in lines { line.group.lastUse = now }
    let isWhole = isAlong ? inner.isAll(of: innerExtent) : outer.isAll(of: outerExtent)
    // A line that was computed alone and is all that is wanted need not be copied.
    if isWhole, lines.count == 1, lines[0].line.group.lines.count == 1, batchCount == 1 {
      return lines[0].line.group.elements
    }
    let result = Storage.reused(count: batchCount * outer.count * inner.count, scalarType: Scalar.scalarType)
    let target = result.base.bindMemory(to: Scalar.self, capacity: result.count)
    guard result.count > 0 else { return result }
    for batch in 0..<batchCount {
      let block = Block(base: target + batch * outer.count * inner.count, outer: outer, inner: inner)
      let sources = lines.map { offset, line in
        Source(offset: offset, elements: pointer(line, batch, isAlong ? innerExtent : outerExtent))
      }
      if isAlong {
        for row in sources { block.copy(row: row, isWhole: isWhole) }
      } else {
        block.copy(columns: sources)
      }
    }
    return result
  }

  /// Entries of the whole matrix; all of them are handed out without a copy.
  private func read(_ whole: Group, outer: PositionSet, inner: PositionSet, isTransposed: Bool) -> Storage {
    whole.lastUse = clock.next()
    if !isTransposed, outer.isAll(of: rowCount), inner.isAll(of: columnCount) { return whole.elements }
    let result = Storage.reused(count: batchCount * outer.count * inner.count, scalarType: Scalar.scalarType)
    var target = result.base.bindMemory(to: Scalar.self, capacity: result.count)
    let source = whole.elements.base.assumingMemoryBound(to: Scalar.self)
    let (outerStride, innerStride) = isTransposed ? (1, columnCount) : (columnCount, 1)
    for batch in 0..<batchCount {
      let matrix = source + batch * rowCount * columnCount
      for i in outer {
        let line = matrix + i * outerStride
        for j in inner {
          target.pointee = line[j * innerStride]
          target += 1
        }
      }
    }
    return result
  }

  /// A held line as the source of a row or column of a result.
  private struct Source {
    let offset: Int
    let elements: UnsafePointer<Scalar>
  }

  /// A row-major result that is being filled.
  private struct Block {
    let base: UnsafeMutablePointer<Scalar>
    let outer: PositionSet
    let inner: PositionSet

    func copy(row: Source, isWhole: Bool) {
      let out = base + row.offset * inner.count
      if isWhole {
        out.update(from: row.elements, count: inner.count)
      } else {
        inner.forEachPosition(in: 0..<inner.count) { place, position in out[place] = row.elements[position] }
      }
    }

    /// Tile by tile, so that reads and writes both stay in the first-level cache.
    func copy(columns: [Source]) {
      let width = inner.count
      let tile = columns.count < 8 ? outer.count : 32
      for firstRow in stride(from: 0, to: outer.count, by: Swift.max(tile, 1)) {
        let rows = firstRow..<Swift.min(firstRow + tile, outer.count)
        for column in columns {
          let out = base + column.offset
          outer.forEachPosition(in: rows) { i, position in out[i * width] = column.elements[position] }
        }
      }
    }
  }

  private func pointer(_ line: Line, _ batch: Int, _ length: Int) -> UnsafePointer<Scalar> {
    UnsafePointer(line.group.elements.base.assumingMemoryBound(to: Scalar.self))
      + (line.position * batchCount + batch) * length
  }

  // MARK: The diagonal

  /// The diagonal, [batch, element], if it is held.
  mutating func readDiagonal() -> Storage? {
    if let nonzeros {
      let length = Swift.min(rowCount, columnCount)
      let positions = (0..<length).map { nonzeros.pattern.position(row: $0, column: $0) }
      guard nonzeros.isKnown(positions.compactMap { $0 }) else { return nil }
      let result = Storage(count: batchCount * length, scalarType: Scalar.scalarType)
      let target = result.base.bindMemory(to: Scalar.self, capacity: result.count)
      for batch in 0..<batchCount {
        for (i, position) in positions.enumerated() {
          target[batch * length + i] = position.map { nonzeros.value(batch: batch, at: $0) } ?? 0
        }
      }
      return result
    }
    diagonal?.lastUse = clock.next()
    return diagonal?.elements
  }

  /// The numbers of the diagonal entries that no held line knows.
  func missingDiagonal() -> [Int] {
    if whole != nil { return [] }
    return (0..<Swift.min(rowCount, columnCount)).filter {
      rows[$0] == nil && (isSymmetric || columns[$0] == nil) && singles[$0, $0] == nil
    }
  }

  /// Keeps the diagonal: the given entries [count, batch], the others from the lines that are held.
  ///
  /// - Returns: false, without keeping it, if an entry is neither given nor held.
  mutating func insertDiagonal(_ given: Storage, at numbers: [Int]) -> Bool {
    let length = Swift.min(rowCount, columnCount)
    let whole = Storage(count: batchCount * length, scalarType: Scalar.scalarType)
    let target = whole.base.bindMemory(to: Scalar.self, capacity: whole.count)
    var isGiven = [Bool](repeating: false, count: length)
    given.withElements(of: Scalar.self) { given in
      for (place, number) in numbers.enumerated() {
        isGiven[number] = true
        for batch in 0..<batchCount { target[batch * length + number] = given[place * batchCount + batch] }
      }
    }
    for i in 0..<length where !isGiven[i] {
      if let single = singles[i, i] {
        target[i] = single
        continue
      }
      if let known = self.whole {
        for batch in 0..<batchCount {
          target[batch * length + i] = known.elements.element((batch * rowCount + i) * columnCount + i)
        }
        continue
      }
      guard let line = rows[i] ?? (isSymmetric ? nil : columns[i]) else { return false }
      let extent = rows[i] != nil ? columnCount : rowCount
      for batch in 0..<batchCount { target[batch * length + i] = pointer(line, batch, extent)[i] }
    }
    let group = Group(whole, lines: [], isRows: true, lastUse: clock.next())
    byteCount += group.byteCount - (diagonal?.byteCount ?? 0)
    diagonal = group
    return true
  }
}

extension PositionSet {
  /// Calls `body` with place and position for some places: a loop without calls for a progression.
  @inline(__always)
  fileprivate func forEachPosition(in places: Range<Int>, _ body: (Int, Int) -> Void) {
    if let slice {
      for place in places { body(place, slice.start + slice.step * place) }
    } else {
      for place in places { body(place, self[place]) }
    }
  }
}

extension Storage {
  /// Uninitialised memory that was used before, if there is some.
  static func reused(count: Int, scalarType: ScalarType) -> Storage {
    (try? Engine.storage(count: count, scalarType: scalarType)) ?? Storage(count: count, scalarType: scalarType)
  }
}

import CPUEngine
import TensorGraph

/// Everything that one computation gave of a matrix.
final class Fragment {
  enum Part { case rows, columns, diagonal, whole }

  let part: Part
  /// [line, batch, element]; of a diagonal [batch, element], of the whole [batch, row, column].
  let elements: Storage
  /// The numbers of the rows or columns.
  let lines: [Int]
  var lastUse: Int

  init(_ part: Part, _ elements: Storage, lines: [Int] = [], lastUse: Int) {
    self.part = part
    self.elements = elements
    self.lines = lines
    self.lastUse = lastUse
  }

  var byteCount: Int { elements.count * elements.scalarType.byteCount }
}

/// What has been computed of a matrix.
///
/// The unit is a fragment: some rows (or columns) with their elements, the diagonal, everything. In a symmetric matrix row
/// i is also column i. Whatever is held agrees bit for bit: an entry that is known already gives its value to what comes
/// later, so that an entry never changes while it is held, and a symmetric matrix equals its transpose.
struct FragmentStore<Scalar: DifferentiableScalar> {
  /// One computed row or column.
  struct Line {
    let fragment: Fragment
    /// Which of its lines.
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
  private var fragments: [Fragment] = []
  /// Where lines are found.
  private(set) var rows: [Int: Line] = [:]
  private(set) var columns: [Int: Line] = [:]
  private(set) var diagonal: Fragment?
  /// Every entry, if all were computed at once before anything else; then no other fragment is held.
  private(set) var whole: Fragment?
  /// The non-zeros, once the matrix was found sparse; then nothing else is held.
  private(set) var nonzeros: NonzeroCache<Scalar>?
  /// Entries that were computed one by one.
  var singles = SingleEntries<Scalar>()
  let clock: UsageClock
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
  func lines(areRows: Bool) -> [Int: Line] { areRows || isSymmetric ? rows : columns }

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
  func held(_ wanted: PositionSet, areRows: Bool) -> [(offset: Int, line: Line)] {
    let lines = lines(areRows: areRows)
    if lines.count < wanted.count {
      return lines.compactMap { number, line in wanted.offset(of: number).map { ($0, line) } }
    }
    return wanted.enumerated().compactMap { offset, number in lines[number].map { (offset, $0) } }
  }

  /// The lines of a set that are not held.
  private func missing(_ wanted: PositionSet, areRows: Bool) -> [Int] {
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
    let fragment = Fragment(isRows ? .rows : .columns, elements, lines: lines, lastUse: clock.next())
    for (position, number) in lines.enumerated() {
      let line = Line(fragment: fragment, position: position)
      giveKnownEntries(to: line, number, isRow: isRows)
      if isRows, rows[number] == nil { rows[number] = line }
      if !isRows, columns[number] == nil { columns[number] = line }
    }
    hold(fragment)
  }

  private mutating func hold(_ fragment: Fragment) {
    fragments.append(fragment)
    byteCount += fragment.byteCount
    switch fragment.part {
    case .rows, .columns: break
    case .diagonal: diagonal = fragment
    case .whole: whole = fragment
    }
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
      if let diagonal, number < diagonalCount {
        target[number] = diagonal.elements.element(batch * diagonalCount + number)
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

  /// Keeps the whole matrix, [batch, row, column], which nobody has seen yet, in place of all else; entries that are held
  /// keep their values.
  ///
  /// - Returns: false, without keeping it, if the matrix was found sparse meanwhile.
  mutating func insertWhole(_ elements: Storage) -> Bool {
    guard nonzeros == nil else { return false }
    let target = elements.base.assumingMemoryBound(to: Scalar.self)
    for batch in fragments.isEmpty ? 0..<0 : 0..<batchCount {
      let matrix = target + batch * rowCount * columnCount
      for (row, line) in rows {
        let source = pointer(line, batch, columnCount)
        for column in 0..<columnCount { matrix[row * columnCount + column] = source[column] }
        guard isSymmetric else { continue }
        for column in 0..<columnCount { matrix[column * columnCount + row] = source[column] }
      }
      for (column, line) in columns {
        let source = pointer(line, batch, rowCount)
        for row in 0..<rowCount { matrix[row * columnCount + column] = source[row] }
      }
      if let diagonal {
        for i in 0..<diagonalCount {
          matrix[i * columnCount + i] = diagonal.elements.element(batch * diagonalCount + i)
        }
      }
    }
    singles.forEach { row, column, value in target[row * columnCount + column] = value }
    removeAll()
    hold(Fragment(.whole, elements, lastUse: clock.next()))
    return true
  }

  /// When what was not used for longest was used.
  var oldestUse: Int {
    let others = [nonzeros?.lastUse, singles.isEmpty ? nil : singles.lastUse].compactMap { $0 }
    return fragments.reduce(others.min() ?? .max) { min($0, $1.lastUse) }
  }

  /// Drops what was not used for longest and returns its bytes; nil if nothing is held.
  mutating func removeOldest() -> Int? {
    let oldest = oldestUse
    let before = byteCount
    if let place = fragments.firstIndex(where: { $0.lastUse == oldest }) {
      release(fragments.remove(at: place))
    } else if let dropped = nonzeros, dropped.lastUse == oldest {
      nonzeros = nil
      byteCount -= dropped.byteCount
    } else if !singles.isEmpty, singles.lastUse == oldest {
      byteCount -= singles.byteCount
      singles = SingleEntries()
    } else {
      return nil
    }
    return before - byteCount
  }

  private mutating func release(_ fragment: Fragment) {
    byteCount -= fragment.byteCount
    switch fragment.part {
    case .rows: for number in fragment.lines where rows[number]?.fragment === fragment { rows[number] = nil }
    case .columns: for number in fragment.lines where columns[number]?.fragment === fragment { columns[number] = nil }
    case .diagonal: diagonal = nil
    case .whole: whole = nil
    }
  }

  mutating func removeAll() {
    fragments = []
    rows = [:]
    columns = [:]
    diagonal = nil
    whole = nil
    nonzeros = nil
    singles = SingleEntries()
    byteCount = 0
  }

  // MARK: Sparse matrices

  /// From now on keeps the non-zeros alone; what is held passes to them.
  mutating func becomeSparse(_ pattern: SparsityPattern, _ coloring: Coloring?) {
    if nonzeros != nil { return }
    var fresh = NonzeroCache<Scalar>(
      pattern, coloring, batchCount: batchCount, isSymmetric: isSymmetric, lastUse: clock.next())
    if byteCount > 0 { fresh.insert { heldEntry(batch: $0, row: $1, column: $2) } }
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
    if let whole { return whole.elements.element((batch * rowCount + row) * columnCount + column) }
    if let single = singles[row, column] { return single }
    if let diagonal, row == column { return diagonal.elements.element(batch * diagonalCount + row) }
    if let line = rows[row] { return pointer(line, batch, columnCount)[column] }
    let line = isSymmetric ? rows[column] : columns[column]
    return line.map { pointer($0, batch, rowCount)[row] }
  }

  /// An entry that is known, whatever lines are held.
  func entryWithoutLine(_ row: Int, _ column: Int) -> Scalar? {
    guard batchCount == 1, whole == nil else { return nil }
    return singles[row, column] ?? (row == column ? diagonal?.elements.element(row) : nil)
  }

  func pointer(_ line: Line, _ batch: Int, _ length: Int) -> UnsafePointer<Scalar> {
    UnsafePointer(line.fragment.elements.base.assumingMemoryBound(to: Scalar.self))
      + (line.position * batchCount + batch) * length
  }

  // MARK: The diagonal

  private var diagonalCount: Int { Swift.min(rowCount, columnCount) }

  /// The diagonal, [batch, element], if it is held.
  mutating func readDiagonal() -> Storage? {
    if let nonzeros {
      let positions = (0..<diagonalCount).map { nonzeros.pattern.position(row: $0, column: $0) }
      return nonzeros.isKnown(positions.compactMap { $0 }) ? nonzeros.values(at: positions) : nil
    }
    diagonal?.lastUse = clock.next()
    return diagonal?.elements
  }

  /// The numbers of the diagonal entries that are not held.
  func missingDiagonal() -> [Int] {
    if fragments.isEmpty, singles.isEmpty { return Array(0..<diagonalCount) }
    return (0..<diagonalCount).filter { heldEntry(batch: 0, row: $0, column: $0) == nil }
  }

  /// Keeps the diagonal: the given entries [count, batch], the others as they are held.
  ///
  /// - Returns: false, without keeping it, if an entry is neither given nor held.
  mutating func insertDiagonal(_ given: Storage, at numbers: [Int]) -> Bool {
    let isAll = numbers.count == diagonalCount && batchCount == 1
    guard let elements = isAll ? given : completed(given, at: numbers) else { return false }
    fragments.removeAll { $0.part == .diagonal }
    byteCount -= diagonal?.byteCount ?? 0
    hold(Fragment(.diagonal, elements, lastUse: clock.next()))
    return true
  }

  /// The diagonal, [batch, element], of given entries [count, batch] and of those that are held; nil if one is neither.
  private func completed(_ given: Storage, at numbers: [Int]) -> Storage? {
    let elements = Storage(count: batchCount * diagonalCount, scalarType: Scalar.scalarType)
    let target = elements.base.bindMemory(to: Scalar.self, capacity: elements.count)
    var isGiven = [Bool](repeating: false, count: diagonalCount)
    given.withElements(of: Scalar.self) { given in
      for (place, number) in numbers.enumerated() {
        isGiven[number] = true
        for batch in 0..<batchCount { target[batch * diagonalCount + number] = given[place * batchCount + batch] }
      }
    }
    for i in 0..<diagonalCount where !isGiven[i] {
      for batch in 0..<batchCount {
        guard let known = heldEntry(batch: batch, row: i, column: i) else { return nil }
        target[batch * diagonalCount + i] = known
      }
    }
    return elements
  }
}

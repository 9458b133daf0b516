import CPUEngine
import TensorGraph

extension FragmentStore {
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
    for (_, line) in lines { line.fragment.lastUse = now }
    let isWhole = isAlong ? inner.isAll(of: innerExtent) : outer.isAll(of: outerExtent)
    // A line that was computed alone and is all that is wanted need not be copied.
    if isWhole, lines.count == 1, lines[0].line.fragment.lines.count == 1, batchCount == 1 {
      return lines[0].line.fragment.elements
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
  private func read(_ whole: Fragment, outer: PositionSet, inner: PositionSet, isTransposed: Bool) -> Storage {
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

import TensorGraph

/// A table in a text: lines of cells, below names of columns if there are any.
///
/// The delimiter is found (tabs, semicolons, commas, or blanks). The first line is data if any of its cells is a
/// number, however the others look: an error in it is an error, and no line is lost as a header that was none.
package struct TextTable {
  /// The names of the columns, if the file has them.
  package let header: [String]?
  package let columnCount: Int
  private let bytes: [UInt8]
  private let name: String
  private let delimiter: TableDelimiter
  /// Whether the first line that has cells is the header.
  private let skipsFirstLine: Bool
  /// The number of the first line that has cells.
  private let firstLine: Int

  // MARK: The first line

  /// - Parameters:
  ///   - name: the file, for messages; its extension tells whether blanks can be a delimiter.
  ///   - isName: what a name is, if columns are to be found by their names. Then a first line with one proper name is a header
  ///     even if others are numbers, and so is a comment above the data that has a name for each column.
  /// - Throws: a `TensorError` for what is no table, or has no names where these are needed.
  package init(_ bytes: [UInt8], name: String, isName: ((String) -> Bool)? = nil) throws(TensorError) {
    func fail(_ reason: String) -> TensorError { TensorError("\(name): \(reason)") }
    if let reason = TextTable.foreignFormat(bytes) { throw fail(reason) }
    let needsNames = isName != nil
    let delimiter = TableDelimiter.found(in: bytes, name: name)
    var reader = TableReader(bytes, delimiter: delimiter, name: name)
    guard try reader.next() else {
      throw fail(bytes.isEmpty ? "is empty, expected lines of numbers" : "has no line of numbers")
    }
    var second = reader
    let hasSecond = try second.next()
    var first = TextTable.firstCells(reader, next: hasSecond ? second : nil)
    if needsNames, hasSecond, second.cells.first?.isQuoted == true, first.allSatisfy(\.isQuoted),
      second.cells.count == first.count + 1
    {
      // R writes names of rows, and no name above them.
      first.insert(TableReader.Cell(range: 0..<0, isQuoted: true), at: 0)
    }
    let texts = first.map(reader.text)
    func names(_ texts: [ArraySlice<UInt8>]) -> [String] { texts.map { String(decoding: $0, as: UTF8.self) } }
    let hasNumbers = texts.contains { FileNumber.parse($0) != nil }
    // Whoever puts names in quotes, and not the numbers below, means names by all of them, also by '2020'.
    let isQuotedAlone = hasSecond && first.allSatisfy(\.isQuoted) && !second.cells.contains(where: \.isQuoted)
    if isQuotedAlone, !needsNames, texts.allSatisfy({ FileNumber.parse($0) != nil }) {
      throw reader.error(
        line: reader.line, column: 1,
        "the line has numbers in quotes and the next has none: begin it with '#' if it is a header, leave out the quotes "
          + "if it is data")
    }
    var header: [String]?
    var isFirstLine = true
    if isQuotedAlone || !hasNumbers, texts.contains(where: TableCell.isWord) {
      header = names(texts)
    } else if let isName {
      let above = reader.lastComment.map { TextTable.cells(ofComment: bytes[$0], delimiter, texts.count, name) } ?? []
      if above.contains(where: isName) {
        (header, isFirstLine) = (above, false)
      } else if names(texts).contains(where: isName) {
        header = names(texts)
      } else {
        throw fail("the first line has no names of columns, such as 't,y'; a model refers to its data by them")
      }
    }
    self.header = header
    columnCount = first.count
    skipsFirstLine = header != nil && isFirstLine
    firstLine = reader.line
    (self.bytes, self.name, self.delimiter) = (bytes, name, delimiter)
  }

  /// The cells of the first line: without an empty one at its end if the next line has none there, and without what may
  /// be a comment if numbers alone are left, or if the next line has as many as are left.
  private static func firstCells(_ first: TableReader, next: TableReader?) -> [TableReader.Cell] {
    if let next, next.cells.count == first.cells.count, next.comment == nil,
      next.cells.droppingEmptyEnd(next.delimiter).count == next.cells.count
    {
      return first.cells
    }
    let all = first.cells.droppingEmptyEnd(first.delimiter)
    guard let kept = first.cellsBeforeComment?.droppingEmptyEnd(first.delimiter) else { return all }
    if kept.allSatisfy({ FileNumber.parse(first.text($0)) != nil }) { return kept }
    guard let next else { return all }
    func counts(_ cells: [TableReader.Cell]?) -> Set<Int> {
      cells.map { [$0.count, $0.droppingEmptyEnd(first.delimiter).count] } ?? []
    }
    let expected = counts(next.cells).union(counts(next.cellsBeforeComment))
    return !expected.contains(all.count) && expected.contains(kept.count) ? kept : all
  }

  /// The cells of a comment, if it has as many as the table has columns, between the same delimiters or blanks.
  private static func cells(
    ofComment text: ArraySlice<UInt8>, _ delimiter: TableDelimiter, _ count: Int, _ name: String
  ) -> [String] {
    for delimiter in [delimiter, .blanks] {
      var reader = TableReader(Array(text.drop { "#%".utf8.contains($0) }), delimiter: delimiter, name: name)
      guard (try? reader.next()) == true, reader.cells.count == count else { continue }
      return reader.cells.map { String(decoding: reader.text($0), as: UTF8.self) }
    }
    return []
  }

  /// What a text is that is no table; nil if it may be one.
  private static func foreignFormat(_ bytes: [UInt8]) -> String? {
    let files = "files are .npy, .npz, or text with lines of numbers"
    return if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      "is text in UTF-16; save it as UTF-8"
    } else if bytes.starts(with: [0x1F, 0x8B]) {
      "is compressed with gzip; unpack it first"
    } else if bytes.starts(with: "%%MatrixMarket".utf8) {
      "is a Matrix Market file, which is written and not read; \(files)"
    } else if isListOrObject(bytes) {
      "begins as JSON or a printed array does, which are not read; \(files)"
    } else {
      nil
    }
  }

  /// Whether a text begins as `{"…`, `[[…` or `[1…` do; a header can be `[s],[m]`.
  private static func isListOrObject(_ bytes: [UInt8]) -> Bool {
    let start = bytes.prefix(1024).filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }.prefix(2)
    guard let first = start.first, let second = start.last, start.count == 2 else { return false }
    return first == UInt8(ascii: "{") && second == UInt8(ascii: "\"")
      || first == UInt8(ascii: "[") && ("[-.".utf8.contains(second) || FileNumber.isDigit(second))
  }

  // MARK: Numbers

  /// The numbers in some columns, line after line.
  ///
  /// - Parameters:
  ///   - wanted: the columns, counted from 0; nothing is asked of the others.
  ///   - allowsNaN: whether NaN is a number; otherwise it is a missing value.
  /// - Throws: a `TensorError` that names line and column, both counted from 1, and the cell. O(n) in the text's length.
  package func numbers(inColumns wanted: [Int], allowsNaN: Bool) throws(TensorError) -> [Double] {
    var numbers: [Double] = []
    var reader = TableReader(bytes, delimiter: delimiter, name: name)
    var hasLines = false
    // A text in the first column may begin as a comment does.
    reader.cutsComments = !wanted.contains(0)
    while try reader.next() {
      if reader.isComment {
        try checkIsNoData(reader)
        continue
      }
      if skipsFirstLine, reader.line == firstLine { continue }
      hasLines = true
      let cells = try cells(of: reader)
      for column in wanted { numbers.append(try number(cells, column, reader, allowsNaN: allowsNaN)) }
    }
    guard hasLines else {
      throw TensorError("\(name): has names of columns, but no line of numbers")
    }
    return numbers
  }

  /// Refuses a comment below the first line that has as many cells as the table, for it may be a line of data.
  private func checkIsNoData(_ reader: TableReader) throws(TensorError) {
    guard columnCount > 1, reader.line > firstLine,
      [reader.cells.count, reader.cells.droppingEmptyEnd(delimiter).count].contains(columnCount)
    else { return }
    throw reader.error(
      line: reader.line, column: 1, title: header?[0],
      "the line begins as a comment and has \(columnCount) cells, as data have; quote the first if it is data, remove the "
        + "line if it is none")
  }

  /// The cells of a line, as many as there are columns: a delimiter and a comment may follow the last.
  private func cells(of reader: TableReader) throws(TensorError) -> [TableReader.Cell] {
    if reader.cells.count == columnCount { return reader.cells }
    let candidates = [reader.cells, reader.cellsBeforeComment].compactMap { $0 }
    for cells in candidates {
      if cells.count == columnCount { return cells }
      if cells.droppingEmptyEnd(delimiter).count == columnCount { return cells.droppingEmptyEnd(delimiter) }
    }
    let count = candidates[candidates.count - 1].count
    throw TensorError(
      "\(name): line \(reader.line) has \(count) column\(count == 1 ? "" : "s"), line \(firstLine) has \(columnCount); "
        + "every line needs as many (between \(delimiter.description))")
  }

  private func number(
    _ cells: [TableReader.Cell], _ column: Int, _ reader: TableReader, allowsNaN: Bool
  ) throws(TensorError) -> Double {
    var text = reader.text(cells[column])
    var value = FileNumber.parse(text)
    if value == nil, column == cells.count - 1, reader.comment?.cell == column,
      let kept = reader.cellsBeforeComment, kept.count == cells.count
    {
      text = reader.text(kept[column])
      value = FileNumber.parse(text)
    }
    if let value, allowsNaN || !value.isNaN { return value }
    var reason = value == nil ? TableCell.complaint(text, delimiter) : TableCell.missingComplaint(text)
    if header == nil, reader.line == firstLine,
      TableCell.isWord(text) || !cells.contains(where: { FileNumber.parse(reader.text($0)) != nil })
    {
      reason += "; a header has names and no numbers, or begins with '#'"
    }
    throw reader.error(line: reader.line, column: column + 1, title: header?[column], reason)
  }
}

extension [TableReader.Cell] {
  /// Without the empty cell behind a delimiter at the end of a line.
  func droppingEmptyEnd(_ delimiter: TableDelimiter) -> [TableReader.Cell] {
    guard count > 1, let last, last.range.isEmpty, !last.isQuoted else { return self }
    return dropLast()
  }
}

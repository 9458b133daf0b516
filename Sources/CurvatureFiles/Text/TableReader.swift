import TensorGraph

/// Cuts a text into lines of cells: RFC 4180, for any delimiter, with comments and blank lines left out.
///
/// A cell that begins with a quote ends with one; between them delimiters and line breaks are text, and two quotes are
/// one. A quote elsewhere is text. A line that begins with `#` or `%` is a comment.
struct TableReader {
  /// A cell as a range of bytes, without the quotes and blanks around it.
  struct Cell {
    var range: Range<Int>
    var isQuoted = false
  }

  let bytes: [UInt8]
  let delimiter: TableDelimiter
  /// The file, for messages.
  let name: String
  /// Whether lines that are comments are read as lines of cells, too.
  var cutsComments = false
  private var position: Int
  private var lineCount = 0

  // MARK: The record that was read last

  /// The line that it begins on, counted from 1.
  private(set) var line = 0
  private(set) var cells: [Cell] = []
  /// The cell in which a comment may begin, and the place of its `#`.
  private(set) var comment: (cell: Int, place: Int)?
  /// Whether the line begins with `#` or `%`; such lines are passed over unless `cutsComments`.
  var isComment: Bool { comment.map { $0.cell == 0 && $0.place == cells[0].range.lowerBound } ?? false }
  /// The text of the comment line that was read last.
  private(set) var lastComment: Range<Int>?

  init(_ bytes: [UInt8], delimiter: TableDelimiter, name: String) {
    (self.bytes, self.delimiter, self.name) = (bytes, delimiter, name)
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// Reads the next line that has cells; false at the end.
  ///
  /// - Throws: a `TensorError` for bytes that are no text, and for quotes that do not close.
  mutating func next() throws(TensorError) -> Bool {
    while position < bytes.count {
      lineCount += 1
      let start = bytes[position...].firstIndex { !isBlank($0) } ?? bytes.count
      if isEnd(start) {
        position = nextLine(after: start)
      } else if isComment(at: start) {
        let end = bytes[start...].firstIndex(where: isLineBreak) ?? bytes.count
        lastComment = (start + 1)..<end
        if cutsComments, (try? readRecord(commentAt: start)) != nil { return true }
        position = nextLine(after: end)
      } else {
        try readRecord()
        return true
      }
    }
    return false
  }

  /// The text of a cell in UTF-8, two quotes of a quoted one made one.
  func text(_ cell: Cell) -> ArraySlice<UInt8> {
    let text = bytes[cell.range]
    guard cell.isQuoted, text.contains(UInt8(ascii: "\"")) else { return text }
    var single: [UInt8] = []
    var isFirst = false
    for byte in text {
      isFirst = byte == UInt8(ascii: "\"") && !isFirst
      if byte != UInt8(ascii: "\"") || isFirst { single.append(byte) }
    }
    return single[...]
  }

  /// The cells in front of the comment that may follow them; nil if none may.
  var cellsBeforeComment: [Cell]? {
    guard let comment else { return nil }
    let rest = trimmed(cells[comment.cell].range.lowerBound..<comment.place)
    return Array(cells[..<comment.cell]) + (rest.isEmpty && delimiter == .blanks ? [] : [Cell(range: rest)])
  }

  /// An error in a cell of this file.
  ///
  /// - Parameter title: the name of the column.
  func error(line: Int, column: Int, title: String? = nil, _ reason: String) -> TensorError {
    let title = title.map { " ('\(PrintableText.printable(String($0.prefix(40))))')" } ?? ""
    return TensorError("\(name): line \(line), column \(column)\(title): \(reason)")
  }

  // MARK: Cutting

  /// - Parameter start: where the line's comment begins, if all of it is one.
  private mutating func readRecord(commentAt start: Int? = nil) throws(TensorError) {
    cells.removeAll(keepingCapacity: true)
    comment = start.map { (0, $0) }
    line = lineCount
    var place = position
    while true {
      place = skippingBlanks(from: place)
      if delimiter == .blanks, isEnd(place) { break }
      place =
        isQuote(place) && (comment == nil || closesCell(quote: place))
        ? try quotedCell(from: place) : try plainCell(from: place)
      if isEnd(place) { break }
      if delimiter != .blanks { place += 1 }
    }
    position = nextLine(after: place)
  }

  /// Reads a cell up to the delimiter or the line's end, whose place is given back.
  private mutating func plainCell(from start: Int) throws(TensorError) -> Int {
    var place = start
    while !isEnd(place), !delimiter.matches(bytes[place]) {
      try checkIsText(place)
      if bytes[place] == UInt8(ascii: "#"), comment == nil, beginsComment(at: place, inCellFrom: start) {
        comment = (cells.count, place)
      }
      place += 1
    }
    cells.append(Cell(range: trimmed(start..<place)))
    return place
  }

  private mutating func quotedCell(from quote: Int) throws(TensorError) -> Int {
    let column = cells.count + 1
    guard let closing = closingQuote(from: quote) else {
      throw error(line: lineCount, column: column, "the quote that opens here is never closed")
    }
    var place = quote + 1
    while place < closing {
      if isLineBreak(bytes[place]) {
        lineCount += 1
        place = nextLine(after: place)
      } else {
        try checkIsText(place)
        place += 1
      }
    }
    cells.append(Cell(range: trimmed((quote + 1)..<closing), isQuoted: true))
    let end = skippingBlanks(from: closing + 1)
    if isCellEnd(end, after: closing) { return end }
    guard bytes[end] == UInt8(ascii: "#"), end > closing + 1 else {
      throw error(
        line: lineCount, column: column,
        "text follows the quote that closes this cell; a quote inside of one is written twice")
    }
    return bytes[end...].firstIndex(where: isLineBreak) ?? bytes.count
  }

  /// The place of the quote that closes a cell, nil if there is none: the next that does not stand before another.
  private func closingQuote(from quote: Int) -> Int? {
    var place = quote + 1
    while place < bytes.count {
      if isQuote(place) {
        guard isQuote(place + 1) else { return place }
        place += 1
      }
      place += 1
    }
    return nil
  }

  /// Whether a quoted cell ends on the line it begins on, as one must that may be a part of a comment.
  private func closesCell(quote: Int) -> Bool {
    guard let closing = closingQuote(from: quote), !bytes[quote..<closing].contains(where: isLineBreak) else {
      return false
    }
    return isCellEnd(skippingBlanks(from: closing + 1), after: closing)
  }

  /// Whether the delimiter or the line's end follows a quote that closes a cell, behind blanks.
  private func isCellEnd(_ place: Int, after closing: Int) -> Bool {
    isEnd(place) || delimiter.matches(bytes[place]) || delimiter == .blanks && place > closing + 1
  }

  private func checkIsText(_ place: Int) throws(TensorError) {
    let byte = bytes[place]
    guard byte < 0x20, byte != 0x09 else { return }
    throw error(line: lineCount, column: cells.count + 1, "byte \(byte) is no text; is this a table of numbers?")
  }

  // MARK: Bytes

  private func isLineBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  private func isQuote(_ place: Int) -> Bool { place < bytes.count && bytes[place] == UInt8(ascii: "\"") }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Whether a line ends at a place.
  private func isEnd(_ place: Int) -> Bool { place >= bytes.count || isLineBreak(bytes[place]) }

  /// The place behind a line break: a line feed, a carriage return, or both.
  private func nextLine(after end: Int) -> Int {
    guard end < bytes.count else { return end }
    return bytes[end] == 0x0D && end + 1 < bytes.count && bytes[end + 1] == 0x0A ? end + 2 : end + 1
  }

  /// The first place that has neither a blank nor, unless that is the delimiter, a tab.
  private func skippingBlanks(from start: Int) -> Int {
    var place = start
    while place < bytes.count, isBlank(bytes[place]), bytes[place] == 0x20 || delimiter != .tab { place += 1 }
    return place
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(bytes[start]) { start += 1 }
    while start < end, isBlank(bytes[end - 1]) { end -= 1 }
    return start..<end
  }

  /// Whether a line is a comment: unless it begins with what a spreadsheet writes for a cell without a value.
  private func isComment(at place: Int) -> Bool {
    bytes[place] == UInt8(ascii: "%") || bytes[place] == UInt8(ascii: "#") && !isSpreadsheetError(at: place)
  }

  private func isSpreadsheetError(at place: Int) -> Bool {
    TableCell.spreadsheetErrors.contains { bytes[place...].starts(with: $0.utf8) }
  }

  /// Whether a comment may begin at a `#`: behind a blank, and if a cell would begin there, in front of one. `#ff0000`
  /// may be a cell.
  private func beginsComment(at place: Int, inCellFrom start: Int) -> Bool {
    guard place > 0, isBlank(bytes[place - 1]), !isSpreadsheetError(at: place) else { return false }
    return place > start || delimiter == .blanks || isEnd(place + 1) || isBlank(bytes[place + 1])
  }
}

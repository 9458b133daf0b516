import Curvature
import TensorGraph

/// Numbers in lines of text, separated by commas.
package enum CSV {
  /// What stands where a value is missing.
  private static let missing: Set<String> = ["", "nan", "na", "n/a", "null", "none", "-", "?"]

  /// The table in a file: one column is a vector, several are a matrix.
  ///
  /// A first line with a word in it is a header and is skipped, as are empty lines and lines that begin with `#`.
  /// - Throws: a `ToolError` that names line and column, both counted from 1.
  package static func read(_ bytes: [UInt8], name: String) throws(ToolError) -> ArrayValue {
    func fail(_ reason: String) -> ToolError { ToolError("\(name): \(reason)", status: .data) }
    var numbers: [Double] = []
    var columns: Int?
    var firstLine = 0
    var rows = 0
    var line = 0
    var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var hasHeader = false
    while position < bytes.count {
      let end = bytes[position...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
      let text = bytes[position..<end]
      position = end + 1
      if end < bytes.count, bytes[end] == 0x0D, position < bytes.count, bytes[position] == 0x0A { position += 1 }
      line += 1
      if let binary = text.firstIndex(where: { $0 < 0x20 && $0 != 0x09 }) {
        throw fail(
          "line \(line), column \(fields(text[..<binary]).count): byte \(bytes[binary]) is no text; is this a .csv file?"
        )
      }
      guard let first = text.first(where: { $0 != 0x20 && $0 != 0x09 }), first != UInt8(ascii: "#") else { continue }
      let cells = fields(text)
      if rows == 0, !hasHeader, isHeader(cells) {
        hasHeader = true
        columns = cells.count
        firstLine = line
        continue
      }
      if columns == nil { (columns, firstLine) = (cells.count, line) }
      guard cells.count == columns else {
        throw fail(
          "line \(line) has \(cells.count) column\(cells.count == 1 ? "" : "s"), line \(firstLine) has \(columns!); "
            + "every line needs as many")
      }
      for (column, cell) in cells.enumerated() {
        guard let value = number(cell) else {
          guard String(validating: cell, as: UTF8.self) != nil else {
            throw fail("line \(line), column \(column + 1): is no text; is this a .csv file?")
          }
          let word = FormulaSource.printable(String(decoding: cell, as: UTF8.self))
          throw fail(
            missing.contains(word.lowercased())
              ? "line \(line), column \(column + 1): the value is missing ('\(word)'); remove or fill the line first"
              : "line \(line), column \(column + 1): '\(word.prefix(40))' is no number"
                + (word.contains { " ;\t".contains($0) } ? "; numbers are separated by commas" : ""))
        }
        numbers.append(value)
      }
      rows += 1
    }
    guard rows > 0 else {
      throw fail(bytes.isEmpty ? "is empty, expected lines of numbers" : "has no line of numbers")
    }
    return ArrayValue(shape: columns == 1 ? [rows] : [rows, columns!], numbers)
  }

  /// The names in the first line that is neither empty nor a comment, if that line is a header.
  package static func header(_ bytes: [UInt8]) -> [String]? {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    for line in text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 }), first != UInt8(ascii: "#") else { continue }
      let cells = fields(line)
      return isHeader(cells) ? cells.map { String(decoding: $0, as: UTF8.self) } : nil
    }
    return nil
  }

  /// Whether a line has a word that is neither a number nor stands for a missing one.
  private static func isHeader(_ cells: [ArraySlice<UInt8>]) -> Bool {
    cells.contains { cell in
      guard number(cell) == nil, let word = String(validating: cell, as: UTF8.self) else { return false }
      return !missing.contains(word.lowercased())
    }
  }

  /// The fields of a line, without the blanks and quotes around them.
  private static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { field in
      var field = trimmed(field)
      if field.count >= 2, field.first == UInt8(ascii: "\""), field.last == UInt8(ascii: "\"") {
        field = trimmed(field.dropFirst().dropLast())
      }
      return field
    }
  }

  private static func trimmed(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var field = field
    while field.first == 0x20 || field.first == 0x09 { field.removeFirst() }
    while field.last == 0x20 || field.last == 0x09 { field.removeLast() }
    return field
  }

  /// The number that a field says; nil for words, NaN and hexadecimal notation.
  private static func number(_ field: ArraySlice<UInt8>) -> Double? {
    guard let first = field.first, field.count <= 400 else { return nil }
    let text = String(decoding: field, as: UTF8.self)
    let isInfinity = ["inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"].contains(text.lowercased())
    guard isInfinity || first < UInt8(ascii: "A"), !text.contains("x"), !text.contains("X") else { return nil }
    guard let value = Double(isInfinity ? text.lowercased() : text), !value.isNaN else { return nil }
    return value
  }

  /// One line for each row along the last axis; a vector has one number a line. 17 significant digits.
  package static func write(_ array: ArrayValue) -> [UInt8] {
    let columns = array.shape.count < 2 ? 1 : array.shape[array.shape.count - 1]
    var bytes: [UInt8] = []
    for i in 0..<array.count {
      bytes.append(contentsOf: NumberText.exact(array[i]).utf8)
      bytes.append((i + 1) % columns == 0 ? 0x0A : UInt8(ascii: ","))
    }
    return bytes
  }
}

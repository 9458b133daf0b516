import Algorithms
import CurvatureFiles
import TensorGraph

/// A table of data whose columns have names.
package struct FitTable {
  /// The names in the order of the columns, as formulas spell them where they are names of formulas.
  package let names: [String]
  private let table: TextTable
  /// The file, for messages.
  private let file: String

  /// - Throws: a data error for what is no table, or has no names of columns.
  package init(_ bytes: [UInt8], name file: String) throws(ToolError) {
    if String(decoding: bytes.prefix(200), as: UTF8.self).contains("NIST/ITL StRD") {
      throw ToolError("\(file): is a problem in NIST's format; name it without --data", status: .usage)
    }
    table = try withFiles { () throws(TensorError) in
      try TextTable(bytes, name: file, isName: { Lexer.name($0) != nil })
    }
    names = (table.header ?? []).map { Lexer.name($0) ?? $0 }
    self.file = file
  }

  /// The columns that a model uses; the others may have anything in their cells.
  ///
  /// - Throws: a data error if two columns have one of these names, or a cell is no number.
  package func columns(_ used: Set<String>) throws(ToolError) -> [FitProblem.Column] {
    var chosen: [Int] = []
    for (i, name) in names.enumerated() where used.contains(name) {
      guard !chosen.contains(where: { names[$0] == name }) else {
        throw ToolError("\(file): two columns are called '\(name)'; rename one of them", status: .data)
      }
      chosen.append(i)
    }
    let numbers = try withFiles { () throws(TensorError) in
      try table.numbers(inColumns: chosen, allowsNaN: false)
    }
    return chosen.enumerated().map { position, column in
      FitProblem.Column(
        name: names[column],
        values: stride(from: position, to: numbers.count, by: chosen.count).map { numbers[$0] })
    }
  }
}

/// Starting values as the command line gives them: `b1=0.5, b2=1e-3`.
package enum FitStart {
  /// Names and values in the order of the text.
  ///
  /// - Throws: a usage error for what is not `name=number`, or a name given twice.
  package static func parse(_ text: String) throws(ToolError) -> [(name: String, value: Double)] {
    let source = FormulaSource(text, name: "--start")
    var result: [(name: String, value: Double)] = []
    var offset = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let range = offset..<(offset + part.utf8.count)
      offset = range.upperBound + 1
      let sides = part.split(separator: "=", omittingEmptySubsequences: false).map {
        String($0.trimming(while: \.isWhitespace))
      }
      guard sides.count == 2 else {
        throw ToolError("expected name=number, as in b1=0.5,b2=1e-3", at: range, in: source)
      }
      guard let name = Lexer.name(sides[0]) else {
        throw ToolError(
          "'\(PrintableText.printable(sides[0]))' cannot be a name; expected name=number, as in b1=0.5,b2=1e-3",
          at: range,
          in: source)
      }
      guard let value = Double(sides[1]), value.isFinite else {
        throw ToolError("'\(PrintableText.printable(sides[1]))' is no finite number", at: range, in: source)
      }
      guard !result.contains(where: { $0.name == name }) else {
        throw ToolError("parameter '\(name)' has a start already", at: range, in: source)
      }
      result.append((name, value))
    }
    return result
  }
}

/// A table of data whose columns have names.
package enum FitTable {
  /// The columns of a CSV file by the names of its header line.
  ///
  /// - Throws: a data error if there is no header, a name occurs twice, or a cell is no number.
  package static func columns(_ bytes: [UInt8], name: String) throws(ToolError) -> [FitProblem.Column] {
    guard let header = CSV.header(bytes) else {
      throw ToolError(
        "\(name): the first line has no names of columns; a model refers to its data by them", status: .data)
    }
    let table = try CSV.read(bytes, name: name)
    let (rows, columns) = (table.shape[0], header.count)
    var seen = Set<String>()
    for column in header where !seen.insert(column).inserted {
      throw ToolError("\(name): two columns are called '\(FormulaSource.printable(column))'", status: .data)
    }
    return header.enumerated().map { j, column in
      FitProblem.Column(name: column, values: (0..<rows).map { table[$0 * columns + j] })
    }
  }

  /// Whether a formula can refer to a column by this name.
  package static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    } && !Parser.isReserved(text)
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
      let sides = part.split(separator: "=", omittingEmptySubsequences: false).map(\.trimmingBlanks)
      guard sides.count == 2, FitTable.isName(sides[0]) else {
        throw ToolError("expected name=number, as in b1=0.5,b2=1e-3", at: range, in: source)
      }
      guard let value = Double(sides[1]), value.isFinite else {
        throw ToolError("'\(FormulaSource.printable(sides[1]))' is no finite number", at: range, in: source)
      }
      guard !result.contains(where: { $0.name == sides[0] }) else {
        throw ToolError("parameter '\(sides[0])' has a start already", at: range, in: source)
      }
      result.append((sides[0], value))
    }
    return result
  }
}

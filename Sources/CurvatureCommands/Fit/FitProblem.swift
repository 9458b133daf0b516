import Algorithms

/// A model and data: everything a fit needs but a start.
package struct FitProblem: Sendable {
  package let name: String
  package let model: FitModel
  /// The columns of the data that the model uses, by name, all of one length.
  package let columns: [Column]
  /// The names of all columns of the data.
  package let columnNames: [String]
  /// The names of the parameters, in the order in which they are reported.
  package let parameterNames: [String]

  package struct Column: Sendable {
    package let name: String
    package let values: [Double]

    package init(name: String, values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// - Parameter columnNames: the names of all columns; those of `columns` by default.
  package init(
    name: String, model: FitModel, columns: [Column], columnNames: [String]? = nil, parameterNames: [String]
  ) {
    self.columnNames = columnNames ?? columns.map(\.name)
    self.name = name
    self.model = model
    self.columns = columns
    self.parameterNames = parameterNames
  }

  package var observationCount: Int { columns.first?.values.count ?? 0 }
}

/// A model in the formula language: what is explained, and the formula that explains it.
package struct FitModel: Hashable, Sendable {
  /// A formula of the data: `y`, or `log(y)`.
  package let response: String
  /// A formula of the data and the parameters.
  package let prediction: String

  package init(response: String, prediction: String) {
    self.response = response
    self.prediction = prediction
  }

  /// The names of columns and parameters that the model uses.
  ///
  /// - Throws: a `ToolError` for a formula that cannot be read.
  package func names() throws(ToolError) -> Set<String> {
    let response = try Parser.parse(response, name: "response").freeNames
    return try Parser.parse(prediction, name: "model").freeNames.union(response)
  }

  /// Splits `response = prediction` at the equals sign of the last statement; statements before it go to the
  /// prediction. Without such a sign all is the prediction.
  ///
  /// - Parameter defaultResponse: the response of a text that names none.
  package init(_ text: String, defaultResponse: String) {
    let bytes = Array(text.utf8)
    var depth = 0
    var statementStart = 0
    var equals: Int?
    var inComment = false
    // The last statement that is not blank: a separator counts once something follows it.
    var pendingStart: Int?
    for (i, byte) in bytes.enumerated() {
      let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
      if inComment, byte != UInt8(ascii: "\n") { continue }
      inComment = byte == UInt8(ascii: "#")
      if inComment { continue }
      if depth == 0, byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\n") {
        pendingStart = i + 1
        continue
      }
      if !isBlank, let start = pendingStart {
        (statementStart, equals, pendingStart) = (start, nil, nil)
      }
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "=") where depth == 0 && equals == nil:
        let before = i > 0 ? bytes[i - 1] : 0
        let after = i + 1 < bytes.count ? bytes[i + 1] : 0
        let isComparison = after == UInt8(ascii: "=") || "=<>!".utf8.contains(before)
        if !isComparison { equals = i }
      default: break
      }
    }
    func trimmed(_ range: Range<Int>) -> String {
      String(String(decoding: bytes[range], as: UTF8.self).trimming(while: \.isWhitespace))
    }
    guard let equals else {
      self.init(response: defaultResponse, prediction: text)
      return
    }
    let earlier = String(decoding: bytes[..<statementStart], as: UTF8.self)
    let last = trimmed((equals + 1)..<bytes.count)
    self.init(response: trimmed(statementStart..<equals), prediction: earlier.isEmpty ? last : "\(earlier) \(last)")
  }
}

import TensorGraph

/// Why a command ends without a result, for a person to read.
package struct ToolError: Error, CustomStringConvertible {
  /// What the shell is told.
  package enum Status: Int32, Sendable {
    /// What only values show: shapes that do not fit, files, memory, a matrix that is not positive definite.
    case data = 1
    /// A wrong command line, or a formula that does not parse, names the unknown, or calls with wrong arguments.
    case usage = 2
    /// Ended by Ctrl-C, as shells number it.
    case interrupted = 130
  }

  /// What was found and what was expected, in one sentence.
  package let message: String
  /// The text and the bytes in it that the message speaks of.
  package let place: (source: FormulaSource, range: Range<Int>)?
  package let status: Status

  package init(_ message: String, status: Status) {
    self.message = message
    self.place = nil
    self.status = status
  }

  package init(_ message: String, at range: Range<Int>, in source: FormulaSource, status: Status = .usage) {
    self.message = message
    self.place = (source, range)
    self.status = status
  }

  /// The message, and below it the line of the formula with a caret.
  package var description: String {
    guard let place else { return "error: \(message)" }
    let origin = place.source.name == "formula" ? "" : "\(place.source.name): "
    guard !place.source.bytes.isEmpty else { return "error: \(origin)\(message)" }
    return "error: \(origin)\(message)\n\(place.source.excerpt(of: place.range))"
  }
}

extension TensorError {
  /// The message in the words of a formula: the library's name of an operation, with which it may begin, becomes what was
  /// written.
  func message(naming written: String?) -> String {
    guard let written, let colon = message.firstRange(of: ": "),
      message[..<colon.lowerBound].wholeMatch(of: #/[A-Za-z]\w*(\([a-z:]+\))?/#) != nil
    else { return message }
    return written + message[colon.lowerBound...]
  }
}

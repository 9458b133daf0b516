import CurvatureFiles
import Foundation

/// Cuts the text of a formula into tokens.
package struct Lexer {
  private let source: FormulaSource
  private var offset = 0
  /// Brackets that are open: inside them a line break is a space, as in Python.
  private var open: [Token] = []
  private var tokens: [Token] = []

  /// The deepest nesting of brackets, signs and powers that is accepted, well below what a stack holds.
  package static let nestingLimit = 200

  private init(_ source: FormulaSource) { self.source = source }

  /// The tokens of a text, ended by one `.end`. One pass, O(n).
  package static func tokens(of source: FormulaSource) throws(ToolError) -> [Token] {
    var lexer = Lexer(source)
    while try lexer.advance() {}
    return lexer.tokens
  }

  private var byte: UInt8? { offset < source.bytes.count ? source.bytes[offset] : nil }

  private func byte(after distance: Int) -> UInt8? {
    offset + distance < source.bytes.count ? source.bytes[offset + distance] : nil
  }

  private func error(_ message: String, from start: Int) -> ToolError {
    ToolError(message, at: start..<max(start, offset), in: source)
  }

  private mutating func emit(_ kind: Token.Kind, from start: Int) {
    tokens.append(Token(kind: kind, range: start..<offset))
  }

  private mutating func advance() throws(ToolError) -> Bool {
    guard let byte else {
      if let bracket = open.last, case .symbol(let symbol) = bracket.kind, let closing = symbol.closing {
        throw ToolError(
          "'\(symbol.rawValue)' is never closed; expected '\(closing.rawValue)'", at: bracket.range, in: source)
      }
      emit(.end, from: offset)
      return false
    }
    let start = offset
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
      offset += 1
    case UInt8(ascii: "\n"), UInt8(ascii: ";"):
      offset += 1
      if byte == UInt8(ascii: ";"), let bracket = open.last {
        throw error("found ';' inside brackets opened here: '\(source.text(bracket.range))'", from: start)
      }
      if open.isEmpty { emit(.separator, from: start) }
    case UInt8(ascii: "\\") where self.byte(after: 1) == UInt8(ascii: "\n"):
      offset += 2
    case UInt8(ascii: "#"):
      while let next = self.byte, next != UInt8(ascii: "\n") { offset += 1 }
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      try number()
    case UInt8(ascii: ".") where isDigit(self.byte(after: 1)):
      try number()
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      try string(quote: byte)
    default:
      if !name() { try symbol() }
    }
    return true
  }

  private func isDigit(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  // MARK: Numbers

  /// Skips digits, with single underscores between them.
  private mutating func digits(into text: inout String) throws(ToolError) {
    while let next = byte {
      if isDigit(next) {
        text.unicodeScalars.append(Unicode.Scalar(next))
      } else if next == UInt8(ascii: "_"), text.last?.isNumber == true, isDigit(byte(after: 1)) {
        // A separator of digits, as in 1_000.
      } else {
        break
      }
      offset += 1
    }
  }

  private mutating func number() throws(ToolError) {
    let start = offset
    var text = ""
    var isInteger = true
    try digits(into: &text)
    if byte == UInt8(ascii: ".") && byte(after: 1) != UInt8(ascii: ".") {
      isInteger = false
      offset += 1
      text += text.isEmpty ? "0." : "."
      let length = text.count
      try digits(into: &text)
      if text.count == length { text += "0" }
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      let sign = byte(after: 1) == UInt8(ascii: "+") || byte(after: 1) == UInt8(ascii: "-") ? 1 : 0
      if isDigit(byte(after: 1 + sign)) {
        isInteger = false
        text += "e"
        if byte(after: 1) == UInt8(ascii: "-") { text += "-" }
        offset += 1 + sign
        try digits(into: &text)
      }
    }
    let end = offset
    if name(emitting: false) {
      let suffix = source.text(end..<offset)
      if suffix.first == "d" || suffix.first == "D",
        suffix.count == 1 ? "+-".utf8.contains(byte ?? 0) : Int(suffix.dropFirst()) != nil
      {
        throw error(
          "found '\(source.text(start..<offset))', an exponent of Fortran; write 'e' in place of '\(suffix.first!)'",
          from: start)
      }
      if suffix == "j" || suffix == "J" {
        throw error("found the imaginary number '\(source.text(start..<offset))'; numbers are real", from: start)
      }
      throw error(
        "found '\(source.text(start..<offset))', which is no number; write '*' between a number and a name",
        from: start)
    }
    if isInteger, text.count > 1, text.hasPrefix("0"), text.contains(where: { $0 != "0" }) {
      throw error("found the number '\(text)'; leave out the zeros at its front", from: start)
    }
    if isInteger, let value = Int(text) {
      emit(.integer(value), from: start)
    } else if let value = Double(text) {
      emit(.real(value), from: start)
    } else {
      throw error("found '\(source.text(start..<offset))', which is no number", from: start)
    }
  }

  // MARK: Names and strings

  /// The scalar at the offset and its length in bytes; nil at the end and in text that is not UTF-8.
  private func scalar() -> (scalar: Unicode.Scalar, length: Int)? {
    guard let first = byte else { return nil }
    let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard offset + length <= source.bytes.count,
      let text = String(validating: source.bytes[offset..<offset + length], as: UTF8.self),
      let scalar = text.unicodeScalars.first
    else { return nil }
    return (scalar, length)
  }

  /// Reads a name, if there is one here.
  private mutating func name(emitting: Bool = true) -> Bool {
    let start = offset
    while let (scalar, length) = scalar() {
      let properties = scalar.properties
      guard scalar == "_" || (offset == start ? properties.isXIDStart : properties.isXIDContinue) else { break }
      offset += length
    }
    guard offset > start else { return false }
    if emitting { emit(.name(Lexer.composed(source.text(start..<offset))), from: start) }
    return true
  }

  /// The name that a text is: a letter of any script or `_`, then letters, digits and `_`; nil for other texts and for
  /// words that formulas reserve.
  ///
  /// Letters that Unicode has twice for the sake of older codes, as the sign of micro and the Greek letter, are one,
  /// as in Python (compatibility composition, NFKC).
  package static func name(_ text: some StringProtocol) -> String? {
    let scalars = text.unicodeScalars
    guard let first = scalars.first, first == "_" || first.properties.isXIDStart,
      scalars.dropFirst().allSatisfy({ $0 == "_" || $0.properties.isXIDContinue }),
      !Parser.isReserved(String(text))
    else { return nil }
    return composed(String(text))
  }

  private static func composed(_ name: String) -> String {
    name.utf8.allSatisfy { $0 < 0x80 } ? name : name.precomposedStringWithCompatibilityMapping
  }

  private mutating func string(quote: UInt8) throws(ToolError) {
    let start = offset
    offset += 1
    while let next = byte, next != quote, next != UInt8(ascii: "\n") {
      if next == UInt8(ascii: "\\") { throw error("found '\\' in a string; strings are plain words here", from: start) }
      offset += 1
    }
    guard byte == quote else { throw error("the string that begins here is never closed", from: start) }
    offset += 1
    emit(.string(source.text(start + 1..<offset - 1)), from: start)
  }

  // MARK: Signs

  private mutating func symbol() throws(ToolError) {
    let start = offset
    guard let symbol = Symbol.allCases.first(where: { source.bytes[offset...].starts(with: $0.rawValue.utf8) }) else {
      let length = scalar()?.length ?? 1
      let found = PrintableText.printable(source.text(offset..<offset + length))
      let named = scalar().map { PrintableText.named($0.scalar) } ?? "'\(found)'"
      offset += length
      let remark = Lexer.replacements[found].map { "; write \($0)" } ?? ""
      throw error("found \(named), which has no meaning in a formula\(remark)", from: start)
    }
    offset += symbol.rawValue.utf8.count
    emit(.symbol(symbol), from: start)
    if symbol.closing != nil {
      open.append(tokens[tokens.count - 1])
      guard open.count <= Lexer.nestingLimit else {
        throw error("brackets are nested more than \(Lexer.nestingLimit) deep; name parts of the formula", from: start)
      }
    } else if symbol == .rightParenthesis || symbol == .rightBracket || symbol == .rightBrace {
      guard let opening = open.popLast() else {
        throw error("found '\(symbol.rawValue)' without an opening bracket before it", from: start)
      }
      guard case .symbol(let opened) = opening.kind, opened.closing == symbol else {
        throw error(
          "found '\(symbol.rawValue)', but the bracket to close is '\(source.text(opening.range))'", from: start)
      }
    }
  }

  /// What to type for signs that come with pasted text.
  private static let replacements = [
    "−": "'-'", "–": "'-'", "—": "'-'", "×": "'*'", "·": "'*'", "⋅": "'*'", "∗": "'*'", "÷": "'/'", "∙": "'*'",
    "²": "'**2'", "³": "'**3'", "√": "'sqrt(…)'", "∑": "'sum(…)'", "≤": "'<='", "≥": "'>='", "≠": "'!='",
    "‘": "a straight quote", "’": "'.T' for a transpose", "“": "a straight quote", "”": "a straight quote",
    "∞": "'inf'", "$": "names without it", "?": "'where(mask, a, b)'", "`": "names without it",
    "∧": "'&'", "∨": "'|'", "¬": "'~'",
  ]
}

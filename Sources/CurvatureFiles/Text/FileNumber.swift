/// Numbers as files write them.
package enum FileNumber {
  /// The number that a text says: a decimal one, with an exponent after `e` or Fortran's `d`, or an infinity or NaN in
  /// any of the spellings of C, Fortran, Python and MATLAB, without regard to case.
  ///
  /// nil for all else: words, hexadecimal notation, digits that are grouped, and numbers too large for a double.
  package static func parse(_ text: ArraySlice<UInt8>) -> Double? {
    guard let mark = exponentMark(of: text) else { return special(text) }
    guard let value = decimal(text, mark: mark), value.isFinite else { return nil }
    return value
  }

  /// Whether a text is a decimal number beyond the largest double.
  static func isTooLarge(_ text: ArraySlice<UInt8>) -> Bool {
    exponentMark(of: text).flatMap { decimal(text, mark: $0) }?.isInfinite == true
  }

  /// Where the exponent's letter is in a decimal number, the end if it has none; nil for what is no such number.
  private static func exponentMark(of text: ArraySlice<UInt8>) -> Int? {
    var place = text.startIndex
    func skipDigits() -> Int {
      let start = place
      while place < text.endIndex, isDigit(text[place]) { place += 1 }
      return place - start
    }
    func skip(_ signs: StaticString) -> Bool {
      guard place < text.endIndex, signs.withUTF8Buffer({ $0.contains(text[place]) }) else { return false }
      place += 1
      return true
    }
    _ = skip("+-")
    var digits = skipDigits()
    if skip(".") { digits += skipDigits() }
    guard digits > 0 else { return nil }
    let mark = place
    if skip("eEdD") {
      _ = skip("+-")
      guard skipDigits() > 0 else { return nil }
    }
    return place == text.endIndex ? mark : nil
  }

  private static func decimal(_ text: ArraySlice<UInt8>, mark: Int) -> Double? {
    guard mark < text.endIndex, text[mark] | 0x20 == UInt8(ascii: "d") else {
      return Double(String(decoding: text, as: UTF8.self))
    }
    return Double(
      String(decoding: text[..<mark], as: UTF8.self) + "e" + String(decoding: text[(mark + 1)...], as: UTF8.self))
  }

  /// Infinities and NaN. C's `nan(…)` with a code between brackets is NaN too.
  private static func special(_ text: ArraySlice<UInt8>) -> Double? {
    let isNegative = text.first == UInt8(ascii: "-")
    let word = isNegative || text.first == UInt8(ascii: "+") ? text.dropFirst() : text
    guard let first = word.first, "iInN".utf8.contains(first), word.count <= 40 else { return nil }
    let lowercased = String(decoding: word, as: UTF8.self).lowercased()
    return switch lowercased {
    case "inf", "infinity": isNegative ? -.infinity : .infinity
    case "nan": .nan
    default: lowercased.hasPrefix("nan(") && lowercased.hasSuffix(")") ? .nan : nil
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}

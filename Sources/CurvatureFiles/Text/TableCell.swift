/// What the text of one cell of a table is.
enum TableCell {
  /// What spreadsheets write in place of a value.
  static let spreadsheetErrors = ["#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"]

  /// What stands where a value is missing, in lower case.
  private static let missing = Set(
    ["", "na", "n/a", "<na>", "null", "none", "nil", "-", "--", "?", "."] + spreadsheetErrors.map { $0.lowercased() })

  static func isMissing(_ text: ArraySlice<UInt8>) -> Bool {
    text.count <= 8 && missing.contains(String(decoding: text, as: UTF8.self).lowercased())
  }

  /// Whether a text may be a name: it has a letter, does not begin as a number does, and says no number and no missing
  /// value. `2O` and `-1.5x` are numbers with an error in them.
  static func isWord(_ text: ArraySlice<UInt8>) -> Bool {
    guard FileNumber.parse(text) == nil, !isMissing(text), !beginsAsNumber(text) else { return false }
    return text.contains { $0 >= 0x80 }
      || text.contains { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
  }

  /// Whether a text is a number, perhaps with a decimal comma, or says that one is missing.
  static func isNearlyNumber(_ text: ArraySlice<UInt8>) -> Bool {
    FileNumber.parse(text) != nil || isMissing(text) || hasDecimalComma(text)
  }

  /// Whether digits come first, behind signs of any script, points and signs of currencies.
  private static func beginsAsNumber(_ text: ArraySlice<UInt8>) -> Bool {
    for scalar in String(decoding: text.prefix(64), as: UTF8.self).unicodeScalars {
      switch scalar.properties.generalCategory {
      case .decimalNumber: return true
      case .dashPunctuation, .mathSymbol, .currencySymbol, .spaceSeparator: continue
      default: guard ".,'\u{FEFF}".unicodeScalars.contains(scalar) else { return false }
      }
    }
    return false
  }

  private static func hasDecimalComma(_ text: ArraySlice<UInt8>) -> Bool {
    guard let comma = text.firstIndex(of: UInt8(ascii: ",")) else { return false }
    var point = text
    point[comma] = UInt8(ascii: ".")
    return FileNumber.parse(point) != nil
  }

  /// Why a text is not read as a number, and what to do.
  static func complaint(_ text: ArraySlice<UInt8>, _ delimiter: TableDelimiter) -> String {
    guard let whole = String(validating: text, as: UTF8.self) else { return "the cell is no text in UTF-8" }
    let word = PrintableText.printable(whole)
    let shown = "'\(word.prefix(40))\(word.count > 40 ? "…" : "")'"
    if isMissing(text) { return missingComplaint(text) }
    if FileNumber.isTooLarge(text) { return "\(shown) is beyond the largest number, 1.8e308" }
    let foreign = whole.unicodeScalars.first { $0.value >= 0x80 }
    let remark =
      if let foreign, beginsAsNumber(text) {
        "; it has \(PrintableText.named(foreign))"
          + (foreign.properties.generalCategory == .dashPunctuation || foreign == "\u{2212}" ? ", write '-'" : "")
      } else if hasDecimalComma(text) {
        "; a decimal point is needed in place of the comma"
      } else if whole.contains("#") {
        "; a comment begins with a blank and '#', behind the last cell"
      } else if whole.contains(where: { " ;\t".contains($0) }) {
        "; numbers are separated by \(delimiter.description) here"
      } else {
        ""
      }
    return "\(shown) is no number\(remark)"
  }

  /// What to do about a value that is missing.
  static func missingComplaint(_ text: ArraySlice<UInt8>) -> String {
    "the value is missing ('\(PrintableText.printable(String(decoding: text, as: UTF8.self)))'); "
      + "remove the line, or fill the cell"
  }
}

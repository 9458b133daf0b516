/// Text of unknown origin in messages.
package enum PrintableText {
  /// A character with its code, as in `'−' (U+2212)`.
  package static func named(_ scalar: Unicode.Scalar) -> String {
    let code = String(scalar.value, radix: 16, uppercase: true)
    return "'\(printable(String(scalar)))' (U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code))"
  }

  /// The text without characters that would move a terminal's cursor.
  package static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator: scalar == "\t" ? " " : "\u{FFFD}"
          default: scalar
          }
        }))
  }
}

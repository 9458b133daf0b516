import CurvatureFiles

/// The text of a formula, and how a place in it is shown.
package struct FormulaSource: Sendable {
  /// Where the text comes from, for messages: `formula`, `--at x`, a file name.
  package let name: String
  /// What the text is.
  package let noun: String
  /// The text in UTF-8. Places are offsets into it.
  package let bytes: [UInt8]

  package init(_ text: String, name: String = "formula", noun: String = "formula") {
    self.name = name
    self.noun = noun
    bytes = Array(text.utf8)
  }

  /// The text in a range of bytes.
  package func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }

  /// The line that holds an offset, and the line's number counted from 1.
  private func line(at offset: Int) -> (range: Range<Int>, number: Int) {
    let newline = UInt8(ascii: "\n")
    let offset = min(max(offset, 0), bytes.count)
    let start = bytes[..<offset].lastIndex(of: newline).map { $0 + 1 } ?? 0
    let end = bytes[offset...].firstIndex(of: newline) ?? bytes.count
    let number = bytes[..<start].reduce(1) { $1 == newline ? $0 + 1 : $0 }
    return (start..<end, number)
  }

  /// The line of a place with a caret below it, clipped around the place if the line is long.
  package func excerpt(of range: Range<Int>) -> String {
    let (line, number) = line(at: range.lowerBound)
    let before = PrintableText.printable(text(line.lowerBound..<max(line.lowerBound, range.lowerBound)))
    let marked = PrintableText.printable(text(range.clamped(to: line)))
    let after = PrintableText.printable(
      text(min(max(range.upperBound, line.lowerBound), line.upperBound)..<line.upperBound))
    let shownBefore = before.count > 60 ? "…" + before.suffix(59) : before
    let shownMarked = marked.count > 60 ? marked.prefix(59) + "…" : marked
    let room = max(10, 110 - shownBefore.count - shownMarked.count)
    let shownAfter = marked.count > 60 ? "" : after.count > room ? after.prefix(room - 1) + "…" : after
    let isSingleLine = !bytes.contains(UInt8(ascii: "\n"))
    let margin = isSingleLine ? "  " : "  \(number) | "
    let blank = String(repeating: " ", count: margin.count + shownBefore.count)
    let caret = "^" + String(repeating: "~", count: max(0, shownMarked.count - 1))
    return "\(margin)\(shownBefore)\(shownMarked)\(shownAfter)\n\(blank)\(caret)"
  }
}

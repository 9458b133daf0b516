import CKernels

/// The functions that compiled code calls: the sources of the kernels, for the families it needs.
enum NativePreamble {
  /// The text, without inclusions but those of the standard library.
  ///
  /// - Parameter parts: further files.
  static func text(_ families: Set<Family>, parts: [String] = []) -> String {
    // Sines of single precision are computed in double precision, and masks are converted through integers.
    var text = begin + self.families[.float64]!
    if families.contains(.float32) { text += self.families[.float32]! }
    if families.contains(.integer) { text += self.families[.integer]! }
    return parts.reduce(text) { $0 + expanded($1) }
  }

  /// What every text begins with: put together once, since programs are looked for by their text often.
  private static let begin = expanded("native/begin.inc")
  private static let families: [Family: String] = [
    .float64: expanded("native/f64.inc"), .float32: expanded("native/f32.inc"), .integer: expanded("native/i64.inc"),
  ]
  /// What programs share with this process.
  static let context = expanded("native/context.inc")

  /// A file of the kernels, with the files of theirs that it includes.
  static func expanded(_ path: String) -> String {
    guard let source = ck_source(path) else { fatalError("\(path) is not among the sources of the kernels") }
    var text = ""
    for line in String(cString: source).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#include \"") {
        text += expanded(String(line.dropFirst(10).prefix { $0 != "\"" }))
      } else {
        text += line + "\n"
      }
    }
    return text
  }
}

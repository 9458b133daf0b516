import CKernels

/// The functions that compiled code calls: the sources of the kernels, for the families it needs.
enum NativePreamble {
  /// The text, without inclusions but those of the standard library.
  ///
  /// - Parameter parts: further files.
  static func text(_ families: Set<Family>, parts: [String] = []) -> String {
    var text = expanded("native/begin.inc")
    // Sines of single precision are computed in double precision, and masks are converted through integers.
    text += expanded("native/f64.inc")
    if families.contains(.float32) { text += expanded("native/f32.inc") }
    if families.contains(.integer) { text += expanded("native/i64.inc") }
    return parts.reduce(text) { $0 + expanded($1) }
  }

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

import CKernels

/// The functions that compiled code calls: the sources of the kernels, for the families it needs.
enum NativePreamble {
  /// The text, without inclusions but those of the standard library.
  static func text(_ families: Set<Family>) -> String {
    var text = expanded("native/begin.inc")
    // Sines of single precision are computed in double precision, and masks are converted through integers.
    text += expanded("native/f64.inc")
    if families.contains(.float32) || families.contains(.integer) { text += expanded("native/f32.inc") }
    if families.contains(.integer) { text += expanded("native/i64.inc") }
    return text
  }

  private static func expanded(_ path: String) -> String {
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

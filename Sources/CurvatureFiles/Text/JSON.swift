import Curvature
/// Arrays as JSON objects.
package enum JSON {
  /// `{"shape": [2, 2], "values": [[1, 2], [3, 4]]}`, with 17 significant digits.
  package static func text(of array: ArrayValue) -> String {
    var text = "{\"shape\": [" + array.shape.map(String.init).joined(separator: ", ") + "], \"values\": "
    appendValues(of: array, to: &text)
    return text + "}"
  }

  /// `{"blocks": [[{…}, …], …]}`.
  package static func text(ofBlocks blocks: [[ArrayValue]]) -> String {
    "{\"blocks\": ["
      + blocks.map { "[" + $0.map(text(of:)).joined(separator: ", ") + "]" }.joined(separator: ", ") + "]}"
  }

  /// Nested lists, without recursion: brackets open and close where a row of an axis begins and ends.
  private static func appendValues(of array: ArrayValue, to text: inout String) {
    if let empty = array.shape.firstIndex(of: 0) {
      // Lists down to the empty axis.
      let rows = array.shape[..<empty].reduce(1, *)
      appendValues(shape: Array(array.shape[..<empty]), count: rows, to: &text) { _ in "[]" }
      return
    }
    appendValues(shape: array.shape, count: array.count, to: &text) { NumberText.json(array[$0]) }
  }

  private static func appendValues(shape: [Int], count: Int, to text: inout String, word: (Int) -> String) {
    for i in 0..<count {
      // The axes whose index is at its start here.
      var opening = 0
      var block = 1
      for extent in shape.reversed() {
        block *= extent
        if i % block == 0 { opening += 1 } else { break }
      }
      if i > 0 { text += ", " }
      text += String(repeating: "[", count: opening) + word(i)
      var closing = 0
      block = 1
      for extent in shape.reversed() {
        block *= extent
        if (i + 1) % block == 0 { closing += 1 } else { break }
      }
      text += String(repeating: "]", count: closing)
    }
  }
}

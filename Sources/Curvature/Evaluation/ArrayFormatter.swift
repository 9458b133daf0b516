import Foundation

/// Text of arrays as NumPy prints them: aligned columns, at most 8 digits after the point, the middle of long axes
/// left out, scientific notation where magnitudes differ much.
package struct ArrayFormatter {
  /// Arrays with more elements than this are summarised.
  package var threshold = 1000
  /// How many subarrays at each end of an axis a summary shows.
  package var edgeItems = 3
  /// Characters of a line.
  package var lineWidth = 75
  /// Digits after the point.
  package var precision = 8

  package init() {}

  /// The text of an array.
  package func text(_ storage: Storage, shape: [Int]) -> String {
    if shape.isEmpty { return scalarText(storage.literal(at: 0), storage.scalarType) }
    guard storage.count > 0 else { return "[]" }
    let summarises = storage.count > threshold
    let positions = shownPositions(shape, summarises)
    let texts = aligned(positions.map { storage.literal(at: $0) }, storage.scalarType)
    var next = texts.makeIterator()
    return block(shape[...], indent: 1, summarises) { next.next()! }
  }

  /// Row-major positions of the elements that are shown, in order.
  private func shownPositions(_ shape: [Int], _ summarises: Bool) -> [Int] {
    var positions = [0]
    for extent in shape {
      let shown =
        summarises && extent > 2 * edgeItems
        ? Array(0..<edgeItems) + Array((extent - edgeItems)..<extent) : Array(0..<extent)
      positions = positions.flatMap { position in shown.map { position * extent + $0 } }
    }
    return positions
  }

  private func block(_ shape: ArraySlice<Int>, indent: Int, _ summarises: Bool, _ next: () -> String) -> String {
    let extent = shape.first!
    let inner = shape.dropFirst()
    let skips = summarises && extent > 2 * edgeItems
    let shown = skips ? 2 * edgeItems : extent
    if inner.isEmpty {
      var lines: [String] = []
      var line = ""
      for i in 0..<shown {
        for word in (skips && i == edgeItems ? ["...", next()] : [next()]) {
          if !line.isEmpty, indent + line.count + 1 + word.count > lineWidth {
            lines.append(line)
            line = ""
          }
          line += (line.isEmpty ? "" : " ") + word
        }
      }
      lines.append(line)
      return "[" + lines.joined(separator: "\n" + String(repeating: " ", count: indent)) + "]"
    }
    let separator = String(repeating: "\n", count: inner.count) + String(repeating: " ", count: indent)
    var parts: [String] = []
    for i in 0..<shown {
      if skips && i == edgeItems { parts.append("...") }
      parts.append(block(inner, indent: indent + 1, summarises, next))
    }
    return "[" + parts.joined(separator: separator) + "]"
  }

  // MARK: Numbers

  private func scalarText(_ value: Literal, _ type: ScalarType) -> String {
    switch type {
    case .bool: value.double != 0 ? "True" : "False"
    case .int32, .int64: "\(value.integer)"
    case .float32: special(value.double) ?? "\(Float(value.double))"
    case .float64: special(value.double) ?? "\(value.double)"
    }
  }

  private func special(_ value: Double) -> String? {
    if value.isNaN { return "nan" }
    return value.isInfinite ? (value < 0 ? "-inf" : "inf") : nil
  }

  private func aligned(_ values: [Literal], _ type: ScalarType) -> [String] {
    switch type {
    case .bool, .int32, .int64: return padded(values.map { scalarText($0, type) })
    case .float32, .float64: return alignedReals(values.map(\.double), type)
    }
  }

  private func padded(_ texts: [String]) -> [String] {
    let width = texts.map(\.count).max() ?? 0
    return texts.map { String(repeating: " ", count: width - $0.count) + $0 }
  }

  private func alignedReals(_ values: [Double], _ type: ScalarType) -> [String] {
    let magnitudes = values.filter { $0.isFinite && $0 != 0 }.map(abs)
    let (smallest, largest) = (magnitudes.min() ?? 1, magnitudes.max() ?? 1)
    let isScientific = largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000
    let texts = values.map { value in
      special(value) ?? (isScientific ? scientific(value, type) : fixed(value, type))
    }
    // Points stand below each other: the part after the point is filled on the right.
    let marker: Character = "."
    func tail(_ text: String) -> Int {
      text.firstIndex(of: marker).map { text.distance(from: $0, to: text.endIndex) } ?? 0
    }
    if isScientific {
      let digits =
        texts.map { $0.split(separator: "e")[0].split(separator: ".").dropFirst().first?.count ?? 0 }.max() ?? 0
      return padded(
        zip(values, texts).map { value, text in
          value.isFinite ? exponential(value, digits: digits) : text
        })
    }
    let width = texts.map(tail).max() ?? 0
    return padded(
      texts.map { special(Double($0) ?? 0) == nil ? $0 + String(repeating: " ", count: width - tail($0)) : $0 })
  }

  /// Shortest digits that identify the value, but at most `precision` after the point.
  private func fixed(_ value: Double, _ type: ScalarType) -> String {
    for digits in 0..<precision {
      let text = String(format: "%.\(digits)f", value)
      if identifies(text, value, type) { return digits == 0 ? text + "." : text }
    }
    var text = String(format: "%.\(precision)f", value)
    while text.hasSuffix("0") { text.removeLast() }
    return text
  }

  private func scientific(_ value: Double, _ type: ScalarType) -> String {
    for digits in 0..<precision where identifies(exponential(value, digits: digits), value, type) {
      return exponential(value, digits: digits)
    }
    return exponential(value, digits: precision)
  }

  private func exponential(_ value: Double, digits: Int) -> String {
    let text = String(format: "%.\(digits)e", value)
    return digits == 0 ? text.replacingOccurrences(of: "e", with: ".e") : text
  }

  private func identifies(_ text: String, _ value: Double, _ type: ScalarType) -> Bool {
    guard let read = Double(text) else { return false }
    return type == .float32 ? Float(read) == Float(value) : read == value
  }
}

extension Tensor: CustomStringConvertible {
  /// The elements as NumPy prints them.
  public var description: String { ArrayFormatter().text(storage, shape: shape) }
}

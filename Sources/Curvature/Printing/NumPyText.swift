import TensorGraph

/// Arrays as NumPy prints them: at most 8 digits behind the point, columns aligned, lines of 75 characters, and the
/// middle left out beyond 1000 elements (`numpy.array2string` with its default options).
package struct NumPyText {
  private static let lineWidth = 75
  private static let edge = 3
  private static let threshold = 1000
  private static let precision = 8

  private let array: ArrayValue
  private let strides: [Int]
  private let isSummarized: Bool
  private let format: (Int) -> String

  package static func text(of array: ArrayValue) -> String {
    if array.shape.isEmpty { return scalar(array) }
    if array.count == 0 { return "[]" }
    let printer = NumPyText(array)
    return printer.text(axis: 0, offset: 0, indent: 1, width: lineWidth)
  }

  private init(_ array: ArrayValue) {
    self.array = array
    var strides = [Int](repeating: 1, count: array.shape.count)
    for axis in array.shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * array.shape[axis + 1] }
    self.strides = strides
    isSummarized = array.count > NumPyText.threshold
    var shown = [0]
    for axis in array.shape.indices {
      let extent = array.shape[axis]
      let cuts = isSummarized && extent > 2 * NumPyText.edge
      let kept = cuts ? Array(0..<NumPyText.edge) + Array((extent - NumPyText.edge)..<extent) : Array(0..<extent)
      shown = shown.flatMap { base in kept.map { base + $0 * strides[axis] } }
    }
    switch array.storage.scalarType {
    case .bool: format = { array[$0] != 0 ? " True" : "False" }
    case .int32, .int64:
      let width = shown.map { NumPyText.integer(array, $0).count }.max() ?? 0
      format = { NumPyText.padded(NumPyText.integer(array, $0), width) }
    case .float32, .float64: format = NumPyText.floatFormat(array, shown)
    }
  }

  /// The brackets, lines and words of the subarray that begins at an offset.
  private func text(axis: Int, offset: Int, indent: Int, width: Int) -> String {
    let extent = array.shape[axis]
    let cuts = isSummarized && extent > 2 * NumPyText.edge
    let leading = cuts ? 0..<NumPyText.edge : 0..<0
    let trailing = cuts ? (extent - NumPyText.edge)..<extent : 0..<extent
    let blank = String(repeating: " ", count: indent)
    var result = ""
    if axis == array.shape.count - 1 {
      var line = blank
      var length = indent
      func append(_ word: String, isLast: Bool) {
        if length + word.count > width - 1, length > indent {
          while line.last == " " { line.removeLast() }
          result += line + "\n"
          line = blank
          length = indent
        }
        line += word
        length += word.count
        if !isLast {
          line += " "
          length += 1
        }
      }
      for i in leading { append(format(offset + i * strides[axis]), isLast: false) }
      if cuts { append("...", isLast: false) }
      for i in trailing { append(format(offset + i * strides[axis]), isLast: i == extent - 1) }
      result += line
    } else {
      let separator = String(repeating: "\n", count: array.shape.count - axis - 1)
      func append(_ i: Int) {
        result += blank + text(axis: axis + 1, offset: offset + i * strides[axis], indent: indent + 1, width: width - 1)
        if i < extent - 1 { result += separator }
      }
      leading.forEach(append)
      if cuts { result += blank + "..." + separator }
      trailing.forEach(append)
    }
    return "[" + result.dropFirst(indent) + "]"
  }

  // MARK: Numbers

  private static func integer(_ array: ArrayValue, _ i: Int) -> String { "\(array.storage.literal(at: i).integer)" }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func scalar(_ array: ArrayValue) -> String {
    switch array.storage.scalarType {
    case .bool: return array[0] != 0 ? "True" : "False"
    case .int32, .int64: return integer(array, 0)
    case .float32, .float64:
      let value = array[0]
      guard value.isFinite else { return NumberText.exact(value) }
      let digits = Decimal(array, 0)
      guard value == 0 || (abs(value) >= 1e-4 && abs(value) < 1e16) else {
        let fraction = digits.scientificFraction
        let mark = digits.exponent < 0 ? "-" : "+"
        let exponent = padded("\(abs(digits.exponent))", 2).replacing(" ", with: "0")
        return "\(digits.sign)\(digits.leading)\(fraction.isEmpty ? "" : "." + fraction)e\(mark)\(exponent)"
      }
      let (whole, fraction) = digits.positional
      return "\(digits.sign)\(whole).\(fraction.isEmpty ? "0" : fraction)"
    }
  }

  private static func floatFormat(_ array: ArrayValue, _ shown: [Int]) -> (Int) -> String {
    let finite = shown.filter { array[$0].isFinite }
    let sizes = finite.map { abs(array[$0]) }.filter { $0 != 0 }
    let cutoff = array.storage.scalarType == .float32 ? 1e6 : 1e8
    let isScientific =
      sizes.max().map { largest in
        let smallest = sizes.min()!
        return largest >= cutoff || smallest < 1e-4 || largest / smallest > 1000
      } ?? false
    let words = finite.map { isScientific ? scientific(array, $0) : positional(array, $0) }
    var left = words.map(\.whole.count).max() ?? 0
    let right = words.map(\.fraction.count).max() ?? 0
    let exponentDigits = words.map(\.exponent.count).max() ?? 0
    let rightWidth = isScientific ? right + exponentDigits + 2 : right
    if finite.count < shown.count {
      let hasNegative = shown.contains { array[$0] == -.infinity }
      left = max(left, 3 - (rightWidth + 1), 3 + (hasNegative ? 1 : 0) - (rightWidth + 1))
    }
    return { i in
      let value = array[i]
      guard value.isFinite else { return padded(NumberText.exact(value), left + rightWidth + 1) }
      if isScientific {
        // Where others need more digits than the shortest, the true ones follow: 5e-324 is 4.94e-324.
        let word = scientific(array, i, digits: right)
        let exponent = padded(word.exponent, exponentDigits).replacing(" ", with: "0")
        return padded(word.whole, left) + "." + word.fraction + "e" + word.exponentSign + exponent
      }
      let word = positional(array, i)
      return padded(word.whole, left) + "." + word.fraction
        + String(repeating: " ", count: right - word.fraction.count)
    }
  }

  private typealias Word = (whole: String, fraction: String, exponentSign: String, exponent: String)

  private static func positional(_ array: ArrayValue, _ i: Int) -> Word {
    let digits = Decimal(array, i)
    var (whole, fraction) = digits.positional
    if fraction.count > precision {
      let rounded = NumberText.fixed(abs(array[i]), digits: precision)
      let point = rounded.firstIndex(of: ".")!
      whole = String(rounded[..<point])
      fraction = String(rounded[point...].dropFirst())
      while fraction.last == "0" { fraction.removeLast() }
    }
    return (digits.sign + whole, fraction, "", "")
  }

  /// With `digits` behind the point; without them as many as are needed, at most `precision`.
  private static func scientific(_ array: ArrayValue, _ i: Int, digits wanted: Int? = nil) -> Word {
    let digits = Decimal(array, i)
    var (leading, fraction, exponent) = (digits.leading, digits.scientificFraction, digits.exponent)
    if fraction.count > precision || fraction.count < wanted ?? 0 {
      let rounded = NumberText.scientific(abs(array[i]), digits: wanted ?? precision)
      let mark = rounded.firstIndex(of: "e")!
      leading = String(rounded.prefix(1))
      fraction = String(rounded[..<mark].dropFirst(2))
      while wanted == nil, fraction.last == "0" { fraction.removeLast() }
      exponent = Int(rounded[mark...].dropFirst())!
    }
    let size = "\(abs(exponent))"
    return (digits.sign + leading, fraction, exponent < 0 ? "-" : "+", size.count < 2 ? "0" + size : size)
  }
}

/// The shortest decimal digits that give a number back in its own precision.
private struct Decimal {
  let sign: String
  /// Without zeros in front or behind; "0" for zero.
  let digits: String
  /// The power of ten of the first digit.
  let exponent: Int

  init(_ array: ArrayValue, _ i: Int) {
    let value = array[i]
    let text = array.storage.scalarType == .float32 ? "\(Float(value).magnitude)" : "\(value.magnitude)"
    let parts = text.split(separator: "e")
    let number = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let all = number[0] + (number.count > 1 ? number[1] : "")
    let zeros = all.prefix { $0 == "0" }.count
    var significant = all.dropFirst(zeros)
    while significant.last == "0" { significant.removeLast() }
    sign = value.sign == .minus ? "-" : ""
    digits = significant.isEmpty ? "0" : String(significant)
    let power = parts.count > 1 ? Int(parts[1])! : 0
    exponent = significant.isEmpty ? 0 : power + number[0].count - 1 - zeros
  }

  var leading: String { String(digits.prefix(1)) }
  var scientificFraction: String { String(digits.dropFirst()) }

  /// The digits before and behind the point.
  var positional: (whole: String, fraction: String) {
    if digits == "0" { return ("0", "") }
    if exponent < 0 { return ("0", String(repeating: "0", count: -exponent - 1) + digits) }
    let whole = digits.prefix(exponent + 1)
    return (
      whole + String(repeating: "0", count: exponent + 1 - whole.count), String(digits.dropFirst(exponent + 1))
    )
  }
}

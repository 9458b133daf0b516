import TensorGraph

extension Family {
  /// The type of a value in C.
  var nativeType: String {
    switch self {
    case .float32: "float"
    case .float64: "double"
    case .integer: "int64_t"
    }
  }

  /// What the names of its functions end with.
  var nativeSuffix: String {
    switch self {
    case .float32: "f32"
    case .float64: "f64"
    case .integer: "i64"
    }
  }

  /// The value of a kernel's function: in the operators of C where they are what it is.
  func nativeExpression(_ name: String, _ x: [String]) -> String {
    switch name {
    case _ where self == .integer: break
    case "add": return "\(x[0]) + \(x[1])"
    case "subtract": return "\(x[0]) - \(x[1])"
    case "multiply": return "\(x[0]) * \(x[1])"
    case "divide": return "\(x[0]) / \(x[1])"
    case "negate": return "-\(x[0])"
    case "multiply_add": return "\(x[0]) * \(x[1]) + \(x[2])"
    case "multiply_subtract": return "\(x[0]) * \(x[1]) - \(x[2])"
    case "subtract_product": return "\(x[2]) - \(x[0]) * \(x[1])"
    default: break
    }
    return "fn_\(name)_\(nativeSuffix)(\(x.joined(separator: ", ")))"
  }
}

extension ScalarType {
  /// The type of an element in memory.
  var nativeMemory: String { "memory_\(nativeSuffix)" }

  /// What the name of that type ends with.
  var nativeSuffix: String {
    switch self {
    case .float32: "f32"
    case .float64: "f64"
    case .bool: "bool"
    case .int32: "i32"
    case .int64: "i64"
    }
  }

  /// The type of an element in C.
  package var nativeType: String {
    switch self {
    case .float32: "float"
    case .float64: "double"
    case .bool: "uint8_t"
    case .int32: "int32_t"
    case .int64: "int64_t"
    }
  }
}

extension Reduction {
  var nativeName: String {
    switch self {
    case .sum: "sum"
    case .maximum: "maximum"
    case .minimum: "minimum"
    }
  }

  /// What a reduction starts with.
  func nativeIdentity(_ family: Family) -> String {
    switch (self, family) {
    case (.sum, _): "0"
    case (.maximum, .integer): "INT64_MIN"
    case (.minimum, .integer): "INT64_MAX"
    case (.maximum, _): "-__builtin_inf()"
    case (.minimum, _): "__builtin_inf()"
    }
  }
}

/// Lines of C with their indentation.
struct NativeText {
  private(set) var text = ""
  private var depth = 0

  mutating func line(_ line: String) {
    if line.hasPrefix("}") { depth -= 1 }
    text += String(repeating: "  ", count: max(depth, 0)) + line + "\n"
    if line.hasSuffix("{") { depth += 1 }
  }

  /// A line of the preprocessor, or a macro that stands alone.
  mutating func mark(_ line: String) { text += line + "\n" }
}

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
}

extension ScalarType {
  /// The type of an element in memory.
  var nativeMemory: String {
    switch self {
    case .float32: "memory_f32"
    case .float64: "memory_f64"
    case .bool: "memory_bool"
    case .int32: "memory_i32"
    case .int64: "memory_i64"
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

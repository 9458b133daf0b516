import Algorithms
import Curvature
import TensorGraph

/// NumPy's file format for one array, versions 1 to 3 (NEP 1 and `numpy.lib.format`).
package enum NPY {
  package static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  // MARK: Reading

  /// What an array is, and where its elements are among the bytes of a file.
  struct Layout {
    var shape: [Int]
    var isFortran: Bool
    var element: NPYElement
    var count: Int
    /// The place of the first element.
    var body: Int
  }

  /// The layout that the header says, with the elements all there.
  ///
  /// - Parameter size: the number of bytes of the file.
  static func layout(_ bytes: ArraySlice<UInt8>, size: Int, name: String) throws(TensorError) -> Layout {
    func fail(_ reason: String) -> TensorError { TensorError("\(name): \(reason)") }
    guard bytes.starts(with: magic) else {
      throw fail(bytes.isEmpty ? "is empty, expected a .npy array" : "is no .npy file: it does not begin as one")
    }
    let start = bytes.startIndex
    guard bytes.count >= 12 else { throw fail("is cut off within its header") }
    let version = bytes[start + 6]
    guard (1...3).contains(version) else { throw fail("has .npy version \(version); versions 1 to 3 are known") }
    let lengthBytes = version == 1 ? 2 : 4
    let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[start + 8 + $1]) << (8 * $1) }
    let body = start + 8 + lengthBytes + length
    guard body <= bytes.endIndex else { throw fail("is cut off within its header") }
    let text = String(decoding: bytes[(start + 8 + lengthBytes)..<body], as: UTF8.self)
    guard let header = NPYHeader(text) else { throw fail("has a header that is not understood: \(text.prefix(80))") }
    guard let element = NPYElement(header.description) else {
      throw fail("holds elements of type '\(header.description)'; real numbers, whole numbers and masks are read")
    }
    guard let count = Memory.count(header.shape, bytesEach: max(8, element.size)) else {
      throw fail("holds an array of shape \(header.shape), more than this machine's memory")
    }
    guard size - (body - start) >= count * element.size else {
      throw fail(
        "is cut off: shape \(header.shape) needs \(count * element.size) bytes, found \(size - (body - start))")
    }
    return Layout(shape: header.shape, isFortran: header.isFortran, element: element, count: count, body: body)
  }

  /// The array in a file's bytes; floats keep their width, whole numbers become int64, `b1` becomes a mask.
  ///
  /// - Throws: a `TensorError` that says which part of the file is wrong.
  package static func read(_ bytes: ArraySlice<UInt8>, name: String) throws(TensorError) -> ArrayValue {
    let layout = try layout(bytes, size: bytes.count, name: name)
    let elements = bytes[layout.body..<(layout.body + layout.count * layout.element.size)]
    var storage = try layout.element.storage(elements, count: layout.count) { TensorError("\(name): \($0)") }
    if layout.isFortran, layout.shape.count > 1 { storage = rowMajor(storage, layout.shape) }
    return ArrayValue(shape: layout.shape, storage: storage)
  }

  /// The elements of a column-major array in row-major order.
  private static func rowMajor(_ storage: Storage, _ shape: [Int]) -> Storage {
    let size = storage.scalarType.byteCount
    let result = Storage(count: storage.count, scalarType: storage.scalarType)
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in 1..<shape.count { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    var index = [Int](repeating: 0, count: shape.count)
    var source = 0
    for i in 0..<storage.count {
      (result.base + i * size).copyMemory(from: storage.base + source * size, byteCount: size)
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return result
  }

  // MARK: Writing

  /// A file of version 1 with the array in row-major order and little-endian elements.
  package static func write(_ array: ArrayValue) -> [UInt8] {
    let size = array.storage.scalarType.byteCount
    var bytes = header(name(of: array.storage.scalarType), array.shape, size: array.count * size)
    let raw = UnsafeRawBufferPointer(start: array.storage.base, count: array.count * size)
    #if _endian(little)
      bytes.append(contentsOf: raw)
    #else
      for i in 0..<array.count { bytes.append(contentsOf: raw[(i * size)..<((i + 1) * size)].reversed()) }
    #endif
    return bytes
  }

  /// What stands before elements that are written as they are in memory.
  static func header(of type: ScalarType, _ shape: [Int]) -> [UInt8] {
    header(descriptor(of: type), shape, size: 0)
  }

  /// The name of elements as they are in memory.
  static func descriptor(of type: ScalarType) -> String {
    #if _endian(little)
      name(of: type)
    #else
      name(of: type).replacing("<", with: ">")
    #endif
  }

  /// The name of little-endian elements.
  private static func name(of type: ScalarType) -> String {
    switch type {
    case .float32: "<f4"
    case .float64: "<f8"
    case .bool: "|b1"
    case .int32: "<i4"
    case .int64: "<i8"
    }
  }

  /// A file with a text of ASCII characters, of no axes: what Python calls bytes.
  package static func write(ascii text: String) -> [UInt8] {
    header("|S\(text.utf8.count)", [], size: text.utf8.count) + Array(text.utf8)
  }

  /// What stands before the elements, with room for them.
  private static func header(_ description: String, _ extents: [Int], size: Int) -> [UInt8] {
    let shape =
      extents.count == 1 ? "(\(extents[0]),)" : "(" + extents.map(String.init).joined(separator: ", ") + ")"
    var header = "{'descr': '\(description)', 'fortran_order': False, 'shape': \(shape), }"
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var bytes = magic + [1, 0, UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)]
    bytes += Array(header.utf8)
    bytes.reserveCapacity(bytes.count + size)
    return bytes
  }
}

/// The dictionary at the front of an .npy file.
struct NPYHeader {
  var description = ""
  var isFortran = false
  var shape: [Int] = []

  /// Reads Python's notation of a dictionary with the keys `descr`, `fortran_order` and `shape`.
  init?(_ text: String) {
    var found = Set<String>()
    var rest = text.trimming { $0.isWhitespace || $0 == "\0" }
    guard rest.first == "{", rest.last == "}" else { return nil }
    rest = rest.dropFirst().dropLast().trimming(while: \.isWhitespace)
    while !rest.isEmpty {
      guard let key = NPYHeader.quoted(&rest), found.insert(key).inserted else { return nil }
      rest = rest.trimming(while: \.isWhitespace)
      guard rest.first == ":" else { return nil }
      rest = rest.dropFirst().trimming(while: \.isWhitespace)
      switch key {
      case "descr":
        if rest.first == "[" {
          // A record: shown whole in the message that refuses it.
          description = "a record"
          guard let end = rest.lastIndex(of: "]") else { return nil }
          rest = rest[rest.index(after: end)...]
        } else {
          guard let value = NPYHeader.quoted(&rest) else { return nil }
          description = value
        }
      case "fortran_order":
        let word = rest.prefix { $0.isLetter }
        guard word == "True" || word == "False" else { return nil }
        isFortran = word == "True"
        rest = rest.dropFirst(word.count)
      case "shape":
        guard rest.first == "(", let end = rest.firstIndex(of: ")") else { return nil }
        let items = rest[..<end].dropFirst().split(separator: ",").map { $0.trimming(while: \.isWhitespace) }
        for item in items where !item.isEmpty {
          let digits = item.last == "L" ? item.dropLast() : item
          guard let extent = Int(digits), extent >= 0 else { return nil }
          shape.append(extent)
        }
        rest = rest[rest.index(after: end)...]
      default: return nil
      }
      rest = rest.trimming(while: \.isWhitespace)
      guard rest.isEmpty || rest.first == "," else { return nil }
      rest = rest.dropFirst().trimming(while: \.isWhitespace)
    }
    guard found.count == 3 else { return nil }
  }

  private static func quoted(_ rest: inout Substring) -> String? {
    guard let quote = rest.first, quote == "'" || quote == "\"" else { return nil }
    guard let end = rest.dropFirst().firstIndex(of: quote) else { return nil }
    defer { rest = rest[rest.index(after: end)...] }
    return String(rest[..<end].dropFirst())
  }
}

/// The element type of an .npy file.
struct NPYElement {
  let kind: Character
  let size: Int
  let isBigEndian: Bool

  init?(_ description: String) {
    var rest = description[...]
    var isBigEndian = false
    if let order = rest.first, "<>=|".contains(order) {
      isBigEndian = order == ">"
      rest = rest.dropFirst()
    }
    guard let kind = rest.first, let size = Int(rest.dropFirst()) else { return nil }
    let isKnown =
      switch kind {
      case "f": [2, 4, 8].contains(size)
      case "i", "u": [1, 2, 4, 8].contains(size)
      case "b": size == 1
      default: false
      }
    guard isKnown else { return nil }
    (self.kind, self.size, self.isBigEndian) = (kind, size, isBigEndian)
  }

  func storage(
    _ bytes: ArraySlice<UInt8>, count: Int, _ fail: (String) -> TensorError
  ) throws(TensorError) -> Storage {
    let type: ScalarType =
      switch kind {
      case "f": size == 8 ? .float64 : .float32
      case "b": .bool
      default: .int64
      }
    let storage = Storage(count: count, scalarType: type)
    var firstTooLarge: UInt64?
    bytes.withUnsafeBytes { source in
      for i in 0..<count {
        var bits: UInt64 = 0
        for j in 0..<size {
          bits |= UInt64(source[i * size + (isBigEndian ? size - 1 - j : j)]) << UInt64(8 * j)
        }
        switch (kind, size) {
        case ("f", 8):
          storage.base.storeBytes(of: Double(bitPattern: bits), toByteOffset: 8 * i, as: Double.self)
        case ("f", 4):
          storage.base.storeBytes(of: Float(bitPattern: UInt32(bits)), toByteOffset: 4 * i, as: Float.self)
        case ("f", _):
          storage.base.storeBytes(of: NPYElement.half(UInt16(bits)), toByteOffset: 4 * i, as: Float.self)
        case ("b", _):
          storage.base.storeBytes(of: bits != 0, toByteOffset: i, as: Bool.self)
        default:
          if kind == "u", bits > UInt64(Int64.max) { firstTooLarge = firstTooLarge ?? bits }
          let shift = UInt64(64 - 8 * size)
          let value = kind == "i" ? Int64(bitPattern: bits << shift) >> Int64(shift) : Int64(bitPattern: bits)
          storage.base.storeBytes(of: value, toByteOffset: 8 * i, as: Int64.self)
        }
      }
    }
    if let firstTooLarge { throw fail("holds \(firstTooLarge), more than a whole number of 64 bits with sign") }
    return storage
  }

  /// IEEE 754 binary16.
  private static func half(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    return switch exponent {
    case 0: sign * fraction * 0x1p-24
    case 31: fraction == 0 ? sign * .infinity : .nan
    default: sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
    }
  }
}

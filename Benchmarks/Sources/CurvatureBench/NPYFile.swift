import Curvature

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What keeps a measurement from being made.
struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// An array from a file in NumPy's format: row-major, little-endian floats or 32-bit integers, as `inputs.py` writes it.
struct NPYFile {
  private enum Element: String {
    case float32 = "<f4"
    case float64 = "<f8"
    case int32 = "<i4"
  }

  let shape: [Int]
  private let element: Element
  private let body: [UInt8]

  init(path: String) throws(BenchmarkError) {
    guard let file = fopen(path, "rb") else { throw BenchmarkError("\(path) cannot be opened") }
    defer { fclose(file) }
    var start = [UInt8](repeating: 0, count: 10)
    guard fread(&start, 1, 10, file) == 10, start[0] == 0x93, start[6] == 1 else {
      throw BenchmarkError("\(path) is no .npy file of version 1")
    }
    var headerBytes = [UInt8](repeating: 0, count: Int(start[8]) + Int(start[9]) << 8)
    guard fread(&headerBytes, 1, headerBytes.count, file) == headerBytes.count else {
      throw BenchmarkError("\(path) is cut off")
    }
    let header = String(decoding: headerBytes, as: UTF8.self)
    let quoted = header.split(separator: "'").map(String.init)
    guard let element = quoted.compactMap(Element.init).first, header.contains("'fortran_order': False"),
      let open = header.firstIndex(of: "("), let close = header.firstIndex(of: ")")
    else { throw BenchmarkError("\(path) has a header that is not understood: \(header)") }
    self.element = element
    shape = header[open..<close].dropFirst().split(separator: ",").compactMap { Int($0.drop { $0 == " " }) }
    let byteCount = shape.reduce(element == .float64 ? 8 : 4, *)
    // Not filled with zeros first: starting is measured too.
    body = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = fread(buffer.baseAddress, 1, byteCount, file)
    }
    guard body.count == byteCount else { throw BenchmarkError("\(path) is cut off") }
  }

  /// The elements in row-major order.
  func scalars<Scalar: BinaryFloatingPoint>(as _: Scalar.Type = Scalar.self) -> [Scalar] {
    body.withUnsafeBytes { bytes in
      switch element {
      case .float32: bytes.bindMemory(to: Float.self).map { Scalar($0) }
      case .float64: bytes.bindMemory(to: Double.self).map { Scalar($0) }
      case .int32: bytes.bindMemory(to: Int32.self).map { Scalar($0) }
      }
    }
  }

  /// The elements in row-major order, where a tensor keeps them.
  func tensor<Scalar: DifferentiableScalar>() -> Tensor<Scalar> {
    Tensor(unsafeUninitializedShape: shape) { elements in
      body.withUnsafeBytes { bytes in
        func fill<Stored: BinaryFloatingPoint>(_: Stored.Type) {
          for (i, x) in bytes.bindMemory(to: Stored.self).enumerated() { elements[i] = Scalar(x) }
        }
        switch element {
        case .float32: fill(Float.self)
        case .float64: fill(Double.self)
        case .int32: for (i, x) in bytes.bindMemory(to: Int32.self).enumerated() { elements[i] = Scalar(x) }
        }
      }
    }
  }

  /// The elements as whole numbers.
  var integers: [Int] { scalars(as: Double.self).map { Int($0) } }
}

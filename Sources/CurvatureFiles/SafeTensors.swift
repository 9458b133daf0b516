import Curvature
import Foundation
import TensorGraph

/// The format of named arrays by Hugging Face: the length of a header (64 bits, little-endian), the header as JSON, the
/// elements.
enum SafeTensors {
  /// What the header says of one array.
  private struct Description: Codable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }

  /// Names of element types, and how NumPy calls them.
  private static let types = [
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U64": "<u8",
    "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
  ]

  /// All arrays, in the order of their elements in the file.
  static func read(_ bytes: [UInt8], name: String) throws(TensorError) -> [(String, ArrayValue)] {
    func fail(_ reason: String) -> TensorError { TensorError("\(name): \(reason)") }
    guard bytes.count >= 8 else { throw fail("is cut off, expected .npz or .safetensors") }
    let length = bytes[..<8].enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
    guard length <= UInt64(bytes.count - 8) else {
      throw fail("is no .npz or .safetensors file, or is cut off within its header")
    }
    let body = 8 + Int(length)
    guard let header = try? JSONSerialization.jsonObject(with: Data(bytes[8..<body])) as? [String: Any] else {
      throw fail("has a header that is no JSON object")
    }
    var arrays: [(name: String, start: Int, array: ArrayValue)] = []
    for (title, value) in header where title != "__metadata__" {
      let shown = PrintableText.printable(title)
      guard let value = value as? [String: Any], let type = value["dtype"] as? String,
        let shape = value["shape"] as? [Int],
        let offsets = value["data_offsets"] as? [Int], offsets.count == 2, shape.allSatisfy({ $0 >= 0 })
      else { throw fail("array '\(shown)' is not described as this format wants it") }
      let isBrain = type == "BF16"
      guard let element = NPYElement(isBrain ? "<u2" : types[type] ?? "") else {
        throw fail("array '\(shown)' holds elements of type \(type); real numbers, whole numbers and masks are read")
      }
      guard let count = Memory.count(shape, bytesEach: max(8, element.size)), offsets[0] >= 0, offsets[0] <= offsets[1],
        offsets[1] <= bytes.count - body, offsets[1] - offsets[0] == count * element.size
      else { throw fail("array '\(shown)' of shape \(shape) does not have its elements at \(offsets)") }
      let part = bytes[(body + offsets[0])..<(body + offsets[1])]
      let storage =
        isBrain ? widened(part, count) : try element.storage(part, count: count) { fail("array '\(shown)' \($0)") }
      arrays.append((title, offsets[0], ArrayValue(shape: shape, storage: storage)))
    }
    return arrays.sorted { ($0.start, $0.name) < ($1.start, $1.name) }.map { ($0.name, $0.array) }
  }

  /// Numbers of 16 bits that are the upper halves of those of 32.
  private static func widened(_ bytes: ArraySlice<UInt8>, _ count: Int) -> Storage {
    let start = bytes.startIndex
    return Storage(
      (0..<count).map { i in
        Float(bitPattern: (UInt32(bytes[start + 2 * i]) | UInt32(bytes[start + 2 * i + 1]) << 8) << 16)
      })
  }

  static func write(_ arrays: [(name: String, array: ArrayValue)]) throws(TensorError) -> [UInt8] {
    var header: [String: Description] = [:]
    var body: [UInt8] = []
    for (name, array) in arrays {
      let type =
        switch array.storage.scalarType {
        case .float64: "F64"
        case .float32: "F32"
        case .int64: "I64"
        case .int32: "I32"
        case .bool: "BOOL"
        }
      let file = NPY.write(array)
      let start = body.count
      body += file.suffix(array.count * array.storage.scalarType.byteCount)
      header[name] = Description(dtype: type, shape: array.shape, data_offsets: [start, body.count])
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard var text = try? encoder.encode(header) else {
      throw TensorError("safetensors: a name cannot be written as JSON")
    }
    // Elements begin at a multiple of eight bytes.
    text.append(contentsOf: [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return length + Array(text) + body
  }
}

import Curvature
import Foundation
import TensorGraph

/// Arrays by file name: the extension says the format.
package enum ArrayFile {
  /// Whether a value given on the command line is the name of a file rather than a literal.
  package static func isFileName(_ text: String) -> Bool {
    let lowercased = text.lowercased()
    return text == "-" || [".npy", ".npz", ".csv", ".tsv", ".txt", ".dat"].contains { lowercased.hasSuffix($0) }
      || lowercased.contains(".npz:")
  }

  /// The array in a file: `.npy`, `.npz:member`, a table in text, or `-` for standard input, whose format its first bytes
  /// tell.
  package static func read(_ name: String) throws(TensorError) -> ArrayValue {
    let (path, member) = parts(of: name)
    return try array(in: FileAccess.read(path), path: path, member: member)
  }

  /// The file and the member of an archive that a name means.
  package static func parts(of name: String) -> (path: String, member: String?) {
    let lowercased = name.lowercased()
    guard let split = [".npz:", ".safetensors:"].lazy.compactMap({ lowercased.range(of: $0) }).first else {
      return (name, nil)
    }
    let offset = lowercased.distance(from: lowercased.startIndex, to: split.upperBound)
    return (String(name.prefix(offset - 1)), String(name.dropFirst(offset)))
  }

  /// The array in the bytes of a file.
  package static func array(in bytes: [UInt8], path: String, member: String?) throws(TensorError) -> ArrayValue {
    let shown = path == "-" ? "standard input" : path
    if bytes.starts(with: NPY.magic) { return try NPY.read(bytes[...], name: shown) }
    if bytes.starts(with: ZipArchive.magic) || member != nil || path.lowercased().hasSuffix(".npz") {
      return try archived(member, in: bytes, name: shown)
    }
    if path.lowercased().hasSuffix(".npy") { return try NPY.read(bytes[...], name: shown) }
    return try CSV.read(bytes, name: shown)
  }

  private static func archived(
    _ wanted: String?, in bytes: [UInt8], name: String
  ) throws(TensorError) -> ArrayValue {
    let members = try ZipArchive.members(of: bytes, name: name)
    let titles = members.map(\.title)
    let list = titles.isEmpty ? "it is empty" : "it has " + titles.prefix(20).joined(separator: ", ")
    guard let wanted else {
      guard members.count == 1 else {
        throw TensorError("\(name): has \(members.count) members; write '\(name):NAME' (\(list))")
      }
      return try NPY.read(ZipArchive.contents(of: members[0], in: bytes, name: name), name: "\(name):\(titles[0])")
    }
    guard let member = members.first(where: { $0.title == wanted || $0.name == wanted }) else {
      throw TensorError(
        "\(name): has no member '\(wanted)'; \(list)\(Suggestions.remark(for: wanted, among: titles))")
    }
    return try NPY.read(ZipArchive.contents(of: member, in: bytes, name: name), name: "\(name):\(wanted)")
  }
}

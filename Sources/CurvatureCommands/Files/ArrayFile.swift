import Curvature
import Foundation

/// Arrays by file name: the extension says the format.
package enum ArrayFile {
  /// Whether a value given on the command line is the name of a file rather than a literal.
  package static func isFileName(_ text: String) -> Bool {
    let lowercased = text.lowercased()
    return text == "-" || [".npy", ".npz", ".csv", ".tsv", ".txt", ".dat"].contains { lowercased.hasSuffix($0) }
      || lowercased.contains(".npz:")
  }

  /// The error for a text that is no value but looks like the name of a file, whose format is not read.
  package static func refusal(of text: String, for user: String) -> ToolError? {
    if let colon = text.firstIndex(of: ":"), isFileName(String(text[..<colon])) {
      return ToolError(
        "\(user): only .npz files have members after ':'; a column of a table x is x[:, 0]", status: .usage)
    }
    let known = [
      "json", "mtx", "mat", "h5", "hdf5", "xls", "xlsx", "ods", "parquet", "pkl", "pickle", "pt", "gz", "zip",
    ]
    let parts = text.split(separator: ".")
    guard parts.count > 1 && known.contains(parts[parts.count - 1].lowercased()) || FileAccess.isFile(text) else {
      return nil
    }
    return ToolError(
      "\(user): '\(FormulaSource.printable(text))' is not of a kind of file that is read; files are .npy, .npz:member, or text with "
        + "lines of numbers: .csv, .tsv, .txt, .dat", status: .usage)
  }

  /// The array in a file: `.npy`, `.npz:member`, a table in text, or `-` for standard input, whose format its first bytes
  /// tell.
  ///
  /// - Parameter read: gives the bytes of a file.
  package static func read(
    _ name: String,
    bytes read: (String) throws(ToolError) -> [UInt8] = { (path) throws(ToolError) in
      try FileAccess.read(path)
    }
  ) throws(ToolError) -> ArrayValue {
    var path = name
    var member: String?
    if let split = name.lowercased().range(of: ".npz:") {
      let offset = name.lowercased().distance(from: name.lowercased().startIndex, to: split.upperBound)
      path = String(name.prefix(offset - 1))
      member = String(name.dropFirst(offset))
    }
    let bytes = try read(path)
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
  ) throws(ToolError) -> ArrayValue {
    let members = try ZipArchive.members(of: bytes, name: name)
    func title(_ member: ZipArchive.Member) -> String {
      member.name.hasSuffix(".npy") ? String(member.name.dropLast(4)) : member.name
    }
    let titles = members.map(title)
    let list = titles.isEmpty ? "it is empty" : "it has " + titles.prefix(20).joined(separator: ", ")
    guard let wanted else {
      guard members.count == 1 else {
        throw ToolError("\(name): has \(members.count) members; write '\(name):NAME' (\(list))", status: .data)
      }
      return try NPY.read(ZipArchive.contents(of: members[0], in: bytes, name: name), name: "\(name):\(titles[0])")
    }
    guard let member = members.first(where: { title($0) == wanted || $0.name == wanted }) else {
      throw ToolError(
        "\(name): has no member '\(wanted)'; \(list)\(Suggestions.remark(for: wanted, among: titles))", status: .data)
    }
    return try NPY.read(ZipArchive.contents(of: member, in: bytes, name: name), name: "\(name):\(wanted)")
  }
}

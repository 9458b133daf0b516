import CurvatureFiles
import TensorGraph

extension ArrayFile {
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
      "\(user): '\(PrintableText.printable(text))' is not of a kind of file that is read; files are .npy, .npz:member, or text with "
        + "lines of numbers: .csv, .tsv, .txt, .dat", status: .usage)
  }
}

extension ToolError {
  /// An error of a file, of what it holds, or of memory.
  init(_ error: TensorError) { self.init(error.message, status: .data) }
}

/// What is done with files, with the errors of the tool.
func withFiles<Result>(_ body: () throws(TensorError) -> Result) throws(ToolError) -> Result {
  do { return try body() } catch { throw ToolError(error) }
}

/// The bytes of a file, or of standard input for `-`.
package func readFile(_ path: String) throws(ToolError) -> [UInt8] {
  try withFiles { () throws(TensorError) in try FileAccess.read(path) }
}

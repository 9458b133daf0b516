import Curvature
import CurvatureFiles
import TensorGraph

/// A result of a command: one array, a block for each pair of names, or the non-zeros of a matrix.
enum CommandResult {
  case array(ArrayValue)
  case blocks([[Block]])
  case sparse(SparseArray)

  struct Block {
    /// The names that it belongs to: the member of an archive, the heading of a text.
    let title: String
    let array: ArrayValue
  }

  var blocks: [[Block]] {
    switch self {
    case .array(let array): [[Block(title: "result", array: array)]]
    case .blocks(let blocks): blocks
    case .sparse: []
    }
  }

  /// Whether some element is NaN.
  var containsNaN: Bool {
    if case .sparse(let array) = self { return array.values.storage.containsNaN }
    return blocks.joined().contains { $0.array.storage.containsNaN }
  }
}

/// Where a result goes and in which form.
struct ResultOutput {
  /// The formats of files, by extension.
  enum FileFormat: String, CaseIterable { case npy, npz, csv, json, mtx, petsc, zarr }

  private let format: OutputFormat
  private let file: (path: String, format: FileFormat)?

  /// Finds what is wrong with the choice before anything is computed.
  init(_ options: ResultOptions) throws(ToolError) {
    format = options.format ?? .text
    guard let path = options.output else {
      file = nil
      return
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let known = FileFormat.allCases.map { "." + $0.rawValue }.joined(separator: " ")
    guard let dot = name.lastIndex(of: "."),
      let format = FileFormat(rawValue: name[name.index(after: dot)...].lowercased())
    else {
      throw ToolError(
        "--output: '\(PrintableText.printable(path))' has none of the extensions \(known)", status: .usage)
    }
    if let wanted = options.format, wanted.rawValue != format.rawValue {
      throw ToolError(
        "found --format \(wanted.rawValue) and a file .\(format.rawValue); the extension chooses, leave out --format",
        status: .usage)
    }
    try withFiles { () throws(TensorError) in
      if format == .zarr { try MatrixFileForm.zarr.checkWritable(path) } else { try FileAccess.checkWritable(path) }
    }
    file = (path, format)
  }

  /// Prints or writes a result.
  func write(_ result: CommandResult, to console: Console) throws(ToolError) {
    guard let file else {
      try console.write(bytes(of: result, format))
      return
    }
    let bytes = try bytes(of: result, file.format, file.path)
    try withFiles { () throws(TensorError) in try FileAccess.write(bytes, to: file.path) }
  }

  /// The file that is to be written, if its form is one to which rows are written.
  var rowsPath: String? { file.flatMap { [.npy, .zarr].contains($0.format) ? $0.path : nil } }

  /// Whether the file is of a form to which rows are written and nothing else.
  var takesRowsAlone: Bool { file?.format == .zarr }

  /// The file in PETSc's form that is to be written, if it is one.
  var petscPath: String? { file.flatMap { $0.format == .petsc ? $0.path : nil } }

  /// Whether the result is wanted as coordinates of a matrix, which a sparse one has at hand.
  var wantsCoordinates: Bool { file.map { [.mtx, .petsc].contains($0.format) } ?? (format == .mtx) }

  private func bytes(of result: CommandResult, _ format: OutputFormat) throws(ToolError) -> [UInt8] {
    if case .sparse(let matrix) = result {
      return switch format {
      case .text: Array(matrix.text.utf8)
      case .csv: matrix.csv
      case .json: Array((matrix.json + "\n").utf8)
      case .mtx: matrix.matrixMarket
      }
    }
    switch format {
    case .mtx:
      guard let array = single(result), let bytes = array.matrixMarket else {
        throw ToolError("mtx holds one matrix; choose two axes with --index, or another --format", status: .usage)
      }
      return bytes
    case .text:
      guard case .blocks(let blocks) = result else { return Array((NumPyText.text(of: single(result)!) + "\n").utf8) }
      let texts = blocks.flatMap { $0 }.map { "\($0.title):\n\(NumPyText.text(of: $0.array))\n" }
      return Array(texts.joined(separator: "\n").utf8)
    case .csv:
      guard let array = single(result) else {
        throw ToolError("csv holds one block; use --format json, or --output with a .npz file", status: .usage)
      }
      return CSV.write(array)
    case .json: return json(result)
    }
  }

  private func bytes(
    of result: CommandResult, _ format: FileFormat, _ path: String
  ) throws(ToolError) -> [UInt8] {
    if case .sparse(let matrix) = result { return try bytes(of: matrix, format, path) }
    if format == .json { return json(result) }
    if format == .npz {
      let members = result.blocks.flatMap { $0 }.map { (name: "\($0.title).npy", contents: NPY.write($0.array)) }
      guard let archive = ZipArchive.archive(members) else {
        throw ToolError("\(path): an archive of more than 4 GB; write an .npy file", status: .data)
      }
      return archive
    }
    guard let array = single(result) else {
      throw ToolError("\(path): .\(format.rawValue) holds one block; write an .npz or .json file", status: .usage)
    }
    switch format {
    case .npy: return NPY.write(array)
    case .csv: return CSV.write(array)
    case .mtx:
      guard let bytes = array.matrixMarket else {
        throw ToolError(
          "\(path): .mtx holds a matrix, found shape \(array.shape); choose two axes with --index", status: .data)
      }
      return bytes
    case .petsc:
      guard let bytes = try petsc({ () throws(TensorError) in try array.petsc() }) else {
        throw ToolError(
          "\(path): .petsc holds a matrix or a vector, found shape \(array.shape); choose two axes with --index",
          status: .data)
      }
      return bytes
    case .zarr: throw Self.noRows(path)
    case .npz, .json: fatalError("handled above")
    }
  }

  private func bytes(
    of matrix: SparseArray, _ format: FileFormat, _ path: String
  ) throws(ToolError) -> [UInt8] {
    switch format {
    case .mtx: return matrix.matrixMarket
    case .petsc: return try petsc { () throws(TensorError) in try matrix.petsc() }
    case .zarr: throw Self.noRows(path)
    case .csv: return matrix.csv
    case .json: return Array((matrix.json + "\n").utf8)
    case .npy: throw ToolError("\(path): .npy holds full arrays; write an .npz, .mtx or .json file", status: .usage)
    case .npz:
      guard let archive = ZipArchive.archive(matrix.npzMembers) else {
        throw ToolError("\(path): an archive of more than 4 GB; write an .mtx file", status: .data)
      }
      return archive
    }
  }

  private static func noRows(_ path: String) -> ToolError {
    ToolError(
      "\(path): .zarr holds rows of a Hessian or a Jacobian in one variable; write an .npy file", status: .usage)
  }

  private func petsc<Bytes>(_ bytes: () throws(TensorError) -> Bytes) throws(ToolError) -> Bytes {
    do throws(TensorError) { return try bytes() } catch { throw ToolError(error.message, status: .data) }
  }

  private func json(_ result: CommandResult) -> [UInt8] {
    let text =
      switch result {
      case .sparse(let matrix): matrix.json
      case .array(let array): JSON.text(of: array)
      case .blocks(let blocks): JSON.text(ofBlocks: blocks.map { $0.map(\.array) })
      }
    return Array((text + "\n").utf8)
  }

  private func single(_ result: CommandResult) -> ArrayValue? {
    let all = result.blocks.flatMap { $0 }
    return all.count == 1 ? all[0].array : nil
  }
}

import Curvature
import Foundation
import TensorGraph

/// A matrix as a Zarr array of version 2 in a folder: a file for each block of rows, as its elements are in memory, and `.zarray`,
/// without which nobody takes the folder for an array (Zarr storage specification, version 2).
struct ZarrLayout: MatrixFileLayout {
  private static let metadataName = ".zarray"
  private let metadata: String
  private let shape: [Int]
  private let rowsPerBlock: Int
  private let rowBytes: Int
  private let blockCount: Int

  init<Scalar>(_ blocks: RowBlocks<Scalar>, _ triangle: StoredTriangle, path: String) throws(TensorError) {
    guard triangle == .both else {
      throw TensorError("\(path): Zarr has whole rows in each chunk; leave out the triangle, or write .npy")
    }
    let rowCount = blocks.rows.count
    // Chunks are ranges of rows where these are one axis; otherwise the matrix is flattened to rows and columns.
    let columns = Array(blocks.shape.dropFirst())
    let hasOneAxis = blocks.shape.first == rowCount && columns.reduce(1, *) == blocks.columnCount
    shape = [rowCount] + (hasOneAxis ? columns : [blocks.columnCount])
    (rowsPerBlock, blockCount) = (max(1, blocks.rowsPerBlock), blocks.count)
    let (size, overflow) = blocks.columnCount.multipliedReportingOverflow(by: Scalar.scalarType.byteCount)
    guard !overflow, size.multipliedReportingOverflow(by: max(1, rowCount)).partialValue >= size,
      !size.multipliedReportingOverflow(by: max(1, rowCount)).overflow
    else { throw TensorError("\(path): no disk has room for \(rowCount) such rows") }
    rowBytes = size
    let chunks = [rowsPerBlock] + shape.dropFirst().map { max(1, $0) }
    metadata = """
      {
          "chunks": \(chunks),
          "compressor": null,
          "dimension_separator": ".",
          "dtype": "\(NPY.descriptor(of: Scalar.scalarType))",
          "fill_value": 0.0,
          "filters": null,
          "order": "C",
          "shape": \(shape),
          "zarr_format": 2
      }

      """
  }

  /// The file of a block: its number along each axis, of which only the first has more than one.
  private func name(ofBlock block: Int) -> String { "\(block)" + String(repeating: ".0", count: shape.count - 1) }

  /// Every file has room for as many rows: those behind the last of the array have no meaning.
  private var chunkBytes: Int { rowsPerBlock * rowBytes }

  static func checkWritable(_ path: String) throws(TensorError) {
    guard FileAccess.isFolder(path) else { return try FileAccess.checkWritable(path) }
    guard FileAccess.isFile(path + "/" + metadataName) else {
      throw TensorError("\(path): is a folder without \(metadataName), and not replaced by an array; remove it")
    }
    try FileAccess.checkWritable(path + "/" + metadataName)
  }

  func begin(_ path: String) throws(TensorError) -> any UnfinishedMatrix {
    try? FileManager.default.removeItem(atPath: path)
    guard mkdir(path, 0o777) == 0 else { throw TensorError("\(path): cannot be written: \(FileAccess.reason())") }
    do throws(TensorError) { try DurableFile.requireRoom(blockCount * chunkBytes, at: path) } catch {
      rmdir(path)
      throw error
    }
    DurableFile.synchronizeFolder(of: path)
    return UnfinishedZarr(path, self)
  }

  func open(_ path: String) throws(TensorError) -> (any UnfinishedMatrix)? {
    FileAccess.isFolder(path) ? UnfinishedZarr(path, self) : nil
  }

  fileprivate func file(ofBlock block: Int, in path: String) throws(TensorError) -> DurableFile {
    let file = try DurableFile(path + "/" + name(ofBlock: block), creates: true)
    if file.size != chunkBytes { try file.truncate(to: chunkBytes) }
    return file
  }

  fileprivate func offset(ofRow row: Int, inBlock block: Int) -> Int { (row - block * rowsPerBlock) * rowBytes }

  fileprivate func writeMetadata(in path: String) throws(TensorError) {
    let file = try DurableFile(path + "/" + Self.metadataName, creates: true, empties: true)
    try file.write(Array(metadata.utf8), at: 0)
    try file.synchronize()
    DurableFile.synchronizeFolder(of: file.path)
  }
}

/// The folder of an array some of whose chunks are there.
private final class UnfinishedZarr: UnfinishedMatrix {
  let path: String
  private let layout: ZarrLayout
  /// The files of blocks that are being written.
  private var files: [Int: DurableFile] = [:]

  init(_ path: String, _ layout: ZarrLayout) { (self.path, self.layout) = (path, layout) }

  func write<Scalar>(
    _ elements: UnsafeBufferPointer<Scalar>, rows: Range<Int>, ofBlock block: Int
  ) throws(TensorError) {
    let file = if let known = files[block] { known } else { try layout.file(ofBlock: block, in: path) }
    files[block] = file
    try file.write(UnsafeRawBufferPointer(elements), at: layout.offset(ofRow: rows.lowerBound, inBlock: block))
  }

  func durability(ofBlock block: Int) -> () throws(TensorError) -> Void {
    let file = files.removeValue(forKey: block)
    return { () throws(TensorError) in
      try file?.synchronize()
      if let file { DurableFile.synchronizeFolder(of: file.path) }
    }
  }

  func finish(as path: String) throws(TensorError) {
    try layout.writeMetadata(in: self.path)
    guard self.path != path else { return }
    // A folder takes no other one's name: an array that is there steps aside first.
    let old = path + ".replaced"
    try? FileManager.default.removeItem(atPath: old)
    if FileAccess.isFolder(path), rename(path, old) != 0 {
      throw TensorError("\(path): cannot be replaced: \(FileAccess.reason())")
    }
    guard rename(self.path, path) == 0 else {
      throw TensorError("\(path): cannot be written: \(FileAccess.reason())")
    }
    DurableFile.synchronizeFolder(of: path)
    try? FileManager.default.removeItem(atPath: old)
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: path)
    DurableFile.synchronizeFolder(of: path)
  }
}

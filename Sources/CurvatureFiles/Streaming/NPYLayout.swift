import Curvature
import TensorGraph

/// Where the elements of a matrix stand in an `.npy` file: all of them, or a triangle in one axis, row after row.
struct NPYLayout: MatrixFileLayout {
  private let header: [UInt8]
  private let triangle: StoredTriangle
  private let columnCount: Int
  private let elementBytes: Int
  /// The bytes of the file.
  private let size: Int

  init<Scalar>(_ blocks: RowBlocks<Scalar>, _ triangle: StoredTriangle, path: String) throws(TensorError) {
    (self.triangle, columnCount, elementBytes) = (triangle, blocks.columnCount, Scalar.scalarType.byteCount)
    guard triangle == .both || blocks.isSymmetric else {
      throw TensorError("\(path): a triangle is that of a Hessian with all its rows; leave out rows or the triangle")
    }
    let rowCount = blocks.rows.count
    let (whole, overflow) = rowCount.multipliedReportingOverflow(by: max(columnCount, 1) * (elementBytes + 1))
    guard !overflow, whole < 1 << 62 else { throw TensorError("\(path): no file can have \(rowCount) such rows") }
    let count = triangle == .both ? rowCount * columnCount : rowCount * (rowCount + 1) / 2
    header = NPY.header(of: Scalar.scalarType, triangle == .both ? blocks.shape : [count])
    size = header.count + count * elementBytes
  }

  func begin(_ path: String) throws(TensorError) -> any UnfinishedMatrix {
    let file = try DurableFile(path, creates: true, empties: true)
    do throws(TensorError) {
      try file.reserve(size)
      try file.write(header, at: 0)
      try file.synchronize()
      DurableFile.synchronizeFolder(of: path)
    } catch {
      file.remove()
      throw error
    }
    return UnfinishedNPY(file, self)
  }

  func open(_ path: String) throws(TensorError) -> (any UnfinishedMatrix)? {
    guard FileAccess.isFile(path) else { return nil }
    let file = try DurableFile(path, creates: false)
    return file.size == size ? UnfinishedNPY(file, self) : nil
  }

  /// The elements that are written of a row of this number.
  private func columns(ofRow row: Int) -> Range<Int> {
    switch triangle {
    case .both: 0..<columnCount
    case .lower: 0..<(row + 1)
    case .upper: row..<columnCount
    }
  }

  /// The place of a row's first byte.
  func offset(ofRow row: Int) -> Int {
    let elements =
      switch triangle {
      case .both: row * columnCount
      case .lower: row * (row + 1) / 2
      case .upper: row * columnCount - row * (row - 1) / 2
      }
    return header.count + elements * elementBytes
  }

  /// Calls `body` with the bytes that are written of some rows, from the first one's place on.
  func withStored<Scalar, Result>(
    _ elements: UnsafeBufferPointer<Scalar>, rows: Range<Int>,
    _ body: (UnsafeRawBufferPointer) throws(TensorError) -> Result
  ) throws(TensorError) -> Result {
    if triangle == .both { return try body(UnsafeRawBufferPointer(elements)) }
    var part: [Scalar] = []
    part.reserveCapacity(rows.reduce(0) { $0 + columns(ofRow: $1).count })
    for (place, row) in rows.enumerated() {
      let columns = columns(ofRow: row)
      let start = place * columnCount
      part.append(contentsOf: elements[(start + columns.lowerBound)..<(start + columns.upperBound)])
    }
    let result = part.withUnsafeBytes { bytes in Swift.Result { () throws(TensorError) in try body(bytes) } }
    return try result.get()
  }
}

/// An `.npy` file some of whose rows are there.
final class UnfinishedNPY: UnfinishedMatrix {
  private let file: DurableFile
  let layout: NPYLayout

  fileprivate init(_ file: DurableFile, _ layout: NPYLayout) { (self.file, self.layout) = (file, layout) }

  var path: String { file.path }

  func write<Scalar>(
    _ elements: UnsafeBufferPointer<Scalar>, rows: Range<Int>, ofBlock block: Int
  ) throws(TensorError) {
    try layout.withStored(elements, rows: rows) { (bytes) throws(TensorError) in
      try file.write(bytes, at: layout.offset(ofRow: rows.lowerBound))
    }
  }

  /// The bytes of a block and where they begin.
  ///
  /// - Parameter known: its elements, if they have been computed.
  func stored<Scalar>(
    _ block: Int, of blocks: RowBlocks<Scalar>, known: Tensor<Scalar>?
  ) throws(TensorError) -> (bytes: [UInt8], offset: Int) {
    let rows = blocks.places(ofBlock: block)
    let offset = layout.offset(ofRow: rows.lowerBound)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(layout.offset(ofRow: rows.upperBound) - offset)
    func append(_ elements: UnsafeBufferPointer<Scalar>, _ rows: Range<Int>) throws(TensorError) {
      try layout.withStored(elements, rows: rows) { bytes += $0 }
    }
    if let known {
      try Evaluation.storage(known.node).withElements(of: Scalar.self) { elements throws(TensorError) in
        try append(elements, rows)
      }
    } else {
      try blocks.forEachChunk(ofBlock: block, isAnnounced: true, append)
    }
    return (bytes, offset)
  }

  func durability(ofBlock block: Int) -> () throws(TensorError) -> Void {
    { [file] () throws(TensorError) in try file.synchronize() }
  }

  func finish(as path: String) throws(TensorError) {
    try file.synchronize()
    if file.path != path { try file.rename(to: path) }
  }

  func remove() { file.remove() }
}

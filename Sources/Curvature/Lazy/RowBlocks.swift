import Algorithms
import TensorGraph

/// The rows of a lazy matrix in blocks of equal size, each computed when it is asked for and not kept: what becomes a file
/// larger than memory, or is shared among processes.
///
/// <!-- swift let x = Tensor<Double>([1, 2, 3]) -->
/// ```swift
/// let blocks = try hessian((x * x * x).sum(), x).rowBlocks(blockBytes: 48)
/// blocks.count                      // 2
/// try blocks.read(block: 0).shape   // [2, 3]
/// ```
/// Which rows a block has, and how they are computed, follows from the matrix and the size of a block alone: whoever computes a
/// block, and in whatever order, gets the same bits. A row is one product. An entry of a Hessian and its mirror image come from
/// different products and may differ by rounding, other than in `H[...]`.
public struct RowBlocks<Scalar: DifferentiableScalar>: Sendable {
  /// The bytes of a block unless told otherwise: 64 MiB.
  public static var defaultBlockBytes: Int { 1 << 26 }

  /// The numbers of the rows, in order.
  public let rows: [Int]
  /// The extents of all blocks together: those of the matrix, or the number of rows and the extents of a row.
  public let shape: [Int]
  /// The number of elements of a row.
  public let columnCount: Int
  /// The number of rows of each block but the last, which may have fewer.
  public let rowsPerBlock: Int
  /// Whether the matrix is symmetric, and all its rows are there.
  public let isSymmetric: Bool
  private let core: MatrixCore<Scalar>
  private let rowsPerChunk: Int

  init(_ core: MatrixCore<Scalar>, rows index: IndexComponent, blockBytes: Int) throws(TensorError) {
    guard core.rows.batchAxis == nil else {
      throw TensorError("rowBlocks: a batch of matrices has no rows of its own; make a matrix for each slice")
    }
    guard blockBytes > 0 else { throw TensorError("rowBlocks: blocks of \(blockBytes) bytes; give 1 or more") }
    guard index != .newAxis, index != .ellipsis else {
      throw TensorError("rowBlocks: rows are named by a range or a list of numbers")
    }
    let (rowCount, columnShape) = (core.rows.count, core.columns.sliceShape)
    switch try IndexExpression([index], in: [rowCount]).axes[0] {
    case .position(let row): rows = [row]
    case .positions(let list): rows = list
    case .slice(let slice): rows = (0..<slice.count).map { slice.start + slice.step * $0 }
    }
    let isAll = rows.count == rowCount && rows.enumerated().allSatisfy { $0 == $1 }
    shape = (isAll ? core.rows.sliceShape.dimensions : [rows.count]) + columnShape.dimensions
    columnCount = columnShape.count
    isSymmetric = isAll && core.matrix.isSymmetric
    self.core = core
    // Whole chunks, so that few programs serve all blocks.
    let chunk = core.rowProducts.derivative.chunkSize
    var size = max(1, blockBytes / max(1, columnCount.multipliedClamping(by: Scalar.scalarType.byteCount)))
    if size > chunk { size -= size % chunk }
    rowsPerBlock = min(size, max(1, rows.count))
    rowsPerChunk = min(chunk, rowsPerBlock)
    try MemoryBudget.require(
      elements: rowsPerChunk.multipliedClamping(by: columnCount), of: Scalar.scalarType
    ) { "computing \(rowsPerChunk) rows of \(columnCount) elements" }
  }

  /// The number of blocks.
  public var count: Int {
    rows.isEmpty || columnCount == 0 ? 0 : (rows.count + rowsPerBlock - 1) / rowsPerBlock
  }

  /// The places among `rows` of a block's rows.
  ///
  /// - Parameter block: its number, from 0.
  public func places(ofBlock block: Int) -> Range<Int> {
    precondition(block >= 0 && block < count, "block \(block) is outside \(count) blocks")
    return block * rowsPerBlock..<min((block + 1) * rowsPerBlock, rows.count)
  }

  /// Computes a block: shape [rows of the block, columns].
  ///
  /// - Parameter block: its number, from 0.
  /// - Returns: the elements alone; they cannot be differentiated.
  /// - Throws: `TensorError` if an element cannot be computed or does not exist, there is no such block, or the task was cancelled.
  /// - Complexity: a product for each row.
  public func read(block: Int) throws(TensorError) -> Tensor<Scalar> {
    guard block >= 0, block < count else { throw TensorError("read: block \(block) is outside \(count) blocks") }
    let places = places(ofBlock: block)
    try MemoryBudget.require(elements: places.count * columnCount, of: Scalar.scalarType) {
      "reading \(places.count) rows of \(columnCount) elements"
    }
    let result = Storage(count: places.count * columnCount, scalarType: Scalar.scalarType)
    let target = result.base.bindMemory(to: Scalar.self, capacity: result.count)
    try forEachChunk(ofBlock: block, isAnnounced: false) { elements, chunk in
      let start = (chunk.lowerBound - places.lowerBound) * columnCount
      _ = UnsafeMutableBufferPointer(start: target + start, count: elements.count).update(fromContentsOf: elements)
    }
    return Tensor(Node(result, shape: [places.count, columnCount]))
  }

  /// Tells who watches how many rows some blocks have.
  package func announce(_ blocks: [Int]) {
    ReadWatcher.current?.add(total: blocks.reduce(0) { $0 + places(ofBlock: $1).count })
  }

  /// Computes a block, some rows at a time.
  ///
  /// - Parameters:
  ///   - isAnnounced: whether who watches knows of the block already.
  ///   - body: takes elements, row after row, and the places among `rows`.
  package func forEachChunk(
    ofBlock block: Int, isAnnounced: Bool,
    _ body: (UnsafeBufferPointer<Scalar>, _ places: Range<Int>) throws(TensorError) -> Void
  ) throws(TensorError) {
    var next = places(ofBlock: block).lowerBound
    try core.matrix.computeLines(
      Array(rows[places(ofBlock: block)]), areRows: !core.isTransposed, size: rowsPerChunk, areKept: false,
      isAnnounced: isAnnounced
    ) { elements, lines throws(TensorError) in
      let values = try core.matrix.determined(elements) { place in
        let (line, other) = place.quotientAndRemainder(dividingBy: columnCount)
        return core.isTransposed ? (0, other, lines[line]) : (0, lines[line], other)
      }
      let places = next..<(next + lines.count)
      next = places.upperBound
      try values.withElements(of: Scalar.self) { elements throws(TensorError) in try body(elements, places) }
    }
  }

  /// What tells these blocks from those of another matrix: the shape and type of the matrix, its rows, the size of a block, the
  /// function, its point and its data.
  ///
  /// - Complexity: O(operations + elements of point and data).
  public func fingerprint() -> MatrixFingerprint {
    MatrixFingerprint(
      of: core.rowProducts.derivative, shape: shape, rowNumbers: rows, rowsPerBlock: rowsPerBlock)
  }
}

extension DerivativeMatrix {
  /// Some rows in blocks, each of which is computed when it is asked for and not kept.
  ///
  /// - Parameters:
  ///   - rows: which, row-major: a range such as `10..<20`, a list, all by default.
  ///   - blockBytes: what the elements of a block take at most; a row at least.
  /// - Throws: `TensorError` if this is a batch of matrices, there is no such row, or a few rows exceed `MemoryBudget.bytes`.
  /// - Complexity: nothing is computed.
  public func rowBlocks(
    rows: some TensorIndex = AxisRange(), blockBytes: Int = RowBlocks<Scalar>.defaultBlockBytes
  ) throws(TensorError) -> RowBlocks<Scalar> {
    try RowBlocks(core, rows: rows.indexComponent, blockBytes: blockBytes)
  }
}

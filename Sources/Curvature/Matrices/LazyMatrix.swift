import Synchronization
import TensorGraph

/// A matrix of derivatives that computes what an index asks for, once, and keeps it.
///
/// Rows and columns are numbered over the elements of two tensors; a batch of such matrices has a leading axis. A read
/// of R rows and C columns costs at most min(R, C) products, less what is already known.
final class LazyMatrix<Scalar: DifferentiableScalar>: Sendable {
  /// What the rows and columns are numbered by.
  let rows: UnitDirections
  let columns: UnitDirections
  /// Products that give rows, and products that give columns.
  private let rowProducts: DerivativeProducts
  private let columnProducts: DerivativeProducts
  private let isSymmetric: Bool
  /// Counts the products of all matrices that one call has made.
  let statistics: MatrixStatistics
  private let state: Mutex<State>

  private struct State {
    var cache: ProductCache<Scalar>
    var limit: Int?
  }

  init(
    rows: UnitDirections, columns: UnitDirections, rowProducts: DerivativeProducts,
    columnProducts: DerivativeProducts, isSymmetric: Bool, statistics: MatrixStatistics
  ) {
    self.rows = rows
    self.columns = columns
    self.rowProducts = rowProducts
    self.columnProducts = columnProducts
    self.isSymmetric = isSymmetric
    self.statistics = statistics
    let cache = ProductCache<Scalar>(
      rowCount: rows.count, columnCount: columns.count, batchCount: rows.batchCount, isSymmetric: isSymmetric)
    state = Mutex(State(cache: cache, limit: defaultCacheByteLimit))
  }

  /// The extents: batch (if there is one), rows, columns.
  var shape: Shape {
    Shape((rows.batchAxis == nil ? [] : [rows.batchCount]) + rows.sliceShape.dimensions + columns.sliceShape.dimensions)
  }

  var cacheByteLimit: Int? {
    get { state.withLock { $0.limit } }
    set {
      state.withLock {
        $0.limit = newValue
        if let newValue { $0.cache.trim(to: newValue) }
      }
    }
  }

  var cachedByteCount: Int { state.withLock { $0.cache.byteCount } }
  var cachedLineCount: Int { state.withLock { $0.cache.lineCount } }
  func removeCachedValues() { state.withLock { $0.cache.removeAll() } }

  // MARK: Reading

  /// The elements that an index names, of the matrix or of its transpose.
  func read(_ components: [IndexComponent], transposed: Bool = false) throws(TensorError) -> Tensor<Scalar> {
    let view = MatrixView(self, transposed: transposed)
    let index = try IndexExpression(components, in: view.shape)
    let region = view.region(of: index)
    let storage = try read(region)
    let touched = Node(storage, shape: view.touchedShape(index))
    let value = index.rebased(keepingWhole: view.batchAxes).apply(to: touched)
    let elements = try Evaluation.storage(value)
    return Tensor(
      Node(elements, shape: value.shape) { [self] in
        let block = self.expression(region).reshaped(to: view.touchedShape(index))
        return index.rebased(keepingWhole: view.batchAxes).apply(to: block)
      })
  }

  /// The elements of a region, computing what is missing. One reader computes at a time, so nothing is computed twice.
  private func read(_ region: MatrixRegion) throws(TensorError) -> Storage {
    let entries = rows.batchCount.multipliedReportingOverflow(by: region.rows.count)
    let total = entries.partialValue.multipliedReportingOverflow(by: region.columns.count)
    try MemoryBudget.require(
      elements: entries.overflow || total.overflow ? .max : total.partialValue, of: Scalar.scalarType, region: region)
    let outcome = state.withLock { state -> Result<Storage, TensorError> in
      do throws(TensorError) {
        try computeMissing(region, &state.cache)
        var storage = state.cache.read(rows: region.rows, columns: region.columns)
        if region.isTransposed { storage = transposedElements(storage, region) }
        if let limit = state.limit { state.cache.trim(to: limit) }
        return .success(storage)
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private func computeMissing(_ region: MatrixRegion, _ cache: inout ProductCache<Scalar>) throws(TensorError) {
    guard !region.rows.isEmpty, !region.columns.isEmpty else { return }
    let missingRows = region.rows.filter { !cache.hasRow($0) }
    let missingColumns = region.columns.filter { !cache.hasColumn($0) }
    if missingRows.isEmpty || missingColumns.isEmpty { return }
    if missingRows.count <= missingColumns.count {
      try compute(missingRows, rowProducts, isRows: true, &cache)
    } else {
      try compute(missingColumns, columnProducts, isRows: false, &cache)
    }
  }

  private func compute(
    _ lines: [Int], _ products: DerivativeProducts, isRows: Bool, _ cache: inout ProductCache<Scalar>
  ) throws(TensorError) {
    let chunk = products.chunkSize
    var start = 0
    while start < lines.count {
      let part = Array(lines[start..<min(start + chunk, lines.count)])
      cache.insert(try products.evaluate(part), lines: part, isRows: isRows)
      statistics.count(products: part.count)
      start += chunk
    }
  }

  private func transposedElements(_ storage: Storage, _ region: MatrixRegion) -> Storage {
    let result = Storage(count: storage.count, scalarType: Scalar.scalarType)
    let source = storage.base.assumingMemoryBound(to: Scalar.self)
    let target = result.base.assumingMemoryBound(to: Scalar.self)
    let (m, n) = (region.rows.count, region.columns.count)
    for b in 0..<rows.batchCount {
      for i in 0..<m {
        for j in 0..<n { target[(b * n + j) * m + i] = source[(b * m + i) * n + j] }
      }
    }
    return result
  }

  /// A region as an expression [batch, row, column] (transposed: [batch, column, row]), for further derivatives.
  private func expression(_ region: MatrixRegion) -> Node {
    let byRows = region.rows.count <= region.columns.count
    let (lines, others) = byRows ? (region.rows, region.columns) : (region.columns, region.rows)
    let products = byRows ? rowProducts : columnProducts
    let all = products.expression(Node(Storage(lines.map(Int64.init)), shape: [lines.count]))
    let wanted = all.gathered(Node(Storage(others.map(Int64.init)), shape: [others.count]), axis: 2)
    return wanted.permuted(byRows != region.isTransposed ? [1, 0, 2] : [1, 2, 0])
  }

  // MARK: Products

  /// The products with directions [K] + columns' shape, as an expression [K] + rows' shape.
  func product(_ directions: Node) -> Node {
    statistics.count(products: directions.shape[0])
    return columnProducts.expression(seeds: directions)
  }

  /// The products of the transpose with directions [K] + rows' shape, as an expression [K] + columns' shape.
  func transposedProduct(_ directions: Node) -> Node {
    statistics.count(products: directions.shape[0])
    return rowProducts.expression(seeds: directions)
  }
}

/// The rows and columns of the underlying matrix that a read touches.
struct MatrixRegion: Sendable {
  let rows: [Int]
  let columns: [Int]
  /// Whether the reader sees the matrix transposed.
  let isTransposed: Bool
}

/// How a reader sees a matrix: as it is, or with rows and columns exchanged.
private struct MatrixView {
  let shape: Shape
  private let hasBatch: Bool
  private let rowShape: Shape
  private let columnShape: Shape
  private let transposed: Bool

  init<Scalar>(_ matrix: LazyMatrix<Scalar>, transposed: Bool) {
    self.transposed = transposed
    hasBatch = matrix.rows.batchAxis != nil
    rowShape = transposed ? matrix.columns.sliceShape : matrix.rows.sliceShape
    columnShape = transposed ? matrix.rows.sliceShape : matrix.columns.sliceShape
    shape = Shape((hasBatch ? [matrix.rows.batchCount] : []) + rowShape.dimensions + columnShape.dimensions)
  }

  /// The batch axis, if there is one: a product computes all of it.
  var batchAxes: Range<Int> { 0..<(hasBatch ? 1 : 0) }

  /// The axes of the whole that number the rows (or columns).
  private var rowAxes: Range<Int> { (hasBatch ? 1 : 0)..<((hasBatch ? 1 : 0) + rowShape.rank) }
  private var columnAxes: Range<Int> { rowAxes.upperBound..<(rowAxes.upperBound + columnShape.rank) }

  func region(of index: IndexExpression) -> MatrixRegion {
    let touchedRows = lines(index, rowAxes, rowShape)
    let touchedColumns = lines(index, columnAxes, columnShape)
    return transposed
      ? MatrixRegion(rows: touchedColumns, columns: touchedRows, isTransposed: true)
      : MatrixRegion(rows: touchedRows, columns: touchedColumns, isTransposed: false)
  }

  /// The extents of what is computed: the whole batch, and of each axis the positions that the index touches.
  func touchedShape(_ index: IndexExpression) -> Shape {
    Shape(
      shape.dimensions.indices.map { axis in
        hasBatch && axis == 0 ? shape[0] : index.positionCount(axis: axis)
      })
  }

  /// Row-major numbers of the positions touched on several axes.
  private func lines(_ index: IndexExpression, _ axes: Range<Int>, _ shape: Shape) -> [Int] {
    var lines = [0]
    for (axis, extent) in zip(axes, shape.dimensions) {
      let positions = index.positions(axis: axis)
      lines = lines.flatMap { line in positions.map { line * extent + $0 } }
    }
    return lines
  }
}

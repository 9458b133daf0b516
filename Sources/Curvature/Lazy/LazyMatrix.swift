import CPUEngine
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
  /// Products that give columns, and products that give rows.
  let products: LineProducts
  /// The function whose second derivatives single entries are; nil where there is only a line at a time.
  private let function: Derivative?
  /// What entries are where the chain rule does not say.
  let singularPoints: SingularPoints?
  /// What all matrices of one call have computed, and this one's number there.
  let caches: MatrixCaches<Scalar>
  let number: Int
  /// How entries are computed once the matrix was found sparse.
  let sparseState = Mutex(SparseState())
  /// Held while products are computed, so that two readers never compute the same; what is known can be read meanwhile.
  let computation = Mutex(())

  /// - Parameter products: products that give columns determine the matrix; those that give rows are a shorter way.
  init(
    products: LineProducts, caches: MatrixCaches<Scalar>, function: Derivative? = nil,
    singularPoints: SingularPoints? = nil
  ) {
    self.products = products
    self.function = function
    self.singularPoints = singularPoints
    self.caches = caches
    let matrix = products.columns.derivative
    columns = matrix.columns
    rows = products.rows.directions
    number = caches.add(
      rowCount: rows.count, columnCount: columns.count, batchCount: rows.batchCount, isSymmetric: matrix.isSymmetric)
  }

  /// What the matrix is made of.
  var derivative: Derivative { products.columns.derivative }
  var isSymmetric: Bool { derivative.isSymmetric }

  /// What expressions of entries are made of.
  var sources: [Node] {
    [products.columns, products.rows].flatMap { [$0.derivative.rows.node, $0.derivative.columns.node] }
  }

  /// The number of rows and columns that are known.
  var knownLineCount: Int { caches.withCache(number) { $0.lineCount } }

  // MARK: Reading

  /// The elements that an index names, of the matrix or of its transpose.
  func read(_ components: [IndexComponent], transposed: Bool = false) throws(TensorError) -> Tensor<Scalar> {
    let view = MatrixView(self, transposed: transposed)
    let index = try IndexExpression(components, in: view.shape)
    let region = view.region(of: index)
    let rest = index.rebased(keepingWhole: view.batchAxes)
    let touched = view.touchedShape(index)
    let block = Node(try determined(elements(region), region), shape: touched)
    let value = rest.apply(to: block)
    let elements = try value.isReshape(of: block) ? block.value! : Evaluation.storage(value)
    return Tensor(
      Node(elements, shape: value.shape, of: sources) { [self] in
        rest.apply(to: self.expression(region).reshaped(to: touched))
      })
  }

  /// The elements of a region, computing what is missing.
  func elements(_ region: MatrixRegion) throws(TensorError) -> Storage {
    let size = [region.rows.count, region.columns.count].reduce(rows.batchCount) { $0.multipliedClamping(by: $1) }
    try MemoryBudget.require(elements: size, of: Scalar.scalarType) {
      "reading \(region.rows.count) rows and \(region.columns.count) columns"
    }
    if case .known(let elements) = known(region) { return elements }
    return try computation.withLock { _ throws(TensorError) in
      // Only who computes drops what exceeds the limit, when it has what it needs. Somebody may empty the cache
      // meanwhile, hence a loop.
      defer { caches.trim() }
      while true {
        switch known(region) {
        case .known(let elements): return elements
        case .missing(.nothing): fatalError("a region that needs nothing is known")
        case .missing(.rows(let lines)):
          if try becomeSparse(lines: lines.count) { continue }
          if try computeEntry(region) { continue }
          if try computeWhole(insteadOf: lines.count) { continue }
          try compute(lines, areRows: true, besides: size)
        case .missing(.columns(let lines)):
          if try becomeSparse(lines: lines.count) { continue }
          if try computeWhole(insteadOf: lines.count) { continue }
          try compute(lines, areRows: false, besides: size)
        case .missing(.colors(let colors)): try compute(colors: colors, for: region, besides: size)
        }
      }
    }
  }

  private enum Outcome {
    case known(Storage)
    case missing(FragmentStore<Scalar>.Demand)
  }

  private func known(_ region: MatrixRegion) -> Outcome {
    let isEmpty = region.rows.isEmpty || region.columns.isEmpty || rows.batchCount == 0
    let (matrixRows, matrixColumns) =
      region.isTransposed ? (region.columns, region.rows) : (region.rows, region.columns)
    return caches.withCache(number) { cache in
      let demand = isEmpty ? .nothing : cache.demand(rows: matrixRows, columns: matrixColumns)
      guard case .nothing = demand else { return .missing(demand) }
      return .known(cache.read(rows: matrixRows, columns: matrixColumns, isTransposed: region.isTransposed))
    }
  }

  /// Computes a single entry, if that is all that is wanted, and nothing of its row and its column was.
  ///
  /// - Returns: whether it is known now.
  private func computeEntry(_ region: MatrixRegion) throws(TensorError) -> Bool {
    guard let function, region.rows.count == 1, region.columns.count == 1, function.isEntryWorthwhile else {
      return false
    }
    let (row, column) = (region.rows[0], region.columns[0])
    guard caches.withCache(number, { !$0.hasEntry(besides: row, column) }) else { return false }
    let element = try function.bound(.entry)(Storage([Int64(row)]), Storage([Int64(column)]))
    caches.count(products: 1, inOneStepOf: element.byteCount)
    let value = element.element(0, of: Scalar.self)
    caches.withCache(number) { $0.insert(value, row: row, column: column) }
    return true
  }

  /// Computes the whole matrix by its terms, if that is expected to be cheaper than some lines that are missing.
  ///
  /// - Returns: whether it is known now.
  private func computeWhole(insteadOf lines: Int) throws(TensorError) -> Bool {
    let spent = knownLineCount
    // A whole that pushes out what others keep is computed only if all of it is wanted.
    let isKept =
      rows.count.multipliedClamping(by: columns.count).multipliedClamping(by: rows.batchCount)
      .multipliedClamping(by: Scalar.scalarType.byteCount) <= caches.byteLimit ?? .max
    guard isKept || lines + spent >= min(rows.count, columns.count),
      try derivative.isWholeWorthwhile(insteadOf: lines, spent: spent), let request = derivative.wholeRequest,
      let elements = try derivative.elements(request)
    else { return false }
    caches.count(products: lines, inOneStepOf: elements.byteCount)
    if isSymmetric {
      // Nobody else has seen these elements yet.
      Engine.mirrorUpperTriangles(
        elements.base, size: rows.count, count: rows.batchCount, scalarType: Scalar.scalarType)
    }
    return caches.withCache(number) { $0.insertWhole(elements) }
  }

  /// Computes rows or columns one by one.
  func compute(_ lines: [Int], areRows: Bool, besides result: Int) throws(TensorError) {
    let products = areRows ? products.rows : products.columns
    let length = products.results.count.multipliedClamping(by: rows.batchCount)
    let size = lines.count.multipliedClamping(by: length).addingClamping(result)
    try MemoryBudget.require(elements: size, of: Scalar.scalarType) {
      "computing \(lines.count) \(areRows ? "rows" : "columns") of \(length) elements"
    }
    try computeLines(lines, areRows: areRows, areKept: true) { elements, part in
      caches.withCache(number) { $0.insert(elements, lines: part, isRows: areRows) }
    }
  }

  /// Computes rows or columns, some at a time.
  ///
  /// - Parameters:
  ///   - size: how many at a time; as many as the tangents' memory allows by default.
  ///   - areKept: whether they stay when later ones are not computed.
  ///   - isAnnounced: whether who watches knows already that they come.
  ///   - body: takes elements [line, batch, element] and the numbers of the lines.
  func computeLines(
    _ lines: [Int], areRows: Bool, size: Int? = nil, areKept: Bool, isAnnounced: Bool = false,
    _ body: (_ elements: Storage, _ lines: [Int]) throws(TensorError) -> Void
  ) throws(TensorError) {
    let products = areRows ? products.rows : products.columns
    try forEachChunk(
      of: lines, size: size ?? products.derivative.chunkSize, areKept: areKept, isAnnounced: isAnnounced
    ) { part throws(TensorError) in
      let elements = try products.evaluate(part)
      caches.count(products: part.count)
      try body(elements, part)
      return elements.byteCount
    }
  }

  /// A region as an expression [batch, row, column], for further derivatives.
  private func expression(_ region: MatrixRegion) -> Node {
    let byRows = region.rows.count <= region.columns.count
    let (lines, others) = byRows ? (region.rows, region.columns) : (region.columns, region.rows)
    let products = byRows != region.isTransposed ? products.rows : products.columns
    let all = products.expression(Node(Storage(lines.map(Int64.init)), shape: [lines.count]))
    return all.keeping(others, axis: 2).permuted(byRows ? [1, 0, 2] : [1, 2, 0])
  }

  // MARK: The diagonal

  /// The diagonal, [batch, element], for rows and columns of equal number.
  func diagonal() throws(TensorError) -> Node {
    let (count, batchCount) = (rows.count, rows.batchCount)
    let elements = try determined(diagonalElements()) { place in
      (place / max(count, 1) % max(batchCount, 1), place % max(count, 1), place % max(count, 1))
    }
    return Node(elements, shape: [rows.batchCount, rows.count], of: sources) { [self] in diagonalExpression() }
  }

  private func diagonalElements() throws(TensorError) -> Storage {
    if let known = caches.withCache(number, { $0.readDiagonal() }) { return known }
    return try computation.withLock { _ throws(TensorError) in
      defer { caches.trim() }
      while true {
        if let known = caches.withCache(number, { $0.readDiagonal() }) { return known }
        let missing = caches.withCache(number) { $0.missingDiagonal() }
        if try computeSparseDiagonal(missing) { continue }
        let structured = try structuredDiagonal(missing)
        let entries = if let structured { structured } else { try computeDiagonal(missing) }
        let kept = caches.withCache(number) { $0.insertDiagonal(entries, at: missing) ? $0.readDiagonal() : nil }
        if let kept { return kept }
      }
    }
  }

  /// All diagonal entries at once by structure, or nil if only some are missing or products are as cheap.
  private func structuredDiagonal(_ numbers: [Int]) throws(TensorError) -> Storage? {
    guard numbers.count == rows.count, let request = derivative.diagonalRequest,
      let elements = try derivative.elements(request)
    else { return nil }
    caches.count(products: 1, inOneStepOf: elements.byteCount)
    return elements
  }

  /// The diagonal entries of the given numbers, [count, batch]: one product each, of which one entry is kept.
  private func computeDiagonal(_ numbers: [Int]) throws(TensorError) -> Storage {
    let result = Storage(count: numbers.count * rows.batchCount, scalarType: Scalar.scalarType)
    var out = result.base.bindMemory(to: Scalar.self, capacity: result.count)
    try computeLines(numbers, areRows: false, areKept: false) { lines, part in
      lines.withElements(of: Scalar.self) { elements in
        for (k, number) in part.enumerated() {
          for batch in 0..<rows.batchCount {
            out.pointee = elements[(k * rows.batchCount + batch) * rows.count + number]
            out += 1
          }
        }
      }
    }
    return result
  }

  /// The diagonal as an expression [batch, element], for further derivatives.
  private func diagonalExpression() -> Node {
    let all = products.columns.expression(Node(.iota([columns.count], axis: 0, .int64)))
    return checked(try Operations.diagonal(all, axis1: 0, axis2: 2))
  }

  // MARK: Products

  /// The products with directions [K] + columns' shape, [K] + rows' shape.
  func product(_ directions: Node) -> Node {
    caches.count(products: directions.shape[0])
    return products.columns.product(directions) { [self] (products, seeds) throws(TensorError) in
      try determined(products: products, with: seeds, transposed: false)
    }
  }

  /// The products of the transpose with directions [K] + rows' shape, [K] + columns' shape.
  func transposedProduct(_ directions: Node) -> Node {
    caches.count(products: directions.shape[0])
    return products.rows.product(directions) { [self] (products, seeds) throws(TensorError) in
      try determined(products: products, with: seeds, transposed: true)
    }
  }
}

extension Node {
  /// Whether this is the other node's elements under some shape.
  fileprivate func isReshape(of other: Node) -> Bool {
    if self === other { return true }
    guard case .linear(.reshape) = primitive, !isDeferred else { return false }
    return operands[0] === other
  }

  /// The given positions of an axis.
  fileprivate func keeping(_ positions: PositionSet, axis: Int) -> Node {
    guard let slice = positions.slice else {
      return gathered(Node(Storage(positions.map(Int64.init)), shape: [positions.count]), axis: axis)
    }
    return sliced(shape.dimensions.enumerated().map { $0 == axis ? slice : .all($1) })
  }
}

extension UnsafeBufferPointer where Element: DifferentiableScalar {
  var containsNaN: Bool {
    baseAddress.map { Storage.containsNaN($0, count: count, Element.scalarType) } ?? false
  }
}

import TensorGraph

/// A lazy matrix of derivatives: a `Jacobian` or a `Hessian`.
///
/// Making one computes nothing. Reading an index computes what the index needs and keeps it; whatever was read is
/// never computed again. Values are tensors whose own derivatives exist to every order. Many tasks may read one
/// matrix at once.
///
/// Whatever stops the program on a wrong argument, or where an element cannot be computed, has a form that throws:
/// `read(at:)` for an index, and `read` before the name for the rest (<doc:Errors>).
public protocol DerivativeMatrix: TensorIndexable, _TensorConvertible, Sequence, Sendable, CustomStringConvertible
where Scalar: DifferentiableScalar {
  // Swift has no package requirements in public protocols. That nobody else can make a core keeps this one closed.
  /// The computing and keeping part.
  var _core: _MatrixCore<Scalar> { get }
}

extension DerivativeMatrix {
  var core: MatrixCore<Scalar> { _core }
}

typealias MatrixCore<Scalar: DifferentiableScalar> = _MatrixCore<Scalar>

/// A lazy matrix as its owner sees it: as it is computed, or transposed.
public struct _MatrixCore<Scalar: DifferentiableScalar>: Sendable {
  let matrix: LazyMatrix<Scalar>
  let isTransposed: Bool

  var rows: UnitDirections { isTransposed ? matrix.columns : matrix.rows }
  var columns: UnitDirections { isTransposed ? matrix.rows : matrix.columns }

  /// The same matrix with rows and columns exchanged.
  var transposed: MatrixCore<Scalar> { MatrixCore(matrix: matrix, isTransposed: !isTransposed) }

  /// Whether rows and columns are one axis each and there is no batch.
  var isPlainMatrix: Bool { rows.batchAxis == nil && rows.sliceShape.rank == 1 && columns.sliceShape.rank == 1 }

  /// Products that give rows.
  var rowProducts: DerivativeProducts { isTransposed ? matrix.products.columns : matrix.products.rows }

  /// Products with directions [K] + columns, as an expression [K] + rows.
  func product(_ seeds: Node) -> Node { isTransposed ? matrix.transposedProduct(seeds) : matrix.product(seeds) }
}

extension DerivativeMatrix {
  /// The extents: batch (if there is one), those of the rows, those of the columns. Costs nothing.
  public var shape: [Int] {
    let batch = core.rows.batchAxis == nil ? [] : [core.rows.batchCount]
    return batch + core.rows.sliceShape.dimensions + core.columns.sliceShape.dimensions
  }

  /// The element type.
  public var scalarType: ScalarType { Scalar.scalarType }

  /// The elements that the index names.
  ///
  /// - Complexity: min(R, C) products for an index that touches R rows and C columns, less those already done.
  public func read(_ index: [IndexComponent]) throws(TensorError) -> Tensor<Scalar> {
    try core.matrix.read(index, transposed: core.isTransposed)
  }

  /// The only element of a matrix that has one. Stops the program where `readItem()` throws.
  public func item() -> Scalar { checked(try readItem()) }

  /// The only element of a matrix that has one.
  ///
  /// - Throws: `TensorError` if there are more or fewer, or if the element cannot be computed.
  /// - Complexity: at most one product.
  public func readItem() throws(TensorError) -> Scalar { try read([.ellipsis]).readItem() }

  /// Derivative products done so far by all matrices that one call has made.
  ///
  /// A `product(_:)` counts when it is asked for. A whole matrix that was computed by its structure, which is done where
  /// it is cheaper, counts as the products that it replaces (its shorter side, less the lines that were known); non-zeros
  /// read off terms count as the groups that they replace if there is a colouring, else as none, a diagonal by structure as one.
  public var productsEvaluated: Int { core.matrix.caches.productsEvaluated }

  /// Bytes of computed values that all matrices of one call keep.
  public var cachedByteCount: Int { core.matrix.caches.byteCount }

  /// Bytes of computed values that all matrices of one call keep at most; what was not used for longest goes first,
  /// and is computed again if it is asked for. `defaultCacheByteLimit` unless set; nil for no limit.
  public var cacheByteLimit: Int? {
    get { core.matrix.caches.byteLimit }
    nonmutating set { core.matrix.caches.byteLimit = newValue }
  }

  /// Drops all computed values of all matrices of one call.
  public func removeCachedValues() { core.matrix.caches.removeAll() }

  /// Rows in order (batched: matrices): slices along the first axis.
  public func makeIterator() -> AnyIterator<Tensor<Scalar>> {
    var next = 0
    return AnyIterator {
      guard let extent = shape.first, next < extent else { return nil }
      defer { next += 1 }
      return self[next]
    }
  }

  /// The product with a direction, without the matrix: J v.
  ///
  /// - Parameter direction: a tensor of the shape of the columns' tensor, batch axis included. The program stops at another
  ///   shape; `readProduct(_:)` throws.
  /// - Returns: a tensor of the shape of the rows' tensor, an expression that is computed when it is read. At singular points
  ///   the function is expanded; `evaluate(_:)` of the product throws where a derivative does not exist.
  /// - Complexity: one product, about two evaluations of the rows' tensor.
  public func product(_ direction: Tensor<Scalar>) -> Tensor<Scalar> { checked(try readProduct(direction)) }

  /// The product with a direction, without the matrix: J v. An expression, as that of `product(_:)`.
  ///
  /// - Throws: `TensorError` if the direction has another shape than the columns' tensor.
  public func readProduct(_ direction: Tensor<Scalar>) throws(TensorError) -> Tensor<Scalar> {
    let expected = core.columns.node.shape
    guard direction.node.shape == expected else {
      throw TensorError("product: the direction has shape \(direction.shape), \(expected) is needed; reshape it")
    }
    let seeds = direction.node.reshaped(to: [1] + expected)
    return Tensor(core.product(seeds).reshaped(to: core.rows.node.shape))
  }

  /// Shape, type, how much has been computed and, for a small matrix, its values.
  public var description: String {
    let count = Shape(shape).count
    let computed = core.matrix.knownLineCount
    let head =
      "\(Self.self)(shape: \(shape), \(scalarType.rawValue), rows and columns computed: \(computed)"
      + ", products: \(productsEvaluated))"
    guard count <= 100 else { return head }
    do {
      return head + "\n" + (try read([.ellipsis]).description)
    } catch {
      return head + "\n" + error.message
    }
  }
}

/// Blocks of derivatives, one for each pair of tensors: `H[i][j]` or `H[i, j]`.
public struct BlockMatrix<Block: Sendable>: Sendable, RandomAccessCollection {
  private let blocks: [[Block]]

  init(_ blocks: [[Block]]) { self.blocks = blocks }

  public var startIndex: Int { 0 }
  public var endIndex: Int { blocks.count }

  /// The blocks of row i; negative numbers count from the end. Stops the program where `read(at:)` throws.
  public subscript(i: Int) -> [Block] { checked(try read(at: i)) }

  /// Block (i, j); negative numbers count from the end. Stops the program where `read(at:_:)` throws.
  public subscript(i: Int, j: Int) -> Block { checked(try read(at: i, j)) }

  /// The blocks of row i; negative numbers count from the end.
  ///
  /// - Throws: `TensorError` if there is no such row.
  public func read(at i: Int) throws(TensorError) -> [Block] { blocks[try resolve(i, blocks.count, "row")] }

  /// Block (i, j); negative numbers count from the end.
  ///
  /// - Throws: `TensorError` if there is no such block.
  public func read(at i: Int, _ j: Int) throws(TensorError) -> Block {
    let row = try read(at: i)
    return row[try resolve(j, row.count, "column")]
  }

  private func resolve(_ i: Int, _ count: Int, _ what: String) throws(TensorError) -> Int {
    guard i >= -count, i < count else {
      throw TensorError("block \(what) \(i) is outside \(count) blocks; use \(-count) to \(count - 1)")
    }
    return i < 0 ? i + count : i
  }
}

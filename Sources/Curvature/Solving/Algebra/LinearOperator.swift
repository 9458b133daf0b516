import SparseStructure
import TensorGraph

/// A matrix by its products alone: sums, multiples and compositions of lazy matrices without the whole of any.
///
/// <!-- swift
/// let x = Tensor<Double>([0.5, -1, 2]), d = Tensor<Double>([1, 2, 3]), b = x
/// let H = hessian(at: x) { x in exp(x).sum() + square(x.sum()) }, J = jacobian(at: x) { x in square(x[..<2]) }
/// -->
/// ```swift
/// let A = LinearOperator(H) + 0.5 * LinearOperator.diagonal(d)    // no product yet
/// let B = LinearOperator(J).transposed * LinearOperator(J)        // JᵀJ, known to be symmetric
/// (A + B).product(b)
/// try (A + B).solve(b, by: .conjugateGradients)
/// ```
/// Operators act on tensors of any shape. `+` of two lazy matrices without this is the sum of their wholes; of operators it is an
/// operator. What a `Hessian` can be asked without its elements (`solve`, `eigenpairs`, `traceEstimate`) an operator can, too:
/// ``SymmetricOperator``. Operators that disagree in shape stop the program, as tensors do.
public struct LinearOperator<Scalar: DifferentiableScalar>: Sendable {
  /// The factors of a product, the leftmost first.
  private let factors: [Factor]

  /// A matrix that products are asked of.
  final class Term: Sendable {
    typealias Product = @Sendable (Node) throws(TensorError) -> Node
    typealias Triangle = @Sendable () throws(TensorError) -> SparseMatrix<Scalar>
    typealias Diagonal = @Sendable () throws(TensorError) -> [Double]
    let name: String
    /// What tells it from others: itself, or what it was made of.
    let identity: ObjectIdentifier?
    let rows: Shape
    let columns: Shape
    let isSymmetric: Bool
    /// How many directions are pushed at once.
    let blockSize: Int
    /// From directions [K] + columns to [K] + rows, and of the transpose.
    let product: Product
    let transposedProduct: Product
    /// The whole, where it is found in another way than by products.
    let whole: (@Sendable () throws(TensorError) -> Tensor<Scalar>)?
    /// The entries on and below the diagonal of a symmetric matrix, where they are found without products with all units.
    let lowerTriangle: Triangle?
    /// The diagonal of a symmetric matrix, where it is found likewise.
    let diagonal: Diagonal?

    init(
      _ name: String, of identity: ObjectIdentifier? = nil, rows: Shape, columns: Shape, isSymmetric: Bool,
      blockSize: Int = 64,
      whole: (@Sendable () throws(TensorError) -> Tensor<Scalar>)? = nil, lowerTriangle: Triangle? = nil,
      diagonal: Diagonal? = nil, product: @escaping Product, transposedProduct: @escaping Product
    ) {
      (self.name, self.identity, self.rows, self.columns) = (name, identity, rows, columns)
      (self.isSymmetric, self.blockSize, self.whole) = (isSymmetric, blockSize, whole)
      (self.lowerTriangle, self.diagonal) = (lowerTriangle, diagonal)
      (self.product, self.transposedProduct) = (product, transposedProduct)
    }

    func isSame(as other: Term) -> Bool { self === other || identity != nil && identity == other.identity }
  }

  private struct Factor {
    let term: Term
    let isTransposed: Bool
    var rows: Shape { isTransposed ? term.columns : term.rows }
    var columns: Shape { isTransposed ? term.rows : term.columns }

    func applied(to x: Node) throws(TensorError) -> Node {
      isTransposed ? try term.transposedProduct(x) : try term.product(x)
    }

    var transposed: Factor { term.isSymmetric ? self : Factor(term: term, isTransposed: !isTransposed) }
  }

  private init(_ factors: [Factor]) { self.factors = factors }

  init(_ term: Term) { factors = [Factor(term: term, isTransposed: false)] }

  // MARK: Making

  /// A Hessian or a Jacobian as an operator. Computes nothing.
  ///
  /// - Parameter matrix: the lazy matrix. With a batch axis the operator acts on all slices at once, and does not count as
  ///   symmetric.
  public init<Matrix: DerivativeMatrix>(_ matrix: Matrix) where Matrix.Scalar == Scalar {
    let (core, lazy) = (matrix.core, matrix.core.matrix)
    let isSymmetric = lazy.isSymmetric && lazy.rows.batchAxis == nil
    var whole: (@Sendable () throws(TensorError) -> Tensor<Scalar>)?
    if lazy.rows.batchAxis == nil { whole = { () throws(TensorError) in try lazy.read([IndexComponent.ellipsis]) } }
    var lowerTriangle: Term.Triangle?
    var diagonal: Term.Diagonal?
    if isSymmetric {
      lowerTriangle = { () throws(TensorError) in try matrix.sparse(triangle: .lower) }
      diagonal = { () throws(TensorError) in try Evaluation.storage(lazy.diagonal()).doubles }
    }
    let term = Term(
      "a derivative", of: ObjectIdentifier(lazy), rows: lazy.rows.node.shape, columns: lazy.columns.node.shape,
      isSymmetric: isSymmetric, blockSize: max(1, lazy.derivative.chunkSize / Self.cacheShare), whole: whole,
      lowerTriangle: lowerTriangle, diagonal: diagonal,
      product: { (x) throws(TensorError) in lazy.product(x) },
      transposedProduct: { (x) throws(TensorError) in lazy.transposedProduct(x) })
    factors = [Factor(term: term, isTransposed: core.isTransposed)]
  }

  /// A matrix of numbers as an operator. It counts as symmetric if it equals its transpose.
  ///
  /// - Parameter matrix: of two axes.
  /// - Throws: `TensorError` if it has not two axes or cannot be computed.
  public init(matrix: Tensor<Scalar>) throws(TensorError) {
    guard matrix.rank == 2 else {
      throw TensorError("LinearOperator: shape \(matrix.shape) has \(matrix.rank) axes; give a matrix of two")
    }
    let node = matrix.node
    let (m, n) = (node.shape[0], node.shape[1])
    let elements = try Evaluation.storage(node).doubles
    let isSymmetric =
      m == n && (0..<n).allSatisfy { i in (0..<i).allSatisfy { elements[i * n + $0] == elements[$0 * n + i] } }
    self.init(
      Term(
        "a matrix", rows: [m], columns: [n], isSymmetric: isSymmetric, whole: { () throws(TensorError) in matrix },
        diagonal: { () throws(TensorError) in (0..<min(m, n)).map { elements[$0 * n + $0] } },
        product: { (x) throws(TensorError) in .contraction(x, [0, 2], node, [1, 2], [0, 1]) },
        transposedProduct: { (x) throws(TensorError) in .contraction(x, [0, 1], node, [1, 2], [0, 2]) }))
  }

  /// A symmetric matrix by a function that multiplies it with a tensor.
  ///
  /// - Parameters:
  ///   - shape: that of the tensors it takes and gives.
  ///   - product: linear, and with ⟨u, A v⟩ = ⟨v, A u⟩; nobody checks that.
  public init(symmetric shape: [Int], product: @escaping @Sendable (Tensor<Scalar>) throws -> Tensor<Scalar>) {
    let shape = checked(try Shape(checking: shape), else: .scalar)
    let apply: Term.Product = { (x) throws(TensorError) in
      var images: [Node] = []
      for k in 0..<x.shape[0] {
        let slices = [AxisSlice(start: k, step: 1, count: 1)] + shape.dimensions.map { AxisSlice.all($0) }
        let image: Node
        do { image = try product(Tensor(x.sliced(slices).reshaped(to: shape))).node } catch let error as TensorError {
          throw error
        } catch { throw TensorError("LinearOperator: \(error)") }
        guard image.shape == shape else {
          throw TensorError("LinearOperator: the product has shape \(image.shape), \(shape) is needed")
        }
        images.append(image.reshaped(to: [1] + shape))
      }
      return .concatenate(images, axis: 0)
    }
    self.init(
      Term(
        "a function", rows: shape, columns: shape, isSymmetric: true, blockSize: 1, product: apply,
        transposedProduct: apply))
  }

  /// The diagonal matrix that multiplies element by element.
  ///
  /// - Parameter elements: of the shape of what it acts on.
  public static func diagonal(_ elements: Tensor<Scalar>) -> LinearOperator {
    let (node, shape) = (elements.node, elements.node.shape)
    let apply: Term.Product = { (x) throws(TensorError) in x * node.broadcast(leading: [x.shape[0]]) }
    return LinearOperator(
      Term(
        "a diagonal", rows: shape, columns: shape, isSymmetric: true,
        lowerTriangle: { () throws(TensorError) in
          let values = try Evaluation.storage(node).doubles.map { Scalar($0) }
          return SparseMatrix(pattern: .diagonal(shape.count), values: values)
        },
        diagonal: { () throws(TensorError) in try Evaluation.storage(node).doubles },
        product: apply, transposedProduct: apply))
  }

  /// The identity.
  ///
  /// - Parameter shape: that of what it acts on.
  public static func identity(_ shape: [Int]) -> LinearOperator {
    let apply: Term.Product = { (x) throws(TensorError) in x }
    let shape = checked(try Shape(checking: shape), else: .scalar)
    return LinearOperator(
      Term(
        identityName, rows: shape, columns: shape, isSymmetric: true,
        lowerTriangle: { () throws(TensorError) in
          SparseMatrix(pattern: .diagonal(shape.count), values: [Scalar](repeating: 1, count: shape.count))
        },
        diagonal: { () throws(TensorError) in [Double](repeating: 1, count: shape.count) },
        product: apply, transposedProduct: apply))
  }

  // MARK: Arithmetic

  /// The transpose.
  public var transposed: LinearOperator { LinearOperator(factors.reversed().map(\.transposed)) }

  /// The sum of two operators on the same shapes.
  public static func + (a: LinearOperator, b: LinearOperator) -> LinearOperator {
    guard a.rows == b.rows, a.columns == b.columns else {
      return mistake(
        "+: operators of shapes \(a.shape) and \(b.shape); give two that act on the same tensors", else: a)
    }
    return LinearOperator(
      Term(
        "a sum", rows: a.rows, columns: a.columns, isSymmetric: a.isSymmetric && b.isSymmetric,
        blockSize: min(a.blockSize, b.blockSize),
        lowerTriangle: { () throws(TensorError) in
          let (left, right) = (try a.lowerTriangle(), try b.lowerTriangle())
          let pattern = left.pattern.union(right.pattern)
          let values = zip(left.restricted(to: pattern).values, right.restricted(to: pattern).values).map { $0 + $1 }
          return SparseMatrix(pattern: pattern, values: values)
        },
        diagonal: { () throws(TensorError) in zip(try a.diagonal(), try b.diagonal()).map { $0 + $1 } },
        product: { (x) throws(TensorError) in try a.applied(to: x) + b.applied(to: x) },
        transposedProduct: { (x) throws(TensorError) in
          try a.transposed.applied(to: x) + b.transposed.applied(to: x)
        }))
  }

  /// The difference of two operators on the same shapes.
  public static func - (a: LinearOperator, b: LinearOperator) -> LinearOperator { a + -b }

  /// The negative.
  public static prefix func - (a: LinearOperator) -> LinearOperator { -1 * a }

  /// A multiple.
  public static func * (factor: Scalar, a: LinearOperator) -> LinearOperator {
    let factor = Double(factor)
    return LinearOperator(
      Term(
        "a multiple", rows: a.rows, columns: a.columns, isSymmetric: a.isSymmetric, blockSize: a.blockSize,
        lowerTriangle: { () throws(TensorError) in
          let triangle = try a.lowerTriangle()
          return SparseMatrix(pattern: triangle.pattern, values: triangle.values.map { Scalar(factor) * $0 })
        },
        diagonal: { () throws(TensorError) in try a.diagonal().map { factor * $0 } },
        product: { (x) throws(TensorError) in factor * (try a.applied(to: x)) },
        transposedProduct: { (x) throws(TensorError) in factor * (try a.transposed.applied(to: x)) }))
  }

  /// A multiple.
  public static func * (a: LinearOperator, factor: Scalar) -> LinearOperator { factor * a }

  /// The composition: `(A * B).product(v)` is `A.product(B.product(v))`. A palindrome such as Jᵀ A J of a symmetric A is
  /// known to be symmetric.
  public static func * (a: LinearOperator, b: LinearOperator) -> LinearOperator {
    guard a.columns == b.rows else {
      return mistake(
        "*: an operator of shape \(a.shape) after one of shape \(b.shape); the columns of the left one are the rows of the "
          + "right one", else: a)
    }
    let factors = (a.factors + b.factors).filter { $0.term.name != identityName }
    return factors.isEmpty ? a : LinearOperator(factors)
  }

  private static var identityName: String { "the identity" }

  /// Of the bytes that a chunk of a read may take, the part that fits a cache: with 200 000 variables sixteen directions at once
  /// take longer than one after another, with 1000 far less.
  private static var cacheShare: Int { 32 }

  // MARK: Facts

  var rows: Shape { factors.first!.rows }
  var columns: Shape { factors.last!.columns }

  /// The extents of the rows, then those of the columns.
  public var shape: [Int] { rows.dimensions + columns.dimensions }

  /// Whether it is known to equal its transpose: by what it is made of, without a product.
  public var isSymmetric: Bool {
    zip(factors, factors.reversed()).allSatisfy { left, right in
      let mirror = right.transposed
      return left.term.isSame(as: mirror.term) && left.isTransposed == mirror.isTransposed
    }
  }

  /// How many directions are best pushed at once.
  var blockSize: Int { factors.map(\.term.blockSize).min() ?? 1 }

  // MARK: Products

  /// The product with a tensor, an expression. Stops the program at another shape than that of the columns.
  ///
  /// - Complexity: a product of each lazy matrix in it.
  public func product(_ direction: Tensor<Scalar>) -> Tensor<Scalar> { checked(try readProduct(direction)) }

  /// The product with a tensor, an expression.
  ///
  /// - Throws: `TensorError` if the direction has another shape than the columns.
  public func readProduct(_ direction: Tensor<Scalar>) throws(TensorError) -> Tensor<Scalar> {
    guard direction.node.shape == columns else {
      throw TensorError("product: the direction has shape \(direction.shape), \(columns) is needed; reshape it")
    }
    return Tensor(try applied(to: direction.node.reshaped(to: [1] + columns)).reshaped(to: rows))
  }

  /// From directions [K] + columns to [K] + rows.
  private func applied(to x: Node) throws(TensorError) -> Node {
    var x = x
    for factor in factors.reversed() { x = try factor.applied(to: x) }
    return x
  }

  /// The product with a vector of doubles.
  func times(_ x: [Double]) throws(TensorError) -> [Double] {
    let direction = Node(.from(x, scalarType: Scalar.scalarType), shape: [1] + columns)
    return try Evaluation.storage(applied(to: direction)).doubles
  }

  /// The products with the columns of a matrix, as many at once as are best. Watched and cancelled between blocks.
  ///
  /// - Parameter isAnnounced: whether who asks has told those who watch how many there will be.
  func times(_ block: DenseMatrix, isAnnounced: Bool = false) throws(TensorError) -> DenseMatrix {
    var result: [Double] = []
    result.reserveCapacity(rows.count * block.columns)
    let parts = (block.columns + blockSize - 1) / blockSize
    let size = parts == 0 ? 1 : (block.columns + parts - 1) / parts
    try forEachChunk(of: Array(0..<block.columns), size: size, areKept: false, isAnnounced: isAnnounced) {
      (chunk) throws(TensorError) in
      let n = columns.count
      let elements = Array(block.elements[(chunk[0] * n)..<((chunk[0] + chunk.count) * n)])
      let directions = Node(.from(elements, scalarType: Scalar.scalarType), shape: [chunk.count] + columns)
      let images = try Evaluation.storage(applied(to: directions))
      result += images.doubles
      return images.byteCount
    }
    return DenseMatrix(rows: rows.count, columns: block.columns, columnMajor: result)
  }

  /// The entries on and below the diagonal of a symmetric operator.
  ///
  /// - Throws: `TensorError` if it is a composition, a function or a dense matrix: their non-zeros are not known.
  func lowerTriangle() throws(TensorError) -> SparseMatrix<Scalar> {
    guard factors.count == 1, let triangle = factors[0].term.lowerTriangle else {
      throw TensorError(
        "the non-zeros of \(self) are not known; sparse factors are of Hessians, of diagonals, and of their sums and multiples"
      )
    }
    return try triangle()
  }

  /// The diagonal of a symmetric operator.
  ///
  /// - Throws: `TensorError` if it is a composition or a function: their diagonals are not known.
  func diagonal() throws(TensorError) -> [Double] {
    guard factors.count == 1, let diagonal = factors[0].term.diagonal else {
      throw TensorError(
        "the diagonal of \(self) is not known; that of Hessians, matrices and diagonals is, and of their sums and multiples"
      )
    }
    return try diagonal()
  }

  /// The whole.
  func matrix() throws(TensorError) -> DenseMatrix {
    let n = columns.count
    try MemoryBudget.require(elements: rows.count.multipliedClamping(by: n), of: .float64) { "a matrix of \(shape)" }
    guard factors.count == 1, let whole = factors[0].term.whole else { return try times(.identity(n)) }
    let matrix = DenseMatrix(
      rows: factors[0].term.rows.count, columns: factors[0].term.columns.count,
      rowMajor: try Evaluation.storage(whole().node).doubles)
    return factors[0].isTransposed ? matrix.transposed : matrix
  }
}

extension LinearOperator: CustomStringConvertible {
  /// Shape and whether it is known to be symmetric.
  public var description: String {
    "LinearOperator<\(Scalar.self)> \(shape)" + (isSymmetric ? ", symmetric" : "") + ": "
      + factors.map { $0.term.name + ($0.isTransposed ? " transposed" : "") }.joined(separator: " after ")
  }
}

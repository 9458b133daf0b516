import SparseStructure
import TensorGraph

/// The rows of a sparse lazy matrix in blocks, each computed when it is asked for and not kept: what is shared among processes.
///
/// <!-- swift let x = Tensor<Double>([1, 2, 3, 4]), y = x -->
/// ```swift
/// func f(_ x: Tensor<Double>) -> Tensor<Double> { square(x[1...] - square(x[..<(-1)])).sum() }
/// let blocks = try hessian(at: x, of: f).sparseRowBlocks(count: 2)
/// try blocks.read(block: 0)                                    // rows 0 and 1: a 2×4 matrix
/// let there = try blocks.moved(to: hessian(at: y, of: f))      // at another point, without planning again
/// ```
/// A block is a matrix of its own: the derivative of some elements of the gradient, whose non-zeros are found by the way that is
/// expected to cost least for them, by terms or by products with groups of columns. These elements are a box of the tensor. Which
/// rows a block has, and how they are computed, follows from the matrix and the number of blocks alone: whoever computes a block,
/// and in whatever order, gets the same bits. An entry and its mirror image come from different blocks and may differ by
/// rounding. Blocks cost together what the whole costs where an element of the gradient takes a part of the function, as on
/// chains and grids; what all elements share, such as the energies of a mesh that are scattered by tables, is computed for
/// each block.
public struct SparseRowBlocks<Scalar: DifferentiableScalar>: Sendable {
  /// The number of rows and columns.
  public let shape: [Int]
  /// The number of blocks.
  public let count: Int
  private let whole: LazyMatrix<Scalar>
  private let pattern: SparsityPattern
  /// The axis of the rows' tensor that is cut, into how many parts.
  private let axis: Int
  private let partCount: Int
  /// What the matrix is of, besides the point.
  private let function: String
  /// What was planned for these blocks, at whatever point.
  private let plans: DerivativeCache

  init(_ core: MatrixCore<Scalar>, count: Int) throws(TensorError) {
    guard core.rows.batchAxis == nil else {
      throw TensorError("sparseRowBlocks: a batch of matrices has no rows of its own; make a matrix for each slice")
    }
    guard !core.isTransposed else {
      throw TensorError(
        "sparseRowBlocks: this is a matrix seen transposed; use the block on the other side of the diagonal")
    }
    guard count > 0 else { throw TensorError("sparseRowBlocks: \(count) blocks; give 1 or more") }
    let rows = core.rows.sliceShape.dimensions
    whole = core.matrix
    shape = [core.rows.count, core.columns.count]
    function = try Self.digest(whole.derivative)
    pattern = try whole.derivative.pattern()
    plans = DerivativeCache(isLimited: false)
    // Axes before the one that is cut are taken one index at a time.
    var (axis, before) = (0, 1)
    while axis < rows.count - 1, before * rows[axis] < min(count, shape[0]) {
      before *= rows[axis]
      axis += 1
    }
    self.axis = axis
    partCount = rows.isEmpty ? 1 : min(rows[axis], max(1, count / before))
    self.count = shape[0] == 0 ? 0 : before * partCount
  }

  /// How many plans, patterns and colourings have been made for blocks, at all points together.
  package var answersMade: Int { plans.answersMade }

  private init(_ other: SparseRowBlocks, _ core: MatrixCore<Scalar>) {
    (shape, count, whole, pattern) = (other.shape, other.count, core.matrix, other.pattern)
    (axis, partCount, function, plans) = (other.axis, other.partCount, other.function, other.plans)
  }

  /// The same blocks of a matrix of the same function at another point: nothing is planned again.
  ///
  /// - Parameter matrix: of the function at a point of the same shape, made by the same operations.
  /// - Throws: `TensorError` if it is of another function, or with other data.
  /// - Complexity: O(operations + elements of the data).
  public func moved<Matrix: DerivativeMatrix>(to matrix: Matrix) throws(TensorError) -> SparseRowBlocks
  where Matrix.Scalar == Scalar {
    let (old, new) = (whole.derivative, matrix.core.matrix.derivative)
    guard old.rows.batchAxis == new.rows.batchAxis, !matrix.core.isTransposed, try Self.digest(new) == function else {
      throw TensorError("moved: the matrix is of another function, or of other data; make blocks of it")
    }
    return SparseRowBlocks(self, matrix.core)
  }

  /// A digest of a function with all that it is made of besides the variable, which is computed: what is known may have forgotten
  /// how, and where zeros stand in it decides where entries are.
  private static func digest(_ derivative: Derivative) throws(TensorError) -> String {
    let (output, variable) = (derivative.rows.node, derivative.columns.node)
    var dependents: Set<Node> = [variable]
    var data: [Node] = []
    var seen: Set<Node> = []
    func add(_ node: Node) {
      let isConstant = node.operands.isEmpty && !node.isInput
      if !isConstant, !dependents.contains(node), seen.insert(node).inserted { data.append(node) }
    }
    for node in Node.topologicalOrder([output], entering: { $0 !== variable })
    where node !== variable && node.operands.contains(where: dependents.contains) {
      dependents.insert(node)
      for operand in node.operands { add(operand) }
    }
    add(output)
    var digest = ContentDigest()
    var placeholders: [Node: Node] = [:]
    // Copies are computed: what is known of a graph's own nodes would have its blocks planned for these data alone.
    let copies = data.map { $0.value == nil ? Node($0.primitive, $0.operands) : $0 }
    for (node, value) in zip(data, try Evaluation.storages(copies)) {
      digest.append(words: UnsafeRawBufferPointer(start: value.base, count: value.byteCount))
      placeholders[node] = Node(.input(node.shape, node.scalarType))
    }
    let function = Node.substituting(placeholders, in: [output])[0]
    return try digest.digits + GraphSignature(of: function, in: variable).digest
  }

  /// The place of a block among the axes of the rows: single indices before the axis that is cut, a range of that, all of others.
  private func box(ofBlock block: Int) -> [Range<Int>] {
    let (prefix, part) = block.quotientAndRemainder(dividingBy: partCount)
    var rest = prefix
    let extents = whole.derivative.rows.node.shape.dimensions
    var box = extents.map { 0..<$0 }
    guard !extents.isEmpty else { return [] }
    box[axis] = part * extents[axis] / partCount..<(part + 1) * extents[axis] / partCount
    for before in (0..<axis).reversed() {
      box[before] = rest % extents[before]..<rest % extents[before] + 1
      rest /= extents[before]
    }
    return box
  }

  /// The rows of a block.
  ///
  /// - Parameter block: its number, from 0.
  public func rows(ofBlock block: Int) -> Range<Int> {
    precondition(block >= 0 && block < count, "block \(block) is outside \(count) blocks")
    let box = box(ofBlock: block)
    let strides = whole.derivative.rows.node.shape.strides
    let start = zip(box, strides).reduce(0) { $0 + $1.0.lowerBound * $1.1 }
    return start..<start + box.reduce(1) { $0 * $1.count }
  }

  /// Where the entries of a block can be other than zero: as many rows as it has, all columns.
  ///
  /// - Parameter block: its number, from 0.
  /// - Complexity: O(rows and entries of the block).
  public func pattern(ofBlock block: Int) -> SparsityPattern { pattern.rows(rows(ofBlock: block)) }

  /// Computes a block: as many rows as it has, all columns.
  ///
  /// - Parameter block: its number, from 0.
  /// - Throws: `TensorError` if an element cannot be computed or does not exist, or there is no such block.
  /// - Complexity: that of the non-zeros of a Jacobian of as many functions; planned the first time, for all points.
  public func read(block: Int) throws(TensorError) -> SparseMatrix<Scalar> {
    guard block >= 0, block < count else { throw TensorError("read: block \(block) is outside \(count) blocks") }
    // What others need is left out of the function before it is differentiated.
    let part = UnitDirections(
      node: whole.derivative.rows.node.part(box(ofBlock: block), of: whole.columns.node), batchAxis: nil)
    let derivative = Derivative(of: part, in: whole.columns, isSymmetric: false, cache: plans)
    if derivative.facts.pattern == nil { derivative.facts.pattern = pattern(ofBlock: block) }
    let products = LineProducts(
      columns: DerivativeProducts(.forward, of: derivative), rows: DerivativeProducts(.reverse, of: derivative))
    let (pattern, values) = try LazyMatrix<Scalar>(products: products, caches: MatrixCaches()).nonzeroValues()
    let places = values.containsNaN ? Array(pattern.coordinates) : []
    let first = rows(ofBlock: block).lowerBound
    let known = try whole.determined(values) { place in (0, first + places[place].row, places[place].column) }
    return SparseMatrix(pattern: pattern, values: known.withElements(of: Scalar.self) { Array($0) })
  }

  /// What tells these blocks from those of another matrix: the shape and type of the matrix, the blocks, the function, its point and
  /// its data.
  ///
  /// - Complexity: O(operations + elements of point and data).
  public func fingerprint() -> MatrixFingerprint {
    MatrixFingerprint(
      of: whole.derivative, shape: shape, rowNumbers: (0..<count).map { rows(ofBlock: $0).lowerBound },
      rowsPerBlock: (0..<count).map { rows(ofBlock: $0).count }.max() ?? 0)
  }
}

extension DerivativeMatrix {
  /// The non-zeros in blocks of rows, each of which is computed when it is asked for and not kept.
  ///
  /// - Parameter count: how many blocks, about; as many as there are rows at most.
  /// - Throws: `TensorError` if this is a batch of matrices, one seen transposed, or has more than 2²⁸ entries.
  /// - Complexity: the search for the pattern at the first time; nothing else is computed.
  public func sparseRowBlocks(count: Int = 32) throws(TensorError) -> SparseRowBlocks<Scalar> {
    try SparseRowBlocks(core, count: count)
  }
}

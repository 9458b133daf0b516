import Curvature
import CurvatureFiles

/// The sparse Hessian of a function in one tensor whose rows are shared by the processes of an MPI job: each finds the non-zeros of
/// some, once, and keeps them.
///
/// <!-- not run -->
/// ```swift
/// let H = try DistributedSparseHessian(hessian(energy, x), on: world)
/// let product = try H.product(v)
/// try H.write(toFile: "H.petsc")                // each writes its part of one file
/// let whole = try H.gathered()                  // a SparseMatrix, in all processes
/// try H.move(to: hessian(energy(y), y))         // at another point, without planning again
/// ```
/// Processes make it of the same function at the same point and ask it the same in the same order. Results are the same in all of
/// them, with the same bits whatever their number: blocks of rows (`SparseRowBlocks`) do not depend on it. An entry and its mirror
/// image may differ by rounding. The pattern of the whole is found by each of them; entries are computed by one each.
public final class DistributedSparseHessian<Scalar: DifferentiableScalar> {
  /// All rows in blocks.
  public private(set) var blocks: SparseRowBlocks<Scalar>
  /// The processes.
  public let communicator: Communicator
  private var known: SparseMatrix<Scalar>?

  /// A Hessian of which no entry is computed yet.
  ///
  /// - Parameters:
  ///   - hessian: in one tensor, the same in all processes.
  ///   - communicator: the processes.
  ///   - blockCount: how many blocks of rows, whatever the number of processes. Each process has a range of them; with more blocks
  ///     than processes their parts are more alike, and each block is planned by itself.
  /// - Throws: `TensorError` if this is a batch, the pattern is too large, or processes have different functions, points or data.
  /// - Complexity: the search for the pattern at the first time.
  public init(
    _ hessian: Hessian<Scalar>, on communicator: Communicator, blockCount: Int = 32
  ) throws(TensorError) {
    let blocks = try communicator.agree { () throws(TensorError) in try hessian.sparseRowBlocks(count: blockCount) }
    try communicator.require(blocks.fingerprint())
    (self.blocks, self.communicator) = (blocks, communicator)
  }

  /// Goes on with the Hessian of the same function at another point: nothing is planned again, and no entry is known.
  ///
  /// - Parameter hessian: the same in all processes.
  /// - Throws: `TensorError` if it is of another function or other data, or at different points in different processes: the same in all of them.
  /// - Complexity: O(operations + elements of point and data).
  public func move(to hessian: Hessian<Scalar>) throws(TensorError) {
    let moved = try communicator.agree { () throws(TensorError) in try blocks.moved(to: hessian) }
    try communicator.require(moved.fingerprint())
    (blocks, known) = (moved, nil)
  }

  /// The number of rows and columns.
  public var shape: [Int] { blocks.shape }

  /// The blocks of this process.
  public var ownBlocks: Range<Int> { communicator.share(of: blocks.count) }

  /// The rows of this process.
  public var ownRows: Range<Int> {
    guard let last = ownBlocks.last else { return 0..<0 }
    return blocks.rows(ofBlock: ownBlocks.lowerBound).lowerBound..<blocks.rows(ofBlock: last).upperBound
  }

  /// Computes the entries of each process if they are not known yet.
  ///
  /// - Returns: those of this process: as many rows as it has, all columns.
  /// - Throws: `TensorError` if an entry cannot be computed: the same in all processes.
  @discardableResult public func compute() throws(TensorError) -> SparseMatrix<Scalar> {
    try communicator.agree { () throws(TensorError) in try own() }
  }

  private func own() throws(TensorError) -> SparseMatrix<Scalar> {
    if let known { return known }
    let parts = try ownBlocks.map { (block) throws(TensorError) in try blocks.read(block: block) }
    let own = SparseMatrix(stacking: parts, columnCount: shape[1])
    known = own
    return own
  }

  /// What is made of the entries of each process, one after another, in all processes.
  private func gather<Element: BitwiseCopyable>(
    _ part: (SparseMatrix<Scalar>) -> [Element]
  ) throws(TensorError) -> [[Element]] {
    let bytes = Result { () throws(TensorError) in part(try own()).withUnsafeBytes { Array($0) } }
    return try communicator.gather(bytes).map(Communicator.elements)
  }

  /// The product with a vector, each process that of its rows.
  ///
  /// - Parameter direction: as many elements as there are columns, the same in all processes.
  /// - Throws: `TensorError` if it has another number of elements, or an entry cannot be computed.
  /// - Complexity: computes the entries that are not known; then O(entries) of a process, and each sends its part of the result.
  public func product(_ direction: Tensor<Scalar>) throws(TensorError) -> Tensor<Scalar> {
    guard direction.count == shape[1] else {
      throw TensorError("product: the direction has shape \(direction.shape), \(shape[1]) elements are needed")
    }
    let elements = try direction.readScalars()
    return Tensor(Array(try gather { $0 * elements }.joined()))
  }

  /// The diagonal.
  ///
  /// - Throws: `TensorError` if an entry cannot be computed.
  /// - Complexity: computes the entries that are not known; each process sends its part.
  public func readDiagonal() throws(TensorError) -> Tensor<Scalar> {
    let first = ownRows.lowerBound
    return Tensor(Array(try gather { own in (0..<own.rowCount).map { own[$0, first + $0] } }.joined()))
  }

  /// The whole, in all processes.
  ///
  /// - Throws: `TensorError` if an entry cannot be computed.
  /// - Complexity: computes the entries that are not known; each process sends its values. All know the pattern.
  public func gathered() throws(TensorError) -> SparseMatrix<Scalar> {
    let values = Array(try gather(\.values).joined())
    var next = 0
    let parts = (0..<blocks.count).map { block in
      let pattern = blocks.pattern(ofBlock: block)
      defer { next += pattern.nonzeroCount }
      return SparseMatrix(pattern: pattern, values: Array(values[next..<(next + pattern.nonzeroCount)]))
    }
    return SparseMatrix(stacking: parts, columnCount: shape[1])
  }

  /// Writes the matrix in PETSc's binary form (`.petsc`, for `MatLoad`) to one file on a disk that all processes see: each process
  /// its entries, by MPI-IO.
  ///
  /// - Parameter path: the name of the file, which is beside it until it is whole.
  /// - Throws: `TensorError` if an entry cannot be computed, there are more than whole numbers of 32 bits count, or the file cannot be
  ///   written: the same in all processes.
  public func write(toFile path: String) throws(TensorError) {
    try compute().write(toFile: path, sharedBy: communicator)
  }
}

import Curvature
import CurvatureFiles

/// The Hessian of a function in one vector whose rows are shared by the processes of an MPI job: each computes some, once, and keeps
/// them.
///
/// Processes make it of the same function at the same point and ask it the same in the same order. Results are the same in all of
/// them, with the same bits whatever their number: blocks of rows do not depend on it. An entry and its mirror image may differ by
/// rounding.
public final class DistributedHessian<Scalar: DifferentiableScalar>: TensorIndexable {
  /// All rows in blocks.
  public let blocks: RowBlocks<Scalar>
  /// The processes.
  public let communicator: Communicator
  private var known: [Int: Tensor<Scalar>] = [:]

  /// A Hessian of which nothing is computed yet.
  ///
  /// - Parameters:
  ///   - hessian: in one vector, the same in all processes.
  ///   - communicator: the processes.
  ///   - blockBytes: what a block of rows takes at most, a row at least. Each process has a range of blocks; with more blocks than
  ///     processes their parts are more alike.
  /// - Throws: `TensorError` if this is no plain matrix, or processes have different functions, points or data.
  public init(
    _ hessian: Hessian<Scalar>, on communicator: Communicator, blockBytes: Int = 1 << 22
  ) throws(TensorError) {
    let blocks = try communicator.agree { () throws(TensorError) in
      let blocks = try hessian.rowBlocks(blockBytes: blockBytes)
      guard blocks.shape.count == 2 else {
        throw TensorError("DistributedHessian: shape \(blocks.shape) has more than two axes; use a vector of variables")
      }
      return blocks
    }
    try communicator.require(blocks.fingerprint())
    (self.blocks, self.communicator) = (blocks, communicator)
  }

  /// The extents: rows and columns.
  public var shape: [Int] { blocks.shape }

  /// The blocks of this process.
  public var ownBlocks: Range<Int> { communicator.share(of: blocks.count) }

  /// The rows of this process.
  public var ownRows: Range<Int> {
    guard let last = ownBlocks.last else { return 0..<0 }
    return blocks.places(ofBlock: ownBlocks.lowerBound).lowerBound..<blocks.places(ofBlock: last).upperBound
  }

  /// Computes the rows of each process that are not known yet.
  ///
  /// - Throws: `TensorError` if an element cannot be computed: the same in all processes.
  public func compute() throws(TensorError) {
    try communicator.agree { () throws(TensorError) in for block in ownBlocks { _ = try rows(ofBlock: block) } }
  }

  private func rows(ofBlock block: Int) throws(TensorError) -> Tensor<Scalar> {
    if let rows = known[block] { return rows }
    let rows = try blocks.read(block: block)
    known[block] = rows
    return rows
  }

  /// The elements that the index names, computed by the owners of their rows and gathered in all processes.
  ///
  /// - Parameter index: what stands between brackets.
  /// - Returns: the elements alone; they cannot be differentiated.
  /// - Throws: `TensorError` for a wrong index, or if an element cannot be computed.
  /// - Complexity: a product for each row that is not known in blocks that are touched; all elements of touched rows are sent.
  public func read(_ index: [IndexComponent]) throws(TensorError) -> Tensor<Scalar> {
    let rowCount = shape[0]
    var index = index
    var places = Array(0..<rowCount)
    switch index.first {
    case .integer, .range, .integers:
      let numbers = try Tensor<Int64>.arange(rowCount).read([index[0]])
      places = try numbers.readScalars().map { Int($0) }
      // What is gathered has these rows alone, in this order.
      switch index[0] {
      case .integer: index[0] = .integer(0)
      case .integers: index[0] = .integers(Array(places.indices))
      default: index[0] = .range(start: nil, end: nil, step: 1)
      }
    case .newAxis, .ellipsis, nil: break
    }
    let gathered = try gather { (rows, first) throws(TensorError) in
      let own = places.filter { (first..<(first + rows.shape[0])).contains($0) }
      return own.isEmpty ? nil : try rows.read(at: own.map { $0 - first })
    } of: { block in
      let range = self.blocks.places(ofBlock: block)
      return places.contains { range.contains($0) }
    }
    // Rows came in the order of their owners.
    let owners = places.indices.sorted { (blockNumber(places[$0]), $0) < (blockNumber(places[$1]), $1) }
    var order = [Int](repeating: 0, count: places.count)
    for (place, owner) in owners.enumerated() { order[owner] = place }
    return try Tensor(gathered, shape: [places.count, shape[1]]).read(at: order).read(index).readDetached()
  }

  private func blockNumber(_ row: Int) -> Int { row / blocks.rowsPerBlock }

  /// What is made of each touched block by its owner, one after another, in all processes.
  private func gather(
    _ part: (_ rows: Tensor<Scalar>, _ first: Int) throws(TensorError) -> Tensor<Scalar>?,
    of isTouched: (_ block: Int) -> Bool = { _ in true }
  ) throws(TensorError) -> [Scalar] {
    let own = Result { () throws(TensorError) in
      var bytes: [UInt8] = []
      for block in ownBlocks where isTouched(block) {
        let rows = try rows(ofBlock: block)
        guard let part = try part(rows, blocks.places(ofBlock: block).lowerBound) else { continue }
        try part.readScalars().withUnsafeBytes { bytes += $0 }
      }
      return bytes
    }
    return try communicator.gather(own).flatMap {
      Communicator.elements($0) as [Scalar]
    }
  }

  /// The product with a vector, each process that of its rows.
  ///
  /// - Parameter direction: as many elements as there are columns, the same in all processes.
  /// - Throws: `TensorError` if it has another shape, or an element cannot be computed.
  /// - Complexity: computes the rows that are not known; then O(elements) of a process, and each sends its part of the result.
  public func product(_ direction: Tensor<Scalar>) throws(TensorError) -> Tensor<Scalar> {
    guard direction.shape == [shape[1]] else {
      throw TensorError("product: the direction has shape \(direction.shape), \([shape[1]]) is needed")
    }
    return Tensor(try gather { (rows, _) throws(TensorError) in matmul(rows, direction) })
  }

  /// The diagonal.
  ///
  /// - Throws: `TensorError` if an element cannot be computed.
  /// - Complexity: computes the rows that are not known; each process sends its part.
  public func readDiagonal() throws(TensorError) -> Tensor<Scalar> {
    Tensor(
      try gather { (rows, first) throws(TensorError) in
        let numbers = Array(0..<rows.shape[0])
        return try rows.read([.integers(numbers), .integers(numbers.map { $0 + first })])
      })
  }

  /// Writes the matrix to an `.npy` file, by collective writes of MPI-IO, or to a Zarr array, on a disk that all processes see; rows that
  /// are known are not computed again.
  ///
  /// - Parameters:
  ///   - path: the name of the file, `.npy`, or of the array's folder, `.zarr`.
  ///   - triangle: `lower` and `upper` are written row after row as an array of one axis.
  ///   - resuming: whether to go on from what an earlier job left, of however many processes; begins anew if there is nothing.
  /// - Throws: `TensorError` as `write(to:rows:triangle:resuming:blockBytes:)` of a Hessian: the same in all processes.
  public func write(
    to path: String, triangle: StoredTriangle = .both, resuming: Bool = false
  ) throws(TensorError) {
    try blocks.write(to: path, triangle: triangle, resuming: resuming, sharedBy: communicator) { known[$0] }
  }
}

import COpenMPI
import Curvature
import CurvatureFiles

/// All processes of an MPI job, each with a number, its rank.
///
/// <!-- not run -->
/// ```swift
/// let world = try Communicator.world()
/// let H = try DistributedHessian(hessian(loss, w), on: world)
/// try H.write(to: "H.npy", resuming: true)
/// try world.finish()
/// ```
/// All processes make the same calls in the same order, on the thread on which `world()` was called. What is added up is
/// added in an order that does not depend on their number.
public final class Communicator: ProcessTeam {
  /// The number of this process, from 0.
  public let rank: Int
  /// How many processes there are.
  public let size: Int
  public var hasFailed = false
  /// Bytes that this process has given to others by these calls.
  public private(set) var bytesSent = 0
  /// The most bytes of one message: counts of MPI have 32 bits.
  private static let messageLimit = 1 << 30

  private init() throws(TensorError) {
    try Self.require(curvature_mpi_start(), "MPI_Init")
    var (rank, size) = (Int32(0), Int32(0))
    try Self.require(curvature_mpi_rank(&rank), "MPI_Comm_rank")
    try Self.require(curvature_mpi_size(&size), "MPI_Comm_size")
    (self.rank, self.size) = (Int(rank), Int(size))
  }

  /// The processes of this job; this one alone if it was not started by `mpirun`. Starts MPI if nobody has.
  ///
  /// - Throws: `TensorError` if MPI cannot be started.
  public static func world() throws(TensorError) -> Communicator { try Communicator() }

  /// Ends MPI; nothing is exchanged afterwards. All processes call it.
  ///
  /// - Throws: `TensorError` if MPI reports an error.
  public func finish() throws(TensorError) { try Self.require(MPI_Finalize(), "MPI_Finalize") }

  /// Ends all processes of the job at once, for an error that the others do not know of.
  ///
  /// - Parameter status: what the shell is told.
  public func abort(status: Int = 1) -> Never {
    _ = curvature_mpi_abort(Int32(truncatingIfNeeded: status))
    fatalError("MPI_Abort returned")
  }

  // MARK: Exchange

  /// Waits until all processes are here.
  ///
  /// - Throws: `TensorError` if MPI reports an error.
  public func barrier() throws(TensorError) { try Self.require(curvature_mpi_barrier(), "MPI_Barrier") }

  public func exchange(_ bytes: [UInt8]) throws(TensorError) -> [[UInt8]] {
    var counts = [Int64](repeating: 0, count: size)
    var own = Int64(bytes.count)
    try Self.require(curvature_mpi_gather_count(&own, &counts), "MPI_Allgather")
    var all = counts.map { count in
      var part: [UInt8] = []
      part.reserveCapacity(Int(count))
      return part
    }
    let limit = max(1, Self.messageLimit / size)
    for round in stride(from: 0, to: Int(counts.max() ?? 0), by: limit) {
      let sizes = counts.map { Int32(max(0, min(Int($0) - round, limit))) }
      var starts: [Int32] = []
      var total: Int32 = 0
      for size in sizes {
        starts.append(total)
        total += size
      }
      var received = [UInt8](repeating: 0, count: max(1, Int(total)))
      let part = Array(bytes[min(round, bytes.count)..<min(round + limit, bytes.count)])
      let code = part.withUnsafeBytes { part in
        received.withUnsafeMutableBytes {
          curvature_mpi_gather(part.baseAddress, Int32(part.count), $0.baseAddress, sizes, starts)
        }
      }
      try Self.require(code, "MPI_Allgatherv")
      for i in 0..<size { all[i] += received[Int(starts[i])..<Int(starts[i] + sizes[i])] }
    }
    bytesSent += bytes.count * (size - 1)
    return all
  }

  /// The elements of one process, in all of them.
  ///
  /// - Parameters:
  ///   - elements: those of the one; the others give as many of any value.
  ///   - root: its rank.
  /// - Throws: `TensorError` if MPI reports an error.
  public func broadcast(_ elements: [Double], from root: Int = 0) throws(TensorError) -> [Double] {
    var result = elements
    let step = Self.messageLimit / MemoryLayout<Double>.size
    for start in stride(from: 0, to: elements.count, by: step) {
      let count = min(step, elements.count - start)
      let code = result.withUnsafeMutableBufferPointer {
        curvature_mpi_broadcast($0.baseAddress! + start, Int32(count * MemoryLayout<Double>.size), Int32(root))
      }
      try Self.require(code, "MPI_Bcast")
    }
    if rank == root { bytesSent += elements.count * MemoryLayout<Double>.size * (size - 1) }
    return result
  }

  /// The elements of each process, in the order of ranks, in all of them.
  ///
  /// - Parameter elements: those of this process: any number.
  /// - Throws: `TensorError` if MPI reports an error.
  public func gather(elements: [Double]) throws(TensorError) -> [[Double]] {
    try exchange(elements.withUnsafeBytes { Array($0) }).map(Self.elements)
  }

  /// The sum over all processes, in all of them, added in the order of ranks.
  ///
  /// - Parameter elements: those of this process, as many in each.
  /// - Throws: `TensorError` if processes have different numbers of elements.
  public func allReduce(_ elements: [Double]) throws(TensorError) -> [Double] {
    let all = try gather(elements: elements)
    guard all.allSatisfy({ $0.count == elements.count }) else {
      throw TensorError("allReduce: processes have \(all.map(\.count)) elements; give as many in each")
    }
    var sum = all[0]
    for part in all.dropFirst() { for i in sum.indices { sum[i] += part[i] } }
    return sum
  }

  /// The sum of numbered vectors that are spread over processes: the same bits however they are spread.
  ///
  /// Processes add what they have in pairs, level by level, and the first tells the others.
  /// - Parameter part: the vectors of this process.
  /// - Throws: `TensorError` if MPI reports an error.
  /// - Complexity: O(log size) messages one after another; each process sends its sums once, the first the total to all.
  public func sum(_ part: PairwiseSum) throws(TensorError) -> [Double] {
    var sum = part
    var distance = 1
    while distance < size, rank & distance == 0 {
      if rank + distance < size {
        for node in try Self.nodes(receive(from: rank + distance)) { sum.add(node) }
      }
      distance *= 2
    }
    if rank > 0 { try send(Self.bytes(sum.nodes), to: rank - distance) }
    let total = rank == 0 ? sum.total : []
    let count = Int(try broadcast([Double(total.count)])[0])
    return try broadcast(rank == 0 ? total : [Double](repeating: 0, count: count))
  }

  // MARK: Messages

  private func send(_ bytes: [UInt8], to rank: Int) throws(TensorError) {
    let count = withUnsafeBytes(of: Int64(bytes.count)) { Array($0) }
    for message in [count, bytes] {
      for start in stride(from: 0, to: message.count, by: Self.messageLimit) {
        let size = min(Self.messageLimit, message.count - start)
        let code = message.withUnsafeBytes { curvature_mpi_send($0.baseAddress! + start, Int32(size), Int32(rank)) }
        try Self.require(code, "MPI_Send")
      }
    }
    bytesSent += bytes.count
  }

  private func receive(from rank: Int) throws(TensorError) -> [UInt8] {
    func receive(_ count: Int) throws(TensorError) -> [UInt8] {
      var message = [UInt8](repeating: 0, count: count)
      for start in stride(from: 0, to: count, by: Self.messageLimit) {
        let size = min(Self.messageLimit, count - start)
        let code = message.withUnsafeMutableBytes {
          curvature_mpi_receive($0.baseAddress! + start, Int32(size), Int32(rank))
        }
        try Self.require(code, "MPI_Recv")
      }
      return message
    }
    let count = try receive(8).withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
    return try receive(Int(count))
  }

  /// Sums as bytes: level, number and count of each before its elements.
  private static func bytes(_ nodes: [PairwiseSum.Node]) -> [UInt8] {
    var bytes: [UInt8] = []
    for node in nodes {
      for number in [node.level, node.number, node.elements.count] {
        withUnsafeBytes(of: Int64(number)) { bytes += $0 }
      }
      node.elements.withUnsafeBytes { bytes += $0 }
    }
    return bytes
  }

  private static func nodes(_ bytes: [UInt8]) -> [PairwiseSum.Node] {
    var nodes: [PairwiseSum.Node] = []
    var place = 0
    func integer() -> Int {
      defer { place += 8 }
      return Int(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: Int64.self) })
    }
    while place < bytes.count {
      let (level, number, count) = (integer(), integer(), integer())
      let end = place + 8 * count
      nodes.append(.init(level: level, number: number, elements: elements(Array(bytes[place..<end]))))
      place = end
    }
    return nodes
  }

  static func elements<Element: BitwiseCopyable>(_ bytes: [UInt8]) -> [Element] {
    let count = bytes.count / MemoryLayout<Element>.stride
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
      initialized = count
    }
  }

  private static func require(_ code: Int32, _ call: String) throws(TensorError) {
    guard code != 0 else { return }
    var text = [CChar](repeating: 0, count: Int(curvature_mpi_text_room()) + 1)
    var count: Int32 = 0
    _ = curvature_mpi_text(code, &text, &count)
    let words = String(decoding: text.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    throw TensorError("\(call): \(words)")
  }
}

extension SumPlan {
  /// Shares the pieces among the processes of a job: each computes a range of them, and all have the results of all pieces, with
  /// the same bits whatever the number of processes.
  ///
  /// - Parameter communicator: all its processes make the same plan and ask it the same.
  /// - Throws: `TensorError` if plans have different numbers of pieces.
  public func share(on communicator: Communicator) throws(TensorError) {
    let counts = try communicator.gather(elements: [Double(pieceCount)]).map { Int($0[0]) }
    guard Set(counts).count == 1 else {
      throw TensorError("SumPlan: processes have \(counts) pieces of the data; make the same plan in each")
    }
    share = PieceShare(numbers: { communicator.share(of: $0) }) { (own) throws(TensorError) in
      try communicator.sum(communicator.agree { () throws(TensorError) in try own.get() })
    }
  }
}

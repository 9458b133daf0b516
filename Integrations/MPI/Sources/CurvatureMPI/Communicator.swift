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
  static let messageLimit = 1 << 30

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

  public func openShared(_ path: String) throws(TensorError) -> any SharedFile { try CollectiveFile(path, self) }

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
  /// A reduce-scatter and a gather in a fixed order: each process gets its part of the elements of all partial sums, adds them up in
  /// the order of the tree of `PairwiseSum`, and tells the others its part of the total. Where 2, 4, 8, … processes have ranges of
  /// `share(of:)` each has one partial sum, and bytes are as few as any such sum takes: for vectors of n bytes each sends
  /// 2 n (size − 1) / size. For other numbers of processes a range is a few subtrees, and as many partial sums are sent.
  /// - Parameter part: the vectors of this process, or sums of them.
  /// - Throws: `TensorError` if processes have vectors of different lengths, or MPI reports an error.
  public func sum(_ part: PairwiseSum) throws(TensorError) -> [Double] {
    if size == 1 { return part.total }
    let lengths = try gather(elements: [Double(part.nodes.first?.elements.count ?? -1)]).map { Int($0[0]) }
    let count = lengths.max() ?? 0
    guard lengths.allSatisfy({ $0 == count || $0 < 0 }) else {
      throw TensorError("sum: processes have vectors of \(lengths) elements; give vectors of one length")
    }
    var total = [Double](repeating: 0, count: max(0, count))
    for start in stride(from: 0, to: count, by: Self.sumLimit) {
      let parts = (0..<size).map { rank in
        let length = min(Self.sumLimit, count - start)
        return start + length * rank / size..<start + length * (rank + 1) / size
      }
      var sum = PairwiseSum(count: part.count)
      for node in try trade(part.nodes, parts) { sum.add(node) }
      try gather(sum.total, parts, into: &total)
    }
    return total
  }

  /// The most elements of a vector of which parts are on their way at a time.
  private static let sumLimit = 1 << 21

  /// The elements of each process, put in their places in all of them.
  private func gather(_ own: [Double], _ parts: [Range<Int>], into total: inout [Double]) throws(TensorError) {
    let code = own.withUnsafeBytes { own in
      total.withUnsafeMutableBytes {
        curvature_mpi_gather(
          own.baseAddress, Int32(own.count), $0.baseAddress! + 8 * parts[0].lowerBound,
          parts.map { Int32(8 * $0.count) }, parts.map { Int32(8 * ($0.lowerBound - parts[0].lowerBound)) })
      }
    }
    try Self.require(code, "MPI_Allgatherv")
    bytesSent += 8 * own.count * (size - 1)
  }

  /// The own part of the elements of all processes' sums, in return for their parts of this one's: depth and number of each sum
  /// stand before its elements.
  private func trade(_ nodes: [PairwiseSum.Node], _ parts: [Range<Int>]) throws(TensorError) -> [PairwiseSum.Node] {
    let counts = parts.map { Int32(nodes.count * (16 + 8 * $0.count)) }
    var otherCounts = [Int32](repeating: 0, count: size)
    try Self.require(curvature_mpi_trade_counts(counts, &otherCounts), "MPI_Alltoall")
    func starts(_ counts: [Int32]) -> [Int32] { counts.indices.map { counts[..<$0].reduce(0, +) } }
    let bytes = Self.bytes(nodes, parts)
    let total = otherCounts.reduce(0) { $0 + Int($1) }
    var code: Int32 = 0
    let others = [UInt8](unsafeUninitializedCapacity: total) { buffer, initialized in
      code = curvature_mpi_trade(bytes, counts, starts(counts), buffer.baseAddress, otherCounts, starts(otherCounts))
      initialized = total
    }
    try Self.require(code, "MPI_Alltoallv")
    bytesSent += bytes.count - Int(counts[rank])
    let length = parts[rank].count
    return others.withUnsafeBytes { others in
      stride(from: 0, to: total, by: 16 + 8 * length).map { place in
        func integer(_ number: Int) -> Int {
          Int(others.loadUnaligned(fromByteOffset: place + 8 * number, as: Int64.self))
        }
        let elements = [Double](unsafeUninitializedCapacity: length) { buffer, initialized in
          let source = UnsafeRawBufferPointer(rebasing: others[(place + 16)..<(place + 16 + 8 * length)])
          UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
          initialized = length
        }
        return PairwiseSum.Node(depth: integer(0), number: integer(1), elements: elements)
      }
    }
  }

  /// Parts of sums as bytes, one part after another.
  private static func bytes(_ nodes: [PairwiseSum.Node], _ parts: [Range<Int>]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(parts.reduce(0) { $0 + nodes.count * (16 + 8 * $1.count) })
    for part in parts {
      for node in nodes {
        for number in [node.depth, node.number] { withUnsafeBytes(of: Int64(number)) { bytes += $0 } }
        node.elements[part].withUnsafeBytes { bytes += $0 }
      }
    }
    return bytes
  }

  static func elements<Element: BitwiseCopyable>(_ bytes: [UInt8]) -> [Element] {
    let count = bytes.count / MemoryLayout<Element>.stride
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
      initialized = count
    }
  }

  static func require(_ code: Int32, _ call: String) throws(TensorError) {
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

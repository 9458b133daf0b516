import Curvature
import Foundation

/// How long the blocks of a matrix are expected to take if some processes share them: a model of few numbers, for decisions on
/// how many to ask for.
///
/// Processes compute at one speed, each a range of blocks, and wait for the one with most; the disk takes what they write while they
/// compute the next blocks, and is shared by all. What they tell each other is a few short messages.
public struct SharingModel: Hashable, Sendable {
  /// The number of blocks.
  public var blockCount: Int
  /// Seconds that a block takes to compute, as measured.
  public var blockSeconds: Double
  /// Seconds before the first block: what each process does alike.
  public var startSeconds: Double
  /// Bytes of all blocks.
  public var bytes: Double
  /// Seconds until a short message arrives.
  public var latency = 2e-6
  /// Bytes a second between two processes.
  public var bandwidth = 1e9
  /// Bytes a second that the disk takes from all processes together.
  public var diskBandwidth = 1e9

  /// A model of numbers that are known.
  ///
  /// - Parameters:
  ///   - blockCount: the number of blocks.
  ///   - blockSeconds: seconds that a block takes to compute.
  ///   - startSeconds: seconds before the first block.
  ///   - bytes: bytes of all blocks.
  public init(blockCount: Int, blockSeconds: Double, startSeconds: Double, bytes: Double) {
    (self.blockCount, self.blockSeconds) = (blockCount, blockSeconds)
    (self.startSeconds, self.bytes) = (startSeconds, bytes)
  }

  /// Measures a block of a matrix, twice: the first time has what is done once in it.
  ///
  /// - Parameter blocks: of the matrix.
  /// - Throws: `TensorError` if a block cannot be computed.
  public init<Scalar>(measuring blocks: RowBlocks<Scalar>) throws(TensorError) {
    let clock = ContinuousClock()
    var times: [Double] = []
    for _ in 0..<(blocks.count > 0 ? 2 : 0) {
      let start = clock.now
      _ = try blocks.read(block: 0)
      times.append((clock.now - start) / .seconds(1))
    }
    self.init(
      blockCount: blocks.count, blockSeconds: times.last ?? 0,
      startSeconds: max(0, (times.first ?? 0) - (times.last ?? 0)),
      bytes: Double(blocks.rows.count) * Double(blocks.columnCount) * Double(MemoryLayout<Scalar>.size))
  }

  /// Seconds until the file is there.
  ///
  /// - Parameter processes: how many share the blocks, each on a core of its own.
  public func seconds(processes: Int) -> Double {
    let most = (blockCount + processes - 1) / processes
    let computing = startSeconds + Double(most) * blockSeconds
    // Agreement on what is computed, what is missing, and the end: everybody hears of everybody, in a tree.
    let rounds = Double(6 * (Int.bitWidth - (processes - 1).leadingZeroBitCount))
    let messages = rounds * latency + Double(processes * (256 + blockCount)) / bandwidth
    return max(computing, bytes / diskBandwidth) + (processes > 1 ? messages : 0)
  }

  /// The share of the processes' time in which they compute what one process would.
  ///
  /// - Parameter processes: how many share the blocks.
  public func efficiency(processes: Int) -> Double {
    seconds(processes: 1) / (Double(processes) * seconds(processes: processes))
  }
}

extension SharingModel: CustomStringConvertible {
  /// A table of times and efficiencies for 1 to 1000 processes.
  public var description: String {
    let counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000]
    let lines = counts.map { count in
      String(
        format: "%5d  %10.3g s  %5.1f %%", count, seconds(processes: count), 100 * efficiency(processes: count))
    }
    return "\(blockCount) blocks of \(String(format: "%.3g", blockSeconds)) s\nranks        time  efficiency\n"
      + lines.joined(separator: "\n")
  }
}

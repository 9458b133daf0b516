import Foundation
import Synchronization
import TensorGraph

/// Memory that is used again: the first touch of fresh pages costs more than most of what is computed in them.
///
/// Blocks come in sizes of four steps per power of two. What is given back is kept up to a bound.
final class BufferPool: Sendable {
  static let shared = BufferPool(bound: max(256 << 20, Int(clamping: ProcessInfo.processInfo.physicalMemory / 8)))

  /// What the pool has done so far, in bytes.
  struct Usage {
    /// In use now.
    var used = 0
    /// The most that was in use at a time.
    var highWater = 0
    /// Waiting to be used again.
    var kept = 0
    /// Taken from the system, ever.
    var allocated = 0
  }

  private struct State {
    var free: [Int: [UnsafeMutableRawPointer]] = [:]
    var usage = Usage()
    var bound: Int

    init(bound: Int) { self.bound = bound }
  }

  private let state: Mutex<State>

  init(bound: Int) { state = Mutex(State(bound: bound)) }

  deinit {
    state.withLock { state in
      for blocks in state.free.values { for block in blocks { Foundation.free(block) } }
    }
  }

  var usage: Usage { state.withLock { $0.usage } }

  /// No single block may be larger than the machine's memory, even where the system would promise more.
  private static let limit = Int(clamping: ProcessInfo.processInfo.physicalMemory)

  /// The size of the block for a number of bytes.
  static func blockSize(_ bytes: Int) -> Int {
    guard bytes > 256 else { return (max(bytes, 1) + 63) & ~63 }
    let step = 1 << (Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount - 2)
    return (bytes + step - 1) / step * step
  }

  /// A block aligned to 64 bytes.
  /// - Throws: if the system has no such memory.
  func take(_ bytes: Int, purpose: @autoclosure () -> String) throws(TensorError) -> UnsafeMutableRawPointer {
    guard bytes <= Self.limit else {
      throw TensorError("\(purpose()): \(bytes) bytes are more than this machine's memory; ask for fewer at a time")
    }
    let size = Self.blockSize(bytes)
    let known = state.withLock { state -> Int? in
      state.usage.used += size
      state.usage.highWater = max(state.usage.highWater, state.usage.used)
      guard let block = state.free[size]?.popLast() else { return nil }
      state.usage.kept -= size
      return Int(bitPattern: block)
    }
    if let known { return UnsafeMutableRawPointer(bitPattern: known)! }
    var block: UnsafeMutableRawPointer?
    if posix_memalign(&block, 64, size) != 0 || block == nil {
      // What is kept may be what is missing.
      empty()
      if posix_memalign(&block, 64, size) != 0 { block = nil }
    }
    guard let block else {
      state.withLock { $0.usage.used -= size }
      throw TensorError(
        "\(purpose()): \(bytes) bytes of memory cannot be had; ask for fewer elements at a time")
    }
    state.withLock { $0.usage.allocated += size }
    return block
  }

  /// Gives a block back that was taken for this number of bytes.
  func give(_ block: UnsafeMutableRawPointer, _ bytes: Int) {
    let size = Self.blockSize(bytes)
    let address = Int(bitPattern: block)
    let isKept = state.withLock { state in
      state.usage.used -= size
      guard state.usage.kept + size <= state.bound else { return false }
      state.usage.kept += size
      state.free[size, default: []].append(UnsafeMutableRawPointer(bitPattern: address)!)
      return true
    }
    if !isKept { Foundation.free(block) }
  }

  /// Returns to the system all that waits to be used again.
  func empty() {
    let blocks = state.withLock { state in
      defer {
        state.free = [:]
        state.usage.kept = 0
      }
      return state.free.values.flatMap { $0.map { Int(bitPattern: $0) } }
    }
    for block in blocks { Foundation.free(UnsafeMutableRawPointer(bitPattern: block)) }
  }

  /// An uninitialised storage whose memory comes from here and returns here.
  func storage(count: Int, scalarType: ScalarType) throws(TensorError) -> Storage {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: scalarType.byteCount)
    guard !overflow, bytes <= Int.max - 64 else {
      throw TensorError("evaluate: \(count) elements of \(scalarType.rawValue) are more than can be addressed")
    }
    let size = Storage.allocationSize(count: count, scalarType: scalarType)
    let base = try take(size, purpose: "evaluate: \(count) elements of \(scalarType.rawValue)")
    return Storage(adopting: base, count: count, scalarType: scalarType) { [self] in give($0, size) }
  }
}

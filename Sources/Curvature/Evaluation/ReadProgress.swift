import Algorithms
import Synchronization
import TensorGraph

/// How far a read of a Hessian or a Jacobian has come.
///
/// Watch reads with `withProgress(_:_:)`. A `Task` that is cancelled ends between two chunks of products: forms that throw
/// (`H.read()`, `H.sparse()`) throw a `TensorError` that says so (`isCancellation`), and the same read later goes on from what
/// is cached. Forms that do not throw (`H[...]`) run to their end, as does a whole matrix that is computed as one program: it
/// is reported when it is there.
public struct ReadProgress: Hashable, Sendable {
  /// Products computed so far in all reads that are watched.
  public var completedProducts: Int
  /// Products that these reads take as far as is known: a read whose structure is looked for first adds its own then.
  public var totalProducts: Int
  /// What the products computed so far hold, in bytes.
  public var bytes: Int
  /// The time since the first of the reads began.
  public var elapsed: Duration

  /// The time that is left if products take as long as they did; nil before the first.
  public var remaining: Duration? {
    completedProducts == 0 ? nil : elapsed * (totalProducts - completedProducts) / completedProducts
  }

  /// Products a second so far; nil before the first.
  public var productsPerSecond: Double? {
    let seconds = elapsed / .seconds(1)
    return completedProducts == 0 || seconds <= 0 ? nil : Double(completedProducts) / seconds
  }

  /// Progress as a sequence of its own: `report` is what `withProgress(_:_:)` takes, and `finish` ends the sequence.
  ///
  /// <!-- swift let x = Tensor<Double>([1, 2]), H = hessian((x * x).sum(), x) -->
  /// ```swift
  /// let (updates, report, finish) = ReadProgress.makeStream()
  /// let reading = Task { defer { finish() }; return try withProgress(report) { try H.read() } }
  /// for await update in updates { print(update) }
  /// ```
  /// Somebody who is slow sees the latest only.
  public static func makeStream() -> (
    updates: AsyncStream<ReadProgress>, report: @Sendable (ReadProgress) -> Void, finish: @Sendable () -> Void
  ) {
    let (updates, continuation) = AsyncStream<ReadProgress>.makeStream(bufferingPolicy: .bufferingNewest(1))
    return (updates, { continuation.yield($0) }, { continuation.finish() })
  }
}

extension ReadProgress: CustomStringConvertible {
  public var description: String {
    let left = remaining.map { ", \(Self.text($0)) left" } ?? ""
    let rate = productsPerSecond.map { ", \(Self.text(rate: $0)) a second" } ?? ""
    return "\(completedProducts) of \(totalProducts) products, \(MemoryBudget.text(bytes: Double(bytes)))\(rate)\(left)"
  }

  private static func text(rate: Double) -> String {
    rate >= 10 || rate.isNaN ? "\(Int(min(rate, 1e15)))" : "\((rate * 10).rounded() / 10)"
  }

  private static func text(_ time: Duration) -> String {
    let seconds = time.components.seconds
    return seconds < 120 ? "\(seconds) s" : seconds < 7200 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
  }
}

/// Runs `body`, and reports how far the reads in it have come: when they begin, and after each chunk of products.
///
/// - Parameters:
///   - report: is called on the thread that reads, and holds it up; ask for something quick.
///   - body: what reads; it runs at once, and its result is returned.
public func withProgress<Result>(
  _ report: @escaping @Sendable (ReadProgress) -> Void, _ body: () throws -> Result
) rethrows -> Result {
  try ReadWatcher.$current.withValue(ReadWatcher(report), operation: body)
}

/// Likewise for a body that waits.
public func withProgress<Result>(
  _ report: @escaping @Sendable (ReadProgress) -> Void, isolation: isolated (any Actor)? = #isolation,
  _ body: () async throws -> Result
) async rethrows -> Result {
  try await ReadWatcher.$current.withValue(ReadWatcher(report), operation: body)
}

/// Adds up the reads of one call of `withProgress`.
final class ReadWatcher: Sendable {
  @TaskLocal static var current: ReadWatcher?

  private let report: @Sendable (ReadProgress) -> Void
  private let state = Mutex((start: ContinuousClock.Instant?.none, completed: 0, total: 0, bytes: 0))

  init(_ report: @escaping @Sendable (ReadProgress) -> Void) { self.report = report }

  func add(completed: Int = 0, total: Int = 0, bytes: Int = 0) {
    let progress = state.withLock { state in
      let now = ContinuousClock.now
      if state.start == nil { state.start = now }
      state.completed += completed
      state.total += total
      state.bytes += bytes
      return ReadProgress(
        completedProducts: state.completed, totalProducts: state.total, bytes: state.bytes,
        elapsed: now - (state.start ?? now))
    }
    report(progress)
  }
}

/// Products of a matrix, a chunk at a time: where reads are watched and stopped.
///
/// - Parameters:
///   - areKept: whether each chunk stays when a later one is not computed.
///   - isAnnounced: whether who watches knows already that these products come.
///   - body: computes one chunk. Returns the bytes of its products.
/// - Throws: what `body` throws, or that the task was cancelled.
func forEachChunk(
  of lines: [Int], size: Int, areKept: Bool, isAnnounced: Bool = false, _ body: ([Int]) throws(TensorError) -> Int
) throws(TensorError) {
  let watcher = ReadWatcher.current
  if !isAnnounced { watcher?.add(total: lines.count) }
  for (n, chunk) in lines.chunks(ofCount: size).enumerated() {
    try Cancellation.check {
      "cancelled after \(n * size) of \(lines.count) products"
        + (areKept ? ", which are kept: the same read goes on from there" : ", none of which is kept")
    }
    let bytes = try body(Array(chunk))
    watcher?.add(completed: chunk.count, bytes: bytes)
  }
}

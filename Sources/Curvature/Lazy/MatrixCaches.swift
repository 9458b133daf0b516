import Synchronization
import TensorGraph

/// What the matrices of one call have computed: one cache for each, one limit and one counter for all.
final class MatrixCaches<Scalar: DifferentiableScalar>: Sendable {
  private struct State {
    var caches: [FragmentStore<Scalar>] = []
    let clock = UsageClock()
    var limit: Int? = defaultCacheByteLimit

    /// Drops what was not used for longest, in whichever matrix, until the limit is kept.
    mutating func trim(to limit: Int) {
      var excess = caches.reduce(-limit) { $0 + $1.byteCount }
      while excess > 0 {
        guard let oldest = caches.indices.min(by: { caches[$0].oldestUse < caches[$1].oldestUse }) else { return }
        let freed = caches[oldest].removeOldest()
        if freed == nil { return }
        excess -= freed ?? 0
      }
    }
  }

  private let state = Mutex(State())
  private let products = Atomic<Int>(0)

  /// Adds a cache and returns its number.
  func add(rowCount: Int, columnCount: Int, batchCount: Int, isSymmetric: Bool) -> Int {
    state.withLock {
      $0.caches.append(
        FragmentStore(
          rowCount: rowCount, columnCount: columnCount, batchCount: batchCount, isSymmetric: isSymmetric,
          clock: $0.clock))
      return $0.caches.count - 1
    }
  }

  /// Reads or changes one cache.
  func withCache<Result: Sendable>(_ number: Int, _ body: (inout FragmentStore<Scalar>) -> Result) -> Result {
    state.withLock { body(&$0.caches[number]) }
  }

  /// Drops what exceeds the limit.
  func trim() {
    state.withLock { if let limit = $0.limit { $0.trim(to: limit) } }
  }

  func removeAll() {
    state.withLock { state in
      for i in state.caches.indices { state.caches[i].removeAll() }
    }
  }

  var byteLimit: Int? {
    get { state.withLock { $0.limit } }
    set {
      state.withLock { $0.limit = newValue }
      trim()
    }
  }

  var byteCount: Int { state.withLock { $0.caches.reduce(0) { $0 + $1.byteCount } } }

  var productsEvaluated: Int { products.load(ordering: .relaxed) }

  ///
  /// - Parameter bytes: what they hold, if all were computed in one step of which nobody was told yet.
  func count(products count: Int, inOneStepOf bytes: Int? = nil) {
    products.add(count, ordering: .relaxed)
    if let bytes { ReadWatcher.current?.add(completed: count, total: count, bytes: bytes) }
  }
}

/// The order in which things were computed and used.
final class UsageClock {
  private var now = 0

  func next() -> Int {
    now += 1
    return now
  }
}

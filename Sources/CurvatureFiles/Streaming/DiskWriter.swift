import Dispatch
import TensorGraph

/// Waits for a disk on another thread, one thing after another.
final class DiskWriter: @unchecked Sendable {
  private let queue = DispatchQueue(label: "CurvatureFiles.DiskWriter")
  /// Written on the queue, and read when it is empty.
  private var failure: TensorError?

  /// Begins something; `wait` comes before anything that it touches is touched again.
  func begin(_ body: @escaping () throws(TensorError) -> Void) {
    nonisolated(unsafe) let body = body
    queue.async {
      do throws(TensorError) { try body() } catch { self.failure = self.failure ?? error }
    }
  }

  /// Waits until all that was begun has ended, and leaves its errors to `wait`.
  func drain() { queue.sync {} }

  /// Waits until all that was begun has ended.
  ///
  /// - Throws: the first error, once.
  func wait() throws(TensorError) {
    drain()
    guard let error = failure else { return }
    failure = nil
    throw error
  }
}

import Foundation
import Synchronization

/// A line on the terminal that says how far a long read or search has come, and what Ctrl-C does meanwhile.
final class ProgressLine: Sendable {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let state = Mutex((isWatching: false, isShown: false, last: Duration.zero))

  /// Shows progress once a read takes more than half a second, ten times a second at most.
  func show(_ progress: ToolProgress) {
    state.withLock { state in
      if !state.isWatching {
        state.isWatching = true
        // The second Ctrl-C ends the process as it does everywhere.
        signal(SIGINT) { _ in
          Tool.interrupt()
          signal(SIGINT, SIG_DFL)
        }
      }
      let now = progress.elapsed
      guard isTerminal, now > .milliseconds(500), now - state.last > .milliseconds(100) else { return }
      (state.isShown, state.last) = (true, now)
      write("\r\(progress)\u{1B}[K")
    }
  }

  /// Removes the line.
  func clear() {
    state.withLock { if $0.isShown { write("\r\u{1B}[K") } }
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

import CurvatureCommands
import Foundation

/// The program: everything it does is in `CurvatureCommands`, where tests reach it.
@main
struct CurvatureTool {
  static func main() {
    // A reader that goes away, as `head` does, is no error worth a signal.
    signal(SIGPIPE, SIG_IGN)
    let line = ProgressLine()
    let outcome = Tool.run(Array(CommandLine.arguments.dropFirst()), progress: line.show)
    line.clear()
    let isWritten = write(outcome.output, to: STDOUT_FILENO)
    _ = write(Array(outcome.errors.utf8), to: STDERR_FILENO)
    exit(isWritten ? outcome.status : 1)
  }

  /// Writes all bytes; false if the other end does not take them.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let count = Foundation.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return errno == EPIPE }
        written += count
      }
      return true
    }
  }
}

import CurvatureFiles
import Foundation
import TensorGraph

/// The tool as a program: what `curvature` does, and what programs do that bring a solver with them.
public enum ToolProgram {
  /// Runs the command line of this process, and ends it.
  ///
  /// - Parameters:
  ///   - constrainedSolver: solves what `minimize --subject-to` asks for. Without one the program `curvature-ipopt` is run
  ///     with the same command line, if there is one: named by `CURVATURE_IPOPT`, beside this program or in `PATH`.
  ///   - team: the processes that run this command line together: they share the rows of a matrix that is written to `.npy`. The
  ///     first alone writes to standard output and error, and tells the exit status.
  ///   - finish: ends what they have in common.
  public static func run(
    constrainedSolver: (any ConstrainedSolver)? = nil, team: any ProcessTeam = SingleProcess(),
    finish: () -> Void = {}
  ) -> Never {
    // A reader that goes away, as `head` does, is no error worth a signal.
    signal(SIGPIPE, SIG_IGN)
    let line = ProgressLine()
    let arguments = Array(CommandLine.arguments.dropFirst())
    var outcome = Tool.run(
      arguments, progress: line.show, constrainedSolver: constrainedSolver, environment: SolverProgram.environment,
      team: team)
    line.clear()
    share(&outcome, team)
    // The others end as if all were well, and after the first has written: a job whose processes fail is ended at once, its
    // message lost.
    if team.rank > 0 {
      finish()
      exit(0)
    }
    if let successor = outcome.successor {
      finish()
      become(successor, arguments)
    }
    let isWritten = write(outcome.output, to: STDOUT_FILENO)
    _ = write(Array(outcome.errors.utf8), to: STDERR_FILENO)
    finish()
    exit(isWritten ? outcome.status : 1)
  }

  /// Makes the error of one process that of all.
  private static func share(_ outcome: inout Tool.Outcome, _ team: any ProcessTeam) {
    guard team.size > 1, !team.hasFailed else { return }
    let isDone = outcome.status == 0
    let text = outcome.errors.split(separator: "\n").joined(separator: "\n")
    do {
      _ = try team.gather(isDone ? .success([]) : .failure(TensorError(text)))
    } catch {
      if isDone { outcome = Tool.Outcome(errors: "\(error)\n", status: ToolError.Status.data.rawValue) }
    }
  }

  /// Turns this process into another program: input, output, signals and exit status are that program's.
  private static func become(_ path: String, _ arguments: [String]) -> Never {
    signal(SIGPIPE, SIG_DFL)
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    words.append(nil)
    execv(path, words)
    _ = write(Array("error: \(path): \(String(cString: strerror(errno)))\n".utf8), to: STDERR_FILENO)
    exit(ToolError.Status.data.rawValue)
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

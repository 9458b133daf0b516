import Foundation
import Synchronization

/// How compiled graphs run: programs of the engine.
public enum ExecutionMode: String, CaseIterable, Sendable {
  /// Instruction by instruction over tiles of elements, which stay in the first cache. Always there.
  case interpreted
  /// As machine code once a program has run for some 0.2 seconds in all: a C compiler makes it in the background, with the same bits
  /// as before, and runs go on interpreted until it is there. Without a compiler they stay so.
  case automatic
  /// As machine code from the first run on, which waits for the compiler, if there is one.
  case compiled

  private static let current = Atomic<Int>(
    allCases.firstIndex(
      of: ProcessInfo.processInfo.environment["CURVATURE_EXECUTION"].flatMap(ExecutionMode.init) ?? .automatic)!)

  /// How programs run for which nothing else was asked: `automatic`, or what the variable `CURVATURE_EXECUTION` of the process said when
  /// it started.
  public static var standard: ExecutionMode {
    get { allCases[current.load(ordering: .relaxed)] }
    set { current.store(allCases.firstIndex(of: newValue)!, ordering: .relaxed) }
  }
}

import CKernels
import Dispatch
import Synchronization
import TensorGraph

/// The compiled form of a program: asked for once, made in the background, taken by all who run the program as soon as it is there.
final class NativeProgram: @unchecked Sendable {
  /// Nanoseconds or so that a program must have run before it is compiled, and how many more for each expression that is written
  /// out: as long as that takes.
  private static let patience = 2e8
  private static let expressionPatience = 1.5e5

  private enum State: Int, AtomicRepresentable {
    case interpreted, asked, compiled
    /// Compiled, it would not be faster.
    case useless
    case failed
  }

  private let state = Atomic<State>(.interpreted)
  private let reason = AtomicLazyReference<Reason>()
  private let interpretedGroups = Atomic<Int>(0)
  private static let queue = DispatchQueue(label: "curvature.compiler", qos: .utility)

  private final class Reason: Sendable {
    let text: String
    init(_ text: String) { self.text = text }
  }

  /// Elements of a group below which a loop of its own gains nothing over tiles, unless it is written out.
  private static let leastElements = 256

  /// Runs until a program has taken so long that compiling it pays; 0 if it never does.
  ///
  /// - Parameters:
  ///   - nanoseconds: the time of a run, or so.
  ///   - groups: those of the program.
  ///   - unrolledExpressions: the expressions that are written out, if it is.
  ///   - hasRecurrences: whether programs are run by steps of it, which gain whatever their size.
  static func runs(
    nanoseconds: Double, groups: [UnsafePointer<ck_group>], unrolledExpressions: Int?, hasRecurrences: Bool
  ) -> Int {
    guard hasRecurrences || unrolledExpressions != nil || groups.contains(where: { $0.pointee.total >= leastElements })
    else { return 0 }
    let wanted = patience + expressionPatience * Double(unrolledExpressions ?? 0)
    return max(8, Int(wanted / max(nanoseconds, 1)))
  }

  /// Notes a run of a program that is not compiled yet, which may be one too many.
  func note(_ program: Program) {
    if ck_native_note(program.nativeCell) != 0 { compile(program, waits: false) }
  }

  /// Compiles a program, unless that was asked for before.
  ///
  /// - Parameters:
  ///   - waits: whether to return only when it is compiled, or cannot be.
  ///   - includesIrregular: whether groups are compiled too that would not gain.
  func compile(_ program: Program, waits: Bool, includesIrregular: Bool = false) {
    let isFirst = state.compareExchange(
      expected: .interpreted, desired: .asked, ordering: .acquiringAndReleasing
    ).exchanged
    if isFirst {
      let work = { @Sendable in self.make(program, includesIrregular) }
      if waits { Self.queue.sync(execute: work) } else { Self.queue.async(execute: work) }
    } else if waits, state.load(ordering: .acquiring) == .asked {
      Self.queue.sync {}
    }
  }

  private func make(_ program: Program, _ includesIrregular: Bool) {
    let source = ProgramSource(program, includesIrregular: includesIrregular)
    guard source.isWorthwhile else {
      state.store(.useless, ordering: .releasing)
      return
    }
    do throws(TensorError) {
      let table = try NativeCompiler.load(source.text, symbol: ProgramSource.tableName)
      source.publish(table)
      interpretedGroups.store(source.interpretedGroupCount, ordering: .relaxed)
      state.store(.compiled, ordering: .releasing)
    } catch {
      _ = reason.storeIfNil(Reason(error.message))
      state.store(.failed, ordering: .releasing)
    }
  }

  /// For descriptions; nil while nobody has asked.
  var description: String? {
    switch state.load(ordering: .acquiring) {
    case .interpreted: nil
    case .asked: "is being compiled"
    case .compiled:
      "runs as compiled code" + (interpretedGroupCount > 0 ? ", but for \(interpretedGroupCount) groups" : "")
    case .useless: "runs interpreted: nothing in it would be faster compiled"
    case .failed: "runs interpreted: \(failure!)"
    }
  }

  /// Groups of a compiled program that run interpreted.
  var interpretedGroupCount: Int { interpretedGroups.load(ordering: .relaxed) }

  /// Why the program could not be compiled; nil if it could, or nobody has tried.
  var failure: String? { reason.load()?.text }
}

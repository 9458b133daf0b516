import CKernels
import Dispatch
import Synchronization
import TensorGraph

/// The compiled form of a program: asked for once, made in the background, taken by all who run the program as soon as it is there.
///
/// A program that has run for a while is looked for among the libraries that were made before, which takes about as long as writing
/// its text; if none is there, it is compiled once it has run as long as that takes.
final class NativeProgram: @unchecked Sendable {
  /// Nanoseconds or so that a program must have run before it is compiled, and how many more for each expression that is written
  /// out: as long as that takes.
  private static let patience = 2e8
  private static let expressionPatience = 1.5e5
  /// The share of both after which a library is looked for that was made before.
  private static let shareBeforeLooking = 0.01

  private enum State: Int, AtomicRepresentable {
    case interpreted, asked, compiled
    /// Compiled, it would not be faster.
    case useless
    case failed
  }

  private let state = Atomic<State>(.interpreted)
  private let reason = AtomicLazyReference<Reason>()
  private let interpretedGroups = Atomic<Int>(0)
  /// Runs to be counted once a library was looked for; 0 when it was.
  private let runsAfterLooking: Atomic<Int>
  private static let queue = DispatchQueue(label: "curvature.compiler", qos: .utility)

  private final class Reason: Sendable {
    let text: String
    init(_ text: String) { self.text = text }
  }

  /// Elements of a group below which a loop of its own gains nothing over tiles, unless it is written out.
  static let leastElements = 256

  /// Runs of a program until something is to be done about it; 0 if it would never gain.
  let firstRuns: Int

  /// - Parameters:
  ///   - nanoseconds: the time of a run, or so.
  ///   - groups: those of the program.
  ///   - unrolledExpressions: the expressions that are written out, if it is.
  ///   - hasRecurrences: whether programs are run by steps of it, which gain whatever their size.
  init(nanoseconds: Double, groups: [UnsafePointer<ck_group>], unrolledExpressions: Int?, hasRecurrences: Bool) {
    guard
      hasRecurrences || unrolledExpressions != nil || groups.contains(where: { $0.pointee.total >= Self.leastElements })
    else {
      firstRuns = 0
      runsAfterLooking = Atomic(0)
      return
    }
    let wanted = Self.patience + Self.expressionPatience * Double(unrolledExpressions ?? 0)
    let runs = max(8, Int(wanted / max(nanoseconds, 1)))
    firstRuns = max(2, Int(Self.shareBeforeLooking * Double(runs)))
    runsAfterLooking = Atomic(runs - firstRuns)
  }

  /// Notes a run of a program that is not compiled yet, which may be one too many.
  func note(_ program: Program) {
    if ck_native_note(program.nativeCell) != 0 { advance(program) }
  }

  /// Does what is due after the runs that were counted: looks for a library, and compiles the next time.
  func advance(_ program: Program) {
    let runs = runsAfterLooking.exchange(0, ordering: .relaxed)
    if runs > 0 {
      Self.queue.async { self.look(program, runs) }
    } else {
      compile(program, waits: false)
    }
  }

  /// Takes the library of a program that was made before, or lets its runs be counted on.
  private func look(_ program: Program, _ runs: Int) {
    guard state.load(ordering: .acquiring) == .interpreted, let source = source(program, includesIrregular: false)
    else { return }
    if let table = NativeCompiler.kept(source.text, symbol: ProgramSource.tableName) {
      take(table, source)
    } else {
      ck_native_expect(program.nativeCell, Int64(runs))
    }
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

  /// The text of a program; nil if nothing in it would gain.
  private func source(_ program: Program, includesIrregular: Bool) -> ProgramSource? {
    let source = ProgramSource(program, includesIrregular: includesIrregular)
    if source.isWorthwhile { return source }
    state.store(.useless, ordering: .releasing)
    return nil
  }

  private func take(_ table: UnsafeMutableRawPointer, _ source: ProgramSource) {
    source.publish(table)
    interpretedGroups.store(source.interpretedGroupCount, ordering: .relaxed)
    state.store(.compiled, ordering: .releasing)
  }

  private func make(_ program: Program, _ includesIrregular: Bool) {
    guard state.load(ordering: .acquiring) != .compiled,
      let source = source(program, includesIrregular: includesIrregular)
    else { return }
    do throws(TensorError) {
      take(try NativeCompiler.load(source.text, symbol: ProgramSource.tableName), source)
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

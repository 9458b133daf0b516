import CKernels
import Dispatch
import Foundation
import Synchronization
import TensorGraph

/// How programs run.
package enum ExecutionMode: String, Sendable {
  /// Instruction by instruction, over tiles.
  case interpreted
  /// As compiled code once they have run for long enough that compiling pays.
  case automatic
  /// As compiled code from the first run on.
  case compiled

  private static let current = Atomic<Int>(
    [.interpreted, .automatic, .compiled].firstIndex(
      of: ProcessInfo.processInfo.environment["CURVATURE_EXECUTION"].flatMap(ExecutionMode.init) ?? .automatic)!)

  /// That of programs for which nothing else was asked. Set by the variable CURVATURE_EXECUTION of the process when it starts.
  package static var standard: ExecutionMode {
    get { [.interpreted, .automatic, .compiled][current.load(ordering: .relaxed)] }
    set { current.store([.interpreted, .automatic, .compiled].firstIndex(of: newValue)!, ordering: .relaxed) }
  }
}

/// The compiled form of a program: asked for once, made in the background, taken by all who run the program as soon as it is there.
final class NativeProgram: @unchecked Sendable {
  /// Nanoseconds or so that a program must have run before it is compiled.
  static let patience = 2e8

  enum State {
    case interpreted
    case asked
    case compiled
    /// Compiled, it would not be faster.
    case useless
    case failed(String)
  }

  private let state = Mutex(State.interpreted)
  private let interpretedGroups = Atomic<Int>(0)
  private static let queue = DispatchQueue(label: "curvature.compiler", qos: .utility)
  private static let counter = Atomic<Int>(0)

  /// Programs that were compiled in this process or found as libraries.
  static var count: Int { counter.load(ordering: .relaxed) }

  /// Compiles a program, unless that was asked for before.
  ///
  /// - Parameters:
  ///   - waits: whether to return only when it is compiled, or cannot be.
  ///   - includesIrregular: whether groups are compiled too that would not gain.
  func compile(_ program: Program, waits: Bool, includesIrregular: Bool = false) {
    let isFirst = state.withLock { state in
      guard case .interpreted = state else { return false }
      state = .asked
      return true
    }
    if isFirst {
      let work = { @Sendable in self.make(program, includesIrregular) }
      if waits { Self.queue.sync(execute: work) } else { Self.queue.async(execute: work) }
    } else if waits {
      Self.queue.sync {}
    }
  }

  private func make(_ program: Program, _ includesIrregular: Bool) {
    let source = ProgramSource(program, includesIrregular: includesIrregular)
    guard source.isWorthwhile else {
      state.withLock { $0 = .useless }
      return
    }
    do throws(TensorError) {
      let table = try NativeCompiler.load(source.text, symbol: ProgramSource.tableName)
      source.publish(table)
      Self.counter.add(1, ordering: .relaxed)
      interpretedGroups.store(source.interpretedGroupCount, ordering: .relaxed)
      state.withLock { $0 = .compiled }
    } catch {
      state.withLock { $0 = .failed(error.message) }
    }
  }

  /// For descriptions; nil while nobody has asked.
  var description: String? {
    switch state.withLock({ $0 }) {
    case .interpreted: nil
    case .asked: "is being compiled"
    case .compiled:
      "runs as compiled code" + (interpretedGroupCount > 0 ? ", but for \(interpretedGroupCount) groups" : "")
    case .useless: "runs interpreted: nothing in it would be faster compiled"
    case .failed(let reason): "runs interpreted: \(reason)"
    }
  }

  /// Groups of a compiled program that run interpreted.
  var interpretedGroupCount: Int { interpretedGroups.load(ordering: .relaxed) }

  var failure: String? {
    if case .failed(let reason) = state.withLock({ $0 }) { return reason }
    return nil
  }
}

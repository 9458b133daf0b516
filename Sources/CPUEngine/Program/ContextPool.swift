import CKernels
import Synchronization
import TensorGraph

/// The contexts of a program that wait for the next caller, one for each caller at a time.
package final class ContextPool: Sendable {
  /// A context is used by one caller at a time, so it may pass between threads.
  private struct Waiting: @unchecked Sendable {
    let context: ProgramContext
  }

  package let program: Program
  private let execution: ExecutionMode?
  /// How many contexts may wait.
  private let capacity: Int
  /// The address of the entry of one of them, whose context is kept alive by it, or 0: taking it needs no lock.
  private let first = Atomic<UInt>(0)
  private let others = Mutex<[Waiting]>([])
  private let made = Atomic<Int>(0)

  /// - Parameters:
  ///   - execution: how the program runs; nil for what is standard.
  ///   - capacity: how many contexts may wait; those that are given back beyond it go.
  package init(_ program: Program, execution: ExecutionMode? = nil, capacity: Int = .max) {
    (self.program, self.execution, self.capacity) = (program, execution, capacity)
  }

  deinit {
    if let entry = takeFirst() { Self.held(entry).release() }
  }

  private func takeFirst() -> UnsafeMutablePointer<ck_entry>? {
    UnsafeMutablePointer(bitPattern: first.exchange(0, ordering: .acquiring))
  }

  /// How many contexts have been made: one for each caller at a time, no more however often the program runs.
  package var contextsMade: Int { made.load(ordering: .relaxed) }

  private static func held(_ entry: UnsafeMutablePointer<ck_entry>) -> Unmanaged<ProgramContext> {
    Unmanaged.fromOpaque(entry.pointee.context.pointee.owner)
  }

  /// A context that nobody else uses.
  func take() throws(TensorError) -> ProgramContext {
    if let entry = takeFirst() { return Self.held(entry).takeRetainedValue() }
    if let known = others.withLock({ $0.popLast() }) { return known.context }
    made.add(1, ordering: .relaxed)
    return try ProgramContext(program, execution: execution)
  }

  /// Keeps a context for the next caller.
  func give(_ context: ProgramContext) {
    guard capacity > 0 else { return }
    let entry = Unmanaged.passRetained(context).takeUnretainedValue().entry
    keep(entry)
  }

  /// Keeps an entry whose context it keeps alive.
  private func keep(_ entry: UnsafeMutablePointer<ck_entry>) {
    if first.compareExchange(expected: 0, desired: UInt(bitPattern: entry), ordering: .acquiringAndReleasing).exchanged
    {
      return
    }
    let returned = Waiting(context: Self.held(entry).takeRetainedValue())
    others.withLock { if $0.count + 1 < capacity { $0.append(returned) } }
  }

  /// Runs the program on the caller's memory. Nothing is allocated once there are as many contexts as callers.
  ///
  /// - Parameters:
  ///   - inputs: the elements of the program's inputs, row-major, in their order.
  ///   - outputs: where the elements of the outputs go. They must not overlap anything else.
  /// - Throws: an index outside its axis; the outputs are then incomplete. Memory that cannot be had.
  package func run(
    inputs: UnsafePointer<UnsafeRawPointer>, outputs: UnsafePointer<UnsafeMutableRawPointer>
  ) throws(TensorError) {
    if let failure = attempt(inputs: inputs, outputs: outputs) { throw failure }
  }

  /// Runs the program as `run` does.
  ///
  /// - Returns: what is to be thrown; nil if all went well.
  package func attempt(
    inputs: UnsafePointer<UnsafeRawPointer>, outputs: UnsafePointer<UnsafeMutableRawPointer>
  ) -> TensorError? {
    let entry: UnsafeMutablePointer<ck_entry>
    if let waiting = takeFirst() {
      entry = waiting
    } else {
      do throws(TensorError) { entry = Unmanaged.passRetained(try take()).takeUnretainedValue().entry } catch {
        return error
      }
    }
    let failure = ProgramContext.call(entry, workerLimit: Engine.workerLimit, inputs: inputs, outputs: outputs)
    if capacity > 0 { keep(entry) } else { Self.held(entry).release() }
    return failure
  }

  /// Runs the program for many callers at once, shared among the cores: each worker has a context of its own.
  ///
  /// - Parameters:
  ///   - count: how often.
  ///   - inputs: for each input the elements of the first run, and the bytes from one run to the next.
  ///   - outputs: likewise for outputs.
  ///   - finish: is called after each run with where its outputs are.
  /// - Throws: what the first run throws that fails.
  package func run(
    count: Int, inputs: [(base: UnsafeRawPointer, stride: Int)],
    outputs: [(base: UnsafeMutableRawPointer, stride: Int)],
    finish: @escaping @Sendable (UnsafePointer<UnsafeMutableRawPointer>) -> Void
  ) throws(TensorError) {
    let workers = min(Engine.workerLimit, max(1, count / 16))
    let failure = FirstError()
    nonisolated(unsafe) let (inputs, outputs) = (inputs, outputs)
    if program.usesBLAS { BLASThreads.begin() }
    defer { if program.usesBLAS { BLASThreads.end() } }
    @Sendable func work(_ worker: Int) {
      do throws(TensorError) {
        let context = try take()
        defer { give(context) }
        // BLAS is kept to one thread here, for all runs.
        context.entry.pointee.needs_engine = 0
        defer { context.entry.pointee.needs_engine = program.usesBLAS ? 1 : 0 }
        let limit = workers > 1 ? 1 : Engine.workerLimit
        let runs = (count * worker / workers)..<(count * (worker + 1) / workers)
        var sources = inputs.map { $0.base + runs.lowerBound * $0.stride }
        var targets = outputs.map { $0.base + runs.lowerBound * $0.stride }
        for _ in runs {
          if let failure = ProgramContext.call(context.entry, workerLimit: limit, inputs: sources, outputs: targets) {
            throw failure
          }
          finish(targets)
          for i in sources.indices { sources[i] += inputs[i].stride }
          for i in targets.indices { targets[i] += outputs[i].stride }
        }
      } catch {
        failure.note(error)
      }
    }
    ThreadTeam.perform(workers, work)
    try failure.check()
  }
}

import CKernels
import Foundation
import TensorGraph

/// The memory in which one caller at a time runs a program: buffers, scratch, tables. Not for two callers at once.
package final class ProgramContext {
  package let program: Program
  private let context: UnsafeMutablePointer<ck_context>
  private let buffers: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let block: UnsafeMutableRawPointer
  private let blockBytes: Int
  private let literals: UnsafeMutablePointer<UInt64>
  private let scratches: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let workers: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// The contexts of the programs that are run by steps.
  private let bodies: [ProgramContext]
  private let bodyTable: UnsafeMutablePointer<UnsafeMutablePointer<ck_context>?>

  private let execution: ExecutionMode
  /// What a call needs to know.
  let entry: UnsafeMutablePointer<ck_entry>
  private let bindings: UnsafeMutablePointer<ck_binding>
  private let indexExtents: UnsafeMutablePointer<Int64>

  /// The most workers that any context has.
  static let workerCount = min(max(ProcessInfo.processInfo.activeProcessorCount, 1), 64)

  /// Takes the memory from the pool, all of it at once.
  ///
  /// - Parameter execution: how the program runs; nil for what is standard.
  package init(_ program: Program, execution: ExecutionMode? = nil) throws(TensorError) {
    self.program = program
    var bodies: [ProgramContext] = []
    for body in program.bodies { bodies.append(try ProgramContext(body, execution: execution)) }
    self.bodies = bodies
    self.execution = execution ?? .standard
    let count = Self.workerCount
    let scratchBytes = (program.scratchBytes + 127) & ~63
    let tables = program.groups.map { Int(ck_worker_bytes($0)) }
    let bytes = program.plan.byteCount + count * (scratchBytes + tables.reduce(0, +)) + 64
    block = try BufferPool.shared.take(bytes, purpose: "program: intermediate results")
    blockBytes = bytes
    let bufferCount = program.table.sizes.count
    buffers = .allocate(capacity: max(bufferCount, 1))
    buffers.initialize(repeating: nil, count: max(bufferCount, 1))
    literals = .allocate(capacity: max(program.literals.count, 1))
    literals.initialize(repeating: 0, count: max(program.literals.count, 1))
    indexExtents = .allocate(capacity: max(program.arguments.count, 1))
    indexExtents.initialize(repeating: 0, count: max(program.arguments.count, 1))
    scratches = .allocate(capacity: count)
    workers = .allocate(capacity: max(program.groups.count * count, 1))
    for (n, offset) in program.plan.offsets.enumerated() {
      buffers[program.table.firstTemporary + n] = block + offset
    }
    for (alias, part) in program.table.aliases where program.table.isTemporary(part.root) {
      buffers[Int(alias)] = buffers[Int(part.root)]! + part.offset
    }
    for n in program.literals.indices {
      buffers[program.table.argumentCount + n] = UnsafeMutableRawPointer(literals + n)
    }
    var next = block + program.plan.byteCount
    for worker in 0..<count {
      // What is read past the last element of a tile should at least be a number.
      memset(next, 0, scratchBytes)
      scratches[worker] = next.assumingMemoryBound(to: CChar.self)
      next += scratchBytes
    }
    for (n, group) in program.groups.enumerated() {
      for worker in 0..<count {
        workers[n * count + worker] = next
        ck_worker_prepare(group, next, scratches[worker])
        next += tables[n]
      }
    }
    bodyTable = .allocate(capacity: max(bodies.count, 1))
    for (n, body) in bodies.enumerated() {
      (bodyTable + n).initialize(to: body.context)
    }
    context = .allocate(capacity: 1)
    context.initialize(
      to: ck_context(
        buffers: buffers, scratch: scratches, workers: workers, bodies: bodyTable, steps: program.steps, owner: nil,
        worker_count: Int64(count),
        active_workers: Int64(count),
        interprets: self.execution == .interpreted ? 1 : 0, constants_version: 1, failure: 0, failed_step: 0,
        failed_index: 0, failed_axis: 0, failed_extent: 0, index_extents: indexExtents,
        argument_count: Int64(program.arguments.count)))
    var given: [ck_binding] = []
    for (n, argument) in program.arguments.enumerated() {
      if case .input(let position) = argument { given.append(ck_binding(buffer: Int64(n), position: Int64(position))) }
    }
    bindings = .allocate(capacity: max(given.count, 1))
    bindings.initialize(from: given, count: given.count)
    entry = .allocate(capacity: 1)
    entry.initialize(
      to: ck_entry(
        context: context, native: program.nativeCell, step_count: Int64(program.stepCount), inputs: bindings,
        input_count: Int64(given.count), first_output: Int64(program.table.output(0)),
        output_count: Int64(program.table.outputCount), parts: program.outputParts,
        part_count: Int64(program.outputPartCount), counts_runs: self.execution == .automatic ? 1 : 0,
        waits: self.execution == .compiled ? 1 : 0, needs_engine: program.usesBLAS ? 1 : 0))
    context.pointee.owner = Unmanaged.passUnretained(self).toOpaque()
    for (n, source) in program.literals.enumerated() {
      switch source {
      case .fixed(let literal, let type): setLiteral(n, literal, type)
      case .graph(let i, let type):
        if i < program.literalValues.count { setLiteral(n, program.literalValues[i], type) }
      }
    }
    for (n, argument) in program.arguments.enumerated() {
      if case .kept(let storage) = argument { buffers[n] = storage.base }
    }
    for case .indexed(let step, _) in program.sources where step.indices.buffer < program.arguments.count {
      let n = Int(step.indices.buffer)
      if case .kept(let storage) = program.arguments[n] { indexExtents[n] = Int64(storage.indexExtent) }
    }
  }

  deinit {
    BufferPool.shared.give(block, blockBytes)
    context.deallocate()
    entry.deallocate()
    bindings.deallocate()
    indexExtents.deallocate()
    buffers.deallocate()
    literals.deallocate()
    scratches.deallocate()
    workers.deallocate()
    bodyTable.deallocate()
  }

  /// Runs the program on memory of the caller. Nothing is allocated, locked or looked up.
  ///
  /// - Parameters:
  ///   - inputs: the elements of the program's inputs, row-major, in their order.
  ///   - outputs: where the elements of the outputs go. They must not overlap anything else.
  /// - Throws: an index outside its axis; the outputs are then incomplete.
  package func run(
    inputs: UnsafePointer<UnsafeRawPointer>, outputs: UnsafePointer<UnsafeMutableRawPointer>
  ) throws(TensorError) {
    let (sources, targets) = Self.tables(inputs, outputs)
    ck_bind(entry, sources, targets)
    try run()
  }

  private static func tables(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ outputs: UnsafePointer<UnsafeMutableRawPointer>
  ) -> (UnsafePointer<UnsafeRawPointer?>, UnsafePointer<UnsafeMutableRawPointer?>) {
    (
      UnsafeRawPointer(inputs).assumingMemoryBound(to: UnsafeRawPointer?.self),
      UnsafeRawPointer(outputs).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
    )
  }

  /// Runs the program of an entry as `run` does, without a look at any object where nothing but its steps is to be done.
  ///
  /// - Returns: what is to be thrown; nil if all went well.
  static func call(
    _ entry: UnsafeMutablePointer<ck_entry>, workerLimit: Int, inputs: UnsafePointer<UnsafeRawPointer>,
    outputs: UnsafePointer<UnsafeMutableRawPointer>
  ) -> TensorError? {
    let (sources, targets) = tables(inputs, outputs)
    let outcome = ck_call(entry, Int64(workerLimit), sources, targets)
    return outcome == ck_done ? nil : owner(of: entry).finish(outcome, workerLimit, inputs, outputs)
  }

  /// The context that an entry belongs to.
  static func owner(of entry: UnsafeMutablePointer<ck_entry>) -> ProgramContext {
    Unmanaged<ProgramContext>.fromOpaque(entry.pointee.context.pointee.owner).takeUnretainedValue()
  }

  private func finish(
    _ outcome: ck_outcome, _ workerLimit: Int, _ inputs: UnsafePointer<UnsafeRawPointer>,
    _ outputs: UnsafePointer<UnsafeMutableRawPointer>
  ) -> TensorError? {
    if outcome == ck_failed { return takeFailure() }
    // The last run that was counted, which no other sees.
    if execution == .automatic, entry.pointee.needs_engine == 0 { program.native.advance(program) }
    self.workerLimit = workerLimit
    do throws(TensorError) { try run(inputs: inputs, outputs: outputs) } catch { return error }
    return nil
  }

  /// Sets argument n of a program without named inputs.
  func setArgument(_ n: Int, _ base: UnsafeMutableRawPointer) { buffers[n] = base }

  func setOutput(_ n: Int, _ base: UnsafeMutableRawPointer) { buffers[program.table.output(n)] = base }

  /// Sets the constants that come from the graph.
  func setLiterals(_ values: [(Literal, ScalarType)]) {
    context.pointee.constants_version += 1
    for (n, source) in program.literals.enumerated() {
      if case .graph(let i, let type) = source { setLiteral(n, values[i].0, type) }
    }
  }

  private func setLiteral(_ n: Int, _ literal: Literal, _ type: ScalarType) {
    let place = UnsafeMutableRawPointer(literals + n)
    switch type {
    case .float32: place.storeBytes(of: Float(literal: literal), as: Float.self)
    case .float64: place.storeBytes(of: Double(literal: literal), as: Double.self)
    case .bool: place.storeBytes(of: Bool(literal: literal), as: Bool.self)
    case .int32: place.storeBytes(of: Int32(literal: literal), as: Int32.self)
    case .int64: place.storeBytes(of: Int64(literal: literal), as: Int64.self)
    }
  }

  /// Runs with at most this many workers; for tests and for callers that are parallel themselves.
  package var workerLimit: Int {
    get { Int(context.pointee.active_workers) }
    set { context.pointee.active_workers = Int64(min(max(newValue, 1), Self.workerCount)) }
  }

  func run() throws(TensorError) {
    switch execution {
    case .interpreted: break
    case .automatic: program.native.note(program)
    case .compiled: program.native.compile(program, waits: true)
    }
    if program.usesBLAS { BLASThreads.begin() }
    defer { if program.usesBLAS { BLASThreads.end() } }
    guard runSteps() else { throw takeFailure() }
  }

  /// Runs the steps, without a word to BLAS. False if one of them failed.
  private func runSteps() -> Bool {
    ck_place_parts(entry)
    ck_run(Int64(program.stepCount), context, program.nativeCell)
    return context.pointee.failure == 0
  }

  /// Runs the steps as a part of a step of another program, which fails if one of these does.
  ///
  /// - Parameter number: that of the other program's step.
  func runSteps(within other: UnsafeMutablePointer<ck_context>, step number: Int) -> Bool {
    if runSteps() { return true }
    other.pointee.failure = context.pointee.failure
    other.pointee.failed_step = Int64(number)
    other.pointee.failed_index = context.pointee.failed_index
    other.pointee.failed_axis = context.pointee.failed_axis
    other.pointee.failed_extent = context.pointee.failed_extent
    context.pointee.failure = 0
    return false
  }

  private func takeFailure() -> TensorError {
    context.pointee.failure = 0
    let step = Int(context.pointee.failed_step)
    let name = if case .named(let name, _) = program.summaries[step] { name } else { "step \(step)" }
    return TensorError(
      "\(name): index \(context.pointee.failed_index) is outside axis \(context.pointee.failed_axis), which has extent "
        + "\(context.pointee.failed_extent)")
  }
}

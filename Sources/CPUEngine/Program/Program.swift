import CKernels
import TensorGraph

/// A compiled graph: a flat list of steps over buffers whose places are fixed. Immutable.
///
/// Running one needs a `ProgramContext`, which holds the memory; each concurrent caller has its own.
package final class Program: @unchecked Sendable {
  /// In memory that stays where it is.
  let steps: UnsafePointer<ck_step>?
  /// The number of steps.
  package let stepCount: Int
  let sources: [StepSource]
  let summaries: [StepSummary]
  let groups: [UnsafePointer<ck_group>]
  /// Scratch memory of a worker, in bytes.
  let scratchBytes: Int
  /// Whether BLAS or LAPACK are called.
  let usesBLAS: Bool
  /// Programs that are run by steps of this one.
  let bodies: [Program]
  let table: BufferTable
  let plan: BufferPlan
  let literals: [LoweredGraph.LiteralSource]
  /// Sizes and types of the outputs.
  let outputs: [(count: Int, type: ScalarType)]
  /// Buffers that are parts of outputs.
  let outputParts: UnsafePointer<ck_output_part>?
  let outputPartCount: Int
  private let memory: ProgramMemory
  /// The time of a run in nanoseconds or so, but for steps that are no groups.
  let nanoseconds: Double
  /// Whether its compiled form has no loops.
  package let isUnrolled: Bool
  let native: NativeProgram
  /// Where the compiled form of the whole is found.
  let nativeCell: UnsafeMutablePointer<ck_native_cell>
  /// Where the elements of the program's arguments come from.
  let arguments: [Argument]
  /// The values of the graph's constants, if they are known.
  let literalValues: [Literal]

  enum Argument {
    case input(Int)
    case kept(Storage)
  }

  /// Compiles a structure, whose arguments and constants come when it runs.
  ///
  /// - Parameter makesPanels: whether products may have a matrix that is there a few rows at a time.
  init(
    _ structure: GraphStructure, arguments: [Argument], literalValues: [Literal], argumentsArePadded: Bool,
    makesPanels: Bool = true
  ) throws(TensorError) {
    let graph = try GraphLowering.lower(structure)
    let builder = try ProgramBuilder(graph, argumentsArePadded: argumentsArePadded, makesPanels: makesPanels)
    (stepCount, sources) = (builder.steps.count, builder.sources)
    summaries = builder.summaries
    groups = builder.groups
    scratchBytes = builder.scratchBytes
    usesBLAS = builder.usesBLAS
    bodies = builder.bodies
    table = builder.table
    plan = builder.plan()
    literals = builder.literals
    memory = builder.memory
    steps = memory.keep(builder.steps)
    nanoseconds = builder.nanoseconds
    let expressions = ProgramSource.unrolledExpressions(sources, table)
    isUnrolled = expressions != nil
    native = NativeProgram(
      nanoseconds: nanoseconds, groups: groups, unrolledExpressions: expressions, hasRecurrences: !bodies.isEmpty)
    nativeCell = memory.keepMutable(ck_native_cell(run: nil, runs_left: Int64(native.firstRuns)))
    outputs = graph.outputs.map { (graph.items[$0].count, graph.items[$0].type) }
    let table = table
    // In one order in every process, in which compiled code is looked for by its text.
    let parts = table.aliases.filter { !table.isTemporary($0.value.root) }.sorted { $0.key < $1.key }.map {
      number, part in
      ck_output_part(buffer: Int64(number), root: Int64(part.root), offset: Int64(part.offset))
    }
    (outputParts, outputPartCount) = (memory.keep(parts), parts.count)
    self.arguments = arguments
    self.literalValues = literalValues
  }

  /// A compiled structure with its arguments and constants.
  private init(binding program: Program, arguments: [Argument], literalValues: [Literal]) {
    (steps, stepCount, sources) = (program.steps, program.stepCount, program.sources)
    summaries = program.summaries
    groups = program.groups
    scratchBytes = program.scratchBytes
    usesBLAS = program.usesBLAS
    bodies = program.bodies
    table = program.table
    plan = program.plan
    literals = program.literals
    memory = program.memory
    (nanoseconds, native, nativeCell) = (program.nanoseconds, program.native, program.nativeCell)
    isUnrolled = program.isUnrolled
    outputs = program.outputs
    (outputParts, outputPartCount) = (program.outputParts, program.outputPartCount)
    self.arguments = arguments
    self.literalValues = literalValues
  }

  /// Compiles the computation of some nodes from others. The same computation with other data or other constants is
  /// not compiled again.
  ///
  /// - Parameters:
  ///   - outputs: the nodes to compute.
  ///   - inputs: nodes whose elements are given when the program runs.
  ///   - keepsValues: whether any other node that has a value keeps it, or is computed again.
  ///   - isStandalone: whether it is to become code that runs without the engine.
  /// - Throws: if an input without elements is needed that is not in `inputs`.
  package convenience init(
    outputs: [Node], inputs: [Node], keepsValues: Bool = true, isStandalone: Bool = false
  ) throws(TensorError) {
    var positions: [ObjectIdentifier: Int] = [:]
    for (i, input) in inputs.enumerated() where positions[ObjectIdentifier(input)] == nil {
      positions[ObjectIdentifier(input)] = i
    }
    var nodes: [Node] = []
    var literals: [(Literal, ScalarType)] = []
    let structure = GraphStructure(
      outputs,
      isArgument: { node in
        if node.isInput { return true }
        return keepsValues && node.value != nil || positions[ObjectIdentifier(node)] != nil
      }, arguments: &nodes, literals: &literals)
    var arguments: [Argument] = []
    for node in nodes {
      if let position = positions[ObjectIdentifier(node)] {
        arguments.append(.input(position))
      } else if let value = node.value {
        arguments.append(.kept(value))
      } else {
        throw TensorError(
          "program: an input of shape \(node.shape) has no elements; give it a value or name it as an input")
      }
    }
    let values = literals.map(\.0)
    if isStandalone {
      try self.init(
        structure, arguments: arguments, literalValues: values, argumentsArePadded: false, makesPanels: false)
    } else {
      self.init(binding: try Engine.program(for: structure), arguments: arguments, literalValues: values)
    }
  }

  /// Compiles the program, unless that was tried before: all its runs are then compiled, if it could be.
  ///
  /// - Parameter includesIrregular: whether groups are compiled too that would not gain.
  package func compile(includesIrregular: Bool = false) {
    native.compile(self, waits: true, includesIrregular: includesIrregular)
  }
  /// Fused groups of a compiled program that run interpreted.
  package var interpretedGroupCount: Int { native.interpretedGroupCount }
  /// Why the program is not compiled although that was asked for.
  package var compilationFailure: String? { native.failure }
  /// The number of instructions in the fused groups.
  package var instructionCount: Int { groups.reduce(0) { $0 + Int($1.pointee.body_count) } }
  /// Bytes of memory for intermediate results.
  package var temporaryByteCount: Int { bodies.reduce(plan.byteCount) { $0 + $1.temporaryByteCount } }
  /// Elements that the steps write or walk over.
  var elementCount: Int { summaries.reduce(0) { $0 + $1.elementCount } }
}

extension StepSummary {
  var elementCount: Int {
    switch self {
    case .group(let group): Int(group.pointee.total)
    case .product(let batch, let m, let n, _, _): batch * m * n
    case .panels(let group, let m, let n, _, _): Int(group.pointee.total) + m * n
    case .named(_, let count): count
    }
  }
}

extension Program: CustomStringConvertible {
  /// The steps, one a line.
  package var description: String {
    var lines = [
      "program: \(table.argumentCount) arguments, \(table.literalCount) constants, \(table.outputCount) outputs, "
        + "\(plan.byteCount) bytes between"
    ]
    if let text = native.description { lines.append(text) }
    for (i, summary) in summaries.enumerated() {
      lines.append("\(i): \(summary)")
    }
    for body in bodies { lines.append("a step of a recurrence: \(body)") }
    return lines.joined(separator: "\n")
  }
}

extension StepSummary: CustomStringConvertible {
  var description: String {
    switch self {
    case .group(let group):
      let group = group.pointee
      var text = "\(group.body_count) instructions over \(group.total) elements in tiles of \(group.tile)"
      if group.accumulator_count > 0 {
        text += ", \(group.accumulator_count) sums of \(group.rows) in \(group.pieces) pieces"
      }
      let names = (0..<Int(group.body_count)).prefix(40).map { Kernels.shared.name(of: group.body[$0].kernel) }
      return text + ": " + names.joined(separator: " ") + (group.body_count > 40 ? " ..." : "")
    case .product(let batch, let m, let n, let k, let isSymmetric):
      return "\(isSymmetric ? "symmetric " : "")product \(m) x \(k) x \(n)" + (batch == 1 ? "" : ", \(batch) times")
    case .panels(let group, let m, let n, let k, let isSymmetric):
      return "\(isSymmetric ? "symmetric " : "")product \(m) x \(k) x \(n) of panels: \(StepSummary.group(group))"
    case .named(let name, let count): return "\(name), \(count) elements"
    }
  }
}

import CKernels
import TensorGraph

/// The text of a program in C, for this process: its groups, and one function that runs all steps of each program.
struct ProgramSource {
  static let tableName = "curvature_table"
  /// Elements of placed boxes beyond which the engine places them, which has more workers.
  private static let mostPlacedElements = 4096

  /// What is found at a place of the table.
  private enum Function {
    case group(UnsafeMutablePointer<ck_native>, GroupSource.Cut)
    case program(UnsafeMutablePointer<ck_native_cell>)
  }

  private(set) var text = ""
  private var functions: [Function] = []
  private var names: [String] = []
  private var families = Set<Family>()
  private var programCount = 0
  /// Groups that are not compiled, because they would not gain.
  private(set) var interpretedGroupCount = 0
  private let includesIrregular: Bool

  /// - Parameter includesIrregular: whether groups are compiled too that would not gain.
  init(_ program: Program, includesIrregular: Bool = false) {
    self.includesIrregular = includesIrregular
    var body = ""
    _ = add(program, &body)
    text = NativePreamble.text(families, parts: ["native/context.inc"]) + body
    text += "void *const \(Self.tableName)[] = {\n" + names.map { "  (void *)\($0),\n" }.joined() + "};\n"
  }

  /// Whether anything is compiled.
  var isWorthwhile: Bool { functions.contains { if case .group = $0 { true } else { false } } }

  /// Lets everything run compiled that the table has.
  func publish(_ table: UnsafeMutableRawPointer) {
    let entries = table.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    for (i, function) in functions.enumerated() {
      switch function {
      case .group(let native, let cut):
        native.pointee.units = Int64(cut.units)
        native.pointee.units_per_worker = Int64(cut.unitsPerWorker)
        ck_native_publish(native, unsafeBitCast(entries[i], to: ck_native_group.self))
      case .program(let cell): ck_native_publish_program(cell, unsafeBitCast(entries[i], to: ck_native_program.self))
      }
    }
  }

  /// Adds the functions of a program.
  ///
  /// - Returns: the number in the name of the one that runs all of it, and whether it can fail.
  private mutating func add(_ program: Program, _ body: inout String) -> (number: Int, fails: Bool) {
    let number = programCount
    programCount += 1
    let bodies = program.bodies.map { add($0, &body) }
    var calls = NativeText()
    calls.line("static void p\(number)(ck_context *context) {")
    calls.line("char **const b = (char **)context->buffers;")
    calls.line("(void)b;")
    for part in program.outputParts { calls.line("b[\(part.number)] = b[\(part.root)] + \(part.offset);") }
    var fails = false
    for (i, source) in program.sources.enumerated() {
      switch source {
      case .group(let step):
        if let call = add(step, name: "p\(number)_g\(i)", &body) {
          calls.line(call)
          continue
        }
      case .boxes(let step) where step.is_shared == 0 && step.total <= Self.mostPlacedElements:
        StepSource.write(step, &calls)
        continue
      case .recurrence(let step):
        write(step, bodies[step.bodyNumber], program.bodies[step.bodyNumber], &calls)
        fails = fails || bodies[step.bodyNumber].fails
        continue
      case .boxes, .indexed, .cumulativeSum, .integerProduct, .matrixProduct, .linearAlgebra, .other: break
      }
      fails = true
      calls.line("context->steps[\(i)].run(context->steps[\(i)].payload, context);")
      calls.line("if (context->failure) return;")
    }
    calls.line("}")
    body += calls.text + "\n"
    names.append("p\(number)")
    functions.append(.program(program.nativeCell))
    return (number, fails)
  }

  private func write(
    _ step: RecurrenceStep, _ body: (number: Int, fails: Bool), _ program: Program, _ text: inout NativeText
  ) {
    text.line("{")
    text.line("ck_context *const body = context->bodies[\(step.bodyNumber)];")
    text.line("char **const a = (char **)body->buffers;")
    text.line("body->active_workers = context->active_workers;")
    var call = ["p\(body.number)(body);"]
    if body.fails {
      call += [
        "if (body->failure) {", "context->failure = body->failure;", "context->failed_step = \(step.number);",
        "context->failed_index = body->failed_index;", "context->failed_axis = body->failed_axis;",
        "context->failed_extent = body->failed_extent;", "body->failure = 0;", "return;", "}",
      ]
    }
    step.write(
      to: &text, argument: { "a[\($0)]" }, output: { "a[\(program.table.output($0))]" }, call: call)
    text.line("}")
  }

  /// Adds the function of a group.
  ///
  /// - Returns: the call that runs all of it; nil if somebody else runs it, because it is shared or not compiled.
  private mutating func add(_ step: ck_group_step, name: String, _ body: inout String) -> String? {
    guard Int(step.group.pointee.body_count) <= GroupSource.mostInstructions else {
      interpretedGroupCount += 1
      return nil
    }
    let source = GroupSource(step.group.pointee, name: name)
    guard source.isRegular || includesIrregular,
      body.utf8.count + source.text.text.utf8.count < NativeCompiler.mostSourceBytes / 2
    else {
      interpretedGroupCount += 1
      return nil
    }
    families.formUnion(source.families)
    body += source.text.text + "\n"
    let cut = source.cut(unitsPerWorker: Int(step.units_per_worker))
    names.append(name)
    functions.append(.group(step.native, cut))
    guard cut.unitsPerWorker == 0 else { return nil }
    var call = "\(name)(b, 0, \(cut.units));"
    if let finish = source.finish(name: name + "_finish") {
      body += finish + "\n"
      call += " \(name)_finish(b);"
    }
    return call
  }
}

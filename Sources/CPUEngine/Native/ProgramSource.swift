import CKernels
import TensorGraph

/// The text of a program in C, for this process: its groups, and one function that runs all steps of each program.
struct ProgramSource {
  static let tableName = "curvature_table"
  /// Elements of placed boxes beyond which the engine places them, which has more workers.
  private static let mostPlacedElements = 4096

  /// Expressions of a program, one for each element, up to which it is written out.
  private static let mostUnrolled = 8192
  /// Bytes of memory that such a program may have in registers and on the stack.
  private static let mostLocalBytes = 1 << 15

  /// Products of two numbers in a product of matrices beyond which the kernel multiplies them, which reads what is near.
  private static let mostMultiplied = 4096

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
    text = NativePreamble.text(families) + NativePreamble.context + body
    text += "void *const \(Self.tableName)[] = {\n" + names.map { "  (void *)\($0),\n" }.joined() + "};\n"
  }

  /// Whether anything is compiled.
  private(set) var isWorthwhile = false

  /// The expressions of a program that has so few elements that it is written out: no loops, and what is between is kept in
  /// registers; nil for others.
  static func unrolledExpressions(_ sources: [StepSource], _ table: BufferTable) -> Int? {
    var expressions = 0
    for source in sources {
      switch source {
      case .group(let step):
        guard
          step.units_per_worker == 0, step.group.pointee.pieces <= 1,
          Int(step.group.pointee.body_count) <= GroupSource.mostInstructions
        else { return nil }
        expressions += Int(step.group.pointee.total) * Int(step.group.pointee.body_count)
      case .boxes(let step):
        guard isWritten(step) else { return nil }
        expressions += Int(step.total)
      case .matrixProduct(let step):
        guard isWritten(step) else { return nil }
        expressions += step.work
      case .indexed, .cumulativeSum, .integerProduct, .linearAlgebra, .recurrence, .other: return nil
      }
    }
    let bytes = table.sizes[table.firstTemporary...].reduce(0, +)
    return (1...mostUnrolled).contains(expressions) && bytes <= mostLocalBytes ? expressions : nil
  }

  /// Whether placed boxes are written in C: what one worker does, and is done soon.
  private static func isWritten(_ step: ck_boxes_step) -> Bool {
    step.is_shared == 0 && step.total <= mostPlacedElements
  }

  /// Whether a product of matrices is written in C: it is small, and the kernel would add up in the order of the terms.
  private static func isWritten(_ step: MatrixStep) -> Bool {
    !step.usesBLAS && step.taskCount == 1 && step.work <= mostMultiplied
  }

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
    calls.line(
      program.isUnrolled
        ? "static INLINED void p\(number)_all(char *const *given) {" : "static void p\(number)(ck_context *context) {")
    declareBuffers(program, &calls)
    var fails = false
    for (i, source) in program.sources.enumerated() {
      switch source {
      case .group(let step):
        if let call = add(step, name: "p\(number)_g\(i)", isUnrolled: program.isUnrolled, &body) {
          calls.line(call)
          continue
        }
      case .boxes(let step) where Self.isWritten(step):
        StepSource.write(step, isUnrolled: program.isUnrolled, &calls)
        continue
      case .matrixProduct(let step) where Self.isWritten(step):
        families.insert(step.isDouble ? .float64 : .float32)
        StepSource.write(step, isUnrolled: program.isUnrolled, &calls)
        continue
      case .recurrence(let step):
        write(step, bodies[step.bodyNumber], program.bodies[step.bodyNumber], &calls)
        fails = fails || bodies[step.bodyNumber].fails
        continue
      case .boxes, .indexed, .cumulativeSum, .integerProduct, .matrixProduct, .linearAlgebra, .other: break
      }
      // The engine would look for what is between in memory, where a program that is written out keeps nothing.
      precondition(!program.isUnrolled, "a program that is written out has a step that is not")
      fails = true
      calls.line("context->steps[\(i)].run(context->steps[\(i)].payload, context);")
      calls.line("if (context->failure) return;")
    }
    calls.line("}")
    if program.isUnrolled {
      calls.line("static void p\(number)(ck_context *context) {")
      calls.line("p\(number)_all((char *const *)context->buffers);")
      calls.line("}")
    }
    body += calls.text + "\n"
    names.append("p\(number)")
    functions.append(.program(program.nativeCell))
    return (number, fails)
  }

  /// The table of a program's buffers: that of the context, or one whose temporaries are the function's own.
  private func declareBuffers(_ program: Program, _ text: inout NativeText) {
    let table = program.table
    guard program.isUnrolled else {
      text.line("char **const b = (char **)context->buffers;")
      text.line("(void)b;")
      for n in 0..<program.outputPartCount {
        let part = program.outputParts![n]
        text.line("b[\(part.buffer)] = b[\(part.root)] + \(part.offset);")
      }
      return
    }
    var places = (0..<table.firstTemporary).map { "given[\($0)]" }
    for n in table.firstTemporary..<max(table.sizes.count, table.firstTemporary) {
      places.append("m\(n)")
      if table.aliases[Int32(n)] == nil {
        text.line("char m\(n)[\(max(table.sizes[n], 8))] __attribute__((aligned(64)));")
      }
    }
    for (alias, part) in table.aliases { places[Int(alias)] = places[Int(part.root)] + " + \(part.offset)" }
    text.line("char *const b[] = {\(places.joined(separator: ", "))};")
  }

  private func write(
    _ step: RecurrenceStep, _ body: (number: Int, fails: Bool), _ program: Program, _ text: inout NativeText
  ) {
    text.line("{")
    text.line("ck_context *const body = context->bodies[\(step.bodyNumber)];")
    func argument(_ n: Int) -> String { "a[\(n)]" }
    func output(_ n: Int) -> String { "a[\(program.table.output(n))]" }
    if step.isLocal(program) {
      text.line("char *a[\(program.table.firstTemporary)];")
      text.line("memcpy(a, body->buffers, sizeof a);")
      step.write(to: &text, isLocal: true, argument: argument, output: output, call: ["p\(body.number)_all(a);"])
      text.line("}")
      return
    }
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
    step.write(to: &text, argument: argument, output: output, call: call)
    text.line("}")
  }

  /// Adds the function of a group.
  ///
  /// - Returns: the call that runs all of it; nil if somebody else runs it, because it is shared or not compiled.
  private mutating func add(
    _ step: ck_group_step, name: String, isUnrolled: Bool, _ body: inout String
  ) -> String? {
    guard Int(step.group.pointee.body_count) <= GroupSource.mostInstructions else {
      interpretedGroupCount += 1
      return nil
    }
    let source = GroupSource(step.group.pointee, name: name, isUnrolled: isUnrolled)
    guard
      isUnrolled
        || (source.isRegular || includesIrregular)
          && body.utf8.count + source.text.text.utf8.count < NativeCompiler.mostSourceBytes / 2
    else {
      interpretedGroupCount += 1
      return nil
    }
    families.formUnion(source.families)
    body += source.text.text + "\n"
    isWorthwhile = true
    let cut = source.cut(unitsPerWorker: Int(step.units_per_worker))
    if isUnrolled { return "\(name)(b, 0, \(cut.units));" }
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

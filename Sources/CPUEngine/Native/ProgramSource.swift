import CKernels
import TensorGraph

/// The text of a program in C, for this process: its groups, and one function that runs all steps of each program.
struct ProgramSource {
  static let tableName = "curvature_table"

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
    add(program, &body)
    let begin = """
      typedef struct { void (*run)(const void *, void *); const void *payload; } program_step;
      #define FAILED(context) (*(const int64_t *)((const char *)(context) + \(MemoryLayout<ck_context>.offset(of: \.failure)!)))


      """
    text = NativePreamble.text(families) + begin + body
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

  private mutating func add(_ program: Program, _ body: inout String) {
    let number = programCount
    programCount += 1
    for inner in program.bodies { add(inner, &body) }
    var calls = NativeText()
    calls.line("static void p\(number)(char *const *b, void *context, const program_step *steps) {")
    calls.line("(void)b, (void)context, (void)steps;")
    var isEmpty = true
    for (i, summary) in program.summaries.enumerated() {
      if case .group = summary {
        if let call = add(program.steps[i], name: "p\(number)_g\(i)", &body) {
          isEmpty = false
          if !call.isEmpty {
            calls.line(call)
            continue
          }
        } else {
          interpretedGroupCount += 1
        }
      }
      calls.line("steps[\(i)].run(steps[\(i)].payload, context);")
      calls.line("if (FAILED(context)) return;")
    }
    calls.line("}")
    guard !isEmpty else { return }
    body += calls.text + "\n"
    names.append("p\(number)")
    functions.append(.program(program.nativeCell))
  }

  /// Adds the function of a group.
  ///
  /// - Returns: the call that runs all of it, empty if the work is shared among workers; nil if it is not compiled.
  private mutating func add(_ step: ck_step, name: String, _ body: inout String) -> String? {
    let payload = step.payload.assumingMemoryBound(to: ck_group_step.self).pointee
    guard Int(payload.group.pointee.body_count) <= GroupSource.mostInstructions else { return nil }
    let source = GroupSource(payload.group.pointee, name: name)
    guard source.isRegular || includesIrregular,
      body.utf8.count + source.text.text.utf8.count < NativeCompiler.mostSourceBytes / 2
    else {
      return nil
    }
    families.formUnion(source.families)
    body += source.text.text + "\n"
    let cut = source.cut(unitsPerWorker: Int(payload.units_per_worker))
    names.append(name)
    functions.append(.group(payload.native, cut))
    guard cut.unitsPerWorker == 0 else { return "" }
    var call = "\(name)(b, 0, \(cut.units));"
    if let finish = source.finish(name: name + "_finish") {
      body += finish + "\n"
      call += " \(name)_finish(b);"
    }
    return call
  }
}

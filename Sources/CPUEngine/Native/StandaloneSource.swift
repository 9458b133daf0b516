import CKernels
import TensorGraph

/// A function in C that needs nothing but the library of mathematics.
package struct StandaloneFunction {
  /// What it is given or gives.
  package struct Argument {
    package let name: String
    package let count: Int
    package let type: ScalarType
    /// Rows of a symmetric matrix whose entries below the diagonal are copies of those above; 0 for others.
    package let symmetricSize: Int

    package init(name: String, count: Int, type: ScalarType, symmetricSize: Int = 0) {
      (self.name, self.count, self.type, self.symmetricSize) = (name, count, type, symmetricSize)
    }
  }

  package let name: String
  package let inputs: [Argument]
  package let outputs: [Argument]
  /// Bytes of memory that the caller gives.
  package let memoryByteCount: Int
}

/// The text of functions in C that need no engine: no allocation, no state, nothing but the library of mathematics.
package struct StandaloneSource {
  /// Numbers of the program's own that may be written out.
  private static let mostConstants = 1 << 18
  /// Bytes of text beyond which nobody would want to compile it.
  private static let mostBytes = 32 << 20

  package private(set) var functions: [StandaloneFunction] = []
  private var body = ""
  private var families = Set<Family>()
  private var linearFamilies = Set<Family>()
  /// The functions by their texts: two programs share what is the same.
  private var groups: [String: String] = [:]
  private var programs: [String: (number: Int, bytes: Int)] = [:]
  private var constantCount = 0

  package init() {}

  /// Adds a function that computes some nodes from others.
  ///
  /// - Parameters:
  ///   - name: a name in C.
  ///   - outputs: the nodes to compute, and what they are called.
  ///   - inputs: nodes whose elements are given in each call.
  /// - Throws: if a step has no text in C, or an input without elements is needed that is not in `inputs`.
  package mutating func add(
    _ name: String, outputs: [(node: Node, argument: StandaloneFunction.Argument)],
    inputs: [(node: Node, argument: StandaloneFunction.Argument)]
  ) throws(TensorError) {
    let (wanted, given) = (outputs.map(\.node), inputs.map(\.node))
    try Engine.evaluate(Node.invariants(of: wanted, arguments: Set(given)))
    let program = try Program(outputs: wanted, inputs: given, isStandalone: true)
    let (number, bytes) = try add(program)
    let function = StandaloneFunction(
      name: name, inputs: inputs.map(\.argument), outputs: outputs.map(\.argument), memoryByteCount: bytes)
    functions.append(function)
    var text = NativeText()
    text.line("\(Self.declaration(function)) {")
    let arguments = program.arguments.map { argument -> String in
      switch argument {
      case .input(let position): "(char *)\(inputs[position].argument.name)"
      case .kept: "0"
      }
    }
    text.line("(void)memory;")
    for input in inputs { text.line("(void)\(input.argument.name);") }
    text.line(
      "char *const a[] = {\((arguments + outputs.map { "(char *)\($0.argument.name)" } + ["0"]).joined(separator: ", "))};"
    )
    text.line("if (p\(number)(a, (char *)memory)) return 1;")
    for (_, output) in outputs where output.symmetricSize > 1 {
      let size = output.symmetricSize
      text.line("for (int64_t i = 1; i < \(size); ++i)")
      text.line("  for (int64_t j = 0; j < i; ++j) \(output.name)[i * \(size) + j] = \(output.name)[j * \(size) + i];")
    }
    text.line("return 0;")
    text.line("}")
    body += text.text + "\n"
  }

  /// The line that declares a function, without a semicolon.
  package static func declaration(_ function: StandaloneFunction) -> String {
    let inputs = function.inputs.map { "const \($0.type.nativeType) *\($0.name)" }
    let outputs = function.outputs.map { "\($0.type.nativeType) *\($0.name)" }
    return "int \(function.name)(\((inputs + outputs + ["void *memory"]).joined(separator: ", ")))"
  }

  /// The whole text, behind lines of one's own.
  package func text(behind header: String) throws(TensorError) -> String {
    let suffixes = linearFamilies.map(\.nativeSuffix).sorted()
    let text =
      header
      + NativePreamble.text(families.union(linearFamilies), parts: suffixes.map { "native/linear_\($0).inc" }) + body
    guard text.utf8.count <= Self.mostBytes else {
      throw TensorError(
        "generate: the code has \(text.utf8.count >> 20) MB, more than the \(Self.mostBytes >> 20) MB that a compiler takes; "
          + "ask for fewer results, or for products with directions instead of the whole")
    }
    return text
  }

  /// The text of a file of the kernels, such as `interfaces/cnlp.inc`, with those that it includes.
  package static func file(_ path: String) -> String { NativePreamble.expanded(path) }

  // MARK: Programs

  /// Adds the functions of a program.
  ///
  /// - Returns: the number of the function that runs it, and the bytes of memory that it takes.
  private mutating func add(_ program: Program) throws(TensorError) -> (number: Int, bytes: Int) {
    var bodies: [(number: Int, offset: Int)] = []
    var bytes = program.plan.byteCount
    for inner in program.bodies {
      let added = try add(inner)
      bodies.append((added.number, bytes))
      bytes += added.bytes
    }
    var calls = NativeText()
    calls.line("static int \(Self.own)(char *const *a, char *w) {")
    calls.line("(void)w;")
    let constants = try declareBuffers(program, &calls)
    for (i, source) in program.sources.enumerated() {
      switch source {
      case .group(let step): calls.line(add(step))
      case .recurrence(let step):
        let inner = program.bodies[step.bodyNumber]
        let (body, offset) = bodies[step.bodyNumber]
        calls.line("{")
        calls.line("char *c[\(inner.arguments.count + inner.outputs.count + 1)];")
        step.write(
          to: &calls, argument: { "c[\($0)]" }, output: { "c[\(inner.arguments.count + $0)]" },
          call: ["if (p\(body)(c, w + \(offset))) return 1;"])
        calls.line("}")
      case .linearAlgebra(let step):
        linearFamilies.insert(step.isDouble ? .float64 : .float32)
        if !source.write(to: &calls) { throw Self.refusal("\(program.summaries[i])") }
      case .other(let name): throw Self.refusal(name)
      case .boxes, .indexed, .cumulativeSum, .integerProduct, .matrixProduct:
        if case .matrixProduct(let step) = source { families.insert(step.isDouble ? .float64 : .float32) }
        if !source.write(to: &calls) { throw Self.refusal("\(program.summaries[i])") }
      }
    }
    calls.line("return 0;")
    calls.line("}")
    let text = constants.text + calls.text + "\n"
    if let known = programs[text] { return known }
    constantCount += constants.count
    guard constantCount <= Self.mostConstants else { throw Self.tooManyConstants }
    let number = programs.count
    programs[text] = (number, bytes)
    body += Self.named(text, "p\(number)")
    return (number, bytes)
  }

  /// Stands for the name of a function in its own text, until it is known that no function has the same.
  private static let own = "\u{1}"

  private static func named(_ text: String, _ name: String) -> String {
    text.utf8.split(separator: 1, omittingEmptySubsequences: false).map { String(Substring($0)) }.joined(
      separator: name)
  }

  private static func refusal(_ step: String) -> TensorError {
    TensorError(
      "generate: there is no C for this step: \(step). Sorts, special functions, QR, eigenvalues and singular values need the engine; "
        + "compute them before, and give what they give as data")
  }

  /// The table of a program's buffers: its arguments and outputs, its constants, and parts of the caller's memory.
  ///
  /// - Returns: the text of the constants, and how many there are.
  private func declareBuffers(
    _ program: Program, _ text: inout NativeText
  ) throws(TensorError) -> (text: String, count: Int) {
    var (constants, count) = ("", 0)
    func declare(_ name: String, _ values: [Literal], _ type: ScalarType) throws(TensorError) {
      count += values.count
      guard count <= Self.mostConstants else { throw Self.tooManyConstants }
      constants += Self.declaration("\(Self.own)_\(name)", values, type)
    }
    let table = program.table
    var places = [String](repeating: "0", count: table.sizes.count)
    for (n, argument) in program.arguments.enumerated() {
      switch argument {
      case .input: places[n] = "a[\(n)]"
      case .kept(let storage):
        try declare("k\(n)", (0..<storage.count).map { storage.literal(at: $0) }, storage.scalarType)
        places[n] = "(char *)\(Self.own)_k\(n)"
      }
    }
    for (n, literal) in program.literals.enumerated() {
      let (value, type): (Literal, ScalarType) =
        switch literal {
        case .fixed(let value, let type): (value, type)
        case .graph(let i, let type): (program.literalValues[i], type)
        }
      try declare("l\(n)", [value], type)
      places[table.argumentCount + n] = "(char *)\(Self.own)_l\(n)"
    }
    for n in 0..<table.outputCount { places[table.output(n)] = "a[\(table.argumentCount + n)]" }
    for (n, offset) in program.plan.offsets.enumerated() { places[table.firstTemporary + n] = "w + \(offset)" }
    for (alias, part) in table.aliases { places[Int(alias)] = places[Int(part.root)] + " + \(part.offset)" }
    text.line("char *const b[] = {\((places + ["0"]).joined(separator: ", "))};")
    text.line("(void)b, (void)a;")
    return (constants, count)
  }

  private static var tooManyConstants: TensorError {
    TensorError(
      "generate: the function keeps more than \(mostConstants) numbers of its own; make them arguments, as data")
  }

  /// An array of constants.
  private static func declaration(_ name: String, _ values: [Literal], _ type: ScalarType) -> String {
    var text = "static const \(type.nativeType) \(name)[] = {"
    for (n, value) in values.enumerated() {
      text += (n == 0 ? "" : n.isMultiple(of: 8) ? ",\n  " : ", ") + Self.text(value, type)
    }
    return text + (values.isEmpty ? "0};\n" : "};\n")
  }

  private static func text(_ value: Literal, _ type: ScalarType) -> String {
    switch type {
    case .bool: value.double != 0 ? "1" : "0"
    case .int32, .int64:
      switch value {
      case .integer(let whole): self.text(whole)
      default: self.text(Int64(value.double))
      }
    case .float32, .float64:
      number(type == .float32 ? Double(Float(value.double)) : value.double, isSingle: type == .float32)
    }
  }

  private static func text(_ whole: Int64) -> String {
    whole == .min ? "INT64_MIN" : Int32(exactly: whole).map { "\($0)" } ?? "INT64_C(\(whole))"
  }

  private static func number(_ value: Double, isSingle: Bool) -> String {
    if value.isNaN { return "__builtin_nan(\"\")" }
    if value.isInfinite { return value < 0 ? "-__builtin_inf()" : "__builtin_inf()" }
    return (isSingle ? "\(Float(value))f" : "\(value)")
  }

  /// Adds the function of a group.
  ///
  /// - Returns: the call that runs it.
  private mutating func add(_ step: ck_group_step) -> String {
    let source = GroupSource(step.group.pointee, name: Self.own, hasOwnTable: true)
    families.formUnion(source.families)
    let finish = source.finish(name: Self.own + "_finish")
    let text = source.text.text + "\n" + (finish.map { $0 + "\n" } ?? "")
    let name = groups[text] ?? "g\(groups.count)"
    if groups.updateValue(name, forKey: text) == nil { body += Self.named(text, name) }
    let table = (source.buffers.map { "b[\($0)]" } + ["0"]).joined(separator: ", ")
    let call = "\(name)(c, 0, \(source.units));" + (finish == nil ? "" : " \(name)_finish(c);")
    return "{ char *const c[] = {\(table)}; \(call) }"
  }
}

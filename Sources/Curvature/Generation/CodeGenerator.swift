import CPUEngine
import SparseStructure
import TensorGraph

/// Collects functions and writes them as one file of C with its header.
struct CodeGenerator {
  private let foreign: (any ForeignInterface.Type)?
  /// The functions that are asked for; nil for all.
  private let asked: Set<GeneratedCode.Function>?
  /// Those that there could be.
  private var offered: [GeneratedCode.Function] = []
  private(set) var functions: GeneratedFunctions
  private var code = StandaloneSource()

  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  ///   - arguments: what the plain functions are given: the vector first, and data.
  ///   - asked: the functions that are wanted, besides those that the interface calls; nil for all.
  ///   - problem: what a solver is told besides.
  /// - Throws: `TensorError` if the name is none in C.
  init(
    _ name: String, _ interface: GeneratedCode.Interface, of arguments: [PlanProgram.Argument],
    functions asked: Set<GeneratedCode.Function>? = nil, problem: GeneratedCode.Problem? = nil
  ) throws(TensorError) {
    let isName =
      name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || Self.isLetter($0) || (48...57).contains($0) }
      && name.utf8.first.map { Self.isLetter($0) } ?? false
    // Functions of the file's own are g0, p0 and so on.
    let isOwn = "gp".contains(name.first ?? " ") && name.count > 1 && name.dropFirst().allSatisfy(\.isNumber)
    guard isName, !isOwn, !ReservedNames.keywords.contains(name) else {
      throw TensorError(
        "generate: '\(name)' is no name of a function in C; use letters, digits and '_', a letter first")
    }
    guard !ReservedNames.isTaken(name) else {
      throw TensorError(
        "generate: '\(name)' is a name of C's library, or one that the generated files have themselves; choose another")
    }
    foreign = interface.foreign
    self.asked = asked
    functions = GeneratedFunctions(name: name)
    functions.problem = problem
    functions.variables = [GeneratedBlock(name: "x", shape: arguments[0].node.shape.dimensions)]
    for (number, argument) in arguments.enumerated() where argument.isData {
      functions.data.append(
        GeneratedBlock(name: Self.argumentName(argument, number), shape: argument.node.shape.dimensions))
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }

  /// Names what the functions are of, for interfaces that tell.
  mutating func name(
    variables: [GeneratedBlock], constraints: [GeneratedBlock] = [], data: [GeneratedBlock] = []
  ) {
    (functions.variables, functions.constraints, functions.data) = (variables, constraints, data)
  }

  /// Whether the interface calls a function that the plain one does not have.
  func isWanted(_ role: FunctionRole) -> Bool { foreign?.roles.contains(role) ?? false }

  /// Whether a function is to be written, or places of a result of its.
  private func isAsked(_ role: FunctionRole, _ function: GeneratedCode.Function?) -> Bool {
    guard let asked, let function else { return true }
    return asked.contains(function) || isWanted(role)
  }

  /// Adds a function that computes all results of a plan's program, if it is asked for.
  ///
  /// - Parameters:
  ///   - role: what it is to interfaces.
  ///   - suffix: what its name has besides; empty for the function that has the name itself.
  ///   - program: what it computes.
  ///   - comment: the same in words.
  ///   - point: where the test program calls it: tensors for all arguments.
  mutating func add(
    _ role: FunctionRole, _ suffix: String, _ program: PlanProgram, _ comment: String, at point: [Node]? = nil
  ) throws(TensorError) {
    let choice = GeneratedCode.Function(rawValue: suffix.isEmpty ? GeneratedCode.Function.all.rawValue : suffix)
    if let choice { offered.append(choice) }
    guard isAsked(role, choice) else { return }
    let inputs = program.arguments.enumerated().map { number, argument in
      (
        argument.node,
        StandaloneFunction.Argument(
          name: Self.argumentName(argument, number), count: argument.count, type: argument.node.scalarType)
      )
    }
    let outputs = program.results.map { result in
      (
        result.node,
        StandaloneFunction.Argument(
          name: Self.resultName(result.name), count: result.count, type: result.node.scalarType,
          symmetricSize: result.symmetricSize)
      )
    }
    let own = suffix.isEmpty && foreign?.takesName == true ? "all" : suffix
    try code.add(own.isEmpty ? functions.name : "\(functions.name)_\(own)", outputs: outputs, inputs: inputs)
    let shapes = (program.arguments.map(\.node) + program.results.map(\.node)).map { "\($0.shape)" }
    let names = (inputs.map(\.1) + outputs.map(\.1)).map(\.name)
    let check = try point.map { point throws(TensorError) in
      GeneratedFunctions.Check(
        inputs: try Evaluation.storages(point).map(Self.numbers), outputs: try program(point).map(Self.numbers))
    }
    functions.entries.append(
      .init(
        role: role, function: code.functions[code.functions.count - 1],
        comment: "\(comment)\n   " + zip(names, shapes).map { "\($0) \($1)" }.joined(separator: ", ") + ".",
        check: check))
  }

  /// Adds the places of a sparse result's values.
  mutating func add(_ role: FunctionRole, _ suffix: String, pattern: SparsityPattern) {
    guard isAsked(role, GeneratedCode.Function(rawValue: suffix)) || isAsked(role, .all) else { return }
    functions.patterns.append((role, "\(functions.name)_\(suffix)", pattern))
  }

  private static func argumentName(_ argument: PlanProgram.Argument, _ number: Int) -> String {
    if number == 0 { return "x" }
    return argument.isData ? "data\(number)" : resultName(argument.name)
  }

  /// `the Hessian's entries` as `hessian_entries`.
  private static func resultName(_ text: String) -> String {
    text.replacing("the ", with: "").replacing("'s", with: "").replacing(" ", with: "_").lowercased()
  }

  private static func numbers(_ storage: Storage) -> [Double] {
    (0..<storage.count).map { storage.literal(at: $0).double }
  }

  // MARK: Files

  func generated() throws(TensorError) -> GeneratedCode {
    let name = functions.name
    if let asked, asked.isEmpty || !asked.isSubset(of: offered) {
      let names = offered.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      let missing = asked.subtracting(offered).map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
      throw TensorError(
        "generate: \(missing.isEmpty ? "no function is asked for" : "there is no function \(missing)"); "
          + "choose from \(names)")
    }
    let foreign = try foreign?.init(functions)
    var source = try code.text(
      behind:
        "/* \(name): see \(name).h. Compile with -ffp-contract=off, and -march=native for speed. */\n#include \"\(name).h\"\n\n"
    )
    for (_, name, pattern) in functions.patterns {
      let (rows, columns) = pattern.coordinateArrays()
      source += GeneratedFunctions.array("const int \(name)_rows[]", rows)
      source += GeneratedFunctions.array("const int \(name)_columns[]", columns)
    }
    if let foreign { source += foreign.text }
    let test = GeneratedTest(functions: functions, foreign: foreign?.test)
    return GeneratedCode(
      name: name, source: source, header: header(foreign?.declarations ?? ""), testProgram: test?.text,
      buildFile: buildFile)
  }

  private func header(_ declarations: String) -> String {
    let guardName = functions.name.uppercased() + "_H"
    var text = """
      /* Generated by Curvature: exact derivatives in plain C. No allocation, no state: threads may call the functions at once, each
         with memory of its own. Arrays are row-major. Every function returns 0, or 1 if an index is outside its axis. */
      #ifndef \(guardName)
      #define \(guardName)

      #include <stdint.h>

      /* What `memory` has at least, aligned for double. */
      #define \(functions.memoryName) \(functions.memoryByteCount)

      #ifdef __cplusplus
      extern "C" {
      #endif


      """
    for entry in functions.entries {
      text += "/* \(entry.comment) */\n\(StandaloneSource.declaration(entry.function));\n\n"
    }
    for (_, name, pattern) in functions.patterns {
      let macro = name.uppercased() + "_COUNT"
      text += """
        /* Where the values of a sparse result stand in a matrix of \(pattern.rowCount) x \(pattern.columnCount). */
        #define \(macro) \(pattern.nonzeroCount)
        extern const int \(name)_rows[];
        extern const int \(name)_columns[];


        """
    }
    text += declarations.isEmpty ? "" : declarations + "\n"
    return text + "#ifdef __cplusplus\n}\n#endif\n\n#endif\n"
  }

  private var buildFile: String {
    let name = functions.name
    return """
      cmake_minimum_required(VERSION 3.13)
      project(\(name) C)
      set(CMAKE_C_STANDARD 99)
      if(NOT CMAKE_BUILD_TYPE)
        set(CMAKE_BUILD_TYPE Release)
      endif()
      # With -DBUILD_SHARED_LIBS=ON a library to be loaded.
      add_library(\(name) \(name).c)
      target_include_directories(\(name) PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
      target_compile_options(\(name) PRIVATE -O3 -ffp-contract=off -fno-math-errno)
      target_link_libraries(\(name) PUBLIC m)
      if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/\(name)_test.c)
        enable_testing()
        add_executable(\(name)_test \(name)_test.c)
        target_link_libraries(\(name)_test \(name))
        add_test(NAME \(name) COMMAND \(name)_test)
      endif()

      """
  }
}

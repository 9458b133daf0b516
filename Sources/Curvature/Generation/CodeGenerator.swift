import CPUEngine
import SparseStructure
import TensorGraph

/// Collects functions and writes them as one file of C with its header.
struct CodeGenerator {
  private let name: String
  private let interface: GeneratedCode.Interface
  /// What CasADi's functions call.
  private var casadi = CasADiInterface()
  private var code = StandaloneSource()
  private var comments: [String] = []
  private var patterns: [(name: String, pattern: SparsityPattern)] = []
  private var checks: [Check] = []

  /// What a function must give at a point.
  private struct Check {
    var function: Int
    var inputs: [[Double]]
    var outputs: [[Double]]
  }

  /// - Throws: `TensorError` if the name is none in C.
  init(_ name: String, _ interface: GeneratedCode.Interface) throws(TensorError) {
    let isName =
      name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || Self.isLetter($0) || (48...57).contains($0) }
      && name.utf8.first.map { Self.isLetter($0) } ?? false
    guard isName, !Self.reserved.contains(name) else {
      throw TensorError("generate: '\(name)' is no name of a function in C; use letters, digits and '_', a letter first")
    }
    (self.name, self.interface) = (name, interface)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }

  private static let reserved: Set<String> = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float",
    "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static",
    "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "class", "namespace", "template",
    "new", "delete", "this", "operator", "private", "public", "protected", "main",
  ]

  /// Adds a function that computes all results of a plan's program.
  ///
  /// - Parameters:
  ///   - suffix: what its name has besides; empty for the function that has the name itself.
  ///   - comment: what it computes.
  ///   - role: what it is to CasADi.
  ///   - point: where the test program calls it: tensors for all arguments.
  mutating func add(
    _ suffix: String, _ program: PlanProgram, _ comment: String, _ role: CasADiInterface.Role? = nil,
    at point: [Node]? = nil
  ) throws(TensorError) {
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
    // CasADi's function has the name itself.
    let own = suffix.isEmpty && interface == .casadi ? "all" : suffix
    let function = own.isEmpty ? name : "\(name)_\(own)"
    try code.add(function, outputs: outputs, inputs: inputs)
    if let role { casadi.functions[role] = code.functions.last! }
    let shapes = (program.arguments.map(\.node) + program.results.map(\.node)).map { "\($0.shape)" }
    let names = (inputs.map(\.1) + outputs.map(\.1)).map(\.name)
    comments.append("\(comment)\n   " + zip(names, shapes).map { "\($0) \($1)" }.joined(separator: ", ") + ".")
    if let point {
      checks.append(
        Check(
          function: code.functions.count - 1, inputs: try Evaluation.storages(point).map(\.doubles),
          outputs: try program(point).map(\.doubles)))
    }
  }

  /// Adds the places of a sparse result's values.
  mutating func add(_ suffix: String, pattern: SparsityPattern) {
    patterns.append(("\(name)_\(suffix)", pattern))
    casadi.pattern = pattern
  }

  private static func argumentName(_ argument: PlanProgram.Argument, _ number: Int) -> String {
    if number == 0 { return "x" }
    return argument.isData ? "data\(number)" : resultName(argument.name)
  }

  /// `the Hessian's entries` as `hessian_entries`.
  private static func resultName(_ text: String) -> String {
    text.replacing("the ", with: "").replacing("'s", with: "").replacing(" ", with: "_").lowercased()
  }

  // MARK: Files

  func generated() throws(TensorError) -> GeneratedCode {
    var source = try code.text(behind: "/* \(name): see \(name).h. Compile with -ffp-contract=off, and -march=native for speed. */\n#include \"\(name).h\"\n\n")
    for (name, pattern) in patterns {
      let (rows, columns) = pattern.coordinateArrays()
      source += Self.array("const int \(name)_rows[]", rows) + Self.array("const int \(name)_columns[]", columns)
    }
    if interface == .casadi { source += try casadi.text(name) }
    return GeneratedCode(
      name: name, source: source, header: header, testProgram: checks.isEmpty ? nil : testProgram, buildFile: buildFile)
  }

  private static func array(_ declaration: String, _ numbers: [Int32]) -> String {
    var text = "\(declaration) = {"
    for (n, number) in numbers.enumerated() {
      text += (n == 0 ? "" : n.isMultiple(of: 16) ? ",\n  " : ", ") + "\(number)"
    }
    return text + (numbers.isEmpty ? "0};\n" : "};\n")
  }

  private var memoryName: String { name.uppercased() + "_MEMORY_BYTES" }

  private var header: String {
    let guardName = name.uppercased() + "_H"
    var text = """
      /* Generated by Curvature: exact derivatives in plain C. No allocation, no state: threads may call the functions at once, each
         with memory of its own. Arrays are row-major. Every function returns 0, or 1 if an index is outside its axis. */
      #ifndef \(guardName)
      #define \(guardName)

      #include <stdint.h>

      /* What `memory` has at least, aligned for double. */
      #define \(memoryName) \(max(code.functions.map(\.memoryByteCount).max() ?? 0, 8))

      #ifdef __cplusplus
      extern "C" {
      #endif


      """
    for (function, comment) in zip(code.functions, comments) {
      text += "/* \(comment) */\n\(StandaloneSource.declaration(function));\n\n"
    }
    for (name, pattern) in patterns {
      let macro = name.uppercased() + "_COUNT"
      text += """
        /* Where the values of a sparse result stand in a matrix of \(pattern.rowCount) x \(pattern.columnCount). */
        #define \(macro) \(pattern.nonzeroCount)
        extern const int \(name)_rows[];
        extern const int \(name)_columns[];


        """
    }
    return text + "#ifdef __cplusplus\n}\n#endif\n\n#endif\n"
  }

  private var buildFile: String {
    """
    cmake_minimum_required(VERSION 3.13)
    project(\(name) C)
    set(CMAKE_C_STANDARD 99)
    if(NOT CMAKE_BUILD_TYPE)
      set(CMAKE_BUILD_TYPE Release)
    endif()
    add_library(\(name) \(name).c)
    target_include_directories(\(name) PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_compile_options(\(name) PRIVATE -O2 -ffp-contract=off -fno-math-errno)
    target_link_libraries(\(name) PUBLIC m)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/\(name)_test.c)
      enable_testing()
      add_executable(\(name)_test \(name)_test.c)
      target_link_libraries(\(name)_test \(name))
      add_test(NAME \(name) COMMAND \(name)_test)
    endif()

    """
  }

  /// A program that calls the functions at a point.
  private var testProgram: String {
    var text = """
      /* Compares the functions of \(name).h with values that Curvature computed. */
      #include <math.h>
      #include <stdio.h>

      #include "\(name).h"

      static double memory[\(memoryName) / 8 + 1];

      static int differ(const char *name, double found, double expected, double scale, double tolerance) {
        if (found == expected || (found != found && expected != expected)) return 0;
        if (fabs(found - expected) <= tolerance * (scale + fabs(expected))) return 0;
        printf("%s: %.17g, expected %.17g\\n", name, found, expected);
        return 1;
      }


      """
    var body = "int main(void) {\n  int failures = 0;\n"
    for (number, check) in checks.enumerated() {
      let function = code.functions[check.function]
      var names: [String] = []
      for (argument, values) in zip(function.inputs, check.inputs) {
        names.append("\(argument.name)_\(number)")
        text += "static const \(argument.type.nativeType) \(names.last!)[] = {\(Self.numbers(values))};\n"
      }
      for (argument, values) in zip(function.outputs, check.outputs) {
        names.append("\(argument.name)_\(number)")
        text += "static \(argument.type.nativeType) \(names.last!)[\(max(values.count, 1))];\n"
        text += "static const double \(names.last!)_expected[] = {\(Self.numbers(values))};\n"
      }
      body += "  failures += \(function.name)(\((names + ["memory"]).joined(separator: ", ")));\n"
      for (argument, values) in zip(function.outputs, check.outputs) {
        let scale = values.lazy.filter(\.isFinite).map(abs).max() ?? 0
        let tolerance = argument.type == .float32 ? "1e-4" : "1e-10"
        let place = "\(argument.name)_\(number)"
        body += "  for (int i = 0; i < \(values.count); ++i)\n"
        body += "    failures += differ(\"\(function.name): \(argument.name)\", (double)\(place)[i], \(place)_expected[i], \(scale), \(tolerance));\n"
      }
    }
    return text + "\n" + body + "  if (failures == 0) printf(\"\(name): all values agree\\n\");\n  return failures != 0;\n}\n"
  }

  private static func numbers(_ values: [Double]) -> String {
    values.isEmpty
      ? "0" : values.map { $0.isNaN ? "NAN" : $0.isInfinite ? ($0 < 0 ? "-INFINITY" : "INFINITY") : "\($0)" }.joined(separator: ", ")
  }
}

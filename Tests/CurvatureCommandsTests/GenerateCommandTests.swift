import CurvatureCommands
import Foundation
import TestSupport
import Testing

/// Generated code, compiled by the C compilers of this machine, gives what the tool gives.
@Suite("curvature generate", .serialized) struct GenerateCommandTests {
  /// A formula with its variables, and what else the command line has.
  struct Case: CustomTestStringConvertible, Sendable {
    let formula: String
    let arguments: [String]
    var testDescription: String { formula }

    init(_ formula: String, _ arguments: String...) { (self.formula, self.arguments) = (formula, arguments) }
  }

  static let cases = [
    Case("sum((x[1:] - x[:-1]**2)**2) + a * sum(sin(x) * exp(-x))", "--at", "x=linspace(0.1, 1, 10)", "--argument", "a=3"),
    Case("sum((x[1:] - x[:-1]**2)**2)", "--at", "x=linspace(0.1, 1, 40)", "--sparse"),
    Case("sum(tanh(w @ v + b)**2)", "--at", "w=reshape(linspace(-1, 1, 12), [3, 4])", "--at", "b=[1, 2, 3]", "--let", "v=[1, 2, 3, 4]"),
    Case("x[1:] * x[:-1] + cumsum(x)[1:]", "--at", "x=[1, 2, 3, 4]"),
    Case("sum(x[i]**3)", "--at", "x=[1, 2, 3, 4]", "--argument", "i=[0, 2, 2, 3]", "--sparse"),
    Case("log(det(a)) + sum(solve(a, b))", "--at", "a=[[4, 1, 0.5], [1, 3, 1], [0.2, 1, 5]]", "--let", "b=[1, 2, 3]"),
    Case("max(x) + sum(where(x > 2, x**2, abs(x))) + prod(x)", "--at", "x=[1, 2.5, 3, -4]"),
    Case("sum(sin(1e8 * x) + tan(x) + erf(x) + sigmoid(x) * log1p(x**2))", "--at", "x=[1, 2, 3, 0.1, 5, 6, 7, 8, 9, 10]"),
    Case("sum(x**2 * softplus(x))", "--at", "x=linspace(-2, 2, 700)", "--sparse"),
    Case("mean(exp(x) @ transpose(x))", "--at", "x=reshape(linspace(-1, 1, 60), [6, 10])"),
    Case("sum(x**2 * sqrt(1 + x))", "--at", "x=[1, 2, 3]", "--dtype", "float32"),
    Case("x - x", "--at", "x=[1, 2]"),
  ]

  private static let compilers: [[String]] = [
    ["clang", "-x", "c", "-std=c99"], ["gcc", "-x", "c", "-std=c99"], ["clang", "-x", "c++", "-std=c++17"],
    ["g++", "-x", "c++", "-std=c++17"],
  ].filter { run("/usr/bin/env", ["which", $0[0]]).status == 0 }

  /// The status of a program and what it says.
  private static func run(_ program: String, _ arguments: [String]) -> (status: Int32, text: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    (process.standardOutput, process.standardError) = (pipe, pipe)
    do { try process.run() } catch { return (-1, "\(error)") }
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("generate-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test("Compiles without warnings as C and C++, and agrees", arguments: cases)
  func agrees(_ example: Case) throws {
    try withFolder { folder in
      let outcome = Tool.run(["generate", example.formula, "--output", folder, "--function", "model"] + example.arguments)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(!Self.compilers.isEmpty)
      for compiler in Self.compilers {
        let flags = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-O2", "-ffp-contract=off"]
        let built = Self.run(
          "/usr/bin/env",
          compiler + flags + ["\(folder)/model.c", "\(folder)/model_test.c", "-o", "\(folder)/test", "-lm"])
        #expect(built.status == 0 && built.text.isEmpty, "\(compiler.joined(separator: " ")): \(built.text)")
        let ran = Self.run("\(folder)/test", [])
        #expect(ran.status == 0 && ran.text == "model: all values agree\n", "\(ran.text)")
      }
    }
  }

  @Test("The text does not grow with the elements") func textSize() throws {
    var sizes: [Int] = []
    for count in [100, 10_000] {
      try withFolder { folder in
        let outcome = Tool.run([
          "generate", "sum((x[1:] - x[:-1]**2)**2)", "--at", "x=linspace(0, 1, \(count))", "--output", folder, "--sparse",
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let source = try String(contentsOfFile: folder + "/f.c", encoding: .utf8)
        sizes.append(source.components(separatedBy: "const int f_hessian_rows").first!.utf8.count)
      }
    }
    #expect(sizes[1] < sizes[0] + 500)
  }

  @Test(
    "What has no form in C is refused in words",
    arguments: [
      (["sum(sort(x))"], "argsort"), (["sum(lgamma(x))"], "special functions"),
      (["sum(x)", "--function", "2x"], "no name of a function in C"),
      (["sum(x) * a", "--argument", "a=2", "--interface", "casadi"], "no data"),
    ])
  func refusals(arguments: [String], text: String) throws {
    try withFolder { folder in
      let outcome = Tool.run(["generate"] + arguments + ["--at", "x=[1, 2, 3]", "--output", folder])
      #expect(outcome.status != 0 && outcome.errors.contains(text), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder))
    }
  }
}

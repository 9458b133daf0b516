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
    Case(
      "sum((x[1:] - x[:-1]**2)**2) + a * sum(sin(x) * exp(-x))", "--at", "x=linspace(0.1, 1, 10)", "--argument", "a=3"),
    Case("sum((x[1:] - x[:-1]**2)**2)", "--at", "x=linspace(0.1, 1, 40)", "--sparse"),
    Case(
      "sum(tanh(w @ v + b)**2)", "--at", "w=reshape(linspace(-1, 1, 12), [3, 4])", "--at", "b=[1, 2, 3]", "--let",
      "v=[1, 2, 3, 4]"),
    Case("x[1:] * x[:-1] + cumsum(x)[1:]", "--at", "x=[1, 2, 3, 4]"),
    Case("sum(x[i]**3)", "--at", "x=[1, 2, 3, 4]", "--argument", "i=[0, 2, 2, 3]", "--sparse"),
    Case("log(det(a)) + sum(solve(a, b))", "--at", "a=[[4, 1, 0.5], [1, 3, 1], [0.2, 1, 5]]", "--let", "b=[1, 2, 3]"),
    Case("max(x) + sum(where(x > 2, x**2, abs(x))) + prod(x)", "--at", "x=[1, 2.5, 3, -4]"),
    Case(
      "sum(sin(1e8 * x) + tan(x) + erf(x) + sigmoid(x) * log1p(x**2))", "--at", "x=[1, 2, 3, 0.1, 5, 6, 7, 8, 9, 10]"),
    Case("sum(x**2 * softplus(x))", "--at", "x=linspace(-2, 2, 700)", "--sparse"),
    Case("mean(exp(x) @ transpose(x))", "--at", "x=reshape(linspace(-1, 1, 60), [6, 10])"),
    Case("sum(x**2 * sqrt(1 + x))", "--at", "x=[1, 2, 3]", "--dtype", "float32"),
    Case("x - x", "--at", "x=[1, 2]"),
    Case("sum(x**2 * exp(x))", "--at", "x=[1, 2, 3]", "--functions", "hessian", "value"),
    // A short axis with another moved along it, and one at whose ends there is nothing.
    Case(
      "sum(sin(a) * b) + sum((a[:, 1:] * a[:, :4])**2) + sum(tanh(a[1:] * a[:8, ::-1]))", "--at",
      "a=reshape(linspace(-1, 1, 45), [9, 5])", "--let", "b=[1, 2, 3, 4, 5]"),
    // A recurrence, whose derivatives place rows where there are none.
    Case("sum(scan(lambda c, u: (c + u*sin(c), c), x, [0.1, 0.2, 0.3])[0])", "--at", "x=[1, 2, 3]"),
    // Sums and carries in one memory, read by rows and columns of their own.
    Case("sum(fori_loop(0, 1, lambda i, v: v*x.T*x, x))", "--at", "x=[[0.3, 1.2], [-0.8, 0.6]]"),
    Case("sum(fori_loop(0, 2, lambda i, v: v @ x.T @ x, x))", "--at", "x=[[0.3, 1.2], [-0.8, 0.6]]", "--sparse"),
    Case("sum(scan(lambda c, u: (c*u*x*x[::-1], c), x, [0.5, 1.5])[0])", "--at", "x=[[0.3, 1.2, 2], [-0.8, 0.6, 1]]"),
    Case(
      "sum((x - p)**2) + y*k", "--at", "x=[1, 2, 3]", "--at", "y=2", "--argument", "p=[1, 0, 2]", "--argument", "k=3",
      "--subject-to", "0 <= x*y <= 1", "--subject-to", "x[0] == x[1]*p[0]"),
  ]

  /// Formulas whose test calls another system's functions.
  static let foreignCases = [
    Case("sum((x[1:] - x[:-1]**2)**2)", "--at", "x=linspace(0.1, 1, 9)", "--interface", "casadi"),
    Case("sum((x[1:] - x[:-1]**2)**2)", "--at", "x=linspace(0.1, 1, 9)", "--interface", "casadi", "--sparse"),
    Case("x[1:] * x[:-1] + cumsum(x)[1:]", "--at", "x=[1, 2, 3, 4]", "--interface", "casadi"),
    Case("-0.5*sum(x**2) - sum(x[1:]*x[:-1]**2)", "--at", "x=linspace(0.1, 1, 9)", "--interface", "bridgestan"),
    // Matrices, whose order is another one to Stan.
    Case(
      "-0.5*sum((a @ b)**2) - s*sum(a**3)", "--at", "a=reshape(linspace(0.1, 1, 6), [2, 3])", "--at", "b=[1, 2, 3]",
      "--at", "s=0.5", "--interface", "bridgestan"),
    Case(
      "-0.5*sum((a @ b)**2) - s*sum(a**3)", "--at", "a=reshape(linspace(0.1, 1, 6), [2, 3])", "--at", "b=[1, 2, 3]",
      "--at", "s=0.5", "--interface", "bridgestan", "--sparse"),
    Case(
      "sum(c) - sum(c**2*roll(c, 1, 2))", "--at", "c=reshape(linspace(-1, 1, 24), [2, 3, 4])", "--interface",
      "bridgestan"),
    // No entry of the Hessian, and memory that is not taken from the stack.
    Case("-sum(x)", "--at", "x=[1, 2, 3]", "--interface", "bridgestan", "--sparse"),
    Case("-sum(exp(outer(x, x)))", "--at", "x=linspace(-0.5, 0.5, 70)", "--interface", "bridgestan"),
    Case(
      "(1 - x[0])**2 + 100*(x[1] - x[0]**2)**2", "--at", "x=[-1.2, 1]", "--subject-to", "x[0]*x[1] >= 1", "--bounds",
      "x=-2:2", "--interface", "cnlp"),
    Case("(1 - x[0])**2 + 100*(x[1] - x[0]**2)**2", "--at", "x=[-1.2, 1]", "--interface", "cnlp"),
    Case(
      "sum((x - p)**2) + y*k", "--at", "x=[1, 2, 3]", "--at", "y=2", "--argument", "p=[1, 0, 2]", "--argument", "k=3",
      "--subject-to", "0 <= x*y <= 1", "--subject-to", "x[0] == x[1]*p[0]", "--bounds", "y=0:", "--interface", "cnlp"),
    Case(
      "sum(x**2)", "--at", "x=linspace(0, 1, 3000)", "--subject-to", "x[1:]*x[:-1] + sin(x[1:]) <= 2", "--interface",
      "cnlp"),
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

  @Test("Compiles without warnings as C and C++, and agrees", arguments: cases + foreignCases)
  func agrees(_ example: Case) throws {
    try withFolder { folder in
      let outcome = Tool.run(
        ["generate", example.formula, "--output", folder, "--function", "model"] + example.arguments)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(!Self.compilers.isEmpty)
      for compiler in Self.compilers {
        let flags = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-O1", "-ffp-contract=off"]
        let built = Self.run(
          "/usr/bin/env",
          compiler + flags + ["\(folder)/model.c", "\(folder)/model_test.c", "-o", "\(folder)/test", "-lm"])
        #expect(built.status == 0 && built.text.isEmpty, "\(compiler.joined(separator: " ")): \(built.text)")
        let ran = Self.run("\(folder)/test", [])
        #expect(ran.status == 0 && ran.text == "model: all values agree\n", "\(ran.text)")
      }
    }
  }

  @Test(
    "Functions may have any name that C has not",
    arguments: [
      "x", "w", "g", "h", "m", "i", "value", "gradient", "hessian", "grad", "val", "failed", "expected", "count",
    ],
    ["plain", "casadi", "bridgestan", "cnlp"])
  func names(_ name: String, _ interface: String) throws {
    try withFolder { folder in
      let outcome = Tool.run([
        "generate", "sum(x**2 * exp(x))", "--at", "x=[1, 2]", "--output", folder, "--function", name, "--interface",
        interface,
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let files = ["\(folder)/\(name).c", "\(folder)/\(name)_test.c"]
      let built = Self.run(
        "/usr/bin/env", ["cc", "-Wall", "-Werror", "-O0"] + files + ["-o", "\(folder)/test", "-lm"])
      #expect(built.status == 0, "\(built.text)")
      let ran = Self.run("\(folder)/test", [])
      #expect(ran.status == 0 && ran.text == "\(name): all values agree\n", "\(ran.text)")
    }
  }

  @Test(
    "Names of C's library and of the files themselves are refused",
    arguments: [
      "exp", "sinf", "fmal", "gamma", "printf", "stdin", "NULL", "EOF", "INFINITY", "isnan", "size_t", "uint32_t",
      "INT8_MAX",
      "M_PI", "memory", "differ", "failures", "bs_model", "casadi_int", "cnlp",
    ])
  func takenNames(_ name: String) throws {
    try withFolder { folder in
      let outcome = Tool.run(["generate", "sum(x)", "--at", "x=[1, 2]", "--output", folder, "--function", name])
      #expect(outcome.status == 1 && outcome.errors.contains("'\(name)' is a name"), "\(outcome.errors)")
    }
  }

  @Test("The text does not grow with the elements") func textSize() throws {
    var sizes: [Int] = []
    for count in [1000, 100_000] {
      try withFolder { folder in
        let outcome = Tool.run([
          "generate", "sum((x[1:] - x[:-1]**2)**2)", "--at", "x=linspace(0, 1, \(count))", "--output", folder,
          "--sparse",
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let source = try String(contentsOfFile: folder + "/f.c", encoding: .utf8)
        sizes.append(source.components(separatedBy: "const int f_hessian_rows").first!.utf8.count)
      }
    }
    // A sum over more elements has more pieces, and their sums are folded in more steps.
    #expect(10 * sizes[1] < 11 * sizes[0])
  }

  @Test(
    "What has no form in C is refused in words",
    arguments: [
      (["sum(sort(x))"], "argsort"), (["sum(lgamma(x))"], "special functions"),
      (["sum(x)", "--function", "2x"], "no name of a function in C"),
      (["sum(x)", "--function", "g0"], "no name of a function in C"),
      (["sum(x) * a", "--argument", "a=2", "--interface", "casadi"], "no data"),
      (["sum(x) * a", "--argument", "a=2", "--interface", "bridgestan"], "--let"),
      (["x", "--interface", "bridgestan"], "log densities"), (["x", "--interface", "cnlp"], "one is minimized"),
      (["sum(x)", "--dtype", "float32", "--interface", "bridgestan"], "float64"),
      (["sum(x)", "--dtype", "float32", "--interface", "cnlp"], "float64"),
      (["sum(x)", "--interface", "casadi", "--subject-to", "x >= 0"], "not for casadi"),
      (["sum(x)", "--bounds", "x=0:"], "--interface cnlp"),
      (["sum(x)", "--interface", "cnlp", "--bounds", "x=2:1"], "no number between"),
      (["sum(x[i])", "--argument", "i=[0, 1]", "--interface", "cnlp"], "index"),
    ])
  func refusals(arguments: [String], text: String) throws {
    try withFolder { folder in
      let outcome = Tool.run(["generate"] + arguments + ["--at", "x=[1, 2, 3]", "--output", folder])
      #expect(outcome.status != 0 && outcome.errors.contains(text), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder))
    }
  }
}

import CurvatureCommands
import Foundation
import TestSupport
import Testing

/// Runs a command line in this process.
func run(_ arguments: String..., input: String = "") -> Tool.Outcome {
  Tool.run(arguments) { () throws(ToolError) in Array(input.utf8) }
}

private let rosenbrock = "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"

@Suite struct CommandTests {
  @Test func hessianOfRosenbrock() {
    let outcome = run("hessian", rosenbrock, "--at", "x=[-1.2, 1, 0.5]")
    #expect(outcome.outputText == "[[1330.  480.    0.]\n [ 480. 1202. -400.]\n [   0. -400.  200.]]\n")
    #expect(outcome.errors.isEmpty && outcome.status == 0)
  }

  @Test(
    arguments: [
      (["value", "x + 1", "--at", "x=2"], "3.0\n"),
      (["value", "n + 1", "--let", "n=2"], "3\n"),
      (["value", "-x**2", "--at", "x=3"], "-9.0\n"),
      (["value", "--dtype", "float32", "-1/x", "--at", "x=3"], "-0.33333334\n"),
      (["value", "ones(n)", "--let", "n=2"], "[1. 1.]\n"),
      (["value", "x[1]", "--let", "n=3", "--at", "x=arange(n) + 0.5"], "1.5\n"),
      (["value", "x", "--at", "x=[1,2,3]", "--index", "-1"], "3.0\n"),
      (["value", "x > 1", "--at", "x=[1,2]", "--format", "csv"], "0\n1\n"),
      (["gradient", "sum(x**2)", "--at", "x=[1,2]"], "[2. 4.]\n"),
      (["gradient", "sum(x*y)", "--at", "x=[1,2]", "--at", "y=[3,4]"], "x:\n[3. 4.]\n\ny:\n[1. 2.]\n"),
      (["gradient", "sum(x**2)", "--at", "x=[1,2,3]", "--index", "::2"], "[2. 6.]\n"),
      (["gradient", "x[:,0]*x[:,1]", "--at", "x=[[1,2],[3,4]]", "--batch-axis", "0"], "[[2. 1.]\n [4. 3.]]\n"),
      (["jacobian", "x**2", "--at", "x=[1,2]"], "[[2. 0.]\n [0. 4.]]\n"),
      (["jacobian", "a @ x", "--at", "x=[1,2]", "--let", "a=[[1,2],[3,4],[5,6]]", "--index", "1"], "[3. 4.]\n"),
      (["hessian", "x**3", "--at", "x=2"], "12.0\n"),
      (["hessian", "sum(x**3)", "--at", "x=[1,2]", "--format", "csv"], "6,0\n0,12\n"),
      (
        ["hessian", "sum(x**3)", "--at", "x=[1,2]", "--index", "0,0", "--format", "json"],
        "{\"shape\": [], \"values\": 6}\n"
      ),
      (["hessian", "prod(x)", "--at", "x=[1,2,3]", "--index", "-1, :2"], "[2. 1.]\n"),
      (["gradient", "slogdet(a)[1]", "--at", "a=[[2,1],[1,3]]"], "[[ 0.6 -0.2]\n [-0.2  0.4]]\n"),
      (["hessian", "slogdet(a)[1]", "--at", "a=[[2,1],[1,3]]", "--index", "0,0"], "[[-0.36  0.12]\n [ 0.12 -0.04]]\n"),
      (
        ["hessian", "sum(inv(a))", "--at", "a=[[2,1],[1,3]]", "--index", "0,0"], "[[ 0.192  0.016]\n [ 0.016 -0.032]]\n"
      ),
      (
        ["gradient", "sum(expm(a))", "--at", "a=[[.1,.2],[.3,.4]]"],
        "[[1.45134886 1.72464611]\n [1.58368198 1.87424123]]\n"
      ),
      (
        ["gradient", "sum(cholesky(a))", "--at", "a=[[2,1],[1,3]]"],
        "[[0.25583364 0.19543951]\n [0.19543951 0.31622777]]\n"
      ),
      (["hessian", "det(a)", "--at", "a=[[1,2],[2,4]]", "--index", "0,0"], "[[0. 0.]\n [0. 1.]]\n"),
      (
        ["hessian", "sum(eigvalsh(x)*log(eigvalsh(x)))", "--at", "x=2*eye(2)", "--index", "0"],
        "[[[0.5  0.  ]\n  [0.   0.  ]]\n\n [[0.   0.25]\n  [0.25 0.  ]]]\n"
      ),
      (
        ["hessian", "sum(svdvals(x)**2)", "--at", "x=zeros((3,2))", "--index", "2,1"], "[[0. 0.]\n [0. 0.]\n [0. 2.]]\n"
      ),
      (["hessian", "sum(sinc(x))", "--at", "x=[1e-9, 0]", "--index", "0,0"], "-3.2898681336964524\n"),
      (["hessian", "3.0", "--at", "x=[1,2]"], "[[0. 0.]\n [0. 0.]]\n"),
      (
        ["hessian", "x[:,0]*x[:,1]", "--at", "x=[[1,2],[3,4]]", "--batch-axis", "0"],
        "[[[0. 1.]\n  [1. 0.]]\n\n [[0. 1.]\n  [1. 0.]]]\n"
      ),
      (
        ["hessian", "x*y**2", "--at", "x=1", "--at", "y=3", "--format", "json"],
        "{\"blocks\": [[{\"shape\": [], \"values\": 0}, {\"shape\": [], \"values\": 6}], "
          + "[{\"shape\": [], \"values\": 6}, {\"shape\": [], \"values\": 2}]]}\n"
      ),
    ] as [([String], String)])
  func results(_ arguments: [String], _ expected: String) {
    let outcome = Tool.run(arguments)
    #expect(outcome.outputText == expected)
    #expect(outcome.errors.isEmpty && outcome.status == 0, "\(outcome.errors)")
  }

  static let refused: [([String], Int32, String)] = [
    ([""], 2, "no command ''"), (["bla"], 2, "no command 'bla'; the commands are value, "),
    (["hess", "x"], 2, "did you mean 'hessian'?"), (["sum(x)", "--at", "x=1"], 2, "no command 'sum(x)'"),
    (["hessian", "sum(x)", "x=[1]"], 2, "a variable and its value follow --at, as in --at 'x=[1]'"),
    (["hessian", "sum(x)", "--at", "x", "1"], 2, "--at: found 'x', expected name=value in one word"),
    (["value", "x", "--let", "d.csv"], 2, "as in --let x=d.csv"),
    (["value", "1.5D+3"], 2, "write 'e' in place of 'D'"),
    (["value", "x", "--let", "x=d.json"], 2, "'d.json' is not of a kind of file that is read"),
    (["value", "x", "--let", "x=d.csv:t"], 2, "a column of a table x is x[:, 0]"),
    (["value", "x*y", "--at", "x=1"], 2, "unknown name 'y'; give it a value with --at or --let"),
    (["hessian", "x", "--at", "x=[1,2]"], 1, "--batch-axis"),
    (["hessian", "sum(x)**3", "--at", "x=ones(10**6)"], 1, "a part of it with --index"), (["value"], 2, "no formula"),
    (["value", ""], 2, "is empty"), (["value", "1", "2"], 2, "Unexpected argument"),
    (["value", "1", "--file", "x"], 2, "give one of them"), (["value", "--file", "/nonexistent"], 1, "no such file"),
    (["value", "x", "--at", "x"], 2, "expected 'name=value'"),
    (["value", "x", "--at", "x="], 2, "--at x: the value is empty"),
    (["value", "x", "--at", "=1"], 2, "cannot be a name"), (["value", "x", "--at", "1x=1"], 2, "cannot be a name"),
    (["value", "x", "--at", "None=1"], 2, "cannot be a name"), (["value", "x", "--at"], 2, "Missing value"),
    (["value", "x", "--at", "x=1", "--at", "x=2"], 2, "given twice"),
    (["value", "x", "--at", "x=1", "--let", "x=2"], 2, "given twice"),
    (["value", "x", "--at", "x=foo"], 2, "unknown name 'foo'"),
    (["value", "x", "--at", "x='a'"], 2, "expected a tensor"),
    (["value", "x", "--at", "x=none.npy"], 1, "none.npy: no such file"), (["value", "x", "--at", "x=/"], 2, "--at x"),
    (["value", "x", "--at", "x=none.npz:a"], 1, "none.npz: no such file"),
    (["value", "x", "--at", "x=-", "--let", "y=-"], 2, "both read standard input"),
    (["value", "x + y", "--at", "x=1"], 2, "unknown name 'y'"), (["value", "sum(x", "--at", "x=1"], 2, "never closed"),
    (["value", "x ^ 2", "--at", "x=1"], 2, "'**'"), (["value", "1", "--format", "xml"], 2, "xml"),
    (["value", "1", "--dtype", "float16"], 2, "float16"), (["value", "1", "--index", "a b"], 2, "--index: "),
    (["value", "ones(2)", "--index", "5"], 1, "index 5 is outside"), (["value", "1", "--index", ""], 2, "--index"),
    (["value", "ones(2)", "--index", "0,0"], 1, "2 indices"), (["value", "1", "--batch-axis", "0"], 2, "--batch-axis"),
    (["hessian", "1"], 2, "no variable to differentiate in"), (["hessian", "x", "--at", "x=[1,2]"], 1, "[2]"),
    (["gradient", "x", "--at", "x=[1,2]"], 1, "[2]"),
    (["hessian", "sum(x)", "--at", "x=[1,2]", "--index", "0,5"], 1, "5"),
    (["hessian", "sum(x)", "--at", "x=[1,2]", "--batch-axis", "7"], 1, "7"),
    (["hessian", "sum(x)", "--at", "x=[1,2]", "--batch-axis", "a"], 2, "batch-axis"),
    (["jacobian", "x", "--at", "x=[1,2]", "--batch-axis", "3"], 1, "3"),
    (["value", "1", "--output", "x"], 2, "extensions"), (["value", "1", "--output", "x.txt"], 2, "extensions"),
    (["value", "1", "--output", "/nonexistent/x.npy"], 1, "no folder"),
    (["value", "1", "--output", ""], 2, "extensions"),
    (["value", "1", "--output", "x.npy", "--format", "csv"], 2, "leave out --format"),
    (["hessian", "x*y", "--at", "x=1", "--at", "y=2", "--format", "csv"], 2, "one block"),
    (["value", "ones(2) + ones(3)"], 1, "shapes [2] and [3]"), (["value", "\u{0}"], 2, "no meaning"),
    (["value", "🙂"], 2, "no meaning"), (["hessian", "x", "--at", "x=True", "--foo"], 2, "--foo"),
    (["value", String(repeating: "(", count: 10_000)], 2, "nested"),
    (["value", "x", "--at", "x=" + String(repeating: "[", count: 10_000)], 2, "nested"),
    (["value", "f = lambda a: a(a); f(f)"], 2, "calls lie within each other"),
    (["value", "f = lambda g, n: g(g, n) + g(g, n); f(f, 1)"], 2, "calls lie within each other"),
    (["value", "f = lambda g, n: map(lambda r: g(g, n), n); f(f, ones(2))"], 2, "calls lie within each other"),
    (
      ["value", "f = lambda g, n: scan(lambda c, r: (g(g, c), r), n, ones(2))[0]; f(f, 1.0)"], 2,
      "calls lie within each other"
    ),
    (["value", "zeros(10**15)"], 1, "out of range"), (["value", "zeros((10**6, 10**6))"], 1, "memory"),
    (["functions", "qqqq"], 2, "no function"), (["example", "x"], 2, "Unexpected argument"),
  ]

  @Test(arguments: refused)
  func refusals(_ arguments: [String], _ status: Int32, _ fragment: String) {
    let outcome = Tool.run(arguments) { () throws(ToolError) in Array("1\n".utf8) }
    #expect(outcome.errors.contains(fragment), "\(outcome.errors)")
    #expect(outcome.status == status, "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasSuffix("\n") && outcome.errors.utf8.count < 2000)
  }

  @Test(arguments: [
    ("", "is empty"), ("a,b\n", "no line of numbers"), ("1,2\n3\n", "line 2 has 1 column"),
    ("1,2\n3,NA\n", "line 2, column 2"), ("\u{0}\u{1}", "no text"), ("1,2\n3,x\n", "line 2, column 2"),
  ])
  func badTablesAreNamed(_ text: String, _ fragment: String) throws {
    let scratch = try Scratch()
    let path = try scratch.file("data.csv", text)
    let outcome = run("value", "sum(x)", "--let", "x=\(path)")
    #expect(outcome.status == 1 && outcome.errors.contains(fragment) && outcome.errors.contains("data.csv"))
    let input = run("value", "sum(x)", "--let", "x=-", input: text)
    #expect(input.status == 1 && input.errors.contains(fragment) && input.errors.contains("standard input"))
  }

  @Test func valuesComeFromFiles() throws {
    let scratch = try Scratch()
    let csv = try scratch.file("x.csv", "x\n1\n2\n")
    #expect(run("gradient", "sum(x**3)", "--at", "x=\(csv)").outputText == "[ 3. 12.]\n")
    #expect(run("value", "a.sum()", "--let", "a=\(arrayFixture("A_big_f4.npy"))").outputText == "6.0\n")
    #expect(run("value", "a.sum()", "--let", "a=\(arrayFixture("deflated.npz")):a").outputText == "6.0\n")
    #expect(run("value", "ones(3)[i]", "--let", "i=\(arrayFixture("natural_u1.npy"))").status == 1)
    #expect(run("value", "x.sum()", "--at", "x=-", input: "1,2\n3,4\n").outputText == "10.0\n")
    let model = try scratch.file("model.txt", "# the model\nz = x**2\nsum(z)\n")
    #expect(run("gradient", "--file", model, "--at", "x=\(csv)").outputText == "[2. 4.]\n")
    #expect(run("gradient", "--file", "-", "--at", "x=\(csv)", input: "sum(x)").outputText == "[1. 1.]\n")
    let wrong = try scratch.file("wrong.txt", "z = x**2\nsum(z, ax=0)\n")
    let outcome = run("gradient", "--file", wrong, "--at", "x=\(csv)")
    #expect(outcome.status == 2 && outcome.errors.contains("2 | sum(z, ax=0)\n             ^~"), "\(outcome.errors)")
    #expect(run("value", "x", "--at", "x=\(scratch.path)/none.csv").status == 1)
    try FileManager.default.createDirectory(atPath: scratch.path + "/folder.npy", withIntermediateDirectories: true)
    #expect(run("value", "x", "--at", "x=\(scratch.path)/folder.npy").errors.contains("is a directory"))
  }

  @Test func resultsGoToFiles() throws {
    let scratch = try Scratch()
    for name in ["h.npy", "h.npz", "h.csv", "h.json", "h.mtx"] {
      let path = try scratch.file(name)
      let outcome = run("hessian", rosenbrock, "--at", "x=[-1.2, 1, 0.5]", "--output", path)
      #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome.errors)")
      if !["json", "mtx"].contains(name.split(separator: ".")[1]) {
        let back = run("value", "h[0, 1]", "--let", "h=\(path)\(name == "h.npz" ? ":result" : "")")
        #expect(back.outputText == "480.0\n", "\(back.errors)")
      }
    }
    let blocks = try scratch.file("blocks.npz")
    #expect(run("hessian", "sum(x)**2*y", "--at", "x=[1,2]", "--at", "y=3", "--output", blocks).status == 0)
    #expect(run("value", "h", "--let", "h=\(blocks):x,y").outputText == "[6. 6.]\n")
    #expect(scratch.contents == ["blocks.npz", "h.csv", "h.json", "h.mtx", "h.npy", "h.npz"])
  }

  @Test func errorsLeaveNoFile() throws {
    let scratch = try Scratch()
    for (name, formula) in [
      ("a.npy", "ones(2) + ones(3)"), ("a.mtx", "ones((2, 2, 2))"), ("a.csv", "x ^ 2"),
      ("a.json", "zeros((10**6, 10**6))"),
    ] {
      let path = try scratch.file(name)
      #expect(run("value", formula, "--output", path).status != 0)
    }
    #expect(scratch.contents.isEmpty)
    let file = try scratch.file("keep.csv", "1\n")
    #expect(run("value", "ones(2) + ones(3)", "--output", file).status == 1)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "1\n")
    try FileManager.default.createDirectory(atPath: scratch.path + "/d.npy", withIntermediateDirectories: true)
    #expect(run("value", "1", "--output", scratch.path + "/d.npy").errors.contains("is a directory"))
  }

  @Test func notFiniteNumbersAreStringsInJSON() {
    let outcome = run("value", "array([nan, inf, -inf, 0.1])", "--format", "json")
    #expect(outcome.outputText == "{\"shape\": [4], \"values\": [\"nan\", \"inf\", \"-inf\", 0.10000000000000001]}\n")
  }

  @Test func statisticsGoToStandardError() {
    let outcome = run("hessian", rosenbrock, "--at", "x=[-1.2, 1, 0.5]", "--stats", "--index", "0")
    #expect(outcome.status == 0 && outcome.outputText == "[1330.  480.    0.]\n")
    for word in ["Hessian products: 1\n", "graph nodes: ", "time: ", "bytes"] {
      #expect(outcome.errors.contains(word), "\(outcome.errors)")
    }
  }

  @Test func derivativesOfRepeatedEigenvaluesAreRefused() {
    let point = ["--at", "a=eye(2)"]
    for formula in ["eigvalsh(a)[0] ** 2", "sum(eigh(a)[1] ** 3)", "svdvals(a)[0]"] {
      let outcome = Tool.run(["hessian", formula] + point)
      #expect(outcome.status == 1 && outcome.output.isEmpty, "\(formula)")
      #expect(outcome.errors.contains("values 0 and 1 of a matrix of shape [2, 2]"))
    }
    #expect(Tool.run(["hessian", "sum(eigvalsh(a) ** 2)"] + point).status == 0)
  }

  @Test("First derivatives where eigenvalues repeat are said to be one of several") func repeatedEigenvaluesAreNoted() {
    for (formula, isNoted) in [
      ("eigvalsh(a)[1]", true), ("max(eigvalsh(a))", true), ("svdvals(a)[0]", true), ("norm(a, 2)", true),
      ("cond(a)", true),
      ("sum(eigvalsh(a) ** 3)", false), ("logdet(a)", false), ("norm(a, 'nuc')", false),
      ("eigvalsh(a)[0] + eigvalsh(a)[1]", false),
      ("eigvalsh(a + diag(array([0, 1])))[1]", false),
    ] {
      for command in ["gradient", "jacobian"] {
        let outcome = Tool.run([command, formula, "--at", "a=eye(2)"])
        #expect(
          outcome.status == 0 && outcome.errors.contains("no derivative") == isNoted, "\(formula): \(outcome.errors)")
      }
    }
    for (formula, isNoted) in [("norm(a, 'nuc')", true), ("svdvals(a)[1]", true), ("sum(svdvals(a)**2)", false)] {
      let outcome = Tool.run(["gradient", formula, "--at", "a=[[1, 0], [0, 0]]"])
      #expect(
        outcome.status == 0 && outcome.errors.contains("is 0, and has a kink") == isNoted,
        "\(formula): \(outcome.errors)")
    }
    let values = Tool.run(["jacobian", "eigvalsh(a)", "--at", "a=[[[1, 2], [2, 1]], [[3, 0], [0, 3]]]"])
    #expect(values.status == 0 && values.errors.contains("no derivative"), "\(values.errors)")
  }

  @Test func helpAndExampleSucceed() {
    for arguments in [
      ["--help"], ["hessian", "--help"], ["--version"], ["example"], ["functions"], ["functions", "soft"],
    ] {
      let outcome = Tool.run(arguments)
      #expect(outcome.status == 0 && !outcome.output.isEmpty && outcome.errors.isEmpty, "\(arguments)")
    }
    let example = run("example").outputText
    #expect(example.contains("shape [3, 4]") && example.contains("shape [4, 4]"))
  }

  /// The program itself, if it has been built beside the tests.
  @Test func programReportsItsStatus() throws {
    let program = Bundle.main.bundleURL.deletingLastPathComponent().appendingPathComponent("curvature")
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(
      "curvature")
    guard let url = [program, beside].first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
      return
    }
    for (arguments, status, output) in [
      (["value", "1 + 1"], 0, "2\n"), (["value", "x"], 2, ""), (["value", "ones(2) + ones(3)"], 1, ""),
    ] as [([String], Int32, String)] {
      let process = Process()
      process.executableURL = url
      process.arguments = arguments
      let (standardOutput, standardError) = (Pipe(), Pipe())
      process.standardOutput = standardOutput
      process.standardError = standardError
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == status)
      #expect(String(decoding: standardOutput.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == output)
      #expect(standardError.fileHandleForReading.readDataToEndOfFile().isEmpty == (status == 0))
    }
  }
}

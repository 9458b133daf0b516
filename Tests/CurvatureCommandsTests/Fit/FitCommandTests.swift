import CurvatureCommands
import Foundation
import Testing

@Suite struct FitCommandTests {
  /// Runs `curvature fit` with arguments.
  private func fit(_ arguments: String...) -> Tool.Outcome { Tool.run(["fit"] + arguments) }

  private func temporaryFile(_ text: String, named name: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  /// t and y = 2 exp(-t / 2), exactly but for rounding.
  private func decayFile() throws -> String {
    let lines = stride(from: 0.0, to: 5, by: 0.5).map { "\($0),\(2 * exp(-$0 / 2))" }
    return try temporaryFile("t,y\n" + lines.joined(separator: "\n") + "\n", named: "decay.csv")
  }

  private static let allFits = Result { try FitRequest().run() }

  @Test(arguments: NISTProblemTests.sizes.keys.sorted())
  func certifiedDigitsAreReached(problem: String) throws {
    let fits = try Self.allFits.get().filter { $0.problem == problem }
    #expect(fits.map(\.start) == [1, 2])
    for fit in fits {
      #expect(fit.isConverged)
      let digits = try #require(fit.parameterDigits)
      #expect(digits.count == fit.parameterNames.count)
      #expect(digits.min()! >= 9.5, "start \(fit.start): \(digits)")
      let deviationDigits = try #require(fit.deviationDigits)
      // The residuals of Lanczos1 are 10⁻¹³ beside values of 1: doubles hold three digits of them.
      #expect(deviationDigits.min()! >= (problem == "Lanczos1" ? 2 : 9.5), "start \(fit.start): \(deviationDigits)")
      #expect(fit.residualDigits! >= (problem == "Lanczos1" ? 2 : 9.5))
      let exact = try #require(fit.statistics.exactStandardDeviations)
      #expect(exact.count == digits.count && exact.allSatisfy { $0 > 0 })
    }
  }

  @Test func theTableHasALineForEachFit() throws {
    let text = FitReport.table(try Self.allFits.get())
    let lines = text.split(separator: "\n")
    #expect(lines.filter { $0.hasSuffix("  yes") }.count == 54)
    #expect(lines.contains { $0.hasPrefix("54 of 54 fits converged") })
  }

  @Test func detailsShowCertifiedValues() throws {
    let text = fit("misra1A").outputText
    #expect(text.contains("Misra1a, start 2: converged after"))
    #expect(text.contains("b1") && text.contains("2.3894212918e+02"))
    #expect(text.contains("2.7070075241e+00"))
    #expect(text.contains("certified 1.2455138894e-01"))
  }

  @Test func jsonHasAnObjectForEachFit() throws {
    struct Fit: Decodable {
      let problem: String
      let start: Int
      let parameters: [Double]
      let standardDeviations: [Double]
      let residualSumOfSquares: Double
      let iterations: Int
      let seconds: Double
      let converged: Bool
    }
    let text = fit("DanWood", "BoxBOD", "--format", "json").outputText
    let fits = try JSONDecoder().decode([Fit].self, from: Data(text.utf8))
    #expect(fits.map(\.problem) == ["DanWood", "DanWood", "BoxBOD", "BoxBOD"])
    #expect(fits.map(\.start) == [1, 2, 1, 2])
    #expect(abs(fits[0].parameters[1] - 3.8604055871) < 1e-9)
    #expect(abs(fits[3].standardDeviations[0] - 1.2354515176e01) < 1e-8)
    #expect(fits.allSatisfy { $0.converged && $0.iterations > 0 && $0.seconds > 0 && $0.residualSumOfSquares > 0 })
  }

  @Test(arguments: ["y = b1*exp(-b2*t)", "y = b1*exp(-b2*t);", "log(y) = log(b1) - b2*t", "k = -b2*t; y = b1*exp(k)"])
  func ownDataAreFitted(model: String) throws {
    var request = FitRequest()
    request.data = try decayFile()
    request.model = model
    request.starts = ["b1=1, b2=0.1", "b2=2,b1=5"]
    let fits = try request.run()
    #expect(fits.map(\.startValues) == [[1, 0.1], [5, 2]])
    for fit in fits {
      #expect(fit.isConverged)
      #expect(fit.parameterNames == ["b1", "b2"])
      #expect(abs(fit.parameters[0] - 2) < 1e-14 && abs(fit.parameters[1] - 0.5) < 1e-14)
      #expect(fit.certified == nil)
    }
    #expect(FitReport.details(fits[0]).contains("residual sum of squares"))
  }

  @Test func dataComeFromStandardInputToo() throws {
    let arguments = ["fit", "--data", "-", "--model", "y = a + b*x", "--start", "a=0,b=0"]
    let outcome = Tool.run(arguments) { () throws(ToolError) in Array("y,x\n3,1\n5,2\n7,3\n".utf8) }
    #expect(outcome.status == 0)
    #expect(outcome.outputText.hasPrefix("standard input, start 1: converged"))
  }

  @Test func theFirstColumnIsTheDefaultResponse() throws {
    let file = try temporaryFile("y,x\n3,1\n5,2\n7,3\n", named: "line.csv")
    let text = fit("--data", file, "--model", "a + b*x", "--start", "a=0,b=0", "--format", "json").outputText
    #expect(text.contains("\"parameterNames\": [\"a\", \"b\"]"))
    #expect(text.contains("\"converged\": true"))
  }

  @Test func aSearchThatIsCutShortIsMarked() throws {
    let outcome = fit("Bennett5", "--max-iterations", "3")
    #expect(outcome.status == 0)
    #expect(outcome.outputText.contains("NOT CONVERGED, iteration limit reached after 3 iterations"))
    let json = fit("Bennett5", "--max-iterations", "3", "--format", "json").outputText
    #expect(json.contains("\"converged\": false"))
  }

  @Test func parametersWithoutEffectAreMarked() throws {
    let model = "y = (b1 + b2) * exp(-t/2)"
    let text = fit("--data", try decayFile(), "--model", model, "--start", "b1=1,b2=0.1").outputText
    #expect(text.contains("NOT CONVERGED, the data do not determine all parameters"))
  }

  /// Arguments, with DATA for a file of data, the status, and what the message says.
  @Test(arguments: [
    (["Misra1"], ToolError.Status.usage, "there is no problem 'Misra1'; did you mean 'Misra1a'"),
    (["nowhere.dat"], .data, "nowhere.dat: no such file"),
    (["DATA.dat"], .data, "DATA.dat: "),
    (["--model", "y = b1"], .usage, "--model and --start belong to --data"),
    (["--start", "b1=1"], .usage, "--model and --start belong to --data"),
    (["--data", "DATA"], .usage, "--data needs --model"),
    (["--data", "DATA", "--model", "y = b1"], .usage, "--data needs --start"),
    (["Misra1a", "--data", "DATA", "--model", "y = b1", "--start", "b1=1"], .usage, "found 'Misra1a' beside --data"),
    (["--data", "DATA", "--model", "y = b1", "--start", "b1"], .usage, "expected name=number"),
    (["--data", "DATA", "--model", "y = b1", "--start", "b1=x"], .usage, "'x' is no finite number"),
    (["--data", "DATA", "--model", "y = b1", "--start", "b1=1,b1=2"], .usage, "parameter 'b1' has a start already"),
    (["--data", "DATA", "--model", "y = b1", "--start", "1=1"], .usage, "expected name=number"),
    (["--data", "DATA", "--model", "y = b1", "--start", "b1=inf"], .usage, "'inf' is no finite number"),
    (["--data", "DATA", "--model", "y = b1", "--start", "lambda=1"], .usage, "'lambda' cannot be a name"),
    (["--data", "DATA", "--model", "y = t*a", "--start", "t=1"], .usage, "'t' is both a parameter in --start and"),
    (
      ["--data", "DATA", "--model", "y = a", "--start", "a=1", "--start", "b=1"], .usage,
      "each --start begins a search of its own and has all"
    ),
    (["--data", "DATA", "--model", "y = a*(t", "--start", "a=1"], .usage, "'(' is never closed"),
    (
      ["--data", "DATA", "--model", "y = a*u", "--start", "a=1"], .usage, "unknown name 'u'; give a parameter its start"
    ),
    (["--data", "DATA", "--model", "z = a*t", "--start", "a=1"], .usage, "the columns are 't', 'y'"),
    (["--data", "DATA", "--model", "y = a*T", "--start", "a=1"], .usage, "unknown name 'T'; did you mean 't'?"),
    (["--data", "DATA", "--model", "a*t", "--start", "a=1"], .usage, "no '=', so the first column 't' is fitted"),
    (["--data", "DATA", "--model", "y ~ a*t", "--start", "a=1"], .usage, "with '=' in place of '~'"),
    (["--data", "DATA", "--model", "1 = a", "--start", "a=1"], .usage, "has none of the columns"),
    (["DATA"], .usage, "is no problem of NIST; your own data follow --data"),
    (["--data", "DATA", "--model", "y = a*log(t)", "--start", "a=1"], .data, "not finite at the start"),
    (
      ["--data", "DATA", "--model", "log(t) = a", "--start", "a=1"], .data,
      "the response 'log(t)' is -inf in observation 1"
    ),
    (["--data", "DATA", "--model", "y = a*t", "--start", "a=1,b=2"], .usage, "parameter 'b' does not occur"),
    (["--data", "nowhere.csv", "--model", "y = a", "--start", "a=1"], .data, "nowhere.csv: no such file"),
  ])
  func badInputIsExplained(arguments: [String], status: ToolError.Status, message: String) throws {
    let file = try decayFile()
    let words = try arguments.map { word in
      word == "DATA" ? file : word == "DATA.dat" ? try temporaryFile("nothing", named: "DATA.dat") : word
    }
    let outcome = Tool.run(["fit"] + words)
    #expect(outcome.status == status.rawValue)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  @Test(arguments: [
    ("1,2\n3,4\n", "the first line has no names of columns"),
    ("", "is empty"), ("y,t\n", "has names of columns, but no line of numbers"),
    ("2,y\n1,3\n", "a formula cannot refer to the column '2'"), (",2\n1,3\n", "the first line has no names of columns"),
    ("y,y\n1,2\n", "two columns are called 'y'"),
    ("y,t\n1,2\n3\n", "line 3 has 1 column"),
    ("y,t\n1,2\n3,\n", "line 3, column 2 ('t'): the value is missing ('')"),
    ("y,t\n1,2\n3,NA\n", "line 3, column 2 ('t'): the value is missing ('NA')"),
    ("y,t\n1,2\nNaN,4\n", "line 3, column 1 ('y'): the value is missing ('NaN')"),
    ("y,t\n1,2\ninf,4\n", "the response 'y' is inf in observation 2"),
    ("y,t\n1,2\n3,4 m\n", "line 3, column 2 ('t'): '4 m' is no number"),
    ("NIST/ITL StRD\nDataset Name: A\n", "is a problem in NIST's format; name it without --data"),
    ("y,t\n1,2\n", "1 observation for 2 parameters; at least as many are needed"),
    ("my y,t\n1,2\n3,4\n", "a formula cannot refer to the column 'my y'"),
  ])
  func badTablesAreExplained(text: String, message: String) throws {
    let file = try temporaryFile(text, named: "table.csv")
    let outcome = fit("--data", file, "--model", "a + b*t", "--start", "a=1,b=1")
    #expect(outcome.status == (text.hasPrefix("NIST") ? 2 : 1))
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  @Test(arguments: [["--max-iterations", "-1"], ["--tolerance", "0"], ["--tolerance", "x"], ["--format", "xml"]])
  func badOptionsAreRefused(arguments: [String]) {
    let outcome = Tool.run(["fit"] + arguments)
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty && !outcome.errors.isEmpty)
  }
}

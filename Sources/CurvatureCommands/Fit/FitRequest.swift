import Curvature
import CurvatureFiles

/// What is to be fitted, from the words of a command line.
package struct FitRequest: Sendable {
  /// Names of NIST problems, or files in NIST's format; empty for all problems.
  package var problems: [String] = []
  /// A CSV file.
  package var data: String?
  package var model: String?
  /// Starting values as text, one for each search.
  package var starts: [String] = []
  package var solver = LeastSquaresSolver()

  package init() {}

  /// Whether each fit is to be shown in full.
  package var showsDetails: Bool { !problems.isEmpty || data != nil }

  /// Runs the fits.
  ///
  /// - Parameter read: gives the bytes of the file of data.
  /// - Throws: `ToolError` for a command line that does not say what to fit, a file or a model that cannot be read, a
  ///   model that does not fit its data.
  package func run(
    reading read: (String) throws(ToolError) -> [UInt8] = readFile
  ) throws(ToolError) -> [FitResult] {
    guard let data else {
      guard model == nil, starts.isEmpty else {
        throw usage("--model and --start belong to --data FILE.csv; NIST's problems have their own")
      }
      return try runNIST()
    }
    guard problems.isEmpty else {
      throw usage("found '\(problems[0])' beside --data; fit either a problem of NIST or your own data")
    }
    guard let model else { throw usage("--data needs --model, for example --model 'y = b1*exp(-b2*x)'") }
    guard !starts.isEmpty else { throw usage("--data needs --start, for example --start b1=1,b2=0.1") }
    return try run(data: FitTable(read(data), name: dataName), model: model)
  }

  private func usage(_ message: String) -> ToolError { ToolError(message, status: .usage) }

  private func runNIST() throws(ToolError) -> [FitResult] {
    let known = try NISTCollection.names()
    var chosen: [NISTProblem] = []
    for name in problems.isEmpty ? known : problems {
      if let exact = known.first(where: { $0.lowercased() == name.lowercased() }) {
        chosen.append(try NISTCollection.problem(named: exact))
      } else if FileAccess.isFile(name), [".csv", ".tsv", ".txt"].contains(where: { name.lowercased().hasSuffix($0) }) {
        throw usage("'\(PrintableText.printable(name))' is no problem of NIST; your own data follow --data")
      } else if name.hasSuffix(".dat") || name.contains("/") {
        chosen.append(try NISTCollection.problem(atPath: name))
      } else {
        let near = Suggestions.remark(for: name, among: known)
        throw usage(
          "there is no problem '\(PrintableText.printable(name))'"
            + (near.isEmpty
              ? "; give one of \(known.joined(separator: ", ")), or a file NAME.dat in NIST's format" : near))
      }
    }
    var results: [FitResult] = []
    for problem in chosen {
      results += try problem.problem.fit(from: problem.starts, solver: solver, certified: problem.certified)
    }
    return results
  }

  /// The file of data, for messages.
  private var dataName: String { data == "-" ? "standard input" : data ?? "" }

  private func run(data table: FitTable, model text: String) throws(ToolError) -> [FitResult] {
    var named: [[(name: String, value: Double)]] = []
    for start in starts { named.append(try FitStart.parse(start)) }
    let names = named[0].map(\.name)
    var values: [[Double]] = []
    for start in named {
      guard Set(start.map(\.name)) == Set(names) else {
        throw usage(
          "each --start begins a search of its own and has all parameters, as in --start a=1,b=2; "
            + "the first has \(names.joined(separator: ", ")), another \(start.map(\.name).joined(separator: ", "))")
      }
      values.append(names.map { name in start.first { $0.name == name }!.value })
    }
    for name in names where table.names.contains(name) {
      throw usage("'\(name)' is both a parameter in --start and a column of \(dataName); rename one of them")
    }
    let first = table.names[0]
    let model = FitModel(text, defaultResponse: first)
    if model.response == first, Lexer.name(first) == nil {
      throw ToolError(
        "\(dataName): a formula cannot refer to the column '\(PrintableText.printable(first))', which is fitted where "
          + "the model has no '='; rename it with letters, digits and _, or fit another: 'y = …'", status: .data)
    }
    let used: Set<String>
    do { used = try model.names() } catch {
      guard model.prediction == text, text.contains("~") else { throw error }
      throw usage("a model is written with '=' in place of '~', as in 'y = a + b*x'")
    }
    if model.prediction == text, try Parser.parse(text, name: "model").freeNames.contains(first) {
      throw usage(
        "the model has no '=', so the first column '\(first)' is fitted, but the model depends on it; write 'y = …' with "
          + "the column to fit in place of y")
    }
    guard !used.isSubset(of: names) else {
      throw usage("the model '\(text)' has none of the columns of \(dataName); write 'y = …' with the column to fit")
    }
    let problem = FitProblem(
      name: dataName, model: model, columns: try table.columns(used), columnNames: table.names, parameterNames: names)
    return try problem.fit(from: values, solver: solver)
  }
}

import ArgumentParser
import Curvature

/// `curvature fit`: parameters of a model from data.
package struct FitCommand: ToolCommand {
  package static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit the parameters of a model to data by nonlinear least squares, with exact second derivatives.",
    discussion: """
      Without arguments all 27 nonlinear regression problems of NIST's Statistical Reference Datasets are fitted from \
      both of their starts and compared with the certified values. Named problems, or files in NIST's format, are \
      shown in detail.

      Your own data come from a text file whose first line, or a comment above the data, names the columns; tabs, \
      semicolons, commas or blanks are between them. Columns that the model does not use may hold anything. The model \
      is a formula of the columns and the parameters; the parameters are the names in --start. What stands left of '=' \
      is fitted (a column, or a formula of columns such as log(y)); without '=' it is the first column. Several --start \
      options are several searches.

        curvature fit
        curvature fit Misra1a Thurber
        curvature fit --data decay.csv --model 'y = b1*exp(-b2*t)' --start b1=1,b2=0.1

      Standard deviations are s √(J'J)⁻¹, as NIST's are, and beside them those of the exact Hessian. A search that \
      does not reach a minimum is marked; it is no error, but a result that is not finite is one. Times are those of \
      the search.
      """)

  @Argument(help: "Names of NIST problems, or files in NIST's format (.dat).")
  var problems: [String] = []

  @Option(
    help: ArgumentHelp(
      "A table with names in its first line (.csv, .tsv, .txt, .dat); - for standard input.", valueName: "file"))
  var data: String?

  @Option(help: "The model, in the formula language: 'y = b1*exp(-b2*x)'.")
  var model: String?

  @Option(help: ArgumentHelp("Starting values: b1=1,b2=0.1. May be repeated.", valueName: "name=value,..."))
  var start: [String] = []

  @Option(help: "The most steps of one search.")
  var maxIterations = LeastSquaresSolver().maximumIterations

  @Option(
    help: "The cosine between residuals and tangent plane (relative offset) at which a point counts as stationary.")
  var tolerance = LeastSquaresSolver().tolerance

  @Option(help: "text or json.")
  var format: Format = .text

  package enum Format: String, ExpressibleByArgument, CaseIterable, Sendable { case text, json }

  package init() {}

  package func validate() throws {
    guard maxIterations >= 0 else { throw ValidationError("--max-iterations \(maxIterations) is negative") }
    guard tolerance > 0, tolerance < 1 else { throw ValidationError("--tolerance \(tolerance) is not between 0 and 1") }
  }

  package func run(_ console: Console) throws { console.write(Array(try output(console).utf8)) }

  private func output(_ console: Console) throws(ToolError) -> String {
    var request = FitRequest()
    request.problems = problems
    request.data = data
    request.model = model
    request.starts = start
    request.solver = LeastSquaresSolver(maximumIterations: maxIterations, tolerance: tolerance)
    let results = try request.run { path throws(ToolError) in try console.read(path, for: "--data") }
    switch format {
    case .json: return FitReport.json(results)
    case .text:
      if !request.showsDetails { return FitReport.table(results) }
      return results.map(FitReport.details).joined(separator: "\n")
    }
  }
}

import ArgumentParser
import Curvature
import TensorGraph

/// `curvature minimize`
struct MinimizeCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "minimize",
    abstract: "Find a local minimum of a formula of one element, with exact second derivatives.",
    discussion: """
      The search starts at the values of --at. A bound has a number, or one for each element, on either side of ':'.

        curvature minimize '(1 - x[0])**2 + 100*(x[1] - x[0]**2)**2' --at 'x=[-1.2, 1]'
        curvature minimize 'sum(x**2) - 3*x[0]' --at 'x=[1, 1]' --bounds 'x=0:1'

      With --standard-errors the formula is minus the logarithm of a likelihood, and better an element for each observation, \
      of which the sum is minimized; beside the standard errors of the observed information there are then those of the \
      sandwich.

        curvature minimize 'log1p(exp((1 - 2*t)*(X @ w)))' --let X=X.npy --let t=t.csv --at 'w=zeros(3)' --standard-errors

      Constraints compare formulas of the same names with '<=', '>=' or '==', element by element; they are solved by Ipopt, in the \
      program curvature-ipopt of Integrations/Ipopt.

        curvature minimize 'x + y' --at x=1 --at y=1 --subject-to 'x**2 + y**2 <= 2' --subject-to '-1 <= x - y <= 1'

      A search that does not reach a minimum is marked, with the reason; it is no error. A start where the formula is not \
      finite is one.
      """)

  /// How steps are found.
  enum Method: String, CaseIterable, ExpressibleByArgument {
    case automatic, dense, matrixFree

    var value: MinimizationMethod {
      switch self {
      case .automatic: .automatic
      case .dense: .dense
      case .matrixFree: .matrixFree
      }
    }
  }

  @OptionGroup var options: FormulaOptions

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Bounds of a variable; either may be left out. May be repeated.", valueName: "name=lower:upper"))
  var bounds: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What must hold, as in 'x[0]*x[1] >= 25' or '0 <= x.sum() <= 1'. May be repeated.", valueName: "constraint"))
  var subjectTo: [String] = []

  @Flag(help: "Treat the formula as minus a log-likelihood, and print standard errors, z, p and 95 % intervals.")
  var standardErrors = false

  @Option(
    help: "Whole Hessians (dense), products alone (matrixFree), or what suits the number of variables (automatic).")
  var method: Method = .automatic

  @Option(parsing: .unconditional, help: "The most steps.")
  var maxIterations = 1000

  @Option(
    help:
      "The square root of the relative decrease that a Newton step may still promise at a minimum; with constraints, Ipopt's 'tol'."
  )
  var tolerance: Double?

  @Option(help: "Write a picture of value, gradient and constraints by iterations: an .svg or .png file.")
  var convergence: String?

  @Option(help: "text or json.")
  var format: FitCommand.Format = .text

  func validate() throws {
    guard maxIterations >= 0 else { throw ValidationError("--max-iterations \(maxIterations) is negative") }
    if let tolerance, !(tolerance > 0 && tolerance < 1) {
      throw ValidationError("--tolerance \(tolerance) is not between 0 and 1")
    }
  }

  func run(_ console: Console) throws {
    let picture = try convergence.map { path throws(ToolError) in try ConvergencePicture(path) }
    guard subjectTo.isEmpty else { return try runConstrained(console, picture) }
    let problem = try FormulaProblem(options, console, needsVariables: true)
    let (lower, upper) = try VariableBounds(bounds).elements(problem, console)
    let (terms, vector, start) = try problem.traced()
    let names = problem.elementNames
    let clock = ContinuousClock()
    let begin = clock.now
    let report: MinimizeReport
    do throws(TensorError) {
      guard terms.shape.count == 1 || standardErrors else {
        throw TensorError(
          "minimize: the formula has \(terms.shape.count) elements (shape \(terms.shape)), and one is minimized; sum it, or give "
            + "--standard-errors if its elements are minus log-likelihoods of observations")
      }
      let likelihood = try LikelihoodPlan(terms: terms, variable: vector, method: method.value, names: names)
      let search = try likelihood.search(
        from: start, lower: lower, upper: upper, tolerance: tolerance, maximumIterations: maxIterations)
      let template = Tensor<Double>(Node(Storage(start), shape: [start.count]))
      let estimate =
        switch options.dtype {
        case .float64:
          try MinimizeEstimate(
            MaximumLikelihoodEstimate(likelihood, search, template: template) { show($0, begin, console, picture) },
            hasErrors: standardErrors)
        case .float32:
          try MinimizeEstimate(
            MaximumLikelihoodEstimate(likelihood, search, template: template.cast(to: Float.self)) {
              show($0, begin, console, picture)
            }, hasErrors: standardErrors)
        }
      if estimate.stop == .cancelled {
        throw TensorError("cancelled after \(estimate.iterations) iterations", isCancellation: true)
      }
      guard estimate.stop != .notFiniteAtStart else {
        throw TensorError(
          "minimize: the formula or its derivatives are not finite at the start; give --at other values")
      }
      report = MinimizeReport(estimate: estimate, names: names, start: start)
    } catch {
      throw problem.located(error)
    }
    try picture?.write()
    console.print(format == .json ? report.json : report.text)
  }

  private func show<Point>(
    _ iterate: MinimizationIterate<Point>, _ begin: ContinuousClock.Instant, _ console: Console,
    _ picture: ConvergencePicture?
  ) {
    picture?.add(iteration: iterate.iteration, value: iterate.value, gradient: iterate.gradientNorm)
    console.progress(.search("\(iterate)", elapsed: ContinuousClock.now - begin))
  }
}

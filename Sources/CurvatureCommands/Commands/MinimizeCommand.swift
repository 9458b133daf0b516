import Algorithms
import ArgumentParser
import Curvature
import CurvatureFiles
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

  @Flag(help: "Treat the formula as minus a log-likelihood, and print standard errors, z, p and 95 % intervals.")
  var standardErrors = false

  @Option(
    help: "Whole Hessians (dense), products alone (matrixFree), or what suits the number of variables (automatic).")
  var method: Method = .automatic

  @Option(parsing: .unconditional, help: "The most steps.")
  var maxIterations = 1000

  @Option(help: "The square root of the relative decrease that a Newton step may still promise at a minimum.")
  var tolerance: Double?

  @Option(help: "text or json.")
  var format: FitCommand.Format = .text

  func validate() throws {
    guard maxIterations >= 0 else { throw ValidationError("--max-iterations \(maxIterations) is negative") }
    if let tolerance, !(tolerance > 0 && tolerance < 1) {
      throw ValidationError("--tolerance \(tolerance) is not between 0 and 1")
    }
  }

  func run(_ console: Console) throws {
    let problem = try FormulaProblem(options, console, needsVariables: true)
    let (lower, upper) = try limits(problem, console)
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
            MaximumLikelihoodEstimate(likelihood, search, template: template) { show($0, begin, console) },
            hasErrors: standardErrors)
        case .float32:
          try MinimizeEstimate(
            MaximumLikelihoodEstimate(likelihood, search, template: template.cast(to: Float.self)) {
              show($0, begin, console)
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
    console.print(format == .json ? report.json : report.text)
  }

  private func show<Point>(_ iterate: MinimizationIterate<Point>, _ begin: ContinuousClock.Instant, _ console: Console)
  {
    console.progress(.search("\(iterate)", elapsed: ContinuousClock.now - begin))
  }

  /// The bounds of all elements; nil for none.
  private func limits(
    _ problem: FormulaProblem, _ console: Console
  ) throws(ToolError) -> (lower: [Double]?, upper: [Double]?) {
    guard !bounds.isEmpty else { return (nil, nil) }
    let count = problem.variables.reduce(0) { $0 + $1.node.shape.count }
    var lower = [Double](repeating: -.infinity, count: count)
    var upper = [Double](repeating: .infinity, count: count)
    var seen: Set<String> = []
    for text in bounds {
      let sides = text.split(separator: "=", maxSplits: 1).map { String($0.trimming(while: \.isWhitespace)) }
      guard sides.count == 2, let colon = Self.colon(in: sides[1]) else {
        throw ToolError(
          "--bounds: found '\(PrintableText.printable(text))', expected 'name=lower:upper', as in x=0:1 or x=0:",
          status: .usage)
      }
      var first = 0
      guard
        let variable = problem.variables.first(where: { variable in
          if variable.name == sides[0] { return true }
          first += variable.node.shape.count
          return false
        })
      else {
        throw ToolError(
          "--bounds: '\(PrintableText.printable(sides[0]))' is no variable; the variables are those of --at: "
            + problem.variables.map(\.name).joined(separator: ", "), status: .usage)
      }
      guard seen.insert(variable.name).inserted else {
        throw ToolError("--bounds: '\(variable.name)' is given twice; give it one pair", status: .usage)
      }
      let places = first..<(first + variable.node.shape.count)
      let texts = (sides[1][..<colon], sides[1][sides[1].index(after: colon)...])
      if let low = try side(texts.0, of: variable, problem, console) { lower.replaceSubrange(places, with: low) }
      if let high = try side(texts.1, of: variable, problem, console) { upper.replaceSubrange(places, with: high) }
    }
    return (lower, upper)
  }

  /// The colon between the bounds: the first outside brackets.
  private static func colon(in text: String) -> String.Index? {
    var depth = 0
    return text.indices.first { i in
      switch text[i] {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      default: break
      }
      return text[i] == ":" && depth == 0
    }
  }

  /// A bound for each element of a variable; nil for an empty text.
  private func side(
    _ text: Substring, of variable: FormulaProblem.Variable, _ problem: FormulaProblem, _ console: Console
  ) throws(ToolError) -> [Double]? {
    let text = String(text.trimming(while: \.isWhitespace))
    guard !text.isEmpty else { return nil }
    let origin = "--bounds \(variable.name)"
    let value = try FormulaProblem.value(text, origin, [:], problem.evaluator.real, console)
    let node = try FormulaProblem.input(value, origin, problem.evaluator.real)
    let count = variable.node.shape.count
    let elements: [Double]
    do { elements = try Evaluation.storage(node).doubles } catch { throw problem.located(error) }
    guard node.shape.count == 1 || node.shape == variable.node.shape else {
      throw ToolError(
        "\(origin): a bound of shape \(node.shape) for a variable of shape \(variable.node.shape); give one number or one for "
          + "each element", status: .data)
    }
    return node.shape.count == 1 ? [Double](repeating: elements[0], count: count) : elements
  }
}

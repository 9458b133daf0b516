import ArgumentParser
import Curvature
import CurvatureFiles
import TensorGraph

/// `curvature generate`
struct GenerateCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract:
      "Write C functions of a formula's value and derivatives, which need nothing but the library of mathematics.",
    discussion: """
      A formula of one element gets functions of its value, gradient and Hessian, others of their value and Jacobian. The variables \
      named by --at are one vector of all their elements, in order; what --argument names is given in each call, too, and not \
      differentiated in; what --let names is written into the code. Beside the code and its header go a CMake file and a test that \
      compares the functions with values at the given point.

      Interfaces of others come besides the plain functions. 'casadi' has CasADi's external functions. 'bridgestan' has BridgeStan's, \
      for the formula as a log density of unconstrained parameters. 'cnlp' has those of a nonlinear program: the formula is \
      minimized from the values of --at, subject to --subject-to and --bounds, and what --argument names are its parameters.

        curvature generate '(1 - x[0])**2 + 100*(x[1] - x[0]**2)**2' --at 'x=[-1.2, 1]' --subject-to 'x[0]*x[1] >= 1' \
          --bounds 'x=-2:2' --interface cnlp --function valley --output valley
      """)

  @OptionGroup var options: FormulaOptions

  @Option(help: "What the functions' names begin with.")
  var function = "f"

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Which functions: all (results at once), value, gradient, hessian, jacobian; without, every one that there is.",
      valueName: "function"))
  var functions: [GeneratedCode.Function] = []

  @Option(help: "The folder to write to; it is made if it is not there.")
  var output: String

  @Option(
    name: .customLong("argument"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A name that is given in each call, with a value for the test: a formula or a file.", valueName: "name=value"))
  var arguments: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What must hold, as in 'x[0]*x[1] >= 25': there are functions of objective, constraints, the constraints' Jacobian and the Lagrangian's Hessian then. May be repeated.",
      valueName: "constraint"))
  var subjectTo: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Bounds of a variable, which 'cnlp' tells; either may be left out. May be repeated.",
      valueName: "name=lower:upper"))
  var bounds: [String] = []

  @Flag(help: "The entries of the Hessian that can be other than zero, and no others.")
  var sparse = false

  @Option(help: "How the functions are called: plain, or by casadi, cnlp or bridgestan besides.")
  var interface: GeneratedCode.Interface = .plain

  func validate() throws {
    guard subjectTo.isEmpty || interface == .plain || interface == .cnlp else {
      throw ValidationError("--subject-to is for the interfaces plain and cnlp, not for \(interface.rawValue)")
    }
    guard bounds.isEmpty || interface == .cnlp else {
      throw ValidationError("--bounds is for --interface cnlp: plain functions have no bounds")
    }
    guard functions.isEmpty || (subjectTo.isEmpty && interface != .cnlp) else {
      throw ValidationError("--functions is not for --subject-to and cnlp: a solver calls all of them")
    }
    guard (subjectTo.isEmpty && interface != .cnlp) || options.dtype == .float64 else {
      throw ValidationError("--subject-to and cnlp are for float64; leave out --dtype")
    }
  }

  func run(_ console: Console) throws {
    let problem = try FormulaProblem(options, console, needsVariables: true, arguments: arguments)
    let constraints = try subjectTo.map { text throws(ToolError) in try FormulaConstraint(text) }
    do {
      let vector = Node(.input([try problem.elements().count], problem.evaluator.real))
      // Parameters of a nonlinear program are real numbers.
      let arguments = try problem.arguments.map { argument throws(ToolError) in
        interface == .cnlp
          ? try FormulaProblem.input(.tensor(argument.node), "--argument \(argument.name)", problem.evaluator.real)
          : argument.node
      }
      let placeholders = arguments.map { Node(.input($0.shape, $0.scalarType)) }
      var evaluator = problem.evaluator(over: vector)
      for (argument, placeholder) in zip(problem.arguments, placeholders) {
        evaluator.names[argument.name] = .tensor(placeholder)
      }
      let result = try evaluator.tensor(problem.formula).cast(to: problem.evaluator.real)
      let point = Node.concatenate(problem.variables.map { $0.node.reshaped(to: [$0.node.shape.count]) }, axis: 0)
      let given = [point] + arguments
      let variables = Self.blocks(problem.variables)
      let code: GeneratedCode
      if subjectTo.isEmpty && interface != .cnlp {
        code = try FunctionCode.generate(
          function, interface: interface, functions: functions.isEmpty ? nil : Set(functions), of: result, in: vector,
          variables: variables, data: placeholders,
          isSparse: sparse, at: given)
      } else {
        guard result.shape.count == 1 else {
          throw TensorError(
            "generate: the formula has \(result.shape.count) elements (shape \(result.shape)), and one is minimized; sum it"
          )
        }
        let parts = try constraints.flatMap { try $0.bounded(evaluator) }
        let vectors = parts.map { $0.function.reshaped(to: [$0.function.shape.count]) }
        let (lower, upper) = try VariableBounds(bounds).elements(problem, console)
        var parameters: [Double] = []
        for argument in interface == .cnlp ? arguments : [] { parameters += try Evaluation.storage(argument).doubles }
        code = try FunctionCode.generate(
          function, interface: interface, objective: result,
          constraints: vectors.isEmpty ? .zeros([0], .float64) : .concatenate(vectors, axis: 0), in: vector,
          data: placeholders,
          blocks: (
            variables, parts.map { GeneratedBlock(name: $0.name, shape: $0.function.shape.dimensions) },
            Self.blocks(problem.arguments)
          ),
          problem: .init(
            start: problem.elements(), lowerBounds: lower, upperBounds: upper,
            constraintLowerBounds: parts.flatMap(\.lower), constraintUpperBounds: parts.flatMap(\.upper),
            parameters: parameters), at: given)
      }
      for path in try code.write(to: output) { console.note(path) }
    } catch let error as TensorError {
      throw problem.located(error)
    }
  }

  private static func blocks(_ variables: [FormulaProblem.Variable]) -> [GeneratedBlock] {
    variables.map { GeneratedBlock(name: $0.name, shape: $0.node.shape.dimensions) }
  }
}

extension GeneratedCode.Interface: ExpressibleByArgument {}
extension GeneratedCode.Function: ExpressibleByArgument {}

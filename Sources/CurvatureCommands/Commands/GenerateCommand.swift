import ArgumentParser
import Curvature
import CurvatureFiles
import TensorGraph

/// `curvature generate`
struct GenerateCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Write C functions of a formula's value and derivatives, which need nothing but the library of mathematics.",
    discussion: """
      A formula of one element gets functions of its value, gradient and Hessian, others of their value and Jacobian. The variables \
      named by --at are one vector of all their elements, in order; what --argument names is given in each call, too, and not \
      differentiated in; what --let names is written into the code. Beside the code and its header go a CMake file and a test that \
      compares the functions with values at the given point.
      """)

  @OptionGroup var options: FormulaOptions

  @Option(help: "What the functions' names begin with.")
  var function = "f"

  @Option(help: "The folder to write to; it is made if it is not there.")
  var output: String

  @Option(
    name: .customLong("argument"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A name that is given in each call, with a value for the test: a formula or a file.", valueName: "name=value"))
  var arguments: [String] = []

  @Flag(help: "The entries of the Hessian that can be other than zero, and no others.")
  var sparse = false

  @Option(help: "How the functions are called: plain pointers, or as CasADi's external functions besides.")
  var interface: GeneratedCode.Interface = .plain

  func run(_ console: Console) throws {
    let problem = try FormulaProblem(options, console, needsVariables: true, arguments: arguments)
    do {
      let vector = Node(.input([try problem.elements().count], problem.evaluator.real))
      let placeholders = problem.arguments.map { Node(.input($0.node.shape, $0.node.scalarType)) }
      var evaluator = problem.evaluator(over: vector)
      for (argument, placeholder) in zip(problem.arguments, placeholders) {
        evaluator.names[argument.name] = .tensor(placeholder)
      }
      let result = try evaluator.tensor(problem.formula).cast(to: problem.evaluator.real)
      let point = Node.concatenate(problem.variables.map { $0.node.reshaped(to: [$0.node.shape.count]) }, axis: 0)
      let code = try FunctionCode.generate(
        function, interface: interface, of: result, in: vector, data: placeholders, isSparse: sparse,
        at: [point] + problem.arguments.map(\.node))
      for path in try code.write(to: output) { console.note(path) }
    } catch let error as TensorError {
      throw problem.located(error)
    }
  }
}

extension GeneratedCode.Interface: ExpressibleByArgument {}

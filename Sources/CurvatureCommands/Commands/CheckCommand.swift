import ArgumentParser
import Curvature
import TensorGraph

/// `curvature check`
struct CheckCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare the derivatives of a formula with difference quotients, order by order.",
    discussion: """
      Of a result of several elements a weighted sum is checked. If derivatives differ, the exit status is 1, and the first
      operation that fails by itself is named. At kinks and jumps differences rightly differ from derivatives.
      """)

  @OptionGroup var options: FormulaOptions
  @OptionGroup var part: IndexOption

  @Option(help: "The highest order of derivatives, 1 to 3.")
  var order = 2

  func run(_ console: Console) throws {
    guard (1...3).contains(order) else { throw ToolError("--order: found \(order), expected 1 to 3", status: .usage) }
    let problem = try FormulaProblem(options, console, needsVariables: true)
    do throws(TensorError) {
      let part = try Operations.index(problem.result, try index(problem))
      let checker = DerivativeChecker(of: part, variables: problem.variables.map(\.node))
      let check = try checker.check(order: order)
      guard check.isPassed else { throw TensorError("derivatives differ from difference quotients\n\(check)") }
      console.print(check.description)
    } catch {
      throw problem.located(error)
    }
  }

  private func index(_ problem: FormulaProblem) throws(TensorError) -> [IndexComponent] {
    do { return try problem.index(part) } catch { throw TensorError(error.message) }
  }
}

import Curvature
import TensorGraph

extension MinimizeCommand {
  /// A search with constraints.
  func runConstrained(_ console: Console, _ picture: ConvergencePicture?) throws {
    guard !standardErrors else {
      throw ToolError("--standard-errors is for searches without --subject-to", status: .usage)
    }
    guard method == .automatic else {
      throw ToolError("--method is for searches without --subject-to", status: .usage)
    }
    guard options.dtype == .float64 else {
      throw ToolError("--subject-to is solved in float64; leave out --dtype", status: .usage)
    }
    let constraints = try subjectTo.map { text throws(ToolError) in try FormulaConstraint(text) }
    guard let solver = console.constrainedSolver else {
      throw HandOver(path: try SolverProgram.path(console.environment))
    }
    let problem = try FormulaProblem(options, console, needsVariables: true)
    let bounds = try VariableBounds(bounds).elements(problem, console)
    let start = try problem.elements()
    var parts: [FormulaConstraint.Bounded] = []
    do {
      let lagrangian = try LagrangianPlan(like: Tensor<Double>.zeros([start.count])) { x in
        let result = try problem.evaluator(over: x.node).tensor(problem.formula).cast(to: .float64)
        guard result.shape.count == 1 else {
          throw TensorError(
            "minimize: the formula has \(result.shape.count) elements (shape \(result.shape)), and one is minimized; sum it"
          )
        }
        return Tensor(result)
      } constraints: { x in
        let evaluator = problem.evaluator(over: x.node)
        parts = try constraints.flatMap { try $0.bounded(evaluator) }
        return Tensor.concatenate(parts.map { Tensor($0.function.reshaped(to: [$0.function.shape.count])) })
      }
      let none = [Double](repeating: .infinity, count: start.count)
      let formula = ConstrainedFormula(
        lagrangian: lagrangian, start: start, lowerBounds: bounds.lower ?? none.map { -$0 },
        upperBounds: bounds.upper ?? none, constraintLowerBounds: parts.flatMap(\.lower),
        constraintUpperBounds: parts.flatMap(\.upper), maximumIterations: maxIterations, tolerance: tolerance)
      let clock = ContinuousClock()
      let begin = clock.now
      let solution = try solver.solve(formula) { iterate in
        picture?.add(
          iteration: iterate.iteration, value: iterate.value, gradient: iterate.dualInfeasibility,
          infeasibility: iterate.infeasibility)
        console.progress(.search(iterate.text, elapsed: clock.now - begin))
        return (try? Cancellation.check { "" }) != nil
      }
      if solution.isStopped {
        throw TensorError("cancelled after \(solution.iterations) iterations", isCancellation: true)
      }
      try picture?.write()
      let report = ConstrainedReport(
        formula: formula, solution: solution, names: problem.elementNames,
        constraintNames: parts.flatMap { part in
          Tensor<Double>(Node.zeros(part.function.shape, .float64)).variableNames.map {
            $0.isEmpty ? part.name : "(\(part.name))\($0)"
          }
        })
      console.print(format == .json ? report.json : report.text)
    } catch let error as TensorError {
      throw problem.located(error)
    } catch let error as ToolError {
      throw error
    } catch {
      throw ToolError("minimize: \(error)", status: .data)
    }
  }
}

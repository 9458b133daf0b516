import Curvature
import CurvatureCommands
import CurvatureIpopt

/// Solves the constrained formulas of `curvature minimize` by Ipopt.
struct IpoptFormulaSolver: ConstrainedSolver {
  /// A start where something is not finite cannot be begun from.
  private struct StartError: Error, CustomStringConvertible {
    let description: String
  }

  func solve(
    _ problem: ConstrainedFormula, onIterate: (ConstrainedIterate) -> Bool
  ) throws -> ConstrainedSolution {
    var plan = try NonlinearProgramPlan(
      problem.lagrangian, constraintLowerBounds: problem.constraintLowerBounds,
      constraintUpperBounds: problem.constraintUpperBounds)
    plan.maximumIterations = problem.maximumIterations
    if let tolerance = problem.tolerance { plan.options["tol"] = .number(tolerance) }
    let result = try plan(
      from: Tensor(problem.start), lowerBounds: Tensor(problem.lowerBounds), upperBounds: Tensor(problem.upperBounds)
    ) { iterate in
      onIterate(
        ConstrainedIterate(
          iteration: iterate.iteration, value: iterate.objective, infeasibility: iterate.infeasibility,
          dualInfeasibility: iterate.dualInfeasibility, text: iterate.description))
    }
    if result.status == .invalidNumber, result.iterations == 0 {
      throw StartError(
        description: "\(result.nonfinite ?? "something is not finite") at the start; give --at other values")
    }
    let rows = result.constraints[0]
    let lower = result.multipliers.lowerBounds.scalars
    return ConstrainedSolution(
      point: result.point.scalars, value: result.objective, constraints: rows.value.scalars,
      multipliers: rows.multiplier.scalars,
      boundMultipliers: zip(result.multipliers.upperBounds.scalars, lower).map { $0 - $1 },
      heldVariables: result.heldBounds.scalars.map(Self.hold), heldConstraints: rows.active.scalars.map(Self.hold),
      stop: result.status.rawValue, explanation: result.status.explanation, isConverged: result.isSolved,
      isStopped: result.status == .stoppedByCallback || result.status == .cancelled, remarks: remarks(result),
      iterations: result.iterations, evaluations: "\(result.evaluations)")
  }

  private static func hold(_ code: Double) -> ConstrainedSolution.Hold {
    code == -1 ? .lower : code == 1 ? .upper : code == 2 ? .equal : .free
  }

  private func remarks(_ result: NonlinearProgramResult<Tensor<Double>>) -> [String] {
    var remarks: [String] = []
    if result.status == .invalidNumber, let nonfinite = result.nonfinite { remarks.append(nonfinite) }
    if result.status.isSolved {
      remarks.append("\(result.curvature)")
    } else if let worst = result.residuals.mostViolated, result.residuals.infeasibility > 1e-6 {
      remarks.append("most violated: \(worst), by \(Float(result.residuals.infeasibility))")
    }
    return remarks
  }
}

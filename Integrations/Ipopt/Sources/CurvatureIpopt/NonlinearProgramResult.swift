import Curvature

/// Where a search ended, and what is known of the point.
public struct NonlinearProgramResult<Point: TensorTree> where Point.Scalar == Double {
  /// The last point, in the form of the start.
  public let point: Point
  /// The objective there; 0 of a problem without one.
  public let objective: Double
  /// The gradient of the objective there, in the form of the start; NaN where it could not be computed.
  public let gradient: Point
  /// The constraints with their values and multipliers, in order.
  public let constraints: [ConstraintValue]
  /// The multipliers, from which a search of a similar problem can go on.
  public let multipliers: ProgramMultipliers<Point>
  /// Which bounds hold the point, in the form of the start: -1 the lower one, 1 the upper one, 0 none; 2 for a variable that is
  /// fixed.
  public let heldBounds: Point
  /// Why the search ended.
  public let status: SolverStatus
  /// What was infinite or NaN last, if anything was: at a trial point, from which the search stepped back, or at the point
  /// where it ended with `.invalidNumber`.
  public let nonfinite: String?
  /// How far the conditions of optimality are from holding.
  public let residuals: OptimalityResiduals
  /// What the second derivatives say, where they were looked at.
  public let curvature: ConstrainedCurvature
  /// What Ipopt reported last; nil if it came to no iteration.
  public let lastIterate: ProgramIterate?
  /// What the search took.
  public let evaluations: ProgramEvaluations
  /// The time of the whole search, that of functions and derivatives included.
  public let time: Duration

  /// Steps taken.
  public var iterations: Int { lastIterate?.iteration ?? 0 }
  /// Whether the point is a solution, and no saddle.
  public var isSolved: Bool { status.isSolved && curvature.kind != .saddle }
}

extension NonlinearProgramResult: Sendable where Point: Sendable {}

/// A constraint at the point where a search ended.
public struct ConstraintValue: Sendable {
  /// Its name: the one it was given, or its number.
  public let name: String
  /// The constraint's function; less the bound where that depends on variables or data.
  public let value: Tensor<Double>
  /// λ, of the same shape: at most 0 where the lower bound holds, at least 0 at an upper one.
  public let multiplier: Tensor<Double>
  /// The least values; -∞ for none.
  public let lowerBound: Tensor<Double>
  /// The largest values; ∞ for none.
  public let upperBound: Tensor<Double>
  /// Which bound holds each element: -1 the lower one, 1 the upper one, 0 none; 2 for an equality.
  public let active: Tensor<Double>
}

/// How far the conditions of optimality (Karush 1939; Kuhn & Tucker 1951) are from holding, unscaled.
public struct OptimalityResiduals: Hashable, Sendable {
  /// By how much a constraint or a bound is violated at most.
  public let infeasibility: Double
  /// The name of what is violated most; nil if nothing is.
  public let mostViolated: String?
  /// The largest part of the gradient of the Lagrangian; NaN where it could not be computed.
  public let stationarity: Double
  /// The largest product of a multiplier with the distance from its bound.
  public let complementarity: Double
}

extension NonlinearProgramResult: CustomStringConvertible {
  /// Names of all variables, in the order of their elements.
  public var variableNames: [String] { point.variableNames }

  /// Objective, reason, conditions and kind of the point in a few lines; the point itself follows.
  public var description: String {
    "objective \(objective): \(status.explanation)\n"
      + (nonfinite.map { status == .invalidNumber ? "\($0)\n" : "" } ?? "")
      + "infeasibility \(Text.scientific(residuals.infeasibility, 1))"
      + (residuals.mostViolated.map { residuals.infeasibility > 1e-6 ? " (\($0))" : "" } ?? "")
      + ", stationarity \(Text.scientific(residuals.stationarity, 1)), complementarity "
      + "\(Text.scientific(residuals.complementarity, 1)); \(curvature.description)\n"
      + "\(iterations) iteration\(iterations == 1 ? "" : "s"): \(evaluations)\n\(point)"
  }
}

import Curvature

/// What solves the problems of `curvature minimize --subject-to`. The tool itself has no such solver: a package that has one makes
/// a tool of its own, with `ToolProgram.run(constrainedSolver:)`.
public protocol ConstrainedSolver: Sendable {
  /// Searches a minimum.
  ///
  /// - Parameters:
  ///   - problem: what to minimize, and what must hold.
  ///   - onIterate: is told the start and each iteration, and says whether to go on.
  /// - Returns: where the search ended, however far it came.
  /// - Throws: where it cannot begin; the description is what the user reads.
  func solve(
    _ problem: ConstrainedFormula, onIterate: (ConstrainedIterate) -> Bool
  ) throws -> ConstrainedSolution
}

/// A formula to be minimized subject to constraints, over one vector of all variables.
public struct ConstrainedFormula: Sendable {
  /// The formula, the constraints, and their derivatives.
  public let lagrangian: LagrangianPlan<Double>
  /// Where the search begins.
  public let start: [Double]
  /// The least value of each variable; -∞ for none.
  public let lowerBounds: [Double]
  /// The largest ones; ∞ for none.
  public let upperBounds: [Double]
  /// The least value of each element of the constraints; -∞ for none.
  public let constraintLowerBounds: [Double]
  /// The largest ones; ∞ for none.
  public let constraintUpperBounds: [Double]
  /// The most iterations.
  public let maximumIterations: Int
  /// How well the conditions of optimality are to hold; nil for the solver's own idea.
  public let tolerance: Double?
}

/// The state of a constrained search after an iteration.
public struct ConstrainedIterate: Sendable {
  /// How many iterations have been taken.
  public var iteration: Int
  /// The formula's value.
  public var value: Double
  /// By how much a constraint is violated at most.
  public var infeasibility: Double
  /// The largest part of the gradient of the Lagrangian.
  public var dualInfeasibility: Double
  /// The state in a line.
  public var text: String

  /// A state.
  public init(iteration: Int, value: Double, infeasibility: Double, dualInfeasibility: Double, text: String) {
    (self.iteration, self.value, self.infeasibility) = (iteration, value, infeasibility)
    (self.dualInfeasibility, self.text) = (dualInfeasibility, text)
  }
}

/// Where a constrained search ended.
public struct ConstrainedSolution: Sendable {
  /// What holds an element at the end.
  public enum Hold: String, Sendable {
    /// Nothing.
    case free
    /// Its lower bound.
    case lower
    /// Its upper bound.
    case upper
    /// Both: it is fixed, or an equation.
    case equal
  }

  /// The last point.
  public var point: [Double]
  /// The formula's value there.
  public var value: Double
  /// The constraints there.
  public var constraints: [Double]
  /// λ for each constraint: at most 0 at a lower bound, at least 0 at an upper one.
  public var multipliers: [Double]
  /// The multiplier of each variable's bounds, with the same signs.
  public var boundMultipliers: [Double]
  /// What holds each variable.
  public var heldVariables: [Hold]
  /// What holds each constraint.
  public var heldConstraints: [Hold]
  /// A word for why the search ended.
  public var stop: String
  /// The same in words.
  public var explanation: String
  /// Whether the point is a solution, and no saddle.
  public var isConverged: Bool
  /// Whether `onIterate` ended the search.
  public var isStopped: Bool
  /// What is known of the point, a line each.
  public var remarks: [String]
  /// Steps taken.
  public var iterations: Int
  /// What they took, in words.
  public var evaluations: String

  /// A solution.
  public init(
    point: [Double], value: Double, constraints: [Double], multipliers: [Double], boundMultipliers: [Double],
    heldVariables: [Hold], heldConstraints: [Hold], stop: String, explanation: String, isConverged: Bool,
    isStopped: Bool, remarks: [String], iterations: Int, evaluations: String
  ) {
    (self.point, self.value, self.constraints, self.multipliers) = (point, value, constraints, multipliers)
    (self.boundMultipliers, self.heldVariables) = (boundMultipliers, heldVariables)
    (self.heldConstraints, self.stop, self.explanation) = (heldConstraints, stop, explanation)
    (self.isConverged, self.isStopped, self.remarks) = (isConverged, isStopped, remarks)
    (self.iterations, self.evaluations) = (iterations, evaluations)
  }
}

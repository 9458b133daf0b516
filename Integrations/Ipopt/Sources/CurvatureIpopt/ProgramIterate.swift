import Curvature
import Foundation

/// The state of a search after an iteration, as Ipopt reports it.
public struct ProgramIterate: Hashable, Sendable, CustomStringConvertible {
  /// How many iterations have been taken: 0 at the start.
  public let iteration: Int
  /// The objective; in restoration, the original one at the point reached.
  public let objective: Double
  /// By how much a constraint is violated at most.
  public let infeasibility: Double
  /// The largest part of the gradient of the Lagrangian, in Ipopt's scaling.
  public let dualInfeasibility: Double
  /// The barrier parameter μ.
  public let barrier: Double
  /// The largest part of the step.
  public let stepNorm: Double
  /// What was added to the Hessian's diagonal so that the step descends: 0 where the Hessian of the Lagrangian is positive
  /// definite along the constraints.
  public let regularization: Double
  /// Which part of the step was taken.
  public let primalStepSize: Double
  /// Which part of the multipliers' step was taken.
  public let dualStepSize: Double
  /// How many points the line search tried.
  public let lineSearchTrials: Int
  /// Whether the search is one for a point where the constraints hold better.
  public let isRestoration: Bool

  /// The state in a line.
  public var description: String {
    "iteration \(iteration): value \(Text.scientific(objective, 8)), infeasibility \(Text.scientific(infeasibility, 2)), "
      + "dual \(Text.scientific(dualInfeasibility, 2)), μ \(Text.scientific(barrier, 1))"
      + (isRestoration ? ", restoration" : "")
  }
}

/// What a search has taken.
public struct ProgramEvaluations: Hashable, Sendable, CustomStringConvertible {
  /// Values of objective and constraints without derivatives.
  public var values = 0
  /// Values with the gradient and the Jacobian.
  public var firstOrders = 0
  /// Hessians of the Lagrangian.
  public var hessians = 0
  /// The time in Ipopt's callbacks for values and first derivatives.
  public var firstOrderTime = Duration.zero
  /// The time in those for Hessians.
  public var hessianTime = Duration.zero

  /// The time in all callbacks for functions and derivatives.
  public var derivativeTime: Duration { firstOrderTime + hessianTime }

  /// What there is of each.
  public var description: String {
    let parts = [(firstOrders, "values with first derivatives"), (values, "values alone"), (hessians, "Hessians")]
    return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}

/// Numbers as text.
enum Text {
  /// With an exponent and some digits behind the point.
  static func scientific(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)e", value) }
}

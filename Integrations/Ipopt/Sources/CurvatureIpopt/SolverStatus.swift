import CIpopt

/// Why Ipopt ended: each of its return codes, and two ways in which it is stopped from outside.
public enum SolverStatus: String, CaseIterable, Hashable, Sendable {
  /// A point that satisfies the conditions of optimality to the tolerances.
  case solved
  /// Likewise to the looser tolerances of the options `acceptable_…`.
  case solvedToAcceptableLevel
  /// A point where the constraints do not hold and near which they cannot be made to hold better.
  case infeasible
  /// Steps have become as small as rounding.
  case searchDirectionTooSmall
  /// Variables grow beyond `diverging_iterates_tol`.
  case diverging
  /// `onIterate` asked for it.
  case stoppedByCallback
  /// The task was cancelled.
  case cancelled
  /// A point where the constraints hold, of a problem with as many equations as variables.
  case feasiblePointFound
  /// The option `max_iter` or the argument that sets it.
  case iterationLimit
  /// The search for a point where the constraints hold better failed.
  case restorationFailed
  /// A step could not be computed.
  case stepComputationFailed
  /// The option `max_cpu_time`.
  case cpuTimeLimit
  /// The option `max_wall_time`.
  case wallTimeLimit
  /// More equations than variables that are free.
  case notEnoughDegreesOfFreedom
  /// Ipopt refuses the problem.
  case invalidProblem
  /// Options do not go together.
  case invalidOption
  /// The functions or their derivatives are infinite or NaN where a step cannot be shortened, as at the start.
  case invalidNumber
  /// Ipopt gave up for a reason of its own.
  case unrecoverableException
  /// Something that Ipopt called gave up.
  case foreignException
  /// Memory did not suffice.
  case insufficientMemory
  /// A fault in Ipopt, or a return code that this enumeration does not have.
  case internalError

  /// Whether the point is a solution: optimal, or, where any point will do, one at which the constraints hold.
  public var isSolved: Bool { self == .solved || self == .solvedToAcceptableLevel || self == .feasiblePointFound }

  /// The reason in words, with what to do about it.
  public var explanation: String {
    switch self {
    case .solved: "the conditions of optimality hold"
    case .solvedToAcceptableLevel:
      "the conditions of optimality hold to acceptable tolerances; rounding or scaling kept the search from the usual ones"
    case .infeasible:
      "the constraints cannot all be made to hold near this point; where they contradict each other no point does, else start "
        + "elsewhere"
    case .searchDirectionTooSmall:
      "steps have become as small as rounding; the point may be as accurate as the functions allow, or badly scaled"
    case .diverging:
      "variables grow without end: the objective may fall below every bound, or be least at infinity; give bounds"
    case .stoppedByCallback: "the caller asked to stop"
    case .cancelled: "the task was cancelled"
    case .feasiblePointFound: "the constraints hold, and there are as many equations as variables"
    case .iterationLimit: "the most iterations that were allowed have been taken; allow more, or go on from this point"
    case .restorationFailed:
      "no point was found at which the constraints hold better; they may be infeasible, singular here or badly scaled"
    case .stepComputationFailed:
      "the linear system of a step could not be solved even with regularization; constraints may be dependent or badly scaled"
    case .cpuTimeLimit: "the processor time that was allowed is used up"
    case .wallTimeLimit: "the time that was allowed is used up"
    case .notEnoughDegreesOfFreedom: "there are more equations than free variables; leave some out, or free variables"
    case .invalidProblem: "Ipopt refuses the problem: its numbers of variables, bounds or entries do not fit"
    case .invalidOption: "options do not go together; Ipopt says which if `print_level` is 5"
    case .invalidNumber:
      "the functions or their derivatives are infinite or NaN where the search cannot step back; start elsewhere, or give bounds "
        + "that keep variables where they are defined"
    case .unrecoverableException: "Ipopt gave up for a reason of its own; it says more if `print_level` is 5"
    case .foreignException: "something that Ipopt calls, such as its linear solver, gave up"
    case .insufficientMemory: "memory did not suffice; factors of the linear systems fill in too much"
    case .internalError: "Ipopt met a fault of its own"
    }
  }

  /// The status of a return code.
  init(code: Int) {
    self =
      switch code {
      case Int(Solve_Succeeded.rawValue): .solved
      case Int(Solved_To_Acceptable_Level.rawValue): .solvedToAcceptableLevel
      case Int(Infeasible_Problem_Detected.rawValue): .infeasible
      case Int(Search_Direction_Becomes_Too_Small.rawValue): .searchDirectionTooSmall
      case Int(Diverging_Iterates.rawValue): .diverging
      case Int(User_Requested_Stop.rawValue): .stoppedByCallback
      case Int(Feasible_Point_Found.rawValue): .feasiblePointFound
      case Int(Maximum_Iterations_Exceeded.rawValue): .iterationLimit
      case Int(Restoration_Failed.rawValue): .restorationFailed
      case Int(Error_In_Step_Computation.rawValue): .stepComputationFailed
      case Int(Maximum_CpuTime_Exceeded.rawValue): .cpuTimeLimit
      // Ipopt 3.14 has it, the headers of 3.11 do not.
      case -5: .wallTimeLimit
      case Int(Not_Enough_Degrees_Of_Freedom.rawValue): .notEnoughDegreesOfFreedom
      case Int(Invalid_Problem_Definition.rawValue): .invalidProblem
      case Int(Invalid_Option.rawValue): .invalidOption
      case Int(Invalid_Number_Detected.rawValue): .invalidNumber
      case Int(Unrecoverable_Exception.rawValue): .unrecoverableException
      case Int(NonIpopt_Exception_Thrown.rawValue): .foreignException
      case Int(Insufficient_Memory.rawValue): .insufficientMemory
      default: .internalError
      }
  }
}

import CIpopt
import Curvature
import Synchronization

/// One search over vectors, whatever form the variables have.
struct IpoptSolver {
  /// What a search starts from, and its bounds.
  struct Problem {
    var start: [Double]
    var lower: [Double]
    var upper: [Double]
    var constraintLower: [Double]
    var constraintUpper: [Double]
    /// Multipliers of the constraints and of the lower and upper bounds, if the search goes on from an earlier one.
    var multipliers: (constraints: [Double], lower: [Double], upper: [Double])?
  }

  /// Where it ended.
  struct Outcome {
    var status: SolverStatus
    var point: [Double]
    var objective: Double
    var constraints: [Double]
    var multipliers: (constraints: [Double], lower: [Double], upper: [Double])
    var time: Duration
  }

  /// MUMPS, Ipopt's linear solver here, keeps state of the whole process.
  private static let isRunning = Mutex(())
  @TaskLocal private static var isInside = false

  let evaluator: ProgramEvaluator
  let options: [String: IpoptOption]

  /// - Throws: `IpoptError` for an option that there is not, or within another search.
  func callAsFunction(_ problem: Problem) throws(IpoptError) -> Outcome {
    guard !Self.isInside else { throw .nested }
    let outcome = Self.isRunning.withLock { _ in
      Self.$isInside.withValue(true) { Result { () throws(IpoptError) in try solve(problem) } }
    }
    return try outcome.get()
  }

  private func solve(_ problem: Problem) throws(IpoptError) -> Outcome {
    var problem = problem
    let (n, m) = (problem.start.count, problem.constraintLower.count)
    // A problem of constraints without entries is none to Ipopt: one that is zero stands for them.
    let entries = m == 0 ? 0 : max(1, evaluator.jacobianPlaces.rows.count)
    guard
      let handle = CreateIpoptProblem(
        Int32(n), &problem.lower, &problem.upper, Int32(m), &problem.constraintLower, &problem.constraintUpper,
        Int32(entries), Int32(evaluator.hessianPlaces.rows.count), 0, Callbacks.objective, Callbacks.constraints,
        Callbacks.gradient, Callbacks.jacobian, Callbacks.hessian)
    else {
      return Outcome(
        status: .invalidProblem, point: problem.start, objective: .nan, constraints: Array(repeating: .nan, count: m),
        multipliers: (
          Array(repeating: 0, count: m), Array(repeating: 0, count: n), Array(repeating: 0, count: n)
        ), time: .zero)
    }
    defer { FreeIpoptProblem(handle) }
    try set(Self.defaults.merging(problem.multipliers == nil ? [:] : Self.warmStart) { $1 }, of: handle)
    try set(options, of: handle)
    _ = SetIntermediateCallback(handle, Callbacks.iterate)
    var outcome = Outcome(
      status: .internalError, point: problem.start, objective: .nan, constraints: Array(repeating: 0, count: m),
      multipliers: problem.multipliers
        ?? (Array(repeating: 0, count: m), Array(repeating: 0, count: n), Array(repeating: 0, count: n)),
      time: .zero)
    let clock = ContinuousClock()
    let begin = clock.now
    let code = withExtendedLifetime(evaluator) {
      IpoptSolve(
        handle, &outcome.point, &outcome.constraints, &outcome.objective, &outcome.multipliers.constraints,
        &outcome.multipliers.lower, &outcome.multipliers.upper, Unmanaged.passUnretained(evaluator).toOpaque())
    }
    outcome.time = clock.now - begin
    outcome.status = SolverStatus(code: Int(code.rawValue))
    return outcome
  }

  /// What holds unless options say otherwise: Ipopt prints nothing and reads no file of options.
  private static let defaults: [String: IpoptOption] = [
    "print_level": 0, "sb": "yes", "option_file_name": "",
  ]

  /// A search that goes on from an earlier one stays where that ended, also beside bounds.
  private static let warmStart: [String: IpoptOption] = [
    "warm_start_init_point": "yes", "warm_start_bound_push": 1e-9, "warm_start_bound_frac": 1e-9,
    "warm_start_slack_bound_push": 1e-9, "warm_start_slack_bound_frac": 1e-9, "warm_start_mult_bound_push": 1e-9,
    "mu_init": 1e-6,
  ]

  private func set(_ options: [String: IpoptOption], of handle: IpoptProblem) throws(IpoptError) {
    for (name, value) in options.sorted(by: { $0.key < $1.key }) {
      try IpoptOption.check(name)
      var key = Array(name.utf8CString)
      let isAccepted =
        switch value {
        case .word(var word):
          word.withUTF8 { bytes in
            var word = bytes.map { CChar(bitPattern: $0) } + [0]
            return isTrue(AddIpoptStrOption(handle, &key, &word))
          }
        case .integer(let number) where IpoptOption.wholeNumbers.contains(name):
          Int32(exactly: number).map { isTrue(AddIpoptIntOption(handle, &key, $0)) } ?? false
        case .integer(let number): isTrue(AddIpoptNumOption(handle, &key, Double(number)))
        // Ipopt would complain on standard output.
        case .number(let number):
          !IpoptOption.wholeNumbers.contains(name) && isTrue(AddIpoptNumOption(handle, &key, number))
        }
      guard isAccepted else { throw .refusedOption(name, value: value.description) }
    }
  }
}

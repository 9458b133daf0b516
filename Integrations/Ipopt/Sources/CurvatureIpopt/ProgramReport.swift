import Curvature

/// What is made of the numbers with which a search ended.
struct ProgramReport {
  let problem: IpoptSolver.Problem
  var outcome: IpoptSolver.Outcome
  let evaluator: ProgramEvaluator
  let isStopped: Bool

  func result<Point: TensorTree>(
    _ template: Point, _ constraints: [PlannedConstraint]
  ) -> NonlinearProgramResult<Point> where Point.Scalar == Double {
    var outcome = outcome
    if outcome.status == .stoppedByCallback, !isStopped { outcome.status = .cancelled }
    let (evaluations, last) = (evaluator.counts, evaluator.last)
    let gradientIsKnown = evaluator.evaluate(at: outcome.point)
    // Ipopt leaves them as they were if it could not begin.
    (outcome.objective, outcome.constraints) = (evaluator.objective, Array(evaluator.constraints))
    let lagrangianGradient = gradientIsKnown ? self.lagrangianGradient(outcome) : nil
    if let lagrangianGradient { completeFixed(&outcome, lagrangianGradient) }
    let held = activity(
      outcome.point, problem.lower, problem.upper, outcome.multipliers.lower, outcome.multipliers.upper)
    let active = activity(
      outcome.constraints, problem.constraintLower, problem.constraintUpper,
      outcome.multipliers.constraints.map { max(0, -$0) }, outcome.multipliers.constraints.map { max(0, $0) })
    func tree(_ values: [Double]) -> Point { Self.tree(values, like: template) }
    func split(_ values: [Double]) -> [Tensor<Double>] {
      var start = 0
      return constraints.map { constraint in
        defer { start += constraint.count }
        return Tensor(Array(values[start..<start + constraint.count]), shape: constraint.shape)
      }
    }
    let parts = (
      values: split(outcome.constraints), multipliers: split(outcome.multipliers.constraints),
      lower: split(problem.constraintLower), upper: split(problem.constraintUpper), active: split(active)
    )
    let gradient = gradientIsKnown ? Array(evaluator.gradient) : outcome.point.map { _ in .nan }
    let curvature =
      outcome.status.isSolved && gradientIsKnown
      ? ConstrainedCurvature(outcome, evaluator, held: held, active: active)
      : ConstrainedCurvature(kind: .unknown)
    return NonlinearProgramResult(
      point: tree(outcome.point), objective: outcome.objective, gradient: tree(gradient),
      constraints: constraints.indices.map {
        ConstraintValue(
          name: constraints[$0].name, value: parts.values[$0], multiplier: parts.multipliers[$0],
          lowerBound: parts.lower[$0], upperBound: parts.upper[$0], active: parts.active[$0])
      },
      multipliers: ProgramMultipliers(
        constraints: parts.multipliers, lowerBounds: tree(outcome.multipliers.lower),
        upperBounds: tree(outcome.multipliers.upper)),
      heldBounds: tree(held), status: outcome.status, nonfinite: evaluator.nonfinite,
      residuals: residuals(outcome, lagrangianGradient, template, constraints), curvature: curvature, lastIterate: last,
      evaluations: evaluations, time: outcome.time)
  }

  static func tree<Point: TensorTree>(_ values: [Double], like template: Point) -> Point where Point.Scalar == Double {
    var start = 0
    return template.mapTensors { tensor in
      defer { start += tensor.count }
      return Tensor(Array(values[start..<start + tensor.count]), shape: tensor.shape)
    }
  }

  /// ∇f + Jᵀλ.
  private func lagrangianGradient(_ outcome: IpoptSolver.Outcome) -> [Double] {
    var sum = Array(evaluator.gradient)
    let (rows, columns) = evaluator.jacobianPlaces
    for (number, value) in evaluator.jacobian.enumerated() {
      sum[Int(columns[number])] += value * outcome.multipliers.constraints[Int(rows[number])]
    }
    return sum
  }

  /// Ipopt takes fixed variables out; their multipliers are what makes the gradient of the Lagrangian vanish.
  private func completeFixed(_ outcome: inout IpoptSolver.Outcome, _ gradient: [Double]) {
    for i in gradient.indices where problem.lower[i] == problem.upper[i] {
      outcome.multipliers.lower[i] = max(0, gradient[i])
      outcome.multipliers.upper[i] = max(0, -gradient[i])
    }
  }

  /// Which bound holds each number: the one whose multiplier is larger than the distance from it.
  private func activity(
    _ values: [Double], _ lower: [Double], _ upper: [Double], _ low: [Double], _ high: [Double]
  ) -> [Double] {
    values.indices.map { i in
      if lower[i] == upper[i] { return 2 }
      let scale = max(1, abs(values[i]))
      if low[i] * scale > values[i] - lower[i] { return -1 }
      return high[i] * scale > upper[i] - values[i] ? 1 : 0
    }
  }

  private func residuals<Point: TensorTree>(
    _ outcome: IpoptSolver.Outcome, _ gradient: [Double]?, _ template: Point, _ constraints: [PlannedConstraint]
  ) -> OptimalityResiduals where Point.Scalar == Double {
    let variables = Self.violation(outcome.point, problem.lower, problem.upper)
    let rows = Self.violation(outcome.constraints, problem.constraintLower, problem.constraintUpper)
    let (z, w) = (outcome.multipliers.lower, outcome.multipliers.upper)
    var stationarity = 0.0
    for (i, slope) in (gradient ?? []).enumerated() {
      stationarity = max(stationarity, abs(slope - z[i] + w[i]))
    }
    var complementarity = 0.0
    func add(_ multiplier: Double, _ distance: Double) {
      if multiplier != 0, distance.isFinite { complementarity = max(complementarity, abs(multiplier * distance)) }
    }
    for (i, x) in outcome.point.enumerated() {
      add(z[i], x - problem.lower[i])
      add(w[i], problem.upper[i] - x)
    }
    for (row, g) in outcome.constraints.enumerated() {
      let λ = outcome.multipliers.constraints[row]
      if λ < 0 { add(λ, g - problem.constraintLower[row]) } else { add(λ, problem.constraintUpper[row] - g) }
    }
    let worst = max(variables.by, rows.by)
    let name =
      worst > 0
      ? rows.by >= variables.by
        ? PlannedConstraint.name(ofRow: rows.at, constraints) : template.variableNames[variables.at] : nil
    return OptimalityResiduals(
      infeasibility: worst, mostViolated: name, stationarity: gradient == nil ? .nan : stationarity,
      complementarity: complementarity)
  }

  private static func violation(
    _ values: [Double], _ lower: [Double], _ upper: [Double]
  ) -> (by: Double, at: Int) {
    var worst = (by: 0.0, at: 0)
    for i in values.indices {
      let by = max(lower[i] - values[i], values[i] - upper[i])
      if by > worst.by || by.isNaN && !worst.by.isNaN { worst = (by, i) }
    }
    return worst
  }
}

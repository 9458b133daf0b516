import Curvature

/// A constrained problem, compiled once for many starts, bounds and data.
///
/// ```swift
/// let plan = try NonlinearProgramPlan(like: x) { x in
///   NonlinearProgram(
///     minimizing: x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2],
///     subjectTo: [.atLeast(x.product(), 25), .equal(square(x).sum(), 40)])
/// }
/// let best = try plan(from: Tensor<Double>([1, 5, 5, 1]), lowerBounds: 1, upperBounds: 5)
/// ```
/// The solver is Ipopt's primal-dual interior-point method (Wächter & Biegler 2006, "On the implementation of an interior-point
/// filter line-search algorithm for large-scale nonlinear programming"), with the exact sparse Jacobian and Hessian of the
/// Lagrangian from one `LagrangianPlan`. Values and first derivatives of a point are computed in one pass and shared among
/// Ipopt's callbacks.
///
/// Ipopt's linear solver keeps state of the whole process: searches of several threads run one after another, and one that is
/// begun within `onIterate` of another throws.
public struct NonlinearProgramPlan<Point: TensorTree> where Point.Scalar == Double {
  /// The most iterations of a search; the option `max_iter` goes before it.
  public var maximumIterations = 3000
  /// What Ipopt is told besides, by the names of its documentation.
  public var options: [String: IpoptOption] = [:]
  /// Structures and programs of the functions and their derivatives.
  public let lagrangian: LagrangianPlan<Double>
  private let template: Point
  private let constraints: [PlannedConstraint]

  /// A plan for points of the form of `point`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - point: a point of that form; its elements do not matter.
  ///   - data: what else the function takes: given anew in each search, and not differentiated in.
  ///   - model: gives objective and constraints for a point and data; it is called once, and branches it takes in Swift are the
  ///     plan's, whatever the point.
  /// - Throws: what `model` throws, `TensorError` if the objective has more than one element or something needs values of the
  ///   point, `IpoptError` if a bound does not fit its constraint.
  public init<each Data: TensorScalar>(
    like point: Point, _ data: repeat Tensor<each Data>,
    of model: (Point, repeat Tensor<each Data>) throws -> NonlinearProgram
  ) throws {
    // Both functions of the Lagrangian are of the same placeholders: one call gives both, and they share their parts.
    var planned: [PlannedConstraint] = []
    var functions: [Tensor<Double>] = []
    lagrangian = try LagrangianPlan(like: point.flattened, repeat each data) {
      (x: Tensor<Double>, data: repeat Tensor<each Data>) in
      let program = try model(point.unflattened(x), repeat each data)
      for (number, constraint) in program.constraints.enumerated() {
        let (bounds, function) = try constraint.planned(number: number)
        planned.append(bounds)
        functions.append(function.reshaped(to: [bounds.count]))
      }
      return program.objective ?? Tensor(0)
    } constraints: { (_: Tensor<Double>, _: repeat Tensor<each Data>) in
      functions.isEmpty ? Tensor.zeros([0]) : Tensor.concatenate(functions)
    }
    template = point
    constraints = planned
  }

  /// Searches a local minimum from a start.
  ///
  /// - Parameters:
  ///   - start: where the search begins; Ipopt moves it a little inside the bounds.
  ///   - data: what else the function takes.
  ///   - lowerBounds: the least value of each variable, in the form of the start or with tensors of one element; -∞ for none.
  ///   - upperBounds: the largest ones. A variable whose bounds are equal is fixed.
  ///   - multipliers: those of an earlier result, of a problem that is much alike, from whose point the search goes on.
  ///   - onIterate: is told the start and each iteration, and says whether to go on; what it throws ends the search.
  /// - Returns: where the search ended and why. A cancelled task ends it with `status == .cancelled`.
  /// - Throws: `TensorError` if data have other shapes than the plan's, or something cannot be computed; `IpoptError` if start,
  ///   bounds or multipliers do not fit, an option does not exist, or another search is running on this thread; what
  ///   `onIterate` throws.
  /// - Complexity: one pass for values and first derivatives and one for the Hessian in each iteration, and the factorization
  ///   of a sparse matrix of as many rows as there are variables and constraints.
  public func callAsFunction<each Data: TensorScalar>(
    from start: Point, _ data: repeat Tensor<each Data>, lowerBounds: Point? = nil, upperBounds: Point? = nil,
    multipliers: ProgramMultipliers<Point>? = nil, onIterate: (ProgramIterate) throws -> Bool = { _ in true }
  ) throws -> NonlinearProgramResult<Point> {
    let lagrangian = lagrangian
    let values = (repeat each data)
    let functions = ProgramFunctions { x, objective, constraints in
      try lagrangian.evaluate(at: x.span, repeat each values, value: &objective)
      try lagrangian.evaluate(at: x.span, repeat each values, constraints: constraints.mutableSpan)
    } firstOrder: { x, objective, gradient, constraints, jacobian in
      try lagrangian.evaluate(
        at: x.span, repeat each values, value: &objective, gradient: gradient.mutableSpan,
        constraints: constraints.mutableSpan, jacobian: jacobian.mutableSpan)
    } hessian: { x, factor, multipliers, hessian in
      try lagrangian.evaluate(
        at: x.span, repeat each values, objectiveFactor: factor, multipliers: multipliers.span,
        hessian: hessian.mutableSpan)
    }
    return try search(functions, start, lowerBounds, upperBounds, multipliers, onIterate)
  }

  private func search(
    _ functions: ProgramFunctions, _ start: Point, _ lowerBounds: Point?, _ upperBounds: Point?,
    _ multipliers: ProgramMultipliers<Point>?, _ onIterate: (ProgramIterate) throws -> Bool
  ) throws -> NonlinearProgramResult<Point> {
    var problem = IpoptSolver.Problem(
      start: try elements(start, "the start"), lower: try elements(lowerBounds, "the lower bounds", else: -.infinity),
      upper: try elements(upperBounds, "the upper bounds", else: .infinity),
      constraintLower: constraints.flatMap(\.lower), constraintUpper: constraints.flatMap(\.upper))
    let names = { [template] in template.variableNames }
    let constraintName = { [constraints] row in PlannedConstraint.name(ofRow: row, constraints) }
    for (i, x) in problem.start.enumerated() where !x.isFinite {
      throw IpoptError.invalidStart("the start has \(names()[i]) = \(x); start at finite numbers")
    }
    try Self.check(problem.lower, problem.upper) { names()[$0] }
    try Self.check(problem.constraintLower, problem.constraintUpper, name: constraintName)
    if let multipliers {
      guard multipliers.constraints.map(\.shape) == constraints.map(\.shape) else {
        throw IpoptError.invalidStart(
          "multipliers of shapes \(multipliers.constraints.map(\.shape)) for constraints of shapes "
            + "\(constraints.map(\.shape)); give those of a result of this plan")
      }
      problem.multipliers = (
        try multipliers.constraints.flatMap { try $0.readScalars() },
        try elements(multipliers.lowerBounds, "the lower bounds' multipliers"),
        try elements(multipliers.upperBounds, "the upper bounds' multipliers")
      )
    }
    let evaluator = ProgramEvaluator(
      functions, lagrangian, variableNames: names, constraintName: constraintName)
    var stopped = false
    var thrown: (any Error)?
    let outcome = try withoutActuallyEscaping(onIterate) { onIterate in
      evaluator.goesOn = { iterate in
        do {
          guard !Task.isCancelled, try onIterate(iterate) else {
            stopped = !Task.isCancelled
            return false
          }
          return true
        } catch {
          thrown = error
          return false
        }
      }
      defer { evaluator.goesOn = { _ in true } }
      return try IpoptSolver(
        evaluator: evaluator, options: ["max_iter": .integer(maximumIterations)].merging(options) { $1 })(problem)
    }
    if let error = thrown ?? evaluator.failure { throw error }
    return ProgramReport(problem: problem, outcome: outcome, evaluator: evaluator, isStopped: stopped)
      .result(template, constraints)
  }

  /// The elements of a tree of the plan's form; a tensor of one element stands for all of its place.
  private func elements(_ tree: Point, _ what: String) throws -> [Double] {
    let (own, others) = (template.allTensors, tree.allTensors)
    let fits = own.count == others.count && zip(own, others).allSatisfy { $1.count == 1 || $0.shape == $1.shape }
    guard fits else {
      throw IpoptError.invalidStart(
        "\(what): found tensors of shapes \(others.map(\.shape)), \(own.map(\.shape)) are needed, or one element for each"
      )
    }
    return try zip(own, others).flatMap { (form, tensor) throws in
      let values = try tensor.readScalars()
      return values.count == form.count ? values : Array(repeating: values[0], count: form.count)
    }
  }

  private func elements(_ tree: Point?, _ what: String, else none: Double) throws -> [Double] {
    try tree.map { try elements($0, what) } ?? Array(repeating: none, count: template.parameterCount)
  }

  private static func check(_ lower: [Double], _ upper: [Double], name: (Int) -> String) throws(IpoptError) {
    for i in lower.indices {
      guard lower[i] <= upper[i], lower[i] < .infinity, upper[i] > -.infinity else {
        throw .invalidBounds(
          "\(name(i)) has the bounds \(lower[i]) and \(upper[i]), between which there is no number; give a lower one that is not "
            + "above the upper one")
      }
    }
  }
}

extension NonlinearProgramPlan where Point == Tensor<Double> {
  /// A plan of functions that are compiled already.
  ///
  /// - Parameters:
  ///   - lagrangian: the objective and the constraints, of points that are vectors.
  ///   - constraintLowerBounds: the least value of each constraint, in the shape of all; -∞ for none.
  ///   - constraintUpperBounds: the largest ones; ∞ for none.
  /// - Throws: `IpoptError.invalidBounds` if there are not as many bounds as constraints.
  public init(
    _ lagrangian: LagrangianPlan<Double>, constraintLowerBounds: [Double], constraintUpperBounds: [Double]
  ) throws(IpoptError) {
    let count = lagrangian.jacobianPattern.rowCount
    guard constraintLowerBounds.count == count, constraintUpperBounds.count == count else {
      throw .invalidBounds(
        "\(constraintLowerBounds.count) lower and \(constraintUpperBounds.count) upper bounds for \(count) constraints; give one "
          + "of each for each")
    }
    self.lagrangian = lagrangian
    template = Tensor.zeros(lagrangian.shape)
    constraints = [
      PlannedConstraint(
        name: "constraints", shape: lagrangian.constraintShape, lower: constraintLowerBounds,
        upper: constraintUpperBounds)
    ]
  }
}

extension NonlinearProgramPlan: Sendable where Point: Sendable {}

/// Multipliers of constraints and bounds: derivatives of the least value in the bounds, up to the sign.
///
/// The Lagrangian is f + λ·g − z₋·x + z₊·x. A constraint that is held at its lower bound has λ ≤ 0, one at its upper bound
/// λ ≥ 0; z₋ and z₊ are not negative.
public struct ProgramMultipliers<Point: TensorTree> where Point.Scalar == Double {
  /// λ, a tensor for each constraint, of its shape.
  public var constraints: [Tensor<Double>]
  /// z₋, in the form of the point.
  public var lowerBounds: Point
  /// z₊, in the form of the point.
  public var upperBounds: Point

  /// Multipliers from elsewhere.
  ///
  /// - Parameters:
  ///   - constraints: λ, a tensor for each constraint, of its shape.
  ///   - lowerBounds: z₋, in the form of the point.
  ///   - upperBounds: z₊, in the form of the point.
  public init(constraints: [Tensor<Double>], lowerBounds: Point, upperBounds: Point) {
    (self.constraints, self.lowerBounds, self.upperBounds) = (constraints, lowerBounds, upperBounds)
  }
}

extension ProgramMultipliers: Sendable where Point: Sendable {}

/// Solves a constrained problem from a start: a plan that is used once.
///
/// ```swift
/// let best = try optimize(from: Tensor<Double>([1, 5, 5, 1]), lowerBounds: 1, upperBounds: 5) { x in
///   NonlinearProgram(
///     minimizing: x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2],
///     subjectTo: [.atLeast(x.product(), 25), .equal(square(x).sum(), 40)])
/// }
/// print(best.objective)      // 17.014017…
/// ```
/// - Parameters:
///   - start: where the search begins.
///   - data: what else the function takes, which is not differentiated in.
///   - lowerBounds: the least value of each variable, in the form of the start or with tensors of one element.
///   - upperBounds: the largest ones.
///   - options: what Ipopt is told, by the names of its documentation.
///   - maximumIterations: the most iterations.
///   - onIterate: is told the start and each iteration, and says whether to go on.
///   - model: gives objective and constraints for a point and data.
/// - Throws: as `NonlinearProgramPlan`.
public func optimize<Point: TensorTree, each Data: TensorScalar>(
  from start: Point, _ data: repeat Tensor<each Data>, lowerBounds: Point? = nil, upperBounds: Point? = nil,
  options: [String: IpoptOption] = [:], maximumIterations: Int = 3000,
  onIterate: (ProgramIterate) throws -> Bool = { _ in true },
  of model: (Point, repeat Tensor<each Data>) throws -> NonlinearProgram
) throws -> NonlinearProgramResult<Point> where Point.Scalar == Double {
  var plan = try NonlinearProgramPlan(like: start, repeat each data, of: model)
  plan.options = options
  plan.maximumIterations = maximumIterations
  return try plan(
    from: start, repeat each data, lowerBounds: lowerBounds, upperBounds: upperBounds, onIterate: onIterate)
}

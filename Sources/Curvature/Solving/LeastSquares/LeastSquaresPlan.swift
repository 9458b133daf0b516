import TensorGraph

/// Residuals whose sum of squares is to be minimized, with exact first and second derivatives, compiled once for many starts
/// and data.
///
/// <!-- swift
/// let x = Tensor<Double>([1, 2, 3, 4, 5]), y = Tensor<Double>([30, 55, 78, 98, 117]), b = Tensor<Double>([300, 0.1])
/// -->
/// ```swift
/// let plan = try LeastSquaresPlan(like: b, x, y) { b, x, y in
///   let curve = b[0] * (1 - exp(-b[1] * x))
///   return y - curve
/// }
/// let fit = try plan(from: b, x, y)
/// print(fit.minimum.point, fit.statistics?.standardDeviations ?? [])
/// ```
/// Gauss & Newton's model and Newton's with the exact Hessian compete for each step (<doc:Solving>).
public struct LeastSquaresPlan<Point: TensorTree> {
  /// How the steps are found.
  public let method: MinimizationMethod
  /// The most steps of a search.
  public var maximumIterations = 5000
  /// The cosine between residuals and their tangent plane at which a point counts as stationary: 10⁻⁹ for `Double`, 10⁻⁴ for
  /// `Float`, unless set. Of the method `dense` alone.
  public var tolerance: Double
  private let template: Point
  private let form: Form
  private let arguments: [Node]

  private enum Form {
    /// With all of J.
    case dense(LeastSquaresGraph)
    /// With JᵀJ and the Hessian, sparse or by products.
    case large(ResidualProgram)
  }

  /// A plan for parameters of the form of `point`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - point: parameters of that form; their elements do not matter.
  ///   - data: what else the function takes: given anew in each search, and not differentiated in.
  ///   - method: with the whole Jacobian unless told otherwise, O(n p²) a step; `.sparse` with the non-zeros of JᵀJ and of the
  ///     Hessian, which a library factors, where each residual depends on few parameters; `.matrixFree` with products.
  ///   - residuals: as many numbers as there are observations, in a tensor of any shape.
  /// - Throws: what `residuals` throws, and `TensorError` if there are fewer residuals than parameters, or sparse factors are
  ///   too large.
  public init<each Data: TensorScalar>(
    like point: Point, _ data: repeat Tensor<each Data>, method: MinimizationMethod = .dense,
    residuals: (Point, repeat Tensor<each Data>) throws -> Tensor<Point.Scalar>
  ) throws {
    let variable = Node(.input([point.parameterCount], Point.Scalar.scalarType))
    let placeholders = (repeat TracedFunction.placeholder(each data))
    let result = try residuals(point.traced(variable), repeat each placeholders).node
    guard result.shape.count >= point.parameterCount else {
      throw TensorError(
        "leastSquares: \(result.shape.count) residuals for \(point.parameterCount) parameters; at least as many are needed"
      )
    }
    arguments = PlanProgram.nodes(repeat each placeholders)
    self.method = method
    form =
      switch method.resolved(count: point.parameterCount) {
      case .dense: .dense(try LeastSquaresGraph(residuals: result, parameters: variable, data: arguments))
      case let large:
        .large(try ResidualProgram(residuals: result, parameters: variable, data: arguments, method: large))
      }
    template = point
    tolerance = Point.Scalar.scalarType == .float32 ? 1e-4 : 1e-9
  }

  /// Searches a local minimum of ½‖r‖² from a start.
  ///
  /// - Parameters:
  ///   - start: where the search begins.
  ///   - data: what else the function takes.
  ///   - lowerBounds: the least value of each parameter, in the form of the start; -∞ for none. With bounds the search is
  ///     that of `MinimizationPlan`, with the exact Hessian.
  ///   - upperBounds: the largest ones.
  ///   - onIterate: is told the start and every point that is accepted; what it throws ends the search.
  /// - Throws: `TensorError` if start, data or bounds have other shapes than the plan's or cannot be used, or something cannot
  ///   be computed; what `onIterate` throws.
  public func callAsFunction<each Data: TensorScalar>(
    from start: Point, _ data: repeat Tensor<each Data>, lowerBounds: Point? = nil, upperBounds: Point? = nil,
    onIterate: (MinimizationIterate<Point>) throws -> Void = { _ in }
  ) throws -> LeastSquaresResult<Point> {
    let nodes = PlanProgram.nodes(repeat each data)
    try PlanProgram.require(nodes, of: arguments)
    let graph: LeastSquaresGraph
    switch form {
    case .dense(let dense): graph = dense
    case .large(let program):
      return try competing(
        program, nodes, from: start, lower: lowerBounds, upper: upperBounds, onIterate: onIterate)
    }
    let counter = Counter()
    let objective = counter.counting(graph.objective(data: try Evaluation.storages(nodes)))
    let first = try template.elements(of: start, "the start")
    guard lowerBounds == nil, upperBounds == nil else {
      return try newton(
        objective, counter, from: first, lower: lowerBounds, upper: upperBounds, onIterate: onIterate)
    }
    let solver = LeastSquaresSolver(maximumIterations: maximumIterations, tolerance: tolerance)
    let atStart = try objective.derivatives(first)
    guard atStart.isFinite else {
      return try result(objective, counter, at: first, stop: .notFiniteAtStart, iterations: 0)
    }
    let solution: LeastSquaresSolver.Solution
    do {
      solution = try solver.minimize(objective, from: first) { iteration, b, derivatives in
        try onIterate(
          .init(
            iteration: iteration, point: template.replacingElements(b), value: derivatives.value,
            gradientNorm: derivatives.gradient.euclideanNorm, counts: counter.counts))
      }
    } catch let error as LinearAlgebraError {
      throw TensorError("leastSquares: \(error.message); give data and parameters in other units")
    }
    let isStationary = solution.offset <= tolerance
    let stop: StopReason
    switch solution.outcome {
    case .converged: stop = isStationary ? .gradient : .step
    case .iterationLimit: stop = .iterationLimit
    case .cancelled: stop = .cancelled
    case .stalled, .rankDeficient:
      guard isStationary else {
        // Residuals that say no more, as where columns of J are nearly dependent, leave the rest to the exact Hessian.
        return try newton(
          objective, counter, from: solution.parameters, iterations: solution.iterations, first: atStart,
          onIterate: onIterate)
      }
      stop = .gradient
    }
    return try result(objective, counter, at: solution.parameters, stop: stop, iterations: solution.iterations)
  }

  /// Goes on, or begins, with the search of `MinimizationPlan`.
  private func newton(
    _ objective: LeastSquaresObjective, _ counter: Counter, from start: [Double], iterations: Int = 0,
    first: ResidualDerivatives? = nil, lower: Point? = nil, upper: Point? = nil,
    onIterate: (MinimizationIterate<Point>) throws -> Void
  ) throws -> LeastSquaresResult<Point> {
    let lower = try lower.map { try template.elements(of: $0, "the lower bounds") }
    let upper = try upper.map { try template.elements(of: $0, "the upper bounds") }
    var search = try ObjectivePlan.search(
      objective.halfSquare(precision: precision), usesMatrix: true, from: start, lower: lower, upper: upper,
      tolerance: nil, maximumIterations: max(0, maximumIterations - iterations), names: { template.variableNames })
    func report() throws {
      try onIterate(
        .init(
          iteration: iterations + search.iterations, point: template.replacingElements(search.point),
          value: search.value, gradientNorm: search.freeGradient.euclideanNorm, counts: counter.counts))
    }
    if iterations == 0 { try report() }
    while try search.advance() { try report() }
    return try result(
      objective, counter, at: search.point, stop: search.stop ?? .iterationLimit,
      iterations: iterations + search.iterations, first: first, lower: lower, upper: upper)
  }

  /// The search with sparse models, or with products.
  private func competing(
    _ program: ResidualProgram, _ data: [Node], from start: Point, lower: Point?, upper: Point?,
    onIterate: (MinimizationIterate<Point>) throws -> Void
  ) throws -> LeastSquaresResult<Point> {
    var competition = try program.search(
      from: try template.elements(of: start, "the start"), data: data,
      lower: try lower.map { try template.elements(of: $0, "the lower bounds") },
      upper: try upper.map { try template.elements(of: $0, "the upper bounds") }, maximumIterations: maximumIterations,
      names: { template.variableNames })
    func minimization() -> Minimization<Point> { Minimization(search: competition.search, template: template) }
    try onIterate(minimization().iterate)
    while try competition.advance() { try onIterate(minimization().iterate) }
    let minimum = try minimization().result()
    let point = competition.search.point
    let residuals = try program.residuals(at: point, data: data)
    guard minimum.curvature.heldVariables == 0, residuals.allSatisfy(\.isFinite) else {
      return LeastSquaresResult(minimum: minimum, residuals: residuals, statistics: nil)
    }
    let variances = try program.variances(at: point, data: data)
    return LeastSquaresResult(
      minimum: minimum, residuals: residuals,
      statistics: LeastSquaresStatistics(residuals, parameterCount: point.count) {
        (variances.gaussNewton?.map { $0.squareRoot() }, variances.exact?.map { $0.squareRoot() })
      })
  }

  private var precision: Double { Point.Scalar.scalarType == .float32 ? Double(Float.ulpOfOne) : .ulpOfOne }

  private func result(
    _ objective: LeastSquaresObjective, _ counter: Counter, at b: [Double], stop: StopReason, iterations: Int,
    first: ResidualDerivatives? = nil, lower: [Double]? = nil, upper: [Double]? = nil
  ) throws -> LeastSquaresResult<Point> {
    let counts = counter.counts
    let derivatives = try objective.derivatives(b)
    var search = try NewtonSearch(
      objective.halfSquare(precision: precision), from: b, lower: lower, upper: upper, usesMatrix: true,
      maximumIterations: 0)
    var stop = stop
    if stop == .noProgress {
      // Where columns of J are nearly dependent the tangent plane is known less well than the gradient.
      let isRounding =
        first.map { search.isRounding(startValue: $0.value, startSlope: $0.gradient.euclideanNorm) } ?? false
      stop = try search.isStationary() ? .gradient : isRounding ? .value : stop
    }
    var curvature = try search.curvature()
    if curvature.heldVariables == 0, let factors = try? FactoredHessian(derivatives), factors.isPositiveDefinite,
      !factors.isRankDeficient
    {
      // Factors of the Jacobian see what their squares have lost.
      curvature = PointCurvature(
        kind: .minimum, inertia: Inertia(positive: b.count, negative: 0, zero: 0),
        leastEigenvalue: curvature.leastEigenvalue, heldVariables: 0)
    }
    let minimum = MinimizationResult(
      point: template.replacingElements(b), value: derivatives.value,
      gradient: template.replacingElements(derivatives.gradient), gradientNorm: search.freeGradient.euclideanNorm,
      stop: stop, curvature: curvature, iterations: iterations, counts: counts, variableNames: template.variableNames)
    let isInside = curvature.heldVariables == 0 && derivatives.isFinite
    return LeastSquaresResult(
      minimum: minimum, residuals: derivatives.residuals,
      statistics: isInside ? LeastSquaresStatistics(derivatives) : nil)
  }
}

extension LeastSquaresPlan: Sendable where Point: Sendable {}

/// Where a search for least squares ended, and what it says about the parameters.
public struct LeastSquaresResult<Point> {
  /// The point, why the search ended there, and what kind of point it is; the value is ½‖r‖².
  public let minimum: MinimizationResult<Point>
  /// r at the point, in row-major order.
  public let residuals: [Double]
  /// Sum of squares and standard deviations; nil where a bound holds a parameter, to which they do not apply, or numbers are
  /// not finite.
  public let statistics: LeastSquaresStatistics?

  /// Whether the search came to a stationary point that is not a saddle.
  public var isConverged: Bool { minimum.isConverged }
}

extension LeastSquaresResult: Sendable where Point: Sendable {}

/// Searches the least sum of squares of some residuals from a start, within bounds if there are some: a plan that is used once.
///
/// <!-- swift
/// let x = Tensor<Double>([1, 2, 3, 4, 5]), y = Tensor<Double>([30, 55, 78, 98, 117]), b = Tensor<Double>([300, 0.1])
/// -->
/// ```swift
/// let fit = try leastSquares(from: Tensor<Double>([500, 1e-4]), x, y) { b, x, y in
///   let curve = b[0] * (1 - exp(-b[1] * x))
///   return y - curve
/// }
/// ```
/// - Parameters: as those of `LeastSquaresPlan`.
/// - Throws: what `residuals` and `onIterate` throw, and `TensorError` where a plan does.
public func leastSquares<Point: TensorTree, each Data: TensorScalar>(
  from start: Point, _ data: repeat Tensor<each Data>, lowerBounds: Point? = nil, upperBounds: Point? = nil,
  method: MinimizationMethod = .dense, maximumIterations: Int = 5000, tolerance: Double? = nil,
  onIterate: (MinimizationIterate<Point>) throws -> Void = { _ in },
  residuals: (Point, repeat Tensor<each Data>) throws -> Tensor<Point.Scalar>
) throws -> LeastSquaresResult<Point> {
  var plan = try LeastSquaresPlan(like: start, repeat each data, method: method, residuals: residuals)
  plan.maximumIterations = maximumIterations
  if let tolerance { plan.tolerance = tolerance }
  return try plan(
    from: start, repeat each data, lowerBounds: lowerBounds, upperBounds: upperBounds, onIterate: onIterate)
}

/// Counts what a search asks of its objective.
private final class Counter {
  var counts = EvaluationCounts()

  func counting(_ objective: LeastSquaresObjective) -> LeastSquaresObjective {
    LeastSquaresObjective(parameterCount: objective.parameterCount) { b in
      self.counts.values += 1
      return try objective.residuals(b)
    } derivatives: { b in
      self.counts.gradients += 1
      self.counts.hessians += 1
      return try objective.derivatives(b)
    }
  }
}

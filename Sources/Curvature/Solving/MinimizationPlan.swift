import TensorGraph

/// A function to be minimized, with its derivatives, compiled once for many starts and data.
///
/// <!-- swift
/// let X = Tensor<Double>([[1, 2], [3, -1], [0, 1]]), t = Tensor<Double>([1, -1, 1]), w = Tensor<Double>([0.1, 0.2])
/// -->
/// ```swift
/// let plan = try MinimizationPlan(like: w, X, t) { w, X, t in softplus(-t * matmul(X, w)).sum() }
/// let fit = try plan(from: w, X, t)
/// print(fit.point, fit.stop, fit.curvature.kind)
/// ```
/// The method is a trust-region Newton method within simple bounds (<doc:Solving>). The function is traced once: branches it
/// takes in Swift are the plan's, whatever the point.
public struct MinimizationPlan<Point: TensorTree> {
  /// How the steps are found.
  public let method: MinimizationMethod
  /// The most steps of a search.
  public var maximumIterations = 1000
  /// The square root of the decrease, relative to the value, that a full Newton step foretells at a stationary point at most.
  /// Twice the root of the rounding error unless set: 3 · 10⁻⁸ for `Double`. With whole Hessians the point is then made as
  /// accurate as the gradient allows.
  public var tolerance: Double?
  private let template: Point
  private let program: ObjectivePlan

  /// A plan for points of the form of `point`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - point: a point of that form; its elements do not matter.
  ///   - data: what else the function takes: given anew in each search, and not differentiated in.
  ///   - method: whole Hessians up to 300 variables and Hessian products beyond, unless told otherwise; sparse Hessians with a
  ///     library that factors them.
  ///   - f: the function.
  /// - Throws: what `f` throws, and `TensorError` if its result has more than one element, or it needs values of its argument.
  public init<each Data: TensorScalar>(
    like point: Point, _ data: repeat Tensor<each Data>, method: MinimizationMethod = .automatic,
    of f: (Point, repeat Tensor<each Data>) throws -> Tensor<Point.Scalar>
  ) throws {
    let variable = Node(.input([point.parameterCount], Point.Scalar.scalarType))
    let placeholders = (repeat TracedFunction.placeholder(each data))
    let result = try f(point.traced(variable), repeat each placeholders).node
    self.method = method
    template = point
    program = try ObjectivePlan(
      of: result, in: variable, data: PlanProgram.nodes(repeat each placeholders), method: method)
  }

  /// Searches a local minimum from a start.
  ///
  /// - Parameters:
  ///   - start: where the search begins.
  ///   - data: what else the function takes.
  ///   - lowerBounds: the least value of each variable, in the form of the start; -∞ for none.
  ///   - upperBounds: the largest ones. A start outside is moved to the nearest point inside.
  ///   - onIterate: is told the start and every point that is accepted; what it throws ends the search.
  /// - Returns: the best point and why the search ended. A cancelled task ends with `stop == .cancelled`, and a start where
  ///   the function is not finite with `.notFiniteAtStart`.
  /// - Throws: `TensorError` if start, data or bounds have other shapes than the plan's, a lower bound lies above an upper one,
  ///   or something cannot be computed; what `onIterate` throws.
  public func callAsFunction<each Data: TensorScalar>(
    from start: Point, _ data: repeat Tensor<each Data>, lowerBounds: Point? = nil, upperBounds: Point? = nil,
    onIterate: (MinimizationIterate<Point>) throws -> Void = { _ in }
  ) throws -> MinimizationResult<Point> {
    var search = try search(from: start, repeat each data, lowerBounds: lowerBounds, upperBounds: upperBounds)
    while let iterate = try search.next() { try onIterate(iterate) }
    return try search.result()
  }

  /// A search whose steps are taken one by one as they are asked for.
  ///
  /// - Throws: as `callAsFunction`.
  public func search<each Data: TensorScalar>(
    from start: Point, _ data: repeat Tensor<each Data>, lowerBounds: Point? = nil, upperBounds: Point? = nil
  ) throws(TensorError) -> Minimization<Point> {
    let nodes = PlanProgram.nodes(repeat each data)
    return Minimization(
      search: try program.search(
        from: try template.elements(of: start, "the start"), data: nodes,
        lower: try lowerBounds.map { (bounds) throws(TensorError) in
          try template.elements(of: bounds, "the lower bounds")
        },
        upper: try upperBounds.map { (bounds) throws(TensorError) in
          try template.elements(of: bounds, "the upper bounds")
        },
        tolerance: tolerance, maximumIterations: maximumIterations, names: { template.variableNames }),
      template: template)
  }
}

extension MinimizationPlan: Sendable where Point: Sendable {}

/// A search for a minimum: a sequence of its iterates, each found when it is asked for.
///
/// <!-- swift let x = Tensor<Double>([1, 2]), plan = try MinimizationPlan(like: x) { x in square(x - 3).sum() } -->
/// ```swift
/// var search = try plan.search(from: x)
/// for try await iterate in search.iterates { print(iterate) }       // or: while let iterate = try search.next()
/// ```
public struct Minimization<Point: TensorTree> {
  private(set) var search: NewtonSearch
  private let template: Point
  private let names: [String]
  private var isAtStart = true

  /// - Parameter names: those of the variables; those of the template's elements by default.
  package init(search: NewtonSearch, template: Point, names: [String]? = nil) {
    (self.search, self.template, self.names) = (search, template, names ?? template.variableNames)
  }

  /// The start first, then the point after each step; nil after the last.
  ///
  /// - Throws: `TensorError` if something cannot be computed.
  public mutating func next() throws(TensorError) -> MinimizationIterate<Point>? {
    if isAtStart {
      isAtStart = false
      return iterate
    }
    return try search.advance() ? iterate : nil
  }

  var iterate: MinimizationIterate<Point> {
    .init(
      iteration: search.iterations, point: tree(search.point), value: search.value,
      gradientNorm: search.freeGradient.euclideanNorm, counts: search.counts)
  }

  /// The best point so far and what is known of it; `stop` is `.iterationLimit` if steps are left.
  ///
  /// - Throws: `TensorError` if something cannot be computed.
  public func result() throws(TensorError) -> MinimizationResult<Point> {
    var search = search
    let curvature = try search.curvature()
    return MinimizationResult(
      point: tree(search.point), value: search.value, gradient: tree(search.gradient),
      gradientNorm: search.freeGradient.euclideanNorm, stop: search.stop ?? .iterationLimit, curvature: curvature,
      iterations: search.iterations, counts: search.counts, variableNames: names)
  }

  private func tree(_ elements: [Double]) -> Point { template.replacingElements(elements) }

  /// The iterates for `for try await`. Each step is taken on the thread that asks for it. A cancelled task ends the sequence.
  public var iterates: Iterates { Iterates(minimization: self) }

  /// The iterates of a search as an `AsyncSequence`.
  public struct Iterates: AsyncSequence {
    fileprivate let minimization: Minimization

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(minimization: minimization) }

    public struct AsyncIterator: AsyncIteratorProtocol {
      /// The search so far: its `result()` is that of the steps taken.
      public private(set) var minimization: Minimization

      fileprivate init(minimization: Minimization) { self.minimization = minimization }

      public mutating func next() async throws -> MinimizationIterate<Point>? { try minimization.next() }
    }
  }
}

/// Searches a local minimum of a function from a start, within bounds if there are some: a plan that is used once.
///
/// ```swift
/// let x = try minimize(from: Tensor<Double>([-1.2, 1])) { x in
///   100 * square(x[1] - square(x[0])) + square(1 - x[0])
/// }
/// print(x.point)             // [1. 1.]
/// ```
/// - Parameters: as those of `MinimizationPlan`.
/// - Throws: what `f` and `onIterate` throw, and `TensorError` where a plan does.
public func minimize<Point: TensorTree, each Data: TensorScalar>(
  from start: Point, _ data: repeat Tensor<each Data>, lowerBounds: Point? = nil, upperBounds: Point? = nil,
  method: MinimizationMethod = .automatic, maximumIterations: Int = 1000, tolerance: Double? = nil,
  onIterate: (MinimizationIterate<Point>) throws -> Void = { _ in },
  of f: (Point, repeat Tensor<each Data>) throws -> Tensor<Point.Scalar>
) throws -> MinimizationResult<Point> {
  var plan = try MinimizationPlan(like: start, repeat each data, method: method, of: f)
  plan.maximumIterations = maximumIterations
  plan.tolerance = tolerance
  return try plan(
    from: start, repeat each data, lowerBounds: lowerBounds, upperBounds: upperBounds, onIterate: onIterate)
}

/// Searches a local minimum of a function of two tensors.
public func minimize<S: DifferentiableScalar, each Data: TensorScalar>(
  from start: (Tensor<S>, Tensor<S>), _ data: repeat Tensor<each Data>,
  lowerBounds: (Tensor<S>, Tensor<S>)? = nil, upperBounds: (Tensor<S>, Tensor<S>)? = nil,
  method: MinimizationMethod = .automatic, maximumIterations: Int = 1000, tolerance: Double? = nil,
  of f: (Tensor<S>, Tensor<S>, repeat Tensor<each Data>) throws -> Tensor<S>
) throws -> MinimizationResult<(Tensor<S>, Tensor<S>)> {
  try minimize(
    from: [start.0, start.1], repeat each data, lowerBounds: lowerBounds.map { [$0.0, $0.1] },
    upperBounds: upperBounds.map { [$0.0, $0.1] }, method: method, maximumIterations: maximumIterations,
    tolerance: tolerance
  ) { (x: [Tensor<S>], data: repeat Tensor<each Data>) in try f(x[0], x[1], repeat each data) }
  .map { ($0[0], $0[1]) }
}

/// Searches a local minimum of a function of three tensors.
public func minimize<S: DifferentiableScalar, each Data: TensorScalar>(
  from start: (Tensor<S>, Tensor<S>, Tensor<S>), _ data: repeat Tensor<each Data>,
  lowerBounds: (Tensor<S>, Tensor<S>, Tensor<S>)? = nil, upperBounds: (Tensor<S>, Tensor<S>, Tensor<S>)? = nil,
  method: MinimizationMethod = .automatic, maximumIterations: Int = 1000, tolerance: Double? = nil,
  of f: (Tensor<S>, Tensor<S>, Tensor<S>, repeat Tensor<each Data>) throws -> Tensor<S>
) throws -> MinimizationResult<(Tensor<S>, Tensor<S>, Tensor<S>)> {
  try minimize(
    from: [start.0, start.1, start.2], repeat each data, lowerBounds: lowerBounds.map { [$0.0, $0.1, $0.2] },
    upperBounds: upperBounds.map { [$0.0, $0.1, $0.2] }, method: method, maximumIterations: maximumIterations,
    tolerance: tolerance
  ) { (x: [Tensor<S>], data: repeat Tensor<each Data>) in try f(x[0], x[1], x[2], repeat each data) }
  .map { ($0[0], $0[1], $0[2]) }
}

import TensorGraph

/// A likelihood with its derivatives, compiled once for many data sets and starts: bootstraps, simulations, groups.
///
/// <!-- swift
/// let X = Tensor<Double>([[1, 0.2, 1], [1, 1.5, 0], [1, 2, 1], [1, 3.1, 0], [1, 4, 1], [1, 0.7, 0], [1, 2.5, 0], [1, 3, 1]])
/// let samples = [Tensor<Double>([0, 1, 0, 1, 1, 0, 0, 1]), Tensor<Double>([1, 0, 0, 1, 1, 0, 1, 0])]
/// -->
/// ```swift
/// let start = Tensor<Double>.zeros([3])
/// let plan = try MaximumLikelihoodPlan(like: start, X, samples[0]) { b, X, y in
///   softplus(-(2 * y - 1) * matmul(X, b))
/// }
/// for y in samples { print(try plan(from: start, X, y).point) }
/// ```
/// Each estimate keeps its own data, so that profile intervals of an earlier one can be asked for later.
public struct MaximumLikelihoodPlan<Point: TensorTree> {
  /// The most steps of a search.
  public var maximumIterations = 1000
  /// As that of `MinimizationPlan`.
  public var tolerance: Double?
  private let template: Point
  private let likelihood: LikelihoodPlan
  private let arguments: [Node]

  /// A plan for parameters of the form of `point`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - point: parameters of that form; their elements do not matter.
  ///   - data: what else the function takes: given anew for each estimate, and not differentiated in.
  ///   - method: as that of `MinimizationPlan`.
  ///   - negativeLogLikelihood: minus the logarithm of the likelihood: an element for each independent observation, of which the
  ///     sum is minimized, or the sum alone, which gives no sandwich.
  /// - Throws: what `negativeLogLikelihood` throws, and `TensorError` if it needs values of its argument.
  public init<each Data: TensorScalar>(
    like point: Point, _ data: repeat Tensor<each Data>, method: MinimizationMethod = .automatic,
    negativeLogLikelihood: (Point, repeat Tensor<each Data>) throws -> Tensor<Point.Scalar>
  ) throws {
    let variable = Node(.input([point.parameterCount], Point.Scalar.scalarType))
    let placeholders = (repeat TracedFunction.placeholder(each data))
    let terms = try negativeLogLikelihood(point.traced(variable), repeat each placeholders).node
    arguments = PlanProgram.nodes(repeat each placeholders)
    likelihood = try LikelihoodPlan(
      terms: terms, variable: variable, placeholders: arguments, method: method, names: point.variableNames)
    template = point
  }

  /// Maximizes the likelihood of some data from a start.
  ///
  /// - Parameters:
  ///   - start: where the search begins.
  ///   - data: what else the function takes.
  ///   - lowerBounds: the least value of each parameter, in the form of the start; -∞ for none.
  ///   - upperBounds: the largest ones.
  ///   - onIterate: is told the start and every point that is accepted.
  /// - Throws: `TensorError` if start, data or bounds have other shapes than the plan's or cannot be used, or something cannot
  ///   be computed. A search that does not converge is no error: the estimate's `obstacle` says so.
  public func callAsFunction<each Data: TensorScalar>(
    from start: Point, _ data: repeat Tensor<each Data>, lowerBounds: Point? = nil, upperBounds: Point? = nil,
    onIterate: (MinimizationIterate<Point>) -> Void = { _ in }
  ) throws(TensorError) -> MaximumLikelihoodEstimate<Point> {
    let nodes = PlanProgram.nodes(repeat each data)
    try PlanProgram.require(nodes, of: arguments)
    var lower: [Double]?
    var upper: [Double]?
    if let lowerBounds { lower = try template.elements(of: lowerBounds, "the lower bounds") }
    if let upperBounds { upper = try template.elements(of: upperBounds, "the upper bounds") }
    let bound = likelihood.bound(to: nodes)
    let search = try bound.search(
      from: template.elements(of: start, "the start"), lower: lower, upper: upper, tolerance: tolerance,
      maximumIterations: maximumIterations)
    return try MaximumLikelihoodEstimate(bound, search, template: template, onIterate: onIterate)
  }
}

extension MaximumLikelihoodPlan: Sendable where Point: Sendable {}

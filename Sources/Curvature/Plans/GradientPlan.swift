import TensorGraph

/// Value and gradient of a function, prepared once and evaluated at many points.
public struct GradientPlan<Scalar: DifferentiableScalar>: Sendable {
  /// The shape of a point.
  public let shape: [Int]
  private let function: PreparedFunction

  /// A plan for points of the shape of `x`, whose elements do not matter.
  public init(like x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>) throws {
    let traced = try TracedFunction(like: x, of: f)
    let gradient = try Gradients.of(traced.result, [traced.argument])[0]
    function = try PreparedFunction(outputs: [traced.result, gradient], inputs: [traced.argument])
    shape = x.shape
  }

  /// The value and the gradient at a point.
  public func callAsFunction(
    _ x: Tensor<Scalar>
  ) throws(TensorError) -> (value: Scalar, gradient: Tensor<Scalar>) {
    try PlanRules.require(x.shape, shape)
    let results = try function.run([Evaluation.storage(x.node)])
    return (results[0].buffer(as: Scalar.self)[0], Tensor(Node(results[1], shape: Shape(shape))))
  }
}

/// Products of a function's Hessian with directions, prepared once and evaluated at many points.
///
/// - Complexity: a product costs about four to five evaluations of the function.
public struct HessianProductPlan<Scalar: DifferentiableScalar>: Sendable {
  /// The shape of a point and of a direction.
  public let shape: [Int]
  private let function: PreparedFunction

  /// A plan for points of the shape of `x`, whose elements do not matter.
  public init(like x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>) throws {
    let traced = try TracedFunction(like: x, of: f)
    let gradient = try Gradients.of(traced.result, [traced.argument])[0]
    let direction = Node(.input(traced.argument.shape, Scalar.scalarType))
    let product = pushforward(of: [gradient], seeds: [(traced.argument, direction)])[0]
    function = try PreparedFunction(
      outputs: [product ?? .zeros(direction.shape, Scalar.scalarType)], inputs: [traced.argument, direction])
    shape = x.shape
  }

  /// The product of the Hessian at a point with a direction.
  public func callAsFunction(
    _ x: Tensor<Scalar>, _ direction: Tensor<Scalar>
  ) throws(TensorError) -> Tensor<Scalar> {
    try PlanRules.require(x.shape, shape)
    try PlanRules.require(direction.shape, shape)
    try Evaluation.evaluate([x.node, direction.node])
    let results = try function.run([Evaluation.storage(x.node), Evaluation.storage(direction.node)])
    return Tensor(Node(results[0], shape: Shape(shape)))
  }
}

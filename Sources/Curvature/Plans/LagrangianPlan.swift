import SparseStructure
import TensorGraph

/// Everything that a solver for constrained optimisation asks of f(x) and g(x), with fixed structure, prepared once.
///
/// The problem is to minimise f(x) subject to bounds on the constraints g(x). Solvers such as Ipopt (Wächter & Biegler
/// 2006, "On the implementation of an interior-point filter line-search algorithm for large-scale nonlinear
/// programming") want, at each point: the value and the gradient of f, g, the entries of the Jacobian of g, and the
/// lower triangle of the Hessian of the Lagrangian σ f + λ·g. Where entries stand is fixed and asked for once.
///
/// ```swift
/// let plan = try LagrangianPlan(like: x, objective: { x in (x * x).sum() }, constraints: { x in x[1...] * x[..<(-1)] })
/// let (rows, columns) = plan.hessianPattern.coordinateArrays()                  // once
/// let values = try plan.hessian(at: x, objectiveFactor: 1, multipliers: λ)      // at each point
/// ```
public struct LagrangianPlan<Scalar: DifferentiableScalar>: Sendable, CustomStringConvertible {
  /// The shape of a point.
  public let shape: [Int]
  /// The shape of the constraints.
  public let constraintShape: [Int]
  /// Where the constraints' Jacobian can be other than zero; the order of its values is by rows.
  public let jacobianPattern: SparsityPattern
  /// Where the lower triangle of the Lagrangian's Hessian can be other than zero; the order of its values is by rows.
  public let hessianPattern: SparsityPattern
  private let objective: PreparedFunction
  private let constraints: PreparedFunction
  private let first: PreparedFunction
  private let second: PreparedFunction
  private let all: PreparedFunction
  private let steps: String

  /// A plan for points of the shape of `x`, whose elements do not matter.
  ///
  /// - Throws: `TensorError` if the objective has more than one element, or one of the functions needs values of its
  ///   argument.
  public init(
    like x: Tensor<Scalar>, objective f: (Tensor<Scalar>) throws -> Tensor<Scalar>,
    constraints g: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws {
    let point = Node(.input(x.node.shape, Scalar.scalarType))
    let value = try f(Tensor(point)).node
    let constraint = try g(Tensor(point)).node
    let gradient = try Gradients.of(value, [point])[0]
    let factor = Node(.input([], Scalar.scalarType))
    let multipliers = Node(.input(constraint.shape, Scalar.scalarType))
    let weighted = factor * value.reshaped(to: [])
    let total = weighted + (multipliers * constraint).summed(over: Array(0..<constraint.shape.rank))
    let slope = try Gradients.of(total, [point])[0]

    let jacobianColoring = try SparsePlans.coloring(constraint, point, isSymmetric: false)
    let hessianColoring = try SparsePlans.coloring(slope, point, isSymmetric: true)
    jacobianPattern = jacobianColoring.pattern
    hessianPattern = hessianColoring.pattern.lowerTriangle()
    let jacobian = NonzeroExpression(
      .init(output: constraint, variable: point, isSymmetric: false), coloring: jacobianColoring,
      part: jacobianPattern, method: nil)
    let hessian = NonzeroExpression(
      .init(output: slope, variable: point, isSymmetric: true), coloring: hessianColoring, part: hessianPattern,
      method: nil)
    objective = try PreparedFunction(outputs: [value], inputs: [point])
    constraints = try PreparedFunction(outputs: [constraint], inputs: [point])
    first = try PreparedFunction(outputs: [value, gradient, constraint, jacobian.values], inputs: [point])
    second = try PreparedFunction(outputs: [hessian.values], inputs: [point, factor, multipliers])
    all = try PreparedFunction(
      outputs: [value, gradient, constraint, jacobian.values, hessian.values], inputs: [point, factor, multipliers])
    steps = [
      SparsePlans.text("Jacobian of the constraints", jacobianPattern, jacobian),
      SparsePlans.text("Hessian of the Lagrangian, lower triangle", hessianPattern, hessian),
    ].joined(separator: "\n")
    shape = x.shape
    constraintShape = constraint.shape.dimensions
  }

  /// The values of one point.
  public struct FirstOrder: Sendable {
    /// f(x).
    public let value: Scalar
    /// The gradient of f, of the shape of a point.
    public let gradient: Tensor<Scalar>
    /// g(x).
    public let constraints: Tensor<Scalar>
    /// The Jacobian of g.
    public let jacobian: SparseMatrix<Scalar>
  }

  /// f, its gradient, g and its Jacobian at a point, in one pass.
  public func callAsFunction(_ x: Tensor<Scalar>) throws(TensorError) -> FirstOrder {
    try PlanRules.require(x.shape, shape)
    return firstOrder(try first.run([Evaluation.storage(x.node)]))
  }

  /// f, its gradient, g, its Jacobian, and the lower triangle of the Hessian of σ f + λ·g at a point, in one pass.
  public func callAsFunction(
    _ x: Tensor<Scalar>, objectiveFactor: Scalar, multipliers: Tensor<Scalar>
  ) throws(TensorError) -> (values: FirstOrder, hessian: SparseMatrix<Scalar>) {
    let results = try all.run(inputs(x, objectiveFactor, multipliers))
    return (
      firstOrder(results), SparseMatrix(pattern: hessianPattern, values: results[4].elements())
    )
  }

  /// The lower triangle of the Hessian of σ f + λ·g at a point.
  public func hessian(
    at x: Tensor<Scalar>, objectiveFactor: Scalar, multipliers: Tensor<Scalar>
  ) throws(TensorError) -> SparseMatrix<Scalar> {
    let results = try second.run(inputs(x, objectiveFactor, multipliers))
    return SparseMatrix(pattern: hessianPattern, values: results[0].elements())
  }

  private func inputs(
    _ x: Tensor<Scalar>, _ factor: Scalar, _ multipliers: Tensor<Scalar>
  ) throws(TensorError) -> [Storage] {
    try PlanRules.require(x.shape, shape)
    guard multipliers.shape == constraintShape else {
      throw TensorError(
        "LagrangianPlan: multipliers of shape \(multipliers.shape), the constraints have \(constraintShape); give one "
          + "for each constraint")
    }
    return [try Evaluation.storage(x.node), Storage([factor]), try Evaluation.storage(multipliers.node)]
  }

  private func firstOrder(_ results: [Storage]) -> FirstOrder {
    FirstOrder(
      value: results[0].element(0), gradient: Tensor(Node(results[1], shape: Shape(shape))),
      constraints: Tensor(Node(results[2], shape: Shape(constraintShape))),
      jacobian: SparseMatrix(pattern: jacobianPattern, values: results[3].elements()))
  }

  // MARK: Into the caller's memory

  /// f at a point. Nothing is allocated; likewise below.
  ///
  /// - Throws: `TensorError` if a span has another number of elements; likewise below.
  public func evaluate(at x: Span<Scalar>, value: inout Scalar) throws(TensorError) {
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try objective.run(on: point(x), to: UnsafeMutableRawPointer(value))
    }
  }

  /// g at a point: as many elements as there are constraints.
  public func evaluate(at x: Span<Scalar>, constraints g: consuming MutableSpan<Scalar>) throws(TensorError) {
    try constraints.run(
      on: point(x), to: PreparedFunction.target(&g, count: constraintCount, "the constraints"))
  }

  /// f, its gradient, g and the entries of its Jacobian (in the order of `jacobianPattern`) in one pass.
  public func evaluate(
    at x: Span<Scalar>, value: inout Scalar, gradient: consuming MutableSpan<Scalar>,
    constraints: consuming MutableSpan<Scalar>, jacobian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let slope = try PreparedFunction.target(&gradient, count: size, "the gradient")
    let limits = try PreparedFunction.target(&constraints, count: constraintCount, "the constraints")
    let nonzeros = try PreparedFunction.target(
      &jacobian, count: jacobianPattern.nonzeroCount, "the Jacobian's entries")
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try first.run(on: point(x), to: (UnsafeMutableRawPointer(value), slope, limits, nonzeros))
    }
  }

  /// The entries of the lower triangle of the Hessian of σ f + λ·g, in the order of `hessianPattern`.
  ///
  /// - Parameter multipliers: λ, one for each constraint.
  public func evaluate(
    at x: Span<Scalar>, objectiveFactor: Scalar, multipliers: Span<Scalar>, hessian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let point = try point(x)
    let weights = try PreparedFunction.source(multipliers, count: constraintCount, "the multipliers")
    let nonzeros = try PreparedFunction.target(
      &hessian, count: hessianPattern.nonzeroCount, "the Hessian's entries")
    let result = withUnsafePointer(to: objectiveFactor) { factor in
      Result { () throws(TensorError) in
        try second.run(on: (point, UnsafeRawPointer(factor), weights), to: nonzeros)
      }
    }
    try result.get()
  }

  private func point(_ x: Span<Scalar>) throws(TensorError) -> UnsafeRawPointer {
    try PreparedFunction.source(x, count: size, "the point")
  }

  private var size: Int { shape.reduce(1, *) }
  private var constraintCount: Int { constraintShape.reduce(1, *) }

  /// Structures, how the values are computed at what cost, and the steps of the program for everything.
  public var description: String { "\(steps)\n\(all.program)" }
}

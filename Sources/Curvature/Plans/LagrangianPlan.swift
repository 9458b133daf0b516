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
///
/// At singular points of the function's pieces, such as `norm(x)` at 0, a run gives NaN where the chain rule does not say what
/// the derivative is. A plan made with `resolvingSingularPoints: true` expands the function there and throws where the
/// derivative does not exist (<doc:SingularPoints>); other points cost no more than a look for NaN.
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
  private let singularities: (objective: PlanSingularities, constraints: PlanSingularities, total: PlanSingularities)?

  /// A plan for points of the shape of `x`, whose elements do not matter.
  ///
  /// - Parameter resolvingSingularPoints: whether a run that finds NaN expands the function.
  /// - Throws: `TensorError` if the objective has more than one element, or one of the functions needs values of its
  ///   argument.
  public init(
    like x: Tensor<Scalar>, resolvingSingularPoints: Bool = false,
    objective f: (Tensor<Scalar>) throws -> Tensor<Scalar>,
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
    func singularities(_ output: Node, _ arguments: [Node]) -> PlanSingularities? {
      PlanSingularities(of: output, in: arguments, isWanted: resolvingSingularPoints)
    }
    if let objective = singularities(value, [point]), let constraints = singularities(constraint, [point]),
      let total = singularities(total, [point, factor, multipliers])
    {
      self.singularities = (objective, constraints, total)
    } else {
      self.singularities = nil
    }
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
    let point = try Evaluation.storage(x.node)
    let results = try first.run([point])
    try determineFirstOrder(results[1].base, results[3].base, at: point.base)
    return firstOrder(results)
  }

  /// f, its gradient, g, its Jacobian, and the lower triangle of the Hessian of σ f + λ·g at a point, in one pass.
  public func callAsFunction(
    _ x: Tensor<Scalar>, objectiveFactor: Scalar, multipliers: Tensor<Scalar>
  ) throws(TensorError) -> (values: FirstOrder, hessian: SparseMatrix<Scalar>) {
    let inputs = try inputs(x, objectiveFactor, multipliers)
    let results = try all.run(inputs)
    try determineFirstOrder(results[1].base, results[3].base, at: inputs[0].base)
    try determineHessian(results[4].base, inputs)
    return (
      firstOrder(results), SparseMatrix(pattern: hessianPattern, values: results[4].elements())
    )
  }

  /// The lower triangle of the Hessian of σ f + λ·g at a point.
  public func hessian(
    at x: Tensor<Scalar>, objectiveFactor: Scalar, multipliers: Tensor<Scalar>
  ) throws(TensorError) -> SparseMatrix<Scalar> {
    let inputs = try inputs(x, objectiveFactor, multipliers)
    let results = try second.run(inputs)
    try determineHessian(results[0].base, inputs)
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

  private func determineFirstOrder(
    _ gradient: UnsafeMutableRawPointer, _ jacobian: UnsafeMutableRawPointer, at x: UnsafeRawPointer
  ) throws(TensorError) {
    guard let singularities else { return }
    try singularities.objective.determine(gradient, .jacobian, at: x)
    try singularities.constraints.determine(jacobian, .jacobianEntries(jacobianPattern), at: x)
  }

  private func determineHessian(_ hessian: UnsafeMutableRawPointer, _ inputs: [Storage]) throws(TensorError) {
    try singularities?.total.determine(
      hessian, .hessianEntries(hessianPattern), at: inputs[0].base, inputs[1].base, inputs[2].base)
    withExtendedLifetime(inputs) {}
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
    let point = try point(x)
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try first.run(on: point, to: (UnsafeMutableRawPointer(value), slope, limits, nonzeros))
    }
    try determineFirstOrder(slope, nonzeros, at: point)
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
        try singularities?.total.determine(
          nonzeros, .hessianEntries(hessianPattern), at: point, UnsafeRawPointer(factor), weights)
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

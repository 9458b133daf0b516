import SparseStructure
import TensorGraph

/// Everything that a solver for constrained optimisation asks of f(x) and g(x), with fixed structure, prepared once.
///
/// The problem is to minimise f(x) subject to bounds on the constraints g(x). Solvers such as Ipopt (Wächter & Biegler
/// 2006, "On the implementation of an interior-point filter line-search algorithm for large-scale nonlinear
/// programming") want, at each point: the value and the gradient of f, g, the entries of the Jacobian of g, and the
/// lower triangle of the Hessian of the Lagrangian σ f + λ·g. Where entries stand is fixed and asked for once.
///
/// <!-- swift let x = Tensor<Double>([1, 2, 3]), λ = Tensor<Double>([1, 1]) -->
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
  public var jacobianPattern: SparsityPattern { jacobianEntries.pattern }
  /// Where the lower triangle of the Lagrangian's Hessian can be other than zero; the order of its values is by rows.
  public var hessianPattern: SparsityPattern { hessianEntries.pattern }
  private let jacobianEntries: PlannedNonzeros
  private let hessianEntries: PlannedNonzeros
  /// The objective, its gradient, the constraints, the entries of their Jacobian and of the Hessian.
  private let everything: PlanProgram
  let objectiveAlone: PlanProgram
  let constraintsAlone: PlanProgram
  let firstOrder: PlanProgram
  let hessianAlone: PlanProgram

  /// A plan for points of the shape of `x`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - x: a tensor of the shape of the points.
  ///   - data: what else both functions take: given anew in each run, without another plan, and not differentiated in.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  ///   - execution: how it runs; nil for `ExecutionMode.standard`.
  ///   - f: the objective, of a point and the data; it is called once.
  ///   - g: the constraints, likewise.
  /// - Throws: `TensorError` if the objective has more than one element, or one of the functions needs values of its
  ///   argument.
  public init<each Data: TensorScalar>(
    like x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, resolvingSingularPoints: Bool = false,
    execution: ExecutionMode? = nil,
    objective f: (Tensor<Scalar>, repeat Tensor<each Data>) throws -> Tensor<Scalar>,
    constraints g: (Tensor<Scalar>, repeat Tensor<each Data>) throws -> Tensor<Scalar>
  ) throws {
    let point = Node(.input(x.node.shape, Scalar.scalarType))
    let placeholders = (repeat TracedFunction.placeholder(each data))
    let value = try f(Tensor(point), repeat each placeholders).node
    let constraint = try g(Tensor(point), repeat each placeholders).node
    try self.init(
      objective: value, constraints: constraint, in: point, data: PlanProgram.nodes(repeat each placeholders),
      resolvingSingularPoints: resolvingSingularPoints, execution: execution)
  }

  /// A plan of graphs.
  ///
  /// - Parameters:
  ///   - value: the objective.
  ///   - constraint: the constraints.
  ///   - point: the placeholder of the points.
  ///   - data: those of the data.
  init(
    objective value: Node, constraints constraint: Node, in point: Node, data: [Node],
    resolvingSingularPoints: Bool = false, execution: ExecutionMode? = nil
  ) throws(TensorError) {
    let gradient = try Gradients.of(value, [point])[0]
    let factor = Node(.input([], Scalar.scalarType))
    let multipliers = Node(.input(constraint.shape, Scalar.scalarType))
    let weighted = factor * value.reshaped(to: [])
    let total = weighted + (multipliers * constraint).summed(over: Array(0..<constraint.shape.rank))
    let slope = try Gradients.of(total, [point])[0]
    func singularities(_ output: Node, _ more: Node...) -> PlanSingularities? {
      PlanSingularities(of: output, in: [point] + data + more, isWanted: resolvingSingularPoints)
    }

    jacobianEntries = try PlannedNonzeros(Derivative(of: constraint, in: point), .both, nil)
    hessianEntries = try PlannedNonzeros(Derivative(of: slope, in: point, isSymmetric: true), .lower, nil)
    let objective = PlanProgram.Result(node: value, name: "the value")
    let constraints = PlanProgram.Result(node: constraint, name: "the constraints")
    let first = [
      objective,
      .init(node: gradient, name: "the gradient", derivative: (singularities(value), .jacobian)),
      constraints,
      jacobianEntries.result(
        "the Jacobian's entries", PlanSingularities.Part.jacobianEntries, singularities(constraint)),
    ]
    let second = hessianEntries.result(
      "the Hessian's entries", PlanSingularities.Part.hessianEntries,
      singularities(total, factor, multipliers))
    let inputs =
      [PlanProgram.Argument(node: point)] + data.map { .init(node: $0, name: "the data", plural: "data", isData: true) }
    let all =
      inputs + [
        .init(node: factor, name: "the factor", plural: "factors"),
        .init(node: multipliers, name: "the multipliers", plural: "multipliers"),
      ]
    objectiveAlone = try PlanProgram([objective], of: inputs, execution: execution)
    constraintsAlone = try PlanProgram([constraints], of: inputs, execution: execution)
    firstOrder = try PlanProgram(first, of: inputs, execution: execution)
    hessianAlone = try PlanProgram([second], of: all, execution: execution)
    everything = try PlanProgram(first + [second], of: all, execution: execution)
    shape = point.shape.dimensions
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
  public func callAsFunction<each Data: TensorScalar>(
    _ x: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> FirstOrder {
    values(try firstOrder(PlanProgram.nodes(x, repeat each data)))
  }

  /// f, its gradient, g, its Jacobian, and the lower triangle of the Hessian of σ f + λ·g at a point, in one pass.
  public func callAsFunction<each Data: TensorScalar>(
    _ x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, objectiveFactor: Scalar, multipliers: Tensor<Scalar>
  ) throws(TensorError) -> (values: FirstOrder, hessian: SparseMatrix<Scalar>) {
    let results = try everything(PlanProgram.nodes(x, repeat each data, Tensor(objectiveFactor), multipliers))
    return (values(results), SparseMatrix(pattern: hessianPattern, values: results[4].elements()))
  }

  /// The lower triangle of the Hessian of σ f + λ·g at a point.
  public func hessian<each Data: TensorScalar>(
    at x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, objectiveFactor: Scalar, multipliers: Tensor<Scalar>
  ) throws(TensorError) -> SparseMatrix<Scalar> {
    let results = try hessianAlone(PlanProgram.nodes(x, repeat each data, Tensor(objectiveFactor), multipliers))
    return SparseMatrix(pattern: hessianPattern, values: results[0].elements())
  }

  private func values(_ results: [Storage]) -> FirstOrder {
    FirstOrder(
      value: results[0].element(0), gradient: Tensor(Node(results[1], shape: Shape(shape))),
      constraints: Tensor(Node(results[2], shape: Shape(constraintShape))),
      jacobian: SparseMatrix(pattern: jacobianPattern, values: results[3].elements()))
  }

  // MARK: Into the caller's memory

  /// f at a point. Nothing is allocated; likewise below.
  ///
  /// - Throws: `TensorError` if a span has another number of elements; likewise below.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, value: inout Scalar
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    let point = try objectiveAlone.source(x)
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try objectiveAlone.run(on: point, data: data, to: UnsafeMutableRawPointer(value))
    }
  }

  /// g at a point: as many elements as there are constraints.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, constraints g: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    try constraintsAlone.run(on: constraintsAlone.source(x), data: data, to: constraintsAlone.target(&g, 0))
  }

  /// f, its gradient, g and the entries of its Jacobian (in the order of `jacobianPattern`) in one pass.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, value: inout Scalar, gradient: consuming MutableSpan<Scalar>,
    constraints: consuming MutableSpan<Scalar>, jacobian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    let (point, slope) = (try firstOrder.source(x), try firstOrder.target(&gradient, 1))
    let (limits, entries) = (try firstOrder.target(&constraints, 2), try firstOrder.target(&jacobian, 3))
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try firstOrder.run(on: point, data: data, to: (UnsafeMutableRawPointer(value), slope, limits, entries))
    }
  }

  /// The entries of the lower triangle of the Hessian of σ f + λ·g, in the order of `hessianPattern`.
  ///
  /// - Parameters:
  ///   - x: the elements of the point.
  ///   - data: what else the functions take.
  ///   - objectiveFactor: σ.
  ///   - multipliers: λ, one for each constraint.
  ///   - hessian: where the entries go.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, objectiveFactor: Scalar, multipliers: Span<Scalar>,
    hessian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    let (point, weights) = (
      try hessianAlone.source(x), try hessianAlone.source(multipliers, hessianAlone.arguments.count - 1)
    )
    let entries = try hessianAlone.target(&hessian, 0)
    let outcome = withUnsafePointer(to: objectiveFactor) { factor in
      Result { () throws(TensorError) in
        try hessianAlone.run(on: (point, UnsafeRawPointer(factor), weights), data: data, to: entries)
      }
    }
    try outcome.get()
  }

  /// Structures, how the values are computed at what cost, and the steps of the program for everything.
  public var description: String {
    [
      jacobianEntries.text("Jacobian of the constraints"),
      hessianEntries.text("Hessian of the Lagrangian, lower triangle"),
      everything.description,
    ].joined(separator: "\n")
  }
}

import SparseStructure
import TensorGraph

/// Value, gradient and sparse Hessian of a function, prepared once and evaluated at many points.
///
/// <!-- swift let x = Tensor<Double>([1, 2, 3]), x1 = x -->
/// ```swift
/// let plan = try SparseHessianPlan(like: x) { x in square(x[1...] - square(x[..<(-1)])).sum() }
/// print(plan)                                          // what will be done, and its expected cost
/// let (value, gradient, hessian) = try plan(x1)        // hessian: SparseMatrix, structure as at every other point
/// ```
///
/// Making a plan builds the derivatives, finds the pattern, groups the columns and compiles the work; an evaluation into
/// the caller's memory allocates nothing. The function is traced once: branches it takes in Swift are the plan's.
///
/// At singular points of the function's pieces, such as `norm(x)` at 0, a run gives NaN where the chain rule does not say what
/// the derivative is. A plan made with `resolvingSingularPoints: true` expands the function there and throws where the
/// derivative does not exist (<doc:SingularPoints>); other points cost no more than a look for NaN.
public struct SparseHessianPlan<Scalar: DifferentiableScalar>: Sendable, CustomStringConvertible {
  /// The shape of a point.
  public let shape: [Int]
  /// Where the values stand that an evaluation gives: the whole pattern, or a triangle of it.
  public var pattern: SparsityPattern { nonzeros.pattern }
  /// What was found out about the function, to be saved. Takes a colouring the first time, if that was not needed yet.
  /// Stops the program where `readStructure()` throws.
  public var structure: DerivativeStructure { checked(try readStructure()) }

  /// What was found out about the function, to be saved. Takes a colouring the first time, if that was not needed yet.
  ///
  /// - Throws: `TensorError` if there is no memory for the colouring.
  public func readStructure() throws(TensorError) -> DerivativeStructure {
    if let saved { return saved }
    return DerivativeStructure(
      .hessian, of: function, in: derivative.columns.node, coloring: try derivative.coloring())
  }
  /// How the values are computed.
  public var evaluationMethod: EvaluationMethod { nonzeros.method }
  private let nonzeros: PlannedNonzeros
  private let function: Node
  private let derivative: Derivative
  private let saved: DerivativeStructure?
  let all: PlanProgram
  let valueAlone: PlanProgram
  let hessianAlone: PlanProgram

  /// A plan for points of the shape of `x`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - x: a tensor of the shape of the points.
  ///   - data: what else the function takes: given anew in each run, without another plan, and not differentiated in.
  ///   - triangle: which part of the Hessian to give.
  ///   - structure: what a plan of the same function has found out earlier.
  ///   - method: how to compute; nil for what is expected to be cheapest.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  ///   - f: the function of a point and the data; it is called once.
  /// - Throws: `TensorError` if the function's result has more than one element or needs values of its argument, or if
  ///   the structure is that of another function.
  public init<each Data: TensorScalar>(
    like x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, triangle: StoredTriangle = .both,
    structure: DerivativeStructure? = nil,
    method: EvaluationMethod? = nil, resolvingSingularPoints: Bool = false,
    of f: (Tensor<Scalar>, repeat Tensor<each Data>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(
      like: x, repeat each data, resolvingSingularPoints: resolvingSingularPoints, of: f)
    let gradient = try traced.gradient
    if let structure { try structure.check(.hessian, of: traced.result, in: traced.argument) }
    let derivative = Derivative(
      of: gradient.node, in: traced.argument, isSymmetric: true, coloring: structure?.coloring)
    nonzeros = try PlannedNonzeros(derivative, triangle, method)
    self.derivative = derivative
    saved = structure
    function = traced.result
    all = try PlanProgram(
      [
        traced.value, gradient,
        nonzeros.result("the Hessian's entries", PlanSingularities.Part.hessianEntries, traced.singularities),
      ],
      of: traced.arguments())
    valueAlone = all.part(0)
    hessianAlone = all.part(2)
    shape = x.shape
  }

  /// The value, the gradient (shape S) and the Hessian, whose rows and columns number the elements of a point.
  public func callAsFunction<each Data: TensorScalar>(
    _ x: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> (value: Scalar, gradient: Tensor<Scalar>, hessian: SparseMatrix<Scalar>) {
    let results = try all(PlanProgram.nodes(x, repeat each data))
    return (
      results[0].element(0), Tensor(Node(results[1], shape: Shape(shape))),
      SparseMatrix(pattern: pattern, values: results[2].elements())
    )
  }

  /// The value at a point, without the derivatives.
  public func value<each Data: TensorScalar>(
    at x: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> Scalar { try valueAlone(PlanProgram.nodes(x, repeat each data))[0].element(0) }

  /// The Hessian at a point, without value and gradient.
  public func hessian<each Data: TensorScalar>(
    at x: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> SparseMatrix<Scalar> {
    SparseMatrix(
      pattern: pattern, values: try hessianAlone(PlanProgram.nodes(x, repeat each data))[0].elements())
  }

  /// Evaluates the Hessian at a point into the caller's memory: one element for each entry of `pattern` in row order.
  ///
  /// Nothing is allocated after the first call.
  ///
  /// - Throws: `TensorError` if a span has another number of elements.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, hessian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    try hessianAlone.run(on: hessianAlone.source(x), data: data, to: hessianAlone.target(&hessian, 0))
  }

  /// Evaluates at a point into the caller's memory: one element, as many as a point has, and one for each entry of
  /// `pattern` in row order.
  ///
  /// Nothing is allocated.
  ///
  /// - Throws: `TensorError` if a span has another number of elements.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, value: inout Scalar, gradient: consuming MutableSpan<Scalar>,
    hessian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    let (point, slope, entries) = (try all.source(x), try all.target(&gradient, 1), try all.target(&hessian, 2))
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try all.run(on: point, data: data, to: (UnsafeMutableRawPointer(value), slope, entries))
    }
  }

  /// How often memory for a run was taken: once for each caller at a time.
  package var contextsMade: Int { all.contextsMade }

  /// The structure, how the values are computed at what cost, and the steps of the program; those of the program for the Hessian
  /// alone, too, once it has run.
  public var description: String {
    let alone = hessianAlone.description
    return "\(nonzeros.text("Hessian"))\n\(all.description)" + (alone.isEmpty ? "" : "\nthe Hessian alone:\n\(alone)")
  }
}

/// Value and sparse Jacobian of a function, prepared once and evaluated at many points.
///
/// <!-- swift let x = Tensor<Double>([1, 2, 3]), x1 = x -->
/// ```swift
/// let plan = try SparseJacobianPlan(like: x) { x in sin(x[1...]) * x[..<(-1)] }
/// let (value, jacobian) = try plan(x1)
/// ```
///
/// At singular points of the function's pieces, such as `norm(x)` at 0, a run gives NaN where the chain rule does not say what
/// the derivative is. A plan made with `resolvingSingularPoints: true` expands the function there and throws where the
/// derivative does not exist (<doc:SingularPoints>); other points cost no more than a look for NaN.
public struct SparseJacobianPlan<Scalar: DifferentiableScalar>: Sendable, CustomStringConvertible {
  /// The shape of a point.
  public let shape: [Int]
  /// The shape of the function's value.
  public let valueShape: [Int]
  /// Where the values stand that an evaluation gives.
  public var pattern: SparsityPattern { nonzeros.pattern }
  /// What was found out about the function, to be saved. Takes a colouring the first time, if that was not needed yet.
  /// Stops the program where `readStructure()` throws.
  public var structure: DerivativeStructure { checked(try readStructure()) }

  /// What was found out about the function, to be saved. Takes a colouring the first time, if that was not needed yet.
  ///
  /// - Throws: `TensorError` if there is no memory for the colouring.
  public func readStructure() throws(TensorError) -> DerivativeStructure {
    if let saved { return saved }
    return DerivativeStructure(
      .jacobian, of: derivative.rows.node, in: derivative.columns.node, coloring: try derivative.coloring())
  }
  /// How the values are computed.
  public var evaluationMethod: EvaluationMethod { nonzeros.method }
  private let nonzeros: PlannedNonzeros
  private let derivative: Derivative
  private let saved: DerivativeStructure?
  let all: PlanProgram

  /// A plan for points of the shape of `x`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - x: a tensor of the shape of the points.
  ///   - data: what else the function takes: given anew in each run, without another plan, and not differentiated in.
  ///   - structure: what a plan of the same function has found out earlier.
  ///   - method: how to compute; nil for what is expected to be cheapest.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  ///   - f: the function of a point and the data; it is called once.
  /// - Throws: `TensorError` if the function needs values of its argument, or the structure is that of another function.
  public init<each Data: TensorScalar>(
    like x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, structure: DerivativeStructure? = nil,
    method: EvaluationMethod? = nil, resolvingSingularPoints: Bool = false,
    of f: (Tensor<Scalar>, repeat Tensor<each Data>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(
      like: x, repeat each data, resolvingSingularPoints: resolvingSingularPoints, of: f)
    if let structure { try structure.check(.jacobian, of: traced.result, in: traced.argument) }
    let derivative = Derivative(of: traced.result, in: traced.argument, coloring: structure?.coloring)
    nonzeros = try PlannedNonzeros(derivative, .both, method)
    self.derivative = derivative
    saved = structure
    all = try PlanProgram(
      [
        traced.value,
        nonzeros.result("the Jacobian's entries", PlanSingularities.Part.jacobianEntries, traced.singularities),
      ],
      of: traced.arguments())
    shape = x.shape
    valueShape = traced.result.shape.dimensions
  }

  /// The value and the Jacobian, whose rows number the value's elements and columns those of a point.
  public func callAsFunction<each Data: TensorScalar>(
    _ x: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> (value: Tensor<Scalar>, jacobian: SparseMatrix<Scalar>) {
    let results = try all(PlanProgram.nodes(x, repeat each data))
    return (
      Tensor(Node(results[0], shape: Shape(valueShape))),
      SparseMatrix(pattern: pattern, values: results[1].elements())
    )
  }

  /// Evaluates at a point into the caller's memory: the value's elements, and one for each entry of `pattern` in row
  /// order.
  ///
  /// Nothing is allocated.
  ///
  /// - Throws: `TensorError` if a span has another number of elements.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, value: consuming MutableSpan<Scalar>,
    jacobian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    let (values, entries) = (try all.target(&value, 0), try all.target(&jacobian, 1))
    try all.run(on: all.source(x), data: data, to: (values, entries))
  }

  /// The structure, how the values are computed at what cost, and the steps of the program.
  public var description: String { "\(nonzeros.text("Jacobian"))\n\(all.description)" }
}

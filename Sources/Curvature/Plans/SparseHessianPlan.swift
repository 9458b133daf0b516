import SparseStructure
import TensorGraph

/// Value, gradient and sparse Hessian of a function, prepared once and evaluated at many points.
///
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
  /// The number of its elements.
  private let size: Int
  /// Where the values stand that an evaluation gives: the whole pattern, or a triangle of it.
  public let pattern: SparsityPattern
  /// What was found out about the function, to be saved.
  public let structure: DerivativeStructure
  /// How the values are computed.
  public let evaluationMethod: EvaluationMethod
  private let function: PreparedFunction
  private let hessianAlone: LazyFunction
  private let singularities: PlanSingularities?
  private let steps: String

  /// A plan for points of the shape of `x`, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - triangle: which part of the Hessian to give.
  ///   - structure: what a plan of the same function has found out earlier.
  ///   - method: how to compute; nil for what is expected to be cheapest.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  /// - Throws: `TensorError` if the function's result has more than one element or needs values of its argument, or if
  ///   the structure is that of another function.
  public init(
    like x: Tensor<Scalar>, triangle: StoredTriangle = .both, structure: DerivativeStructure? = nil,
    method: EvaluationMethod? = nil, resolvingSingularPoints: Bool = false,
    of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(like: x, of: f)
    let gradient = try Gradients.of(traced.result, [traced.argument])[0]
    if let structure { try structure.check(.hessian, of: traced.result, in: traced.argument) }
    let coloring = try structure?.coloring ?? SparsePlans.coloring(gradient, traced.argument, isSymmetric: true)
    self.structure =
      structure ?? DerivativeStructure(.hessian, of: traced.result, in: traced.argument, coloring: coloring)
    pattern = coloring.pattern.part(triangle)
    let matrix = NonzeroExpression.Matrix(output: gradient, variable: traced.argument, isSymmetric: true)
    let nonzeros = NonzeroExpression(matrix, coloring: coloring, part: pattern, method: method)
    evaluationMethod = nonzeros.method
    function = try PreparedFunction(outputs: [traced.result, gradient, nonzeros.values], inputs: [traced.argument])
    hessianAlone = LazyFunction(outputs: [nonzeros.values], inputs: [traced.argument])
    singularities = PlanSingularities(
      of: traced.result, in: [traced.argument], isWanted: resolvingSingularPoints)
    steps = SparsePlans.text("Hessian", pattern, nonzeros)
    shape = x.shape
    size = x.count
  }

  /// The value, the gradient (shape S) and the Hessian, whose rows and columns number the elements of a point.
  public func callAsFunction(
    _ x: Tensor<Scalar>
  ) throws(TensorError) -> (value: Scalar, gradient: Tensor<Scalar>, hessian: SparseMatrix<Scalar>) {
    try PlanRules.require(x.shape, shape)
    let point = try Evaluation.storage(x.node)
    let results = try function.run([point])
    try singularities?.determine(results[1].base, .jacobian, at: point.base)
    try singularities?.determine(results[2].base, .hessianEntries(pattern), at: point.base)
    return (
      results[0].element(0), Tensor(Node(results[1], shape: Shape(shape))),
      SparseMatrix(pattern: pattern, values: results[2].elements())
    )
  }

  /// The Hessian at a point, without value and gradient.
  public func hessian(at x: Tensor<Scalar>) throws(TensorError) -> SparseMatrix<Scalar> {
    try PlanRules.require(x.shape, shape)
    let point = try Evaluation.storage(x.node)
    let results = try hessianAlone.function().run([point])
    try singularities?.determine(results[0].base, .hessianEntries(pattern), at: point.base)
    return SparseMatrix(pattern: pattern, values: results[0].elements())
  }

  /// Evaluates the Hessian at a point into the caller's memory: one element for each entry of `pattern` in row order.
  ///
  /// Nothing is allocated after the first call.
  ///
  /// - Throws: `TensorError` if a span has another number of elements.
  public func evaluate(at x: Span<Scalar>, hessian: consuming MutableSpan<Scalar>) throws(TensorError) {
    let point = try PreparedFunction.source(x, count: size, "the point")
    let nonzeros = try PreparedFunction.target(&hessian, count: pattern.nonzeroCount, "the Hessian's entries")
    try hessianAlone.function().run(on: point, to: nonzeros)
    try singularities?.determine(nonzeros, .hessianEntries(pattern), at: point)
  }

  /// Evaluates at a point into the caller's memory: one element, as many as a point has, and one for each entry of
  /// `pattern` in row order.
  ///
  /// Nothing is allocated.
  ///
  /// - Throws: `TensorError` if a span has another number of elements.
  public func evaluate(
    at x: Span<Scalar>, value: inout Scalar, gradient: consuming MutableSpan<Scalar>,
    hessian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let point = try PreparedFunction.source(x, count: size, "the point")
    let slope = try PreparedFunction.target(&gradient, count: size, "the gradient")
    let nonzeros = try PreparedFunction.target(&hessian, count: pattern.nonzeroCount, "the Hessian's entries")
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try function.run(on: point, to: (UnsafeMutableRawPointer(value), slope, nonzeros))
    }
    try singularities?.determine(slope, .jacobian, at: point)
    try singularities?.determine(nonzeros, .hessianEntries(pattern), at: point)
  }

  /// How often memory for a run was taken: once for each caller at a time.
  package var contextsMade: Int { function.contextsMade }

  /// The structure, how the values are computed at what cost, and the steps of the program.
  public var description: String { "\(steps)\n\(function.program)" }
}

/// Value and sparse Jacobian of a function, prepared once and evaluated at many points.
///
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
  /// The number of its elements.
  private let size: Int
  /// The shape of the function's value.
  public let valueShape: [Int]
  /// Where the values stand that an evaluation gives.
  public let pattern: SparsityPattern
  /// What was found out about the function, to be saved.
  public let structure: DerivativeStructure
  /// How the values are computed.
  public let evaluationMethod: EvaluationMethod
  private let function: PreparedFunction
  private let singularities: PlanSingularities?
  private let steps: String

  /// A plan for points of the shape of `x`, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - structure: what a plan of the same function has found out earlier.
  ///   - method: how to compute; nil for what is expected to be cheapest.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  /// - Throws: `TensorError` if the function needs values of its argument, or the structure is that of another function.
  public init(
    like x: Tensor<Scalar>, structure: DerivativeStructure? = nil, method: EvaluationMethod? = nil,
    resolvingSingularPoints: Bool = false, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(like: x, of: f)
    if let structure { try structure.check(.jacobian, of: traced.result, in: traced.argument) }
    let coloring = try structure?.coloring ?? SparsePlans.coloring(traced.result, traced.argument, isSymmetric: false)
    self.structure =
      structure ?? DerivativeStructure(.jacobian, of: traced.result, in: traced.argument, coloring: coloring)
    pattern = coloring.pattern
    let matrix = NonzeroExpression.Matrix(output: traced.result, variable: traced.argument, isSymmetric: false)
    let nonzeros = NonzeroExpression(matrix, coloring: coloring, part: pattern, method: method)
    evaluationMethod = nonzeros.method
    function = try PreparedFunction(outputs: [traced.result, nonzeros.values], inputs: [traced.argument])
    singularities = PlanSingularities(
      of: traced.result, in: [traced.argument], isWanted: resolvingSingularPoints)
    steps = SparsePlans.text("Jacobian", pattern, nonzeros)
    shape = x.shape
    size = x.count
    valueShape = traced.result.shape.dimensions
  }

  /// The value and the Jacobian, whose rows number the value's elements and columns those of a point.
  public func callAsFunction(
    _ x: Tensor<Scalar>
  ) throws(TensorError) -> (value: Tensor<Scalar>, jacobian: SparseMatrix<Scalar>) {
    try PlanRules.require(x.shape, shape)
    let point = try Evaluation.storage(x.node)
    let results = try function.run([point])
    try singularities?.determine(results[1].base, .jacobianEntries(pattern), at: point.base)
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
  public func evaluate(
    at x: Span<Scalar>, value: consuming MutableSpan<Scalar>, jacobian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let point = try PreparedFunction.source(x, count: size, "the point")
    let values = try PreparedFunction.target(&value, count: valueShape.reduce(1, *), "the value")
    let nonzeros = try PreparedFunction.target(&jacobian, count: pattern.nonzeroCount, "the Jacobian's entries")
    try function.run(on: point, to: (values, nonzeros))
    try singularities?.determine(nonzeros, .jacobianEntries(pattern), at: point)
  }

  /// The structure, how the values are computed at what cost, and the steps of the program.
  public var description: String { "\(steps)\n\(function.program)" }
}

/// What sparse plans have in common.
enum SparsePlans {
  /// The groups by which a derivative is read, found from its graph.
  static func coloring(_ output: Node, _ variable: Node, isSymmetric: Bool) throws(TensorError) -> Coloring {
    let rows = UnitDirections(node: output, batchAxis: nil)
    let columns = UnitDirections(node: variable, batchAxis: nil)
    return try MatrixStructure(rows: rows, columns: columns, isSymmetric: isSymmetric).coloring()
  }

  /// What will be done, and its expected cost.
  static func text(_ name: String, _ pattern: SparsityPattern, _ nonzeros: NonzeroExpression) -> String {
    let microseconds = (nonzeros.cost.nanoseconds / 100).rounded() / 10
    return "\(name): \(pattern.summary)\n\(nonzeros.steps)\n"
      + "expected: \(nonzeros.cost.operationsText) operations, \(microseconds) µs"
  }
}

extension SparsityPattern {
  /// This pattern, or a triangle of it.
  func part(_ triangle: StoredTriangle) -> SparsityPattern {
    switch triangle {
    case .lower: lowerTriangle()
    case .upper: upperTriangle()
    case .both: self
    }
  }
}

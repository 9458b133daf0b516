import CPUEngine
import TensorGraph

/// Value, gradient and Hessian of a function, prepared once and evaluated at many points.
///
/// ```swift
/// let plan = try HessianPlan(like: x) { x in (x * x * x).sum() }
/// let (value, gradient, hessian) = try plan(x1)
/// ```
///
/// Making a plan builds the derivatives, chooses the order of work and compiles it; what does not depend on the point
/// is computed then. An evaluation into the caller's memory allocates nothing. A plan is a value that many tasks may
/// use at once. The function is traced once: branches it takes in Swift are the plan's, whatever the point.
///
/// At singular points of the function's pieces, such as `norm(x)` at 0, a run gives NaN where the chain rule does not say what
/// the derivative is. A plan made with `resolvingSingularPoints: true` expands the function there and throws where the
/// derivative does not exist (<doc:SingularPoints>); other points cost no more than a look for NaN.
public struct HessianPlan<Scalar: DifferentiableScalar>: Sendable, CustomStringConvertible {
  /// The shape of a point.
  public let shape: [Int]
  /// The number of its elements.
  private let size: Int
  private let function: PreparedFunction
  private let hessianAlone: LazyFunction
  private let steps: String
  private let singularities: PlanSingularities?

  /// A plan for points of the shape of `x`, whose elements do not matter.
  ///
  /// - Parameter resolvingSingularPoints: whether a run that finds NaN expands the function.
  /// - Throws: `TensorError` if the function's result has more than one element, or needs values of its argument.
  public init(
    like x: Tensor<Scalar>, resolvingSingularPoints: Bool = false, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(like: x, of: f)
    let gradient = try Gradients.of(traced.result, [traced.argument])[0]
    let structured = DerivativeTemplates.shared.derivative(
      of: gradient, in: traced.argument, demand: .matrix, isSymmetric: true, effort: .often)
    let hessian = structured?.result ?? DenseHessian.expression(gradient, traced.argument)
    function = try PreparedFunction(outputs: [traced.result, gradient, hessian], inputs: [traced.argument])
    hessianAlone = LazyFunction(outputs: [hessian], inputs: [traced.argument])
    singularities = PlanSingularities(
      of: traced.result, in: [traced.argument], isWanted: resolvingSingularPoints)
    steps = structured?.plan.description ?? "dense directions"
    shape = x.shape
    size = x.count
  }

  /// The value, the gradient (shape S) and the Hessian (S + S) at a point.
  public func callAsFunction(
    _ x: Tensor<Scalar>
  ) throws(TensorError) -> (value: Scalar, gradient: Tensor<Scalar>, hessian: Tensor<Scalar>) {
    try PlanRules.require(x.shape, shape)
    let point = try Evaluation.storage(x.node)
    let results = try function.run([point])
    mirror(results[2].base)
    try singularities?.determine(results[1].base, .jacobian, at: point.base)
    try singularities?.determine(results[2].base, .hessian, at: point.base)
    return (
      results[0].element(0), Tensor(Node(results[1], shape: Shape(shape))),
      Tensor(Node(results[2], shape: Shape(shape + shape)))
    )
  }

  /// Evaluates at a point into the caller's memory: one element, as many as a point has, and their square.
  ///
  /// ```swift
  /// try plan.evaluate(at: x.span, value: &value, gradient: g.mutableSpan, hessian: h.mutableSpan)    // arrays x, g, h
  /// ```
  /// Nothing is allocated.
  ///
  /// - Throws: `TensorError` if a span has another number of elements.
  public func evaluate(
    at x: Span<Scalar>, value: inout Scalar, gradient: consuming MutableSpan<Scalar>,
    hessian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let point = try PreparedFunction.source(x, count: size, "the point")
    let slope = try PreparedFunction.target(&gradient, count: size, "the gradient")
    let matrix = try PreparedFunction.target(&hessian, count: size * size, "the Hessian")
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try function.run(on: point, to: (UnsafeMutableRawPointer(value), slope, matrix))
    }
    mirror(matrix)
    try singularities?.determine(slope, .jacobian, at: point)
    try singularities?.determine(matrix, .hessian, at: point)
  }

  /// The Hessian at a point, S + S, without value and gradient.
  public func hessian(at x: Tensor<Scalar>) throws(TensorError) -> Tensor<Scalar> {
    try PlanRules.require(x.shape, shape)
    let point = try Evaluation.storage(x.node)
    let results = try hessianAlone.function().run([point])
    mirror(results[0].base)
    try singularities?.determine(results[0].base, .hessian, at: point.base)
    return Tensor(Node(results[0], shape: Shape(shape + shape)))
  }

  /// Evaluates the Hessian at a point into the caller's memory, without value and gradient.
  ///
  /// Nothing is allocated after the first call.
  ///
  /// - Throws: `TensorError` if a span has another number of elements.
  public func evaluate(at x: Span<Scalar>, hessian: consuming MutableSpan<Scalar>) throws(TensorError) {
    let point = try PreparedFunction.source(x, count: size, "the point")
    let matrix = try PreparedFunction.target(&hessian, count: size * size, "the Hessian")
    try hessianAlone.function().run(on: point, to: matrix)
    mirror(matrix)
    try singularities?.determine(matrix, .hessian, at: point)
  }

  /// Rounding may differ between an entry and its mirror image; the upper one counts.
  private func mirror(_ hessians: UnsafeMutableRawPointer, count: Int = 1) {
    Engine.mirrorUpperTriangles(hessians, size: size, count: count, scalarType: Scalar.scalarType)
  }

  /// Evaluates at many points, shape [P] + S: values [P], gradients [P] + S, Hessians [P] + S + S.
  ///
  /// Points are independent and are shared among the cores. Where singular points are resolved and one has no derivative,
  /// its elements stay NaN.
  public func callAsFunction(
    batch points: Tensor<Scalar>
  ) throws(TensorError) -> (values: Tensor<Scalar>, gradients: Tensor<Scalar>, hessians: Tensor<Scalar>) {
    try PlanRules.require(Array(points.shape.dropFirst()), shape)
    let count = points.shape[0]
    let shapes = [Shape([count]), Shape([count] + shape), Shape([count] + shape + shape)]
    let storage = try Evaluation.storage(points.node)
    var results: [Storage] = []
    for shape in shapes { results.append(try Engine.storage(count: shape.count, scalarType: Scalar.scalarType)) }
    func stride(_ shape: Shape) -> Int { count == 0 ? 0 : shape.count / count * Scalar.scalarType.byteCount }
    try function.run(
      count: count, inputs: [(UnsafeRawPointer(storage.base), stride(shapes[1]))],
      outputs: zip(results, shapes).map { ($0.base, stride($1)) })
    mirror(results[2].base, count: count)
    if let singularities {
      for i in 0..<count {
        let point = storage.base + i * stride(shapes[1])
        try singularities.determine(results[1].base + i * stride(shapes[1]), .jacobian, at: point, inBatch: true)
        try singularities.determine(results[2].base + i * stride(shapes[2]), .hessian, at: point, inBatch: true)
      }
    }
    withExtendedLifetime(storage) {}
    return (
      Tensor(Node(results[0], shape: shapes[0])), Tensor(Node(results[1], shape: shapes[1])),
      Tensor(Node(results[2], shape: shapes[2]))
    )
  }

  /// How often memory for a run was taken: once for each caller at a time.
  package var contextsMade: Int { function.contextsMade }

  /// How the Hessian is computed, and the steps of the program.
  public var description: String { "\(steps)\n\(function.program)" }
}

/// A function called once on a placeholder.
struct TracedFunction {
  /// Stands for the point; it has no elements.
  let argument: Node
  let result: Node

  init<Scalar: DifferentiableScalar>(
    like x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws {
    argument = Node(.input(x.node.shape, Scalar.scalarType))
    result = try f(Tensor(argument)).node
  }
}

/// The Hessian by pushing every unit direction through the gradient at once.
enum DenseHessian {
  static func expression(_ gradient: Node, _ variable: Node) -> Node {
    let directions = UnitDirections(node: variable, batchAxis: nil)
    let units = directions.units(Node(.iota([directions.count], axis: 0, .int64)))
    let rows = pushforward(of: [gradient], along: units, of: variable)[0]
    let shape = variable.shape + variable.shape
    return rows?.reshaped(to: shape) ?? .zeros(shape, variable.scalarType)
  }
}

/// What plans demand of their arguments.
enum PlanRules {
  static func require(_ found: [Int], _ expected: [Int]) throws(TensorError) {
    guard found == expected else {
      throw TensorError("plan: it was made for points of shape \(expected), found \(found); make another plan")
    }
  }
}

import CPUEngine
import TensorGraph

/// Value, gradient and Hessian of a function, prepared once and evaluated at many points.
///
/// <!-- swift let x = Tensor<Double>([1, 2]), x1 = x -->
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
  let all: PlanProgram
  let valueAlone: PlanProgram
  let hessianAlone: PlanProgram
  private let steps: String

  /// A plan for points of the shape of `x`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - x: a tensor of the shape of the points.
  ///   - data: what else the function takes: given anew in each run, without another plan, and not differentiated in.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  ///   - f: the function of a point and the data; it is called once.
  /// - Throws: `TensorError` if the function's result has more than one element, or needs values of its argument.
  public init<each Data: TensorScalar>(
    like x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, resolvingSingularPoints: Bool = false,
    of f: (Tensor<Scalar>, repeat Tensor<each Data>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(
      like: x, repeat each data, resolvingSingularPoints: resolvingSingularPoints, of: f)
    let gradient = try traced.gradient
    let hessian = try Derivative(of: gradient.node, in: traced.argument, isSymmetric: true).whole(.often)
    let matrix = PlanProgram.Result(
      node: hessian.result, name: "the Hessian", symmetricSize: x.count, derivative: (traced.singularities, .hessian))
    all = try PlanProgram([traced.value, gradient, matrix], of: traced.arguments())
    valueAlone = all.part(0)
    hessianAlone = all.part(2)
    steps = hessian.steps
    shape = x.shape
  }

  /// The value, the gradient (shape S) and the Hessian (S + S) at a point.
  public func callAsFunction<each Data: TensorScalar>(
    _ x: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> (value: Scalar, gradient: Tensor<Scalar>, hessian: Tensor<Scalar>) {
    let results = try all(PlanProgram.nodes(x, repeat each data))
    return (
      results[0].element(0), Tensor(Node(results[1], shape: Shape(shape))),
      Tensor(Node(results[2], shape: Shape(shape + shape)))
    )
  }

  /// The value at a point, without the derivatives.
  public func value<each Data: TensorScalar>(
    at x: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> Scalar { try valueAlone(PlanProgram.nodes(x, repeat each data))[0].element(0) }

  /// Evaluates at a point into the caller's memory: one element, as many as a point has, and their square.
  ///
  /// <!-- swift
  /// let plan = try HessianPlan(like: Tensor<Double>([1, 2])) { x in (x * x).sum() }
  /// let x = [1.0, 2]
  /// var value = 0.0, g = [0.0, 0], h = [0.0, 0, 0, 0]
  /// -->
  /// ```swift
  /// try plan.evaluate(at: x.span, value: &value, gradient: g.mutableSpan, hessian: h.mutableSpan)    // arrays x, g, h
  /// ```
  /// Nothing is allocated.
  ///
  /// - Throws: `TensorError` if a span has another number of elements.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, value: inout Scalar, gradient: consuming MutableSpan<Scalar>,
    hessian: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    let (point, slope, matrix) = (try all.source(x), try all.target(&gradient, 1), try all.target(&hessian, 2))
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try all.run(on: point, data: data, to: (UnsafeMutableRawPointer(value), slope, matrix))
    }
  }

  /// The Hessian at a point, S + S, without value and gradient.
  public func hessian<each Data: TensorScalar>(
    at x: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> Tensor<Scalar> {
    Tensor(Node(try hessianAlone(PlanProgram.nodes(x, repeat each data))[0], shape: Shape(shape + shape)))
  }

  /// Evaluates the Hessian at a point into the caller's memory, without value and gradient.
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

  /// Evaluates at many points, shape [P] + S: values [P], gradients [P] + S, Hessians [P] + S + S.
  ///
  /// Points are independent and are shared among the cores. Where singular points are resolved and one has no derivative,
  /// its elements stay NaN.
  public func callAsFunction(
    batch points: Tensor<Scalar>
  ) throws(TensorError) -> (values: Tensor<Scalar>, gradients: Tensor<Scalar>, hessians: Tensor<Scalar>) {
    let results = try all(batch: points.node)
    let count = points.shape[0]
    return (
      Tensor(Node(results[0], shape: [count])), Tensor(Node(results[1], shape: Shape([count] + shape))),
      Tensor(Node(results[2], shape: Shape([count] + shape + shape)))
    )
  }

  /// How often memory for a run was taken: once for each caller at a time.
  package var contextsMade: Int { all.contextsMade }

  /// How the Hessian is computed, and the steps of the program.
  public var description: String { "\(steps)\n\(all.description)" }
}

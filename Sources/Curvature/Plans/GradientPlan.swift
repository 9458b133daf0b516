import TensorGraph

/// Value and gradient of a function, prepared once and evaluated at many points.
///
/// At singular points of the function's pieces, such as `norm(x)` at 0, a run gives NaN where the chain rule does not say what
/// the derivative is. A plan made with `resolvingSingularPoints: true` expands the function there and throws where the
/// derivative does not exist (<doc:SingularPoints>); other points cost no more than a look for NaN.
public struct GradientPlan<Scalar: DifferentiableScalar>: Sendable {
  /// The shape of a point.
  public let shape: [Int]
  let all: PlanProgram
  let valueAlone: PlanProgram

  /// A plan for points of the shape of `x`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - x: a tensor of the shape of the points.
  ///   - data: what else the function takes: given anew in each run, without another plan, and not differentiated in.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  ///   - execution: how it runs; nil for `ExecutionMode.standard`.
  ///   - f: the function of a point and the data; it is called once.
  public init<each Data: TensorScalar>(
    like x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, resolvingSingularPoints: Bool = false,
    execution: ExecutionMode? = nil,
    of f: (Tensor<Scalar>, repeat Tensor<each Data>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(
      like: x, repeat each data, resolvingSingularPoints: resolvingSingularPoints, of: f)
    all = try PlanProgram([traced.value, try traced.gradient], of: traced.arguments(), execution: execution)
    valueAlone = all.part(0)
    shape = x.shape
  }

  /// The value and the gradient at a point.
  public func callAsFunction<each Data: TensorScalar>(
    _ x: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> (value: Scalar, gradient: Tensor<Scalar>) {
    let results = try all(PlanProgram.nodes(x, repeat each data))
    return (results[0].element(0), Tensor(Node(results[1], shape: Shape(shape))))
  }

  /// Evaluates at a point into the caller's memory: as many elements as a point has. Nothing is allocated.
  ///
  /// - Throws: `TensorError` if `x` or `gradient` has another number of elements.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, value: inout Scalar, gradient: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    let (point, slope) = (try all.source(x), try all.target(&gradient, 1))
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try all.run(on: point, data: data, to: (UnsafeMutableRawPointer(value), slope))
    }
  }

  /// The value at a point, without the gradient.
  public func value<each Data: TensorScalar>(
    at x: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> Scalar { try valueAlone(PlanProgram.nodes(x, repeat each data))[0].element(0) }

  /// Evaluates the value at a point into the caller's memory, without the gradient. Nothing is allocated after the first
  /// call.
  ///
  /// - Throws: `TensorError` if `x` has another number of elements than a point.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, value: inout Scalar
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    let point = try valueAlone.source(x)
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try valueAlone.run(on: point, data: data, to: UnsafeMutableRawPointer(value))
    }
  }
}

/// Products of a function's Hessian with directions, prepared once and evaluated at many points.
///
/// At singular points of the function's pieces, such as `norm(x)` at 0, a run gives NaN where the chain rule does not say what
/// the derivative is. A plan made with `resolvingSingularPoints: true` expands the function there and throws where the
/// derivative does not exist (<doc:SingularPoints>); other points cost no more than a look for NaN.
///
/// - Complexity: a product costs about four to five evaluations of the function.
public struct HessianProductPlan<Scalar: DifferentiableScalar>: Sendable {
  /// The shape of a point and of a direction.
  public let shape: [Int]
  let product: PlanProgram

  /// A plan for points of the shape of `x`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - x: a tensor of the shape of the points.
  ///   - data: what else the function takes: given anew in each run, without another plan, and not differentiated in.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  ///   - execution: how it runs; nil for `ExecutionMode.standard`.
  ///   - f: the function of a point and the data; it is called once.
  public init<each Data: TensorScalar>(
    like x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, resolvingSingularPoints: Bool = false,
    execution: ExecutionMode? = nil,
    of f: (Tensor<Scalar>, repeat Tensor<each Data>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(
      like: x, repeat each data, resolvingSingularPoints: resolvingSingularPoints, of: f)
    let direction = Node(.input(traced.argument.shape, Scalar.scalarType))
    let hessian = Derivative(of: try traced.gradient.node, in: traced.argument, isSymmetric: true)
    product = try PlanProgram(
      [
        .init(
          node: hessian.product(along: direction), name: "the product",
          derivative: (traced.singularities, .hessianProduct))
      ],
      of: traced.arguments(.init(node: direction, name: "the direction", plural: "directions")), execution: execution)
    shape = x.shape
  }

  /// The product of the Hessian at a point with a direction.
  public func callAsFunction<each Data: TensorScalar>(
    _ x: Tensor<Scalar>, _ direction: Tensor<Scalar>, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> Tensor<Scalar> {
    Tensor(Node(try product(PlanProgram.nodes(x, repeat each data, direction))[0], shape: Shape(shape)))
  }

  /// Evaluates at a point and a direction into the caller's memory: as many elements as a point has. Nothing is
  /// allocated.
  ///
  /// - Throws: `TensorError` if one of the three has another number of elements.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, along direction: Span<Scalar>, _ data: repeat Tensor<each Data>,
    product result: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    let (point, change) = (try product.source(x), try product.source(direction, product.arguments.count - 1))
    try product.run(on: (point, change), data: data, to: product.target(&result, 0))
  }
}

/// Rows of a function's Hessian, prepared once and evaluated at many points.
///
/// A row is also a column. Its direction stays a unit direction for as long as the function lets it: a row costs less
/// than a product with a direction that is full.
///
/// At singular points of the function's pieces, such as `norm(x)` at 0, a run gives NaN where the chain rule does not say what
/// the derivative is. A plan made with `resolvingSingularPoints: true` expands the function there and throws where the
/// derivative does not exist (<doc:SingularPoints>); other points cost no more than a look for NaN.
public struct HessianRowPlan<Scalar: DifferentiableScalar>: Sendable {
  /// The shape of a point and of a row.
  public let shape: [Int]
  /// The number of rows.
  public let rowCount: Int
  private let rows: PlanProgram

  /// A plan for points of the shape of `x`, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - x: a tensor of the shape of the points.
  ///   - data: what else the function takes: given anew in each run, without another plan, and not differentiated in.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  ///   - execution: how it runs; nil for `ExecutionMode.standard`.
  ///   - f: the function of a point and the data; it is called once.
  public init<each Data: TensorScalar>(
    like x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, resolvingSingularPoints: Bool = false,
    execution: ExecutionMode? = nil,
    of f: (Tensor<Scalar>, repeat Tensor<each Data>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(
      like: x, repeat each data, resolvingSingularPoints: resolvingSingularPoints, of: f)
    let row = Node(.input([1], .int64))
    let hessian = Derivative(of: try traced.gradient.node, in: traced.argument, isSymmetric: true)
    rows = try PlanProgram(
      [
        .init(
          node: DerivativeProducts(.forward, of: hessian).expression(row), name: "the row",
          derivative: (traced.singularities, .hessianRow))
      ], of: traced.arguments(.init(node: row, name: "the row's number", plural: "numbers")), execution: execution)
    shape = x.shape
    rowCount = x.count
  }

  /// A row of the Hessian at a point.
  ///
  /// - Parameters:
  ///   - x: the point.
  ///   - data: what else the function takes.
  ///   - row: its number, row-major; negative numbers count from the end.
  public func callAsFunction<each Data: TensorScalar>(
    _ x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, row: Int
  ) throws(TensorError) -> Tensor<Scalar> {
    let number = Node(Storage([Int64(try resolved(row))]), shape: [1])
    return Tensor(Node(try rows(PlanProgram.nodes(x, repeat each data) + [number])[0], shape: Shape(shape)))
  }

  /// Evaluates a row at a point into the caller's memory: as many elements as a point has. Nothing is allocated.
  ///
  /// - Throws: `TensorError` if there is no such row, or `x` or `result` has another number of elements.
  public func evaluate<each Data: TensorScalar>(
    at x: Span<Scalar>, _ data: repeat Tensor<each Data>, row: Int, result: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let data = PlanProgram.nodes(repeat each data)
    let (point, target) = (try rows.source(x), try rows.target(&result, 0))
    let number = Int64(try resolved(row))
    let outcome = withUnsafePointer(to: number) { number in
      Result { () throws(TensorError) in
        try rows.run(on: (point, UnsafeRawPointer(number)), data: data, to: target)
      }
    }
    try outcome.get()
  }

  private func resolved(_ row: Int) throws(TensorError) -> Int {
    guard row >= -rowCount, row < rowCount else {
      throw TensorError("plan: row \(row) is outside the \(rowCount) rows; they are numbered row-major")
    }
    return row < 0 ? row + rowCount : row
  }
}

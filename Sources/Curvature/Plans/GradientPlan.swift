import TensorGraph

/// Value and gradient of a function, prepared once and evaluated at many points.
///
/// At singular points of the function's pieces, such as `norm(x)` at 0, a run gives NaN where the chain rule does not say what
/// the derivative is. A plan made with `resolvingSingularPoints: true` expands the function there and throws where the
/// derivative does not exist (<doc:SingularPoints>); other points cost no more than a look for NaN.
public struct GradientPlan<Scalar: DifferentiableScalar>: Sendable {
  /// The shape of a point.
  public let shape: [Int]
  /// The number of its elements.
  private let size: Int
  private let function: PreparedFunction
  private let valueAlone: LazyFunction
  private let singularities: PlanSingularities?

  /// A plan for points of the shape of `x`, whose elements do not matter.
  ///
  /// - Parameter resolvingSingularPoints: whether a run that finds NaN expands the function.
  public init(
    like x: Tensor<Scalar>, resolvingSingularPoints: Bool = false, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(like: x, of: f)
    let gradient = try Gradients.of(traced.result, [traced.argument])[0]
    function = try PreparedFunction(outputs: [traced.result, gradient], inputs: [traced.argument])
    valueAlone = LazyFunction(outputs: [traced.result], inputs: [traced.argument])
    singularities = PlanSingularities(
      of: traced.result, in: [traced.argument], isWanted: resolvingSingularPoints)
    shape = x.shape
    size = x.count
  }

  /// The value and the gradient at a point.
  public func callAsFunction(
    _ x: Tensor<Scalar>
  ) throws(TensorError) -> (value: Scalar, gradient: Tensor<Scalar>) {
    try PlanRules.require(x.shape, shape)
    let point = try Evaluation.storage(x.node)
    let results = try function.run([point])
    try singularities?.determine(results[1].base, .jacobian, at: point.base)
    return (results[0].element(0), Tensor(Node(results[1], shape: Shape(shape))))
  }

  /// Evaluates at a point into the caller's memory: as many elements as a point has. Nothing is allocated.
  ///
  /// - Throws: `TensorError` if `x` or `gradient` has another number of elements.
  public func evaluate(
    at x: Span<Scalar>, value: inout Scalar, gradient: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let point = try PreparedFunction.source(x, count: size, "the point")
    let slope = try PreparedFunction.target(&gradient, count: size, "the gradient")
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try function.run(on: point, to: (UnsafeMutableRawPointer(value), slope))
    }
    try singularities?.determine(slope, .jacobian, at: point)
  }

  /// The value at a point, without the gradient.
  public func value(at x: Tensor<Scalar>) throws(TensorError) -> Scalar {
    try PlanRules.require(x.shape, shape)
    return try valueAlone.function().run([Evaluation.storage(x.node)])[0].element(0)
  }

  /// Evaluates the value at a point into the caller's memory, without the gradient. Nothing is allocated after the first
  /// call.
  ///
  /// - Throws: `TensorError` if `x` has another number of elements than a point.
  public func evaluate(at x: Span<Scalar>, value: inout Scalar) throws(TensorError) {
    let point = try PreparedFunction.source(x, count: size, "the point")
    try withUnsafeMutablePointer(to: &value) { value throws(TensorError) in
      try valueAlone.function().run(on: point, to: UnsafeMutableRawPointer(value))
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
  /// The number of their elements.
  private let size: Int
  private let function: PreparedFunction
  private let singularities: PlanSingularities?

  /// A plan for points of the shape of `x`, whose elements do not matter.
  ///
  /// - Parameter resolvingSingularPoints: whether a run that finds NaN expands the function.
  public init(
    like x: Tensor<Scalar>, resolvingSingularPoints: Bool = false, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(like: x, of: f)
    let gradient = try Gradients.of(traced.result, [traced.argument])[0]
    let direction = Node(.input(traced.argument.shape, Scalar.scalarType))
    let product = pushforward(of: [gradient], seeds: [(traced.argument, direction)])[0]
    function = try PreparedFunction(
      outputs: [product ?? .zeros(direction.shape, Scalar.scalarType)], inputs: [traced.argument, direction])
    singularities = PlanSingularities(
      of: traced.result, in: [traced.argument], isWanted: resolvingSingularPoints)
    shape = x.shape
    size = x.count
  }

  /// The product of the Hessian at a point with a direction.
  public func callAsFunction(
    _ x: Tensor<Scalar>, _ direction: Tensor<Scalar>
  ) throws(TensorError) -> Tensor<Scalar> {
    try PlanRules.require(x.shape, shape)
    try PlanRules.require(direction.shape, shape)
    try Evaluation.evaluate([x.node, direction.node])
    let (point, seed) = (try Evaluation.storage(x.node), try Evaluation.storage(direction.node))
    let results = try function.run([point, seed])
    try singularities?.determine(results[0].base, .hessianProduct, at: point.base, seed.base)
    return Tensor(Node(results[0], shape: Shape(shape)))
  }

  /// Evaluates at a point and a direction into the caller's memory: as many elements as a point has. Nothing is
  /// allocated.
  ///
  /// - Throws: `TensorError` if one of the three has another number of elements.
  public func evaluate(
    at x: Span<Scalar>, along direction: Span<Scalar>, product: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let point = try PreparedFunction.source(x, count: size, "the point")
    let change = try PreparedFunction.source(direction, count: size, "the direction")
    let result = try PreparedFunction.target(&product, count: size, "the product")
    try function.run(on: (point, change), to: result)
    try singularities?.determine(result, .hessianProduct, at: point, change)
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
  private let function: PreparedFunction
  private let singularities: PlanSingularities?

  /// A plan for points of the shape of `x`, whose elements do not matter.
  ///
  /// - Parameter resolvingSingularPoints: whether a run that finds NaN expands the function.
  public init(
    like x: Tensor<Scalar>, resolvingSingularPoints: Bool = false, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws {
    let traced = try TracedFunction(like: x, of: f)
    let gradient = try Gradients.of(traced.result, [traced.argument])[0]
    let variable = UnitDirections(node: traced.argument, batchAxis: nil)
    let row = Node(.input([1], .int64))
    let rows = pushforward(of: [gradient], along: variable.units(row), of: traced.argument)[0]
    function = try PreparedFunction(
      outputs: [rows ?? .zeros([1] + traced.argument.shape, Scalar.scalarType)], inputs: [traced.argument, row])
    singularities = PlanSingularities(
      of: traced.result, in: [traced.argument], isWanted: resolvingSingularPoints)
    shape = x.shape
    rowCount = x.count
  }

  /// A row of the Hessian at a point.
  ///
  /// - Parameter row: its number, row-major; negative numbers count from the end.
  public func callAsFunction(_ x: Tensor<Scalar>, row: Int) throws(TensorError) -> Tensor<Scalar> {
    try PlanRules.require(x.shape, shape)
    let (point, number) = (try Evaluation.storage(x.node), try resolved(row))
    let results = try function.run([point, Storage([Int64(number)])])
    try singularities?.determine(results[0].base, .hessianRow(number), at: point.base)
    return Tensor(Node(results[0], shape: Shape(shape)))
  }

  /// Evaluates a row at a point into the caller's memory: as many elements as a point has. Nothing is allocated.
  ///
  /// - Throws: `TensorError` if there is no such row, or `x` or `result` has another number of elements.
  public func evaluate(
    at x: Span<Scalar>, row: Int, result: consuming MutableSpan<Scalar>
  ) throws(TensorError) {
    let point = try PreparedFunction.source(x, count: rowCount, "the point")
    let target = try PreparedFunction.target(&result, count: rowCount, "the row")
    let number = Int64(try resolved(row))
    let outcome = withUnsafePointer(to: number) { number in
      Result { () throws(TensorError) in
        try function.run(on: (point, UnsafeRawPointer(number)), to: target)
      }
    }
    try outcome.get()
    try singularities?.determine(target, .hessianRow(Int(number)), at: point)
  }

  private func resolved(_ row: Int) throws(TensorError) -> Int {
    guard row >= -rowCount, row < rowCount else {
      throw TensorError("plan: row \(row) is outside the \(rowCount) rows; they are numbered row-major")
    }
    return row < 0 ? row + rowCount : row
  }
}

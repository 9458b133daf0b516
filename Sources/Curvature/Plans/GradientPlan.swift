import TensorGraph

/// Value and gradient of a function, prepared once and evaluated at many points.
///
/// At singular points of the function's pieces, such as `norm(x)` at 0, a run gives NaN where the chain rule does not say what
/// the derivative is. A plan made with `resolvingSingularPoints: true` expands the function there and throws where the
/// derivative does not exist (<doc:SingularPoints>); other points cost no more than a look for NaN.
public struct GradientPlan<Scalar: DifferentiableScalar>: Sendable {
  /// The shape of a point.
  public let shape: [Int]
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
  }

  /// The value and the gradient at a point.
  public func callAsFunction(
    _ x: Tensor<Scalar>
  ) throws(TensorError) -> (value: Scalar, gradient: Tensor<Scalar>) {
    try PlanRules.require(x.shape, shape)
    let point = try Evaluation.storage(x.node)
    let results = try function.run([point])
    try singularities?.determine(results[1].base, .jacobian, at: point.base)
    return (results[0].elements()[0], Tensor(Node(results[1], shape: Shape(shape))))
  }

  /// Evaluates at a point into the caller's memory: one element, and as many as a point has. Nothing is allocated.
  public func evaluate(
    at x: UnsafePointer<Scalar>, value: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>
  ) throws(TensorError) {
    try function.run(on: UnsafeRawPointer(x), to: (UnsafeMutableRawPointer(value), UnsafeMutableRawPointer(gradient)))
    try singularities?.determine(gradient, .jacobian, at: x)
  }

  /// The value at a point, without the gradient.
  public func value(at x: Tensor<Scalar>) throws(TensorError) -> Scalar {
    try PlanRules.require(x.shape, shape)
    return try valueAlone.function().run([Evaluation.storage(x.node)])[0].elements()[0]
  }

  /// Evaluates the value at a point into the caller's memory, without the gradient. Nothing is allocated after the first
  /// call.
  public func evaluate(at x: UnsafePointer<Scalar>, value: UnsafeMutablePointer<Scalar>) throws(TensorError) {
    try valueAlone.function().run(on: UnsafeRawPointer(x), to: UnsafeMutableRawPointer(value))
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
  public func evaluate(
    at x: UnsafePointer<Scalar>, along direction: UnsafePointer<Scalar>, product: UnsafeMutablePointer<Scalar>
  ) throws(TensorError) {
    try function.run(on: (UnsafeRawPointer(x), UnsafeRawPointer(direction)), to: UnsafeMutableRawPointer(product))
    try singularities?.determine(product, .hessianProduct, at: x, direction)
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
  public func evaluate(
    at x: UnsafePointer<Scalar>, row: Int, result: UnsafeMutablePointer<Scalar>
  ) throws(TensorError) {
    let number = Int64(try resolved(row))
    let outcome = withUnsafePointer(to: number) { number in
      Result { () throws(TensorError) in
        try function.run(on: (UnsafeRawPointer(x), UnsafeRawPointer(number)), to: UnsafeMutableRawPointer(result))
      }
    }
    try outcome.get()
    try singularities?.determine(result, .hessianRow(Int(number)), at: x)
  }

  private func resolved(_ row: Int) throws(TensorError) -> Int {
    guard row >= -rowCount, row < rowCount else {
      throw TensorError("plan: row \(row) is outside the \(rowCount) rows; they are numbered row-major")
    }
    return row < 0 ? row + rowCount : row
  }
}

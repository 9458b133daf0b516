import TensorGraph

/// The gradient of `y`, a tensor of one element, in `x`: a tensor of x's shape.
///
/// Here and in all other forms that take tensors, an `x` that is marked constant (`stopGradient`) is an error. The gradient is
/// an expression, which is NaN at singular points where the chain rule does not say (<doc:SingularPoints>). Stops the program
/// where `gradient(of:withRespectTo:resolvingSingularPoints:)` throws, which is also the form that resolves those points.
public func gradient<Scalar: DifferentiableScalar>(_ y: Tensor<Scalar>, _ x: Tensor<Scalar>) -> Tensor<Scalar> {
  checked(try gradient(of: y, withRespectTo: x), else: x.missing)
}

/// The gradients of `y`, a tensor of one element, in several tensors. Stops the program where
/// `gradient(of:withRespectTo:resolvingSingularPoints:)` throws.
public func gradient<Scalar: DifferentiableScalar>(_ y: Tensor<Scalar>, _ xs: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
  checked(try gradient(of: y, withRespectTo: xs), else: xs.map(\.missing))
}

/// The gradient of `y`, a tensor of one element, in `x`: a tensor of x's shape.
///
/// - Parameters:
///   - y: a tensor of one element.
///   - x: the tensor to differentiate in.
///   - resolvingSingularPoints: whether it is computed now and, where it is NaN, found by expansion of y; otherwise
///     it is an expression that is computed when it is read.
/// - Throws: `TensorError` if y has more than one element or x is marked constant; with `resolvingSingularPoints` also if the
///   gradient cannot be computed or does not exist.
/// - Complexity: about four evaluations of y; at singular points an expansion of y for each element that is NaN and each side.
public func gradient<Scalar: DifferentiableScalar>(
  of y: Tensor<Scalar>, withRespectTo x: Tensor<Scalar>, resolvingSingularPoints: Bool = false
) throws(TensorError) -> Tensor<Scalar> {
  try gradient(of: y, withRespectTo: [x], resolvingSingularPoints: resolvingSingularPoints)[0]
}

/// The gradients of `y`, a tensor of one element, in several tensors; those that are computed now are computed together.
///
/// - Throws: as the form for one tensor.
public func gradient<Scalar: DifferentiableScalar>(
  of y: Tensor<Scalar>, withRespectTo xs: [Tensor<Scalar>], resolvingSingularPoints: Bool = false
) throws(TensorError) -> [Tensor<Scalar>] {
  let gradients = try Gradients.of(y.node, xs.map(\.node))
  guard resolvingSingularPoints else { return gradients.map(Tensor.init) }
  try Evaluation.evaluate([y.node] + gradients)
  return try zip(gradients, xs).map { (gradient, x) throws(TensorError) in
    let elements = try Gradients.elements(gradient, of: y.node, in: x.node)
    return Tensor(
      elements === gradient.value ? gradient : Node(elements, shape: x.node.shape, of: [gradient]) { gradient })
  }
}

/// Gradients on nodes, with checks that throw.
package enum Gradients {
  package static func of(_ y: Node, _ xs: [Node]) throws(TensorError) -> [Node] {
    let history = try Node.requireVariables(xs, of: y, "gradient")
    defer { withExtendedLifetime(history) {} }
    guard y.shape.count == 1 else {
      throw TensorError(
        "gradient: y has shape \(y.shape), which is \(y.shape.count) elements; a gradient has one: sum y, or use "
          + "jacobian")
    }
    return zip(xs, gradient(of: y, to: xs)).map { $1 ?? .zeros($0.shape, $0.scalarType) }
  }

  /// The elements of a gradient, with the numbers in place of NaN that the function has where the chain rule does not
  /// say.
  ///
  /// - Throws: if a derivative does not exist; in a batch it stays NaN.
  package static func elements(
    _ gradient: Node, of y: Node, in x: Node, batchAxis: Int? = nil
  ) throws(TensorError) -> Storage {
    switch x.scalarType {
    case .float32: try elements(Float.self, gradient, y, x, batchAxis)
    default: try elements(Double.self, gradient, y, x, batchAxis)
    }
  }

  private static func elements<Scalar: DifferentiableScalar>(
    _: Scalar.Type, _ gradient: Node, _ y: Node, _ x: Node, _ batchAxis: Int?
  ) throws(TensorError) -> Storage {
    let known = try Evaluation.storage(gradient)
    guard known.containsNaN else { return known }
    let matrix = try Jacobian(
      of: Tensor<Scalar>(y), withRespectTo: Tensor<Scalar>(x), batchAxis: batchAxis)
    return try matrix.core.matrix.determined(known) { element in
      let (slice, number) = matrix.core.columns.place(of: element)
      return (slice, 0, number)
    }
  }
}

/// The cotangent of `x` for a cotangent of `y`: v' ∂y/∂x, of x's shape. Stops the program where
/// `pullback(of:withRespectTo:cotangent:)` throws.
///
/// - Complexity: about four evaluations of y, whatever the sizes.
public func pullback<Scalar: DifferentiableScalar>(
  _ y: Tensor<Scalar>, _ x: Tensor<Scalar>, cotangent: Tensor<Scalar>
) -> Tensor<Scalar> {
  checked(try pullback(of: y, withRespectTo: x, cotangent: cotangent), else: x.missing)
}

/// The cotangent of `x` for a cotangent of `y`: v' ∂y/∂x, of x's shape.
///
/// - Throws: `TensorError` if the cotangent has another shape than y, or x is marked constant.
/// - Complexity: about four evaluations of y, whatever the sizes.
public func pullback<Scalar: DifferentiableScalar>(
  of y: Tensor<Scalar>, withRespectTo x: Tensor<Scalar>, cotangent: Tensor<Scalar>
) throws(TensorError) -> Tensor<Scalar> {
  guard cotangent.shape == y.shape else {
    throw TensorError("pullback: the cotangent has shape \(cotangent.shape), y has \(y.shape); make them equal")
  }
  let history = try Node.requireVariables([x.node], of: y.node, "pullback")
  defer { withExtendedLifetime(history) {} }
  let result = pullback(of: [(y.node, cotangent.node)], to: [x.node])[0]
  return Tensor(result ?? .zeros(x.node.shape, Scalar.scalarType))
}

/// The tangent of `y` for a tangent of `x`: ∂y/∂x v, of y's shape. Stops the program where
/// `pushforward(of:withRespectTo:tangent:)` throws.
///
/// - Complexity: about two evaluations of y, whatever the sizes.
public func pushforward<Scalar: DifferentiableScalar>(
  _ y: Tensor<Scalar>, _ x: Tensor<Scalar>, tangent: Tensor<Scalar>
) -> Tensor<Scalar> {
  checked(try pushforward(of: y, withRespectTo: x, tangent: tangent), else: y.missing)
}

/// The tangent of `y` for a tangent of `x`: ∂y/∂x v, of y's shape.
///
/// - Throws: `TensorError` if the tangent has another shape than x, or x is marked constant.
/// - Complexity: about two evaluations of y, whatever the sizes.
public func pushforward<Scalar: DifferentiableScalar>(
  of y: Tensor<Scalar>, withRespectTo x: Tensor<Scalar>, tangent: Tensor<Scalar>
) throws(TensorError) -> Tensor<Scalar> {
  guard tangent.shape == x.shape else {
    throw TensorError("pushforward: the tangent has shape \(tangent.shape), x has \(x.shape); make them equal")
  }
  let history = try Node.requireVariables([x.node], of: y.node, "pushforward")
  defer { withExtendedLifetime(history) {} }
  let result = pushforward(of: [y.node], seeds: [(x.node, tangent.node)])[0]
  return Tensor(result ?? .zeros(y.node.shape, Scalar.scalarType))
}

extension Node {
  /// That derivatives of `y` in these nodes exist and are complete. What they go through is kept while the result lives.
  ///
  /// A point that is itself the result of a long loop, such as parameters that nobody has read, is computed here, so that
  /// what is pending never grows beyond a bound.
  static func requireVariables(_ xs: [Node], of y: Node, _ operation: String) throws(TensorError) -> HistoryPin? {
    for x in xs { try x.requireVariable(operation) }
    let pending = xs.filter { $0.pendingDepth >= pendingLimit && !$0.isOpen && $0.value == nil }
    if !pending.isEmpty { try Evaluation.evaluate(pending) }
    let history = HistoryPin.keeping([y], from: xs)
    try history?.check([y], in: xs, operation)
    for x in xs where !x.isVariable { x.becomeVariable() }
    return history
  }

  /// How long the way from a variable down to something known may be.
  private static let pendingLimit = 256

  /// That this node has derivatives, and that they are complete: nothing was computed past it.
  private func requireVariable(_ operation: String) throws(TensorError) {
    guard !isDetached else {
      throw TensorError(
        "\(operation): xs of shape \(shape) is marked constant (stopGradient, or a result of stoppingGradient()), so nothing "
          + "has a derivative in it; set stopGradient to false before computing with it, or give a function, as in "
          + "\(operation)(at: x) { ... }, whose point is always a variable")
    }
    guard isBypassed else { return }
    throw TensorError(
      isLiteral
        ? "\(operation): xs of shape \(shape) is a literal, and an array literal or the exponent of pow took its value "
          + "instead of it; differentiate in data, such as Tensor([1, 2], shape: [2])"
        : "\(operation): xs of shape \(shape) is an intermediate result past which something was computed, as the root in "
          + "the square of a root; differentiate in what it was made of, or in Tensor(r.scalars, shape: r.shape)")
  }
}

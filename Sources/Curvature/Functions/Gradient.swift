import TensorGraph

/// The gradient of `y`, a tensor of one element, in `x`: a tensor of x's shape.
///
/// Here and in all other forms that take tensors, an `x` that is marked constant (`stopGradient`) is an error.
public func gradient<Scalar: DifferentiableScalar>(_ y: Tensor<Scalar>, _ x: Tensor<Scalar>) -> Tensor<Scalar> {
  gradient(y, [x])[0]
}

/// The gradients of `y`, a tensor of one element, in several tensors.
public func gradient<Scalar: DifferentiableScalar>(_ y: Tensor<Scalar>, _ xs: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
  checked(try Gradients.of(y.node, xs.map(\.node))).map(Tensor.init)
}

/// Gradients on nodes, with checks that throw.
package enum Gradients {
  package static func of(_ y: Node, _ xs: [Node]) throws(TensorError) -> [Node] {
    for x in xs { try x.requireVariable("gradient") }
    guard y.shape.count == 1 else {
      throw TensorError(
        "gradient: y has shape \(y.shape), which is \(y.shape.count) elements; a gradient has one: sum y, or use "
          + "jacobian")
    }
    return zip(xs, gradient(of: y, to: xs)).map { $1 ?? .zeros($0.shape, $0.scalarType) }
  }
}

/// The cotangent of `x` for a cotangent of `y`: v' ∂y/∂x, of x's shape.
///
/// - Complexity: about four evaluations of y, whatever the sizes.
public func pullback<Scalar: DifferentiableScalar>(
  _ y: Tensor<Scalar>, _ x: Tensor<Scalar>, cotangent: Tensor<Scalar>
) -> Tensor<Scalar> {
  guard cotangent.shape == y.shape else {
    fatalError("pullback: the cotangent has shape \(cotangent.shape), y has \(y.shape); make them equal")
  }
  checked(try x.node.requireVariable("pullback"))
  let result = pullback(of: [(y.node, cotangent.node)], to: [x.node])[0]
  return Tensor(result ?? .zeros(x.node.shape, Scalar.scalarType))
}

/// The tangent of `y` for a tangent of `x`: ∂y/∂x v, of y's shape.
///
/// - Complexity: about two evaluations of y, whatever the sizes.
public func pushforward<Scalar: DifferentiableScalar>(
  _ y: Tensor<Scalar>, _ x: Tensor<Scalar>, tangent: Tensor<Scalar>
) -> Tensor<Scalar> {
  guard tangent.shape == x.shape else {
    fatalError("pushforward: the tangent has shape \(tangent.shape), x has \(x.shape); make them equal")
  }
  checked(try x.node.requireVariable("pushforward"))
  let result = pushforward(of: [y.node], seeds: [(x.node, tangent.node)])[0]
  return Tensor(result ?? .zeros(y.node.shape, Scalar.scalarType))
}

extension Node {
  /// That this node has derivatives, and that they are complete: nothing was computed past it.
  func requireVariable(_ operation: String) throws(TensorError) {
    guard primitive != .detach else {
      throw TensorError(
        "\(operation): xs of shape \(shape) is marked constant (stopGradient, or a result of stoppingGradient()), so nothing "
          + "has a derivative in it; set stopGradient to false before computing with it, or give a function, as in "
          + "\(operation)(at: x) { ... }, whose point is always a variable")
    }
    guard isBypassed else { return }
    throw TensorError(
      "\(operation): xs of shape \(shape) is \(isLiteral ? "a literal" : "a square root"), and an array literal, the "
        + "exponent of pow or a square took its value instead of it; differentiate in data, such as Tensor([1, 2], "
        + "shape: [2])")
  }
}

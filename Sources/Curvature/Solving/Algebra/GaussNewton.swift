import TensorGraph

/// The Gauss-Newton matrix Jᵀ L″ J of a loss of some residuals (Schraudolph, "Fast curvature matrix-vector products for
/// second-order gradient descent", Neural Computation 14, 2002): the Hessian without the second derivatives of the residuals,
/// positive semidefinite where the loss is convex. JᵀJ for half the sum of squares, Fisher's information for minus the
/// log-likelihood in the natural parameters of an exponential family.
///
/// A lazy matrix as every Hessian is: nothing is computed until an index asks, products never form it, and its structure is
/// found. Stops the program where `gaussNewton(of:withRespectTo:loss:)` throws.
///
/// <!-- swift
/// let X = Tensor<Double>([[1, 2], [3, -1], [0, 1]]), t = Tensor<Double>([1, -1, 1]), w = Tensor<Double>([0.1, 0.2]), v = w, b = w
/// func network(_ w: Tensor<Double>, _ X: Tensor<Double>) -> Tensor<Double> { matmul(X, w) }
/// -->
/// ```swift
/// let G = gaussNewton(network(w, X), w) { z in softplus(-t * z).sum() }
/// G.product(v); G.diagonal; try G.solve(b)
/// ```
/// - Parameters:
///   - residuals: of any shape, computed from `xs`.
///   - xs: what they were computed from.
///   - loss: of the residuals, one element; half the sum of squares where it is left out.
public func gaussNewton<Scalar: DifferentiableScalar>(
  _ residuals: Tensor<Scalar>, _ xs: Tensor<Scalar>, loss: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Hessian<Scalar> {
  // It is the Hessian of the loss of the residuals' linear approximation.
  let step = xs.zeroStep
  let linear = residuals.stoppingGradient() + pushforward(residuals, xs, tangent: step)
  return hessian(try loss(linear), step)
}

/// The Gauss-Newton matrix JᵀJ of half the sum of squares of some residuals.
public func gaussNewton<Scalar: DifferentiableScalar>(
  _ residuals: Tensor<Scalar>, _ xs: Tensor<Scalar>
) -> Hessian<Scalar> {
  gaussNewton(residuals, xs) { square($0).sum() / 2 }
}

/// The Gauss-Newton matrix of a loss of some residuals.
///
/// - Throws: what `loss` throws, and `TensorError` if its result has more than one element, or `xs` is no variable of the
///   residuals.
public func gaussNewton<Scalar: DifferentiableScalar>(
  of residuals: Tensor<Scalar>, withRespectTo xs: Tensor<Scalar>,
  loss: (Tensor<Scalar>) throws -> Tensor<Scalar> = { square($0).sum() / 2 }
) throws -> Hessian<Scalar> {
  let step = xs.zeroStep
  let linear = residuals.stoppingGradient() + (try pushforward(of: residuals, withRespectTo: xs, tangent: step))
  return try Hessian(of: loss(linear), withRespectTo: step)
}

/// The Gauss-Newton matrix at a point. Stops the program where `gaussNewton(of:at:loss:)` throws an error of its own.
public func gaussNewton<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, loss: (Tensor<Scalar>) throws -> Tensor<Scalar>,
  of residuals: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Hessian<Scalar> {
  let x = x.asVariable
  return try gaussNewton(try residuals(x), x, loss: loss)
}

/// The Gauss-Newton matrix JᵀJ of half the sum of squares of some residuals at a point.
public func gaussNewton<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of residuals: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Hessian<Scalar> {
  try gaussNewton(at: x, loss: { square($0).sum() / 2 }, of: residuals)
}

/// The Gauss-Newton matrix at a point.
///
/// - Throws: what `residuals` and `loss` throw, and `TensorError` if the loss has more than one element.
public func gaussNewton<Scalar: DifferentiableScalar>(
  of residuals: (Tensor<Scalar>) throws -> Tensor<Scalar>, at x: Tensor<Scalar>,
  loss: (Tensor<Scalar>) throws -> Tensor<Scalar> = { square($0).sum() / 2 }
) throws -> Hessian<Scalar> {
  let x = x.asVariable
  return try gaussNewton(of: residuals(x), withRespectTo: x, loss: loss)
}

extension Tensor where Scalar: DifferentiableScalar {
  /// A step of no length from here, to differentiate in.
  fileprivate var zeroStep: Tensor {
    Tensor(
      Node(.from([Double](repeating: 0, count: node.shape.count), scalarType: Scalar.scalarType), shape: node.shape))
  }
}

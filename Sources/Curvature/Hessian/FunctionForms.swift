import TensorGraph

// Derivatives of functions at a point, spelled as Swift's own differentiation spells them. The point is always a variable,
// also if it is marked constant (`stopGradient`).

extension Tensor where Scalar: DifferentiableScalar {
  /// This as a variable: itself, or if it is marked constant another tensor of the same value.
  var asVariable: Tensor { stopGradient ? Tensor(Node(.reshape(node.shape), [node])) : self }
}

/// The gradient of a function at a point: an expression, NaN at singular points where the chain rule does not say
/// (<doc:SingularPoints>); see the form with `resolvingSingularPoints`.
public func gradient<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Tensor<Scalar> {
  let x = x.asVariable
  return gradient(try f(x), x)
}

/// The value and the gradient of a function at a point; they share their work when read together.
public func valueWithGradient<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, gradient(y, x))
}

/// The Hessian of a function at a point.
public func hessian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, batchAxis: Int? = nil, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Hessian<Scalar> {
  let x = x.asVariable
  return hessian(try f(x), x, batchAxis: batchAxis)
}

/// The value, the gradient and the Hessian of a function at a point.
public func valueGradientHessian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>, hessian: Hessian<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, gradient(y, x), hessian(y, x))
}

/// The Jacobian of a function at a point.
public func jacobian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, batchAxis: Int? = nil, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Jacobian<Scalar> {
  let x = x.asVariable
  return jacobian(try f(x), x, batchAxis: batchAxis)
}

/// The value of a function at a point and its pullback: cotangents of the value to cotangents of the point.
public func valueWithPullback<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, pullback: @Sendable (Tensor<Scalar>) -> Tensor<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, { pullback(y, x, cotangent: $0) })
}

/// The value of a function at a point and its tangent along a direction.
public func valueWithPushforward<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, along tangent: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, tangent: Tensor<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, pushforward(y, x, tangent: tangent))
}

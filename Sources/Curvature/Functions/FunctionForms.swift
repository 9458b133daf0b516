import TensorGraph

// Derivatives of functions at a point, spelled as Swift's own differentiation spells them.

/// The gradient of a function at a point.
public func gradient<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Tensor<Scalar> {
  gradient(try f(x), x)
}

/// The value and the gradient of a function at a point; they share their work when read together.
public func valueWithGradient<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>) {
  let y = try f(x)
  return (y, gradient(y, x))
}

/// The Hessian of a function at a point.
public func hessian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, batchAxis: Int? = nil, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Hessian<Scalar> {
  hessian(try f(x), x, batchAxis: batchAxis)
}

/// The value, the gradient and the Hessian of a function at a point.
public func valueGradientHessian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>, hessian: Hessian<Scalar>) {
  let y = try f(x)
  return (y, gradient(y, x), hessian(y, x))
}

/// The Jacobian of a function at a point.
public func jacobian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, batchAxis: Int? = nil, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Jacobian<Scalar> {
  jacobian(try f(x), x, batchAxis: batchAxis)
}

/// The value of a function at a point and its pullback: cotangents of the value to cotangents of the point.
public func valueWithPullback<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, pullback: @Sendable (Tensor<Scalar>) -> Tensor<Scalar>) {
  let y = try f(x)
  return (y, { pullback(y, x, cotangent: $0) })
}

/// The value of a function at a point and its tangent along a direction.
public func valueWithPushforward<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, along tangent: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, tangent: Tensor<Scalar>) {
  let y = try f(x)
  return (y, pushforward(y, x, tangent: tangent))
}

import TensorGraph

// Derivatives of functions at a point. `gradient(at: x) { ... }` is spelled as Swift's own differentiation spells it, passes on
// what the function throws and stops the program on a result that has no such derivative; `gradient(of: f, at: x)` throws
// then, too. The point is always a variable, also if it is marked constant (`stopGradient`).

extension Tensor where Scalar: DifferentiableScalar {
  /// This as a variable: itself, or another tensor of the same value if it is marked constant, or if what is computed from it may
  /// be computed from its operands instead, as the square of a root.
  var asVariable: Tensor {
    guard stopGradient || node.isLookedThrough else { return self }
    // A loop that goes on from this reads it again.
    if !stopGradient { node.becomeVariable() }
    return Tensor(Node(.reshape(node.shape), [node]))
  }
}

/// The gradient of a function at a point: an expression, NaN at singular points where the chain rule does not say
/// (<doc:SingularPoints>). Stops the program where `gradient(of:at:resolvingSingularPoints:)` throws an error of its own.
public func gradient<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Tensor<Scalar> {
  try valueWithGradient(at: x, of: f).gradient
}

/// The gradient of a function at a point.
///
/// - Parameters:
///   - f: a function with one element as its result.
///   - x: the point.
///   - resolvingSingularPoints: whether it is computed now and, where it is NaN, found by expansion of the function;
///     otherwise it is an expression that is computed when it is read.
/// - Throws: what `f` throws, and `TensorError` as `gradient(of:withRespectTo:resolvingSingularPoints:)`.
public func gradient<Scalar: DifferentiableScalar>(
  of f: (Tensor<Scalar>) throws -> Tensor<Scalar>, at x: Tensor<Scalar>, resolvingSingularPoints: Bool = false
) throws -> Tensor<Scalar> {
  try valueWithGradient(of: f, at: x, resolvingSingularPoints: resolvingSingularPoints).gradient
}

/// The value and the gradient of a function at a point; they share their work when read together. Stops the program where
/// `valueWithGradient(of:at:resolvingSingularPoints:)` throws an error of its own.
public func valueWithGradient<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, gradient(y, x))
}

/// The value and the gradient of a function at a point; they share their work when read together.
///
/// - Throws: as `gradient(of:at:resolvingSingularPoints:)`.
public func valueWithGradient<Scalar: DifferentiableScalar>(
  of f: (Tensor<Scalar>) throws -> Tensor<Scalar>, at x: Tensor<Scalar>, resolvingSingularPoints: Bool = false
) throws -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, try gradient(of: y, withRespectTo: x, resolvingSingularPoints: resolvingSingularPoints))
}

/// The Hessian of a function at a point. Stops the program where `Hessian(of:at:batchAxis:)` throws an error of its own.
public func hessian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, batchAxis: Int? = nil, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Hessian<Scalar> {
  let x = x.asVariable
  return hessian(try f(x), x, batchAxis: batchAxis)
}

/// The value, the gradient and the Hessian of a function at a point. Stops the program where `valueGradientHessian(of:at:)`
/// throws an error of its own.
public func valueGradientHessian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>, hessian: Hessian<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, gradient(y, x), hessian(y, x))
}

/// The value, the gradient and the Hessian of a function at a point.
///
/// - Throws: what `f` throws, and `TensorError` if its result has more than one element.
public func valueGradientHessian<Scalar: DifferentiableScalar>(
  of f: (Tensor<Scalar>) throws -> Tensor<Scalar>, at x: Tensor<Scalar>
) throws -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>, hessian: Hessian<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, try gradient(of: y, withRespectTo: x), try Hessian(of: y, withRespectTo: x))
}

/// The Jacobian of a function at a point. Stops the program where `Jacobian(of:at:batchAxis:)` throws an error of its own.
public func jacobian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, batchAxis: Int? = nil, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Jacobian<Scalar> {
  let x = x.asVariable
  return jacobian(try f(x), x, batchAxis: batchAxis)
}

/// The Laplacian of a function at a point. Stops the program where
/// `laplacian(of:at:batchAxis:resolvingSingularPoints:)` throws an error of its own.
public func laplacian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, batchAxis: Int? = nil, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Tensor<Scalar> {
  let x = x.asVariable
  return laplacian(try f(x), x, batchAxis: batchAxis)
}

/// The Laplacian of a function at a point.
///
/// - Throws: what `f` throws, and `TensorError` as `laplacian(of:withRespectTo:batchAxis:resolvingSingularPoints:)`.
public func laplacian<Scalar: DifferentiableScalar>(
  of f: (Tensor<Scalar>) throws -> Tensor<Scalar>, at x: Tensor<Scalar>, batchAxis: Int? = nil,
  resolvingSingularPoints: Bool = false
) throws -> Tensor<Scalar> {
  let x = x.asVariable
  return try laplacian(
    of: f(x), withRespectTo: x, batchAxis: batchAxis, resolvingSingularPoints: resolvingSingularPoints)
}

/// The value of a function at a point and its pullback: cotangents of the value to cotangents of the point. The program
/// stops at a cotangent of another shape; that of `valueWithPullback(of:at:)` throws.
public func valueWithPullback<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, pullback: @Sendable (Tensor<Scalar>) -> Tensor<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, { pullback(y, x, cotangent: $0) })
}

/// The value of a function at a point and its pullback, which throws if a cotangent has another shape than the value.
public func valueWithPullback<Scalar: DifferentiableScalar>(
  of f: (Tensor<Scalar>) throws -> Tensor<Scalar>, at x: Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, pullback: @Sendable (Tensor<Scalar>) throws(TensorError) -> Tensor<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, { (v) throws(TensorError) in try pullback(of: y, withRespectTo: x, cotangent: v) })
}

/// The value of a function at a point and its tangent along a direction. Stops the program where
/// `valueWithPushforward(of:at:along:)` throws an error of its own.
public func valueWithPushforward<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, along tangent: Tensor<Scalar>, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, tangent: Tensor<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, pushforward(y, x, tangent: tangent))
}

/// The value of a function at a point and its tangent along a direction.
///
/// - Throws: what `f` throws, and `TensorError` if the direction has another shape than the point.
public func valueWithPushforward<Scalar: DifferentiableScalar>(
  of f: (Tensor<Scalar>) throws -> Tensor<Scalar>, at x: Tensor<Scalar>, along tangent: Tensor<Scalar>
) throws -> (value: Tensor<Scalar>, tangent: Tensor<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, try pushforward(of: y, withRespectTo: x, tangent: tangent))
}

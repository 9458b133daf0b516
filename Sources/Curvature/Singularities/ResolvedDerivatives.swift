import TensorGraph

// Derivatives that are numbers wherever the function has them. A gradient or a Laplacian that is an expression is NaN where
// the chain rule does not say; these forms compute it, expand the function where it is NaN, and throw where a derivative does
// not exist.

/// The gradient of `y`, a tensor of one element, in `x`, computed; at singular points, if asked for, by expansion of y.
///
/// - Throws: `TensorError` if it cannot be computed, or does not exist and singular points are to be resolved.
/// - Complexity: that of the gradient; at singular points an expansion of y for each element that is NaN and each side.
public func gradient<Scalar: DifferentiableScalar>(
  _ y: Tensor<Scalar>, _ x: Tensor<Scalar>, resolvingSingularPoints: Bool
) throws(TensorError) -> Tensor<Scalar> {
  try gradient(y, [x], resolvingSingularPoints: resolvingSingularPoints)[0]
}

/// The gradients of `y`, a tensor of one element, in several tensors, computed together; at singular points, if asked for,
/// by expansion of y.
///
/// - Throws: `TensorError` if one cannot be computed, or does not exist and singular points are to be resolved.
public func gradient<Scalar: DifferentiableScalar>(
  _ y: Tensor<Scalar>, _ xs: [Tensor<Scalar>], resolvingSingularPoints: Bool
) throws(TensorError) -> [Tensor<Scalar>] {
  let gradients = try Gradients.of(y.node, xs.map(\.node))
  try Evaluation.evaluate([y.node] + gradients)
  guard resolvingSingularPoints else { return gradients.map(Tensor.init) }
  var result: [Tensor<Scalar>] = []
  for (gradient, x) in zip(gradients, xs) {
    let elements = try Gradients.elements(gradient, of: y.node, in: x.node)
    result.append(Tensor(elements === gradient.value ? gradient : Node(elements, shape: x.node.shape) { gradient }))
  }
  return result
}

/// The gradient of a function at a point, computed; at singular points, if asked for, by expansion of the function.
///
/// - Throws: what `f` throws, and `TensorError` if the gradient cannot be computed, or does not exist and singular points are
///   to be resolved.
public func gradient<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, resolvingSingularPoints: Bool, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) throws -> Tensor<Scalar> {
  try valueWithGradient(at: x, resolvingSingularPoints: resolvingSingularPoints, of: f).gradient
}

/// The value and the gradient of a function at a point, computed; at singular points, if asked for, the gradient by
/// expansion of the function.
///
/// - Throws: what `f` throws, and `TensorError` if the gradient cannot be computed, or does not exist and singular points are
///   to be resolved.
public func valueWithGradient<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, resolvingSingularPoints: Bool, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) throws -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>) {
  let x = x.asVariable
  let y = try f(x)
  return (y, try gradient(y, x, resolvingSingularPoints: resolvingSingularPoints))
}

/// The sum of second derivatives of `y` along all coordinates of `x`, computed; at singular points, if asked for, by
/// expansion of y.
///
/// - Throws: `TensorError` if it cannot be computed, or does not exist and singular points are to be resolved; in a batch a
///   slice without one stays NaN.
/// - Complexity: that of the Laplacian; where it is NaN also that of the Hessian's diagonal.
public func laplacian<Scalar: DifferentiableScalar>(
  _ y: Tensor<Scalar>, _ x: Tensor<Scalar>, batchAxis: Int? = nil, resolvingSingularPoints: Bool
) throws(TensorError) -> Tensor<Scalar> {
  let sum = try Laplacians.of(y.node, x.node, batchAxis: batchAxis)
  let known = try Evaluation.storage(sum)
  guard resolvingSingularPoints, known.containsNaN else { return Tensor(sum) }
  let hessian = try Hessian(of: y, withRespectTo: x, batchAxis: batchAxis)
  let trace = try hessian.core.matrix.diagonal().summed(over: [1]).reshaped(to: sum.shape)
  return Tensor(Node(try Evaluation.storage(trace), shape: sum.shape) { sum })
}

/// The Laplacian of a function at a point, computed; at singular points, if asked for, by expansion of the function.
///
/// - Throws: what `f` throws, and `TensorError` as above.
public func laplacian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, batchAxis: Int? = nil, resolvingSingularPoints: Bool,
  of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) throws -> Tensor<Scalar> {
  let x = x.asVariable
  return try laplacian(try f(x), x, batchAxis: batchAxis, resolvingSingularPoints: resolvingSingularPoints)
}

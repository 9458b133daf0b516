import TensorGraph

// Derivatives of functions of several tensors at a point: an array of them, which may be as long as it likes, or two or
// three that the function takes one by one. A list of tensors in brackets is such an array here, never one stacked tensor.

/// The gradients of a function of several tensors at a point.
public func gradient<Scalar: DifferentiableScalar>(
  at xs: [Tensor<Scalar>], of f: ([Tensor<Scalar>]) throws -> Tensor<Scalar>
) rethrows -> [Tensor<Scalar>] {
  try valueWithGradient(at: xs, of: f).gradient
}

/// The value and the gradients of a function of several tensors at a point; they share their work when read together.
public func valueWithGradient<Scalar: DifferentiableScalar>(
  at xs: [Tensor<Scalar>], of f: ([Tensor<Scalar>]) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, gradient: [Tensor<Scalar>]) {
  let xs = xs.map(\.asVariable)
  let y = try f(xs)
  return (y, gradient(y, xs))
}

/// The blocks of the Hessian of a function of several tensors at a point: `H[i, j]`.
public func hessian<Scalar: DifferentiableScalar>(
  at xs: [Tensor<Scalar>], batchAxis: Int? = nil, of f: ([Tensor<Scalar>]) throws -> Tensor<Scalar>
) rethrows -> BlockHessian<Scalar> {
  let xs = xs.map(\.asVariable)
  return hessian(try f(xs), xs, batchAxis: batchAxis)
}

/// The Jacobians of a function of several tensors at a point, one for each of them.
public func jacobian<Scalar: DifferentiableScalar>(
  at xs: [Tensor<Scalar>], batchAxis: Int? = nil, of f: ([Tensor<Scalar>]) throws -> Tensor<Scalar>
) rethrows -> [Jacobian<Scalar>] {
  let xs = xs.map(\.asVariable)
  return jacobian(try f(xs), xs, batchAxis: batchAxis)
}

/// The sum of second derivatives along all coordinates of several tensors at a point: the trace of the whole Hessian.
public func laplacian<Scalar: DifferentiableScalar>(
  at xs: [Tensor<Scalar>], of f: ([Tensor<Scalar>]) throws -> Tensor<Scalar>
) rethrows -> Tensor<Scalar> {
  let xs = xs.map(\.asVariable)
  return laplacian(try f(xs), xs)
}

/// The sum of second derivatives of `y`, a tensor of one element, along all coordinates of several tensors.
public func laplacian<Scalar: DifferentiableScalar>(
  _ y: Tensor<Scalar>, _ xs: [Tensor<Scalar>]
) -> Tensor<Scalar> {
  xs.dropFirst().reduce(xs.first.map { laplacian(y, $0) } ?? Tensor(0)) { $0 + laplacian(y, $1) }
}

// MARK: Two and three

/// The gradients of `y`, a tensor of one element, in the tensors of a tuple.
public func gradient<S: DifferentiableScalar>(
  _ y: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>)
) -> (Tensor<S>, Tensor<S>) {
  let all = gradient(y, [xs.0, xs.1])
  return (all[0], all[1])
}

/// The gradients of `y`, a tensor of one element, in the tensors of a tuple.
public func gradient<S: DifferentiableScalar>(
  _ y: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>, Tensor<S>)
) -> (Tensor<S>, Tensor<S>, Tensor<S>) {
  let all = gradient(y, [xs.0, xs.1, xs.2])
  return (all[0], all[1], all[2])
}

/// The gradients of a function of two tensors at a point.
public func gradient<S: DifferentiableScalar>(
  at xs: (Tensor<S>, Tensor<S>), of f: (Tensor<S>, Tensor<S>) throws -> Tensor<S>
) rethrows -> (Tensor<S>, Tensor<S>) {
  let all = try gradient(at: [xs.0, xs.1]) { try f($0[0], $0[1]) }
  return (all[0], all[1])
}

/// The gradients of a function of three tensors at a point.
public func gradient<S: DifferentiableScalar>(
  at xs: (Tensor<S>, Tensor<S>, Tensor<S>), of f: (Tensor<S>, Tensor<S>, Tensor<S>) throws -> Tensor<S>
) rethrows -> (Tensor<S>, Tensor<S>, Tensor<S>) {
  let all = try gradient(at: [xs.0, xs.1, xs.2]) { try f($0[0], $0[1], $0[2]) }
  return (all[0], all[1], all[2])
}

/// The value and the gradients of a function of two tensors at a point.
public func valueWithGradient<S: DifferentiableScalar>(
  at xs: (Tensor<S>, Tensor<S>), of f: (Tensor<S>, Tensor<S>) throws -> Tensor<S>
) rethrows -> (value: Tensor<S>, gradient: (Tensor<S>, Tensor<S>)) {
  let (value, all) = try valueWithGradient(at: [xs.0, xs.1]) { try f($0[0], $0[1]) }
  return (value, (all[0], all[1]))
}

/// The blocks of the Hessian of a function of two tensors at a point.
public func hessian<S: DifferentiableScalar>(
  at xs: (Tensor<S>, Tensor<S>), batchAxis: Int? = nil, of f: (Tensor<S>, Tensor<S>) throws -> Tensor<S>
) rethrows -> BlockHessian<S> {
  try hessian(at: [xs.0, xs.1], batchAxis: batchAxis) { try f($0[0], $0[1]) }
}

/// The blocks of the Hessian of a function of three tensors at a point.
public func hessian<S: DifferentiableScalar>(
  at xs: (Tensor<S>, Tensor<S>, Tensor<S>), batchAxis: Int? = nil,
  of f: (Tensor<S>, Tensor<S>, Tensor<S>) throws -> Tensor<S>
) rethrows -> BlockHessian<S> {
  try hessian(at: [xs.0, xs.1, xs.2], batchAxis: batchAxis) { try f($0[0], $0[1], $0[2]) }
}

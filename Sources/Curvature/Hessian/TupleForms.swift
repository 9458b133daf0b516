import TensorGraph

// Tuples of two to six tensors. A parameter pack cannot say that all have one element type, hence the list.

/// The blocks of the Hessian of `ys` in the tensors of a tuple.
public func hessian<S: DifferentiableScalar>(
  _ ys: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>), batchAxis: Int? = nil
) -> BlockHessian<S> {
  hessian(ys, [xs.0, xs.1], batchAxis: batchAxis)
}

/// The blocks of the Hessian of `ys` in the tensors of a tuple.
public func hessian<S: DifferentiableScalar>(
  _ ys: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>, Tensor<S>), batchAxis: Int? = nil
) -> BlockHessian<S> {
  hessian(ys, [xs.0, xs.1, xs.2], batchAxis: batchAxis)
}

/// The blocks of the Hessian of `ys` in the tensors of a tuple.
public func hessian<S: DifferentiableScalar>(
  _ ys: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>), batchAxis: Int? = nil
) -> BlockHessian<S> {
  hessian(ys, [xs.0, xs.1, xs.2, xs.3], batchAxis: batchAxis)
}

/// The blocks of the Hessian of `ys` in the tensors of a tuple.
public func hessian<S: DifferentiableScalar>(
  _ ys: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>), batchAxis: Int? = nil
) -> BlockHessian<S> {
  hessian(ys, [xs.0, xs.1, xs.2, xs.3, xs.4], batchAxis: batchAxis)
}

/// The blocks of the Hessian of `ys` in the tensors of a tuple.
public func hessian<S: DifferentiableScalar>(
  _ ys: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>), batchAxis: Int? = nil
) -> BlockHessian<S> {
  hessian(ys, [xs.0, xs.1, xs.2, xs.3, xs.4, xs.5], batchAxis: batchAxis)
}

/// The Jacobians of `ys` in the tensors of a tuple.
public func jacobian<S: DifferentiableScalar>(
  _ ys: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>), batchAxis: Int? = nil
) -> [Jacobian<S>] {
  jacobian(ys, [xs.0, xs.1], batchAxis: batchAxis)
}

/// The Jacobians of `ys` in the tensors of a tuple.
public func jacobian<S: DifferentiableScalar>(
  _ ys: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>, Tensor<S>), batchAxis: Int? = nil
) -> [Jacobian<S>] {
  jacobian(ys, [xs.0, xs.1, xs.2], batchAxis: batchAxis)
}

/// The Jacobians of `ys` in the tensors of a tuple.
public func jacobian<S: DifferentiableScalar>(
  _ ys: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>), batchAxis: Int? = nil
) -> [Jacobian<S>] {
  jacobian(ys, [xs.0, xs.1, xs.2, xs.3], batchAxis: batchAxis)
}

/// The Jacobians of `ys` in the tensors of a tuple.
public func jacobian<S: DifferentiableScalar>(
  _ ys: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>), batchAxis: Int? = nil
) -> [Jacobian<S>] {
  jacobian(ys, [xs.0, xs.1, xs.2, xs.3, xs.4], batchAxis: batchAxis)
}

/// The Jacobians of `ys` in the tensors of a tuple.
public func jacobian<S: DifferentiableScalar>(
  _ ys: Tensor<S>, _ xs: (Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>, Tensor<S>), batchAxis: Int? = nil
) -> [Jacobian<S>] {
  jacobian(ys, [xs.0, xs.1, xs.2, xs.3, xs.4, xs.5], batchAxis: batchAxis)
}

import TensorGraph

/// The sum of second derivatives of `y` along all coordinates of `x`: the trace of its Hessian, without the Hessian.
///
/// - Parameters:
///   - y: a tensor of one element; with a batch axis one element for each slice.
///   - x: the tensor to differentiate in.
///   - batchAxis: the axis of `x` along which slices are independent functions, or nil.
/// - Returns: a scalar; with a batch axis a tensor of shape [B]. An expression, which is NaN at singular points where the
///   chain rule does not say; see the form with `resolvingSingularPoints`.
/// - Complexity: N + 1 tangents of y for N coordinates of (a slice of) x, by collapsed second-order forward mode.
public func laplacian<Scalar: DifferentiableScalar>(
  _ y: Tensor<Scalar>, _ x: Tensor<Scalar>, batchAxis: Int? = nil
) -> Tensor<Scalar> {
  Tensor(checked(try Laplacians.of(y.node, x.node, batchAxis: batchAxis)))
}

/// The Laplacian of a function at a point.
public func laplacian<Scalar: DifferentiableScalar>(
  at x: Tensor<Scalar>, batchAxis: Int? = nil, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Tensor<Scalar> {
  let x = x.asVariable
  return laplacian(try f(x), x, batchAxis: batchAxis)
}

/// Laplacians on nodes, with checks that throw.
package enum Laplacians {
  package static func of(_ y: Node, _ x: Node, batchAxis: Int?) throws(TensorError) -> Node {
    let axis = try BatchRules.hessianAxes(y, [x], batchAxis)[0]
    let directions = UnitDirections(node: x, batchAxis: axis)
    let all = Node(.iota([directions.count], axis: 0, .int64))
    let shape: Shape = axis == nil ? .scalar : [directions.batchCount]
    let sum = collapsedSecondOrder(of: [y], variable: x, directions: directions.units(all).dense)[0].sum
    return (sum ?? .zeros(y.shape, y.scalarType)).reshaped(to: shape)
  }
}

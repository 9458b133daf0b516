import TensorGraph

/// The sum of second derivatives of `y` along all coordinates of `x`: the trace of its Hessian, without the Hessian.
///
/// Stops the program where `laplacian(of:withRespectTo:batchAxis:resolvingSingularPoints:)` throws.
/// - Parameters:
///   - y: a tensor of one element; with a batch axis one element for each slice.
///   - x: the tensor to differentiate in.
///   - batchAxis: the axis of `x` along which slices are independent functions, or nil.
/// - Returns: a scalar; with a batch axis a tensor of shape [B]. An expression, which is NaN at singular points where the
///   chain rule does not say.
/// - Complexity: N + 1 tangents of y for N coordinates of (a slice of) x, by collapsed second-order forward mode.
public func laplacian<Scalar: DifferentiableScalar>(
  _ y: Tensor<Scalar>, _ x: Tensor<Scalar>, batchAxis: Int? = nil
) -> Tensor<Scalar> {
  checked(try laplacian(of: y, withRespectTo: x, batchAxis: batchAxis), else: y.missing)
}

/// The sum of second derivatives of `y` along all coordinates of `x`: the trace of its Hessian, without the Hessian.
///
/// - Parameters:
///   - y: a tensor of one element; with a batch axis one element for each slice.
///   - x: the tensor to differentiate in.
///   - batchAxis: the axis of `x` along which slices are independent functions, or nil.
///   - resolvingSingularPoints: whether it is computed now and, where it is NaN, found by expansion of y; otherwise
///     it is an expression that is computed when it is read.
/// - Throws: `TensorError` as `Hessian(of:withRespectTo:batchAxis:)`; with `resolvingSingularPoints` also if the Laplacian
///   cannot be computed or does not exist; in a batch a slice without one stays NaN.
/// - Complexity: N + 1 tangents of y; where it is NaN and to be resolved, also that of the Hessian's diagonal.
public func laplacian<Scalar: DifferentiableScalar>(
  of y: Tensor<Scalar>, withRespectTo x: Tensor<Scalar>, batchAxis: Int? = nil, resolvingSingularPoints: Bool = false
) throws(TensorError) -> Tensor<Scalar> {
  let sum = try Laplacians.of(y.node, x.node, batchAxis: batchAxis)
  guard resolvingSingularPoints, try Evaluation.storage(sum).containsNaN else { return Tensor(sum) }
  let hessian = try Hessian(of: y, withRespectTo: x, batchAxis: batchAxis)
  let trace = try hessian.core.matrix.diagonal().summed(over: [1]).reshaped(to: sum.shape)
  return Tensor(Node(try Evaluation.storage(trace), shape: sum.shape, of: [sum]) { sum })
}

/// Laplacians on nodes, with checks that throw.
package enum Laplacians {
  package static func of(_ y: Node, _ x: Node, batchAxis: Int?) throws(TensorError) -> Node {
    let history = try Node.requireVariables([x], of: y, "laplacian")
    defer { withExtendedLifetime(history) {} }
    let axis = try BatchRules.hessianAxes(y, [x], batchAxis)[0]
    let directions = UnitDirections(node: x, batchAxis: axis)
    let all = Node(.iota([directions.count], axis: 0, .int64))
    let shape: Shape = axis == nil ? .scalar : [directions.batchCount]
    let units = directions.units(all).dense
    guard !y.hasSpectra(above: x) else { return trace(y, x, units, keeping: axis).reshaped(to: shape) }
    let sum = collapsedSecondOrder(of: [y], variable: x, directions: units)[0].sum
    return (sum ?? .zeros(y.shape, y.scalarType)).reshaped(to: shape)
  }

  /// The diagonal of the Hessian along unit directions, added up but for an axis: forward over reverse.
  private static func trace(_ y: Node, _ x: Node, _ units: Node, keeping axis: Int?) -> Node {
    let slope = gradient(of: y.summed(over: Array(0..<y.shape.rank)), to: [x])[0]
    let change = slope.flatMap { pushforward(of: [$0], seeds: [(x, units)], lift: 1)[0] }
    let axes = units.shape.dimensions.indices.filter { $0 != axis.map { $0 + 1 } }
    return (units * (change ?? .zeros(units.shape, units.scalarType))).summed(over: axes)
  }
}

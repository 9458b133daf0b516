/// Differences and integrals along an axis.
extension Operations {
  /// Differences of neighbours along an axis, taken `times` times; each makes the axis one shorter.
  package static func difference(_ x: Node, times: Int = 1, axis: Int = -1) throws(TensorError) -> Node {
    try requireNumeric(x, "difference")
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "difference")
    var result = x
    for _ in 0..<times {
      let count = result.shape[axis]
      guard count > 0 else { return result }
      result = range(result, axis: axis, 1, count - 1) - range(result, axis: axis, 0, count - 1)
    }
    return result
  }

  /// The integral along an axis by the trapezoidal rule, over positions or at a constant spacing.
  package static func trapezoid(
    _ y: Node, positions: Node? = nil, spacing: Double = 1, axis: Int = -1
  ) throws(TensorError) -> Node {
    try requireReal(y, "trapezoid")
    let axis = try ShapeRules.axis(axis, rank: y.shape.rank, operation: "trapezoid")
    let count = y.shape[axis]
    guard count > 1 else { return .zeros(y.shape.removing(axes: [axis]), y.scalarType) }
    let means = 0.5 * (range(y, axis: axis, 1, count - 1) + range(y, axis: axis, 0, count - 1))
    guard let positions else { return (spacing * means).summed(over: [axis]) }
    var widths = positions
    if positions.shape.rank == 1, y.shape.rank > 1 {
      guard positions.shape.count == count else {
        throw TensorError(
          "trapezoid: \(positions.shape.count) positions for axis \(axis) of extent \(count); give as many")
      }
      widths = try difference(positions).reshaped(
        to: Shape(y.shape.dimensions.indices.map { $0 == axis ? count - 1 : 1 }))
    } else {
      widths = try difference(positions, axis: axis)
    }
    return try sum(multiply(means, widths), [axis])
  }
}

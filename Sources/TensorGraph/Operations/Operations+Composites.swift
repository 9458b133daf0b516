/// Compositions: no rules of their own, accurate by the way they are composed.
extension Operations {
  /// ln Σ exp x over axes, without overflow; -∞ where all are -∞.
  package static func logSumExp(_ x: Node, _ axes: [Int]? = nil, keepsAxes: Bool = false) throws(TensorError) -> Node {
    try requireReal(x, "logSumExp")
    return try reduce(x, axes, keepsAxes, "logSumExp") { (x, axes) throws(TensorError) in
      if axes.isEmpty { return x }
      let (shifted, shift) = try self.shifted(x, axes)
      let total = Node.elementwise(.exp, shifted).summed(over: axes)
      return Node.elementwise(.log, total) + shift.reshaped(to: total.shape)
    }
  }

  /// exp x over its sum along an axis.
  package static func softmax(_ x: Node, axis: Int = -1) throws(TensorError) -> Node {
    try requireReal(x, "softmax")
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "softmax")
    let powers = Node.elementwise(.exp, try shifted(x, [axis]).shifted)
    return powers / (try sum(powers, [axis], keepsAxes: true)).broadcast(to: x.shape)
  }

  /// The logarithm of `softmax`, accurate where that underflows.
  package static func logSoftmax(_ x: Node, axis: Int = -1) throws(TensorError) -> Node {
    try requireReal(x, "logSoftmax")
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "logSoftmax")
    let shifted = try shifted(x, [axis]).shifted
    let total = try sum(.elementwise(.exp, shifted), [axis], keepsAxes: true)
    return shifted - Node.elementwise(.log, total).broadcast(to: x.shape)
  }

  /// x less its (finite) largest element along axes, which is constant for derivatives: it cancels.
  private static func shifted(_ x: Node, _ axes: [Int]) throws(TensorError) -> (shifted: Node, shift: Node) {
    let largest = try maximum(x, axes, keepsAxes: true).detached()
    let magnitude = Node.elementwise(.abs, largest)
    let isFinite = Node.compare(.less, magnitude, magnitude.filled(with: .infinity))
    let shift = Node.select(isFinite, largest, largest.filled(with: 0))
    return (x - shift.broadcast(to: x.shape), shift)
  }

  /// The variance over axes; `correction` is subtracted from the count (1: the unbiased estimate), which
  /// leaves 0 at least.
  package static func variance(
    _ x: Node, _ axes: [Int]? = nil, correction: Double = 0, keepsAxes: Bool = false
  ) throws(TensorError) -> Node {
    try requireReal(x, "variance")
    let resolved = try ShapeRules.axes(axes, rank: x.shape.rank, operation: "variance")
    let count = Double(resolved.reduce(1) { $0 * x.shape[$1] })
    let deviation = x - (try mean(x, resolved, keepsAxes: true)).broadcast(to: x.shape)
    let total = try sum(.elementwise(.square, deviation), resolved, keepsAxes: keepsAxes)
    return total / total.filled(with: Swift.max(count - correction, 0))
  }

  package static func standardDeviation(
    _ x: Node, _ axes: [Int]? = nil, correction: Double = 0, keepsAxes: Bool = false
  ) throws(TensorError) -> Node {
    .elementwise(.magnitude, try variance(x, axes, correction: correction, keepsAxes: keepsAxes))
  }

  /// The p-norm over axes; p may be infinite. At the origin the derivative is 0.
  package static func norm(
    _ x: Node, _ axes: [Int]? = nil, order: Double = 2, keepsAxes: Bool = false
  ) throws(TensorError) -> Node {
    try requireReal(x, "norm")
    let magnitude = Node.elementwise(.abs, x)
    switch order {
    case 1: return try sum(magnitude, axes, keepsAxes: keepsAxes)
    case 2: return .elementwise(.magnitude, try sum(.elementwise(.square, x), axes, keepsAxes: keepsAxes))
    case .infinity: return try maximum(magnitude, axes, keepsAxes: keepsAxes)
    case -.infinity: return try minimum(magnitude, axes, keepsAxes: keepsAxes)
    case 0:
      let counted = Node.compare(.notEqual, x, x.filled(with: 0)).cast(to: x.scalarType)
      return try sum(counted, axes, keepsAxes: keepsAxes)
    default:
      guard order > 0, order.isFinite else {
        throw TensorError("norm: order \(order) is not supported; use a positive order, 0 or an infinity")
      }
      let total = try sum(.elementwise(.pow, magnitude, x.filled(with: order)), axes, keepsAxes: keepsAxes)
      // At the origin q √q, which is 0 and has the slope 0, and no second derivative.
      let isOrigin = Node.compare(.equal, total, total.filled(with: 0))
      let power = Node.elementwise(
        .pow, .select(isOrigin, total.filled(with: 1), total), total.filled(with: 1 / order))
      return .select(isOrigin, total * .elementwise(.sqrt, total), power)
    }
  }
}

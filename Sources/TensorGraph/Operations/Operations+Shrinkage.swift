/// Functions of each element that cut, shrink or gate, and mixtures of tensors.
extension Operations {
  /// a + t (b - a)
  package static func interpolate(_ a: Node, _ b: Node, at t: Node) throws(TensorError) -> Node {
    try requireReal(a, "lerp")
    return try add(a, multiply(t, subtract(b, a)))
  }

  /// x less its whole part, with the sign of x.
  package static func fraction(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "fraction")
    return x - .elementwise(.trunc, x)
  }

  /// log₂(2ᵃ + 2ᵇ), without overflow.
  package static func logAddExp2(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    try requireReal(a, "logAddExp2")
    let (ln2, perLn2) = (0.693147180559945309417232121458176568, 1.44269504088896340735992468100189214)
    return perLn2 * (try logAddExp(ln2 * a, ln2 * b))
  }

  /// x moved towards 0 by a margin, and 0 within it.
  package static func softShrink(_ x: Node, margin: Double = 0.5) throws(TensorError) -> Node {
    try requireReal(x, "softShrink")
    try requireMargin(margin, "softShrink")
    let zero = x.filled(with: 0)
    let below = Node.select(.compare(.less, x, x.filled(with: -margin)), margin + x, zero)
    return .select(.compare(.greater, x, x.filled(with: margin)), x - x.filled(with: margin), below)
  }

  /// x outside a margin around 0, and 0 within it.
  package static func hardShrink(_ x: Node, margin: Double = 0.5) throws(TensorError) -> Node {
    try requireReal(x, "hardShrink")
    try requireMargin(margin, "hardShrink")
    let isOutside = Node.compare(.greater, .elementwise(.abs, x.detached()), x.filled(with: margin))
    return .select(isOutside, x, x.filled(with: 0))
  }

  private static func requireMargin(_ margin: Double, _ operation: String) throws(TensorError) {
    guard margin >= 0 else { throw TensorError("\(operation): the margin \(margin) is negative; give 0 or more") }
  }

  /// x - tanh x: near 0 by its Taylor series, since the difference loses digits there.
  package static func tanhShrink(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "tanhShrink")
    // tanh' = 1 - tanh² gives the coefficients one after the other.
    var tanh = [0.0, 1]
    while tanh.count < 26 {
      let n = tanh.count - 1
      tanh.append(-(0...n).reduce(0) { $0 + tanh[$1] * tanh[n - $1] } / Double(n + 1))
    }
    let square = Node.elementwise(.square, x)
    var series = x.filled(with: -tanh[25])
    for power in stride(from: 23, through: 3, by: -2) { series = -tanh[power] + square * series }
    return .select(
      .compare(.less, square, square.filled(with: 0.1)), x * (square * series), x - .elementwise(.tanh, x))
  }

  /// x, and below 0 the slope of its channel (axis 1) times x; one slope serves all channels.
  package static func parametricReLU(_ x: Node, _ slopes: Node) throws(TensorError) -> Node {
    try requireReal(x, "parametricReLU")
    try requireSameType(x, slopes, "parametricReLU")
    let slope: Node
    if slopes.shape.count == 1 {
      slope = slopes.reshaped(to: []).broadcast(to: x.shape, axes: [])
    } else {
      guard slopes.shape.rank == 1, x.shape.rank >= 2, slopes.shape[0] == x.shape[1] else {
        throw TensorError(
          "parametricReLU: slopes \(slopes.shape) do not fit x \(x.shape); give one, or one for each of axis 1")
      }
      slope = slopes.broadcast(to: x.shape, axes: [1])
    }
    return .select(.compare(.greater, x, x.filled(with: 0)), x, slope * x)
  }

  /// The first half of an axis times the sigmoid of the second (Dauphin et al. 2017).
  package static func gatedLinearUnit(_ x: Node, axis: Int = -1) throws(TensorError) -> Node {
    try requireReal(x, "gatedLinearUnit")
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "gatedLinearUnit")
    let half = x.shape[axis] / 2
    guard x.shape[axis] % 2 == 0 else {
      throw TensorError(
        "gatedLinearUnit: axis \(axis) of shape \(x.shape) has an odd extent; it is split in two halves")
    }
    return range(x, axis: axis, 0, half) * .elementwise(.sigmoid, range(x, axis: axis, half, half))
  }
}

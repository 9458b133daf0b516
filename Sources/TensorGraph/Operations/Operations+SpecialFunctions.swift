/// Special functions, and what is composed of them.
extension Operations {
  /// A special function of tensors that broadcast against each other.
  package static func special(_ function: SpecialFunction, _ operands: Node...) throws(TensorError) -> Node {
    var shape = Shape.scalar
    for operand in operands {
      try requireReal(operand, function.name)
      guard operand.scalarType == operands[0].scalarType else {
        throw TensorError(
          "\(function.name): element types \(operands[0].scalarType) and \(operand.scalarType) differ; cast one of them"
        )
      }
      shape = try ShapeRules.broadcast(shape, operand.shape, operation: function.name)
    }
    return Node(.special(function), operands.map { $0.broadcast(to: shape) })
  }

  /// ln |B(a, b)|
  package static func logBeta(_ a: Node, _ b: Node) throws(TensorError) -> Node { try special(.logBeta, a, b) }

  /// B(a, b)
  package static func beta(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    let (a, b) = try broadcast(a, b, "logBeta")
    let size = Node.elementwise(.exp, try logBeta(a, b))
    let signed = size * (gammaSign(a) * gammaSign(b) * gammaSign(a + b))
    // The poles at 0 as terms of their own, of which the mixed derivative has nothing.
    let zero = a.filled(with: 0)
    let isInside = Node.logical(.and, .compare(.greater, a, zero), .compare(.greater, b, zero))
    let poles = Node.elementwise(.reciprocal, a) + .elementwise(.reciprocal, b)
    return .select(isInside, poles * regularBeta(a, b), signed)
  }

  /// a b / (a + b) · B(a, b) = Γ(1 + a) Γ(1 + b) / Γ(1 + a + b) for a, b > 0
  private static func regularBeta(_ a: Node, _ b: Node) -> Node {
    let largest = a.filled(
      with: a.scalarType == .float32 ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude)
    let power = Node.elementwise(.exp, .special(.logBeta, 1 + a, 1 + b))
    return .custom(regularBetaRule, value: power * .elementwise(.min, 1 + (a + b), largest), arguments: [a, b])
  }

  private static let regularBetaRule = DerivativeRule("beta", identifier: "built in", trailingAxes: 0) {
    node, operand in
    let (x, other) = (node.operands[operand], node.operands[3 - operand])
    return .scale(-(node * .special(.polygammaChange(0), 1 + x, other)))
  }

  /// The sign of Γ(x), which alternates between negative whole numbers.
  private static func gammaSign(_ x: Node) -> Node {
    let parity = Node.elementwise(.modulo, .elementwise(.floor, x), x.filled(with: 2))
    return .select(.compare(.less, x, x.filled(with: 0)), 1 - 2 * parity, x.filled(with: 1))
  }

  /// ln Φ(x) without underflow: below -1 by the scaled complement of the error function, from there on by ln(1 - …).
  package static func logNormalDistribution(_ x: Node) throws(TensorError) -> Node {
    try requireReal(x, "logNormalDistribution")
    let scaled = -0.70710678118654752440084436210485 * x
    let far = Node.elementwise(.log, 0.5 * .special(.scaledErfc(0), scaled)) - 0.5 * .elementwise(.square, x)
    let near = Node.elementwise(.logOnePlus, -0.5 * .elementwise(.erfc, -scaled))
    return .select(.compare(.less, x, x.filled(with: -1)), far, near)
  }

  /// x ln(x / y), 0 where x is 0 (and y not negative), +∞ elsewhere outside x, y > 0.
  package static func relativeEntropy(_ x: Node, _ y: Node) throws(TensorError) -> Node {
    let (x, y) = try broadcast(x, y, "relativeEntropy")
    let zero = x.filled(with: 0)
    let isInside = Node.logical(.and, .compare(.greater, x, zero), .compare(.greater, y, zero))
    let isEdge = Node.logical(.and, .compare(.equal, x, zero), .compare(.greaterOrEqual, y, zero))
    let safe = Node.select(isInside, y, x.filled(with: 1))
    let value = x ⊗ (.elementwise(.log, .select(isInside, x, x.filled(with: 1))) - .elementwise(.log, safe))
    return .select(isInside, value, .select(isEdge, zero, x.filled(with: .infinity)))
  }
}

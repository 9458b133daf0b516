/// Identities that hold on the whole domain of what they replace, for values and for derivatives of every order: at points
/// where a piece has no derivative, the chain rule would multiply 0 by ∞.
///
/// What is looked through is marked, since derivatives in it would miss what was made of it (`Node.isBypassed`).
extension Node {
  /// Whether what is computed from this may be computed from its operands instead, by one of the identities below: they are
  /// of functions beyond arithmetic.
  package var isLookedThrough: Bool {
    guard let function = scalarFunction, !isDeferred else { return false }
    return !Self.arithmetic.contains(function)
  }

  private static let arithmetic: Set<ScalarFunction> = [
    .negate, .reciprocal, .square, .add, .subtract, .multiply, .scale, .divide, .modulo,
  ]

  /// (√u)² = u, |u|² = u², hypot(u, v)² = u² + v², (1/√u)² = 1/u, each where its left side is defined.
  static func squareIdentity(_ x: Node) -> Node? {
    guard let function = x.scalarFunction, !x.isDeferred else { return nil }
    let u = x.operands[0]
    switch function {
    case .sqrt: return x.replaced(by: u.orUndefined(below: 0))
    // Of a sum of squares, which is nowhere negative.
    case .magnitude: return x.replaced(by: u)
    case .abs: return x.replaced(by: elementwise(.square, u))
    case .rsqrt: return x.replaced(by: elementwise(.reciprocal, u.orUndefined(below: 0)))
    case .hypot: return x.replaced(by: elementwise(.square, u) + elementwise(.square, x.operands[1]))
    case .pow:
      guard let exponent = x.operands[1].fillLiteral?.double, !x.operands[1].isExposed else { return nil }
      return powerIdentity(x, 2, of: exponent)
    default: return nil
    }
  }

  /// (∛u)² ∛u = u.
  static func cubeIdentity(_ x: Node, _ y: Node) -> Node? {
    guard x.scalarFunction == .square, y.scalarFunction == .cbrt, !x.isDeferred,
      !y.isDeferred, x.operands[0].isSame(as: y)
    else { return nil }
    x.operands[0].bypass()
    x.bypass()
    return y.replaced(by: y.operands[0])
  }

  /// (uᵃ)ᵇ = uᵃᵇ for an a that is no whole number (then u is nowhere negative) or an odd one.
  static func powerIdentity(_ x: Node, _ exponent: Double) -> Node? {
    guard !x.isDeferred, let function = x.scalarFunction else { return nil }
    switch function {
    case .sqrt where exponent > 0:
      return x.replaced(by: elementwise(.pow, x.operands[0].orUndefined(below: 0), x.filled(with: 0.5 * exponent)))
    case .magnitude where exponent > 1:
      return x.replaced(by: elementwise(.pow, x.operands[0], x.filled(with: 0.5 * exponent)))
    case .pow:
      guard let inner = x.operands[1].fillLiteral?.double, !x.operands[1].isExposed else { return nil }
      return powerIdentity(x, exponent, of: inner)
    default: return nil
    }
  }

  private static func powerIdentity(_ x: Node, _ outer: Double, of inner: Double) -> Node? {
    // Where both are positive, so that 0 stays 0; the product must be exact, or another power would be computed.
    guard inner > 0, outer > 0, inner.rounded() != inner, (inner * outer).isExactProduct(inner, outer) else {
      return nil
    }
    let u = x.operands[0]
    return x.replaced(by: elementwise(.pow, u.orUndefined(below: 0), u.filled(with: inner * outer)))
  }

  /// exp(log u) = u where u is not negative, log(exp u) = u, and so for base 2 and for eᵘ - 1.
  static func inverseIdentity(_ function: ScalarFunction, _ x: Node) -> Node? {
    guard let inner = x.scalarFunction, !x.isDeferred else { return nil }
    switch (function, inner) {
    case (.exp, .log), (.exp2, .log2): return x.replaced(by: x.operands[0].orUndefined(below: 0))
    case (.expMinusOne, .logOnePlus): return x.replaced(by: x.operands[0].orUndefined(below: -1))
    case (.log, .exp), (.log2, .exp2), (.logOnePlus, .expMinusOne): return x.replaced(by: x.operands[0])
    default: return nil
    }
  }

  private func replaced(by node: Node) -> Node {
    bypass()
    return node
  }

  private func orUndefined(below bound: Double) -> Node {
    .select(.compare(.less, self, filled(with: bound)), filled(with: .nan), self)
  }

  /// Whether another node is the same operation on the same operands, or on operands of which that is true for a few
  /// levels: what a user has written twice.
  func isSame(as other: Node, depth: Int = 4) -> Bool {
    if self === other { return true }
    // Two leaves that users hold are two variables, whatever they hold.
    guard depth > 0, !isDeferred, !other.isDeferred, shape == other.shape,
      !operands.isEmpty || !(isInput || isExposed || other.isExposed),
      operands.count == other.operands.count, primitive == other.primitive
    else { return false }
    return zip(operands, other.operands).allSatisfy { $0.isSame(as: $1, depth: depth - 1) }
  }
}

extension Double {
  /// Whether this is the product of two numbers without rounding.
  fileprivate func isExactProduct(_ a: Double, _ b: Double) -> Bool { (-self).addingProduct(a, b) == 0 }
}

// Scalar functions, element by element: free functions, as mathematics writes them.

/// eˣ, element by element.
public func exp<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.exp) }

/// 2ˣ, element by element.
public func exp2<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.exp2) }

/// eˣ - 1, accurate near 0, element by element.
public func expMinusOne<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  x.applying(.expMinusOne)
}

/// The natural logarithm, element by element.
public func log<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.log) }

/// The logarithm to base 2, element by element.
public func log2<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.log2) }

/// The logarithm to base 10, element by element.
public func log10<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.log10) }

/// The square root, element by element.
public func sqrt<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.sqrt) }

/// 1 / √x, element by element.
public func rsqrt<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.rsqrt) }

/// The cube root, element by element.
public func cbrt<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.cbrt) }

/// The sine, element by element.
public func sin<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.sin) }

/// The cosine, element by element.
public func cos<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.cos) }

/// The tangent, element by element.
public func tan<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.tan) }

/// The inverse sine, element by element.
public func asin<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.asin) }

/// The inverse cosine, element by element.
public func acos<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.acos) }

/// The inverse tangent, element by element.
public func atan<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.atan) }

/// The hyperbolic sine, element by element.
public func sinh<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.sinh) }

/// The hyperbolic cosine, element by element.
public func cosh<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.cosh) }

/// The hyperbolic tangent, element by element.
public func tanh<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.tanh) }

/// 1 / cosh x, element by element.
public func sech<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.sech) }

/// The inverse hyperbolic sine, element by element.
public func asinh<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.asinh) }

/// The inverse hyperbolic cosine, element by element.
public func acosh<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.acosh) }

/// The inverse hyperbolic tangent, element by element.
public func atanh<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.atanh) }

/// 1 / (1 + e⁻ˣ), element by element.
public func sigmoid<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.sigmoid) }

/// ln(1 + eˣ), without overflow, element by element.
public func softplus<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.softplus) }

/// The error function, element by element.
public func erf<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.erf) }

/// 1 - erf x, accurate for large x, element by element.
public func erfc<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.erfc) }

/// The largest whole number not above x, element by element.
public func floor<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.floor) }

/// The smallest whole number not below x, element by element.
public func ceil<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.ceil) }

/// The nearest whole number, ties to even, element by element.
public func round<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.round) }

/// The whole number next to x toward 0, element by element.
public func trunc<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.trunc) }

/// The absolute value; its derivative at 0 is 0, element by element.
public func abs<Scalar: TensorNumeric>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.abs) }

/// x², element by element.
public func square<Scalar: TensorNumeric>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.square) }

/// max(x, 0); its derivative at 0 is 0, element by element.
public func relu<Scalar: TensorNumeric>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.relu) }

/// -1, 0 or 1, element by element.
public func sign<Scalar: TensorNumeric>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.sign) }

/// ln(1 + x), accurate near 0, element by element.
public func log<Scalar: DifferentiableScalar>(onePlus x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.logOnePlus) }

/// ln σ(x) = -ln(1 + e⁻ˣ), element by element.
public func logSigmoid<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { -softplus(-x) }

/// xʸ, element by element; shapes broadcast.
public func pow<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  guard y.node.isLiteral, let exponent = y.node.fillLiteral else { return x.applying(.pow, y) }
  // `pow(x, 2)`: small whole exponents become products, so this one is a constant.
  y.node.bypass()
  return x.applying(.pow, .constant(Scalar(literal: exponent)))
}

/// xⁿ, element by element. Small whole exponents become products, exact to every order at 0.
@_disfavoredOverload
public func pow<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, _ exponent: Scalar) -> Tensor<Scalar> {
  x.applying(.pow, .constant(exponent))
}

/// cˣ, element by element.
@_disfavoredOverload
public func pow<Scalar: DifferentiableScalar>(_ base: Scalar, _ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor.constant(base).applying(.pow, x)
}

/// The angle of the point (x, y), element by element; shapes broadcast.
public func atan2<Scalar: DifferentiableScalar>(y: Tensor<Scalar>, x: Tensor<Scalar>) -> Tensor<Scalar> {
  y.applying(.atan2, x)
}

/// √(x² + y²) without overflow; its derivative at the origin is 0.
public func hypot<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  x.applying(.hypot, y)
}

/// The larger element; shapes broadcast. Ties share the derivative equally, except with a number.
public func max<Scalar: TensorNumeric>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  // `max(x, 0)` compares with a number, whose ties are not shared.
  if y.node.fillLiteral != nil { return Tensor(checking: try Operations.maximum(x.node, constant: y.node)) }
  return x.applying(.max, y)
}

/// The smaller element; shapes broadcast. Ties share the derivative equally, except with a number.
public func min<Scalar: TensorNumeric>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  // `min(x, 0)` compares with a number, whose ties are not shared.
  if y.node.fillLiteral != nil { return Tensor(checking: try Operations.minimum(x.node, constant: y.node)) }
  return x.applying(.min, y)
}

/// The larger of an element and a constant; at a tie the derivative is 0.
@_disfavoredOverload
public func max<Scalar: TensorNumeric>(_ x: Tensor<Scalar>, _ y: Scalar) -> Tensor<Scalar> {
  Tensor(checking: try Operations.maximum(x.node, constant: Tensor.constant(y).node))
}

/// The smaller of an element and a constant; at a tie the derivative is 0.
@_disfavoredOverload
public func min<Scalar: TensorNumeric>(_ x: Tensor<Scalar>, _ y: Scalar) -> Tensor<Scalar> {
  Tensor(checking: try Operations.minimum(x.node, constant: Tensor.constant(y).node))
}

extension Tensor where Scalar: TensorNumeric {
  /// The values limited to an interval; the derivative is 1 on the closed interval and 0 outside.
  public func clipped(to range: ClosedRange<Scalar>) -> Tensor {
    Tensor(
      checking: try Operations.clip(
        node, Tensor.constant(range.lowerBound).node, Tensor.constant(range.upperBound).node))
  }
}

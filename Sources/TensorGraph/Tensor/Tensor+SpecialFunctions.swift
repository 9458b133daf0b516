// Special functions, element by element, with derivatives of every order in every operand. Operands broadcast.

private func special<Scalar>(_ function: SpecialFunction, _ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.special(function, x.node))
}

/// Γ(x)
public func gamma<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { special(.gamma, x) }

/// ln |Γ(x)|
public func logGamma<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { special(.logGamma, x) }

/// The logarithmic derivative of Γ.
public func digamma<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { special(.polygamma(0), x) }

/// The n-th derivative of `digamma`.
///
/// - Precondition: n is not negative.
public func polygamma<Scalar: DifferentiableScalar>(_ n: Int, _ x: Tensor<Scalar>) -> Tensor<Scalar> {
  guard n >= 0 else { return mistake("polygamma: order \(n) is negative; give 0 or more", else: x.missing) }
  return special(.polygamma(n), x)
}

/// ln B(a, b) for positive a and b.
public func logBeta<Scalar: DifferentiableScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.logBeta(a.node, b.node))
}

/// The regularised lower incomplete gamma function P(a, x), differentiable in a too.
public func incompleteGamma<Scalar: DifferentiableScalar>(_ a: Tensor<Scalar>, _ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.special(.gammaLower(0), a.node, x.node))
}

/// 1 - P(a, x), accurate where it is small.
public func complementaryIncompleteGamma<Scalar: DifferentiableScalar>(
  _ a: Tensor<Scalar>, _ x: Tensor<Scalar>
) -> Tensor<Scalar> { Tensor(checking: try Operations.special(.gammaUpper(0), a.node, x.node)) }

/// The regularised incomplete beta function I(a, b, x), differentiable in a and b too.
public func incompleteBeta<Scalar: DifferentiableScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ x: Tensor<Scalar>
) -> Tensor<Scalar> { Tensor(checking: try Operations.special(.betaLower(0, 0), a.node, b.node, x.node)) }

/// Hurwitz' ζ(s, q) = Σ (q + j)⁻ˢ, differentiable in both.
public func zeta<Scalar: DifferentiableScalar>(_ s: Tensor<Scalar>, _ q: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.special(.zeta(0), s.node, q.node))
}

/// The x with erf(x) = y.
public func erfInverse<Scalar: DifferentiableScalar>(_ y: Tensor<Scalar>) -> Tensor<Scalar> { special(.erfInverse, y) }

/// exp(x²) erfc(x)
public func scaledErfc<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  special(.scaledErfc(0), x)
}

/// The quantile of the normal distribution.
public func normalQuantile<Scalar: DifferentiableScalar>(_ p: Tensor<Scalar>) -> Tensor<Scalar> {
  special(.normalQuantile, p)
}

/// The logarithm of the normal distribution function, without underflow.
public func logNormalDistribution<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.logNormalDistribution(x.node))
}

/// Bessel's function of the first kind, of a whole order.
public func besselJ<Scalar: DifferentiableScalar>(_ order: Int, _ x: Tensor<Scalar>) -> Tensor<Scalar> {
  special(.besselJ(order), x)
}

/// Bessel's function of the second kind, of a whole order; x > 0.
public func besselY<Scalar: DifferentiableScalar>(_ order: Int, _ x: Tensor<Scalar>) -> Tensor<Scalar> {
  special(.besselY(order), x)
}

/// The modified Bessel function I of a whole order, times exp(-|x|) if scaled. Scaled it has a kink at x = 0, where its
/// derivatives are the means of those of both sides.
public func besselI<Scalar: DifferentiableScalar>(
  _ order: Int, _ x: Tensor<Scalar>, isScaled: Bool = false
) -> Tensor<Scalar> { special(isScaled ? .besselIScaled(abs(order), derivative: 0) : .besselI(abs(order)), x) }

/// The modified Bessel function K of a whole order, times exp(x) if scaled; x > 0.
public func besselK<Scalar: DifferentiableScalar>(
  _ order: Int, _ x: Tensor<Scalar>, isScaled: Bool = false
) -> Tensor<Scalar> { special(isScaled ? .besselKScaled(abs(order), derivative: 0) : .besselK(abs(order)), x) }

/// The exponential integral Ei.
public func exponentialIntegral<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  special(.exponentialIntegral, x)
}

/// The principal branch of the inverse of w exp(w).
public func lambertW<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { special(.lambertW, x) }

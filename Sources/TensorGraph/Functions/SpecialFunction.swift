/// Functions beyond the C library's, applied element by element: of mathematical physics and of statistics.
///
/// A function is declared here, its partial derivatives are in `SpecialFunction+Derivatives.swift`, its value in
/// `SpecialFunction+Values.swift`. Families are closed under differentiation: the derivative of a member is made of
/// members, with other orders, so that derivatives of every order exist without differences or cancellation.
package enum SpecialFunction: Hashable, Sendable, BitwiseCopyable {
  // MARK: Gamma and beta functions

  /// Γ(x)
  case gamma
  /// ln |Γ(x)|
  case logGamma
  /// The n-th derivative of ψ(x) = Γ'(x) / Γ(x)
  case polygamma(Int)
  /// ψₙ(a + b) - ψₙ(a), where ψₙ is the n-th derivative of ψ. Operands a, b
  case polygammaChange(Int)
  /// ln |B(a, b)|
  case logBeta
  /// The k-th derivative in a of P(a, x) = ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt / Γ(a). Operands a > 0, x ≥ 0
  case gammaLower(Int)
  /// The k-th derivative in a of 1 - P(a, x), accurate where it is small
  case gammaUpper(Int)
  /// The k-th derivative in a of xᵃ⁻¹ e⁻ˣ / Γ(a)
  case gammaDensity(Int)
  /// The derivative of orders m and n in a and b of I(a, b, x) = ∫₀ˣ tᵃ⁻¹ (1-t)ᵇ⁻¹ dt / B(a, b). Operands a, b > 0,
  /// 0 ≤ x ≤ 1
  case betaLower(Int, Int)
  /// The derivative of orders m and n in a and b of xᵃ⁻¹ (1-x)ᵇ⁻¹ / B(a, b)
  case betaDensity(Int, Int)
  /// The k-th derivative in s of Hurwitz' ζ(s, q) = Σ (q + j)⁻ˢ. Operands s, q > 0
  case zeta(Int)

  // MARK: The normal distribution

  /// The x with erf(x) = y
  case erfInverse
  /// The x with Φ(x) = p
  case normalQuantile
  /// 2/√π ∫₀^∞ tⁿ exp(-t² - 2 x t) dt, for n = 0 the scaled complement exp(x²) erfc(x)
  case scaledErfc(Int)

  // MARK: Bessel functions of whole order

  case besselJ(Int)
  case besselY(Int)
  case besselI(Int)
  case besselK(Int)
  /// The k-th derivative of e^(-|x|) Iₙ(x), at x = 0 the mean of those of both sides
  case besselIScaled(Int, derivative: Int)
  /// The k-th derivative of eˣ Kₙ(x)
  case besselKScaled(Int, derivative: Int)

  // MARK: Integrals and inverses

  /// Ei(x), the principal value of ∫ eᵗ / t dt from -∞ to x
  case exponentialIntegral
  /// E₁(x) = ∫ₓ^∞ e⁻ᵗ / t dt for x > 0
  case exponentialIntegral1
  /// SciPy's spence: ∫₁ˣ ln t / (1 - t) dt
  case spence
  /// ∫₀¹ tⁿ / (1 + (x - 1) t)ⁿ⁺¹ dt, for n = 0 ln x / (x - 1)
  case logQuotient(Int)
  /// The principal branch of the inverse of w eʷ
  case lambertW
  /// 1 + W(x), accurate where it is small
  case lambertGap
  /// ∫ sin²ᵖθ (1 - x sin²θ)^(-q - 1/2) dθ over a quarter: the complete elliptic integrals K for (0, 0), E for (0, -1)
  case elliptic(Int, Int)

  /// The number of operands.
  package var arity: Int {
    switch self {
    case .betaLower, .betaDensity: 3
    case .gammaLower, .gammaUpper, .gammaDensity, .zeta, .polygammaChange, .logBeta: 2
    case .gamma, .logGamma, .polygamma, .erfInverse, .normalQuantile, .scaledErfc, .besselJ, .besselY, .besselI,
      .besselK, .besselIScaled, .besselKScaled, .exponentialIntegral, .exponentialIntegral1, .spence, .logQuotient,
      .lambertW, .lambertGap, .elliptic:
      1
    }
  }

  /// The name of the family in error texts.
  package var name: String {
    switch self {
    case .gamma: "gamma"
    case .logGamma: "gammaln"
    case .polygamma(let n): n == 0 ? "digamma" : "polygamma"
    case .polygammaChange: "difference of polygamma"
    case .logBeta: "betaln"
    case .gammaLower: "gammainc"
    case .gammaUpper: "gammaincc"
    case .gammaDensity: "density of the gamma distribution"
    case .betaLower: "betainc"
    case .betaDensity: "density of the beta distribution"
    case .zeta: "zeta"
    case .erfInverse: "erfinv"
    case .normalQuantile: "ndtri"
    case .scaledErfc: "erfcx"
    case .besselJ(let n): "j\(n)"
    case .besselY(let n): "y\(n)"
    case .besselI(let n): "i\(n)"
    case .besselK(let n): "k\(n)"
    case .besselIScaled(let n, _): "i\(n)e"
    case .besselKScaled(let n, _): "k\(n)e"
    case .exponentialIntegral: "expi"
    case .exponentialIntegral1: "exp1"
    case .spence: "spence"
    case .logQuotient: "log(x) / (x - 1)"
    case .lambertW: "lambertw"
    case .lambertGap: "1 + lambertw"
    case .elliptic(_, let q): q == -1 ? "ellipe" : "ellipk"
    }
  }

  /// The numbers that tell members of a family apart.
  package var parameters: [Int] {
    switch self {
    case .gamma, .logGamma, .logBeta, .erfInverse, .normalQuantile, .exponentialIntegral, .exponentialIntegral1,
      .spence,
      .lambertW, .lambertGap:
      []
    case .polygamma(let n), .polygammaChange(let n), .gammaLower(let n), .gammaUpper(let n), .gammaDensity(let n),
      .zeta(let n), .scaledErfc(let n), .besselJ(let n), .besselY(let n), .besselI(let n), .besselK(let n),
      .logQuotient(let n):
      [n]
    case .betaLower(let m, let n), .betaDensity(let m, let n), .besselIScaled(let m, let n),
      .besselKScaled(let m, let n),
      .elliptic(let m, let n):
      [m, n]
    }
  }

  /// One member of each family with which derivatives begin, by the names in the reference table.
  package static let members: [(name: String, function: SpecialFunction)] = [
    ("gamma", .gamma), ("gammaln", .logGamma), ("digamma", .polygamma(0)), ("polygamma2", .polygamma(2)),
    ("betaln", .logBeta),
    ("gammainc", .gammaLower(0)), ("gammaincc", .gammaUpper(0)), ("betainc", .betaLower(0, 0)), ("zeta", .zeta(0)),
    ("erfinv", .erfInverse), ("ndtri", .normalQuantile), ("erfcx", .scaledErfc(0)), ("j0", .besselJ(0)),
    ("j1", .besselJ(1)), ("y0", .besselY(0)), ("y1", .besselY(1)), ("i0", .besselI(0)), ("i1", .besselI(1)),
    ("k0", .besselK(0)), ("k1", .besselK(1)), ("i0e", .besselIScaled(0, derivative: 0)),
    ("i1e", .besselIScaled(1, derivative: 0)),
    ("k0e", .besselKScaled(0, derivative: 0)), ("k1e", .besselKScaled(1, derivative: 0)),
    ("expi", .exponentialIntegral),
    ("exp1", .exponentialIntegral1), ("spence", .spence), ("lambertw", .lambertW), ("ellipk", .elliptic(0, 0)),
    ("ellipe", .elliptic(0, -1)),
  ]
}

extension Node {
  /// A special function of operands of one shape and type.
  package static func special(_ function: SpecialFunction, _ operands: Node...) -> Node {
    Node(.special(function), operands)
  }
}

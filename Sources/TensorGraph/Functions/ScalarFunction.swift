import Foundation

/// Every differentiable function of one or two scalars, applied element by element.
///
/// A function is declared here (its meaning), in `row` (its value, its derivatives and whatever else is known
/// of it) and in the engine (its kernel).
package enum ScalarFunction: String, CaseIterable, Hashable, Sendable {
  // Arithmetic
  /// -x
  case negate
  /// 1 / x
  case reciprocal
  /// x²
  case square
  /// x + y
  case add
  /// x - y
  case subtract
  /// x y
  case multiply
  /// x y, but exactly 0 where x is exactly 0, whatever y is: for an x whose zeros are structural (`ChainRule`)
  case scale
  /// x / y
  case divide
  /// x - y ⌊x / y⌋, which has the sign of y
  case modulo

  // Powers, exponentials, logarithms
  /// √x
  case sqrt
  /// √x for an x that is a sum of squares: as sqrt, but with slope 0 at 0 by convention
  case magnitude
  /// 1 / √x
  case rsqrt
  /// ∛x
  case cbrt
  /// xʸ
  case pow
  /// eˣ
  case exp
  /// 2ˣ
  case exp2
  /// eˣ - 1, accurate near 0
  case expMinusOne
  /// ln x
  case log
  /// log₂ x
  case log2
  /// log₁₀ x
  case log10
  /// ln(1 + x), accurate near 0
  case logOnePlus

  // Trigonometric and hyperbolic
  case sin
  case cos
  case tan
  case asin
  case acos
  case atan
  /// The angle of the point (y, x): operands in the order y, x
  case atan2
  case sinh
  case cosh
  case tanh
  /// 1 / cosh x; its square is the derivative of tanh, accurate where 1 - tanh² x has cancelled
  case sech
  case asinh
  case acosh
  case atanh
  /// √(x² + y²) without overflow
  case hypot

  // Activations and error functions
  /// 1 / (1 + e⁻ˣ)
  case sigmoid
  /// ln(1 + eˣ)
  case softplus
  /// max(x, 0), with derivative 0 at 0
  case relu
  case erf
  case erfc

  // Piecewise linear and piecewise constant
  /// |x|, with derivative 0 at 0
  case abs
  /// -1, 0 or 1
  case sign
  case floor
  case ceil
  /// The nearest whole number, ties to even
  case round
  /// The whole number next to x toward 0
  case trunc
  /// The larger of x and y; ties split the derivative equally
  case max
  /// The smaller of x and y; ties split the derivative equally
  case min
}

/// Constants of the derivative rules, rounded once.
private let ln2 = 0.693147180559945309417232121458176568
private let ln10 = 2.302585092994045684017991454684364208
private let twoOverRootPi = 1.128379167095512573896158903121545172

private func f(_ function: ScalarFunction, _ operand: Node) -> Node { .elementwise(function, operand) }

extension ScalarFunction {
  /// THE ROWS: what is known of each function.
  ///
  /// Every derivative is written so that it stays accurate to every order: no cancellation that the function itself does
  /// not have.
  var row: ScalarFacts {
    switch self {
    // MARK: Arithmetic
    case .negate:
      .unary({ -$0 }, whole: { 0 &- $0 }, zero: .first, cost: .arithmetic, series: { -$0 }) { x, _ in
        x.filled(with: -1)
      }
    case .reciprocal:
      .unary(
        { 1 / $0 }, sign: .likeAll, cost: .division, domain: 0.25...4, hasPoles: true, singularAt: [0],
        series: \.reciprocal
      ) { _, y in -f(.square, y) }
    case .square:
      .unary(
        { $0 * $0 }, whole: { $0 &* $0 }, zero: .first, sign: .neverNegative, cost: .arithmetic, series: { $0 * $0 }
      ) { x, _ in 2 * x }
    case .add:
      .binary(
        { $0 + $1 }, whole: { $0 &+ $1 }, zero: .both, sign: .likeAll, cost: .arithmetic, domain: (-3...3, -3...3),
        series: { $0 + $1 }
      ) { _, x, _, _ in x.filled(with: 1) }
    case .subtract:
      .binary(
        { $0 - $1 }, whole: { $0 &- $1 }, zero: .both, cost: .arithmetic, domain: (-3...3, -3...3),
        series: { $0 - $1 }
      ) { i, x, _, _ in x.filled(with: i == 0 ? 1 : -1) }
    case .multiply:
      .binary(
        { $0 * $1 }, whole: { $0 &* $1 }, zero: .either, sign: .likeAll, cost: .arithmetic, domain: (-3...3, -3...3),
        series: { $0 * $1 }
      ) { i, x, y, _ in i == 0 ? y : x }
    case .scale:
      .binary(
        { $0 == 0 ? 0 : $0 * $1 }, whole: { $0 &* $1 }, zero: .either, sign: .likeAll, cost: .arithmetic,
        domain: (-3...3, -3...3), series: { $0.isZero ? $0 : $0 * $1 }
      ) { i, x, y, _ in i == 0 ? y : x }
    case .divide:
      .binary(
        { $0 / $1 }, whole: floorQuotient, zero: .first, sign: .likeAll, cost: .division, domain: (-3...3, 0.5...3),
        hasPoles: true, singular: { $1 == 0 }, series: { $0.isZero && !$1.isZero ? $0 : $0 * $1.reciprocal }
      ) { i, _, y, result in i == 0 ? f(.reciprocal, y) : -(result * f(.reciprocal, y)) }
    case .modulo:
      .binary(
        floorModulo, whole: { $0 &- $1 &* floorQuotient($0, $1) }, zero: .first, cost: .library,
        domain: (-3...3, 0.3...2), hasPoles: true,
        series: { x, y in x - y * (x * y.reciprocal).step { $0.rounded(.down) } }
      ) { i, x, y, _ in i == 0 ? x.filled(with: 1) : -f(.floor, x / y) }

    // MARK: Powers, exponentials, logarithms
    case .sqrt:
      .unary(
        { $0.squareRoot() }, zero: .first, sign: .neverNegative, cost: .division, domain: 0.25...4, hasPoles: true,
        singularAt: [0], series: \.squareRoot
      ) { _, y in 0.5 * f(.reciprocal, y) }
    case .magnitude:
      // 0 at 0 by convention, which has no derivative there: that of √x is infinite. Unknown where squares are beyond all
      // numbers, whose roots are not.
      .unary(
        { $0.squareRoot() }, zero: .first, sign: .neverNegative, cost: .division, domain: 0.25...4, hasPoles: true,
        singularAt: [0], series: \.squareRoot
      ) { x, y in
        let isTooLarge = Node.compare(.equal, x, x.filled(with: .infinity))
        let slope = Node.select(isTooLarge, x.filled(with: .nan), 0.5 * f(.reciprocal, y))
        return .select(.compare(.equal, x, x.filled(with: 0)), f(.sqrt, x), slope)
      }
    case .rsqrt:
      .unary(
        { 1 / $0.squareRoot() }, sign: .neverNegative, cost: .division, domain: 0.25...4, hasPoles: true,
        singularAt: [0], series: { $0.power(-0.5) }
      ) { _, y in -0.5 * (y * f(.square, y)) }
    case .cbrt:
      .unary(
        Foundation.cbrt, zero: .first, cost: .library, domain: 0.25...4, hasPoles: true, singularAt: [0],
        series: \.cubeRoot
      ) { _, y in f(.reciprocal, 3 * f(.square, y)) }
    case .pow:
      .binary(
        Foundation.pow, cost: .library, domain: (0.25...3, -3...3), hasPoles: true,
        singular: { $0 == 0 && ($1.rounded() != $1 || $1 < 0) }, series: { $0.power($1) }
      ) { i, x, y, result in
        // Where the exponent is 0 the power is constant, whatever 0^(y-1) is; a base of 0 makes it so if it stays 0.
        i == 0 ? y ⊗ .elementwise(.pow, x, y - y.filled(with: 1)) : result ⊗ f(.log, x)
      }
    case .exp:
      .unary(Foundation.exp, sign: .neverNegative, cost: .polynomial, series: \.exponential) { _, y in y }
    case .exp2:
      .unary(
        Foundation.exp2, sign: .neverNegative, cost: .polynomial, series: { $0.scaled(by: ln2).exponential }
      ) { _, y in ln2 * y }
    case .expMinusOne:
      .unary(expm1, zero: .first, cost: .polynomial, series: { $0.exponential - Series(1) }) { x, _ in f(.exp, x)
      }
    case .log:
      .unary(
        Foundation.log, cost: .polynomial, domain: 0.25...4, hasPoles: true, singularAt: [0], series: \.logarithm
      ) { x, _ in f(.reciprocal, x) }
    case .log2:
      .unary(
        Foundation.log2, cost: .polynomial, domain: 0.25...4, hasPoles: true, singularAt: [0],
        series: { $0.logarithm.scaled(by: 1 / ln2) }
      ) { x, _ in f(.reciprocal, ln2 * x) }
    case .log10:
      .unary(
        Foundation.log10, cost: .library, domain: 0.25...4, hasPoles: true, singularAt: [0],
        series: { $0.logarithm.scaled(by: 1 / ln10) }
      ) { x, _ in f(.reciprocal, ln10 * x) }
    case .logOnePlus:
      .unary(
        log1p, zero: .first, cost: .polynomial, domain: -0.75...3, hasPoles: true, singularAt: [-1],
        series: { ($0 + Series(1)).logarithm }
      ) { x, _ in f(.reciprocal, 1 + x) }

    // MARK: Trigonometric and hyperbolic
    case .sin:
      .unary(Foundation.sin, zero: .first, cost: .polynomial, partner: .cos, series: \.sine) { x, _ in
        f(.cos, x)
      }
    case .cos:
      .unary(Foundation.cos, cost: .polynomial, partner: .sin, series: \.cosine) { x, _ in -f(.sin, x) }
    case .tan:
      .unary(
        Foundation.tan, zero: .first, cost: .polynomial, domain: -1.4...1.4, hasPoles: true, series: \.tangent
      ) { _, y in 1 + f(.square, y) }
    case .asin:
      .unary(
        Foundation.asin, zero: .first, cost: .library, domain: -0.9...0.9, hasPoles: true, singularAt: [-1, 1],
        series: \.arcSine
      ) { x, _ in f(.rsqrt, oneMinusSquare(x)) }
    case .acos:
      .unary(
        Foundation.acos, sign: .neverNegative, cost: .library, domain: -0.9...0.9, hasPoles: true,
        singularAt: [-1, 1], series: \.arcCosine
      ) { x, _ in -f(.rsqrt, oneMinusSquare(x)) }
    case .atan:
      .unary(Foundation.atan, zero: .first, cost: .library, series: \.arcTangent) { x, _ in
        f(.reciprocal, 1 + f(.square, x))
      }
    case .atan2:
      .binary(
        Foundation.atan2, cost: .library, domain: (0.25...3, -3...3), hasPoles: true,
        singular: { $0 == 0 && $1 == 0 }, series: { Series.angle($0, $1) }
      ) { i, x, y, _ in
        let scale = Node.elementwise(.max, f(.abs, x), f(.abs, y)).squareScale
        let (x, y) = (scale * x, scale * y)
        let squaredRadius = f(.square, x) + f(.square, y)
        return scale * (i == 0 ? y / squaredRadius : -(x / squaredRadius))
      }
    case .sinh:
      .unary(Foundation.sinh, zero: .first, cost: .longPolynomial, series: \.hyperbolicSine) { x, _ in
        f(.cosh, x)
      }
    case .cosh:
      .unary(Foundation.cosh, sign: .neverNegative, cost: .polynomial, series: \.hyperbolicCosine) { x, _ in
        f(.sinh, x)
      }
    case .tanh:
      .unary(
        Foundation.tanh, zero: .first, cost: .polynomial, partner: .sech, series: \.hyperbolicTangent
      ) { x, _ in f(.square, f(.sech, x)) }
    case .sech:
      .unary(
        { 2 * Foundation.exp(-Swift.abs($0)) / (1 + Foundation.exp(-2 * Swift.abs($0))) }, sign: .neverNegative,
        cost: .polynomial, partner: .tanh, series: \.hyperbolicSecant
      ) { x, y in -(y * f(.tanh, x)) }
    case .asinh:
      .unary(Foundation.asinh, zero: .first, cost: .library, series: \.areaSine) { x, _ in
        // 1 + x² may be beyond all numbers. Few nodes: a long chain has them for each step.
        f(.reciprocal, .elementwise(.hypot, x.filled(with: 1), x))
      }
    case .acosh:
      // Two roots, since that of the product would be real below -1 and its third derivative undefined at 1.
      .unary(
        Foundation.acosh, sign: .neverNegative, cost: .library, domain: 1.25...4, hasPoles: true, singularAt: [1],
        series: \.areaCosine
      ) { x, _ in f(.rsqrt, x - x.filled(with: 1)) * f(.rsqrt, 1 + x) }
    case .atanh:
      .unary(
        Foundation.atanh, zero: .first, cost: .library, domain: -0.9...0.9, hasPoles: true, singularAt: [-1, 1],
        series: \.areaTangent
      ) { x, _ in f(.reciprocal, oneMinusSquare(x)) }
    case .hypot:
      // 0 at the origin by convention, which has no derivative there: that of √y is infinite.
      .binary(
        Foundation.hypot, zero: .both, sign: .neverNegative, cost: .library, domain: (0.25...3, -3...3), hasPoles: true,
        singular: { $0 == 0 && $1 == 0 }, series: { ($0 * $0 + $1 * $1).squareRoot }
      ) { i, x, y, result in
        .select(.compare(.equal, result, result.filled(with: 0)), f(.sqrt, result), (i == 0 ? x : y) / result)
      }

    // MARK: Activations and error functions
    case .sigmoid:
      .unary(
        { $0 >= 0 ? 1 / (1 + Foundation.exp(-$0)) : Foundation.exp($0) / (1 + Foundation.exp($0)) },
        sign: .neverNegative, cost: .polynomial, series: \.logistic
      ) { x, y in y * f(.sigmoid, -x) }
    case .softplus:
      .unary(
        { $0.isNaN ? $0 : Swift.max($0, 0) + log1p(Foundation.exp(-Swift.abs($0))) }, sign: .neverNegative,
        cost: .longPolynomial, series: \.softplus
      ) { x, _ in f(.sigmoid, x) }
    case .relu:
      .unary(
        { $0 <= 0 ? 0 : $0 }, whole: { $0 > 0 ? $0 : 0 }, zero: .first, sign: .neverNegative, cost: .arithmetic,
        series: { $0.fault != nil || ($0.sign ?? 1) > 0 ? $0 : Series(0) }
      ) { x, _ in Node.compare(.greater, x, x.filled(with: 0)).cast(to: x.scalarType) }
    case .erf:
      .unary(
        Foundation.erf, zero: .first, cost: .longPolynomial, series: { $0.errorFunction(complement: false) }
      ) { x, _ in twoOverRootPi * f(.exp, -f(.square, x)) }
    case .erfc:
      .unary(
        Foundation.erfc, sign: .neverNegative, cost: .longPolynomial, series: { $0.errorFunction(complement: true) }
      ) { x, _ in -twoOverRootPi * f(.exp, -f(.square, x)) }

    // MARK: Piecewise linear and piecewise constant
    case .abs:
      .unary(
        Swift.abs, whole: { $0 < 0 ? 0 &- $0 : $0 }, zero: .first, sign: .neverNegative, cost: .arithmetic,
        singularAt: [0], series: \.magnitude
      ) { x, _ in f(.sign, x) }
    case .sign:
      .unary(
        { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }, whole: { $0.signum() }, zero: .first, cost: .arithmetic, series: \.signum
      ) { _, _ in nil }
    case .floor: .steps(.down)
    case .ceil: .steps(.up)
    case .round: .steps(.toNearestOrEven)
    case .trunc: .steps(.towardZero)
    case .max: .extremum(.greater, sign: .likeAny, whole: { Swift.max($0, $1) }) { $0 > $1 }
    case .min: .extremum(.less, sign: .likeAll, whole: { Swift.min($0, $1) }) { $0 < $1 }
    }
  }
}

extension ScalarFacts {
  /// A row for a function of steps.
  fileprivate static func steps(_ rule: FloatingPointRoundingRule) -> ScalarFacts {
    .unary(
      { $0.rounded(rule) }, zero: .first, cost: .arithmetic, series: { $0.step { $0.rounded(rule) } }
    ) { _, _ in nil }
  }

  /// A row for the larger or the smaller of two; ties share the derivative.
  fileprivate static func extremum(
    _ comparison: Comparison, sign: Sign, whole: @escaping @Sendable (Int64, Int64) -> Int64,
    wins: @escaping @Sendable (Double, Double) -> Bool
  ) -> ScalarFacts {
    .binary(
      { $0.isNaN || $1.isNaN ? .nan : wins($0, $1) ? $0 : $1 }, whole: whole, zero: .both, sign: sign,
      cost: .arithmetic,
      domain: (-3...3, -3...3), singular: { $0 == $1 }, series: { $0.extremum($1, isLargest: comparison == .greater) }
    ) { i, x, y, _ in
      let (mine, other) = i == 0 ? (x, y) : (y, x)
      let half = Node.select(.compare(.equal, mine, other), x.filled(with: 0.5), x.filled(with: 0))
      return .select(.compare(comparison, mine, other), x.filled(with: 1), half)
    }
  }
}

/// ⌊x / y⌋, and 0 where y is 0.
@Sendable private func floorQuotient(_ x: Int64, _ y: Int64) -> Int64 {
  guard y != 0 else { return 0 }
  let (quotient, overflow) = x.dividedReportingOverflow(by: y)
  if overflow { return .min }
  return quotient &* y != x && (x < 0) != (y < 0) ? quotient - 1 : quotient
}

/// x - y ⌊x / y⌋ by way of the exact remainder, since the quotient may be too large for its whole part to be exact.
@Sendable private func floorModulo(_ x: Double, _ y: Double) -> Double {
  let remainder = fmod(x, y)
  if remainder == 0 { return y < 0 ? -0.0 : 0 }
  return (remainder < 0) == (y < 0) ? remainder : remainder + y
}

/// 1 - a²: by factors where the difference would cancel, and directly where the derivatives of the factors would.
private func oneMinusSquare(_ a: Node) -> Node {
  // Near ±1 a product is accurate, whose rule would meet 0 times infinity; what it differs by has no derivative.
  let plain = 1 - Node.elementwise(.square, a)
  return plain + ((1 - a) * (1 + a) - plain).detached()
}

import Foundation

extension ScalarFunction {
  /// The value at a point with one coordinate per operand, by the obvious formula.
  ///
  /// Accurate to a few units in the last place of a double. `scale` is 0 where its first operand is 0; `max` and `min`
  /// give NaN if an operand is NaN, and so does `relu`; `round` takes ties to the even number; `modulo` has the
  /// sign of its second operand.
  package func value(_ point: [Double]) -> Double {
    arity == 1 ? unaryValue(self, point[0]) : binaryValue(self, point[0], point[1])
  }

  /// The value for whole numbers, for the functions that allow them.
  ///
  /// Overflow wraps. `divide` rounds toward minus infinity and gives 0 for a divisor of 0; `modulo` is
  /// x - y ⌊x / y⌋ with that quotient.
  package func value(_ point: [Int64]) -> Int64 {
    let x = point[0]
    let y = arity == 2 ? point[1] : 0
    switch self {
    case .negate: return 0 &- x
    case .square: return x &* x
    case .add: return x &+ y
    case .subtract: return x &- y
    case .multiply, .scale: return x &* y
    case .divide: return floorQuotient(x, y)
    case .modulo: return x &- y &* floorQuotient(x, y)
    case .abs: return x < 0 ? 0 &- x : x
    case .sign: return x.signum()
    case .max: return x > y ? x : y
    case .min: return x < y ? x : y
    case .relu: return x > 0 ? x : 0
    case .reciprocal, .sqrt, .magnitude, .rsqrt, .cbrt, .pow, .exp, .exp2, .expMinusOne, .log, .log2, .log10,
      .logOnePlus, .sin,
      .cos, .tan, .asin, .acos, .atan, .atan2, .sinh, .cosh, .tanh, .sech, .asinh, .acosh, .atanh, .hypot, .sigmoid,
      .softplus, .erf, .erfc, .floor, .ceil, .round, .trunc:
      fatalError("\(self) is not defined for whole numbers; cast the operands to a floating-point type")
    }
  }
}

/// ⌊x / y⌋, and 0 where y is 0.
private func floorQuotient(_ x: Int64, _ y: Int64) -> Int64 {
  guard y != 0 else { return 0 }
  let (quotient, overflow) = x.dividedReportingOverflow(by: y)
  if overflow { return .min }
  return quotient &* y != x && (x < 0) != (y < 0) ? quotient - 1 : quotient
}

// Free functions: inside `ScalarFunction` the names of its cases hide those of the C library.

private func unaryValue(_ function: ScalarFunction, _ x: Double) -> Double {
  switch function {
  case .negate: -x
  case .reciprocal: 1 / x
  case .square: x * x
  case .sqrt, .magnitude: x.squareRoot()
  case .rsqrt: 1 / x.squareRoot()
  case .cbrt: cbrt(x)
  case .exp: exp(x)
  case .exp2: exp2(x)
  case .expMinusOne: expm1(x)
  case .log: log(x)
  case .log2: log2(x)
  case .log10: log10(x)
  case .logOnePlus: log1p(x)
  case .sin: sin(x)
  case .cos: cos(x)
  case .tan: tan(x)
  case .asin: asin(x)
  case .acos: acos(x)
  case .atan: atan(x)
  case .sinh: sinh(x)
  case .cosh: cosh(x)
  case .tanh: tanh(x)
  case .sech: 2 * exp(-abs(x)) / (1 + exp(-2 * abs(x)))
  case .asinh: asinh(x)
  case .acosh: acosh(x)
  case .atanh: atanh(x)
  case .sigmoid: x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
  case .softplus: x.isNaN ? x : max(x, 0) + log1p(exp(-abs(x)))
  case .relu: x <= 0 ? 0 : x
  case .erf: erf(x)
  case .erfc: erfc(x)
  case .abs: abs(x)
  case .sign: x > 0 ? 1 : x < 0 ? -1 : x
  case .floor: x.rounded(.down)
  case .ceil: x.rounded(.up)
  case .round: x.rounded(.toNearestOrEven)
  case .trunc: x.rounded(.towardZero)
  case .add, .subtract, .multiply, .scale, .divide, .modulo, .pow, .atan2, .hypot, .max, .min:
    fatalError("\(function) takes two operands")
  }
}

private func binaryValue(_ function: ScalarFunction, _ x: Double, _ y: Double) -> Double {
  switch function {
  case .add: x + y
  case .subtract: x - y
  case .multiply: x * y
  case .scale: x == 0 ? 0 : x * y
  case .divide: x / y
  case .modulo: modulo(x, y)
  case .pow: pow(x, y)
  case .atan2: atan2(x, y)
  case .hypot: hypot(x, y)
  case .max: x.isNaN || y.isNaN ? .nan : x > y ? x : y
  case .min: x.isNaN || y.isNaN ? .nan : x < y ? x : y
  case .negate, .reciprocal, .square, .sqrt, .magnitude, .rsqrt, .cbrt, .exp, .exp2, .expMinusOne, .log, .log2, .log10,
    .logOnePlus, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .sech, .asinh, .acosh, .atanh,
    .sigmoid, .softplus, .relu, .erf, .erfc, .abs, .sign, .floor, .ceil, .round, .trunc:
    fatalError("\(function) takes one operand")
  }
}

/// x - y ⌊x / y⌋ by way of the exact remainder, since the quotient may be too large for its whole part to be exact.
private func modulo(_ x: Double, _ y: Double) -> Double {
  let remainder = fmod(x, y)
  if remainder == 0 { return y < 0 ? -0.0 : 0 }
  return (remainder < 0) == (y < 0) ? remainder : remainder + y
}

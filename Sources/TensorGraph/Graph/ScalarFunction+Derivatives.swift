/// Constants of the derivative rules, rounded once.
private let ln2 = 0.693147180559945309417232121458176568
private let ln10 = 2.302585092994045684017991454684364208
private let twoOverRootPi = 1.128379167095512573896158903121545172

extension ScalarFunction {
  /// The partial derivative in operand `i`, as an expression in the operands `x` and the result `y`, or nil where it
  /// is zero everywhere (so that dependency analysis prunes it).
  ///
  /// Every rule is written so that it stays accurate to every order: no cancellation that the function itself does
  /// not have. Products with tangents are `ChainRule`'s.
  func partial(_ i: Int, _ x: [Node], _ y: Node) -> Node? {
    let a = x[0]
    func f(_ function: ScalarFunction, _ operand: Node) -> Node { .elementwise(function, operand) }
    switch self {
    case .negate: return a.filled(with: -1)
    case .reciprocal: return -f(.square, y)
    case .square: return 2 * a
    case .add: return a.filled(with: 1)
    case .subtract: return a.filled(with: i == 0 ? 1 : -1)
    case .multiply, .scale: return x[1 - i]
    case .divide: return i == 0 ? f(.reciprocal, x[1]) : -(y * f(.reciprocal, x[1]))
    case .modulo: return i == 0 ? a.filled(with: 1) : -f(.floor, a / x[1])

    case .sqrt: return 0.5 * f(.reciprocal, y)
    case .magnitude:
      // 0 at 0 by convention, which has no derivative there: that of √x is infinite.
      return .select(.compare(.equal, a, a.filled(with: 0)), f(.sqrt, a), 0.5 * f(.reciprocal, y))
    case .rsqrt: return -0.5 * (y * f(.square, y))
    case .cbrt: return f(.reciprocal, 3 * f(.square, y))
    case .pow:
      // Where the exponent is 0 the power is constant, whatever 0^(y-1) is; a base of 0 makes it so if it stays 0.
      if i == 0 { return x[1] ⊗ .elementwise(.pow, a, x[1] - x[1].filled(with: 1)) }
      return y ⊗ f(.log, a)
    case .exp: return y
    case .exp2: return ln2 * y
    case .expMinusOne: return f(.exp, a)
    case .log: return f(.reciprocal, a)
    case .log2: return f(.reciprocal, ln2 * a)
    case .log10: return f(.reciprocal, ln10 * a)
    case .logOnePlus: return f(.reciprocal, 1 + a)

    case .sin: return f(.cos, a)
    case .cos: return -f(.sin, a)
    case .tan: return 1 + f(.square, y)
    case .asin: return f(.rsqrt, oneMinusSquare(a))
    case .acos: return -f(.rsqrt, oneMinusSquare(a))
    case .atan: return f(.reciprocal, 1 + f(.square, a))
    case .atan2:
      let squaredRadius = f(.square, a) + f(.square, x[1])
      return i == 0 ? x[1] / squaredRadius : -(a / squaredRadius)
    case .sinh: return f(.cosh, a)
    case .cosh: return f(.sinh, a)
    case .tanh: return f(.square, f(.sech, a))
    case .sech: return -(y * f(.tanh, a))
    case .asinh: return f(.rsqrt, 1 + f(.square, a))
    case .acosh:
      // Two roots, since that of the product would be real below -1 and its third derivative undefined at 1.
      return f(.rsqrt, a - a.filled(with: 1)) * f(.rsqrt, 1 + a)
    case .atanh: return f(.reciprocal, oneMinusSquare(a))
    case .hypot:
      // 0 at the origin by convention, which has no derivative there: that of √y is infinite.
      return .select(.compare(.equal, y, y.filled(with: 0)), f(.sqrt, y), x[i] / y)

    case .sigmoid: return y * f(.sigmoid, -a)
    case .softplus: return f(.sigmoid, a)
    case .relu: return Node.compare(.greater, a, a.filled(with: 0)).cast(to: a.scalarType)
    case .erf: return twoOverRootPi * f(.exp, -f(.square, a))
    case .erfc: return -twoOverRootPi * f(.exp, -f(.square, a))

    case .abs: return f(.sign, a)
    case .max, .min:
      let (mine, other) = (x[i], x[1 - i])
      let wins = Node.compare(self == .max ? .greater : .less, mine, other)
      let half = Node.select(.compare(.equal, mine, other), a.filled(with: 0.5), a.filled(with: 0))
      return .select(wins, a.filled(with: 1), half)
    case .sign, .floor, .ceil, .round, .trunc: return nil
    }
  }
}

/// 1 - a²: by factors where the difference would cancel, and directly where the derivatives of the factors would.
private func oneMinusSquare(_ a: Node) -> Node {
  // Near ±1 a product is accurate, whose rule would meet 0 times infinity; what it differs by has no derivative.
  let plain = 1 - Node.elementwise(.square, a)
  return plain + ((1 - a) * (1 + a) - plain).detached()
}

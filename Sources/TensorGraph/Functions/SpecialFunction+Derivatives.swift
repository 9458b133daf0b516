private let twoOverRootPi = 1.128379167095512573896158903121545172
private let halfRootPi = 0.886226925452758013649083741670572591
private let rootTwoPi = 2.506628274631000502415765284811045253

extension SpecialFunction {
  /// The partial derivative in operand `i`, as an expression in the operands `x` and the result `y`.
  func partial(_ i: Int, _ x: [Node], _ y: Node) -> Node {
    let a = x[0]
    func f(_ function: ScalarFunction, _ operand: Node) -> Node { .elementwise(function, operand) }
    switch self {
    case .gamma: return y * .special(.polygamma(0), a)
    case .logGamma: return .special(.polygamma(0), a)
    case .polygamma(let n): return .special(.polygamma(n + 1), a)
    case .polygammaChange(let n):
      return i == 0 ? Node(.special(.polygammaChange(n + 1)), x) : .special(.polygamma(n + 1), a + x[1])
    case .logBeta: return -.special(.polygammaChange(0), x[i], x[1 - i])
    case .gammaLower(let k):
      return i == 0 ? Node(.special(.gammaLower(k + 1)), x) : Node(.special(.gammaDensity(k)), x)
    case .gammaUpper(let k):
      return i == 0 ? Node(.special(.gammaUpper(k + 1)), x) : -Node(.special(.gammaDensity(k)), x)
    case .gammaDensity(let k):
      if i == 0 { return Node(.special(.gammaDensity(k + 1)), x) }
      let inner = ((a - a.filled(with: 1)) / x[1] - a.filled(with: 1)) * y
      return k == 0 ? inner : inner + Double(k) * (Node(.special(.gammaDensity(k - 1)), x) / x[1])
    case .betaLower(let m, let n):
      return Node(
        .special(i == 0 ? .betaLower(m + 1, n) : i == 1 ? .betaLower(m, n + 1) : .betaDensity(m, n)), x)
    case .betaDensity(let m, let n):
      if i < 2 { return Node(.special(i == 0 ? .betaDensity(m + 1, n) : .betaDensity(m, n + 1)), x) }
      let rest = 1 - x[2]
      var sum = ((a - a.filled(with: 1)) / x[2] - (x[1] - a.filled(with: 1)) / rest) * y
      if m > 0 { sum = sum + Double(m) * (Node(.special(.betaDensity(m - 1, n)), x) / x[2]) }
      if n > 0 { sum = sum - Double(n) * (Node(.special(.betaDensity(m, n - 1)), x) / rest) }
      return sum
    case .zeta(let k):
      if i == 0 { return Node(.special(.zeta(k + 1)), x) }
      let next = [1 + a, x[1]]
      let main = -(a * Node(.special(.zeta(k)), next))
      return k == 0 ? main : main - Double(k) * Node(.special(.zeta(k - 1)), next)

    case .erfInverse: return halfRootPi * f(.exp, f(.square, y))
    case .normalQuantile: return rootTwoPi * f(.exp, 0.5 * f(.square, y))
    case .scaledErfc(let n): return -2 * .special(.scaledErfc(n + 1), a)

    case .besselJ(let n):
      if n == 0 { return -.special(.besselJ(1), a) }
      return 0.5 * (.special(.besselJ(n - 1), a) - .special(.besselJ(n + 1), a))
    case .besselY(let n):
      if n == 0 { return -.special(.besselY(1), a) }
      return 0.5 * (.special(.besselY(n - 1), a) - .special(.besselY(n + 1), a))
    case .besselI(let n):
      if n == 0 { return .special(.besselI(1), a) }
      return 0.5 * (.special(.besselI(n - 1), a) + .special(.besselI(n + 1), a))
    case .besselK(let n):
      if n == 0 { return -.special(.besselK(1), a) }
      return -0.5 * (.special(.besselK(n - 1), a) + .special(.besselK(n + 1), a))
    case .besselIScaled(let n, let k): return .special(.besselIScaled(n, derivative: k + 1), a)
    case .besselKScaled(let n, let k): return .special(.besselKScaled(n, derivative: k + 1), a)

    case .exponentialIntegral:
      // Where eˣ is no number yet eˣ/x is: by halves. What it is multiplied by along the exponent is 1 and has the slope
      // 1 - 1/x, so that derivatives are multiples of it and no differences of infinities.
      let isLarge = Node.compare(.greater, a, a.filled(with: a.scalarType == .float32 ? 80 : 700))
      let half = f(.exp, 0.5 * a)
      let exponent = a - f(.log, a)
      let change = f(.exp, exponent - exponent.detached())
      return .select(isLarge, (half / a * half).detached() * change, f(.exp, a) / a)
    case .exponentialIntegral1: return -(f(.exp, -a) / a)
    case .spence: return -.special(.logQuotient(0), a)
    case .logQuotient(let n): return (-Double(n + 1)) * .special(.logQuotient(n + 1), a)
    case .lambertW: return f(.reciprocal, f(.exp, y) * .special(.lambertGap, a))
    case .lambertGap: return f(.reciprocal, f(.exp, .special(.lambertW, a)) * y)
    case .elliptic(let p, let q): return (Double(q) + 0.5) * .special(.elliptic(p + 1, q + 1), a)
    }
  }
}

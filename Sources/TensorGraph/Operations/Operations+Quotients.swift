/// Whole quotients and whole powers.
extension Operations {
  /// ⌊a / b⌋ as Python defines it: what is left after the remainder `modulo` has been taken away, so that
  /// a = b · (a // b) + a % b. Its derivative is 0.
  package static func floorDivide(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    // The quotient of whole numbers is rounded down already.
    guard a.scalarType.isDifferentiable else { return try divide(a, b) }
    let rest = try subtract(a, apply(.modulo, a, b))
    // Not the floor of a rounded quotient: 1 // 0.1 is 9, and 1 / 0.1 rounds to 10.
    let quotient = try divide(rest, b)
    // Beyond all numbers at a divisor of 0, where there is no remainder.
    let zero = b.filled(with: 0)
    let finite = try select(compare(.equal, b, zero), divide(a, b), apply(.round, quotient))
    // An infinite divisor is further away than every number, and as far as what is infinite itself.
    let isBelow = try compare(.less, multiply(apply(.sign, a), apply(.sign, b)), zero)
    let atInfinity = try add(select(isBelow, b.filled(with: -1), zero), subtract(a, a))
    return try select(compare(.equal, apply(.abs, b), b.filled(with: .infinity)), atInfinity, finite).detached()
  }

  /// x to a whole power of 0 or more, by repeated squaring: for whole numbers, which have no `pow`.
  package static func wholePower(_ x: Node, _ exponent: Int) throws(TensorError) -> Node {
    guard exponent >= 0 else { throw TensorError("pow: the exponent \(exponent) is negative; use real numbers") }
    var result: Node?
    var square = x
    var rest = exponent
    while rest > 0 {
      if rest % 2 == 1 {
        result = try result.map { (known) throws(TensorError) in try multiply(known, square) } ?? square
      }
      rest /= 2
      if rest > 0 { square = try apply(.square, square) }
    }
    return result ?? x.filled(with: 1)
  }
}

/// Every differentiable function of one or two scalars, applied element by element.
///
/// A function is declared here (its meaning), in `ScalarFunction.row` (its value, its derivatives and whatever else is known
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

/// Comparisons of two elements; the result is a mask.
package enum Comparison: String, CaseIterable, Hashable, Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}

/// Operations on masks.
package enum LogicalFunction: String, CaseIterable, Hashable, Sendable {
  case and, or, not

  package var arity: Int { self == .not ? 1 : 2 }
}

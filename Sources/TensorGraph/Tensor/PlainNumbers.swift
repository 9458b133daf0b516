import Foundation

// The elementary functions of plain numbers, for files that import this library and not Foundation: beside `exp` of tensors
// Swift would look no further, and `n * log(2 * Double.pi)` would not compile. Where Foundation is imported its own are taken.

/// eˣ, of a plain number.
@_disfavoredOverload public func exp(_ x: Double) -> Double { Foundation.exp(x) }
/// 2ˣ, of a plain number.
@_disfavoredOverload public func exp2(_ x: Double) -> Double { Foundation.exp2(x) }
/// eˣ - 1, of a plain number.
@_disfavoredOverload public func expm1(_ x: Double) -> Double { Foundation.expm1(x) }
/// ln x, of a plain number.
@_disfavoredOverload public func log(_ x: Double) -> Double { Foundation.log(x) }
/// The logarithm of x to base 2, of a plain number.
@_disfavoredOverload public func log2(_ x: Double) -> Double { Foundation.log2(x) }
/// The logarithm of x to base 10, of a plain number.
@_disfavoredOverload public func log10(_ x: Double) -> Double { Foundation.log10(x) }
/// ln (1 + x), of a plain number.
@_disfavoredOverload public func log1p(_ x: Double) -> Double { Foundation.log1p(x) }
/// √x, of a plain number.
@_disfavoredOverload public func sqrt(_ x: Double) -> Double { Foundation.sqrt(x) }
/// ∛x, of a plain number.
@_disfavoredOverload public func cbrt(_ x: Double) -> Double { Foundation.cbrt(x) }
/// The sine, of a plain number.
@_disfavoredOverload public func sin(_ x: Double) -> Double { Foundation.sin(x) }
/// The cosine, of a plain number.
@_disfavoredOverload public func cos(_ x: Double) -> Double { Foundation.cos(x) }
/// The tangent, of a plain number.
@_disfavoredOverload public func tan(_ x: Double) -> Double { Foundation.tan(x) }
/// The inverse sine, of a plain number.
@_disfavoredOverload public func asin(_ x: Double) -> Double { Foundation.asin(x) }
/// The inverse cosine, of a plain number.
@_disfavoredOverload public func acos(_ x: Double) -> Double { Foundation.acos(x) }
/// The inverse tangent, of a plain number.
@_disfavoredOverload public func atan(_ x: Double) -> Double { Foundation.atan(x) }
/// The hyperbolic sine, of a plain number.
@_disfavoredOverload public func sinh(_ x: Double) -> Double { Foundation.sinh(x) }
/// The hyperbolic cosine, of a plain number.
@_disfavoredOverload public func cosh(_ x: Double) -> Double { Foundation.cosh(x) }
/// The hyperbolic tangent, of a plain number.
@_disfavoredOverload public func tanh(_ x: Double) -> Double { Foundation.tanh(x) }
/// The inverse hyperbolic sine, of a plain number.
@_disfavoredOverload public func asinh(_ x: Double) -> Double { Foundation.asinh(x) }
/// The inverse hyperbolic cosine, of a plain number.
@_disfavoredOverload public func acosh(_ x: Double) -> Double { Foundation.acosh(x) }
/// The inverse hyperbolic tangent, of a plain number.
@_disfavoredOverload public func atanh(_ x: Double) -> Double { Foundation.atanh(x) }
/// The error function, of a plain number.
@_disfavoredOverload public func erf(_ x: Double) -> Double { Foundation.erf(x) }
/// 1 - erf x, of a plain number.
@_disfavoredOverload public func erfc(_ x: Double) -> Double { Foundation.erfc(x) }
/// The greatest whole number up to x, of a plain number.
@_disfavoredOverload public func floor(_ x: Double) -> Double { Foundation.floor(x) }
/// The least whole number from x, of a plain number.
@_disfavoredOverload public func ceil(_ x: Double) -> Double { Foundation.ceil(x) }
/// The nearest whole number, of a plain number.
@_disfavoredOverload public func round(_ x: Double) -> Double { Foundation.round(x) }
/// The whole number towards 0, of a plain number.
@_disfavoredOverload public func trunc(_ x: Double) -> Double { Foundation.trunc(x) }
/// xʸ, of a plain number.
@_disfavoredOverload public func pow(_ x: Double, _ y: Double) -> Double { Foundation.pow(x, y) }
/// √(x² + y²), of a plain number.
@_disfavoredOverload public func hypot(_ x: Double, _ y: Double) -> Double { Foundation.hypot(x, y) }

/// eˣ, of a plain number.
@_disfavoredOverload public func exp(_ x: Float) -> Float { Foundation.exp(x) }
/// 2ˣ, of a plain number.
@_disfavoredOverload public func exp2(_ x: Float) -> Float { Foundation.exp2(x) }
/// eˣ - 1, of a plain number.
@_disfavoredOverload public func expm1(_ x: Float) -> Float { Foundation.expm1(x) }
/// ln x, of a plain number.
@_disfavoredOverload public func log(_ x: Float) -> Float { Foundation.log(x) }
/// The logarithm of x to base 2, of a plain number.
@_disfavoredOverload public func log2(_ x: Float) -> Float { Foundation.log2(x) }
/// The logarithm of x to base 10, of a plain number.
@_disfavoredOverload public func log10(_ x: Float) -> Float { Foundation.log10(x) }
/// ln (1 + x), of a plain number.
@_disfavoredOverload public func log1p(_ x: Float) -> Float { Foundation.log1p(x) }
/// √x, of a plain number.
@_disfavoredOverload public func sqrt(_ x: Float) -> Float { Foundation.sqrt(x) }
/// ∛x, of a plain number.
@_disfavoredOverload public func cbrt(_ x: Float) -> Float { Foundation.cbrt(x) }
/// The sine, of a plain number.
@_disfavoredOverload public func sin(_ x: Float) -> Float { Foundation.sin(x) }
/// The cosine, of a plain number.
@_disfavoredOverload public func cos(_ x: Float) -> Float { Foundation.cos(x) }
/// The tangent, of a plain number.
@_disfavoredOverload public func tan(_ x: Float) -> Float { Foundation.tan(x) }
/// The inverse sine, of a plain number.
@_disfavoredOverload public func asin(_ x: Float) -> Float { Foundation.asin(x) }
/// The inverse cosine, of a plain number.
@_disfavoredOverload public func acos(_ x: Float) -> Float { Foundation.acos(x) }
/// The inverse tangent, of a plain number.
@_disfavoredOverload public func atan(_ x: Float) -> Float { Foundation.atan(x) }
/// The hyperbolic sine, of a plain number.
@_disfavoredOverload public func sinh(_ x: Float) -> Float { Foundation.sinh(x) }
/// The hyperbolic cosine, of a plain number.
@_disfavoredOverload public func cosh(_ x: Float) -> Float { Foundation.cosh(x) }
/// The hyperbolic tangent, of a plain number.
@_disfavoredOverload public func tanh(_ x: Float) -> Float { Foundation.tanh(x) }
/// The inverse hyperbolic sine, of a plain number.
@_disfavoredOverload public func asinh(_ x: Float) -> Float { Foundation.asinh(x) }
/// The inverse hyperbolic cosine, of a plain number.
@_disfavoredOverload public func acosh(_ x: Float) -> Float { Foundation.acosh(x) }
/// The inverse hyperbolic tangent, of a plain number.
@_disfavoredOverload public func atanh(_ x: Float) -> Float { Foundation.atanh(x) }
/// The error function, of a plain number.
@_disfavoredOverload public func erf(_ x: Float) -> Float { Foundation.erf(x) }
/// 1 - erf x, of a plain number.
@_disfavoredOverload public func erfc(_ x: Float) -> Float { Foundation.erfc(x) }
/// The greatest whole number up to x, of a plain number.
@_disfavoredOverload public func floor(_ x: Float) -> Float { Foundation.floor(x) }
/// The least whole number from x, of a plain number.
@_disfavoredOverload public func ceil(_ x: Float) -> Float { Foundation.ceil(x) }
/// The nearest whole number, of a plain number.
@_disfavoredOverload public func round(_ x: Float) -> Float { Foundation.round(x) }
/// The whole number towards 0, of a plain number.
@_disfavoredOverload public func trunc(_ x: Float) -> Float { Foundation.trunc(x) }
/// xʸ, of a plain number.
@_disfavoredOverload public func pow(_ x: Float, _ y: Float) -> Float { Foundation.pow(x, y) }
/// √(x² + y²), of a plain number.
@_disfavoredOverload public func hypot(_ x: Float, _ y: Float) -> Float { Foundation.hypot(x, y) }

import TensorGraph

// A lazy matrix in arithmetic is its whole: the result is a tensor. The operators are disfavoured so that they cost
// formulas of tensors nothing in type checking. A tensor on the left is generic so that a literal there is a number.

/// Something whose whole is a tensor: a tensor, or a lazy matrix.
public protocol _TensorConvertible {
  associatedtype Scalar: TensorScalar
  /// The whole as a tensor.
  var _tensor: Tensor<Scalar> { get }
}

/// A tensor: the constraint of generic operators that mean nothing else.
public protocol _TensorProtocol: _TensorConvertible {}

extension Tensor: _TensorProtocol {
  public var _tensor: Tensor { self }
}

extension DerivativeMatrix {
  /// The whole matrix as a tensor.
  public var _tensor: Tensor<Scalar> { self[...] }

  /// The negative of the whole.
  public static prefix func - (operand: Self) -> Tensor<Scalar> { -operand._tensor }

  /// The sum of the whole and a tensor or another lazy matrix.
  @_disfavoredOverload
  public static func + <Other: _TensorConvertible>(left: Self, right: Other) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left._tensor + right._tensor }

  /// The sum of a tensor and the whole.
  @_disfavoredOverload
  public static func + <Other: _TensorProtocol>(left: Other, right: Self) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left._tensor + right._tensor }

  /// The sum of the whole and a number.
  @_disfavoredOverload
  public static func + (left: Self, right: Scalar) -> Tensor<Scalar> { left._tensor + right }

  /// The sum of a number and the whole.
  @_disfavoredOverload
  public static func + (left: Scalar, right: Self) -> Tensor<Scalar> { left + right._tensor }

  /// The difference of the whole and a tensor or another lazy matrix.
  @_disfavoredOverload
  public static func - <Other: _TensorConvertible>(left: Self, right: Other) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left._tensor - right._tensor }

  /// The difference of a tensor and the whole.
  @_disfavoredOverload
  public static func - <Other: _TensorProtocol>(left: Other, right: Self) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left._tensor - right._tensor }

  /// The difference of the whole and a number.
  @_disfavoredOverload
  public static func - (left: Self, right: Scalar) -> Tensor<Scalar> { left._tensor - right }

  /// The difference of a number and the whole.
  @_disfavoredOverload
  public static func - (left: Scalar, right: Self) -> Tensor<Scalar> { left - right._tensor }

  /// The product, element by element, of the whole and a tensor or another lazy matrix.
  @_disfavoredOverload
  public static func * <Other: _TensorConvertible>(left: Self, right: Other) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left._tensor * right._tensor }

  /// The product, element by element, of a tensor and the whole.
  @_disfavoredOverload
  public static func * <Other: _TensorProtocol>(left: Other, right: Self) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left._tensor * right._tensor }

  /// The product, element by element, of the whole and a number.
  @_disfavoredOverload
  public static func * (left: Self, right: Scalar) -> Tensor<Scalar> { left._tensor * right }

  /// The product, element by element, of a number and the whole.
  @_disfavoredOverload
  public static func * (left: Scalar, right: Self) -> Tensor<Scalar> { left * right._tensor }

  /// The quotient, element by element, of the whole and a tensor or another lazy matrix.
  @_disfavoredOverload
  public static func / <Other: _TensorConvertible>(left: Self, right: Other) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left._tensor / right._tensor }

  /// The quotient, element by element, of a tensor and the whole.
  @_disfavoredOverload
  public static func / <Other: _TensorProtocol>(left: Other, right: Self) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left._tensor / right._tensor }

  /// The quotient, element by element, of the whole and a number.
  @_disfavoredOverload
  public static func / (left: Self, right: Scalar) -> Tensor<Scalar> { left._tensor / right }

  /// The quotient, element by element, of a number and the whole.
  @_disfavoredOverload
  public static func / (left: Scalar, right: Self) -> Tensor<Scalar> { left / right._tensor }
}

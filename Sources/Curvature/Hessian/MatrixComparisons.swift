import TensorGraph

extension DerivativeMatrix {
  /// Where the elements are equal.
  @_disfavoredOverload
  public static func .== <Other: _TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .== right._tensor }

  /// Where the elements are equal.
  @_disfavoredOverload
  public static func .== <Other: _TensorProtocol>(left: Other, right: Self) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .== right._tensor }

  /// Where the elements are equal.
  @_disfavoredOverload
  public static func .== (left: Self, right: Scalar) -> Tensor<Bool> { left._tensor .== right }

  /// Where the elements are equal.
  @_disfavoredOverload
  public static func .== (left: Scalar, right: Self) -> Tensor<Bool> { Tensor(left) .== right._tensor }

  /// Where the elements differ.
  @_disfavoredOverload
  public static func .!= <Other: _TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .!= right._tensor }

  /// Where the elements differ.
  @_disfavoredOverload
  public static func .!= <Other: _TensorProtocol>(left: Other, right: Self) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .!= right._tensor }

  /// Where the elements differ.
  @_disfavoredOverload
  public static func .!= (left: Self, right: Scalar) -> Tensor<Bool> { left._tensor .!= right }

  /// Where the elements differ.
  @_disfavoredOverload
  public static func .!= (left: Scalar, right: Self) -> Tensor<Bool> { Tensor(left) .!= right._tensor }

  /// Where the element on the left is smaller.
  @_disfavoredOverload
  public static func .< <Other: _TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .< right._tensor }

  /// Where the element on the left is smaller.
  @_disfavoredOverload
  public static func .< <Other: _TensorProtocol>(left: Other, right: Self) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .< right._tensor }

  /// Where the element on the left is smaller.
  @_disfavoredOverload
  public static func .< (left: Self, right: Scalar) -> Tensor<Bool> { left._tensor .< right }

  /// Where the element on the left is smaller.
  @_disfavoredOverload
  public static func .< (left: Scalar, right: Self) -> Tensor<Bool> { Tensor(left) .< right._tensor }

  /// Where the element on the left is smaller or equal.
  @_disfavoredOverload
  public static func .<= <Other: _TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .<= right._tensor }

  /// Where the element on the left is smaller or equal.
  @_disfavoredOverload
  public static func .<= <Other: _TensorProtocol>(left: Other, right: Self) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .<= right._tensor }

  /// Where the element on the left is smaller or equal.
  @_disfavoredOverload
  public static func .<= (left: Self, right: Scalar) -> Tensor<Bool> { left._tensor .<= right }

  /// Where the element on the left is smaller or equal.
  @_disfavoredOverload
  public static func .<= (left: Scalar, right: Self) -> Tensor<Bool> { Tensor(left) .<= right._tensor }

  /// Where the element on the left is larger.
  @_disfavoredOverload
  public static func .> <Other: _TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .> right._tensor }

  /// Where the element on the left is larger.
  @_disfavoredOverload
  public static func .> <Other: _TensorProtocol>(left: Other, right: Self) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .> right._tensor }

  /// Where the element on the left is larger.
  @_disfavoredOverload
  public static func .> (left: Self, right: Scalar) -> Tensor<Bool> { left._tensor .> right }

  /// Where the element on the left is larger.
  @_disfavoredOverload
  public static func .> (left: Scalar, right: Self) -> Tensor<Bool> { Tensor(left) .> right._tensor }

  /// Where the element on the left is larger or equal.
  @_disfavoredOverload
  public static func .>= <Other: _TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .>= right._tensor }

  /// Where the element on the left is larger or equal.
  @_disfavoredOverload
  public static func .>= <Other: _TensorProtocol>(left: Other, right: Self) -> Tensor<Bool>
  where Other.Scalar == Scalar { left._tensor .>= right._tensor }

  /// Where the element on the left is larger or equal.
  @_disfavoredOverload
  public static func .>= (left: Self, right: Scalar) -> Tensor<Bool> { left._tensor .>= right }

  /// Where the element on the left is larger or equal.
  @_disfavoredOverload
  public static func .>= (left: Scalar, right: Self) -> Tensor<Bool> { Tensor(left) .>= right._tensor }
}

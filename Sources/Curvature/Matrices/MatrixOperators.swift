import TensorGraph

// A lazy matrix in arithmetic is its whole: the result is a tensor. The operators are disfavoured so that they cost
// formulas of tensors nothing in type checking. Products with a vector or a thin matrix do not need the whole.

/// Something that arithmetic with lazy matrices accepts on the other side: a tensor, another lazy matrix.
public protocol TensorConvertible {
  associatedtype Scalar: TensorScalar
  /// The whole as a tensor.
  var tensor: Tensor<Scalar> { get }
}

extension Tensor: TensorConvertible {
  public var tensor: Tensor { self }
}

extension DerivativeMatrix {
  /// The whole matrix as a tensor.
  public var tensor: Tensor<Scalar> { self[...] }
}

extension Hessian: TensorConvertible {}
extension Jacobian: TensorConvertible {}

extension DerivativeMatrix {
  /// The negative of the whole.
  public static prefix func - (operand: Self) -> Tensor<Scalar> { -operand.tensor }

  /// The sum of the whole and a tensor or another lazy matrix.
  @_disfavoredOverload
  public static func + <Other: TensorConvertible>(left: Self, right: Other) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left.tensor + right.tensor }

  /// The sum of a tensor and the whole.
  @_disfavoredOverload
  public static func + (left: Tensor<Scalar>, right: Self) -> Tensor<Scalar> { left + right.tensor }

  /// The sum of the whole and a number.
  @_disfavoredOverload
  public static func + (left: Self, right: Scalar) -> Tensor<Scalar> { left.tensor + right }

  /// The sum of a number and the whole.
  @_disfavoredOverload
  public static func + (left: Scalar, right: Self) -> Tensor<Scalar> { left + right.tensor }

  /// The difference of the whole and a tensor or another lazy matrix.
  @_disfavoredOverload
  public static func - <Other: TensorConvertible>(left: Self, right: Other) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left.tensor - right.tensor }

  /// The difference of a tensor and the whole.
  @_disfavoredOverload
  public static func - (left: Tensor<Scalar>, right: Self) -> Tensor<Scalar> { left - right.tensor }

  /// The difference of the whole and a number.
  @_disfavoredOverload
  public static func - (left: Self, right: Scalar) -> Tensor<Scalar> { left.tensor - right }

  /// The difference of a number and the whole.
  @_disfavoredOverload
  public static func - (left: Scalar, right: Self) -> Tensor<Scalar> { left - right.tensor }

  /// The product, element by element, of the whole and a tensor or another lazy matrix.
  @_disfavoredOverload
  public static func * <Other: TensorConvertible>(left: Self, right: Other) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left.tensor * right.tensor }

  /// The product, element by element, of a tensor and the whole.
  @_disfavoredOverload
  public static func * (left: Tensor<Scalar>, right: Self) -> Tensor<Scalar> { left * right.tensor }

  /// The product, element by element, of the whole and a number.
  @_disfavoredOverload
  public static func * (left: Self, right: Scalar) -> Tensor<Scalar> { left.tensor * right }

  /// The product, element by element, of a number and the whole.
  @_disfavoredOverload
  public static func * (left: Scalar, right: Self) -> Tensor<Scalar> { left * right.tensor }

  /// The quotient, element by element, of the whole and a tensor or another lazy matrix.
  @_disfavoredOverload
  public static func / <Other: TensorConvertible>(left: Self, right: Other) -> Tensor<Scalar>
  where Other.Scalar == Scalar { left.tensor / right.tensor }

  /// The quotient, element by element, of a tensor and the whole.
  @_disfavoredOverload
  public static func / (left: Tensor<Scalar>, right: Self) -> Tensor<Scalar> { left / right.tensor }

  /// The quotient, element by element, of the whole and a number.
  @_disfavoredOverload
  public static func / (left: Self, right: Scalar) -> Tensor<Scalar> { left.tensor / right }

  /// The quotient, element by element, of a number and the whole.
  @_disfavoredOverload
  public static func / (left: Scalar, right: Self) -> Tensor<Scalar> { left / right.tensor }

  /// Where the elements are equal.
  @_disfavoredOverload
  public static func .== <Other: TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left.tensor .== right.tensor }

  /// Where the elements are equal.
  @_disfavoredOverload
  public static func .== (left: Tensor<Scalar>, right: Self) -> Tensor<Bool> { left .== right.tensor }

  /// Where the elements are equal.
  @_disfavoredOverload
  public static func .== (left: Self, right: Scalar) -> Tensor<Bool> { left.tensor .== right }

  /// Where the elements differ.
  @_disfavoredOverload
  public static func .!= <Other: TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left.tensor .!= right.tensor }

  /// Where the elements differ.
  @_disfavoredOverload
  public static func .!= (left: Tensor<Scalar>, right: Self) -> Tensor<Bool> { left .!= right.tensor }

  /// Where the elements differ.
  @_disfavoredOverload
  public static func .!= (left: Self, right: Scalar) -> Tensor<Bool> { left.tensor .!= right }

  /// Where the elements are smaller on the left.
  @_disfavoredOverload
  public static func .< <Other: TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left.tensor .< right.tensor }

  /// Where the elements are smaller on the left.
  @_disfavoredOverload
  public static func .< (left: Tensor<Scalar>, right: Self) -> Tensor<Bool> { left .< right.tensor }

  /// Where the elements are smaller on the left.
  @_disfavoredOverload
  public static func .< (left: Self, right: Scalar) -> Tensor<Bool> { left.tensor .< right }

  /// Where the elements are smaller on the left, or equal.
  @_disfavoredOverload
  public static func .<= <Other: TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left.tensor .<= right.tensor }

  /// Where the elements are smaller on the left, or equal.
  @_disfavoredOverload
  public static func .<= (left: Tensor<Scalar>, right: Self) -> Tensor<Bool> { left .<= right.tensor }

  /// Where the elements are smaller on the left, or equal.
  @_disfavoredOverload
  public static func .<= (left: Self, right: Scalar) -> Tensor<Bool> { left.tensor .<= right }

  /// Where the elements are larger on the left.
  @_disfavoredOverload
  public static func .> <Other: TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left.tensor .> right.tensor }

  /// Where the elements are larger on the left.
  @_disfavoredOverload
  public static func .> (left: Tensor<Scalar>, right: Self) -> Tensor<Bool> { left .> right.tensor }

  /// Where the elements are larger on the left.
  @_disfavoredOverload
  public static func .> (left: Self, right: Scalar) -> Tensor<Bool> { left.tensor .> right }

  /// Where the elements are larger on the left, or equal.
  @_disfavoredOverload
  public static func .>= <Other: TensorConvertible>(left: Self, right: Other) -> Tensor<Bool>
  where Other.Scalar == Scalar { left.tensor .>= right.tensor }

  /// Where the elements are larger on the left, or equal.
  @_disfavoredOverload
  public static func .>= (left: Tensor<Scalar>, right: Self) -> Tensor<Bool> { left .>= right.tensor }

  /// Where the elements are larger on the left, or equal.
  @_disfavoredOverload
  public static func .>= (left: Self, right: Scalar) -> Tensor<Bool> { left.tensor .>= right }
}

/// The whole to a power, element by element.
public func pow<Matrix: DerivativeMatrix>(_ matrix: Matrix, _ exponent: Matrix.Scalar) -> Tensor<Matrix.Scalar> {
  pow(matrix.tensor, exponent)
}

/// The whole to the power of a tensor, element by element.
public func pow<Matrix: DerivativeMatrix>(
  _ matrix: Matrix, _ exponent: Tensor<Matrix.Scalar>
) -> Tensor<Matrix.Scalar> {
  pow(matrix.tensor, exponent)
}

/// A tensor to the power of the whole, element by element.
public func pow<Matrix: DerivativeMatrix>(_ base: Tensor<Matrix.Scalar>, _ matrix: Matrix) -> Tensor<Matrix.Scalar> {
  pow(base, matrix.tensor)
}

/// The matrix product with a vector or a matrix.
///
/// - Complexity: one derivative product for each column while the columns are fewer than the matrix has; otherwise
///   the whole is computed (and kept).
public func matmul<Matrix: DerivativeMatrix>(_ matrix: Matrix, _ v: Tensor<Matrix.Scalar>) -> Tensor<Matrix.Scalar> {
  let (rows, columns) = (matrix.core.rows, matrix.core.columns)
  let count = v.rank == 2 ? v.shape[1] : 1
  guard rows.batchAxis == nil, rows.node.shape.rank == 1, columns.node.shape.rank == 1, (1...2).contains(v.rank),
    v.shape[0] == columns.count, count < columns.count
  else { return matmul(matrix.tensor, v) }
  let seeds = v.rank == 2 ? v.node.permuted([1, 0]) : v.node.reshaped(to: [1, columns.count])
  let products = matrix.productExpression(seeds)
  return Tensor(v.rank == 2 ? products.permuted([1, 0]) : products.reshaped(to: [rows.count]))
}

/// The matrix product of a vector or a matrix with the whole.
public func matmul<Matrix: DerivativeMatrix>(_ v: Tensor<Matrix.Scalar>, _ matrix: Matrix) -> Tensor<Matrix.Scalar> {
  matmul(v, matrix.tensor)
}

/// The matrix product of two lazy matrices.
public func matmul<Left: DerivativeMatrix, Right: DerivativeMatrix>(
  _ left: Left, _ right: Right
) -> Tensor<Left.Scalar> where Left.Scalar == Right.Scalar {
  matmul(left.tensor, right.tensor)
}

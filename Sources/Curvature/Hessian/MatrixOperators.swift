import TensorGraph

// A lazy matrix in arithmetic, comparisons and powers is its whole: it is computed there and then, and the result is a
// tensor. Each operator has four forms: with a tensor or another matrix on the right, with a tensor on the left, and with a
// number on either side. They are disfavoured so that they cost formulas of tensors nothing in type checking; a tensor on the
// left is generic so that a literal there is a number. The program stops where the whole cannot be computed; after
// `let h = try H.read()` the same formula of `h` does not.

/// Something whose whole is a tensor: a tensor, or a lazy matrix.
public protocol _TensorConvertible<Scalar> {
  associatedtype Scalar: TensorScalar
  /// The whole as a tensor.
  var _tensor: Tensor<Scalar> { get }
}

/// A tensor: the constraint of generic operators that mean nothing else.
public protocol _TensorProtocol<Scalar>: _TensorConvertible {}

extension Tensor: _TensorProtocol {
  public var _tensor: Tensor { self }
}

extension DerivativeMatrix {
  public typealias _Whole = Tensor<Scalar>
  public var _tensor: _Whole { self[...] }

  /// The negative of the whole.
  public static prefix func - (operand: Self) -> _Whole { -operand._tensor }

  /// Sums, element by element; shapes broadcast.
  @_disfavoredOverload
  public static func + (a: Self, b: some _TensorConvertible<Scalar>) -> _Whole { a._tensor + b._tensor }
  /// The sum of a tensor and the whole, element by element; shapes broadcast.
  @_disfavoredOverload
  public static func + (a: some _TensorProtocol<Scalar>, b: Self) -> _Whole { a._tensor + b._tensor }
  /// The sum of the whole and a number, element by element.
  @_disfavoredOverload
  public static func + (a: Self, b: Scalar) -> _Whole { a._tensor + b }
  /// The sum of a number and the whole, element by element.
  @_disfavoredOverload
  public static func + (a: Scalar, b: Self) -> _Whole { a + b._tensor }

  /// Differences, element by element.
  @_disfavoredOverload
  public static func - (a: Self, b: some _TensorConvertible<Scalar>) -> _Whole { a._tensor - b._tensor }
  /// The difference of a tensor and the whole, element by element; shapes broadcast.
  @_disfavoredOverload
  public static func - (a: some _TensorProtocol<Scalar>, b: Self) -> _Whole { a._tensor - b._tensor }
  /// The difference of the whole and a number, element by element.
  @_disfavoredOverload
  public static func - (a: Self, b: Scalar) -> _Whole { a._tensor - b }
  /// The difference of a number and the whole, element by element.
  @_disfavoredOverload
  public static func - (a: Scalar, b: Self) -> _Whole { a - b._tensor }

  /// Products, element by element.
  @_disfavoredOverload
  public static func * (a: Self, b: some _TensorConvertible<Scalar>) -> _Whole { a._tensor * b._tensor }
  /// The product of a tensor and the whole, element by element; shapes broadcast.
  @_disfavoredOverload
  public static func * (a: some _TensorProtocol<Scalar>, b: Self) -> _Whole { a._tensor * b._tensor }
  /// The product of the whole and a number, element by element.
  @_disfavoredOverload
  public static func * (a: Self, b: Scalar) -> _Whole { a._tensor * b }
  /// The product of a number and the whole, element by element.
  @_disfavoredOverload
  public static func * (a: Scalar, b: Self) -> _Whole { a * b._tensor }

  /// Quotients, element by element.
  @_disfavoredOverload
  public static func / (a: Self, b: some _TensorConvertible<Scalar>) -> _Whole { a._tensor / b._tensor }
  /// The quotient of a tensor and the whole, element by element; shapes broadcast.
  @_disfavoredOverload
  public static func / (a: some _TensorProtocol<Scalar>, b: Self) -> _Whole { a._tensor / b._tensor }
  /// The quotient of the whole and a number, element by element.
  @_disfavoredOverload
  public static func / (a: Self, b: Scalar) -> _Whole { a._tensor / b }
  /// The quotient of a number and the whole, element by element.
  @_disfavoredOverload
  public static func / (a: Scalar, b: Self) -> _Whole { a / b._tensor }

  /// Where elements are equal.
  @_disfavoredOverload
  public static func .== (a: Self, b: some _TensorConvertible<Scalar>) -> Tensor<Bool> { a._tensor .== b._tensor }
  /// Where an element equals that of the whole.
  @_disfavoredOverload
  public static func .== (a: some _TensorProtocol<Scalar>, b: Self) -> Tensor<Bool> { a._tensor .== b._tensor }
  /// Where an element of the whole equals a number.
  @_disfavoredOverload
  public static func .== (a: Self, b: Scalar) -> Tensor<Bool> { a._tensor .== b }
  /// Where a number equals an element of the whole.
  @_disfavoredOverload
  public static func .== (a: Scalar, b: Self) -> Tensor<Bool> { Tensor(a) .== b._tensor }

  /// Where elements differ.
  @_disfavoredOverload
  public static func .!= (a: Self, b: some _TensorConvertible<Scalar>) -> Tensor<Bool> { a._tensor .!= b._tensor }
  /// Where an element differs from that of the whole.
  @_disfavoredOverload
  public static func .!= (a: some _TensorProtocol<Scalar>, b: Self) -> Tensor<Bool> { a._tensor .!= b._tensor }
  /// Where an element of the whole differs from a number.
  @_disfavoredOverload
  public static func .!= (a: Self, b: Scalar) -> Tensor<Bool> { a._tensor .!= b }
  /// Where a number differs from an element of the whole.
  @_disfavoredOverload
  public static func .!= (a: Scalar, b: Self) -> Tensor<Bool> { Tensor(a) .!= b._tensor }

  /// Where the element on the left is smaller.
  @_disfavoredOverload
  public static func .< (a: Self, b: some _TensorConvertible<Scalar>) -> Tensor<Bool> { a._tensor .< b._tensor }
  /// Where an element is smaller than that of the whole.
  @_disfavoredOverload
  public static func .< (a: some _TensorProtocol<Scalar>, b: Self) -> Tensor<Bool> { a._tensor .< b._tensor }
  /// Where an element of the whole is smaller than a number.
  @_disfavoredOverload
  public static func .< (a: Self, b: Scalar) -> Tensor<Bool> { a._tensor .< b }
  /// Where a number is smaller than an element of the whole.
  @_disfavoredOverload
  public static func .< (a: Scalar, b: Self) -> Tensor<Bool> { Tensor(a) .< b._tensor }

  /// Where the element on the left is smaller or equal.
  @_disfavoredOverload
  public static func .<= (a: Self, b: some _TensorConvertible<Scalar>) -> Tensor<Bool> { a._tensor .<= b._tensor }
  /// Where an element is at most that of the whole.
  @_disfavoredOverload
  public static func .<= (a: some _TensorProtocol<Scalar>, b: Self) -> Tensor<Bool> { a._tensor .<= b._tensor }
  /// Where an element of the whole is at most a number.
  @_disfavoredOverload
  public static func .<= (a: Self, b: Scalar) -> Tensor<Bool> { a._tensor .<= b }
  /// Where a number is at most an element of the whole.
  @_disfavoredOverload
  public static func .<= (a: Scalar, b: Self) -> Tensor<Bool> { Tensor(a) .<= b._tensor }

  /// Where the element on the left is larger.
  @_disfavoredOverload
  public static func .> (a: Self, b: some _TensorConvertible<Scalar>) -> Tensor<Bool> { a._tensor .> b._tensor }
  /// Where an element is larger than that of the whole.
  @_disfavoredOverload
  public static func .> (a: some _TensorProtocol<Scalar>, b: Self) -> Tensor<Bool> { a._tensor .> b._tensor }
  /// Where an element of the whole is larger than a number.
  @_disfavoredOverload
  public static func .> (a: Self, b: Scalar) -> Tensor<Bool> { a._tensor .> b }
  /// Where a number is larger than an element of the whole.
  @_disfavoredOverload
  public static func .> (a: Scalar, b: Self) -> Tensor<Bool> { Tensor(a) .> b._tensor }

  /// Where the element on the left is larger or equal.
  @_disfavoredOverload
  public static func .>= (a: Self, b: some _TensorConvertible<Scalar>) -> Tensor<Bool> { a._tensor .>= b._tensor }
  /// Where an element is at least that of the whole.
  @_disfavoredOverload
  public static func .>= (a: some _TensorProtocol<Scalar>, b: Self) -> Tensor<Bool> { a._tensor .>= b._tensor }
  /// Where an element of the whole is at least a number.
  @_disfavoredOverload
  public static func .>= (a: Self, b: Scalar) -> Tensor<Bool> { a._tensor .>= b }
  /// Where a number is at least an element of the whole.
  @_disfavoredOverload
  public static func .>= (a: Scalar, b: Self) -> Tensor<Bool> { Tensor(a) .>= b._tensor }
}

/// A power of the whole, element by element.
public func pow<Matrix: DerivativeMatrix>(_ a: Matrix, _ b: Matrix.Scalar) -> Matrix._Whole { pow(a._tensor, b) }
/// A number to the powers of the whole.
public func pow<Matrix: DerivativeMatrix>(_ a: Matrix.Scalar, _ b: Matrix) -> Matrix._Whole { pow(a, b._tensor) }
/// Powers of the whole, element by element; shapes broadcast.
public func pow<Matrix: DerivativeMatrix>(_ a: Matrix, _ b: some _TensorConvertible<Matrix.Scalar>) -> Matrix._Whole {
  pow(a._tensor, b._tensor)
}
/// A tensor to the powers of the whole, element by element; shapes broadcast.
public func pow<Matrix: DerivativeMatrix>(_ a: some _TensorProtocol<Matrix.Scalar>, _ b: Matrix) -> Matrix._Whole {
  pow(a._tensor, b._tensor)
}

/// The matrix product with a vector or a matrix.
///
/// - Complexity: one derivative product for each column while the columns are fewer than the matrix has; otherwise
///   the whole is computed (and kept).
public func matmul<Matrix: DerivativeMatrix>(_ matrix: Matrix, _ v: Tensor<Matrix.Scalar>) -> Tensor<Matrix.Scalar> {
  let columns = matrix.core.columns.count
  guard matrix.core.isPlainMatrix, (1...2).contains(v.rank), v.shape[0] == columns else {
    return matmul(matrix._tensor, v)
  }
  let count = v.rank == 2 ? v.shape[1] : 1
  guard count < columns else { return matmul(matrix._tensor, v) }
  let products = matrix.core.product(v.node.reshaped(to: [columns, count]).permuted([1, 0]))
  return Tensor(products.permuted([1, 0]).reshaped(to: Shape([matrix.core.rows.count] + v.shape.dropFirst())))
}

/// The matrix product of a vector or a matrix with the whole.
///
/// - Complexity: one derivative product for each row of `v` while they are fewer than the matrix has; otherwise the
///   whole is computed (and kept).
public func matmul<Matrix: DerivativeMatrix>(_ v: Tensor<Matrix.Scalar>, _ matrix: Matrix) -> Tensor<Matrix.Scalar> {
  let rows = matrix.core.rows.count
  guard matrix.core.isPlainMatrix, (1...2).contains(v.rank), v.shape[v.rank - 1] == rows else {
    return matmul(v, matrix._tensor)
  }
  let count = v.rank == 2 ? v.shape[0] : 1
  guard count < rows else { return matmul(v, matrix._tensor) }
  let products = matrix.core.transposed.product(v.node.reshaped(to: [count, rows]))
  return Tensor(products.reshaped(to: Shape(v.shape.dropLast() + [matrix.core.columns.count])))
}

/// The matrix product of two lazy matrices.
public func matmul<Left: DerivativeMatrix, Right: DerivativeMatrix>(
  _ left: Left, _ right: Right
) -> Tensor<Left.Scalar> where Left.Scalar == Right.Scalar {
  matmul(left._tensor, right._tensor)
}

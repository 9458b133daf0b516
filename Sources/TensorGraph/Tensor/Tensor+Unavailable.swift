// Names of other systems, which do not exist here: the compiler says what the right one is.

@available(*, unavailable, message: "use x.sum(axis: 0)")
public func sum<S: DifferentiableScalar>(_ x: Tensor<S>, axis: Int) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use x.norm()")
public func norm<S: DifferentiableScalar>(_ x: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use a.inverse, or solve(a, b) where it is multiplied")
public func inv<S: DifferentiableScalar>(_ a: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use a.inverse, or solve(a, b) where it is multiplied")
public func inverse<S: DifferentiableScalar>(_ a: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use a.determinant")
public func det<S: DifferentiableScalar>(_ a: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use a.logDeterminant")
public func logdet<S: DifferentiableScalar>(_ a: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use a.cholesky")
public func cholesky<S: DifferentiableScalar>(_ a: Tensor<S>) -> Tensor<S> { fatalError() }

@available(
  *, unavailable,
  message: "use solve(a, b), or solveTriangular(factor, b, isLower: true) and once more with the transpose"
)
public func choleskySolve<S: DifferentiableScalar>(_ factor: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use a.symmetricEigen")
public func eigh<S: DifferentiableScalar>(_ a: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use a.symmetricEigen.values")
public func eigvalsh<S: DifferentiableScalar>(_ a: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use a.singularValueDecomposition")
public func svd<S: DifferentiableScalar>(_ a: Tensor<S>) -> Tensor<S> { fatalError() }

@available(
  *, unavailable, message: "use a.diagonal(), or v.diagonalMatrix() for the matrix with a vector on its diagonal"
)
public func diagonal<S: DifferentiableScalar>(_ a: Tensor<S>) -> Tensor<S> { fatalError() }

@available(
  *, unavailable, message: "use a.diagonal(), or v.diagonalMatrix() for the matrix with a vector on its diagonal"
)
public func diag<S: DifferentiableScalar>(_ a: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use Tensor.concatenate(xs, axis: 0)")
public func concat<S: DifferentiableScalar>(_ xs: [Tensor<S>], axis: Int = 0) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use Tensor.concatenate(xs, axis: 0)")
public func concatenate<S: DifferentiableScalar>(_ xs: [Tensor<S>], axis: Int = 0) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use Tensor.stack(xs, axis: 0)")
public func stack<S: DifferentiableScalar>(_ xs: [Tensor<S>], axis: Int = 0) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use x.expandingDimensions(at: 0), or x[.newAxis]")
public func expandDims<S: DifferentiableScalar>(_ x: Tensor<S>, _ axis: Int) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use Tensor.zeros(like: x)")
public func zerosLike<S: DifferentiableScalar>(_ x: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use Tensor.ones(like: x)")
public func onesLike<S: DifferentiableScalar>(_ x: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use `where`(mask, a, b)")
public func where_<S: DifferentiableScalar>(_ mask: Tensor<Bool>, _ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  fatalError()
}

@available(*, unavailable, message: "use `where`(mask, a, b)")
public func select<S: DifferentiableScalar>(_ mask: Tensor<Bool>, _ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  fatalError()
}

@available(*, unavailable, message: "use max(a, b)")
public func maximum<S: DifferentiableScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use min(a, b)")
public func minimum<S: DifferentiableScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use logGamma(x)")
public func gammaln<S: DifferentiableScalar>(_ x: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use normalDistribution(x)")
public func ndtr<S: DifferentiableScalar>(_ x: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use logNormalDistribution(x)")
public func logNdtr<S: DifferentiableScalar>(_ x: Tensor<S>) -> Tensor<S> { fatalError() }

@available(*, unavailable, message: "use solveTriangular(a, b, isLower: true)")
public func solveTriangular<S: DifferentiableScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { fatalError() }

extension Tensor {
  @available(*, unavailable, renamed: "scalars")
  public var array: [Scalar] { fatalError() }

  @available(*, unavailable, renamed: "scalars")
  public var elements: [Scalar] { fatalError() }

  @available(*, unavailable, renamed: "scalars")
  public var values: [Scalar] { fatalError() }

  @available(*, unavailable, renamed: "scalars")
  public func toArray() -> [Scalar] { fatalError() }

  @available(*, unavailable, renamed: "scalars")
  public func tolist() -> [Scalar] { fatalError() }

  @available(*, unavailable, renamed: "rank")
  public var ndim: Int { fatalError() }

  @available(*, unavailable, renamed: "count")
  public var size: Int { fatalError() }

  @available(*, unavailable, message: "read `scalars` (row-major) and `shape`, or rows by x[i].scalars")
  public var nestedArray: [[Scalar]] { fatalError() }

  @available(*, unavailable, message: "use transposed()")
  public var T: Tensor { fatalError() }

  @available(*, unavailable, message: "use transposed()")
  public func transpose() -> Tensor { fatalError() }

  @available(*, unavailable, message: "use reshaped(to: shape)")
  public func reshape(_ shape: [Int]) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use reshaped(to: shape)")
  public func reshaped(_ shape: [Int]) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use flattened()")
  public func flatten() -> Tensor { fatalError() }

  @available(*, unavailable, message: "use expandingDimensions(at: axis), or x[.newAxis]")
  public func expandDims(_ axis: Int) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use expandingDimensions(at: axis), or x[.newAxis]")
  public func unsqueezed(_ axis: Int) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use expandingDimensions(at: axis), or x[.newAxis]")
  public func unsqueeze(_ axis: Int) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use `where`(mask, other, x)")
  public func replacing(with other: Tensor, where mask: Tensor<Bool>) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use matmul(a, b), or a • b")
  public func matmul(_ other: Tensor) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use solve(a, b)")
  public func solve(_ b: Tensor) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use sum(axis: axis, keepingAxes: true)")
  public func sum(axis: Int, keepDims: Bool) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use sum(axis: axis)")
  public func sum(along axis: Int) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use Tensor.rand(shape)")
  public static func uniform(_ shape: [Int]) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use arange(start, end, step: step)")
  public static func arange(_ start: Scalar, _ end: Scalar, _ step: Scalar) -> Tensor { fatalError() }

  @available(*, unavailable, message: "use Tensor.zeros(shape)")
  public init(zeros shape: [Int]) { fatalError() }

  @available(*, unavailable, message: "use stoppingGradient()")
  public func detach() -> Tensor { fatalError() }

  @available(*, unavailable, message: "read `scalars`; NumPy files are written by the tool")
  public func numpy() -> [Scalar] { fatalError() }
}

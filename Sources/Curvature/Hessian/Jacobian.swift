import TensorGraph

/// The matrix of first derivatives of a tensor in a tensor: lazy and cached.
///
/// Entry [i, j] is the derivative of ys[i] in xs[j]; the shape is ys' + xs', batched [B] + ys' slice + xs' slice. A row
/// costs one reverse product, a column one forward product, a block as many as its shorter side has lines.
public struct Jacobian<Scalar: DifferentiableScalar>: DerivativeMatrix {
  public let _core: _MatrixCore<Scalar>
}

extension Jacobian {
  /// The Jacobian of `ys` in `xs`.
  ///
  /// - Parameters:
  ///   - ys: a tensor of any shape.
  ///   - xs: the tensor to differentiate in.
  ///   - batchAxis: the axis of both along which slices are independent functions, or nil.
  /// - Throws: `TensorError` if batch sizes differ or slices of the batch depend on each other.
  public init(of ys: Tensor<Scalar>, withRespectTo xs: Tensor<Scalar>, batchAxis: Int? = nil) throws(TensorError) {
    let history = try Node.requireVariables([xs.node], of: ys.node, "jacobian")
    defer { withExtendedLifetime(history) {} }
    let (rowAxis, columnAxis) = try BatchRules.jacobianAxes(ys.node, xs.node, batchAxis)
    let rows = UnitDirections(node: ys.node, batchAxis: rowAxis)
    let columns = UnitDirections(node: xs.node, batchAxis: columnAxis)
    let derivative = Derivative(of: rows, in: columns, isSymmetric: false)
    let matrix = LazyMatrix<Scalar>(
      products: LineProducts(
        columns: DerivativeProducts(.forward, of: derivative), rows: DerivativeProducts(.reverse, of: derivative)),
      caches: MatrixCaches(),
      singularPoints: SingularPoints(of: ys.node, outputs: rows, in: [columns]))
    _core = MatrixCore(matrix: matrix, isTransposed: false)
  }
  /// The Jacobian of a function at a point, which is a variable whatever its mark.
  ///
  /// - Throws: what `f` throws, and `TensorError` as above.
  public init(
    of f: (Tensor<Scalar>) throws -> Tensor<Scalar>, at x: Tensor<Scalar>, batchAxis: Int? = nil
  ) throws {
    let x = x.asVariable
    try self.init(of: f(x), withRespectTo: x, batchAxis: batchAxis)
  }
}

/// Blocks of Jacobians of several tensors in several tensors, ys-major.
public typealias BlockJacobian<Scalar: DifferentiableScalar> = BlockMatrix<Jacobian<Scalar>>

extension BlockMatrix {
  /// The Jacobians of several tensors in several tensors: block (i, j) is that of ys[i] in xs[j].
  ///
  /// - Throws: `TensorError` if batch sizes differ or slices of the batch depend on each other.
  public init<Scalar>(
    of ys: [Tensor<Scalar>], withRespectTo xs: [Tensor<Scalar>], batchAxis: Int? = nil
  ) throws(TensorError) where Block == Jacobian<Scalar> {
    self.init(
      try ys.map { (y) throws(TensorError) in
        try xs.map { (x) throws(TensorError) in try Jacobian(of: y, withRespectTo: x, batchAxis: batchAxis) }
      })
  }
}

/// The Jacobian of `ys` in `xs`: a lazy matrix of shape ys' + xs'.
///
/// Stops the program where `Jacobian(of:withRespectTo:batchAxis:)` throws; the forms for lists, where
/// `BlockJacobian(of:withRespectTo:batchAxis:)` does.
/// - Parameters:
///   - ys: a tensor of any shape.
///   - xs: the tensor to differentiate in.
///   - batchAxis: the axis of both along which slices are independent functions, or nil.
/// - Complexity: nothing is computed.
public func jacobian<Scalar: DifferentiableScalar>(
  _ ys: Tensor<Scalar>, _ xs: Tensor<Scalar>, batchAxis: Int? = nil
) -> Jacobian<Scalar> {
  checked(try Jacobian(of: ys, withRespectTo: xs, batchAxis: batchAxis))
}

/// The Jacobians of `ys` in each of several tensors.
public func jacobian<Scalar: DifferentiableScalar>(
  _ ys: Tensor<Scalar>, _ xs: [Tensor<Scalar>], batchAxis: Int? = nil
) -> [Jacobian<Scalar>] {
  jacobian([ys], xs, batchAxis: batchAxis)[0]
}

/// The Jacobians of each of several tensors in `xs`.
public func jacobian<Scalar: DifferentiableScalar>(
  _ ys: [Tensor<Scalar>], _ xs: Tensor<Scalar>, batchAxis: Int? = nil
) -> [Jacobian<Scalar>] {
  jacobian(ys, [xs], batchAxis: batchAxis).map { $0[0] }
}

/// The Jacobians of each of several tensors in each of several tensors: block (i, j) is that of ys[i] in xs[j].
public func jacobian<Scalar: DifferentiableScalar>(
  _ ys: [Tensor<Scalar>], _ xs: [Tensor<Scalar>], batchAxis: Int? = nil
) -> BlockJacobian<Scalar> {
  checked(try BlockJacobian(of: ys, withRespectTo: xs, batchAxis: batchAxis))
}

import TensorGraph

/// The matrix of first derivatives of a tensor in a tensor: lazy and cached.
///
/// Entry [i, j] is the derivative of ys[i] in xs[j]; the shape is ys' + xs', batched [B] + ys' slice + xs' slice. A row
/// costs one reverse product, a column one forward product, a block as many as its shorter side has lines.
public struct Jacobian<Scalar: DifferentiableScalar>: DerivativeMatrix {
  public let core: MatrixCore<Scalar>
}

extension Jacobian {
  /// The Jacobian of `ys` in `xs`.
  ///
  /// - Parameter batchAxis: the axis of both along which slices are independent functions, or nil.
  /// - Throws: `TensorError` if batch sizes differ or slices of the batch depend on each other.
  public init(of ys: Tensor<Scalar>, withRespectTo xs: Tensor<Scalar>, batchAxis: Int? = nil) throws(TensorError) {
    let (rowAxis, columnAxis) = try BatchRules.jacobianAxes(ys.node, xs.node, batchAxis)
    let rows = UnitDirections(node: ys.node, batchAxis: rowAxis)
    let columns = UnitDirections(node: xs.node, batchAxis: columnAxis)
    let derivative = Derivative(of: rows, in: columns, isSymmetric: false)
    let matrix = LazyMatrix<Scalar>(
      products: LineProducts(
        columns: DerivativeProducts(.forward, of: derivative), rows: DerivativeProducts(.reverse, of: derivative)),
      caches: MatrixCaches(),
      singularPoints: SingularPoints(of: ys.node, outputs: rows, in: [columns]))
    core = MatrixCore(matrix: matrix, isTransposed: false)
  }
}

/// Blocks of Jacobians of several tensors in several tensors, ys-major.
public typealias BlockJacobian<Scalar: DifferentiableScalar> = BlockMatrix<Jacobian<Scalar>>

/// The Jacobian of `ys` in `xs`: a lazy matrix of shape ys' + xs'.
///
/// - Parameter batchAxis: the axis of both along which slices are independent functions, or nil.
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
  xs.map { jacobian(ys, $0, batchAxis: batchAxis) }
}

/// The Jacobians of each of several tensors in `xs`.
public func jacobian<Scalar: DifferentiableScalar>(
  _ ys: [Tensor<Scalar>], _ xs: Tensor<Scalar>, batchAxis: Int? = nil
) -> [Jacobian<Scalar>] {
  ys.map { jacobian($0, xs, batchAxis: batchAxis) }
}

/// The Jacobians of each of several tensors in each of several tensors: block (i, j) is that of ys[i] in xs[j].
public func jacobian<Scalar: DifferentiableScalar>(
  _ ys: [Tensor<Scalar>], _ xs: [Tensor<Scalar>], batchAxis: Int? = nil
) -> BlockJacobian<Scalar> {
  BlockJacobian(ys.map { jacobian($0, xs, batchAxis: batchAxis) })
}

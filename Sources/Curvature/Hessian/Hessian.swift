import TensorGraph

/// The matrix of second derivatives of a scalar, or one of its blocks: lazy, cached, symmetric.
///
/// ```swift
/// let x = Tensor<Double>([1, 2, 3])
/// let H = hessian((x * x * x).sum(), x)   // nothing is computed yet
/// H[0, 0]                                 // 6.0, one Hessian product
/// H[...]                                  // the whole matrix
/// ```
///
/// Entry [i, j] is the second derivative in x[i] and x[j]; for a tensor of any rank S the shape is S + S, batched
/// [B] + S + S. A row, a column or an element costs one Hessian product, a block as many as its shorter side has
/// lines; what was computed serves every later index, row i also as column i. The whole equals its transpose bit for
/// bit. A Hessian product costs about four to five evaluations of the function.
public struct Hessian<Scalar: DifferentiableScalar>: DerivativeMatrix {
  public let _core: _MatrixCore<Scalar>
}

extension Hessian {
  /// The Hessian of `ys` (one element; batched: one for each slice) in `xs`.
  ///
  /// - Parameters:
  ///   - ys: a tensor of one element; with a batch axis one element for each slice.
  ///   - xs: the tensor to differentiate in.
  ///   - batchAxis: the axis of `xs` along which slices are independent functions, or nil.
  /// - Throws: `TensorError` if `ys` has more elements, or if slices of the batch depend on each other.
  public init(of ys: Tensor<Scalar>, withRespectTo xs: Tensor<Scalar>, batchAxis: Int? = nil) throws(TensorError) {
    self = try BlockHessian(of: ys, withRespectTo: [xs], batchAxis: batchAxis)[0, 0]
  }

  /// The Hessian of a function at a point, which is a variable whatever its mark.
  ///
  /// - Throws: what `f` throws, and `TensorError` as above.
  public init(
    of f: (Tensor<Scalar>) throws -> Tensor<Scalar>, at x: Tensor<Scalar>, batchAxis: Int? = nil
  ) throws {
    let x = x.asVariable
    try self.init(of: f(x), withRespectTo: x, batchAxis: batchAxis)
  }
}

/// Blocks of a Hessian in several tensors.
public typealias BlockHessian<Scalar: DifferentiableScalar> = BlockMatrix<Hessian<Scalar>>

extension BlockMatrix {
  /// The blocks of the Hessian of `ys` in several tensors; block (i, j) differentiates in xs[i] and xs[j].
  public init<Scalar>(
    of ys: Tensor<Scalar>, withRespectTo xs: [Tensor<Scalar>], batchAxis: Int? = nil
  ) throws(TensorError) where Block == Hessian<Scalar> {
    let variables = xs.map(\.node)
    let history = try Node.requireVariables(variables, of: ys.node, "hessian")
    defer { withExtendedLifetime(history) {} }
    let axes = try BatchRules.hessianAxes(ys.node, variables, batchAxis)
    let total = ys.node.summed(over: Array(0..<ys.node.shape.rank))
    let cotangents = gradient(of: total, to: variables)
    let gradients = zip(variables, cotangents).map { $1 ?? .zeros($0.shape, $0.scalarType) }
    let caches = MatrixCaches<Scalar>()
    // A tensor given twice is one variable: blocks are made once for each pair of different tensors.
    let identities = variables.map { variable in variables.firstIndex { $0 === variable }! }
    var made: [[Int]: LazyMatrix<Scalar>] = [:]
    func matrix(_ a: Int, _ b: Int) -> LazyMatrix<Scalar> {
      if let known = made[[a, b]] { return known }
      func side(_ node: Node, _ i: Int) -> UnitDirections { UnitDirections(node: node, batchAxis: axes[i]) }
      let (rows, columns) = (side(variables[a], a), side(variables[b], b))
      let matrix = Derivative(of: side(gradients[a], a), in: columns, isSymmetric: a == b)
      let mirror = a == b ? matrix : Derivative(of: side(gradients[b], b), in: rows, isSymmetric: false)
      let fresh = LazyMatrix<Scalar>(
        products: LineProducts(
          columns: DerivativeProducts(.forward, of: matrix), rows: DerivativeProducts(.forward, of: mirror)),
        caches: caches,
        function: a == b && batchAxis == nil ? Derivative(of: total, in: variables[a]) : nil,
        singularPoints: SingularPoints(of: ys.node, in: [rows, columns]))
      made[[a, b]] = fresh
      return fresh
    }
    var blocks: [[Hessian<Scalar>]] = []
    for i in xs.indices {
      var row: [Hessian<Scalar>] = []
      for j in xs.indices {
        let (a, b) = (identities[i], identities[j])
        row.append(Hessian(_core: MatrixCore(matrix: matrix(Swift.min(a, b), Swift.max(a, b)), isTransposed: a > b)))
      }
      blocks.append(row)
    }
    self.init(blocks)
  }
}

/// The Hessian of `ys` in `xs`: a lazy matrix of shape S + S for xs of shape S. Stops the program where
/// `Hessian(of:withRespectTo:batchAxis:)` throws.
///
/// - Parameters:
///   - ys: a tensor of one element, computed from `xs`; with a batch axis one element for each slice.
///   - xs: the tensor to differentiate in.
///   - batchAxis: the axis of `xs` along which slices are independent; the result is [B] + S + S.
/// - Complexity: the gradient's graph is built; nothing is computed.
public func hessian<Scalar: DifferentiableScalar>(
  _ ys: Tensor<Scalar>, _ xs: Tensor<Scalar>, batchAxis: Int? = nil
) -> Hessian<Scalar> {
  checked(try Hessian(of: ys, withRespectTo: xs, batchAxis: batchAxis))
}

/// The blocks of the Hessian of `ys` in several tensors: `H[i][j]` or `H[i, j]`. Stops the program where
/// `BlockHessian(of:withRespectTo:batchAxis:)` throws, here and in the forms for lists and tuples.
public func hessian<Scalar: DifferentiableScalar>(
  _ ys: Tensor<Scalar>, _ xs: [Tensor<Scalar>], batchAxis: Int? = nil
) -> BlockHessian<Scalar> {
  checked(try BlockHessian(of: ys, withRespectTo: xs, batchAxis: batchAxis))
}

/// The blocks of the Hessian of `ys` in several tensors, listed one by one.
public func hessian<Scalar: DifferentiableScalar>(
  _ ys: Tensor<Scalar>, _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, _ more: Tensor<Scalar>...,
  batchAxis: Int? = nil
) -> BlockHessian<Scalar> {
  hessian(ys, [first, second] + more, batchAxis: batchAxis)
}

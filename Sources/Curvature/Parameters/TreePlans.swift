import TensorGraph

/// Value and gradient of a function of several tensors in one form, prepared once and evaluated at many points; the gradient
/// has that form.
///
/// <!-- swift
/// struct Line: TensorStruct {
///   var slope: Tensor<Double>, start: Tensor<Double>
///   static var tensors: TensorMembers<Line, Double> { TensorMembers(\.slope, \.start) }
/// }
/// var line = Line(slope: 1, start: 0)
/// let x = Tensor<Double>([1, 2]), y = Tensor<Double>([2, 5])
/// -->
/// ```swift
/// let plan = try TreeGradientPlan(like: line, x, y) { line, x, y in square(line.slope * x + line.start - y).sum() }
/// let (value, slopes) = try plan(line, x, y)
/// line = line.combined(with: slopes) { $0 - 0.1 * $1 }
/// ```
public struct TreeGradientPlan<Tree: TensorTree> {
  /// The plan in one vector of all elements.
  public let plan: GradientPlan<Tree.Scalar>
  private let layout: TreeLayout<Tree>

  /// A plan for points of a form, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - point: a point of that form; its elements do not matter.
  ///   - data: what else the function takes: given anew in each run, and not differentiated in.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  ///   - f: the function.
  /// - Throws: as `GradientPlan`.
  public init<each Data: TensorScalar>(
    like point: Tree, _ data: repeat Tensor<each Data>, resolvingSingularPoints: Bool = false,
    of f: (Tree, repeat Tensor<each Data>) throws -> Tensor<Tree.Scalar>
  ) throws {
    plan = try GradientPlan(
      like: point.flattened, repeat each data, resolvingSingularPoints: resolvingSingularPoints
    ) { (vector: Tensor<Tree.Scalar>, data: repeat Tensor<each Data>) in
      try f(point.unflattened(vector), repeat each data)
    }
    layout = TreeLayout(point)
  }

  /// The value and the gradient at a point.
  ///
  /// - Throws: `TensorError` if the point or the data have other shapes.
  public func callAsFunction<each Data: TensorScalar>(
    _ point: Tree, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> (value: Tree.Scalar, gradient: Tree) {
    let (value, slope) = try plan(try layout.vector(point), repeat each data)
    return (value, layout.tree(slope))
  }

  /// The value at a point, without the gradient.
  ///
  /// - Throws: `TensorError` if the point or the data have other shapes.
  public func value<each Data: TensorScalar>(
    at point: Tree, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> Tree.Scalar { try plan.value(at: try layout.vector(point), repeat each data) }
}

extension TreeGradientPlan: Sendable where Tree: Sendable {}

/// Value, gradient and Hessian of a function of several tensors in one form, prepared once and evaluated at many points.
///
/// <!-- swift
/// struct Line: TensorStruct {
///   var slope: Tensor<Double>, start: Tensor<Double>
///   static var tensors: TensorMembers<Line, Double> { TensorMembers(\.slope, \.start) }
/// }
/// var line = Line(slope: 1, start: 0)
/// let x = Tensor<Double>([1, 2]), y = Tensor<Double>([2, 5])
/// -->
/// ```swift
/// let plan = try TreeHessianPlan(like: line, x, y) { line, x, y in square(line.slope * x + line.start - y).sum() }
/// let (value, slopes, H) = try plan(line, x, y)
/// H[\.slope, \.start]        // a block
/// line = line.combined(with: line.unflattened(solve(H.matrix, slopes.flattened))) { $0 - $1 }
/// ```
public struct TreeHessianPlan<Tree: TensorTree> {
  /// The plan in one vector of all elements.
  public let plan: HessianPlan<Tree.Scalar>
  private let layout: TreeLayout<Tree>

  /// A plan for points of a form, and data of the shapes of some tensors, whose elements do not matter.
  ///
  /// - Parameters:
  ///   - point: a point of that form; its elements do not matter.
  ///   - data: what else the function takes: given anew in each run, and not differentiated in.
  ///   - resolvingSingularPoints: whether a run that finds NaN expands the function.
  ///   - f: the function.
  /// - Throws: as `HessianPlan`.
  public init<each Data: TensorScalar>(
    like point: Tree, _ data: repeat Tensor<each Data>, resolvingSingularPoints: Bool = false,
    of f: (Tree, repeat Tensor<each Data>) throws -> Tensor<Tree.Scalar>
  ) throws {
    plan = try HessianPlan(
      like: point.flattened, repeat each data, resolvingSingularPoints: resolvingSingularPoints
    ) { (vector: Tensor<Tree.Scalar>, data: repeat Tensor<each Data>) in
      try f(point.unflattened(vector), repeat each data)
    }
    layout = TreeLayout(point)
  }

  /// The value, the gradient and the Hessian at a point.
  ///
  /// - Throws: `TensorError` if the point or the data have other shapes.
  public func callAsFunction<each Data: TensorScalar>(
    _ point: Tree, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> (value: Tree.Scalar, gradient: Tree, hessian: TreeMatrix<Tree>) {
    let (value, slope, matrix) = try plan(try layout.vector(point), repeat each data)
    return (value, layout.tree(slope), TreeMatrix(matrix: matrix, layout: layout))
  }

  /// The value at a point, without the derivatives.
  ///
  /// - Throws: `TensorError` if the point or the data have other shapes.
  public func value<each Data: TensorScalar>(
    at point: Tree, _ data: repeat Tensor<each Data>
  ) throws(TensorError) -> Tree.Scalar { try plan.value(at: try layout.vector(point), repeat each data) }
}

extension TreeHessianPlan: Sendable where Tree: Sendable {}

/// A matrix over the elements of several tensors, such as a Hessian or a covariance, that is read by paths.
public struct TreeMatrix<Tree: TensorTree> {
  /// The matrix over the elements of all tensors in order, shape [N, N].
  public let matrix: Tensor<Tree.Scalar>
  private let layout: TreeLayout<Tree>

  init(matrix: Tensor<Tree.Scalar>, layout: TreeLayout<Tree>) {
    self.matrix = matrix
    self.layout = layout
  }

  /// A matrix of as many rows and columns as a point of some form has elements.
  ///
  /// - Parameters:
  ///   - matrix: over all elements, in the order of the tensors.
  ///   - point: a point of that form; its elements do not matter.
  /// - Throws: `TensorError` if it has others.
  public init(_ matrix: Tensor<Tree.Scalar>, like point: Tree) throws(TensorError) {
    let count = point.parameterCount
    guard matrix.shape == [count, count] else {
      throw TensorError("TreeMatrix: a matrix of shape [\(count), \(count)] is needed, found shape \(matrix.shape)")
    }
    self.init(matrix: matrix, layout: TreeLayout(point))
  }

  /// The elements in what lies at two paths: the shape is that of the first tensor followed by that of the second; something
  /// that is more than one tensor counts as a vector. Stops the program where `read(at:_:)` throws.
  public subscript<Rows: TensorTree, Columns: TensorTree>(
    rows: KeyPath<Tree, Rows>, columns: KeyPath<Tree, Columns>
  ) -> Tensor<Tree.Scalar> { checked(try read(at: rows, columns)) }

  /// The elements in what lies at two paths.
  ///
  /// - Throws: `TensorError` if a path leads to no variable.
  public func read<Rows: TensorTree, Columns: TensorTree>(
    at rows: KeyPath<Tree, Rows>, _ columns: KeyPath<Tree, Columns>
  ) throws(TensorError) -> Tensor<Tree.Scalar> {
    try layout.block(of: matrix, at: rows, columns)
  }

  /// The diagonal, in the form of the point.
  public var diagonal: Tree { layout.tree(matrix.diagonal()) }
}

extension TreeMatrix: Sendable where Tree: Sendable {}

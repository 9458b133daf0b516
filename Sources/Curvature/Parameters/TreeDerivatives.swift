import SparseStructure
import TensorGraph

// Derivatives of functions of a structure of tensors. The point is always a variable; forms that throw name the function first.

/// The value and the gradient of a function of several tensors in one form; the gradient has that form.
///
/// Stops the program where `valueWithGradient(of:at:)` throws an error of its own.
@_disfavoredOverload
public func valueWithGradient<Tree: TensorTree>(
  at point: Tree, of f: (Tree) throws -> Tensor<Tree.Scalar>
) rethrows -> (value: Tensor<Tree.Scalar>, gradient: Tree) {
  let point = point.mapTensors(\.asVariable)
  let y = try f(point)
  return (y, point.replacingTensors(gradient(y, point.allTensors)))
}

/// The gradient of a function of several tensors in one form, in that form.
@_disfavoredOverload
public func gradient<Tree: TensorTree>(
  at point: Tree, of f: (Tree) throws -> Tensor<Tree.Scalar>
) rethrows -> Tree {
  try valueWithGradient(at: point, of: f).gradient
}

/// The value and the gradient of a function of several tensors in one form; the gradient has that form.
///
/// - Throws: what `f` throws, and `TensorError` if the result has more than one element.
@_disfavoredOverload
public func valueWithGradient<Tree: TensorTree>(
  of f: (Tree) throws -> Tensor<Tree.Scalar>, at point: Tree
) throws -> (value: Tensor<Tree.Scalar>, gradient: Tree) {
  let point = point.mapTensors(\.asVariable)
  let y = try f(point)
  return (y, point.replacingTensors(try gradient(of: y, withRespectTo: point.allTensors)))
}

/// The gradient of a function of several tensors in one form, in that form.
///
/// - Throws: as `valueWithGradient(of:at:)`.
@_disfavoredOverload
public func gradient<Tree: TensorTree>(
  of f: (Tree) throws -> Tensor<Tree.Scalar>, at point: Tree
) throws -> Tree {
  try valueWithGradient(of: f, at: point).gradient
}

/// The Hessian of a function of several tensors in one form. Stops the program where `TreeHessian(of:at:)` throws an error of
/// its own.
@_disfavoredOverload
public func hessian<Tree: TensorTree>(
  at point: Tree, of f: (Tree) throws -> Tensor<Tree.Scalar>
) rethrows -> TreeHessian<Tree> {
  let (vector, point) = point.joined
  return TreeHessian(matrix: hessian(try f(point), vector), point: point)
}

/// The Jacobian of a function of several tensors in one form. Stops the program where `TreeJacobian(of:at:)` throws an error
/// of its own.
@_disfavoredOverload
public func jacobian<Tree: TensorTree>(
  at point: Tree, of f: (Tree) throws -> Tensor<Tree.Scalar>
) rethrows -> TreeJacobian<Tree> {
  let (vector, point) = point.joined
  return TreeJacobian(matrix: jacobian(try f(point), vector), point: point)
}

/// A Hessian in several tensors: one lazy matrix, numbered over all their elements, that is read by paths.
///
/// <!-- swift
/// struct Model: TensorStruct {
///   var weights: Tensor<Double>, bias: Tensor<Double>
///   static var tensors: TensorMembers<Model, Double> { TensorMembers(\.weights, \.bias) }
/// }
/// let model = Model(weights: .ones(2), bias: Tensor([1]))
/// func loss(_ m: Model) -> Tensor<Double> { square(m.weights.sum() + m.bias).sum() }
/// -->
/// ```swift
/// let H = hessian(at: model) { model in loss(model) }
/// H[\.weights, \.bias]       // ∂²/∂weights ∂bias, of shape weights' + bias'
/// try H.matrix.sparse()       // all of it
/// ```
public struct TreeHessian<Tree: TensorTree> {
  /// The matrix over the elements of all tensors in order, shape [N, N]: everything that a Hessian of one vector can do.
  public let matrix: Hessian<Tree.Scalar>
  private let layout: TreeLayout<Tree>

  fileprivate init(matrix: Hessian<Tree.Scalar>, point: Tree) {
    self.matrix = matrix
    layout = TreeLayout(point)
  }

  /// The Hessian of a function of several tensors in one form.
  ///
  /// - Throws: what `f` throws, and `TensorError` if the result has more than one element.
  public init(of f: (Tree) throws -> Tensor<Tree.Scalar>, at point: Tree) throws {
    let (vector, point) = point.joined
    self.init(matrix: try Hessian(of: f(point), withRespectTo: vector), point: point)
  }

  /// The second derivatives in what lies at two paths, computed when they are first read. The shape is that of the first tensor
  /// followed by that of the second; something that is more than one tensor counts as a vector. Stops the program where
  /// `read(at:_:)` throws.
  ///
  /// - Complexity: at most as many products as the smaller one has elements.
  public subscript<Rows: TensorTree, Columns: TensorTree>(
    rows: KeyPath<Tree, Rows>, columns: KeyPath<Tree, Columns>
  ) -> Tensor<Tree.Scalar> { checked(try read(at: rows, columns)) }

  /// The second derivatives in what lies at two paths.
  ///
  /// - Throws: `TensorError` if a path leads to no variable, or they cannot be computed.
  public func read<Rows: TensorTree, Columns: TensorTree>(
    at rows: KeyPath<Tree, Rows>, _ columns: KeyPath<Tree, Columns>
  ) throws(TensorError) -> Tensor<Tree.Scalar> {
    try layout.block(of: matrix, at: rows, columns)
  }

  /// The number of elements of all tensors, twice.
  public var shape: [Int] { matrix.shape }

  /// The product with a direction of the same form. Stops the program where `readProduct(_:)` throws.
  ///
  /// - Complexity: one product, about six evaluations of the function.
  public func product(_ direction: Tree) -> Tree { checked(try readProduct(direction)) }

  /// The product with a direction of the same form.
  ///
  /// - Throws: `TensorError` if the direction has other shapes.
  public func readProduct(_ direction: Tree) throws(TensorError) -> Tree {
    try layout.check(direction, "product: the direction")
    return layout.tree(try matrix.readProduct(direction.flattened))
  }

  /// The second derivatives in one element each, in the form of the point. Stops the program where `readDiagonal()` throws.
  public var diagonal: Tree { checked(try readDiagonal()) }

  /// The second derivatives in one element each, in the form of the point.
  public func readDiagonal() throws(TensorError) -> Tree { layout.tree(try matrix.readDiagonal()) }

  /// The sum of the diagonal. Stops the program where `matrix.readTrace()` throws.
  public var trace: Tensor<Tree.Scalar> { matrix.trace }
}

extension TreeHessian: Sendable where Tree: Sendable {}

/// A Jacobian in several tensors: one lazy matrix, numbered over all their elements, that is read by paths.
public struct TreeJacobian<Tree: TensorTree> {
  /// The matrix over the elements of all tensors in order, shape y' + [N].
  public let matrix: Jacobian<Tree.Scalar>
  private let layout: TreeLayout<Tree>

  fileprivate init(matrix: Jacobian<Tree.Scalar>, point: Tree) {
    self.matrix = matrix
    layout = TreeLayout(point)
  }

  /// The Jacobian of a function of several tensors in one form.
  ///
  /// - Throws: what `f` throws.
  public init(of f: (Tree) throws -> Tensor<Tree.Scalar>, at point: Tree) throws {
    let (vector, point) = point.joined
    self.init(matrix: try Jacobian(of: f(point), withRespectTo: vector), point: point)
  }

  /// The derivatives in what lies at a path, of shape y' followed by that of the tensor. Stops the program where `read(at:)`
  /// throws.
  public subscript<Columns: TensorTree>(columns: KeyPath<Tree, Columns>) -> Tensor<Tree.Scalar> {
    checked(try read(at: columns))
  }

  /// The derivatives in what lies at a path, of shape y' followed by that of the tensor.
  ///
  /// - Throws: `TensorError` if the path leads to no variable, or they cannot be computed.
  public func read<Columns: TensorTree>(at columns: KeyPath<Tree, Columns>) throws(TensorError) -> Tensor<Tree.Scalar> {
    let columns = try layout.place(of: columns)
    let block = try matrix.read([.ellipsis, columns.component])
    return Tensor(block.node.reshaped(to: Shape(matrix.shape.dropLast() + columns.shape)))
  }

  /// The product with a direction of the form of the point, of y's shape. Stops the program where `readProduct(_:)` throws.
  public func product(_ direction: Tree) -> Tensor<Tree.Scalar> { checked(try readProduct(direction)) }

  /// The product with a direction of the form of the point, of y's shape.
  ///
  /// - Throws: `TensorError` if the direction has other shapes.
  public func readProduct(_ direction: Tree) throws(TensorError) -> Tensor<Tree.Scalar> {
    try layout.check(direction, "product: the direction")
    return try matrix.readProduct(direction.flattened)
  }
}

extension TreeJacobian: Sendable where Tree: Sendable {}

import SparseStructure
import TensorGraph

/// Where the elements of each tensor are among those of all.
struct TreeLayout<Tree: TensorTree> {
  /// Each tensor is a node of its own, so that what a path leads to is recognised.
  private let point: Tree
  private let starts: [Node: Int]

  init(_ point: Tree) {
    self.point = point
    var starts: [Node: Int] = [:]
    var start = 0
    for leaf in point.leaves {
      starts[leaf.node] = start
      start += leaf.node.shape.count
    }
    self.starts = starts
  }

  func tree(_ vector: Tensor<Tree.Scalar>) -> Tree { point.unflattened(vector) }

  /// All elements of a point of this form.
  func vector(_ other: Tree) throws(TensorError) -> Tensor<Tree.Scalar> {
    try check(other, "the point")
    return other.flattened
  }

  /// The elements of what lies at a path, and its shape.
  func place<Part: TensorTree>(of path: KeyPath<Tree, Part>) throws(TensorError) -> (
    component: IndexComponent, shape: [Int]
  ) {
    let leaves = point[keyPath: path].leaves
    guard let first = leaves.first, let start = starts[first.node] else {
      throw TensorError("\(path): this leads to none of the variables of \(Tree.self); list its member in `tensors`")
    }
    let count = leaves.reduce(0) { $0 + $1.node.shape.count }
    let component = IndexComponent.range(start: start, end: start + count, step: 1)
    return (component, leaves.count == 1 ? first.node.shape.dimensions : [count])
  }

  /// The block of a matrix over all elements between what lies at two paths.
  func block<Matrix: TensorIndexable, Rows: TensorTree, Columns: TensorTree>(
    of matrix: Matrix, at rows: KeyPath<Tree, Rows>, _ columns: KeyPath<Tree, Columns>
  ) throws(TensorError) -> Tensor<Tree.Scalar> where Matrix.Scalar == Tree.Scalar {
    let (rows, columns) = (try place(of: rows), try place(of: columns))
    return Tensor(
      try matrix.read([rows.component, columns.component]).node.reshaped(to: Shape(rows.shape + columns.shape)))
  }

  func check(_ other: Tree, _ name: String) throws(TensorError) { try point.requireForm(of: other, name) }
}

extension TreeLayout: Sendable where Tree: Sendable {}

extension TensorTree {
  /// Throws unless the tensors of another tree have the shapes of these.
  func requireForm(of other: Self, _ name: String) throws(TensorError) {
    let (own, others) = (leaves.map(\.node.shape), other.leaves.map(\.node.shape))
    guard own != others else { return }
    throw TensorError("\(name): tensors of shapes \(others), \(own) are needed")
  }

  /// One vector of all elements, a variable, and the same form made of it.
  var joined: (vector: Tensor<Scalar>, tree: Self) {
    let vector = flattened
    let variable = vector.stopGradient ? Tensor(Node(.reshape(vector.node.shape), [vector.node])) : vector
    return (variable, unflattened(variable))
  }
}

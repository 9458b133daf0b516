/// The matrix product as NumPy has it: vectors are rows or columns, leading axes broadcast.
public func matmul<Scalar: TensorNumeric>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.matmul(a.node, b.node))
}

/// The last axis of the first with the second to last (a vector's only) axis of the second.
public func dot<Scalar: TensorNumeric>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.dot(a.node, b.node))
}

/// All products of an element of the one with an element of the other.
public func outer<Scalar: TensorNumeric>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.outer(a.node, b.node))
}

/// The sum of products over pairs of axes.
public func tensordot<Scalar: TensorNumeric>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, axes: ([Int], [Int])
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.tensordot(a.node, b.node, axesA: axes.0, axesB: axes.1))
}

/// Einstein's summation: `einsum("ij,jk->ik", a, b)`. Repeated labels take diagonals, `...` broadcasts.
public func einsum<Scalar: TensorNumeric>(_ equation: String, _ operands: Tensor<Scalar>...) -> Tensor<Scalar> {
  Tensor(checking: try Operations.einsum(equation, operands.map(\.node)))
}

/// The Kronecker product.
public func kronecker<Scalar: TensorNumeric>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.kronecker(a.node, b.node))
}

/// The vector product along the last axis, of extent 3.
public func cross<Scalar: TensorNumeric>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.cross(a.node, b.node))
}

extension Tensor where Scalar: TensorNumeric {
  /// The sum of the diagonal of the last two axes.
  public func trace(offset: Int = 0) -> Tensor { Tensor(checking: try Operations.trace(node, offset: offset)) }
}

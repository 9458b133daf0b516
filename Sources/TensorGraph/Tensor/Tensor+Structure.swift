extension Tensor {
  /// The same elements in row-major order; one extent may be -1 and is computed.
  public func reshaped(to shape: [Int]) -> Tensor { Tensor(checking: try Operations.reshape(node, shape)) }

  /// The elements as a vector.
  public func flattened() -> Tensor { reshaped(to: [-1]) }

  /// Axes in reverse order, or in the given one: axis i of the result is axis `order[i]` of this.
  public func transposed(_ order: [Int]? = nil) -> Tensor { Tensor(checking: try Operations.transpose(node, order)) }

  /// Two axes exchanged.
  public func swappingAxes(_ a: Int, _ b: Int) -> Tensor { Tensor(checking: try Operations.swapAxes(node, a, b)) }

  /// One axis moved to another place.
  public func movingAxis(_ source: Int, to destination: Int) -> Tensor {
    Tensor(checking: try Operations.moveAxis(node, from: source, to: destination))
  }

  /// A new axis of extent 1.
  public func expandingDimensions(at axis: Int) -> Tensor {
    Tensor(checking: try Operations.expandDimensions(node, axis: axis))
  }

  /// Without the named axes of extent 1, or without all of them.
  public func squeezed(axes: [Int]? = nil) -> Tensor { Tensor(checking: try Operations.squeeze(node, axes: axes)) }

  /// Repeated along leading axes and axes of extent 1.
  public func broadcast(to shape: [Int]) -> Tensor {
    Tensor(checking: try Operations.broadcast(node, to: Shape(checking: shape)))
  }

  /// Reversed along the given axes, or along all.
  public func flipped(axes: [Int]? = nil) -> Tensor { Tensor(checking: try Operations.flip(node, axes: axes)) }

  /// Shifted cyclically along an axis.
  public func rolled(by shift: Int, axis: Int = 0) -> Tensor {
    Tensor(checking: try Operations.roll(node, by: shift, axis: axis))
  }

  /// The whole repeated along each axis.
  public func tiled(_ counts: [Int]) -> Tensor { Tensor(checking: try Operations.tile(node, counts)) }

  /// Each element repeated along an axis.
  public func repeated(_ count: Int, axis: Int) -> Tensor {
    Tensor(checking: try Operations.repeat(node, count: count, axis: axis))
  }

  /// Parts of the given extents along an axis.
  public func split(sizes: [Int], axis: Int = 0) -> [Tensor] {
    checked(try Operations.split(node, sizes: sizes, axis: axis), else: sizes.map { _ in node.missing }).map(
      Tensor.init)
  }

  /// Equal parts along an axis.
  public func split(into parts: Int, axis: Int = 0) -> [Tensor] {
    checked(
      try Operations.split(node, parts: parts, axis: axis), else: (0..<Swift.max(parts, 0)).map { _ in node.missing }
    )
    .map(Tensor.init)
  }

  /// Tensors one after another along an axis that they have.
  public static func concatenate(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    Tensor(checking: try Operations.concatenate(tensors.map(\.node), axis: axis))
  }

  /// Tensors of one shape along a new axis.
  public static func stack(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    Tensor(checking: try Operations.stack(tensors.map(\.node), axis: axis))
  }

  /// The elements with j = i + offset of two axes, as a new last axis.
  public func diagonal(offset: Int = 0, axes: (Int, Int) = (-2, -1)) -> Tensor {
    Tensor(checking: try Operations.diagonal(node, offset: offset, axis1: axes.0, axis2: axes.1))
  }

  /// A matrix with this vector on a diagonal, zero elsewhere.
  public func diagonalMatrix(offset: Int = 0) -> Tensor {
    Tensor(checking: try Operations.diagonalMatrix(node, offset: offset))
  }

  /// The matrix on and below a diagonal, zero above.
  public func lowerTriangle(offset: Int = 0) -> Tensor {
    Tensor(checking: try Operations.lowerTriangle(node, offset: offset))
  }

  /// The matrix on and above a diagonal, zero below.
  public func upperTriangle(offset: Int = 0) -> Tensor {
    Tensor(checking: try Operations.upperTriangle(node, offset: offset))
  }

  /// The subarrays at the given positions along an axis; negative positions count from the end.
  ///
  /// Here and wherever positions are given as a tensor, one that is outside its axis is an error: at once where the tensor
  /// is data, else when it is computed.
  public func gathered(at indices: Tensor<Int64>, axis: Int = 0) -> Tensor {
    Tensor(checking: try Operations.take(node, indices.node, axis: axis))
  }

  /// For each place the element whose position along the axis stands there in `indices`.
  public func taking(along axis: Int, indices: Tensor<Int64>) -> Tensor {
    Tensor(checking: try Operations.takeAlong(node, indices.node, axis: axis))
  }
}

extension Tensor where Scalar: TensorNumeric {
  /// Each axis extended by constant elements before and after.
  public func padded(_ widths: [(before: Int, after: Int)], with value: Double = 0) -> Tensor {
    Tensor(checking: try Operations.pad(node, widths, value: value))
  }

  /// Each axis extended by its mirror image without the edge itself.
  public func paddedByReflection(_ widths: [(before: Int, after: Int)]) -> Tensor {
    Tensor(checking: try Operations.pad(node, widths, mode: .reflect))
  }

  /// Each axis extended by its first and last elements.
  public func paddedByEdge(_ widths: [(before: Int, after: Int)]) -> Tensor {
    Tensor(checking: try Operations.pad(node, widths, mode: .edge))
  }

  /// This tensor with `values` added at positions along an axis; repeated positions add up.
  public func scatterAdding(_ values: Tensor, at indices: Tensor<Int64>, axis: Int = 0) -> Tensor {
    Tensor(checking: try Operations.scatterAdd(node, indices.node, values.node, axis: axis))
  }

  /// This tensor with `values` added at the places that `taking(along:indices:)` would read.
  public func adding(_ values: Tensor, along axis: Int, indices: Tensor<Int64>) -> Tensor {
    Tensor(checking: try Operations.addAlong(node, indices.node, values.node, axis: axis))
  }
}

extension Tensor where Scalar: TensorNumeric {
  /// This tensor with `values` in the place of the elements that `taking(along:indices:)` would read. Where a position
  /// occurs twice, the sum of its values is put there.
  public func putting(_ values: Tensor, along axis: Int, indices: Tensor<Int64>) -> Tensor {
    Tensor(checking: try Operations.putAlong(node, indices.node, values.node, axis: axis))
  }

  /// The sums of the subarrays along the first axis that have the same number, 0 ..< count: row k of the result has those
  /// of number k.
  public func segmentSums(_ numbers: Tensor<Int64>, count: Int) -> Tensor {
    Tensor(checking: try Operations.segmentSum(node, numbers.node, count: count))
  }

  /// The block of the given extents that starts at computed places, one number for each axis, negative ones counted from the
  /// end. A block that would not fit is moved.
  public func block(startingAt starts: [Tensor<Int64>], extents: [Int]) -> Tensor {
    Tensor(checking: try Operations.dynamicSlice(node, starts: starts.map(\.node), extents: extents))
  }

  /// This tensor with the block that `block(startingAt:extents:)` would read replaced.
  public func replacingBlock(startingAt starts: [Tensor<Int64>], with block: Tensor) -> Tensor {
    Tensor(checking: try Operations.dynamicUpdate(node, block.node, starts: starts.map(\.node)))
  }
}

extension Tensor where Scalar == Int64 {
  /// Vectors of zeros with a one at each position, 0 ..< classes, given by this tensor, along a new last axis.
  public func oneHot<Target: TensorNumeric>(classes: Int, as _: Target.Type = Target.self) -> Tensor<Target> {
    Tensor<Target>(checking: try Operations.oneHot(node, classes: classes, Target.scalarType))
  }
}

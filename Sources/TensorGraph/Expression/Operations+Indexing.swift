/// Reading and writing at computed places. Indices are int64 (or int32) tensors; negative ones count from the end.
extension Operations {
  /// The subarrays at `indices` along an axis; the axes of `indices` take the place of that axis.
  package static func take(_ x: Node, _ indices: Node, axis: Int) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "take")
    return x.gathered(try resolved(indices, extent: x.shape[axis], "take"), axis: axis)
  }

  /// For each place the element whose index along `axis` stands there in `indices`.
  package static func takeAlong(_ x: Node, _ indices: Node, axis: Int) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "take_along_axis")
    let flat = try flatPositions(x.shape, indices, axis: axis, "take_along_axis")
    return x.reshaped(to: [x.shape.count]).gathered(flat, axis: 0)
  }

  /// Adds `values` into `x` at `indices` along an axis: x[…, indices[j], …] += values[…, j, …].
  package static func scatterAdd(
    _ x: Node, _ indices: Node, _ values: Node, axis: Int
  ) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "scatter_add")
    let expected = Shape(
      Array(x.shape.dimensions[..<axis]) + indices.shape.dimensions + x.shape.dimensions[(axis + 1)...])
    guard values.shape == expected, values.scalarType == x.scalarType else {
      throw TensorError(
        "scatter_add: values have shape \(values.shape) (\(values.scalarType)), \(expected) (\(x.scalarType)) fits")
    }
    let places = try resolved(indices, extent: x.shape[axis], "scatter_add")
    return x + values.scatterAdded(places, axis: axis, extent: x.shape[axis])
  }

  /// Adds `values` into `x` at the places that `takeAlong` would read.
  package static func addAlong(
    _ x: Node, _ indices: Node, _ values: Node, axis: Int
  ) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "scatter_add_along")
    guard values.shape == indices.shape, values.scalarType == x.scalarType else {
      throw TensorError(
        "scatter_add_along: values \(values.shape) and indices \(indices.shape) differ; make them equal")
    }
    let flat = try flatPositions(x.shape, indices, axis: axis, "scatter_add_along")
    let added = values.scatterAdded(flat, axis: 0, extent: x.shape.count).reshaped(to: x.shape)
    return x + added
  }

  /// 1 where the class index equals the position along a new last axis, 0 elsewhere.
  package static func oneHot(_ indices: Node, classes: Int, _ type: ScalarType) throws(TensorError) -> Node {
    let indices = try requireIndices(indices, "one_hot")
    let shape = indices.shape + [classes]
    let position = Node(.iota(shape, axis: indices.shape.rank, .int64))
    let wanted = indices.broadcast(to: shape, axes: Array(0..<indices.shape.rank))
    return Node.compare(.equal, position, wanted).cast(to: type)
  }

  /// Places in the row-major order of `shape` for indices along one axis, the other axes being their own.
  private static func flatPositions(
    _ shape: Shape, _ indices: Node, axis: Int, _ operation: String
  ) throws(TensorError) -> Node {
    guard indices.shape.rank == shape.rank,
      (0..<shape.rank).allSatisfy({ $0 == axis || indices.shape[$0] == shape[$0] })
    else {
      throw TensorError("\(operation): indices \(indices.shape) must have the shape \(shape) but for axis \(axis)")
    }
    let strides = shape.strides
    var flat = try resolved(indices, extent: shape[axis], operation)
    flat = Double(strides[axis]) * flat
    for other in 0..<shape.rank where other != axis && shape[other] > 1 {
      flat = flat + Double(strides[other]) * Node(.iota(indices.shape, axis: other, .int64))
    }
    return flat
  }

  static func requireIndices(_ indices: Node, _ operation: String) throws(TensorError) -> Node {
    guard indices.scalarType.isInteger else {
      throw TensorError("\(operation): indices are whole numbers (int64), found \(indices.scalarType); cast them")
    }
    return indices.cast(to: .int64).detached()
  }

  /// Indices with negative ones counted from the end.
  private static func resolved(_ indices: Node, extent: Int, _ operation: String) throws(TensorError) -> Node {
    let indices = try requireIndices(indices, operation)
    let isNegative = Node.compare(.less, indices, indices.filled(with: 0))
    return .select(isNegative, Double(extent) + indices, indices)
  }
}

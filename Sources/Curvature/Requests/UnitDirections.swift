import TensorGraph

/// The unit directions of a tensor, by number: what a lazy matrix has as rows or columns.
///
/// Without a batch axis the directions are the elements in row-major order. With one, direction n moves element n of
/// every slice at once; slices are independent, so one product serves the whole batch.
struct UnitDirections {
  /// The tensor.
  let node: Node
  /// The axis along which slices are independent.
  let batchAxis: Int?

  /// The extents without the batch axis.
  var sliceShape: Shape { batchAxis.map { node.shape.removing(axes: [$0]) } ?? node.shape }
  /// The number of directions.
  var count: Int { sliceShape.count }
  /// The number of slices; 1 without a batch axis.
  var batchCount: Int { batchAxis.map { node.shape[$0] } ?? 1 }

  /// The elements of the tensor with the given number, one for each slice.
  func elements(of number: Int) -> [Int] {
    guard let batchAxis else { return [number] }
    let inner = node.shape.dimensions[(batchAxis + 1)...].reduce(1, *)
    return (0..<batchCount).map { (number / inner * batchCount + $0) * inner + number % inner }
  }

  /// The slice and the number of an element of the tensor.
  func place(of element: Int) -> (slice: Int, number: Int) {
    guard let batchAxis else { return (0, element) }
    let inner = node.shape.dimensions[(batchAxis + 1)...].reduce(1, *)
    return (element / inner % batchCount, element / (inner * batchCount) * inner + element % inner)
  }

  /// One direction for each index (int64, shape [K]).
  ///
  /// The indices are data, not part of the graph's structure, so all directions share one program.
  func units(_ indices: Node) -> UnitTensor {
    UnitTensor(at: indices, shape: node.shape, scalarType: node.scalarType, batchAxis: batchAxis)
  }

  /// The sum of the unit directions of a group for each index (int64, shape [K]): ones and zeros of shape [K] + the
  /// tensor's.
  ///
  /// The indices are data, not part of the graph's structure, so all directions share one program.
  /// - Parameter groups: for each direction the group to which it belongs (int64, shape [count]).
  func groupSeed(_ indices: Node, groups: Node) -> Node {
    let directions = indices.shape[0]
    let flat: Shape = [directions, count]
    let hit = Node.compare(.equal, groups.broadcast(to: flat, axes: [1]), indices.broadcast(to: flat, axes: [0]))
    let slices = hit.cast(to: node.scalarType).reshaped(to: [directions] + sliceShape)
    guard let batchAxis else { return slices }
    let repeated = slices.broadcast(
      to: [directions, batchCount] + sliceShape, axes: [0] + Array(2..<(2 + sliceShape.rank)))
    var order = Array(0..<repeated.shape.rank)
    order.insert(order.remove(at: 1), at: 1 + batchAxis)
    return repeated.permuted(order)
  }

  /// A tangent or cotangent [K] + shape laid out as [K, batch, element].
  func flattened(_ tangent: Node) -> Node {
    let directions = tangent.shape[0]
    guard let batchAxis else { return tangent.reshaped(to: [directions, 1, count]) }
    var order = Array(0..<tangent.shape.rank)
    order.insert(order.remove(at: 1 + batchAxis), at: 1)
    return tangent.permuted(order).reshaped(to: [directions, batchCount, count])
  }
}

import TensorGraph

// Sums of unit directions: one direction moves all elements of a group at once.

extension UnitDirections {
  /// One direction for each index (int64, shape [K]): ones and zeros of shape [K] + the tensor's.
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

  /// The sums of the unit directions of each group: constants of shape [groups] + the tensor's. No batch.
  func groupSeed(_ chosen: [Int], groups: [Int32]) -> Node {
    let storage = Storage(count: chosen.count * count, scalarType: node.scalarType)
    func fill<Scalar: DifferentiableScalar>(_: Scalar.Type) {
      let target = storage.base.initializeMemory(as: Scalar.self, repeating: 0, count: storage.count)
      for (slot, number) in chosen.enumerated() {
        for (direction, group) in groups.enumerated() where group == number { target[slot * count + direction] = 1 }
      }
    }
    if node.scalarType == .float32 { fill(Float.self) } else { fill(Double.self) }
    return Node(storage, shape: [chosen.count] + node.shape)
  }
}

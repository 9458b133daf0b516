/// Grids and quarter turns.
extension Operations {
  /// For each vector a tensor of the grid that they span, with the vector along its own axis. The axes are those of
  /// the vectors in order; unless `rowsFirst`, the first two are exchanged, as for pictures.
  package static func meshGrid(_ vectors: [Node], rowsFirst: Bool) throws(TensorError) -> [Node] {
    for vector in vectors where vector.shape.rank != 1 {
      throw TensorError("meshgrid: expects vectors, found shape \(vector.shape); reshape it")
    }
    let shape = Shape(vectors.map(\.shape.count))
    return vectors.enumerated().map { axis, vector in
      let grid = vector.broadcast(to: shape, axes: [axis])
      guard !rowsFirst, vectors.count > 1 else { return grid }
      return grid.permuted([1, 0] + Array(2..<vectors.count))
    }
  }

  /// Turned counterclockwise by a quarter in the plane of the first two axes, some number of times.
  package static func rotated90(_ x: Node, times: Int = 1) throws(TensorError) -> Node {
    guard x.shape.rank >= 2 else { throw TensorError("rotated90: needs two axes, found shape \(x.shape)") }
    switch ((times % 4) + 4) % 4 {
    case 1: return try swapAxes(flip(x, axes: [1]), 0, 1)
    case 2: return try flip(x, axes: [0, 1])
    case 3: return try flip(swapAxes(x, 0, 1), axes: [1])
    default: return x
    }
  }
}

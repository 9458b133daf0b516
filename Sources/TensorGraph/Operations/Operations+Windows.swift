/// Windows as columns, and pooling beyond means and maxima. Channels first, as in PyTorch.
extension Operations {
  /// The windows of the last axes as columns: x [N, C, spatial…], result [N, C · elements of a window, positions].
  package static func unfold(_ x: Node, _ windows: [Window]) throws(TensorError) -> Node {
    try requireReal(x, "unfolded")
    guard x.shape.rank == windows.count + 2 else {
      throw TensorError("unfolded: x has shape \(x.shape); expected [N, C] and \(windows.count) axes more")
    }
    let patches = try self.windows(x, windows, fill: 0, "unfolded")
    let axes = windows.indices
    let moved = patches.permuted([0, 1] + axes.map { 3 + 2 * $0 } + axes.map { 2 + 2 * $0 })
    let elements = windows.reduce(x.shape[1]) { $0 * $1.size }
    return moved.reshaped(to: [x.shape[0], elements, axes.reduce(1) { $0 * patches.shape[2 + 2 * $1] }])
  }

  /// The transpose of `unfold`: columns added up where their windows lie, [N, C, extents…].
  package static func fold(_ columns: Node, extents: [Int], _ windows: [Window]) throws(TensorError) -> Node {
    try requireReal(columns, "folded")
    let size = windows.reduce(1) { $0 * max($1.size, 1) }
    guard columns.shape.rank == 3, columns.shape[1] % size == 0, extents.count == windows.count,
      extents.allSatisfy({ $0 >= 0 })
    else {
      throw TensorError(
        "folded: columns \(columns.shape), \(extents.count) extents and \(windows.count) windows; give [N, C · \(size), "
          + "positions] and an extent for each window")
    }
    let whole = Node(.input(Shape([columns.shape[0], columns.shape[1] / size] + extents), columns.scalarType))
    let unfolded = try unfold(whole, windows)
    guard unfolded.shape == columns.shape else {
      throw TensorError(
        "folded: extents \(extents) have windows \(unfolded.shape), the columns have shape \(columns.shape)")
    }
    // Unfolding is linear, so this does not depend on the input.
    return pullback(of: [(unfolded, columns)], to: [whole])[0] ?? .zeros(whole.shape, whole.scalarType)
  }

  /// The p-norm of each window of the last axes.
  package static func powerPooling(_ x: Node, _ windows: [Window], order: Double) throws(TensorError) -> Node {
    let (patches, axes) = try pooled(x, windows, fill: 0, "lp_pool\(windows.count)d")
    return try norm(patches, axes, order: order)
  }

  /// The mean of as many windows of the last axes as asked for, as equal as possible: window i of n goes from
  /// ⌊i L / n⌋ to ⌈(i + 1) L / n⌉.
  package static func adaptiveAveragePooling(_ x: Node, extents: [Int]) throws(TensorError) -> Node {
    let leading = try requireAdaptive(x, extents, "adaptiveAveragePooled")
    var result = x
    for (i, extent) in extents.enumerated() {
      let axis = leading + i
      let length = x.shape[axis]
      var weights = [Double](repeating: 0, count: extent * length)
      for (place, window) in adaptiveWindows(length, extent).enumerated() {
        for element in window { weights[place * length + element] = 1 / Double(window.count) }
      }
      let matrix =
        x.scalarType == .float32
        ? Node(Storage(weights.map { Float($0) }), shape: [extent, length])
        : Node(Storage(weights), shape: [extent, length])
      let labels = Array(0..<result.shape.rank)
      let output = labels.map { $0 == axis ? result.shape.rank : $0 }
      result = .contraction(result, labels, matrix, [result.shape.rank, axis], output)
    }
    return result
  }

  /// The largest element of each of the windows of `adaptiveAveragePooling`; ties share the derivative.
  package static func adaptiveMaximumPooling(_ x: Node, extents: [Int]) throws(TensorError) -> Node {
    let leading = try requireAdaptive(x, extents, "adaptiveMaximumPooled")
    var result = x
    for (i, extent) in extents.enumerated().reversed() {
      let axis = leading + i
      let parts = adaptiveWindows(x.shape[axis], extent).map { window in
        Node(.extremum(.maximum, [axis]), [range(result, axis: axis, window.lowerBound, window.count)])
      }
      result = try stack(parts, axis: axis)
    }
    return result
  }

  private static func requireAdaptive(
    _ x: Node, _ extents: [Int], _ operation: String
  ) throws(TensorError) -> Int {
    try requireReal(x, operation)
    let leading = x.shape.rank - extents.count
    guard leading > 0, !extents.isEmpty, extents.allSatisfy({ $0 > 0 }),
      extents.indices.allSatisfy({ x.shape[leading + $0] > 0 })
    else {
      throw TensorError(
        "\(operation): output extents \(extents) of x \(x.shape): give 1 or more for each of the last axes, none of "
          + "which is empty")
    }
    try requireCountable(
      Array(x.shape.dimensions[..<leading]) + zip(extents, x.shape.dimensions[leading...]).flatMap { [$0, $1] },
      operation)
    return leading
  }

  private static func adaptiveWindows(_ length: Int, _ count: Int) -> [Range<Int>] {
    (0..<count).map { ($0 * length / count)..<((($0 + 1) * length + count - 1) / count) }
  }

  /// x [N, C, H, W] read at fractional places, bilinearly: grid [N, h, w, 2] holds x and y between -1 and 1; what lies
  /// outside is 0, and what is read at NaN is NaN (Jaderberg et al. 2015, "Spatial transformer networks").
  ///
  /// - Parameter alignsCorners: whether -1 and 1 are the centres of the outermost elements, or their outer edges.
  package static func sampleGrid(_ x: Node, _ grid: Node, alignsCorners: Bool = false) throws(TensorError) -> Node {
    try requireReal(x, "sampled")
    try requireSameType(x, grid, "sampled")
    guard x.shape.rank == 4, grid.shape.rank == 4, grid.shape[3] == 2, grid.shape[0] == x.shape[0],
      x.shape[2] > 0, x.shape[3] > 0
    else {
      throw TensorError("sampled: x \(x.shape) and grid \(grid.shape); give [N, C, H, W] and [N, h, w, 2]")
    }
    let (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let places = Shape([batch, grid.shape[1], grid.shape[2]])
    func coordinate(_ part: Int, _ extent: Int) -> Node {
      let relative = range(grid, axis: 3, part, 1).reshaped(to: places)
      let scale = 0.5 * Double(alignsCorners ? extent - 1 : extent)
      return scale * (1 + relative) + relative.filled(with: alignsCorners ? 0 : -0.5)
    }
    let (across, down) = (coordinate(0, width), coordinate(1, height))
    let (left, top) = (Node.elementwise(.floor, across), Node.elementwise(.floor, down))
    let (right, low) = (across - left, down - top)
    let rows = x.permuted([0, 2, 3, 1]).reshaped(to: [batch * height * width, channels])
    let first = Double(height * width) * Node(.iota(places, axis: 0, .int64))
    var total: Node?
    for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
      let (column, row) = (Double(dx) + left, Double(dy) + top)
      func isInside(_ place: Node, _ extent: Int) -> Node {
        .logical(
          .and, .compare(.greaterOrEqual, place, place.filled(with: 0)),
          .compare(.less, place, place.filled(with: Double(extent))))
      }
      let inside = Node.logical(.and, isInside(column, width), isInside(row, height))
      func index(_ place: Node) -> Node {
        .select(inside, place.detached(), place.filled(with: 0)).cast(to: .int64)
      }
      let flat = first + Double(width) * index(row) + index(column)
      let weight = (dx == 1 ? right : 1 - right) * (dy == 1 ? low : 1 - low)
      let shape = places + [channels]
      let value = rows.gathered(flat, axis: 0) * weight.broadcast(to: shape, axes: [0, 1, 2])
      let part = Node.select(inside.broadcast(to: shape, axes: [0, 1, 2]), value, value.filled(with: 0))
      total = total.map { $0 + part } ?? part
    }
    // A place that is no number is neither inside nor outside.
    let isPlace = Node.logical(.and, .compare(.equal, across, across), .compare(.equal, down, down))
      .broadcast(to: total!.shape, axes: [0, 1, 2])
    return Node.select(isPlace, total!, total!.filled(with: .nan)).permuted([0, 3, 1, 2])
  }
}

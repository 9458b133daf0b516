/// Windows of an axis, and what is made of them: convolutions and pooling. Channels first, as in PyTorch.
extension Operations {
  /// How a window moves along one axis.
  package struct Window: Hashable, Sendable {
    package var size: Int
    package var stride: Int
    package var padding: Int
    package var dilation: Int

    package init(size: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
      (self.size, self.stride, self.padding, self.dilation) = (size, stride, padding, dilation)
    }

    /// The elements that it covers.
    var reach: Int { dilation * (size - 1) + 1 }
  }

  /// Each of the last axes as two: positions of its window, and elements within the window.
  ///
  /// - Parameter fill: what stands in the padding.
  static func windows(
    _ x: Node, _ windows: [Window], fill: Double, _ operation: String
  ) throws(TensorError) -> Node {
    let leading = x.shape.rank - windows.count
    for (axis, window) in windows.enumerated() {
      guard window.size > 0, window.stride > 0, window.dilation > 0, window.padding >= 0 else {
        throw TensorError("\(operation): window size, stride and dilation are 1 or more, padding 0 or more")
      }
      guard x.shape[leading + axis] + 2 * window.padding >= window.reach else {
        throw TensorError(
          "\(operation): a window of \(window.reach) does not fit axis \(leading + axis) of extent "
            + "\(x.shape[leading + axis]) with padding \(window.padding); pad more or use a smaller window")
      }
    }
    let none = Array(repeating: (before: 0, after: 0), count: leading)
    var result = try pad(x, none + windows.map { ($0.padding, $0.padding) }, value: fill)
    // From the last axis to the first, so that the places of those to come do not change.
    for (i, window) in windows.enumerated().reversed() {
      let count = (result.shape[leading + i] - window.reach) / window.stride + 1
      var places: [Int64] = []
      for position in 0..<count {
        for element in 0..<window.size { places.append(Int64(position * window.stride + element * window.dilation)) }
      }
      result = result.gathered(Node(Storage(places), shape: [count, window.size]), axis: leading + i)
    }
    return result
  }

  /// The cross-correlation of x [N, C, spatial…] (N optional) with w [O, C / groups, window…]: what PyTorch calls a
  /// convolution.
  ///
  /// - Parameter windows: one for each spatial axis; their sizes are those of w.
  package static func convolution(
    _ x: Node, _ w: Node, _ windows: [Window], groups: Int = 1
  ) throws(TensorError) -> Node {
    let name = "conv\(windows.count)d"
    let (x, hasBatch) = try withBatch(x, windows.count, name)
    let (inputs, outputs) = (x.shape[1], w.shape.rank > 0 ? w.shape[0] : 0)
    guard w.shape.rank == windows.count + 2, groups > 0, inputs % groups == 0, outputs % groups == 0,
      w.shape[1] == inputs / groups
    else {
      throw TensorError(
        "\(name): x \(x.shape) and w \(w.shape) with \(groups) groups: w is [outputs, inputs / groups, window…], and "
          + "groups divides both")
    }
    let patches = try self.windows(x, windows, fill: 0, name)
    // Labels: batch 0, group 1, input 2, output 3, positions 10…, elements of the window 20….
    let spatial = Array(windows.indices)
    let left = patches.reshaped(
      to: Shape([x.shape[0], groups, inputs / groups] + patches.shape.dimensions.dropFirst(2)))
    let right = w.reshaped(to: Shape([groups, outputs / groups] + w.shape.dimensions.dropFirst(1)))
    let product = Node.contraction(
      left, [0, 1, 2] + spatial.flatMap { [10 + $0, 20 + $0] }, right, [1, 3, 2] + spatial.map { 20 + $0 },
      [0, 1, 3] + spatial.map { 10 + $0 })
    let result = product.reshaped(to: Shape([x.shape[0], outputs] + product.shape.dimensions.dropFirst(3)))
    return hasBatch ? result : result.reshaped(to: Shape(Array(result.shape.dimensions.dropFirst())))
  }

  /// The transpose of `convolution` in its first operand: x [N, C, spatial…] with w [C, O / groups, window…].
  package static func transposedConvolution(
    _ x: Node, _ w: Node, _ windows: [Window], groups: Int = 1
  ) throws(TensorError) -> Node {
    let name = "conv_transpose\(windows.count)d"
    let (x, hasBatch) = try withBatch(x, windows.count, name)
    guard w.shape.rank == windows.count + 2, groups > 0, w.shape[0] == x.shape[1], w.shape[0] % groups == 0 else {
      throw TensorError(
        "\(name): x \(x.shape) and w \(w.shape) with \(groups) groups: w is [inputs, outputs / groups, window…], and "
          + "groups divides the inputs")
    }
    // Zeros between the elements, then a convolution with the window turned around.
    var shape = Array(x.shape.dimensions.prefix(2))
    var places = shape.map(AxisSlice.all)
    for (i, window) in windows.enumerated() {
      let extent = x.shape[2 + i]
      let (margin, overshoot) = (window.reach - 1 - window.padding, window.stride - 1)
      guard window.stride > 0, window.dilation > 0, window.padding >= 0, margin >= 0, extent > 0 else {
        throw TensorError(
          "\(name): axis \(2 + i) of \(x.shape): stride and dilation are 1 or more, padding is less than the window")
      }
      shape.append(extent * window.stride - overshoot + 2 * margin)
      places.append(AxisSlice(start: margin, step: window.stride, count: extent))
    }
    let spread = x.embedded(in: Shape(shape), at: places)
    let spatial = Array(windows.indices)
    let (inputs, outputs) = (w.shape[0] / groups, w.shape[1])
    let turned = try flip(w, axes: spatial.map { 2 + $0 })
      .reshaped(to: Shape([groups, inputs, outputs] + w.shape.dimensions.dropFirst(2)))
    let kernel = turned.permuted([0, 2, 1] + spatial.map { 3 + $0 })
      .reshaped(to: Shape([groups * outputs, inputs] + w.shape.dimensions.dropFirst(2)))
    let result = try convolution(
      spread, kernel, windows.map { Window(size: $0.size, dilation: $0.dilation) }, groups: groups)
    return hasBatch ? result : result.reshaped(to: Shape(Array(result.shape.dimensions.dropFirst())))
  }

  private static func withBatch(
    _ x: Node, _ spatial: Int, _ operation: String
  ) throws(TensorError) -> (Node, hasBatch: Bool) {
    try requireReal(x, operation)
    switch x.shape.rank {
    case spatial + 2: return (x, true)
    case spatial + 1: return (x.reshaped(to: [1] + x.shape), false)
    default:
      throw TensorError(
        "\(operation): x has shape \(x.shape); expected [batch, channels, …] or [channels, …] with \(spatial) axes more"
      )
    }
  }

  /// The largest element of each window of the last axes; the padding never wins.
  package static func maximumPooling(_ x: Node, _ windows: [Window]) throws(TensorError) -> Node {
    let (patches, axes) = try pooled(x, windows, fill: -.infinity, "max_pool\(windows.count)d")
    return try maximum(patches, axes)
  }

  /// The mean of each window of the last axes; the padding counts as zeros.
  package static func averagePooling(_ x: Node, _ windows: [Window]) throws(TensorError) -> Node {
    let (patches, axes) = try pooled(x, windows, fill: 0, "avg_pool\(windows.count)d")
    return try mean(patches, axes)
  }

  /// The windows of the last axes, and the axes along which their elements lie.
  static func pooled(
    _ x: Node, _ windows: [Window], fill: Double, _ operation: String
  ) throws(TensorError) -> (patches: Node, axes: [Int]) {
    try requireReal(x, operation)
    guard x.shape.rank > windows.count else {
      throw TensorError("\(operation): x has shape \(x.shape); expected channels and \(windows.count) axes more")
    }
    for window in windows where window.padding * 2 > window.size {
      throw TensorError("\(operation): padding \(window.padding) is more than half of the window \(window.size)")
    }
    let leading = x.shape.rank - windows.count
    let patches = try self.windows(x, windows, fill: fill, operation)
    return (patches, windows.indices.map { leading + 2 * $0 + 1 })
  }
}

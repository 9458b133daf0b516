import TensorGraph

/// Where the elements of a tensor lie in a buffer: a box with a stride per axis, perhaps with a margin of zeros.
///
/// Movement of elements composes here instead of moving anything. Everything is counted in elements.
struct Access: Hashable {
  /// One axis: index i of `extent` is `stride` · i further on, and zero unless first ≤ i < first + valid.
  struct Axis: Hashable {
    var extent: Int
    var stride: Int
    var first: Int
    var valid: Int

    init(extent: Int, stride: Int) {
      self.extent = extent
      self.stride = stride
      first = 0
      valid = extent
    }

    var isMasked: Bool { first > 0 || valid < extent }
  }

  var offset: Int
  var axes: [Axis]

  /// Row-major from the start of a buffer.
  init(_ shape: Shape) {
    offset = 0
    axes = zip(shape.dimensions, shape.strides).map(Axis.init)
  }

  init(offset: Int, axes: [Axis]) {
    self.offset = offset
    self.axes = axes
  }

  var count: Int { axes.reduce(1) { $0 * $1.extent } }
  var isMasked: Bool { axes.contains(where: \.isMasked) }

  /// Whether the elements lie one after another.
  var isContiguous: Bool {
    let axes = simplified.axes
    return axes.isEmpty || (axes.count == 1 && axes[0].stride == 1 && !axes[0].isMasked)
  }

  /// The elements and nothing else of a buffer of `count`.
  func isWhole(of count: Int) -> Bool { offset == 0 && self.count == count && isContiguous }

  /// Without axes of extent 1, neighbouring axes merged where one stride serves both.
  var simplified: Access {
    var merged: [Axis] = []
    for axis in axes where axis.extent != 1 || axis.isMasked {
      if let last = merged.last, !last.isMasked, !axis.isMasked, last.stride == axis.stride * axis.extent {
        merged[merged.count - 1] = Axis(extent: last.extent * axis.extent, stride: axis.stride)
      } else {
        merged.append(axis)
      }
    }
    return Access(offset: offset, axes: merged)
  }

  // MARK: Movement

  func permuted(_ order: [Int]) -> Access { Access(offset: offset, axes: order.map { axes[$0] }) }

  func sliced(_ slices: [AxisSlice]) -> Access {
    var result = self
    for (i, slice) in slices.enumerated() {
      let axis = axes[i]
      var new = Axis(extent: slice.count, stride: axis.stride * slice.step)
      result.offset += slice.start * axis.stride
      if axis.isMasked {
        // The j in 0 ..< count with first <= start + step · j < first + valid.
        let (low, high) = (axis.first - slice.start, axis.first + axis.valid - 1 - slice.start)
        let (near, far) = slice.step > 0 ? (low, high) : (-high, -low)
        let from = max(0, -floorDivide(-near, abs(slice.step)))
        let to = min(slice.count - 1, floorDivide(far, abs(slice.step)))
        (new.first, new.valid) = from <= to ? (from, to - from + 1) : (0, 0)
      }
      result.axes[i] = new
    }
    return result
  }

  /// As the primitive of that name: operand axis i becomes axis `to[i]` of a shape.
  func broadcast(to shape: Shape, axes to: [Int]) -> Access {
    var result = Access(offset: offset, axes: shape.dimensions.map { Axis(extent: $0, stride: 0) })
    for (i, target) in to.enumerated() {
      if axes[i].extent == shape[target] {
        result.axes[target] = axes[i]
      } else if axes[i].isMasked {
        result.axes[target].valid = 0
      }
    }
    return result
  }

  /// The transpose of `sliced`: nil unless every step is 1 or -1.
  func embedded(in shape: Shape, _ slices: [AxisSlice]) -> Access? {
    var result = self
    for (i, slice) in slices.enumerated() {
      let axis = axes[i]
      guard slice.isRun else { return nil }
      let step = slice.count <= 1 ? 1 : slice.step
      var new = Axis(extent: shape[i], stride: axis.stride * step)
      result.offset -= slice.start * new.stride
      new.valid = axis.valid
      new.first = step == 1 ? slice.start + axis.first : slice.start - (axis.first + axis.valid - 1)
      if axis.valid == 0 { new.first = 0 }
      result.axes[i] = new
    }
    return result
  }

  /// The same elements in row-major order under another shape; nil where no strides express that.
  func reshaped(to shape: Shape) -> Access? {
    let old = axes.filter { $0.extent != 1 || $0.isMasked }
    var result: [Axis] = []
    var i = 0
    var axis = 0
    while axis < shape.rank {
      if shape[axis] == 1 {
        result.append(Axis(extent: 1, stride: 0))
        axis += 1
        continue
      }
      guard i < old.count else { return nil }
      if old[i].extent == shape[axis] {
        result.append(old[i])
        i += 1
        axis += 1
        continue
      }
      // The shortest runs of axes on both sides with the same number of elements.
      var (from, to) = (old[i].extent, shape[axis])
      var (oldEnd, newEnd) = (i + 1, axis + 1)
      while from != to {
        if from < to {
          guard oldEnd < old.count else { return nil }
          from *= old[oldEnd].extent
          oldEnd += 1
        } else {
          guard newEnd < shape.rank else { return nil }
          to *= shape[newEnd]
          newEnd += 1
        }
      }
      let run = Access(offset: 0, axes: Array(old[i..<oldEnd])).simplified.axes
      guard run.count == 1, !run[0].isMasked else { return nil }
      var stride = run[0].stride
      var split: [Axis] = []
      for extent in shape.dimensions[axis..<newEnd].reversed() {
        split.append(Axis(extent: extent, stride: stride))
        stride *= extent
      }
      result.append(contentsOf: split.reversed())
      i = oldEnd
      axis = newEnd
    }
    guard i == old.count else { return nil }
    return Access(offset: offset, axes: result)
  }
}

private func floorDivide(_ x: Int, _ y: Int) -> Int { x >= 0 ? x / y : -((y - 1 - x) / y) }

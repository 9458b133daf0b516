/// The primitives that are linear in their first operand whatever their parameters, and all that is true of them: which
/// shape they give, what they are transposed and behind further leading axes, and where indices go.
package enum LinearPrimitive: Hashable, Sendable {
  /// Repeats along new or stretched axes: operand axis i, of extent n or 1, becomes axis `axes[i]` of the shape;
  /// `axes` is increasing. Axes of the shape that are not named, or whose operand extent is 1, repeat.
  case broadcast(Shape, axes: [Int])
  /// The same elements in row-major order under another shape.
  case reshape(Shape)
  /// Result axis i is operand axis `order[i]`.
  case permute([Int])
  /// Per axis: result index i is operand index start + step · i.
  case slice([AxisSlice])
  /// Zeros of the shape, with the operand at the places that the slice would read: the transpose of `slice`.
  case embed(Shape, [AxisSlice])
  /// Operands x, i: x's subarrays at the indices i along an axis; i's axes take the place of that axis.
  case gather(axis: Int)
  /// Operands x, i: adds x's subarrays into zeros at the indices i along an axis of the given extent: the transpose
  /// of `gather`.
  case scatterAdd(axis: Int, extent: Int)
  /// The sum over axes (sorted), which disappear.
  case sum([Int])
  /// Running sums along an axis, from its start or from its end.
  case cumulativeSum(axis: Int, reversed: Bool)
}

/// Every how-manyth element an axis keeps, and from where: index i reads start + step · i.
package struct AxisSlice: Hashable, Sendable {
  package var start: Int
  package var step: Int
  package var count: Int

  package init(start: Int, step: Int, count: Int) {
    self.start = start
    self.step = step
    self.count = count
  }

  /// The whole of an axis.
  package static func all(_ extent: Int) -> AxisSlice { AxisSlice(start: 0, step: 1, count: extent) }

  /// Whether this reads the whole of an axis in order.
  package func isAll(of extent: Int) -> Bool { self == .all(extent) }

  /// Whether what this reads lies side by side, in this or the other order.
  package var isRun: Bool { abs(step) == 1 || count <= 1 }
}

extension Shape {
  /// A part of one axis, the whole of the others.
  package func slices(axis: Int, _ start: Int, _ count: Int, step: Int = 1) -> [AxisSlice] {
    var slices = dimensions.map(AxisSlice.all)
    slices[axis] = AxisSlice(start: start, step: step, count: count)
    return slices
  }
}

extension LinearPrimitive {
  /// The shape of the image of a tensor of the given shape.
  ///
  /// - Parameter indices: the shape of the operand of indices, if there is one.
  package func shape(of operand: Shape, _ indices: () -> Shape) -> Shape {
    switch self {
    case .broadcast(let shape, _), .reshape(let shape), .embed(let shape, _): return shape
    case .permute(let order): return Shape(order.map { operand[$0] })
    case .slice(let slices): return Shape(slices.map(\.count))
    case .gather(let axis):
      return Shape(operand.dimensions[..<axis] + indices().dimensions + operand.dimensions[(axis + 1)...])
    case .scatterAdd(let axis, let extent):
      return Shape(operand.dimensions[..<axis] + [extent] + operand.dimensions[(axis + indices().rank)...])
    case .sum(let axes): return operand.removing(axes: axes)
    case .cumulativeSum: return operand
    }
  }

  /// The sign of the elements of an image: of what is read or added through indices nothing is known.
  var sign: ScalarFacts.Sign {
    switch self {
    case .gather, .scatterAdd: .unknown
    case .broadcast, .reshape, .permute, .slice, .embed, .sum, .cumulativeSum: .likeAll
    }
  }

  /// The image of a tensor with `lift` leading axes: by the same primitive, its axes shifted.
  ///
  /// - Parameter indices: the operand of indices, if there is one.
  package func applied(to x: Node, indices: Node?, lift: Int = 0) -> Node {
    let leading = x.shape.dimensions[..<lift]
    func lifted(_ shape: Shape) -> Shape { Shape(leading + shape.dimensions) }
    func lifted(_ axes: [Int]) -> [Int] { (0..<lift) + axes.map { $0 + lift } }
    func lifted(_ slices: [AxisSlice]) -> [AxisSlice] { leading.map(AxisSlice.all) + slices }
    return switch self {
    case .broadcast(let shape, let axes): x.broadcast(to: lifted(shape), axes: lifted(axes))
    case .reshape(let shape): x.reshaped(to: lifted(shape))
    case .permute(let order): x.permuted(lifted(order))
    case .slice(let slices): x.sliced(lifted(slices))
    case .embed(let shape, let slices): x.embedded(in: lifted(shape), at: lifted(slices))
    case .gather(let axis): x.gathered(indices!, axis: axis + lift)
    case .scatterAdd(let axis, let extent): x.scatterAdded(indices!, axis: axis + lift, extent: extent)
    case .sum(let axes): x.summed(over: axes.map { $0 + lift })
    case .cumulativeSum(let axis, let reversed): x.cumulativelySummed(axis: axis + lift, reversed: reversed)
    }
  }

  /// The transpose, for an operand of the given shape: one or two primitives, one after another, with the same indices.
  package func transposed(_ operand: Shape) -> [LinearPrimitive] {
    switch self {
    case .broadcast(let shape, let axes):
      // The sum over what repeated: axes that are new, and axes whose operand extent is 1 (kept as 1 by the reshape).
      let repeated = shape.dimensions.indices.filter { axis in
        axes.firstIndex(of: axis).map { operand[$0] == 1 && shape[axis] != 1 } ?? true
      }
      return [.sum(repeated), .reshape(operand)]
    case .reshape: return [.reshape(operand)]
    case .permute(let order): return [.permute(order.indices.map { order.firstIndex(of: $0)! })]
    case .slice(let slices): return [.embed(operand, slices)]
    case .embed(_, let slices): return [.slice(slices)]
    case .gather(let axis): return [.scatterAdd(axis: axis, extent: operand[axis])]
    case .scatterAdd(let axis, _): return [.gather(axis: axis)]
    case .sum(let axes):
      return [.broadcast(operand, axes: operand.dimensions.indices.filter { !axes.contains($0) })]
    case .cumulativeSum(let axis, let reversed): return [.cumulativeSum(axis: axis, reversed: !reversed)]
    }
  }

  /// The axis whose positions the indices are, in the operand of a gather or the image of a scatter, and its extent; nil
  /// for what has no indices.
  func indexedAxis(of operand: Shape) -> (axis: Int, extent: Int)? {
    switch self {
    case .gather(let axis): (axis, operand[axis])
    case .scatterAdd(let axis, let extent): (axis, extent)
    case .broadcast, .reshape, .permute, .slice, .embed, .sum, .cumulativeSum: nil
    }
  }

  /// Whether each element of the image is one of the operand's, known by its place: nothing need be computed.
  package var isView: Bool {
    switch self {
    case .broadcast, .reshape, .permute, .slice: true
    case .embed, .gather, .scatterAdd, .sum, .cumulativeSum: false
    }
  }

  /// Whether each element of the image is one of the operand's.
  package var isSelection: Bool { if case .gather = self { true } else { isView } }

  /// Whether elements only go elsewhere, perhaps among zeros.
  package var isMovement: Bool { if case .embed = self { true } else { isView } }

  /// The name of the operation in error texts.
  var name: String {
    switch self {
    case .broadcast: "broadcast"
    case .reshape: "reshape"
    case .permute: "transpose"
    case .slice: "slice"
    case .embed: "embed"
    case .gather: "gather"
    case .scatterAdd: "scatterAdd"
    case .sum: "sum"
    case .cumulativeSum: "cumulativeSum"
    }
  }

  /// The extent of the axis of which the second operand names places; nil if there is none.
  func placeExtent(in shape: Shape) -> Int? {
    switch self {
    case .gather(let axis): shape[axis]
    case .scatterAdd(_, let extent): extent
    case .broadcast, .reshape, .permute, .slice, .embed, .sum, .cumulativeSum: nil
    }
  }
}

/// Reductions, scans and order statistics.
extension Operations {
  /// Applies a reduction over resolved axes and restores them with extent 1 if they are to be kept.
  static func reduce(
    _ x: Node, _ axes: [Int]?, _ keepsAxes: Bool, _ operation: String, _ body: (Node, [Int]) throws(TensorError) -> Node
  ) throws(TensorError) -> Node {
    let axes = try ShapeRules.axes(axes, rank: x.shape.rank, operation: operation)
    let result = try body(x, axes)
    return keepsAxes ? result.reshaped(to: x.shape.collapsing(axes: axes)) : result
  }

  private static func requireElements(_ x: Node, _ axes: [Int], _ operation: String) throws(TensorError) {
    for axis in axes where x.shape[axis] == 0 {
      throw TensorError("\(operation): axis \(axis) of shape \(x.shape) is empty; there is nothing to reduce")
    }
  }

  package static func sum(_ x: Node, _ axes: [Int]? = nil, keepsAxes: Bool = false) throws(TensorError) -> Node {
    let x = x.scalarType == .bool ? x.cast(to: .int64) : x
    return try reduce(x, axes, keepsAxes, "sum") { x, axes in x.summed(over: axes) }
  }

  package static func mean(_ x: Node, _ axes: [Int]? = nil, keepsAxes: Bool = false) throws(TensorError) -> Node {
    try requireReal(x, "mean")
    return try reduce(x, axes, keepsAxes, "mean") { x, axes in
      let count = axes.reduce(1) { $0 * x.shape[$1] }
      let total = x.summed(over: axes)
      return total / total.filled(with: Double(count))
    }
  }

  package static func maximum(_ x: Node, _ axes: [Int]? = nil, keepsAxes: Bool = false) throws(TensorError) -> Node {
    try extremum(x, axes, keepsAxes, .maximum)
  }

  package static func minimum(_ x: Node, _ axes: [Int]? = nil, keepsAxes: Bool = false) throws(TensorError) -> Node {
    try extremum(x, axes, keepsAxes, .minimum)
  }

  private static func extremum(
    _ x: Node, _ axes: [Int]?, _ keepsAxes: Bool, _ extremum: Extremum
  ) throws(TensorError) -> Node {
    let name = extremum.rawValue
    try requireNumeric(x, name)
    return try reduce(x, axes, keepsAxes, name) { (x, axes) throws(TensorError) in
      try requireElements(x, axes, name)
      return axes.isEmpty ? x : Spectrum.extreme(x, axes, extremum) ?? Node(.extremum(extremum, axes), [x])
    }
  }

  /// The product, by halving: exact at zeros to every order, since nothing is ever divided.
  package static func product(_ x: Node, _ axes: [Int]? = nil, keepsAxes: Bool = false) throws(TensorError) -> Node {
    try requireNumeric(x, "product")
    return try reduce(x, axes, keepsAxes, "product") { x, axes in
      let kept = (0..<x.shape.rank).filter { !axes.contains($0) }
      let leading = Shape(kept.map { x.shape[$0] })
      var rest = x.permuted(kept + axes).reshaped(to: leading + [axes.reduce(1) { $0 * x.shape[$1] }])
      while rest.shape[kept.count] > 1 {
        let count = rest.shape[kept.count]
        let paired = Node.elementwise(
          .multiply, range(rest, axis: kept.count, 0, count / 2), range(rest, axis: kept.count, count / 2, count / 2))
        rest =
          count % 2 == 0
          ? paired : .concatenate([paired, range(rest, axis: kept.count, count - 1, 1)], axis: kept.count)
      }
      return rest.shape[kept.count] == 0
        ? rest.filled(with: 1).reducedFill(to: leading) : rest.reshaped(to: leading)
    }
  }

  /// Running sums along an axis.
  package static func cumulativeSum(_ x: Node, axis: Int, reversed: Bool = false) throws(TensorError) -> Node {
    try requireNumeric(x, "cumulativeSum")
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "cumulativeSum")
    return x.cumulativelySummed(axis: axis, reversed: reversed)
  }

  /// Running products and extrema along an axis, by doubling (Hillis & Steele 1986): log₂ n steps.
  package static func cumulative(
    _ function: ScalarFunction, _ x: Node, axis: Int, operation: String
  ) throws(TensorError) -> Node {
    try requireNumeric(x, operation)
    return try cumulative(x, axis: axis, operation) { .elementwise(function, $0, $1) }
  }

  /// ln of running sums of eˣ along an axis, without overflow.
  package static func cumulativeLogSumExp(_ x: Node, axis: Int) throws(TensorError) -> Node {
    try requireReal(x, "cumulativeLogSumExp")
    return try cumulative(x, axis: axis, "cumulativeLogSumExp") { (a, b) throws(TensorError) in try logAddExp(a, b) }
  }

  private static func cumulative(
    _ x: Node, axis: Int, _ operation: String, _ combine: (Node, Node) throws(TensorError) -> Node
  ) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: operation)
    let count = x.shape[axis]
    var result = x
    var distance = 1
    while distance < count {
      let combined = try combine(
        range(result, axis: axis, distance, count - distance), range(result, axis: axis, 0, count - distance))
      result = .concatenate([range(result, axis: axis, 0, distance), combined], axis: axis)
      distance *= 2
    }
    return result
  }

  // MARK: Masks and positions (no derivatives)

  /// The first index of the largest (or smallest) element along an axis, as int64; NaN counts as the extremum.
  package static func argExtremum(
    _ x: Node, axis: Int?, largest: Bool, keepsAxis: Bool = false
  ) throws(TensorError) -> Node {
    let name = largest ? "argmax" : "argmin"
    try requireNumeric(x, name)
    let flat = axis == nil ? x.reshaped(to: [x.shape.count]) : x
    let resolved = try ShapeRules.axis(axis ?? 0, rank: flat.shape.rank, operation: name)
    try requireElements(flat, [resolved], name)
    let best = Node(.extremum(largest ? .maximum : .minimum, [resolved]), [flat])
      .reshaped(to: flat.shape.collapsing(axes: [resolved])).broadcast(to: flat.shape)
    let isBest = Node.logical(.or, .compare(.equal, flat, best), .compare(.notEqual, flat, flat))
    let position = Node(.iota(flat.shape, axis: resolved, .int64))
    let candidates = Node.select(isBest, position, position.filled(with: Double(flat.shape[resolved])))
    let result = Node(.extremum(.minimum, [resolved]), [candidates])
    return keepsAxis ? result.reshaped(to: flat.shape.collapsing(axes: [resolved])) : result
  }

  /// Whether any (or every) element of a mask is true.
  package static func quantify(
    _ x: Node, _ axes: [Int]? = nil, all: Bool, keepsAxes: Bool = false
  ) throws(TensorError) -> Node {
    let name = all ? "all" : "any"
    guard x.scalarType == .bool else {
      throw TensorError("\(name): expects a mask (bool), found \(x.scalarType); compare first")
    }
    let counts = all ? Node.logical(.not, x) : x
    let total = try sum(counts.cast(to: .int64), axes, keepsAxes: keepsAxes)
    return .compare(all ? .equal : .greater, total, total.filled(with: 0))
  }

  /// The indices that sort along an axis: stable, NaN last.
  package static func argsort(_ x: Node, axis: Int = -1, descending: Bool = false) throws(TensorError) -> Node {
    try requireNumeric(x, "argsort")
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "argsort")
    return Node(.argsort(axis: axis), [descending ? .elementwise(.negate, x.detached()) : x.detached()])
  }

  /// The elements in order along an axis; the derivative follows the elements.
  package static func sort(_ x: Node, axis: Int = -1, descending: Bool = false) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "sorted")
    return try takeAlong(x, argsort(x, axis: axis, descending: descending), axis: axis)
  }

  /// The `count` largest (or smallest) elements in order, and where they stood.
  package static func top(
    _ x: Node, count: Int, axis: Int = -1, largest: Bool = true
  ) throws(TensorError) -> (values: Node, indices: Node) {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "top")
    guard count >= 0, count <= x.shape[axis] else {
      throw TensorError("top: \(count) elements of an axis of extent \(x.shape[axis]); ask for at most that many")
    }
    let indices = range(try argsort(x, axis: axis, descending: largest), axis: axis, 0, count)
    return (try takeAlong(x, indices, axis: axis), indices)
  }

  /// The k-th smallest element along an axis, counted from 1.
  package static func kthSmallest(_ x: Node, _ k: Int, axis: Int = -1) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "kthSmallest")
    guard k >= 1, k <= x.shape[axis] else {
      throw TensorError("kthSmallest: element \(k) of an axis of extent \(x.shape[axis]); count from 1")
    }
    let place = range(try argsort(x, axis: axis), axis: axis, k - 1, 1)
    return try takeAlong(x, place, axis: axis).reshaped(to: x.shape.removing(axes: [axis]))
  }

  /// The sum of the elements that are numbers; NaN counts as 0 and has no derivative.
  package static func sumOfNumbers(
    _ x: Node, _ axes: [Int]? = nil, keepsAxes: Bool = false
  ) throws(TensorError) -> Node {
    try requireReal(x, "sumOfNumbers")
    return try sum(.select(.compare(.equal, x, x), x, x.filled(with: 0)), axes, keepsAxes: keepsAxes)
  }

  /// The q-quantile along axes, linearly interpolated between order statistics (NumPy's default).
  package static func quantile(
    _ x: Node, _ q: Double, _ axes: [Int]? = nil, keepsAxes: Bool = false
  ) throws(TensorError) -> Node {
    try requireReal(x, "quantile")
    guard q >= 0, q <= 1 else { throw TensorError("quantile: \(q) is outside 0...1") }
    return try reduce(x, axes, keepsAxes, "quantile") { (x, axes) throws(TensorError) in
      try requireElements(x, axes, "quantile")
      let kept = (0..<x.shape.rank).filter { !axes.contains($0) }
      let leading = Shape(kept.map { x.shape[$0] })
      let count = axes.reduce(1) { $0 * x.shape[$1] }
      let sorted = try sort(x.permuted(kept + axes).reshaped(to: leading + [count]))
      let position = q * Double(count - 1)
      let lower = min(count - 1, Int(position))
      let fraction = position - Double(lower)
      let below = range(sorted, axis: kept.count, lower, 1).reshaped(to: leading)
      var result = below
      if fraction > 0 {
        result =
          (1 - fraction) * below + fraction * range(sorted, axis: kept.count, lower + 1, 1).reshaped(to: leading)
      }
      // NaN are sorted last, and one of them is the result.
      let last = range(sorted, axis: kept.count, count - 1, 1).reshaped(to: leading)
      return .select(.compare(.equal, last, last), result, last.filled(with: .nan))
    }
  }
}

extension Shape {
  /// The shape with the given axes at extent 1.
  package func collapsing(axes: [Int]) -> Shape {
    Shape(dimensions.enumerated().map { axes.contains($0) ? 1 : $1 })
  }
}

extension Node {
  /// The constant of this fill in another shape.
  func reducedFill(to shape: Shape) -> Node {
    .fill(fillLiteral!, shape: shape, scalarType: scalarType)
  }
}

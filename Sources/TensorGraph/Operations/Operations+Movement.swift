/// Movement: the same elements in other places.
extension Operations {
  /// The same elements in row-major order; one extent may be -1 and is computed.
  package static func reshape(_ x: Node, _ dimensions: [Int]) throws(TensorError) -> Node {
    var resolved = dimensions
    let unknown = dimensions.indices.filter { dimensions[$0] == -1 }
    guard unknown.count <= 1, dimensions.allSatisfy({ $0 >= -1 }) else {
      throw TensorError("reshaped: \(dimensions) is no shape; extents are 0 or more, and one may be -1")
    }
    var known = 1
    for extent in dimensions where extent != -1 {
      let (product, overflow) = known.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw TensorError("reshaped: \(dimensions) has more elements than an Int can count") }
      known = product
    }
    if let axis = unknown.first { resolved[axis] = known == 0 ? 0 : x.shape.count / known }
    guard resolved.reduce(1, *) == x.shape.count else {
      throw TensorError(
        "reshaped: shape \(x.shape) has \(x.shape.count) elements, \(dimensions) cannot; keep the number of elements")
    }
    return x.reshaped(to: Shape(resolved))
  }

  /// Axes in another order; without an order they are reversed.
  package static func transpose(_ x: Node, _ order: [Int]? = nil) throws(TensorError) -> Node {
    guard let order else { return x.permuted(Array((0..<x.shape.rank).reversed())) }
    guard order.count == x.shape.rank else {
      throw TensorError("transposed: \(order) names \(order.count) axes of a tensor of rank \(x.shape.rank); name each")
    }
    var resolved: [Int] = []
    for axis in order { resolved.append(try ShapeRules.axis(axis, rank: x.shape.rank, operation: "transposed")) }
    guard Set(resolved).count == order.count else {
      throw TensorError("transposed: \(order) names an axis twice; name each axis once")
    }
    return x.permuted(resolved)
  }

  package static func swapAxes(_ x: Node, _ a: Int, _ b: Int) throws(TensorError) -> Node {
    let a = try ShapeRules.axis(a, rank: x.shape.rank, operation: "swappingAxes")
    let b = try ShapeRules.axis(b, rank: x.shape.rank, operation: "swappingAxes")
    var order = Array(0..<x.shape.rank)
    order.swapAt(a, b)
    return x.permuted(order)
  }

  package static func moveAxis(_ x: Node, from source: Int, to destination: Int) throws(TensorError) -> Node {
    let source = try ShapeRules.axis(source, rank: x.shape.rank, operation: "movingAxis")
    let destination = try ShapeRules.axis(destination, rank: x.shape.rank, operation: "movingAxis")
    var order = Array(0..<x.shape.rank)
    order.insert(order.remove(at: source), at: destination)
    return x.permuted(order)
  }

  /// A new axis of extent 1.
  package static func expandDimensions(_ x: Node, axis: Int) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank + 1, operation: "expandingDimensions")
    var dimensions = x.shape.dimensions
    dimensions.insert(1, at: axis)
    return x.reshaped(to: Shape(dimensions))
  }

  /// Without the named axes of extent 1, or without all of them.
  package static func squeeze(_ x: Node, axes: [Int]? = nil) throws(TensorError) -> Node {
    guard let axes else { return x.reshaped(to: Shape(x.shape.dimensions.filter { $0 != 1 })) }
    let resolved = try ShapeRules.axes(axes, rank: x.shape.rank, operation: "squeezed")
    for axis in resolved where x.shape[axis] != 1 {
      throw TensorError("squeezed: axis \(axis) of shape \(x.shape) has extent \(x.shape[axis]); only 1 can go")
    }
    return x.reshaped(to: x.shape.removing(axes: resolved))
  }

  /// Repeats along leading axes and axes of extent 1.
  package static func broadcast(_ x: Node, to shape: Shape) throws(TensorError) -> Node {
    guard try ShapeRules.broadcast(x.shape, shape, operation: "broadcast") == shape else {
      throw TensorError("broadcast: shape \(x.shape) does not stretch to \(shape); extents must agree or be 1")
    }
    return x.broadcast(to: shape)
  }

  package static func flip(_ x: Node, axes: [Int]? = nil) throws(TensorError) -> Node {
    let flipped = try ShapeRules.axes(axes, rank: x.shape.rank, operation: "flipped")
    return x.sliced(
      x.shape.dimensions.enumerated().map { axis, extent in
        flipped.contains(axis) && extent > 0
          ? AxisSlice(start: extent - 1, step: -1, count: extent) : .all(extent)
      })
  }

  /// The subarrays start ..< start + count along one axis.
  static func range(_ x: Node, axis: Int, _ start: Int, _ count: Int, step: Int = 1) -> Node {
    x.sliced(x.shape.slices(axis: axis, start, count, step: step))
  }

  /// Operands one after another along an axis that they have.
  package static func concatenate(_ parts: [Node], axis: Int = 0) throws(TensorError) -> Node {
    guard let first = parts.first else { throw TensorError("concatenate: no tensors given; give at least one") }
    let axis = try ShapeRules.axis(axis, rank: first.shape.rank, operation: "concatenate")
    for part in parts.dropFirst() {
      guard part.shape.rank == first.shape.rank,
        part.shape.removing(axes: [axis]) == first.shape.removing(axes: [axis])
      else {
        throw TensorError(
          "concatenate: shapes \(first.shape) and \(part.shape) must agree on every axis but \(axis); reshape one")
      }
      guard part.scalarType == first.scalarType else {
        throw TensorError("concatenate: element types \(first.scalarType) and \(part.scalarType) differ; cast one")
      }
    }
    return .concatenate(parts, axis: axis)
  }

  /// Operands of one shape along a new axis.
  package static func stack(_ parts: [Node], axis: Int = 0) throws(TensorError) -> Node {
    guard let first = parts.first else { throw TensorError("stack: no tensors given; give at least one") }
    for part in parts where part.shape != first.shape {
      throw TensorError("stack: shapes \(first.shape) and \(part.shape) differ; stack tensors of one shape")
    }
    var expanded: [Node] = []
    for part in parts { expanded.append(try expandDimensions(part, axis: axis)) }
    let resolved = try ShapeRules.axis(axis, rank: first.shape.rank + 1, operation: "stack")
    return try concatenate(expanded, axis: resolved)
  }

  /// Parts of the given extents along an axis.
  package static func split(_ x: Node, sizes: [Int], axis: Int = 0) throws(TensorError) -> [Node] {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "split")
    let extent = x.shape[axis]
    guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(extent, { $0 < $1 ? -1 : $0 - $1 }) == 0 else {
      throw TensorError(
        "split: sizes \(sizes) do not add up to extent \(extent) of axis \(axis); make them sum to it")
    }
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return range(x, axis: axis, start, size)
    }
  }

  /// Equal parts along an axis.
  package static func split(_ x: Node, parts: Int, axis: Int = 0) throws(TensorError) -> [Node] {
    let resolved = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "split")
    guard parts > 0, x.shape[resolved] % parts == 0 else {
      throw TensorError(
        "split: extent \(x.shape[resolved]) of axis \(axis) is no multiple of \(parts); give the sizes instead")
    }
    return try split(x, sizes: Array(repeating: x.shape[resolved] / parts, count: parts), axis: axis)
  }

  /// Elements shifted cyclically along an axis.
  package static func roll(_ x: Node, by shift: Int, axis: Int) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "rolled")
    let extent = x.shape[axis]
    guard extent > 0 else { return x }
    let offset = ((shift % extent) + extent) % extent
    if offset == 0 { return x }
    return .concatenate(
      [range(x, axis: axis, extent - offset, offset), range(x, axis: axis, 0, extent - offset)], axis: axis)
  }

  /// That there may be a result of these extents.
  static func requireCountable(_ dimensions: [Int], _ operation: String) throws(TensorError) {
    // An extent of 0 does not excuse others: they are multiplied in some order.
    guard dimensions.reduce(1, { $0.saturatingProduct(max(1, $1)) }) < Int.max else {
      throw TensorError("\(operation): a result of extents \(dimensions) has more elements than an Int can count")
    }
  }

  /// The whole tensor repeated along each axis; missing counts on the left are 1.
  package static func tile(_ x: Node, _ counts: [Int]) throws(TensorError) -> Node {
    guard counts.allSatisfy({ $0 >= 0 }) else { throw TensorError("tiled: counts \(counts) must be 0 or more") }
    let rank = max(counts.count, x.shape.rank)
    let counts = Array(repeating: 1, count: rank - counts.count) + counts
    let dimensions = Array(repeating: 1, count: rank - x.shape.rank) + x.shape.dimensions
    let interleaved = zip(counts, dimensions).flatMap { [$0, $1] }
    try requireCountable(interleaved, "tiled")
    let axes = dimensions.indices.map { 2 * $0 + 1 }
    return x.reshaped(to: Shape(dimensions)).broadcast(to: Shape(interleaved), axes: axes)
      .reshaped(to: Shape(zip(counts, dimensions).map { $0 * $1 }))
  }

  /// Each element repeated `count` times along an axis.
  package static func `repeat`(_ x: Node, count: Int, axis: Int) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "repeated")
    guard count >= 0 else { throw TensorError("repeated: count \(count) must be 0 or more") }
    var dimensions = x.shape.dimensions
    dimensions.insert(count, at: axis + 1)
    try requireCountable(dimensions, "repeated")
    let axes = Array(0...axis) + ((axis + 1)..<max(axis + 1, x.shape.rank)).map { $0 + 1 }
    return x.broadcast(to: Shape(dimensions), axes: axes)
      .reshaped(to: x.shape.replacing(axis: axis, with: x.shape[axis] * count))
  }

  /// How `pad` fills.
  package enum PaddingMode: String, CaseIterable { case constant, edge, reflect }

  /// Extends each axis by `widths` elements before and after.
  package static func pad(
    _ x: Node, _ widths: [(before: Int, after: Int)], mode: PaddingMode = .constant, value: Double = 0
  ) throws(TensorError) -> Node {
    guard widths.count == x.shape.rank, widths.allSatisfy({ $0.before >= 0 && $0.after >= 0 }) else {
      throw TensorError("padded: give a pair of widths, 0 or more, for each of the \(x.shape.rank) axes of \(x.shape)")
    }
    try requireCountable(
      zip(x.shape.dimensions, widths).map { extent, width in
        let (both, overflow) = width.before.addingReportingOverflow(width.after)
        let (sum, overflows) = both.addingReportingOverflow(extent)
        return overflow || overflows ? .max : sum
      }, "padded")
    var result = x
    for (axis, width) in widths.enumerated() where width.before + width.after > 0 {
      let extent = x.shape[axis]
      switch mode {
      case .constant:
        let before = Node.fill(.real(value), shape: result.shape.replacing(axis: axis, with: width.before), like: x)
        let after = Node.fill(.real(value), shape: result.shape.replacing(axis: axis, with: width.after), like: x)
        result = .concatenate([before, result, after], axis: axis)
      case .edge:
        guard extent > 0 else { throw TensorError("padded: axis \(axis) is empty, there is no edge to repeat") }
        let first = range(result, axis: axis, 0, 1)
        let last = range(result, axis: axis, extent - 1, 1)
        result = .concatenate(
          [
            first.broadcast(to: result.shape.replacing(axis: axis, with: width.before)), result,
            last.broadcast(to: result.shape.replacing(axis: axis, with: width.after)),
          ], axis: axis)
      case .reflect:
        guard max(width.before, width.after) < extent else {
          throw TensorError("padded: reflection by \(max(width.before, width.after)) needs more than extent \(extent)")
        }
        let before = range(result, axis: axis, width.before, width.before, step: -1)
        let after = range(result, axis: axis, max(0, extent - 2), width.after, step: -1)
        result = .concatenate([before, result, after], axis: axis)
      }
    }
    return result
  }
}

extension Node {
  /// Every element `value`, in the type of another node.
  package static func fill(_ value: Literal, shape: Shape, like node: Node) -> Node {
    .fill(
      node.scalarType.isDifferentiable ? .real(value.double) : .integer(value.integer), shape: shape,
      scalarType: node.scalarType)
  }
}

extension Int {
  /// The product of numbers that are not negative, or the largest number.
  fileprivate func saturatingProduct(_ other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}

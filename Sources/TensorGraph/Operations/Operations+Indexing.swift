/// Reading and writing at computed places. Indices are int64 (or int32) tensors; negative ones count from the end, but for
/// numbers of classes and segments. One that is outside its axis is an error: at once where its value is known, else when it
/// is computed.
extension Operations {
  /// The subarrays at `indices` along an axis; the axes of `indices` take the place of that axis.
  package static func take(_ x: Node, _ indices: Node, axis: Int) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "gathered")
    return x.gathered(try resolved(indices, axis, x.shape[axis], "gathered"), axis: axis)
  }

  /// For each place the element whose index along `axis` stands there in `indices`.
  package static func takeAlong(_ x: Node, _ indices: Node, axis: Int) throws(TensorError) -> Node {
    try pick(x, indices, axis: axis, "taking(along:)")
  }

  /// `takeAlong` for an operation.
  ///
  /// - Parameter countsFromEnd: whether negative indices are allowed.
  static func pick(
    _ x: Node, _ indices: Node, axis: Int, countsFromEnd: Bool = true, _ operation: String
  ) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: operation)
    let flat = try flatPositions(x.shape, indices, axis: axis, countsFromEnd: countsFromEnd, operation)
    return x.reshaped(to: [x.shape.count]).gathered(flat, axis: 0)
  }

  /// Adds `values` into `x` at `indices` along an axis: x[…, indices[j], …] += values[…, j, …].
  package static func scatterAdd(
    _ x: Node, _ indices: Node, _ values: Node, axis: Int
  ) throws(TensorError) -> Node {
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank, operation: "scatterAdding")
    let expected = Shape(
      Array(x.shape.dimensions[..<axis]) + indices.shape.dimensions + x.shape.dimensions[(axis + 1)...])
    guard values.shape == expected, values.scalarType == x.scalarType else {
      throw TensorError(
        "scatterAdding: values have shape \(values.shape) (\(values.scalarType)), \(expected) (\(x.scalarType)) fits")
    }
    let places = try resolved(indices, axis, x.shape[axis], "scatterAdding")
    return x + values.scatterAdded(places, axis: axis, extent: x.shape[axis])
  }

  /// Adds `values` into `x` at the places that `takeAlong` would read.
  package static func addAlong(
    _ x: Node, _ indices: Node, _ values: Node, axis: Int
  ) throws(TensorError) -> Node {
    try requireSameType(x, values, "adding(along:)")
    return x + (try spread(x.shape, indices, [values], axis: axis, "adding(along:)"))[0]
  }

  /// Puts `values` in the place of the elements that `takeAlong` would read. Where an index occurs twice, the sum of its
  /// values is put there.
  package static func putAlong(
    _ x: Node, _ indices: Node, _ values: Node, axis: Int
  ) throws(TensorError) -> Node {
    try requireSameType(x, values, "putting(along:)")
    let ones = values.filled(with: 1).detached()
    let put = try spread(x.shape, indices, [values, ones], axis: axis, "putting(along:)")
    return .select(.compare(.greater, put[1], put[1].filled(with: 0)), put[0], x)
  }

  /// Values added into zeros of a shape at the places that `takeAlong` would read.
  private static func spread(
    _ shape: Shape, _ indices: Node, _ values: [Node], axis: Int, _ operation: String
  ) throws(TensorError) -> [Node] {
    let axis = try ShapeRules.axis(axis, rank: shape.rank, operation: operation)
    guard values[0].shape == indices.shape else {
      throw TensorError(
        "\(operation): values \(values[0].shape) and indices \(indices.shape) differ; make them equal")
    }
    let flat = try flatPositions(shape, indices, axis: axis, operation)
    return values.map { $0.scatterAdded(flat, axis: 0, extent: shape.count).reshaped(to: shape) }
  }

  /// The sums of the subarrays of x along its first axis that have the same number: result row k has those of number k.
  package static func segmentSum(_ x: Node, _ numbers: Node, count: Int) throws(TensorError) -> Node {
    try requireNumeric(x, "segmentSums")
    guard x.shape.rank >= 1, numbers.shape == [x.shape[0]], count >= 0 else {
      throw TensorError(
        "segmentSums: \(count) segments, numbers \(numbers.shape) for x \(x.shape); give a number for each row")
    }
    let places = try resolved(numbers, 0, count, "segmentSums", countsFromEnd: false)
    return x.scatterAdded(places, axis: 0, extent: count)
  }

  /// The block of the given extents that starts at computed places, one for each axis. Negative ones count from the end, and
  /// places at which it would not fit are moved, as in JAX.
  package static func dynamicSlice(_ x: Node, starts: [Node], extents: [Int]) throws(TensorError) -> Node {
    let places = try dynamicPlaces(x.shape, starts, extents, "block")
    return places.enumerated().reduce(x) { $0.gathered($1.element, axis: $1.offset) }
  }

  /// x with the block that `dynamicSlice` would read replaced.
  package static func dynamicUpdate(_ x: Node, _ block: Node, starts: [Node]) throws(TensorError) -> Node {
    try requireSameType(x, block, "replacingBlock")
    let places = try dynamicPlaces(x.shape, starts, block.shape.dimensions, "replacingBlock")
    func spread(_ node: Node) -> Node {
      places.enumerated().reduce(node) { $0.scatterAdded($1.element, axis: $1.offset, extent: x.shape[$1.offset]) }
    }
    let hits = spread(block.filled(with: 1))
    return .select(.compare(.greater, hits, hits.filled(with: 0)), spread(block), x)
  }

  private static func dynamicPlaces(
    _ shape: Shape, _ starts: [Node], _ extents: [Int], _ operation: String
  ) throws(TensorError) -> [Node] {
    guard starts.count == shape.rank, extents.count == shape.rank,
      zip(extents, shape.dimensions).allSatisfy({ $0 >= 0 && $0 <= $1 })
    else {
      throw TensorError(
        "\(operation): \(starts.count) starts and extents \(extents) for shape \(shape); give one of each for every "
          + "axis, no extent larger than the axis")
    }
    var places: [Node] = []
    for (axis, start) in starts.enumerated() {
      let start = try requireIndices(start, operation)
      guard start.shape.count == 1 else {
        throw TensorError("\(operation): the start of axis \(axis) has shape \(start.shape), expected one number")
      }
      let one = start.reshaped(to: [])
      let zero = one.filled(with: 0)
      let last = one.filled(with: Double(shape[axis] - extents[axis]))
      let counted = Node.select(.compare(.less, one, zero), Double(shape[axis]) + one, one)
      let bounded = Node.elementwise(.max, .elementwise(.min, counted, last), zero)
      let block = Shape([extents[axis]])
      places.append(bounded.broadcast(to: block, axes: []) + Node(.iota(block, axis: 0, .int64)))
    }
    return places
  }

  /// 1 where the class index equals the position along a new last axis, 0 elsewhere.
  package static func oneHot(_ indices: Node, classes: Int, _ type: ScalarType) throws(TensorError) -> Node {
    guard classes >= 0 else { throw TensorError("oneHot: \(classes) classes; give 0 or more") }
    try requireCountable(indices.shape.dimensions + [classes], "oneHot")
    let indices = try resolved(indices, indices.shape.rank, classes, "oneHot", countsFromEnd: false)
    let shape = indices.shape + [classes]
    let position = Node(.iota(shape, axis: indices.shape.rank, .int64))
    let wanted = indices.broadcast(to: shape, axes: Array(0..<indices.shape.rank))
    return Node.compare(.equal, position, wanted).cast(to: type)
  }

  /// Places in the row-major order of `shape` for indices along one axis, the other axes being their own.
  private static func flatPositions(
    _ shape: Shape, _ indices: Node, axis: Int, countsFromEnd: Bool = true, _ operation: String
  ) throws(TensorError) -> Node {
    guard indices.shape.rank == shape.rank,
      (0..<shape.rank).allSatisfy({ $0 == axis || indices.shape[$0] == shape[$0] })
    else {
      throw TensorError("\(operation): indices \(indices.shape) must have the shape \(shape) but for axis \(axis)")
    }
    let strides = shape.strides
    var flat = try resolved(indices, axis, shape[axis], operation, countsFromEnd: countsFromEnd)
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

  /// Indices along an axis, negative ones counted from the end, checked.
  ///
  /// - Parameter countsFromEnd: whether negative indices are allowed.
  private static func resolved(
    _ given: Node, _ axis: Int, _ extent: Int, _ operation: String, countsFromEnd: Bool = true
  ) throws(TensorError) -> Node {
    var indices = try requireIndices(given, operation)
    // So that a table is the same node however often it is used.
    if given.arePlaces(below: extent) { return indices }
    do { try requireInside(given, axis: axis, extent: extent, countsFromEnd: countsFromEnd) } catch {
      throw TensorError("\(operation): \(error.message)")
    }
    let isData = given.givenIndices != nil
    if countsFromEnd {
      var isCounted = Node.compare(.less, indices, indices.filled(with: 0))
      // An index that is outside stays as it was given, for the text of the error.
      if !isData {
        isCounted = .logical(.and, isCounted, .compare(.greaterOrEqual, indices, indices.filled(with: -Double(extent))))
      }
      indices = .select(isCounted, Double(extent) + indices, indices)
    }
    if isData { return indices }
    // Reading the numbers 0, 1, … along such an axis checks them, and tells of this axis whatever they are used for.
    let numbers = Node(.iota(Shape(Array(repeating: 1, count: axis) + [extent]), axis: axis, .int64))
    return numbers.gathered(indices, axis: axis).reshaped(to: indices.shape)
  }

  /// That indices whose values are known are places of an axis.
  package static func requireInside(
    _ indices: Node, axis: Int, extent: Int, countsFromEnd: Bool = true
  ) throws(TensorError) {
    guard let known = indices.value ?? indices.givenIndices else { return }
    let least = countsFromEnd ? -extent : 0
    for i in 0..<known.count {
      let index = Int(known.literal(at: i).integer)
      guard index >= least, index < extent else {
        throw .indexOutside(axis, index: index, extent: extent, countsFromEnd: countsFromEnd)
      }
    }
  }
}

extension Node {
  /// The elements, in row-major order, of whole numbers that are data, if under another shape or type; nil for others,
  /// which may be computed again from other numbers.
  fileprivate var givenIndices: Storage? {
    var node = self
    while node.scalarType.isInteger {
      if node.isInput { return node.value }
      if !node.isCast { guard case .linear(.reshape) = node.primitive else { return nil } }
      node = node.operands[0]
    }
    return nil
  }

  /// Whether each element is one of some data of 64 bits that are all in 0 ..< `extent`. O(those data), which may be a few
  /// times as many.
  fileprivate func arePlaces(below extent: Int) -> Bool {
    var node = self
    while node.isView { node = node.operands[0] }
    guard node.isInput, node.scalarType == .int64, let known = node.value, known.count <= 16 * shape.count else {
      return false
    }
    return known.withElements(of: Int64.self) { numbers in numbers.allSatisfy { $0 >= 0 && $0 < extent } }
  }
}

import TensorGraph

extension FunctionTable {
  /// Reading and writing at computed places.
  static let indexing: [FormulaFunction] = [
    FormulaFunction("take(x, indices, axis=None)", "the elements at indices", aliases: ["index_select"]) { a in
      let x = try a.any("x")
      let axis = try a.optionalInteger("axis")
      let flat = axis == nil ? x.reshaped(to: [x.shape.count]) : x
      let resolved = try ShapeRules.axis(axis ?? 0, rank: flat.shape.rank, operation: "take")
      return try Operations.take(flat, a.indices("indices", axis: resolved, of: flat.shape), axis: resolved)
    },
    FormulaFunction(
      "take_along_axis(x, indices, axis)", "for each place the element whose index stands there", aliases: ["gather"]
    ) { a in
      let (x, axis) = try a.axis(of: "x")
      return try Operations.takeAlong(x, a.indices("indices", axis: axis, of: x.shape), axis: axis)
    },
    FormulaFunction(
      "put_along_axis(x, indices, values, axis)", "values in the place of the elements whose indices stand there",
      aliases: ["scatter"]
    ) { a in
      let (x, axis) = try a.axis(of: "x")
      let indices = try a.indices("indices", axis: axis, of: x.shape)
      return try Operations.putAlong(x, indices, a.values("values", like: x, indices.shape), axis: axis)
    },
    FormulaFunction(
      "scatter_add(x, indices, values, axis)", "values added to the elements whose indices stand there"
    ) { a in
      let (x, axis) = try a.axis(of: "x")
      let indices = try a.indices("indices", axis: axis, of: x.shape)
      return try Operations.addAlong(x, indices, a.values("values", like: x, indices.shape), axis: axis)
    },
    FormulaFunction("index_add(x, indices, values, axis=0)", "subarrays added at indices of an axis") { a in
      let (x, axis) = try a.axis(of: "x")
      let indices = try a.indices("indices", axis: axis, of: x.shape)
      let shape = Shape(
        Array(x.shape.dimensions[..<axis]) + indices.shape.dimensions + x.shape.dimensions[(axis + 1)...])
      return try Operations.scatterAdd(x, indices, a.values("values", like: x, shape), axis: axis)
    },
    FormulaFunction("masked_fill(x, mask, value)", "a value in the place of the elements where the mask is true") { a in
      let nodes = try a.numbers("x", "value")
      return try Operations.select(a.mask("mask"), nodes[1], nodes[0])
    },
    FormulaFunction("segment_sum(x, numbers, count)", "the sums of the rows that have the same number") { a in
      let (x, count) = (try a.number("x"), try a.integer("count"))
      guard count >= 0 else { throw a.fault("count", "found \(count), expected 0 or more") }
      try Sizes.check([count] + x.shape.dimensions.dropFirst(), x.scalarType)
      return try Operations.segmentSum(
        x, a.indices("numbers", axis: 0, of: [count], countsFromEnd: false), count: count)
    },
    FormulaFunction("embedding(indices, weights)", "the rows of weights at indices") { a in
      let weights = try a.number("weights")
      guard weights.shape.rank > 0 else { throw a.fault("weights", "found shape [], expected rows", status: .data) }
      return try Operations.take(weights, a.indices("indices", axis: 0, of: weights.shape), axis: 0)
    },
    FormulaFunction("dynamic_slice(x, starts, sizes)", "the block that starts at computed places") { a in
      try Operations.dynamicSlice(a.any("x"), starts: a.starts("starts"), extents: a.integers("sizes"))
    },
    FormulaFunction(
      "dynamic_update_slice(x, block, starts)", "x with the block that starts at computed places replaced"
    ) { a in
      let nodes = try a.numbers("x", "block")
      return try Operations.dynamicUpdate(nodes[0], nodes[1], starts: a.starts("starts"))
    },
    FormulaFunction("one_hot(x, num_classes)", "1 at the class, from 0 on, 0 elsewhere, along a new last axis") { a in
      let classes = try a.integer("num_classes")
      guard classes >= 0 else { throw a.fault("num_classes", "found \(classes), expected 0 or more") }
      let shape = try a.any("x").shape + [classes]
      let x = try a.indices("x", axis: shape.rank - 1, of: shape, countsFromEnd: false)
      try Sizes.check(shape.dimensions, a.real)
      return try Operations.oneHot(x, classes: classes, a.real)
    },
  ]
}

extension Arguments {
  /// A tensor and the argument `axis` counted from its front.
  fileprivate func axis(of name: String) throws -> (Node, Int) {
    let x = try number(name)
    return (x, try ShapeRules.axis(integer("axis"), rank: x.shape.rank, operation: function.name))
  }

  /// Values of the type of a tensor, repeated to a shape.
  fileprivate func values(_ name: String, like x: Node, _ shape: Shape) throws -> Node {
    let values = try number(name)
    let converted = values.scalarType == x.scalarType ? values : values.cast(to: x.scalarType)
    guard try ShapeRules.broadcast(converted.shape, shape, operation: function.name) == shape else {
      throw fault(name, "shape \(values.shape) does not fit \(shape)", status: .data)
    }
    return converted.broadcast(to: shape)
  }

  /// One whole number for each axis, as tensors.
  fileprivate func starts(_ name: String) throws -> [Node] {
    switch self[name] {
    case .list, .tuple: return try tensors(name, least: .whole)
    case .tensor, .integer, .real, .boolean, .string, .none, .ellipsis, .slice, .module, .function:
      let node = try number(name)
      return node.shape.rank == 0 ? [node] : try tensors(name, least: .whole)
    }
  }
}

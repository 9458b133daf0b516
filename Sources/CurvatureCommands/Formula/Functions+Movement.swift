import TensorGraph

extension FunctionTable {
  /// The same elements in other places.
  static let movement: [FormulaFunction] = [
    FormulaFunction("reshape(x, *shape)", "the elements under another shape; one extent may be -1") { a in
      try Operations.reshape(a.any("x"), a.integers("shape"))
    },
    FormulaFunction("ravel(x)", "the elements as a vector", aliases: ["flatten"]) { a in
      try Operations.reshape(a.any("x"), [-1])
    },
    FormulaFunction("transpose(x, *axes)", "axes in another order, reversed by default", aliases: ["permute_dims"]) {
      a in
      let axes = try a.integers("axes")
      return try Operations.transpose(a.any("x"), axes.isEmpty ? nil : axes)
    },
    FormulaFunction("swapaxes(x, axis1, axis2)", "two axes exchanged") { a in
      try Operations.swapAxes(a.any("x"), a.integer("axis1"), a.integer("axis2"))
    },
    FormulaFunction("moveaxis(x, source, destination)", "an axis at another place") { a in
      try Operations.moveAxis(a.any("x"), from: a.integer("source"), to: a.integer("destination"))
    },
    FormulaFunction("expand_dims(x, axis)", "a new axis of extent 1") { a in
      try Operations.expandDimensions(a.any("x"), axis: a.integer("axis"))
    },
    FormulaFunction("squeeze(x, axis=None)", "without axes of extent 1") { a in
      try Operations.squeeze(a.any("x"), axes: a.axes("axis"))
    },
    FormulaFunction("broadcast_to(x, shape)", "repeated to a shape") { a in
      let x = try a.any("x")
      return try Operations.broadcast(x, to: a.shape("shape", of: x.scalarType))
    },
    FormulaFunction("concatenate(xs, axis=0)", "tensors one after another", aliases: ["concat"]) { a in
      let parts = try a.tensors("xs")
      guard let axis = try a.optionalInteger("axis") else {
        return try Operations.concatenate(parts.map { try Operations.reshape($0, [-1]) })
      }
      return try Operations.concatenate(parts, axis: axis)
    },
    FormulaFunction("stack(xs, axis=0)", "tensors along a new axis") { a in
      try Operations.stack(a.tensors("xs"), axis: a.integer("axis"))
    },
    FormulaFunction("hstack(xs)", "tensors side by side") { a in
      let parts = try a.tensors("xs").map { $0.shape.rank == 0 ? $0.reshaped(to: [1]) : $0 }
      return try Operations.concatenate(parts, axis: (parts.first?.shape.rank ?? 1) > 1 ? 1 : 0)
    },
    FormulaFunction("vstack(xs)", "tensors below each other") { a in
      let parts = try a.tensors("xs").map { $0.shape.rank < 2 ? $0.reshaped(to: [1, $0.shape.count]) : $0 }
      return try Operations.concatenate(parts)
    },
    FormulaFunction(
      "split(x, parts, axis=0)", "a tuple of equal parts, or of the parts between given indices",
      values: { a in
        let (x, axis) = (try a.any("x"), try a.integer("axis"))
        if case .integer = a["parts"] {
          return .tuple(try Operations.split(x, parts: a.integer("parts"), axis: axis).map(FormulaValue.tensor))
        }
        let cuts = try a.integers("parts")
        let extent = x.shape[try ShapeRules.axis(axis, rank: x.shape.rank, operation: "split")]
        let bounds = [0] + cuts.map { min(max($0 < 0 ? $0 + extent : $0, 0), extent) } + [extent]
        let sizes = zip(bounds.dropFirst(), bounds).map { $0 - $1 }
        return .tuple(try Operations.split(x, sizes: sizes, axis: axis).map(FormulaValue.tensor))
      }),
    FormulaFunction("flip(x, axis=None)", "the elements in reverse order along axes") { a in
      try Operations.flip(a.any("x"), axes: a.axes("axis"))
    },
    FormulaFunction("roll(x, shift, axis=None)", "the elements shifted in a circle") { a in
      let (x, shift) = (try a.any("x"), try a.integer("shift"))
      guard let axis = try a.optionalInteger("axis") else {
        return try Operations.roll(Operations.reshape(x, [-1]), by: shift, axis: 0).reshaped(to: x.shape)
      }
      return try Operations.roll(x, by: shift, axis: axis)
    },
    FormulaFunction("tile(x, reps)", "the whole repeated along axes") { a in
      let (x, counts) = (try a.any("x"), try a.integers("reps"))
      let extents = Array(repeating: 1, count: max(0, counts.count - x.shape.rank)) + x.shape.dimensions
      let factors = Array(repeating: 1, count: extents.count - counts.count) + counts
      try Sizes.checkProducts(zip(extents, factors).map { [$0, $1] }, x.scalarType)
      return try Operations.tile(x, counts)
    },
    FormulaFunction("repeat(x, repeats, axis=None)", "each element repeated") { a in
      let x = try a.any("x")
      let axis = try a.optionalInteger("axis")
      let count = try a.integer("repeats")
      try Sizes.checkProducts([[count], x.shape.dimensions], x.scalarType)
      return try Operations.repeat(axis == nil ? Operations.reshape(x, [-1]) : x, count: count, axis: axis ?? 0)
    },
    FormulaFunction("pad(x, pad_width, mode='constant', constant_values=0)", "extended at both ends of axes", pad),
    FormulaFunction("tril(x, k=0)", "zero above a diagonal") { a in
      try Operations.lowerTriangle(a.number("x"), offset: a.integer("k"))
    },
    FormulaFunction("triu(x, k=0)", "zero below a diagonal") { a in
      try Operations.upperTriangle(a.number("x"), offset: a.integer("k"))
    },
    FormulaFunction("diag(x, k=0)", "the diagonal of a matrix, or a matrix with that diagonal") { a in
      let (x, k) = (try a.number("x"), try a.integer("k"))
      guard x.shape.rank == 1 else { return try Operations.diagonal(x, offset: k, axis1: 0, axis2: 1) }
      let size = x.shape.count + abs(k)
      try Sizes.check([size, size], x.scalarType)
      return try Operations.diagonalMatrix(x, offset: k)
    },
    FormulaFunction("diagonal(x, offset=0, axis1=0, axis2=1)", "the diagonal of two axes") { a in
      try Operations.diagonal(
        a.any("x"), offset: a.integer("offset"), axis1: a.integer("axis1"), axis2: a.integer("axis2"))
    },
    FormulaFunction("trace(x, offset=0, axis1=0, axis2=1)", "the sum of the diagonal") { a in
      let diagonal = try Operations.diagonal(
        a.number("x"), offset: a.integer("offset"), axis1: a.integer("axis1"), axis2: a.integer("axis2"))
      return try Operations.sum(diagonal, [-1])
    },
    FormulaFunction(
      "meshgrid(*xs, indexing='xy')", "a tuple of coordinates on a grid",
      values: { a in
        let parts = try a.tensors("xs", isPromoting: false).map { try Operations.reshape($0, [-1]) }
        try Sizes.checkProducts([parts.map(\.shape.count)], .float64)
        return .tuple(
          try Operations.meshGrid(parts, rowsFirst: a.word("indexing", GridIndexing.self) == .ij).map(
            FormulaValue.tensor))
      }),
    FormulaFunction("rot90(x, k=1)", "turned by a quarter, k times, in the first two axes") { a in
      try Operations.rotated90(a.any("x"), times: a.integer("k"))
    },
  ]

  private enum GridIndexing: String, CaseIterable { case xy, ij }

  private static func pad(_ a: Arguments) throws -> Node {
    let x = try a.number("x")
    let rank = x.shape.rank
    func fault() -> Error { a.fault("pad_width", "expected n, (before, after) or one such pair for each axis") }
    var widths: [(before: Int, after: Int)] = []
    switch a["pad_width"] {
    case .list(let items) where items.contains(where: \.isSequence),
      .tuple(let items) where items.contains(where: \.isSequence):
      for item in items {
        guard case .list(let pair) = item.asList, pair.count == 2, case .integer(let before) = pair[0],
          case .integer(let after) = pair[1]
        else { throw fault() }
        widths.append((before, after))
      }
      if widths.count == 1 { widths = Array(repeating: widths[0], count: rank) }
    default:
      let numbers = try a.integers("pad_width")
      guard (1...2).contains(numbers.count) else { throw fault() }
      widths = Array(repeating: (numbers[0], numbers[numbers.count - 1]), count: rank)
    }
    guard widths.count == rank,
      widths.allSatisfy({ (0...(1 << 40)).contains($0.before) && (0...(1 << 40)).contains($0.after) })
    else { throw fault() }
    try Sizes.check(zip(x.shape.dimensions, widths).map { $0 + $1.before + $1.after }, x.scalarType)
    return try Operations.pad(
      x, widths, mode: a.word("mode", Operations.PaddingMode.self), value: a.double("constant_values"))
  }
}

extension FormulaValue {
  /// A tuple as a list.
  fileprivate var asList: FormulaValue { if case .tuple(let items) = self { .list(items) } else { self } }
}

extension Sizes {
  /// Refuses a shape whose extents are products, before they are multiplied.
  ///
  /// - Parameter countOnly: refuse only what cannot be counted; how much is really needed is known later.
  static func checkProducts(_ factors: [[Int]], _ type: ScalarType, countOnly: Bool = false) throws {
    var extents: [Int] = []
    for list in factors {
      var extent = 1
      for factor in list where factor >= 0 {
        let (product, overflow) = extent.multipliedReportingOverflow(by: factor)
        extent = overflow ? .max : product
      }
      extents.append(extent)
    }
    if countOnly, !extents.contains(.max) { return }
    try check(extents, type)
  }
}

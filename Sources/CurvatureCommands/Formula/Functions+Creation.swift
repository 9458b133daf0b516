import TensorGraph

extension FunctionTable {
  /// Tensors made of nothing, and products.
  static let creation: [FormulaFunction] = [
    FormulaFunction("array(x, dtype=None)", "a list as a tensor", aliases: ["asarray"]) { a in
      let x = try a.any("x")
      return try x.cast(to: a.scalarType("dtype") ?? x.scalarType)
    },
    FormulaFunction("zeros(shape, dtype=None)", "zeros") { a in try full(a, 0) },
    FormulaFunction("ones(shape, dtype=None)", "ones") { a in try full(a, 1) },
    FormulaFunction("full(shape, value)", "one value everywhere") { a in
      let value = try a.any("value")
      return try Operations.broadcast(value, to: a.shape("shape", of: value.scalarType))
    },
    FormulaFunction("zeros_like(x)", "zeros in the shape of x") { a in
      let x = try a.any("x")
      return .zeros(x.shape, x.scalarType)
    },
    FormulaFunction("ones_like(x)", "ones in the shape of x") { a in
      let x = try a.any("x")
      return .fill(.real(1), shape: x.shape, like: x)
    },
    FormulaFunction("full_like(x, value)", "one value in the shape of x") { a in
      let nodes = try a.numbers("x", "value")
      return try Operations.broadcast(nodes[1], to: nodes[0].shape)
    },
    FormulaFunction("eye(N, M=None, k=0)", "the identity matrix, or a rectangle of it", aliases: ["identity"]) { a in
      let (rows, columns) = (try a.integer("N"), try a.optionalInteger("M"))
      try Sizes.check([rows, columns ?? rows], a.real)
      return try Operations.eye(rows, columns, offset: a.integer("k"), a.real)
    },
    FormulaFunction("arange(start, stop=None, step=1)", "numbers at equal steps, stop excluded", arange),
    FormulaFunction("linspace(start, stop, num=50)", "num numbers at equal steps, both ends included") { a in
      let (start, stop, count) = (try a.double("start"), try a.double("stop"), try a.integer("num"))
      guard count >= 0 else { throw a.fault("num", "found \(count), expected 0 or more") }
      try Sizes.check([count], a.real)
      let step = count > 1 ? (stop - start) / Double(count - 1) : 0
      return data((0..<count).map { $0 == count - 1 && count > 1 ? stop : start + step * Double($0) }, a.real)
    },
  ]

  static let products: [FormulaFunction] = [
    FormulaFunction("dot(a, b)", "the product over the last axis of a and the last but one of b") { a in
      let nodes = try a.factors("a", "b")
      return try Operations.dot(nodes[0], nodes[1])
    },
    FormulaFunction("matmul(a, b)", "the matrix product", aliases: ["mm", "bmm", "mv"]) { a in
      let nodes = try a.factors("a", "b")
      return try Operations.matmul(nodes[0], nodes[1])
    },
    FormulaFunction("cdist(a, b, p=2.0)", "the p-norms of all differences of a row of a and a row of b") { a in
      let (x, y) = try a.reals("a", "b")
      return try Operations.pairwiseDistances(x, y, order: a.double("p"))
    },
    FormulaFunction("cosine_similarity(a, b, axis=-1, eps=1e-08)", "the cosine of the angle between vectors") { a in
      let (x, y) = try a.reals("a", "b")
      return try Operations.cosineSimilarity(x, y, axis: a.integer("axis"), epsilon: a.double("eps"))
    },
    FormulaFunction("outer(a, b)", "all products of two elements") { a in
      let nodes = try a.factors("a", "b")
      return try Operations.outer(Operations.reshape(nodes[0], [-1]), Operations.reshape(nodes[1], [-1]))
    },
    FormulaFunction("inner(a, b)", "the product over the last axes") { a in
      let nodes = try a.factors("a", "b")
      if nodes[0].shape.rank == 0 || nodes[1].shape.rank == 0 { return try Operations.multiply(nodes[0], nodes[1]) }
      return try Operations.tensordot(nodes[0], nodes[1], axesA: [-1], axesB: [-1])
    },
    FormulaFunction("vdot(a, b)", "the sum of all products of elements at the same place") { a in
      let nodes = try a.factors("a", "b").map { try Operations.reshape($0, [-1]) }
      return try Operations.dot(nodes[0], nodes[1])
    },
    FormulaFunction("tensordot(a, b, axes=2)", "the product over pairs of axes", tensordot),
    FormulaFunction("einsum(subscripts, *operands)", "Einstein's summation, as in 'ij,jk->ik'") { a in
      let subscripts = try a.text("subscripts")
      let operands = try a.tensors("operands", least: .whole)
      try Sizes.checkProducts([operands.map(\.shape.count)], .bool, countOnly: true)
      return try Operations.einsum(subscripts, operands)
    },
    FormulaFunction("kron(a, b)", "the Kronecker product") { a in
      let nodes = try a.factors("a", "b")
      return try Operations.kronecker(nodes[0], nodes[1])
    },
    FormulaFunction("cross(a, b)", "the vector product along a last axis of extent 3") { a in
      let nodes = try a.factors("a", "b")
      return try Operations.cross(nodes[0], nodes[1])
    },
  ]

  private static func full(_ a: Arguments, _ value: Double) throws -> Node {
    let type = try a.scalarType("dtype") ?? a.real
    let shape = try a.shape("shape", of: type)
    return .fill(
      type.isDifferentiable ? .real(value) : .integer(Literal.real(value).integer), shape: shape, scalarType: type)
  }

  private static func data(_ elements: [Double], _ type: ScalarType) -> Node {
    Node(type == .float32 ? Storage(elements.map(Float.init)) : Storage(elements), shape: [elements.count])
  }

  private static func arange(_ a: Arguments) throws -> Node {
    let isSingle = !a.isGiven("stop")
    let (first, last, step) = (
      isSingle ? FormulaValue.integer(0) : a["start"], isSingle ? a["start"] : a["stop"], a["step"]
    )
    for name in ["start", "step"] + (isSingle ? [] : ["stop"]) { _ = try a.double(name) }
    let (start, stop, width) = (first.double!, last.double!, step.double!)
    guard width != 0 else { throw a.fault("step", "a step of 0 never arrives") }
    for (name, number) in [("start", start), (isSingle ? "start" : "stop", stop), ("step", width)] where number.isNaN {
      throw a.fault(name, "found NaN, expected a number")
    }
    let count = max(0, ((stop - start) / width).rounded(.up))
    guard count.isFinite, count < 0x1p62 else {
      throw a.fault("start", "from \(start) to \(stop) by \(width) has no end", status: .data)
    }
    try Sizes.check([Int(count)], a.real)
    guard let whole = first.whole, let wholeStep = step.whole, last.whole != nil else {
      return data((0..<Int(count)).map { start + width * Double($0) }, a.real)
    }
    return Node(Storage((0..<Int(count)).map { Int64(whole &+ wholeStep &* $0) }), shape: [Int(count)])
  }

  private static func tensordot(_ a: Arguments) throws -> Node {
    let nodes = try a.factors("a", "b")
    let (left, right) = (nodes[0], nodes[1])
    if case .integer(let count) = a["axes"] {
      guard count >= 0, count <= min(left.shape.rank, right.shape.rank) else {
        throw a.fault(
          "axes", "found \(count) axes of tensors of rank \(left.shape.rank) and \(right.shape.rank)", status: .data)
      }
      return try Operations.tensordot(
        left, right, axesA: Array((left.shape.rank - count)..<left.shape.rank), axesB: Array(0..<count))
    }
    func axes(_ value: FormulaValue) -> [Int]? {
      switch value {
      case .integer(let axis): return [axis]
      case .list(let items), .tuple(let items):
        let list = items.compactMap { if case .integer(let axis) = $0 { axis } else { Int?.none } }
        return list.count == items.count ? list : nil
      default: return nil
      }
    }
    var sides: [FormulaValue] = []
    if case .list(let items) = a["axes"] { sides = items }
    if case .tuple(let items) = a["axes"] { sides = items }
    guard sides.count == 2, let first = axes(sides[0]), let second = axes(sides[1]) else {
      throw a.fault("axes", "expected a number of axes, or a pair of lists of axes")
    }
    return try Operations.tensordot(left, right, axesA: first, axesB: second)
  }
}

extension Arguments {
  /// Two tensors of one type of numbers whose sizes may multiply.
  func factors(_ first: String, _ second: String) throws -> [Node] {
    guard try max(self[first].kind(), self[second].kind()) != .mask else {
      throw fault(first, "masks have no product; write '.astype(int)'")
    }
    let nodes = try numbers(first, second)
    try Sizes.checkProducts([nodes.map(\.shape.count)], .bool, countOnly: true)
    return nodes
  }
}

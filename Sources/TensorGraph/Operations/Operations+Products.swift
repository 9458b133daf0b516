/// Products: all of them are labelled contractions.
extension Operations {
  /// NumPy's matrix product: vectors are rows or columns, leading axes broadcast.
  package static func matmul(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    try requireSameType(a, b, "matmul")
    guard a.shape.rank > 0, b.shape.rank > 0 else {
      throw TensorError("matmul: shapes \(a.shape) and \(b.shape): a scalar has no axis to contract; use *")
    }
    let inner = (a.shape[a.shape.rank - 1], b.shape[max(0, b.shape.rank - 2)])
    guard inner.0 == inner.1 else {
      throw TensorError(
        "matmul: shapes \(a.shape) and \(b.shape): the last axis of the first (\(inner.0)) and axis "
          + "\(max(0, b.shape.rank - 2)) of the second (\(inner.1)) differ; transpose or reshape one of them")
    }
    let leadingA = Shape(Array(a.shape.dimensions.dropLast(2)))
    let leadingB = Shape(Array(b.shape.dimensions.dropLast(2)))
    let leading = try ShapeRules.broadcast(leadingA, leadingB, operation: "matmul")
    // Leading axis i from the right has label -1 - i; an axis of extent 1 that stretches is dropped.
    let (k, row, column) = (0, 1, 2)
    func labelled(_ x: Node, _ lead: Shape, _ matrix: [Int]) -> (Node, [Int]) {
      let stretched = (0..<lead.rank).filter { lead[$0] == 1 && leading[leading.rank - lead.rank + $0] != 1 }
      let labels = (0..<lead.rank).filter { !stretched.contains($0) }.map { -(lead.rank - $0) }
      return (x.reshaped(to: x.shape.removing(axes: stretched)), labels + matrix)
    }
    let (left, leftLabels) = labelled(a, leadingA, a.shape.rank == 1 ? [k] : [row, k])
    let (right, rightLabels) = labelled(b, leadingB, b.shape.rank == 1 ? [k] : [k, column])
    let output =
      (0..<leading.rank).map { -(leading.rank - $0) } + (a.shape.rank == 1 ? [] : [row])
      + (b.shape.rank == 1 ? [] : [column])
    return .contraction(left, leftLabels, right, rightLabels, output)
  }

  /// NumPy's `dot`: the last axis of the first with the second to last of the second; scalars multiply.
  package static func dot(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    if a.shape.rank == 0 || b.shape.rank == 0 { return try multiply(a, b) }
    return try tensordot(a, b, axesA: [-1], axesB: [b.shape.rank == 1 ? -1 : -2])
  }

  /// The sum of products over pairs of axes.
  package static func tensordot(_ a: Node, _ b: Node, axesA: [Int], axesB: [Int]) throws(TensorError) -> Node {
    try requireSameType(a, b, "tensordot")
    guard axesA.count == axesB.count else {
      throw TensorError("tensordot: axes \(axesA) and \(axesB) do not pair up; name as many of each")
    }
    var leftLabels = Array(0..<a.shape.rank)
    var rightLabels = Array(a.shape.rank..<(a.shape.rank + b.shape.rank))
    var summed = Set<Int>()
    for (x, y) in zip(axesA, axesB) {
      let i = try ShapeRules.axis(x, rank: a.shape.rank, operation: "tensordot")
      let j = try ShapeRules.axis(y, rank: b.shape.rank, operation: "tensordot")
      guard a.shape[i] == b.shape[j] else {
        throw TensorError(
          "tensordot: axis \(i) of \(a.shape) (\(a.shape[i])) and axis \(j) of \(b.shape) (\(b.shape[j])) differ")
      }
      guard summed.insert(leftLabels[i]).inserted, rightLabels[j] >= a.shape.rank else {
        throw TensorError("tensordot: axes \(axesA), \(axesB) name an axis twice; name each axis once")
      }
      rightLabels[j] = leftLabels[i]
    }
    leftLabels = Array(0..<a.shape.rank)
    let output = (leftLabels + rightLabels).filter { !summed.contains($0) }
    return .contraction(a, leftLabels, b, rightLabels, output)
  }

  /// All products of an element of the one with an element of the other; shapes are joined.
  package static func outer(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    try tensordot(a, b, axesA: [], axesB: [])
  }

  /// The Kronecker product of two matrices (or vectors).
  package static func kronecker(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    let rank = max(a.shape.rank, b.shape.rank)
    func padded(_ x: Node) -> Node {
      x.reshaped(to: Shape(Array(repeating: 1, count: rank - x.shape.rank)) + x.shape)
    }
    let (left, right) = (padded(a), padded(b))
    let product = try outer(left, right)
    let interleaved = (0..<rank).flatMap { [$0, rank + $0] }
    return product.permuted(interleaved)
      .reshaped(to: Shape(zip(left.shape.dimensions, right.shape.dimensions).map { $0 * $1 }))
  }

  /// The vector product along the last axis, of extent 3.
  package static func cross(_ a: Node, _ b: Node) throws(TensorError) -> Node {
    let (a, b) = try broadcast(a, b, "cross")
    let axis = a.shape.rank - 1
    guard axis >= 0, a.shape[axis] == 3 else {
      throw TensorError("cross: needs a last axis of extent 3, found shape \(a.shape)")
    }
    let left = try (roll(a, by: -1, axis: axis), roll(a, by: -2, axis: axis))
    let right = try (roll(b, by: -1, axis: axis), roll(b, by: -2, axis: axis))
    return left.0 * right.1 - left.1 * right.0
  }

  static func requireSameType(_ a: Node, _ b: Node, _ operation: String) throws(TensorError) {
    try requireNumeric(a, operation)
    guard a.scalarType == b.scalarType else {
      throw TensorError("\(operation): element types \(a.scalarType) and \(b.scalarType) differ; cast one of them")
    }
  }
}

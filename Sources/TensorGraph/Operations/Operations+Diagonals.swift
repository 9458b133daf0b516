/// Diagonals and triangles. A diagonal is a stride: merge two axes and take every (columns + 1)-th element.
extension Operations {
  /// The elements with j = i + offset of two axes, as a new last axis.
  package static func diagonal(
    _ x: Node, offset: Int = 0, axis1: Int = -2, axis2: Int = -1
  ) throws(TensorError) -> Node {
    guard x.shape.rank >= 2 else { throw TensorError("diagonal: needs two axes, found shape \(x.shape)") }
    let a = try ShapeRules.axis(axis1, rank: x.shape.rank, operation: "diagonal")
    let b = try ShapeRules.axis(axis2, rank: x.shape.rank, operation: "diagonal")
    guard a != b else { throw TensorError("diagonal: axes \(axis1) and \(axis2) are the same; name two") }
    let others = (0..<x.shape.rank).filter { $0 != a && $0 != b }
    let (rows, columns) = (x.shape[a], x.shape[b])
    let leading = others.map { x.shape[$0] }
    let flat = x.permuted(others + [a, b]).reshaped(to: Shape(leading + [rows * columns]))
    return flat.sliced(leading.map(AxisSlice.all) + [diagonalSlice(rows, columns, offset)])
  }

  /// A matrix (or batch of them) with the vector on its diagonal: the transpose of `diagonal`.
  package static func diagonalMatrix(_ x: Node, offset: Int = 0) throws(TensorError) -> Node {
    guard x.shape.rank >= 1 else {
      throw TensorError("diagonalMatrix: needs a vector, found a scalar; reshape it to [1]")
    }
    let (size, overflow) = x.shape[x.shape.rank - 1].addingReportingOverflow(offset == .min ? .max : abs(offset))
    let leading = Array(x.shape.dimensions.dropLast())
    try requireCountable(leading + (overflow ? [.max, .max] : [size, size]), "diagonalMatrix")
    let flat = x.embedded(
      in: Shape(leading + [size * size]),
      at: leading.map(AxisSlice.all) + [diagonalSlice(size, size, offset)])
    return flat.reshaped(to: Shape(leading + [size, size]))
  }

  private static func diagonalSlice(_ rows: Int, _ columns: Int, _ offset: Int) -> AxisSlice {
    // Beyond all rows and columns is as far as need be, and has a negative.
    let offset = min(max(offset, -rows), columns)
    let (row, column) = (max(0, -offset), max(0, offset))
    let count = max(0, min(rows - row, columns - column))
    return AxisSlice(start: count == 0 ? 0 : row * columns + column, step: columns + 1, count: count)
  }

  /// The sum of the diagonal of the last two axes.
  package static func trace(_ x: Node, offset: Int = 0) throws(TensorError) -> Node {
    let diagonal = try diagonal(x, offset: offset)
    return diagonal.summed(over: [diagonal.shape.rank - 1])
  }

  /// The identity matrix, or a rectangle of it.
  package static func eye(
    _ rows: Int, _ columns: Int? = nil, offset: Int = 0, _ type: ScalarType
  ) throws(TensorError) -> Node {
    let columns = columns ?? rows
    guard rows >= 0, columns >= 0 else { throw TensorError("eye: sizes \(rows), \(columns) must be 0 or more") }
    try requireCountable([rows, columns], "eye")
    let slice = diagonalSlice(rows, columns, offset)
    return Node.fill(.real(1), shape: [slice.count], scalarType: type).normalizedFill
      .embedded(in: Shape([rows * columns]), at: [slice]).reshaped(to: Shape([rows, columns]))
  }

  /// The matrix below (and on) a diagonal, zero above: exactly zero, whatever stood there.
  package static func lowerTriangle(_ x: Node, offset: Int = 0) throws(TensorError) -> Node {
    try triangle(x, offset, .lessOrEqual, "lowerTriangle")
  }

  /// The matrix above (and on) a diagonal, zero below.
  package static func upperTriangle(_ x: Node, offset: Int = 0) throws(TensorError) -> Node {
    try triangle(x, offset, .greaterOrEqual, "upperTriangle")
  }

  private static func triangle(
    _ x: Node, _ offset: Int, _ keeps: Comparison, _ operation: String
  ) throws(TensorError) -> Node {
    guard x.shape.rank >= 2 else { throw TensorError("\(operation): needs a matrix, found shape \(x.shape)") }
    let matrix = Shape(Array(x.shape.dimensions.suffix(2)))
    let offset = min(max(offset, -matrix[0]), matrix[1])
    let row = Node(.iota(matrix, axis: 0, .int64))
    let column = Node(.iota(matrix, axis: 1, .int64))
    let mask = Node.compare(keeps, column, row + row.filled(with: Double(offset)))
    return .select(mask.broadcast(to: x.shape), x, x.filled(with: 0))
  }
}

extension Node {
  /// A fill whose literal has the form that its type wants: whole numbers for integers and masks.
  var normalizedFill: Node {
    guard let literal = fillLiteral else { return self }
    return .fill(literal, shape: shape, like: self)
  }
}

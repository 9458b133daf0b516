import TensorGraph

/// The rows and columns that a read touches, as the reader sees them.
struct MatrixRegion: Sendable {
  let rows: PositionSet
  let columns: PositionSet
  /// Whether the reader sees the matrix transposed.
  let isTransposed: Bool
}

/// How a reader sees a matrix: as it is, or with rows and columns exchanged.
struct MatrixView {
  /// The extents: batch (if there is one), those of the rows, those of the columns.
  let shape: Shape
  private let hasBatch: Bool
  private let rowShape: Shape
  private let columnShape: Shape
  private let isTransposed: Bool

  init<Scalar>(_ matrix: LazyMatrix<Scalar>, transposed: Bool) {
    isTransposed = transposed
    hasBatch = matrix.rows.batchAxis != nil
    rowShape = transposed ? matrix.columns.sliceShape : matrix.rows.sliceShape
    columnShape = transposed ? matrix.rows.sliceShape : matrix.columns.sliceShape
    shape = Shape((hasBatch ? [matrix.rows.batchCount] : []) + rowShape.dimensions + columnShape.dimensions)
  }

  /// The batch axis, if there is one: a product computes all of it.
  var batchAxes: Range<Int> { 0..<(hasBatch ? 1 : 0) }

  /// The axes of the whole that number the rows (or columns).
  private var rowAxes: Range<Int> { batchAxes.upperBound..<(batchAxes.upperBound + rowShape.rank) }
  private var columnAxes: Range<Int> { rowAxes.upperBound..<(rowAxes.upperBound + columnShape.rank) }

  func region(of index: IndexExpression) -> MatrixRegion {
    func lines(_ axes: Range<Int>, _ shape: Shape) -> PositionSet {
      PositionSet(rowMajor: axes.map { index.positions(axis: $0) }, extents: shape.dimensions)
    }
    return MatrixRegion(
      rows: lines(rowAxes, rowShape), columns: lines(columnAxes, columnShape), isTransposed: isTransposed)
  }

  /// The extents of what is computed: the whole batch, and of each axis the positions that the index touches.
  func touchedShape(_ index: IndexExpression) -> Shape {
    Shape(shape.dimensions.indices.map { batchAxes.contains($0) ? shape[$0] : index.positions(axis: $0).count })
  }
}

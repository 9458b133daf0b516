import Curvature
import TensorGraph

/// Where the elements of a matrix stand in an `.npy` file: all of them, or a triangle in one axis, row after row.
struct MatrixFileLayout {
  let header: [UInt8]
  private let triangle: StoredTriangle
  private let columnCount: Int
  private let elementBytes: Int
  /// The bytes of the file.
  let size: Int
  let blockCount: Int

  init<Scalar>(_ blocks: RowBlocks<Scalar>, _ triangle: StoredTriangle, path: String) throws(TensorError) {
    (self.triangle, columnCount, elementBytes) = (triangle, blocks.columnCount, Scalar.scalarType.byteCount)
    guard triangle == .both || blocks.isSymmetric else {
      throw TensorError("\(path): a triangle is that of a Hessian with all its rows; leave out rows or the triangle")
    }
    let rowCount = blocks.rows.count
    blockCount = blocks.count
    let (whole, overflow) = rowCount.multipliedReportingOverflow(by: max(columnCount, 1) * (elementBytes + 1))
    guard !overflow, whole < 1 << 62 else { throw TensorError("\(path): no file can have \(rowCount) such rows") }
    let count = triangle == .both ? rowCount * columnCount : rowCount * (rowCount + 1) / 2
    header = NPY.header(of: Scalar.scalarType, triangle == .both ? blocks.shape : [count])
    size = header.count + count * elementBytes
  }

  var isTriangle: Bool { triangle != .both }

  /// The elements that are written of a row of this number.
  func columns(ofRow row: Int) -> Range<Int> {
    switch triangle {
    case .both: 0..<columnCount
    case .lower: 0..<(row + 1)
    case .upper: row..<columnCount
    }
  }

  /// The place of a row's first byte.
  func offset(ofRow row: Int) -> Int {
    let elements =
      switch triangle {
      case .both: row * columnCount
      case .lower: row * (row + 1) / 2
      case .upper: row * columnCount - row * (row - 1) / 2
      }
    return header.count + elements * elementBytes
  }

  /// What is written of some rows, from the first one's place on.
  func stored<Scalar>(_ elements: UnsafeBufferPointer<Scalar>, rows: Range<Int>) -> [Scalar] {
    var result: [Scalar] = []
    result.reserveCapacity(rows.reduce(0) { $0 + columns(ofRow: $1).count })
    for (place, row) in rows.enumerated() {
      let columns = columns(ofRow: row)
      let start = place * columnCount
      result.append(contentsOf: elements[(start + columns.lowerBound)..<(start + columns.upperBound)])
    }
    return result
  }
}

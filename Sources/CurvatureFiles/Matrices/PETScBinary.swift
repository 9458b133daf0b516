import Curvature
import SparseStructure
import TensorGraph

/// PETSc's binary form of a sparse matrix (PETSc/TAO Users Manual, "Viewers: Looking at PETSc Objects"; `MatView` and `MatLoad`
/// of AIJ matrices): whole numbers of 32 bits and doubles, the most significant byte first.
enum PETScBinary {
  /// What stands before a matrix (`MAT_FILE_CLASSID`).
  private static let matrixID = 1_211_216

  /// The bytes of a matrix: its extents, the entries of each row, their columns, their values.
  ///
  /// - Throws: `TensorError` if there are more entries than its whole numbers count.
  static func bytes<Scalar: DifferentiableScalar>(_ matrix: SparseMatrix<Scalar>) throws(TensorError) -> [UInt8] {
    let pattern = matrix.pattern
    guard [pattern.rowCount, pattern.columnCount, pattern.nonzeroCount].allSatisfy({ $0 <= Int32.max }) else {
      throw TensorError("a matrix with \(pattern.nonzeroCount) entries has more than PETSc's files of 32 bits count")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * (4 + pattern.rowCount + pattern.nonzeroCount) + 8 * pattern.nonzeroCount)
    func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.bigEndian) { bytes += $0 } }
    for number in [matrixID, pattern.rowCount, pattern.columnCount, pattern.nonzeroCount] { append(Int32(number)) }
    for row in 0..<pattern.rowCount { append(Int32(pattern.range(ofRow: row).count)) }
    for column in pattern.columnIndices { append(Int32(column)) }
    for value in matrix.values { append(Double(value).bitPattern) }
    return bytes
  }
}

import Curvature
import SparseStructure
import TensorGraph

/// PETSc's binary form of a sparse matrix and of a vector (PETSc/TAO Users Manual, "Viewers: Looking at PETSc Objects"; `MatView` and
/// `MatLoad` of AIJ matrices, `VecView` and `VecLoad`): whole numbers of 32 bits and doubles, the most significant byte first.
enum PETScBinary {
  /// What stands before a matrix (`MAT_FILE_CLASSID`).
  private static let matrixID = 1_211_216
  /// What stands before a vector (`VEC_FILE_CLASSID`).
  private static let vectorID = 1_211_214

  /// What stands before the lengths of the rows.
  ///
  /// - Throws: `TensorError` if there are more rows, columns or entries than whole numbers of 32 bits count.
  static func matrixHeader(rowCount: Int, columnCount: Int, nonzeroCount: Int) throws(TensorError) -> [UInt8] {
    guard [rowCount, columnCount, nonzeroCount].allSatisfy({ $0 <= Int32.max }) else {
      throw TensorError("a matrix with \(nonzeroCount) entries has more than PETSc's files of 32 bits count")
    }
    return words([matrixID, rowCount, columnCount, nonzeroCount])
  }

  static func rowLengths(_ pattern: SparsityPattern) -> [UInt8] {
    words((0..<pattern.rowCount).lazy.map { pattern.range(ofRow: $0).count })
  }

  static func columns(_ pattern: SparsityPattern) -> [UInt8] { words(pattern.columnIndices.lazy.map(Int.init)) }

  static func doubles(_ values: some Collection<Double>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 * values.count)
    for value in values { withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes += $0 } }
    return bytes
  }

  /// The bytes of a matrix: its extents, the entries of each row, their columns, their values.
  ///
  /// - Throws: as `matrixHeader`.
  static func matrix(_ pattern: SparsityPattern, _ values: some Collection<Double>) throws(TensorError) -> [UInt8] {
    try matrixHeader(
      rowCount: pattern.rowCount, columnCount: pattern.columnCount, nonzeroCount: pattern.nonzeroCount)
      + rowLengths(pattern) + columns(pattern) + doubles(values)
  }

  /// The bytes of a vector: its length, its elements.
  ///
  /// - Throws: `TensorError` if there are more elements than whole numbers of 32 bits count.
  static func vector(_ values: some Collection<Double>) throws(TensorError) -> [UInt8] {
    guard values.count <= Int32.max else {
      throw TensorError("a vector of \(values.count) elements has more than PETSc's files of 32 bits count")
    }
    return words([vectorID, values.count]) + doubles(values)
  }

  private static func words(_ numbers: some Collection<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * numbers.count)
    for number in numbers { withUnsafeBytes(of: Int32(number).bigEndian) { bytes += $0 } }
    return bytes
  }
}

extension ArrayValue {
  /// PETSc's binary form: a vector, or the entries of a matrix other than zero. nil for more axes.
  ///
  /// - Throws: `TensorError` if there are more than its whole numbers count.
  package func petsc() throws(TensorError) -> [UInt8]? {
    guard shape.count <= 2 else { return nil }
    let elements = (0..<count).lazy.map { self[$0] }
    guard shape.count == 2 else { return try PETScBinary.vector(elements) }
    let matrix = SparseMatrix(dense: Array(elements), rowCount: shape[0], columnCount: shape[1])
    return try PETScBinary.matrix(matrix.pattern, matrix.values)
  }
}

extension SparseArray {
  /// PETSc's binary form.
  ///
  /// - Throws: `TensorError` if there are more entries than its whole numbers count.
  package func petsc() throws(TensorError) -> [UInt8] {
    try PETScBinary.matrix(pattern, (0..<pattern.nonzeroCount).lazy.map { values[$0] })
  }
}

import Curvature
import TensorGraph

/// Arrays as lines of text.
package enum CSV {
  /// The table in a text: one column is a vector, several are a matrix.
  ///
  /// Names in the first line are skipped, as are empty lines and comments.
  /// - Throws: a `TensorError` that names line and column, both counted from 1.
  package static func read(_ bytes: [UInt8], name: String) throws(TensorError) -> ArrayValue {
    let table = try TextTable(bytes, name: name)
    let columns = table.columnCount
    let numbers = try table.numbers(inColumns: Array(0..<columns), allowsNaN: true)
    let rows = numbers.count / columns
    return ArrayValue(shape: columns == 1 ? [rows] : [rows, columns], numbers)
  }

  /// One line for each row along the last axis; a vector has one number a line. 17 significant digits.
  package static func write(_ array: ArrayValue) -> [UInt8] {
    let columns = array.shape.count < 2 ? 1 : array.shape[array.shape.count - 1]
    var bytes: [UInt8] = []
    for i in 0..<array.count {
      bytes.append(contentsOf: NumberText.exact(array[i]).utf8)
      bytes.append((i + 1) % columns == 0 ? 0x0A : UInt8(ascii: ","))
    }
    return bytes
  }
}

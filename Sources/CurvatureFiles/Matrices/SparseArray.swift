import Curvature
import TensorGraph

/// A sparse matrix with elements of any type: what commands write in coordinate forms.
package struct SparseArray {
  package let pattern: SparsityPattern
  /// The values of the pattern's entries in row order.
  package let values: ArrayValue

  package init<Scalar: DifferentiableScalar>(_ matrix: SparseMatrix<Scalar>) {
    pattern = matrix.pattern
    values = ArrayValue(shape: [matrix.storedCount], storage: Storage(matrix.values))
  }

  /// Lines of row, column and value.
  package var csv: [UInt8] {
    var text = "row,column,value\n"
    forEachEntry { row, column, value in text += "\(row),\(column),\(NumberText.exact(value))\n" }
    return Array(text.utf8)
  }

  /// Lines as SciPy prints them, below extents and counts.
  package var text: String {
    var text = pattern.summary + "\n"
    forEachEntry { row, column, value in text += "  (\(row), \(column))\t\(NumberText.exact(value))\n" }
    return text
  }

  /// `{"shape": [2, 2], "rows": [0, 1], "columns": [0, 1], "values": [1, 2]}`.
  package var json: String {
    var rows: [String] = []
    var columns: [String] = []
    var entries: [String] = []
    forEachEntry { row, column, value in
      rows.append("\(row)")
      columns.append("\(column)")
      entries.append(NumberText.json(value))
    }
    func list(_ words: [String]) -> String { "[" + words.joined(separator: ", ") + "]" }
    return "{\"shape\": [\(pattern.rowCount), \(pattern.columnCount)], \"rows\": \(list(rows)), "
      + "\"columns\": \(list(columns)), \"values\": \(list(entries))}"
  }

  /// The members of an archive that `scipy.sparse.load_npz` reads: compressed rows.
  package var npzMembers: [(name: String, contents: [UInt8])] {
    var starts: [Int32] = [0]
    var columns: [Int32] = []
    for row in 0..<pattern.rowCount {
      columns += pattern[row: row].map(Int32.init)
      starts.append(Int32(columns.count))
    }
    func vector<Element: TensorScalar>(_ elements: [Element]) -> [UInt8] {
      NPY.write(ArrayValue(shape: [elements.count], storage: Storage(elements)))
    }
    return [
      ("indices.npy", vector(columns)), ("indptr.npy", vector(starts)), ("format.npy", NPY.write(ascii: "csr")),
      ("shape.npy", vector([Int64(pattern.rowCount), Int64(pattern.columnCount)])), ("data.npy", NPY.write(values)),
    ]
  }

  private func forEachEntry(_ body: (_ row: Int, _ column: Int, _ value: Double) -> Void) {
    for (position, (row, column)) in pattern.coordinates.enumerated() { body(row, column, values[position]) }
  }
}

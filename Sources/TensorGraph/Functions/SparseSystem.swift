import SparseStructure

/// Systems with sparse symmetric matrices of one pattern, whose entries are the elements of a vector: what `MatrixForm` calls
/// a sparse matrix.
package final class SparseSystem: Sendable {
  /// The lower triangle with its whole diagonal; the matrix' operand holds its entries in row order.
  package let pattern: SparsityPattern
  package let solver: any SparseSystemSolver
  /// For each entry of the whole matrix its place in the triangle, its row and its column.
  private let entries: (source: Node, row: Node, column: Node)

  package init(_ pattern: SparsityPattern, solver: any SparseSystemSolver) {
    (self.pattern, self.solver) = (pattern, solver)
    var (sources, rows, columns): ([Int64], [Int64], [Int64]) = ([], [], [])
    for (place, (row, column)) in pattern.coordinates.enumerated() {
      for (i, j) in row == column ? [(row, column)] : [(row, column), (column, row)] {
        sources.append(Int64(place))
        rows.append(Int64(i))
        columns.append(Int64(j))
      }
    }
    func node(_ elements: [Int64]) -> Node { Node(Storage(elements), shape: [elements.count]) }
    entries = (node(sources), node(rows), node(columns))
  }

  /// The number of unknowns.
  package var count: Int { pattern.rowCount }

  /// The map from changes of the entries to the change of the solution X: dX = -A⁻¹ dA X.
  func linearization(of solution: Node, entries values: Node) -> LinearMap {
    let product = LinearMap.contraction(
      tangent: [0], other: -solution.gathered(entries.column, axis: 0), otherLabels: [0, 1], output: [0, 1])
    let added = LinearMap.composed(product, .structural(.scatterAdd(axis: 0, extent: count), indices: entries.row))
    return .composed(
      .structural(.gather(axis: 0), indices: entries.source),
      .composed(added, .solve(MatrixForm(.sparse(self)), matrix: values)))
  }

  /// The whole matrix, row after row. O(rows²).
  package func dense<Element>(_ values: [Element], zero: Element) -> [Element] {
    var result = [Element](repeating: zero, count: count * count)
    for (value, (row, column)) in zip(values, pattern.coordinates) {
      result[row * count + column] = value
      result[column * count + row] = value
    }
    return result
  }
}

extension SparseSystem: Hashable {
  package static func == (left: SparseSystem, right: SparseSystem) -> Bool {
    left === right || left.pattern == right.pattern && left.solver.isSame(as: right.solver)
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(pattern.nonzeroCount) }
}

/// Who solves systems with matrices of a pattern.
package protocol SparseSystemSolver: AnyObject, Sendable {
  /// What it is, in every process.
  var name: String { get }

  /// Whether another one does the same.
  func isSame(as other: any SparseSystemSolver) -> Bool

  /// Puts A⁻¹ B into the place of B, column after column; NaN where A is singular.
  ///
  /// - Parameter values: the entries of A's lower triangle, in row order of the pattern.
  func solve(_ values: [Double], _ right: inout [Double], columnCount: Int)
}

extension Coloring {
  /// The products of a matrix with the groups: what `decompress` reads. The obvious way, for tests and for matrices that
  /// are at hand.
  ///
  /// - Complexity: O(rows + stored entries + colours · rows).
  public func compress<Scalar: Numeric & Sendable>(_ matrix: SparseMatrix<Scalar>) -> [[Scalar]] {
    var products = (0..<colorCount).map { [Scalar](repeating: .zero, count: productCount(ofColor: $0)) }
    for (value, (row, column)) in zip(matrix.values, matrix.pattern.coordinates) {
      if let color = color(ofColumn: column) { products[color][row] += value }
      if let color = color(ofRow: row), isRowColor(color) { products[color][column] += value }
    }
    return products
  }
}

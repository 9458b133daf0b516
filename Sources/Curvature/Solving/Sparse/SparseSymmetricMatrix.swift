import SparseStructure
import TensorGraph

/// A symmetric matrix of doubles by its lower triangle, with a place for each element of its diagonal.
package struct SparseSymmetricMatrix: Sendable {
  /// The lower triangle with its whole diagonal.
  package let pattern: SparsityPattern
  /// Its entries in row order.
  package var values: [Double]

  /// Where the entries of one lower triangle go in another that has the whole diagonal, too.
  package struct Places: Sendable {
    package let pattern: SparsityPattern
    /// For each entry of the smaller pattern its place; nil where both are the same.
    private let places: [Int]?

    package init(_ lower: SparsityPattern) {
      let n = lower.rowCount
      if (0..<n).allSatisfy({
        lower.rowStarts[$0 + 1] > lower.rowStarts[$0] && lower.columnIndices[lower.rowStarts[$0 + 1] - 1] == $0
      }) {
        (pattern, places) = (lower, nil)
        return
      }
      pattern = lower.union(.diagonal(n))
      // Only the end of a row changes: its diagonal.
      var places: [Int] = []
      places.reserveCapacity(lower.nonzeroCount)
      for row in 0..<n {
        let shift = pattern.rowStarts[row] - lower.rowStarts[row]
        for position in lower.range(ofRow: row) { places.append(position + shift) }
      }
      self.places = places
    }

    /// The entries of the larger pattern as an expression of those of the smaller one.
    func spread(_ values: Node) -> Node {
      guard let places else { return values }
      return values.scatterAdded(.places(places), axis: 0, extent: pattern.nonzeroCount)
    }

    /// The matrix with the entries of the smaller pattern.
    package func matrix(_ values: [Double]) -> SparseSymmetricMatrix {
      guard let places else { return SparseSymmetricMatrix(pattern: pattern, values: values) }
      var all = [Double](repeating: 0, count: pattern.nonzeroCount)
      for (value, place) in zip(values, places) { all[place] = value }
      return SparseSymmetricMatrix(pattern: pattern, values: all)
    }
  }

  var count: Int { pattern.rowCount }

  /// Whether every entry is finite.
  var isFinite: Bool { values.allSatisfy(\.isFinite) }

  /// The place of an element of the diagonal: the last of its row.
  private func diagonalPlace(_ row: Int) -> Int { pattern.rowStarts[row + 1] - 1 }

  /// The diagonal.
  var diagonal: [Double] { (0..<count).map { values[diagonalPlace($0)] } }

  /// Does something with each entry.
  @inline(__always)
  private func forEachEntry(_ body: (_ row: Int, _ column: Int, _ place: Int) -> Void) {
    pattern.columnIndices.withUnsafeBufferPointer { columns in
      pattern.rowStarts.withUnsafeBufferPointer { starts in
        for row in 0..<count {
          for place in starts[row]..<starts[row + 1] { body(row, Int(columns[place]), place) }
        }
      }
    }
  }

  /// A x. O(entries).
  package func times(_ x: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: count)
    result.withUnsafeMutableBufferPointer { result in
      values.withUnsafeBufferPointer { values in
        x.withUnsafeBufferPointer { x in
          forEachEntry { row, column, place in
            result[row] += values[place] * x[column]
            if row != column { result[column] += values[place] * x[row] }
          }
        }
      }
    }
    return result
  }

  /// D⁻¹ A D⁻¹.
  func scaled(by scales: [Double]) -> SparseSymmetricMatrix {
    var result = self
    forEachEntry { row, column, place in result.values[place] /= scales[row] * scales[column] }
    return result
  }

  /// A + λI.
  func shifted(by shift: Double) -> SparseSymmetricMatrix {
    var result = self
    for row in 0..<count { result.values[diagonalPlace(row)] += shift }
    return result
  }

  /// The same with rows and columns of the identity where variables are held.
  func holding(all isHeld: [Bool]) -> SparseSymmetricMatrix {
    guard isHeld.contains(true) else { return self }
    var result = self
    forEachEntry { row, column, place in
      if isHeld[row] || isHeld[column] { result.values[place] = row == column ? 1 : 0 }
    }
    return result
  }

  /// As that of `DenseMatrix`.
  var equilibration: [Double?] {
    Equilibration.factors(count: count) { (visit) in
      forEachEntry { row, column, place in
        visit(row, column, values[place])
        if row != column { visit(column, row, values[place]) }
      }
    }
  }

  /// The largest sum of magnitudes in a row: the ∞-norm, which bounds every eigenvalue.
  var norm: Double { rowSums.max() ?? 0 }

  /// The sums of magnitudes of the rows.
  var rowSums: [Double] {
    var sums = [Double](repeating: 0, count: count)
    forEachEntry { row, column, place in
      sums[row] += abs(values[place])
      if row != column { sums[column] += abs(values[place]) }
    }
    return sums
  }
}

extension SparseMatrix {
  /// The entries on and below the diagonal of a symmetric matrix that is given by both triangles or by the lower one alone:
  /// entries of an upper one alone would be lost.
  func symmetricLowerTriangle(_ operation: String) throws(TensorError) -> SparseMatrix {
    guard pattern.isSquare else {
      throw TensorError("\(operation): a \(rowCount)×\(columnCount) matrix is not symmetric; give a symmetric one")
    }
    let lower = lowerTriangle()
    let above = pattern.filtered { $0 < $1 }
    guard above.nonzeroCount == 0 || above.transposed().isSubset(of: lower.pattern) else {
      throw TensorError(
        "\(operation): an entry above the diagonal has none below it; give a symmetric matrix, or its lower triangle")
    }
    return lower
  }
}

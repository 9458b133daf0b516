import SparseStructure
import TensorGraph

/// A library that factors sparse symmetric matrices, made usable here.
///
/// `BlockArrow` is one that needs nothing else; SuiteSparse's CHOLMOD is a package of its own, so that nobody depends on it who
/// does not ask for it. Any other library is another conforming type: it orders the rows of a pattern once, and factors
/// matrices of that pattern as often as needed.
public protocol SparseFactorizer: Sendable {
  /// Orders the rows of a pattern and finds out where its factors have entries.
  ///
  /// - Parameter pattern: the lower triangle of a symmetric matrix, with its whole diagonal.
  /// - Throws: `TensorError` if the factors are too large for the library or for the memory.
  func analysis(of pattern: SparsityPattern) throws(TensorError) -> any SparseAnalysis
}

/// What is known of the factors of every matrix of a pattern.
public protocol SparseAnalysis: Sendable {
  /// The entries of a factor, its diagonal included.
  var factorCount: Int { get }
  /// The multiplications and additions of a factorization.
  var operationCount: Double { get }

  /// Factors a matrix.
  ///
  /// - Parameter values: the entries of the lower triangle in row order of the pattern.
  /// - Returns: the factors; nil where a pivot vanishes, or is negative and the library has factors of positive definite
  ///   matrices alone.
  /// - Throws: `TensorError` if there is no memory.
  func factors(of values: [Double]) throws(TensorError) -> (any SparseFactors)?
}

/// A symmetric matrix as P A Pᵀ = L D Lᵀ with a permutation P, a unit lower triangle L and a diagonal D.
public protocol SparseFactors: Sendable {
  /// The diagonal of D, in the order of elimination.
  var pivots: [Double] { get }

  /// Puts A⁻¹ B into the place of B.
  ///
  /// - Parameters:
  ///   - right: B, column after column.
  ///   - columnCount: how many columns.
  func solve(_ right: inout [Double], columnCount: Int)

  /// L itself, for what solutions do not tell; nil if the library keeps it to itself.
  func triangle() -> UnitTriangle?
}

/// A sparse unit lower triangle L with the permutation that belongs to it: P A Pᵀ = L D Lᵀ.
public struct UnitTriangle: Sendable {
  /// The row of A that is eliminated as k-th.
  public let permutation: [Int32]
  /// Column j has its entries below the diagonal at `columnStarts[j]..<columnStarts[j + 1]`.
  public let columnStarts: [Int]
  /// The rows of the entries, increasing in each column.
  public let rows: [Int32]
  /// The entries.
  public let values: [Double]

  /// A triangle from its parts.
  ///
  /// The pattern must be closed under elimination: for entries (i, j) and (k, j) below the diagonal with i > k there is one at
  /// (i, k).
  public init(permutation: [Int32], columnStarts: [Int], rows: [Int32], values: [Double]) {
    precondition(
      columnStarts.count == permutation.count + 1 && rows.count == values.count && columnStarts.last == rows.count,
      "a triangle of \(permutation.count) columns with \(columnStarts.count) starts, \(rows.count) rows and \(values.count) "
        + "values")
    (self.permutation, self.columnStarts, self.rows, self.values) = (permutation, columnStarts, rows, values)
  }

  /// Puts A⁻¹ B into the place of B, column after column: forward, by the pivots, and backward.
  ///
  /// - Parameters:
  ///   - right: B.
  ///   - pivots: the diagonal of D.
  ///   - columnCount: the columns of B.
  /// - Complexity: O(entries · columns).
  public func solve(_ right: inout [Double], pivots: [Double], columnCount: Int) {
    let n = permutation.count
    var x = [Double](repeating: 0, count: n)
    for column in 0..<columnCount {
      for place in 0..<n { x[place] = right[n * column + Int(permutation[place])] }
      for j in 0..<n {
        let factor = x[j]
        for place in columnStarts[j]..<columnStarts[j + 1] { x[Int(rows[place])] -= values[place] * factor }
      }
      for j in stride(from: n - 1, through: 0, by: -1) {
        var sum = x[j] / pivots[j]
        for place in columnStarts[j]..<columnStarts[j + 1] { sum -= values[place] * x[Int(rows[place])] }
        x[j] = sum
      }
      for place in 0..<n { right[n * column + Int(permutation[place])] = x[place] }
    }
  }
}

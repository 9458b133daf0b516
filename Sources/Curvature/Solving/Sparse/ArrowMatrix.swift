import SparseStructure
import TensorGraph

/// A symmetric matrix as an arrow: a few rows and columns, the border, apart from blocks that meet each other nowhere.
///
/// With the border last the matrix is D on the diagonal, in blocks Dᵢ, B below it and C in the corner. What eliminating block
/// i takes away from the corner is Bᵢ Dᵢ⁻¹ Bᵢᵀ; C less all of these is the Schur complement, the matrix of the border's own
/// system. Sums over groups that share some parameters are of this kind: mixed models, bundle adjustment, hierarchical models.
///
/// ```swift
/// let x = Tensor<Double>([0.1, 0.2, 0.3, 0.4])
/// let H = hessian(at: x) { x in square(x[..<3] - x[3]).sum() }
/// let arrow = try H.sparse().arrow(border: [3])
/// arrow.blocks.map(\.rows) // [[0], [1], [2]]
/// arrow.blocks[0].diagonal // [2]
/// arrow.blocks[0].coupling // [-2]
/// arrow.corner // [6]
/// try arrow.schurComplement() // [0]
/// ```
public struct ArrowMatrix: Sendable {
  /// Rows that are tied to each other and to the border alone.
  public struct Block: Sendable {
    /// The rows, increasing.
    public let rows: [Int]
    /// Which rows of the border have entries in this block: positions in the matrix' `border`, increasing.
    public let border: [Int]
    /// Below each other the block's lower triangle and what it shares with the border: a column for each row of the block.
    fileprivate let panel: [Double]

    private var height: Int { rows.count + border.count }

    /// Dᵢ, row after row: as many rows and columns as `rows`.
    public var diagonal: [Double] {
      rows.indices.flatMap { i in rows.indices.map { j in panel[max(i, j) + height * min(i, j)] } }
    }

    /// Bᵢ, row after row: a row for each of `border`, a column for each of `rows`.
    public var coupling: [Double] {
      border.indices.flatMap { i in rows.indices.map { j in panel[rows.count + i + height * j] } }
    }

    /// Bᵢ Dᵢ⁻¹ Bᵢᵀ, row after row: as many rows and columns as `border`.
    ///
    /// - Throws: `TensorError` if a pivot of the block vanishes or is not finite.
    /// - Complexity: O(*m*³ + *m*² *b* + *m* *b*²) for *m* rows and *b* of the border.
    public func complement() throws(TensorError) -> [Double] {
      var (panel, columns) = (panel, DenseColumns(count: rows.count))
      guard columns.eliminate(&panel, height: height) else {
        throw TensorError(
          "complement: the block of rows \(rows.prefix(4).map(String.init).joined(separator: ", "))"
            + "\(rows.count > 4 ? ", …" : "") cannot be eliminated: a pivot is 0 or not finite; take rows of it into the border"
        )
      }
      let lower = columns.complement(panel, columns: 0..<rows.count, height: height)
      let b = border.count
      return (0..<b).flatMap { i in (0..<b).map { j in lower[max(i, j) + b * min(i, j)] } }
    }
  }

  /// The blocks, in the order of their first rows.
  public let blocks: [Block]
  /// The rows of the border, increasing.
  public let border: [Int]
  /// C, row after row: as many rows and columns as `border`.
  public let corner: [Double]

  fileprivate init(_ matrix: SparseSymmetricMatrix, _ arrow: Arrow) {
    let rows = arrow.permutation.map { Int($0) }
    blocks = arrow.blocks.map { block in
      Block(
        rows: Array(rows[block.rows]), border: block.border.map { Int($0) },
        panel: arrow.panel(of: block, matrix.values))
    }
    border = Array(rows[(rows.count - arrow.borderCount)...])
    let (lower, b) = (arrow.corner(of: matrix.values), arrow.borderCount)
    corner = (0..<b).flatMap { i in (0..<b).map { j in lower[max(i, j) + b * min(i, j)] } }
  }

  /// C - Σ Bᵢ Dᵢ⁻¹ Bᵢᵀ, row after row: as many rows and columns as `border`.
  ///
  /// - Throws: `TensorError` if a block cannot be eliminated.
  /// - Complexity: O(Σ (*m*³ + *m*² *b* + *m* *b*²)) for blocks of *m* rows that meet *b* rows of the border.
  public func schurComplement() throws(TensorError) -> [Double] {
    var result = corner
    for block in blocks {
      let complement = try block.complement()
      for (i, row) in block.border.enumerated() {
        for (j, column) in block.border.enumerated() {
          result[row * border.count + column] -= complement[i * block.border.count + j]
        }
      }
    }
    return result
  }
}

extension SparseMatrix where Scalar: DifferentiableScalar {
  /// The matrix, which is symmetric, as an arrow of blocks with a border.
  ///
  /// - Parameter border: the rows of the border; nil for those that `BlockArrow` takes to have small blocks.
  /// - Returns: the parts by the lower triangle, whose mirror image the upper one is taken to be.
  /// - Throws: `TensorError` if the matrix is not square, an entry above the diagonal has none below it, or the border has no
  ///   such rows or leaves blocks too large for dense elimination.
  /// - Complexity: O(entries) with a border, forty times that at most without.
  public func arrow(border: [Int]? = nil) throws(TensorError) -> ArrowMatrix {
    let lower = try symmetricLowerTriangle("arrow")
    let places = SparseSymmetricMatrix.Places(lower.pattern)
    let arrow = try BlockArrow(border: border).arrow(of: places.pattern)
    return ArrowMatrix(places.matrix(lower.values.map { Double($0) }), arrow)
  }
}

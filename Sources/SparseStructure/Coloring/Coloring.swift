/// What shall be read from sums of columns and rows, and how.
///
/// | problem | matrix | sums of | entries are read | also known as |
/// |---|---|---|---|---|
/// | `columns` | any (Jacobian, forward mode) | columns | directly | partial distance-2 colouring |
/// | `rows` | any (Jacobian, reverse mode) | rows | directly | partial distance-2 colouring |
/// | `bidirectional` | any (Jacobian, both modes) | columns and rows | directly or by substitution | bicolouring |
/// | `symmetric` | symmetric (Hessian) | columns | directly or by substitution | star, acyclic colouring |
/// | `diagonal` | square, its diagonal alone | columns | directly | distance-1 colouring |
public enum ColoringProblem: Hashable, Sendable, CaseIterable {
  /// Any matrix, from sums of columns.
  case columns
  /// Any matrix, from sums of rows.
  case rows
  /// Any matrix, from sums of columns and of rows.
  case bidirectional(Decompression)
  /// A symmetric matrix, from sums of columns.
  case symmetric(Decompression)
  /// The diagonal of a square matrix, from sums of columns.
  case diagonal

  /// How entries are read from the sums.
  public enum Decompression: String, Hashable, Sendable, CaseIterable {
    /// Each entry is an element of one of the sums.
    case direct
    /// Entries follow from each other by subtraction: fewer colours, rounding errors that add up.
    case substitution
  }

  public static var allCases: [ColoringProblem] {
    [.columns, .rows, .diagonal] + Decompression.allCases.flatMap { [.bidirectional($0), .symmetric($0)] }
  }
}

extension ColoringProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .columns: "columns"
    case .rows: "rows"
    case .bidirectional(let decompression): "columns and rows, \(decompression.rawValue)"
    case .symmetric(let decompression): "symmetric, \(decompression.rawValue)"
    case .diagonal: "diagonal"
    }
  }
}

/// Columns and rows of a matrix in groups, such that the matrix can be read from the sums of the groups.
///
/// ```swift
/// let pattern = SparsityPattern.banded(1_000_000, bandwidth: 1)
/// let coloring = try pattern.coloring(for: .symmetric(.direct))
/// coloring.colorCount  // 3
/// ```
///
/// A group of columns is one colour; the sum of its columns is the product of the matrix with the group's indicator
/// vector. Likewise a group of rows, whose sum is the product of the transpose with the indicator. Colours of columns are
/// numbered first, those of rows after them. `decompress` reads the matrix from the products, `requiredColors` says which
/// products a part of the matrix needs. What the matrix means is unknown here.
public struct Coloring: Sendable {
  /// What this colouring is for.
  public let problem: ColoringProblem
  /// The entries that can be read: the coloured pattern, or its diagonal for the `diagonal` problem.
  public let pattern: SparsityPattern
  /// The number of groups of columns; their colours are 0, 1, ….
  public let columnColorCount: Int
  /// The number of groups of rows; their colours follow those of the columns.
  public let rowColorCount: Int
  /// The colour of each column; -1 if no product with it is needed. For `symmetric` also the colour of each row.
  package let columnColors: [Int32]
  /// The colour of each row; -1 if no product with it is needed.
  package let rowColors: [Int32]
  let recovery: Recovery
  private let groupStarts: [Int]
  private let groupMembers: [Int32]

  /// Where entries are found.
  enum Recovery: Sendable {
    /// Entry (i, j) is element i of column j's product.
    case byColumn
    /// Entry (i, j) is element j of row i's product.
    case byRow
    /// For each non-zero in row order, whether it is found by its row.
    case byEither([Bool])
    /// Off-diagonal entries follow from each other; diagonal ones are found by column.
    case bySubstitution(SubstitutionForest)
  }

  init(
    problem: ColoringProblem, pattern: SparsityPattern, columnColors: [Int32], columnColorCount: Int,
    rowColors: [Int32], rowColorCount: Int, recovery: Recovery
  ) {
    self.problem = problem
    self.pattern = pattern
    self.columnColors = columnColors
    self.columnColorCount = columnColorCount
    self.rowColors = rowColors
    self.rowColorCount = rowColorCount
    self.recovery = recovery
    var members: [Int32] = []
    var keys: [Int32] = []
    members.reserveCapacity(columnColors.count)
    keys.reserveCapacity(columnColors.count)
    for (column, color) in columnColors.enumerated() where color >= 0 {
      members.append(Int32(column))
      keys.append(color)
    }
    // Rows of a symmetric matrix have the columns' colours and need no groups of their own.
    for (row, color) in rowColors.enumerated() where color >= columnColorCount {
      members.append(Int32(row))
      keys.append(color)
    }
    (groupMembers, groupStarts) = SparsityPattern.countingSort(
      members, by: keys, keyCount: columnColorCount + rowColorCount)
  }

  /// The number of groups: of products that it takes to read everything.
  public var colorCount: Int { columnColorCount + rowColorCount }

  /// The columns, or rows, of a colour, increasing.
  ///
  /// - Complexity: O(1).
  public func group(_ color: Int) -> IndexList {
    precondition(color >= 0 && color < colorCount, "colour \(color) is outside 0..<\(colorCount)")
    return IndexList(groupMembers[groupStarts[color]..<groupStarts[color + 1]])
  }

  /// All groups in the order of their colours.
  public var groups: [IndexList] { (0..<colorCount).map { group($0) } }

  /// Whether the colour's group consists of rows.
  public func isRowColor(_ color: Int) -> Bool { color >= columnColorCount }

  /// The colour of a column; nil if no product with it is needed.
  public func color(ofColumn column: Int) -> Int? { columnColors[column] < 0 ? nil : Int(columnColors[column]) }

  /// The colour of a row; nil if no product with it is needed. For the `symmetric` problem it is the column's.
  public func color(ofRow row: Int) -> Int? { rowColors[row] < 0 ? nil : Int(rowColors[row]) }

  /// The number of elements of a colour's product.
  public func productCount(ofColor color: Int) -> Int {
    isRowColor(color) ? pattern.columnCount : pattern.rowCount
  }
}

extension Coloring: CustomStringConvertible {
  public var description: String {
    let kind = rowColorCount == 0 ? "" : " (\(columnColorCount) of columns, \(rowColorCount) of rows)"
    return "\(colorCount) colours\(kind) for \(problem), \(pattern.summary)"
  }
}

extension SparsityPattern {
  /// Groups columns or rows such that the matrix can be read from the groups' sums, greedily in the given order.
  ///
  /// - Parameters:
  ///   - problem: what is read, and how.
  ///   - order: the order in which columns (rows, or both) take the smallest colour that is free. Where the row- and
  ///     column-wise problems meet, `natural` is rarely good; `largestFirst` and `incidenceDegree` are.
  /// - Throws: `SparseStructureError` if the problem is `symmetric` and the pattern is not, or `diagonal` and the
  ///   pattern is not square.
  /// - Complexity: O(rows + columns + Σ of squared row counts) at most; long rows cost about their length. The order has
  ///   the same bound.
  public func coloring(
    for problem: ColoringProblem, order: VertexOrder = .natural
  ) throws(SparseStructureError) -> Coloring {
    switch problem {
    case .columns: return columnColoring(order)
    case .rows: return rowColoring(order)
    case .bidirectional(.direct): return bidirectionalColoring(order)
    case .bidirectional(.substitution):
      let direct = bidirectionalColoring(order)
      let substituted = bidirectionalSubstitutionColoring(order)
      return substituted.colorCount < direct.colorCount ? substituted : direct
    case .symmetric(let decompression):
      let graph = try AdjacencyGraph(symmetric: self)
      switch decompression {
      case .direct: return starColoring(graph, order)
      case .substitution: return acyclicColoring(graph, order)
      }
    case .diagonal: return try diagonalColoring(order)
    }
  }
}

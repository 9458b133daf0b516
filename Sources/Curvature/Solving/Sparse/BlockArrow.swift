#if canImport(Accelerate)
  import Accelerate
#else
  import COpenBLAS
#endif
import SparseStructure
import TensorGraph

/// Factors of matrices that fall apart into many small blocks when a few rows, the border, are taken away: what sums over
/// groups, observations or points have that share some parameters (mixed models, bundle adjustment, hierarchical models).
///
/// Every block is factored by itself, and the border by the Schur complement C - Σ Bᵢ Aᵢ⁻¹ Bᵢᵀ, which is dense: the matrix is an
/// arrow with its point in the last corner. A matrix without small blocks is all border, and its factors are dense.
///
/// <!-- swift
/// let x = Tensor<Double>([0.1, 0.2, 0.3, 0.4]), b = x
/// let H = hessian(at: x) { x in exp(x[..<(-1)] * x[3]).sum() + square(x).sum() }
/// -->
/// ```swift
/// let step = try H.solve(-b, by: .sparse(BlockArrow()))
/// ```
public struct BlockArrow: SparseFactorizer, Hashable {
  /// The rows of the border; nil for those that it takes to have small blocks.
  public let border: [Int]?

  /// Factors by blocks and a border.
  ///
  /// - Parameter border: the rows of the border, if they are known. Otherwise those with most entries, as many as make the count of
  ///   operations least among forty numbers at most.
  public init(border: [Int]? = nil) { self.border = border }

  public func analysis(of pattern: SparsityPattern) throws(TensorError) -> any SparseAnalysis { try arrow(of: pattern) }

  /// The blocks and the border of matrices with a lower triangle.
  func arrow(of pattern: SparsityPattern) throws(TensorError) -> Arrow {
    let n = pattern.rowCount
    if let border {
      for row in border where row < 0 || row >= n {
        throw TensorError("BlockArrow: row \(row) of the border is outside of a \(n)×\(n) matrix; rows are 0..<\(n)")
      }
    }
    let whole = pattern.symmetrized()
    let partition = Partition(whole, border: border.map(Set.init) ?? Partition.border(of: whole))
    guard partition.operationCount < Self.mostOperations else {
      throw TensorError(
        "BlockArrow: beside a border of \(partition.border.count) rows there are blocks of up to "
          + "\(partition.blocks.map(\.count).max() ?? 0) rows, too many for dense factors; name another border, or take a library "
          + "for matrices of any pattern, such as CHOLMOD")
    }
    return Arrow(pattern, partition)
  }

  /// Beyond this a factorization takes minutes.
  private static let mostOperations = 1e13

  /// Rows by blocks, behind which the border follows.
  struct Partition {
    /// The rows of each block, increasing.
    var blocks: [[Int32]] = []
    var border: [Int32]

    /// The connected parts of what is left without a border. O(entries).
    init(_ whole: SparsityPattern, border: Set<Int>) {
      self.border = border.sorted().map { Int32($0) }
      var isSeen = [Bool](repeating: false, count: whole.rowCount)
      for row in border { isSeen[row] = true }
      for row in 0..<whole.rowCount where !isSeen[row] {
        isSeen[row] = true
        var block = [Int32(row)]
        var next = 0
        while next < block.count {
          for place in whole.range(ofRow: Int(block[next])) {
            let neighbor = whole.columnIndices[place]
            if !isSeen[Int(neighbor)] {
              isSeen[Int(neighbor)] = true
              block.append(neighbor)
            }
          }
          next += 1
        }
        blocks.append(block.sorted())
      }
    }

    /// The multiplications of a factorization, when each block meets the whole border.
    var operationCount: Double {
      let b = Double(border.count)
      return blocks.reduce(b * b * b / 3) { sum, block in
        let m = Double(block.count)
        return sum + m * m * m / 3 + m * m * b + m * b * b
      }
    }

    /// The rows that are best taken into the border: a number of those with most entries, where the count of entries changes, forty such numbers at most.
    static func border(of whole: SparsityPattern) -> Set<Int> {
      let byCount = (0..<whole.rowCount).sorted { a, b in
        let (x, y) = (whole.range(ofRow: a).count, whole.range(ofRow: b).count)
        return x != y ? x > y : a < b
      }
      let counts = byCount.map { whole.range(ofRow: $0).count }
      var best = (count: Double.infinity, rows: Set<Int>())
      // Rows with as many entries as the last one go along: they are of one kind.
      var candidates: Set<Int> = [0]
      for (place, count) in counts.enumerated() where place + 1 < counts.count && counts[place + 1] < count {
        candidates.insert(place + 1)
      }
      for candidate in candidates.sorted().prefix(40) {
        let rows = Set(byCount[..<candidate])
        let count = Partition(whole, border: rows).operationCount
        if count < best.count { best = (count, rows) }
      }
      return best.rows
    }
  }
}

/// The order of an arrow, and where the entries of a matrix go in its blocks.
struct Arrow: SparseAnalysis {
  /// A block: its rows in the order of elimination, and what it touches of the border.
  struct Block {
    let rows: Range<Int>
    /// Places in the border, increasing.
    let border: [Int32]
    /// For each entry of the matrix in this block its place in a column-major array of (rows + border) x rows.
    let entries: [(source: Int32, target: Int32)]

    var height: Int { rows.count + border.count }
  }

  let blocks: [Block]
  let permutation: [Int32]
  let borderCount: Int
  /// The entries of the border's corner.
  let corner: [(source: Int32, target: Int32)]

  init(_ pattern: SparsityPattern, _ partition: BlockArrow.Partition) {
    let n = pattern.rowCount
    permutation = partition.blocks.flatMap { $0 } + partition.border
    borderCount = partition.border.count
    var order = [Int32](repeating: 0, count: n)
    for (place, row) in permutation.enumerated() { order[Int(row)] = Int32(place) }
    let firstOfBorder = n - partition.border.count
    var blockOf = [Int32](repeating: -1, count: n)
    var first = 0
    for (number, block) in partition.blocks.enumerated() {
      for place in first..<(first + block.count) { blockOf[place] = Int32(number) }
      first += block.count
    }
    // What each block touches of the border, and its entries by (row, column) in the order of elimination.
    var touched = [Set<Int32>](repeating: [], count: partition.blocks.count)
    var entries = [[(row: Int32, column: Int32, source: Int32)]](repeating: [], count: partition.blocks.count)
    var corner: [(source: Int32, target: Int32)] = []
    for row in 0..<n {
      for place in pattern.range(ofRow: row) {
        let (a, b) = (order[row], order[Int(pattern.columnIndices[place])])
        let (low, high) = (max(a, b), min(a, b))
        if high >= firstOfBorder {
          let (i, j) = (Int(low) - firstOfBorder, Int(high) - firstOfBorder)
          corner.append((Int32(place), Int32(i + partition.border.count * j)))
        } else {
          let number = Int(blockOf[Int(high)])
          if low >= firstOfBorder { touched[number].insert(low - Int32(firstOfBorder)) }
          entries[number].append((low, high, Int32(place)))
        }
      }
    }
    self.corner = corner
    first = 0
    var blocks: [Block] = []
    for (number, block) in partition.blocks.enumerated() {
      let border = touched[number].sorted()
      let places = Dictionary(uniqueKeysWithValues: zip(border, border.indices))
      let height = block.count + border.count
      let start = first
      blocks.append(
        Block(
          rows: start..<(start + block.count), border: border,
          entries: entries[number].map { entry in
            let i =
              entry.row >= firstOfBorder
              ? block.count + places[entry.row - Int32(firstOfBorder)]! : Int(entry.row) - start
            return (entry.source, Int32(i + height * (Int(entry.column) - start)))
          }))
      first += block.count
    }
    self.blocks = blocks
  }

  var factorCount: Int {
    blocks.reduce(borderCount * (borderCount + 1) / 2) {
      $0 + $1.rows.count * ($1.rows.count + 1) / 2 + $1.rows.count * $1.border.count
    }
  }

  var operationCount: Double {
    func cube(_ x: Int) -> Double { Double(x) * Double(x) * Double(x) / 3 }
    return blocks.reduce(cube(borderCount)) { sum, block in
      let (m, b) = (Double(block.rows.count), Double(block.border.count))
      return sum + cube(block.rows.count) + m * m * b + m * b * b
    }
  }

  /// The entries of the lower triangle of a block, and below it those that it shares with the border, column after column.
  func panel(of block: Block, _ values: [Double]) -> [Double] {
    var panel = [Double](repeating: 0, count: block.height * block.rows.count)
    for (source, target) in block.entries { panel[Int(target)] = values[Int(source)] }
    return panel
  }

  /// The entries of the border's corner, column after column.
  func corner(of values: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: borderCount * borderCount)
    for (source, target) in corner { result[Int(target)] = values[Int(source)] }
    return result
  }

  func factors(of values: [Double]) throws(TensorError) -> (any SparseFactors)? {
    let n = permutation.count
    var factors = DenseColumns(count: n)
    var schur = corner(of: values)
    for block in blocks {
      var panel = panel(of: block, values)
      guard factors.eliminate(&panel, height: block.height) else { return nil }
      let below = block.border.map { $0 + Int32(n - borderCount) }
      factors.append(panel, columns: block.rows, below: below)
      let update = factors.complement(panel, columns: block.rows, height: block.height)
      for (j, column) in block.border.enumerated() {
        let target = borderCount * Int(column)
        for i in j..<block.border.count { schur[target + Int(block.border[i])] -= update[i + block.border.count * j] }
      }
    }
    guard factors.eliminate(&schur, height: borderCount) else { return nil }
    factors.append(schur, columns: (n - borderCount)..<n, below: [])
    return ArrowFactors(
      pivots: factors.pivots,
      unitTriangle: UnitTriangle(
        permutation: permutation, columnStarts: factors.columnStarts, rows: factors.rows, values: factors.values))
  }
}

/// Columns of L as they are found, dense by blocks.
struct DenseColumns {
  var pivots: [Double] = []
  var columnStarts = [0]
  var rows: [Int32] = []
  var values: [Double] = []

  init(count: Int) {
    pivots.reserveCapacity(count)
    columnStarts.reserveCapacity(count + 1)
  }

  /// How many columns are eliminated before the rest is made up to date with them.
  private static let panelWidth = 48

  /// L and D of the first columns of a symmetric matrix by its lower part, without exchanges, in its place; appends the pivots.
  /// False where one vanishes or is not finite.
  mutating func eliminate(_ panel: inout [Double], height: Int) -> Bool {
    guard height > 0 else { return true }
    let width = panel.count / height
    return panel.withUnsafeMutableBufferPointer { buffer in
      let a = buffer.baseAddress!
      for first in stride(from: 0, to: width, by: Self.panelWidth) {
        let end = min(width, first + Self.panelWidth)
        for k in first..<end {
          let column = a + height * k
          let pivot = column[k]
          guard pivot != 0, pivot.isFinite else { return false }
          pivots.append(pivot)
          for j in (k + 1)..<max(end, k + 1) {
            let factor = column[j] / pivot
            guard factor != 0 else { continue }
            let target = a + height * j
            for i in j..<height { target[i] -= column[i] * factor }
          }
          for i in (k + 1)..<max(height, k + 1) { column[i] /= pivot }
        }
        guard end < width else { break }
        // The rest of the columns, from their diagonals down.
        let weighted = weightedRows(a + end + height * first, height: height, count: width - end, pivots: (end - first))
        let (rest, tall, deep) = (Int32(width - end), Int32(height - end), Int32(end - first))
        cblas_dgemm(
          CblasColMajor, CblasNoTrans, CblasNoTrans, tall, rest, deep, -1, a + end + height * first, Int32(height),
          weighted,
          deep, 1, a + end + height * end, Int32(height))
      }
      return true
    }
  }

  /// D Lᵀ of some rows of the last columns that have been eliminated.
  private func weightedRows(
    _ lower: UnsafePointer<Double>, height: Int, count: Int, pivots columns: Int
  ) -> [Double] {
    var result = [Double](repeating: 0, count: columns * count)
    let first = pivots.count - columns
    for k in 0..<columns {
      for i in 0..<count { result[k + columns * i] = lower[i + height * k] * pivots[first + k] }
    }
    return result
  }

  /// L_B D L_Bᵀ of the rows below the columns that have been eliminated last.
  func complement(_ panel: [Double], columns: Range<Int>, height: Int) -> [Double] {
    let (m, b) = (columns.count, height - columns.count)
    guard b > 0 else { return [] }
    var result = [Double](repeating: 0, count: b * b)
    panel.withUnsafeBufferPointer { panel in
      let lower = panel.baseAddress! + m
      let weighted = weightedRows(lower, height: height, count: b, pivots: m)
      cblas_dgemm(
        CblasColMajor, CblasNoTrans, CblasNoTrans, Int32(b), Int32(b), Int32(m), 1, lower, Int32(height), weighted,
        Int32(m),
        0, &result, Int32(b))
    }
    return result
  }

  /// Appends columns of L, with their rows in the order of elimination.
  mutating func append(_ panel: [Double], columns: Range<Int>, below: [Int32]) {
    let height = columns.count + below.count
    for k in 0..<columns.count {
      rows.append(contentsOf: (columns.lowerBound + k + 1..<columns.upperBound).lazy.map { Int32($0) })
      rows.append(contentsOf: below)
      values.append(contentsOf: panel[(height * k + k + 1)..<(height * (k + 1))])
      columnStarts.append(rows.count)
    }
  }
}

private struct ArrowFactors: SparseFactors {
  let pivots: [Double]
  let unitTriangle: UnitTriangle

  func solve(_ right: inout [Double], columnCount: Int) {
    unitTriangle.solve(&right, pivots: pivots, columnCount: columnCount)
  }

  func triangle() -> UnitTriangle? { unitTriangle }
}

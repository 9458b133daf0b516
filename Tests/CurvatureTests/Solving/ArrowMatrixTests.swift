import Curvature
import SparseStructure
import TestSupport
import Testing

/// Arrows as values: their parts put together are the matrix, and the Schur complement is the inverse of the inverse's corner.
@Suite struct ArrowMatrixTests {
  /// A symmetric matrix with dense blocks that meet some rows of a border, in a random order of rows.
  private func matrix(_ sizes: [Int], border: Int, seed: UInt64) -> (whole: [Double], border: [Int]) {
    var generator = RepeatableGenerator(seed: seed)
    let n = sizes.reduce(border, +)
    let order = (0..<n).shuffled(using: &generator)
    var whole = [Double](repeating: 0, count: n * n)
    func set(_ i: Int, _ j: Int, _ value: Double) {
      whole[order[i] * n + order[j]] = value
      whole[order[j] * n + order[i]] = value
    }
    var first = 0
    for size in sizes {
      for i in first..<(first + size) {
        for j in first..<i { set(i, j, .random(in: -1...1, using: &generator)) }
        set(i, i, .random(in: 4...8, using: &generator))
        for j in (n - border)..<n where Bool.random(using: &generator) {
          set(i, j, .random(in: -1...1, using: &generator))
        }
      }
      first += size
    }
    for i in first..<n {
      for j in first..<i { set(i, j, .random(in: -1...1, using: &generator)) }
      set(i, i, .random(in: 20...30, using: &generator))
    }
    return (whole, order[(n - border)...].sorted())
  }

  @Test("An upper triangle alone is refused, a lower one alone is not") func triangles() throws {
    let H = hessian(at: Tensor<Double>([1, 2, 3])) { x in x.sum() * x.product() }
    let whole = try H.sparse().arrow(border: [1])
    #expect(try H.sparse(triangle: .lower).arrow(border: [1]).blocks.map(\.coupling) == whole.blocks.map(\.coupling))
    let error = #expect(throws: TensorError.self) { _ = try H.sparse(triangle: .upper).arrow(border: [1]) }
    #expect(error?.message.contains("above the diagonal") == true)
  }

  @Test(
    arguments: [([1, 1, 1, 1], 1), ([3, 2, 4], 2), ([1, 5], 3), ([60, 2], 4), ([2, 2], 0)], 1...3 as ClosedRange<UInt64>
  )
  func partsAndComplement(sizes: ([Int], Int), seed: UInt64) throws {
    let (blocks, count) = sizes
    let (whole, border) = matrix(blocks, border: count, seed: seed)
    let n = blocks.reduce(count, +)
    let arrow = try SparseMatrix(dense: whole, rowCount: n, columnCount: n).arrow(border: border)
    #expect(arrow.border == border)
    var again = [Double](repeating: 0, count: n * n)
    for (i, row) in border.enumerated() {
      for (j, column) in border.enumerated() { again[row * n + column] = arrow.corner[i * count + j] }
    }
    for block in arrow.blocks {
      let size = block.rows.count
      #expect(block.rows == block.rows.sorted() && block.border == block.border.sorted())
      for (i, row) in block.rows.enumerated() {
        for (j, column) in block.rows.enumerated() { again[row * n + column] = block.diagonal[i * size + j] }
        for (k, place) in block.border.enumerated() {
          again[row * n + border[place]] = block.coupling[k * size + i]
          again[border[place] * n + row] = block.coupling[k * size + i]
        }
      }
    }
    #expect(again == whole)
    #expect(arrow.blocks.map(\.rows.count).sorted() == blocks.sorted() || blocks.contains(5))
    guard count > 0 else { return }
    let inverse = Tensor<Double>(whole, shape: [n, n]).inverse.scalars
    let corner = Tensor<Double>(
      border.flatMap { row in border.map { inverse[row * n + $0] } }, shape: [count, count])
    let expected = corner.inverse.scalars
    for (found, expected) in zip(try arrow.schurComplement(), expected) { #expect(abs(found - expected) < 1e-10) }
  }

  @Test func withoutABorderOneIsChosen() throws {
    let (whole, border) = matrix([Int](repeating: 2, count: 40), border: 3, seed: 9)
    let arrow = try SparseMatrix(dense: whole, rowCount: 83, columnCount: 83).arrow()
    #expect(arrow.border == border && arrow.blocks.count == 40)
  }

  @Test func refusals() throws {
    #expect(throws: TensorError.self) {
      try SparseMatrix<Double>(dense: [1, 2], rowCount: 1, columnCount: 2).arrow()
    }
    #expect(throws: TensorError.self) {
      try SparseMatrix<Double>(dense: [1, 0, 0, 1], rowCount: 2, columnCount: 2).arrow(border: [2])
    }
    let singular = try SparseMatrix<Double>(dense: [0, 1, 1, 1], rowCount: 2, columnCount: 2).arrow(border: [1])
    let error = #expect(throws: TensorError.self) { try singular.schurComplement() }
    #expect(error?.message.contains("rows 0 cannot be eliminated") == true)
  }
}

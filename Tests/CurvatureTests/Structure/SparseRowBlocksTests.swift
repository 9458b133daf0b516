import Curvature
import SparseStructure
import TensorGraph
import TestSupport
import Testing

/// The non-zeros of lazy matrices in blocks of rows.
@Suite struct SparseRowBlocksTests {
  /// Functions with a band, a grid, shared tables, an arrow, rows without entries, and none at all.
  static let functions: [(name: String, shape: [Int], f: @Sendable (Tensor<Double>) -> Tensor<Double>)] = [
    ("chain", [40], { x in square(x[1...] - square(x[..<(-1)])).sum() }),
    (
      "grid", [6, 5],
      { u in
        sqrt(1 + square(u[1..., ..<(-1)] - u[..<(-1), ..<(-1)]) + square(u[..<(-1), 1...] - u[..<(-1), ..<(-1)])).sum()
      }
    ),
    (
      "table", [12],
      { x in
        let table = Tensor<Int64>((0..<30).map { Int64($0 * $0 % 12) })
        return square(sin(x.gathered(at: table)) * x.gathered(at: (table + 1) % 12)).sum()
      }
    ),
    ("arrow", [20], { x in (x[0] * exp(x)).sum() }),
    ("empty rows", [15], { x in exp(x[2..<5] * x[7..<10]).sum() }),
    ("dense", [9], { x in exp(x.sum()) * x[1] }),
    ("linear", [7], { x in x.sum() }),
  ]

  @Test("Blocks together are the matrix, whatever their number", arguments: 0..<7, [1, 2, 3, 7, 32])
  func blocks(_ number: Int, _ count: Int) throws {
    let (name, shape, f) = Self.functions[number]
    var generator = RepeatableGenerator(seed: 5)
    let x = Tensor(generator.reals(shape.reduce(1, *), in: -1...1), shape: shape)
    let H = hessian(f(x), x)
    let expected = try H.sparse()
    let blocks = try hessian(f(x), x).sparseRowBlocks(count: count)
    let n = shape.reduce(1, *)
    #expect(blocks.shape == [n, n] && blocks.count <= min(n, count) && 2 * blocks.count >= min(n, count))
    #expect((0..<blocks.count).flatMap { Array(blocks.rows(ofBlock: $0)) } == Array(0..<n))
    let parts = try (0..<blocks.count).map { try blocks.read(block: $0) }
    for (block, part) in parts.enumerated() { #expect(part.pattern == blocks.pattern(ofBlock: block)) }
    let whole = SparseMatrix(stacking: parts, columnCount: n)
    #expect(whole.pattern == expected.pattern, "\(name)")
    #expect(Tensor(whole.values).isClose(to: Tensor(expected.values), relative: 1e-12, absolute: 1e-13), "\(name)")
    // The same bits again, in another order, by another matrix.
    let again = try hessian(f(x), x).sparseRowBlocks(count: count)
    for block in (0..<again.count).reversed() { #expect(try again.read(block: block) == parts[block], "\(name)") }
    #expect(again.fingerprint() == blocks.fingerprint())
  }

  @Test("Blocks move to another point of the same function, and to no other function") func moved() throws {
    for (name, shape, f) in Self.functions {
      let x = Tensor(Tensor<Double>.linspace(-1, 1, shape.reduce(1, *)).scalars, shape: shape)
      let y = sin(3 * x)
      let blocks = try hessian(at: x, of: f).sparseRowBlocks(count: 4)
      let there = try #require(try? blocks.moved(to: hessian(at: y, of: f)), "\(name)")
      for point in [-x, 3 * x, x.reshaped(to: shape), x + 1] {
        #expect(throws: Never.self, "\(name)") { try blocks.moved(to: hessian(at: point, of: f)) }
      }
      let fresh = try hessian(at: y, of: f).sparseRowBlocks(count: 4)
      for block in 0..<blocks.count { _ = try blocks.read(block: block) }
      let made = blocks.answersMade
      for block in 0..<blocks.count { #expect(try there.read(block: block) == fresh.read(block: block), "\(name)") }
      #expect(there.answersMade == made, "\(name) is planned again at another point")
      #expect(there.fingerprint() == fresh.fingerprint() && there.fingerprint() != blocks.fingerprint())
      #expect(throws: TensorError.self) { try blocks.moved(to: hessian(at: y) { 2 * f($0) }) }
    }
  }

  @Test("A block is a box of the tensor") func boxes() throws {
    func rows(_ shape: [Int], _ count: Int) throws -> [Range<Int>] {
      let x = Tensor<Double>.ones(shape)
      let blocks = try hessian(square(x).sum(), x).sparseRowBlocks(count: count)
      return (0..<blocks.count).map { blocks.rows(ofBlock: $0) }
    }
    #expect(try rows([5, 4], 2) == [0..<8, 8..<20])
    #expect(try rows([2, 6], 5) == [0..<3, 3..<6, 6..<9, 9..<12])
    #expect(try rows([2, 3], 100) == (0..<6).map { $0..<($0 + 1) })
    #expect(try rows([], 3) == [0..<1])
    #expect(try rows([0], 3) == [])
  }

  @Test("Blocks of a Jacobian and of a part of a Hessian in two tensors; no batches, nothing transposed") func kinds()
    throws
  {
    let x = Tensor<Double>.linspace(0.1, 1, 8)
    let z = Tensor<Double>.linspace(-1, 1, 5)
    func check<Matrix: DerivativeMatrix>(_ matrix: Matrix) throws where Matrix.Scalar == Double {
      let blocks = try matrix.sparseRowBlocks(count: 3)
      let whole = SparseMatrix(
        stacking: try (0..<blocks.count).map { try blocks.read(block: $0) }, columnCount: blocks.shape[1])
      let expected = try matrix.sparse()
      #expect(whole.pattern == expected.pattern)
      #expect(Tensor(whole.values).isClose(to: Tensor(expected.values), relative: 1e-12, absolute: 1e-13))
    }
    try check(jacobian(sin(x[1...] * x[..<(-1)]), x))
    let product = (x[..<5] * square(z)).sum()
    let matrices = hessian(product, x, z)
    try check(matrices[0, 1])
    #expect(throws: TensorError.self) { try matrices[1, 0].sparseRowBlocks() }
    #expect(throws: TensorError.self) { try hessian(square(x).sum(), x).sparseRowBlocks(count: 0) }
    let blocks = try hessian(square(x).sum(), x).sparseRowBlocks(count: 2)
    #expect(throws: TensorError.self) { try blocks.read(block: 2) }
    let batch = Tensor<Double>.linspace(0, 1, 6).reshaped(to: [2, 3])
    #expect(throws: TensorError.self) {
      try hessian((batch * batch).sum(axis: 1), batch, batchAxis: 0).sparseRowBlocks()
    }
  }

  @Test("A point where entries are found by expansion, and one where there are none") func singular() throws {
    let x = Tensor<Double>.zeros([4])
    let smooth = square(x[..<2].norm()) + square(x[2...].norm())
    let blocks = try hessian(smooth, x).sparseRowBlocks(count: 2)
    let whole = SparseMatrix(stacking: try (0..<2).map { try blocks.read(block: $0) }, columnCount: 4)
    #expect(whole == (try hessian(smooth, x).sparse()))
    let kinked = try hessian(x[..<2].norm() + square(x[2...]).sum(), x).sparseRowBlocks(count: 2)
    #expect(throws: TensorError.self) { try kinked.read(block: 0) }
    #expect(try kinked.read(block: 1).dense() == [0, 0, 2, 0, 0, 0, 0, 2])
  }
}

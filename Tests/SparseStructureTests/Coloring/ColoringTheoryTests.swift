import SparseStructure
import Testing

/// Numbers of colours that are known exactly.
@Suite struct ColoringTheoryTests {
  private func count(
    _ pattern: SparsityPattern, _ problem: ColoringProblem, _ order: VertexOrder = .natural
  ) throws -> Int { try pattern.coloring(for: problem, order: order).colorCount }

  /// Gebremedhin, Tarafdar, Pothen & Walther 2009, §4: in natural order a matrix with ρ non-zero diagonals takes
  /// 2⌊ρ/2⌋ + 1 star colours, ⌊ρ/2⌋ + 1 acyclic ones and ρ distance-2 ones, each of which is best possible.
  @Test(arguments: 0..<8)
  func bands(bandwidth: Int) throws {
    let diagonals = 2 * bandwidth + 1
    for size in [diagonals + 1, 2 * diagonals + 5, 200] {
      let pattern = SparsityPattern.banded(size, bandwidth: bandwidth)
      #expect(try count(pattern, .symmetric(.direct)) == 2 * (diagonals / 2) + 1)
      #expect(try count(pattern, .symmetric(.substitution)) == diagonals / 2 + 1)
      #expect(try count(pattern, .columns) == diagonals)
      #expect(try count(pattern, .rows) == diagonals)
      #expect(try count(pattern, .diagonal) == bandwidth + 1)
    }
  }

  /// A star graph: one colour for the hub, one for all leaves. By columns or rows alone the dense row needs n.
  @Test func arrow() throws {
    for size in [5, 100, 1000] {
      let pattern = Samples.arrow(size)
      for order in Samples.orders {
        #expect(try count(pattern, .symmetric(.direct), order) == 2)
        #expect(try count(pattern, .symmetric(.substitution), order) == 2)
        #expect(try count(pattern, .columns, order) == size)
        #expect(try count(pattern, .bidirectional(.direct), order) == 3)
        #expect(try count(pattern, .bidirectional(.substitution), order) <= 3)
        #expect(try count(pattern, .diagonal, order) == 2)
      }
    }
  }

  /// Only entries that exist need products: without a diagonal, the arrow's leaves are all read from the hub's product.
  @Test func neutralColors() throws {
    let pattern = Samples.arrow(50).filtered { $0 != $1 }
    let coloring = try pattern.coloring(for: .symmetric(.direct))
    #expect(coloring.colorCount == 1 && Array(coloring.group(0)) == [0])
    #expect(coloring.color(ofColumn: 7) == nil)
    #expect(try count(pattern, .symmetric(.substitution)) == 1)
    #expect(try count(SparsityPattern.zero(rowCount: 9, columnCount: 9), .symmetric(.direct)) == 0)
  }

  /// A dense matrix has no structure to use.
  @Test func dense() throws {
    let pattern = SparsityPattern.dense(rowCount: 7, columnCount: 7)
    let counts = try ColoringProblem.allCases.map { try count(pattern, $0) }
    #expect(counts == ColoringProblem.allCases.map { _ in 7 })
    #expect(try count(.dense(rowCount: 3, columnCount: 50), .bidirectional(.direct)) == 3)
    #expect(try count(.dense(rowCount: 50, columnCount: 4), .bidirectional(.direct)) == 4)
  }

  /// Trees are forests already: 2 acyclic colours. Fertin, Raspaud & Reed 2004, "Star coloring of graphs": a forest has
  /// a star colouring with 3 colours.
  @Test(arguments: 0..<5)
  func trees(seed: Int) throws {
    let pattern = Samples.tree(300, seed: seed)
    #expect(try count(pattern, .symmetric(.substitution)) == 2)
    #expect(try count(pattern, .symmetric(.substitution), .smallestLast) == 2)
    // Greedy, so the bound is not met; a path on four vertices needs three.
    let found = try count(pattern, .symmetric(.direct))
    #expect(found == [5, 5, 5, 6, 8][seed], "\(found)")
  }

  /// Fertin, Raspaud & Reed 2004: a cycle has star chromatic number 3, but for 5 vertices 4; any cycle needs 3 acyclic
  /// colours.
  @Test func cycles() throws {
    // Greedy in natural order, which every other time takes a colour too many at the end.
    for size in 3..<40 {
      #expect(
        try count(Samples.cycle(size), .symmetric(.direct)) == (size % 4 == 0 || size % 4 == 3 ? 3 : 4), "\(size)")
      #expect(try count(Samples.cycle(size), .symmetric(.substitution)) == 3, "\(size)")
    }
  }

  /// Fertin, Raspaud & Reed 2004, Theorem on grids: 5 star colours are needed from 4 by 4 on; acyclically 3 (Fertin,
  /// Godard & Raspaud 2003). The stencil's size bounds distance-2 colourings from below.
  @Test func grids() throws {
    // Star, acyclic and distance-2 colours, greedily.
    let counts = [(4, 4, [5, 4, 6]), (6, 9, [6, 4, 7]), (20, 20, [5, 4, 7]), (50, 70, [5, 4, 7])]
    for (height, width, expected) in counts {
      let five = Samples.grid(height, width)
      let problems: [ColoringProblem] = [.symmetric(.direct), .symmetric(.substitution), .columns]
      let found = try problems.map { try count(five, $0) }
      #expect(found == expected, "\(height)×\(width): \(found)")
      #expect(try count(five, .diagonal) == 2)
      let nine = Samples.grid(height, width, corners: true)
      #expect(try count(nine, .columns) == 9)
      #expect(try count(nine, .diagonal) == 4)
    }
  }

  /// Large patterns: time and memory in proportion to the non-zeros, or this does not end.
  @Test func millions() throws {
    let size = 1_000_000
    let tridiagonal = SparsityPattern.banded(size, bandwidth: 1)
    #expect(try count(tridiagonal, .symmetric(.direct)) == 3)
    #expect(try count(tridiagonal, .symmetric(.substitution)) == 2)
    #expect(try count(tridiagonal, .columns) == 3)
    #expect(try count(tridiagonal, .bidirectional(.direct)) == 3)
    let arrow = Samples.arrow(size)
    #expect(try count(arrow, .symmetric(.direct)) == 2)
    #expect(try count(arrow, .symmetric(.substitution)) == 2)
    #expect(try count(arrow, .bidirectional(.direct)) == 3)
    #expect(try count(arrow, .columns) == size)
    #expect(try count(arrow.permuted((0..<size).reversed()), .symmetric(.direct)) == 2)
  }
}

import SparseStructure
import Testing

@Suite struct SparsityPatternTests {
  private func set(_ pattern: SparsityPattern) -> Set<[Int]> { Set(pattern.coordinates.map { [$0.row, $0.column] }) }

  @Test func coordinatesInAnyOrderWithRepetitions() throws {
    let pattern = try SparsityPattern(
      rowCount: 3, columnCount: 4, coordinates: [(2, 3), (0, 1), (2, 0), (0, 1), (2, 3)])
    #expect(pattern.nonzeroCount == 3)
    #expect(Array(pattern[row: 0]) == [1])
    #expect(pattern[row: 1].isEmpty)
    #expect(Array(pattern[row: 2]) == [0, 3])
    #expect(pattern.density == 0.25)
    #expect(pattern.contains(row: 2, column: 3) && !pattern.contains(row: 1, column: 3))
    #expect(!pattern.contains(row: 3, column: 0) && !pattern.contains(row: 0, column: -1))
    #expect(try pattern == SparsityPattern(columnCount: 4, rows: [[1, 1], [], [3, 0]]))
    #expect(
      try pattern
        == SparsityPattern(dense: [
          [false, true, false, false], [false, false, false, false], [true, false, false, true],
        ]))
  }

  @Test func errorsNameEntryAndExtents() {
    #expect {
      try SparsityPattern(rowCount: 2, columnCount: 3, coordinates: [(0, 0), (1, 3)])
    } throws: { "\($0)".contains("(1, 3)") && "\($0)".contains("2×3") }
    #expect { try SparsityPattern(dense: [[true, false], [true]]) } throws: { "\($0)".contains("row 1 has 1 entries") }
    #expect(throws: SparseStructureError.self) {
      try SparsityPattern(rowCount: -1, columnCount: 3, coordinates: [])
    }
  }

  @Test func emptyExtents() throws {
    for (rows, columns) in [(0, 0), (0, 5), (5, 0)] {
      let pattern = SparsityPattern.zero(rowCount: rows, columnCount: columns)
      #expect(pattern.density == 0 && pattern.transposed().rowCount == columns)
      #expect(pattern.union(pattern) == pattern && pattern.drawn().isEmpty == (rows == 0))
      for problem in [ColoringProblem.columns, .rows, .bidirectional(.direct), .bidirectional(.substitution)] {
        #expect(try pattern.coloring(for: problem).colorCount == 0)
      }
    }
  }

  @Test(arguments: 0..<20)
  func setAlgebra(seed: Int) {
    let (rows, columns) = (1 + seed % 7, 1 + seed * 3 % 11)
    let a = Samples.random(rows, columns, density: 0.3, seed: seed)
    let b = Samples.random(rows, columns, density: 0.4, seed: seed + 100)
    #expect(set(a.union(b)) == set(a).union(set(b)))
    #expect(set(a.intersection(b)) == set(a).intersection(set(b)))
    #expect(set(a.transposed()) == Set(set(a).map { [$0[1], $0[0]] }))
    #expect(a.transposed().transposed() == a)
    #expect(a.isSubset(of: b) == set(a).isSubset(of: set(b)) && a.isSubset(of: a.union(b)))
    let square = Samples.random(rows, rows, density: 0.4, seed: seed)
    #expect(square.symmetrized().isSymmetric && square.symmetricCore().isSymmetric)
    #expect(set(square.symmetrized()) == set(square).union(set(square.transposed())))
    #expect(set(square.symmetricCore()) == set(square).intersection(set(square.transposed())))
    #expect(square.lowerTriangle().union(square.upperTriangle()) == square)
  }

  @Test(arguments: 0..<10)
  func slicesAndPermutations(seed: Int) {
    var generator = Repeatable(seed)
    let pattern = Samples.random(8, 8, density: 0.3, seed: seed)
    let rows = pattern.rows(2..<5)
    let columns = pattern.columns(3..<8)
    for i in 0..<3 {
      for j in 0..<8 { #expect(rows.contains(row: i, column: j) == pattern.contains(row: i + 2, column: j)) }
    }
    for i in 0..<8 {
      for j in 0..<5 { #expect(columns.contains(row: i, column: j) == pattern.contains(row: i, column: j + 3)) }
    }
    let order = (0..<8).shuffled(using: &generator)
    let permuted = pattern.permuted(order)
    let chosen = pattern.selecting(rows: [3, 3, 0], columns: [7, 1])
    for i in 0..<8 {
      for j in 0..<8 {
        #expect(permuted.contains(row: i, column: j) == pattern.contains(row: order[i], column: order[j]))
      }
    }
    for (i, row) in [3, 3, 0].enumerated() {
      for (j, column) in [7, 1].enumerated() {
        #expect(chosen.contains(row: i, column: j) == pattern.contains(row: row, column: column))
      }
    }
  }

  @Test func bandwidths() {
    #expect(SparsityPattern.banded(6, bandwidth: 2).bandwidth == (2, 2))
    #expect(SparsityPattern.banded(rowCount: 5, columnCount: 9, offsets: -1...3).bandwidth == (1, 3))
    #expect(Samples.arrow(5).bandwidth == (4, 4))
    #expect(SparsityPattern.zero(rowCount: 3, columnCount: 3).bandwidth == (0, 0))
    #expect(SparsityPattern.banded(6, bandwidth: 2).nonzeroCount == 24)
    #expect(SparsityPattern.dense(rowCount: 3, columnCount: 2).density == 1)
  }

  @Test func drawings() {
    #expect(
      "\(SparsityPattern.banded(4, bandwidth: 1))" == """
        4×4 pattern, 10 non-zeros (62.5 %)
        ● ● · ·
        ● ● ● ·
        · ● ● ●
        · · ● ●
        """)
    #expect(SparsityPattern.diagonal(4).drawn(as: .blocks) == "▀▄  \n  ▀▄")
    #expect(SparsityPattern.diagonal(8).drawn(as: .braille) == "⠑⢄⠀⠀\n⠀⠀⠑⢄")
    #expect(SparsityPattern.dense(rowCount: 4, columnCount: 2).drawn(as: .braille) == "⣿")
    let large = SparsityPattern.banded(100_000, bandwidth: 1).drawn(maximumWidth: 20, maximumHeight: 10)
    let lines = large.split(separator: "\n")
    #expect(lines.count == 10 && lines.allSatisfy { $0.count == 20 })
    #expect(lines[0].first == "⠻" && lines[0].last == "⠀")
  }

  @Test func largePatterns() {
    let tridiagonal = SparsityPattern.banded(1_000_000, bandwidth: 1)
    #expect(tridiagonal.nonzeroCount == 2_999_998 && tridiagonal.isSymmetric)
    #expect(tridiagonal.symmetrized() == tridiagonal)
    #expect(tridiagonal.lowerTriangle().nonzeroCount == 1_999_999)
  }
}

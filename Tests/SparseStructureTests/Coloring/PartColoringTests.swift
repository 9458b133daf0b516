import Foundation
import SparseStructure
import Testing

/// Colourings that read a part of a matrix, the choice among colourings, and their saved form.
@Suite struct PartColoringTests {
  private func matrix(_ pattern: SparsityPattern, symmetric: Bool) -> SparseMatrix<Int> {
    SparseMatrix(
      pattern: pattern,
      values: pattern.coordinates.map { symmetric ? 1 + min($0, $1) * 1000 + max($0, $1) : 1 + $0 * 1000 + $1 })
  }

  /// What a direct colouring of a part reads from the products of the whole.
  private func read(_ coloring: Coloring, from whole: SparseMatrix<Int>) -> [Int] {
    var products = (0..<coloring.colorCount).map { [Int](repeating: 0, count: coloring.productCount(ofColor: $0)) }
    for (value, (row, column)) in zip(whole.values, whole.pattern.coordinates) {
      if let color = coloring.color(ofColumn: column) { products[color][row] += value }
      if let color = coloring.color(ofRow: row), coloring.isRowColor(color) { products[color][column] += value }
    }
    return sources(coloring).map { products[$0.color][$0.element] }
  }

  /// Where each entry is found, in row order.
  private func sources(_ coloring: Coloring) -> [(color: Int, element: Int)] {
    coloring.pattern.coordinates.enumerated().map { position, entry in
      coloring.source(ofNonzeroAt: position, row: entry.row)
    }
  }

  @Test("A part is read exactly, whatever else is in its rows", arguments: 0..<30) func parts(_ seed: Int) {
    let whole = Samples.random(14, 11, density: 0.25, seed: seed)
    let part = whole.intersection(Samples.random(14, 11, density: 0.4, seed: seed + 100))
    let matrix = matrix(whole, symmetric: false)
    let expected = part.coordinates.map { matrix[$0, $1] }
    for coloring in [
      whole.columnColoring(ofPart: part), whole.rowColoring(ofPart: part), part.distinctColumns(), part.distinctRows(),
      whole.columnColoring(ofPart: part, order: .largestFirst),
    ] {
      #expect(read(coloring, from: matrix) == expected, "\(coloring)")
      #expect(coloring.colorCount <= (coloring.rowColorCount == 0 ? 11 : 14))
    }
    #expect(whole.columnColoring(ofPart: whole).colorCount == (try? whole.coloring(for: .columns).colorCount))
  }

  @Test("Parts take fewer groups than the whole") func fewer() {
    let grid = Samples.grid(12, 12)
    let diagonal = SparsityPattern.diagonal(144)
    #expect(grid.columnColoring(ofPart: diagonal).colorCount == 2)
    #expect(grid.cheapestColoring(isSymmetric: true).colorCount == 5)
    let arrow = Samples.arrow(50)
    let lower = arrow.lowerTriangle()
    #expect(arrow.columnColoring(ofPart: lower).colorCount == 2)
  }

  @Test("The cheapest colouring reads the matrix, and is no dearer than any single one", arguments: 0..<20)
  func cheapest(_ seed: Int) throws {
    let any = Samples.random(20, 15, density: 0.15, seed: seed)
    let best = any.cheapestColoring(isSymmetric: false)
    #expect(try best.decompress(best.compress(matrix(any, symmetric: false))) == matrix(any, symmetric: false))
    for problem in [ColoringProblem.columns, .rows, .bidirectional(.direct)] {
      #expect(try best.colorCount <= any.coloring(for: problem).colorCount)
    }
    let symmetric = Samples.randomSymmetric(20, density: 0.2, seed: seed)
    let star = symmetric.cheapestColoring(isSymmetric: true)
    #expect(
      try star.decompress(star.compress(matrix(symmetric, symmetric: true))) == matrix(symmetric, symmetric: true))
    #expect(try star.colorCount <= symmetric.coloring(for: .symmetric(.direct)).colorCount)
    for coloring in [best, star] {
      let saved = try JSONDecoder().decode(Coloring.self, from: JSONEncoder().encode(coloring))
      #expect(saved.pattern == coloring.pattern && saved.groups == coloring.groups && saved.problem == coloring.problem)
      #expect(sources(saved).elementsEqual(sources(coloring), by: ==))
    }
  }

  @Test("Colourings by substitution are not saved") func substitution() throws {
    let coloring = try SparsityPattern.banded(9, bandwidth: 1).coloring(for: .symmetric(.substitution))
    #expect(!coloring.isDirect)
    #expect(throws: EncodingError.self) { try JSONEncoder().encode(coloring) }
  }
}

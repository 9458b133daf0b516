import SparseStructure
import Testing

@Suite struct ColoringTests {
  /// Random patterns, from sparse to dense, small enough for the definitions.
  static let symmetricSamples: [SparsityPattern] =
    (0..<60).map { Samples.randomSymmetric(1 + $0 % 23, density: 0.05 + 0.02 * Double($0 % 31), seed: $0) }
    + [Samples.arrow(12), Samples.grid(4, 5), Samples.grid(3, 6, corners: true), Samples.cycle(9)]
    + [Samples.tree(30, seed: 1), .dense(rowCount: 6, columnCount: 6), .diagonal(5)]
  static let samples: [SparsityPattern] =
    (0..<60).map { Samples.random(1 + $0 % 13, 1 + $0 * 7 % 17, density: 0.05 + 0.02 * Double($0 % 31), seed: $0) }
    + symmetricSamples.prefix(20)

  @Test(arguments: Samples.orders)
  func columnsAndRows(order: VertexOrder) throws {
    for pattern in ColoringTests.samples {
      let columns = try pattern.coloring(for: .columns, order: order)
      #expect(
        ColoringDefinitions.structuralOrthogonalityViolation(pattern, columnColors: columns.plainColumnColors) == nil)
      #expect(ColoringDefinitions.directRecoveryViolation(columns, full: pattern) == nil)
      #expect(columns.colorCount >= pattern.largestRowCount)
      let rows = try pattern.coloring(for: .rows, order: order)
      #expect(ColoringDefinitions.directRecoveryViolation(rows, full: pattern) == nil)
      #expect(try rows.colorCount == pattern.transposed().coloring(for: .columns, order: order).colorCount)
    }
  }

  @Test(arguments: Samples.orders)
  func star(order: VertexOrder) throws {
    for pattern in ColoringTests.symmetricSamples {
      let coloring = try pattern.coloring(for: .symmetric(.direct), order: order)
      #expect(ColoringDefinitions.directRecoveryViolation(coloring, full: pattern) == nil)
      // With a full diagonal no colour is neutral and the colouring is a star colouring of the graph.
      let full = pattern.union(.diagonal(pattern.rowCount))
      let colored = try full.coloring(for: .symmetric(.direct), order: order)
      let graph = try AdjacencyGraph(symmetric: full)
      #expect(ColoringDefinitions.starViolation(graph, colored.plainColumnColors) == nil)
    }
  }

  @Test(arguments: Samples.orders)
  func acyclic(order: VertexOrder) throws {
    for pattern in ColoringTests.symmetricSamples {
      let coloring = try pattern.coloring(for: .symmetric(.substitution), order: order)
      #expect(ColoringDefinitions.substitutionViolation(coloring) == nil)
      let full = pattern.union(.diagonal(pattern.rowCount))
      let colored = try full.coloring(for: .symmetric(.substitution), order: order)
      let graph = try AdjacencyGraph(symmetric: full)
      #expect(ColoringDefinitions.acyclicViolation(graph, colored.plainColumnColors) == nil)
    }
  }

  @Test(arguments: Samples.orders)
  func bidirectional(order: VertexOrder) throws {
    for pattern in ColoringTests.samples {
      let direct = try pattern.coloring(for: .bidirectional(.direct), order: order)
      let substitution = try pattern.coloring(for: .bidirectional(.substitution), order: order)
      #expect(ColoringDefinitions.directRecoveryViolation(direct, full: pattern) == nil)
      #expect(ColoringDefinitions.substitutionViolation(substitution) == nil)
      let oneWay = try min(
        pattern.coloring(for: .columns, order: order).colorCount,
        pattern.coloring(for: .rows, order: order).colorCount)
      #expect(substitution.colorCount <= direct.colorCount && direct.colorCount <= oneWay)
    }
  }

  @Test(arguments: Samples.orders)
  func diagonal(order: VertexOrder) throws {
    for pattern in ColoringTests.samples where pattern.isSquare {
      let coloring = try pattern.coloring(for: .diagonal, order: order)
      #expect(ColoringDefinitions.directRecoveryViolation(coloring, full: pattern) == nil)
      let full = pattern.union(.diagonal(pattern.rowCount))
      let colored = try full.coloring(for: .diagonal, order: order)
      let graph = try AdjacencyGraph(symmetric: full.symmetrized())
      #expect(ColoringDefinitions.distanceOneViolation(graph, colored.plainColumnColors) == nil)
    }
  }

  /// The ways around vertices and rows with many non-zeros must agree with the plain ways.
  @Test func crowdedVerticesAndHeavyRows() throws {
    for seed in 0..<6 {
      let sparse = Samples.randomSymmetric(400, density: 0.004, seed: seed).union(.diagonal(400))
      let dense = (0..<2 + seed).map { (7 + 61 * $0) % 400 }
      var generator = Repeatable(seed)
      let arms = dense.flatMap { hub in
        (0..<400).filter { _ in Int.random(in: 0..<6, using: &generator) > 0 }.flatMap { [(hub, $0), ($0, hub)] }
      }
      let pattern = try sparse.union(SparsityPattern(rowCount: 400, columnCount: 400, coordinates: arms))
      let graph = try AdjacencyGraph(symmetric: pattern)
      for order in [VertexOrder.natural, .largestFirst, .smallestLast, .random(seed: UInt64(seed))] {
        let star = try pattern.coloring(for: .symmetric(.direct), order: order)
        #expect(ColoringDefinitions.starViolation(graph, star.plainColumnColors) == nil)
        #expect(ColoringDefinitions.directRecoveryViolation(star, full: pattern) == nil)
        let acyclic = try pattern.coloring(for: .symmetric(.substitution), order: order)
        let matrix = Samples.symmetricMatrix(pattern, seed: seed)
        #expect(try acyclic.decompress(acyclic.compress(matrix)) == matrix)
        let columns = try pattern.coloring(for: .columns, order: order)
        #expect(ColoringDefinitions.directRecoveryViolation(columns, full: pattern) == nil)
        let both = try pattern.coloring(for: .bidirectional(.direct), order: order)
        #expect(ColoringDefinitions.directRecoveryViolation(both, full: pattern) == nil)
      }
    }
  }

  @Test func groupsAreTheColorsTurnedRound() throws {
    for problem in ColoringProblem.allCases {
      let coloring = try Samples.grid(4, 4).coloring(for: problem, order: .largestFirst)
      for color in 0..<coloring.colorCount {
        let isRow = coloring.isRowColor(color)
        #expect(!coloring.group(color).isEmpty)
        #expect(
          Array(coloring.group(color))
            == (0..<16).filter { (isRow ? coloring.color(ofRow: $0) : coloring.color(ofColumn: $0)) == color })
      }
    }
  }

  @Test func unsuitablePatternsAreRefused() {
    let wide = SparsityPattern.dense(rowCount: 2, columnCount: 3)
    #expect(throws: SparseStructureError.self) { try wide.coloring(for: .symmetric(.direct)) }
    #expect(throws: SparseStructureError.self) { try wide.coloring(for: .diagonal) }
    let upper = SparsityPattern.banded(4, bandwidth: 1).upperTriangle()
    #expect(throws: SparseStructureError.self) { try upper.coloring(for: .symmetric(.substitution)) }
  }
}

import SparseStructure
import Testing

@Suite struct DecompressionTests {
  private func matrix(_ pattern: SparsityPattern, for problem: ColoringProblem, seed: Int) -> SparseMatrix<Double> {
    if case .symmetric = problem { return Samples.symmetricMatrix(pattern, seed: seed) }
    return Samples.matrix(pattern, seed: seed)
  }

  private func patterns(for problem: ColoringProblem) -> [SparsityPattern] {
    if case .symmetric = problem { return ColoringTests.symmetricSamples }
    if case .diagonal = problem { return ColoringTests.samples.filter(\.isSquare) }
    return ColoringTests.samples
  }

  @Test(arguments: ColoringProblem.allCases)
  func roundTrips(problem: ColoringProblem) throws {
    for (seed, pattern) in patterns(for: problem).enumerated() {
      let matrix = matrix(pattern, for: problem, seed: seed)
      for order in Samples.orders {
        let coloring = try pattern.coloring(for: problem, order: order)
        let result = try coloring.decompress(coloring.compress(matrix))
        #expect(result == matrix.restricted(to: coloring.pattern), "\(problem), \(order), pattern \(seed)")
        if case .diagonal = problem { #expect(result.diagonal == matrix.diagonal) }
      }
    }
  }

  /// Reading a part with the products that it requires, and no others.
  @Test(arguments: ColoringProblem.allCases)
  func partsNeedOnlyTheirColors(problem: ColoringProblem) throws {
    for (seed, pattern) in patterns(for: problem).enumerated() where seed % 3 == 0 {
      let matrix = matrix(pattern, for: problem, seed: seed)
      let coloring = try pattern.coloring(for: problem, order: .largestFirst)
      let products = coloring.compress(matrix)
      let length = max(pattern.rowCount, pattern.columnCount)
      let flat = products.flatMap { $0 + [Double](repeating: .nan, count: length - $0.count) }
      flat.withUnsafeBufferPointer { flat in
        func pointers(_ colors: [Int]) -> [UnsafePointer<Double>?] {
          let required = Set(colors)
          return (0..<coloring.colorCount).map { required.contains($0) ? flat.baseAddress! + $0 * length : nil }
        }
        for row in 0..<pattern.rowCount {
          for column in 0..<pattern.columnCount {
            let colors = coloring.requiredColors(forEntries: [(row, column)])
            #expect(colors.isEmpty == !coloring.pattern.contains(row: row, column: column))
            #expect(colors.count <= 2)
            if coloring.pattern.contains(row: row, column: column) {
              #expect(coloring.value(row: row, column: column, from: pointers(colors)) == matrix[row, column])
            }
          }
        }
        for start in 0..<pattern.rowCount {
          let rows = start..<min(pattern.rowCount, start + 1 + seed % 4)
          let colors = coloring.requiredColors(
            forEntries: rows.flatMap { row in coloring.pattern[row: row].map { (row, $0) } })
          let part = matrix.restricted(to: coloring.pattern)
          let range = coloring.pattern.rowRange(rows)
          let values = [Double](unsafeUninitializedCapacity: range.count) { buffer, count in
            if let base = buffer.baseAddress { coloring.decompress(pointers(colors), rows: rows, into: base) }
            count = range.count
          }
          #expect(values == Array(part.values[range]))
        }
      }
    }
  }

  /// Roots in the centre: a path's chain of substitutions is half as long as the path.
  @Test func longChains() throws {
    let pattern = SparsityPattern.banded(100_001, bandwidth: 1)
    let matrix = Samples.symmetricMatrix(pattern, seed: 4)
    let coloring = try pattern.coloring(for: .symmetric(.substitution))
    #expect(coloring.colorCount == 2)
    #expect(try coloring.decompress(coloring.compress(matrix)) == matrix)
    #expect(coloring.requiredColors(forEntries: [(0, 1)]).count == 1)
    #expect(coloring.requiredColors(forEntries: [(100_000, 99_999)]).count == 1)
    #expect(coloring.requiredColors(forEntries: [(50_000, 49_999)]).count == 2)
  }

  @Test func wrongProductsAreRefused() throws {
    let coloring = try SparsityPattern.banded(5, bandwidth: 1).coloring(for: .columns)
    #expect { try coloring.decompress([[1.0]]) } throws: { "\($0)".contains("1 products for 3 colours") }
    let short = [[Double]](repeating: [1, 2], count: 3)
    #expect { try coloring.decompress(short) } throws: { "\($0)".contains("2 elements, not 5") }
  }
}

extension SparsityPattern {
  /// The places of the rows' non-zeros in row order.
  func rowRange(_ rows: Range<Int>) -> Range<Int> {
    let before = (0..<rows.lowerBound).reduce(0) { $0 + self[row: $1].count }
    return before..<rows.reduce(before) { $0 + self[row: $1].count }
  }
}

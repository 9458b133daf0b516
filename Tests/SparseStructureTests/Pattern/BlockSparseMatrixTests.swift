import SparseStructure
import Testing

@Suite struct BlockSparseMatrixTests {
  private static func matrix(_ rows: Int, _ columns: Int, seed: Int) -> SparseMatrix<Double> {
    Samples.matrix(Samples.random(rows, columns, density: 0.15, seed: seed), seed: seed)
  }

  @Test(
    "Blocks hold the entries, and every block with an entry is stored",
    arguments: [([3, 3, 3], [3, 3]), ([2, 5, 1], [4, 1, 6]), ([1, 1, 1, 1], [1, 1]), ([12], [7])])
  func blocks(rows: [Int], columns: [Int]) throws {
    let (m, n) = (rows.reduce(0, +), columns.reduce(0, +))
    let matrix = Self.matrix(m, n, seed: m * n)
    let blocks = try matrix.blocks(rows: rows, columns: columns)
    for i in rows.indices {
      for j in columns.indices {
        let (r, c) = (blocks.rowStarts[i], blocks.columnStarts[j])
        let expected = (0..<rows[i]).flatMap { a in (0..<columns[j]).map { matrix[r + a, c + $0] } }
        #expect(blocks[block: i, j] == expected)
        let isStored = matrix.pattern.coordinates.contains { row, column in
          (r..<(r + rows[i])).contains(row) && (c..<(c + columns[j])).contains(column)
        }
        #expect(blocks.pattern.contains(row: i, column: j) == isStored)
      }
    }
    #expect(blocks.values.count == blocks.valueStarts.last)
    let (offsets, numbers) = blocks.compressedRows
    #expect(offsets.last == numbers.count && numbers.count == blocks.pattern.nonzeroCount)
  }

  @Test("Blocks of one size are runs of one length, and sizes that do not fit are refused") func sizes() throws {
    let matrix = Self.matrix(12, 6, seed: 5)
    #expect(try matrix.blocks(of: 3) == matrix.blocks(rows: [3, 3, 3, 3], columns: [3, 3]))
    #expect(throws: SparseStructureError.self) { _ = try matrix.blocks(of: 5) }
    #expect(throws: SparseStructureError.self) { _ = try matrix.blocks(of: 0) }
    #expect(throws: SparseStructureError.self) { _ = try matrix.blocks(rows: [12], columns: [5]) }
    #expect(throws: SparseStructureError.self) { _ = try matrix.blocks(rows: [13, -1], columns: [6]) }
    #expect(throws: SparseStructureError.self) { _ = try matrix.blocks(rows: [.max, .max], columns: [6]) }
  }
}

import SparseStructure
import Testing

@Suite struct SparseMatrixTests {
  @Test func entriesInAnyOrderAreAdded() throws {
    let matrix = try SparseMatrix(
      rowCount: 2, columnCount: 3, entries: [(1, 0, -1.0), (0, 2, 1.0), (0, 2, 0.5), (0, 0, 4.0)])
    #expect(matrix.values == [4, 1.5, -1])
    #expect(matrix[0, 2] == 1.5 && matrix[1, 1] == 0)
    #expect(matrix.dense() == [4, 0, 1.5, -1, 0, 0])
    #expect(matrix * [1, 2, 3] == [8.5, -1])
    #expect(matrix.transposed() * [1, 2] == [2, 0, 1.5])
    #expect(matrix.diagonal == [4, 0])
    let rows = matrix.compressedRows
    #expect(rows.offsets == [0, 2, 3] && rows.columns == [0, 2, 0] && rows.values == [4, 1.5, -1])
    let columns = matrix.compressedColumns
    #expect(columns.offsets == [0, 2, 2, 3] && columns.rows == [0, 1, 0] && columns.values == [4, -1, 1.5])
    let coordinates = matrix.coordinates
    #expect(coordinates.rows == [0, 0, 1] && coordinates.columns == [0, 2, 0])
    #expect(throws: SparseStructureError.self) {
      try SparseMatrix(rowCount: 2, columnCount: 2, entries: [(0, 2, 1.0)])
    }
  }

  @Test(arguments: 0..<10)
  func conversions(seed: Int) {
    let pattern = Samples.random(6, 4, density: 0.4, seed: seed)
    let matrix = Samples.matrix(pattern, seed: seed)
    #expect(SparseMatrix(dense: matrix.dense(), rowCount: 6, columnCount: 4) == matrix)
    #expect(SparseMatrix(dense: matrix.dense(), rowCount: 6, columnCount: 4, pattern: pattern) == matrix)
    #expect(matrix.transposed().transposed() == matrix)
    for i in 0..<6 {
      for j in 0..<4 { #expect(matrix.transposed()[j, i] == matrix[i, j]) }
    }
    let symmetric = Samples.symmetricMatrix(Samples.randomSymmetric(7, density: 0.5, seed: seed), seed: seed)
    #expect(symmetric.transposed() == symmetric)
    #expect(symmetric.lowerTriangle().mirrored() == symmetric)
    #expect(symmetric.upperTriangle().mirrored() == symmetric)
  }

  @Test func matrixMarket() throws {
    let matrix = try SparseMatrix(
      rowCount: 2, columnCount: 2, entries: [(0, 0, 0.1), (1, 0, -2.0), (0, 1, -2.0), (1, 1, 1e300)])
    #expect(
      matrix.matrixMarket(comment: "two\nlines") == """
        %%MatrixMarket matrix coordinate real general
        % two
        % lines
        2 2 4
        1 1 0.1
        2 1 -2.0
        1 2 -2.0
        2 2 1e+300

        """)
    #expect(
      matrix.matrixMarket(triangle: .lower) == """
        %%MatrixMarket matrix coordinate real symmetric
        2 2 3
        1 1 0.1
        2 1 -2.0
        2 2 1e+300

        """)
    let whole = try SparseMatrix(rowCount: 1, columnCount: 2, entries: [(0, 1, 3)])
    #expect(whole.matrixMarket() == "%%MatrixMarket matrix coordinate integer general\n1 2 1\n1 2 3\n")
  }

  @Test func printing() throws {
    let matrix = try SparseMatrix(rowCount: 2, columnCount: 3, entries: [(0, 0, 4), (0, 2, 15), (1, 0, -1)])
    #expect("\(matrix)" == "2×3 matrix, 3 stored entries\n 4  ·  15\n-1  ·   ·")
    let large = Samples.matrix(.diagonal(50), seed: 1)
    #expect("\(large)".hasPrefix("50×50 matrix, 50 stored entries\n⠑⢄"))
  }
}

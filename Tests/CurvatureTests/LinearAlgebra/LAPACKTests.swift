import Curvature
import Testing

@Suite struct LAPACKTests {
  /// Elements between -1 and 1 from a linear congruential generator.
  private func matrix(rows: Int, columns: Int, seed: UInt64) -> DenseMatrix {
    var state = seed
    return DenseMatrix(
      rows: rows, columns: columns,
      rowMajor: (0..<(rows * columns)).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 52) - 1
      })
  }

  @Test(arguments: [0, 1, 2, 3, 7, 20])
  func eigenvectorsDiagonaliseASymmetricMatrix(n: Int) throws {
    let a = matrix(rows: n + 2, columns: n, seed: 7).gram
    let eigen = try SymmetricEigenDecomposition(a)
    #expect(eigen.values.count == n)
    #expect(eigen.values == eigen.values.sorted())
    for j in 0..<n {
      let v = (0..<n).map { eigen.vectors[$0, j] }
      let av = a.times(v)
      for i in 0..<n { #expect(abs(av[i] - eigen.values[j] * v[i]) < 1e-13 * Double(n + 1)) }
      for k in 0..<n {
        let product = (0..<n).reduce(0) { $0 + eigen.vectors[$1, j] * eigen.vectors[$1, k] }
        #expect(abs(product - (j == k ? 1 : 0)) < 1e-13)
      }
    }
  }

  @Test func eigenvaluesOfATwoByTwoMatrix() throws {
    let eigen = try SymmetricEigenDecomposition(DenseMatrix(rows: 2, columns: 2, rowMajor: [1, 2, 2, -2]))
    #expect(abs(eigen.values[0] + 3) < 1e-15)
    #expect(abs(eigen.values[1] - 2) < 1e-15)
  }

  @Test(arguments: [(1, 1), (4, 4), (9, 3), (120, 17)])
  func factorsReproduceTheMatrix(rows: Int, columns: Int) throws {
    let a = matrix(rows: rows, columns: columns, seed: 11)
    let factorization = try QRFactorization(a)
    // QᵀA = R, column by column, which also says that Q is orthogonal on the columns' span.
    let r = factorization.r
    for j in 0..<columns {
      let product = factorization.transposedQ(times: (0..<rows).map { a[$0, j] })
      for i in 0..<columns { #expect(abs(product[i] - r[i, j]) < 1e-13 * Double(rows)) }
    }
    let gram = r.gram
    for (x, y) in zip(gram.elements, a.gram.elements) { #expect(abs(x - y) < 1e-13 * Double(rows)) }
    // R⁻¹ R = I and R⁻ᵀ Rᵀ = I.
    for product in [
      try factorization.solvingR(r), try factorization.solvingR(r.transposed, transposed: true),
    ] {
      for (x, y) in zip(product.elements, DenseMatrix.identity(columns).elements) { #expect(abs(x - y) < 1e-10) }
    }
  }

  @Test func whatHasNoFactorizationIsAnError() {
    var a = DenseMatrix.identity(3)
    a[2, 0] = .nan
    #expect(throws: LinearAlgebraError.self) { _ = try SymmetricEigenDecomposition(a) }
    #expect(throws: LinearAlgebraError.self) { _ = try QRFactorization(a) }
    #expect(throws: LinearAlgebraError.self) { _ = try QRFactorization(DenseMatrix(rows: 2, columns: 3)) }
    let singular = DenseMatrix(rows: 3, columns: 2)
    #expect(throws: LinearAlgebraError.self) {
      _ = try QRFactorization(singular).solvingR(DenseMatrix.identity(2))
    }
  }
}

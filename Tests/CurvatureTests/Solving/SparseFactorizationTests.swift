import Curvature
import SparseStructure
import TestSupport
import Testing

@Suite struct SparseFactorizationTests {
  /// Symmetric matrices of several shapes: bands, arrows, grids, random ones, one dense and one diagonal.
  static let patterns: [(name: String, pattern: SparsityPattern)] = {
    var generator = RepeatableGenerator(seed: 11)
    func symmetric(_ n: Int, _ isEntry: (Int, Int) -> Bool) -> SparsityPattern {
      let lower = SparsityPattern(rowCount: n, columnCount: n) { $0 == $1 || $0 > $1 && isEntry($0, $1) }
      return lower.symmetrized()
    }
    return [
      ("one", symmetric(1) { _, _ in true }), ("diagonal", symmetric(7) { _, _ in false }),
      ("dense", symmetric(60) { _, _ in true }), ("band", .banded(50, bandwidth: 3)),
      ("arrow", symmetric(100) { row, column in row >= 96 || row / 4 == column / 4 }),
      ("arrow upwards", symmetric(100) { row, column in column < 5 || (row - 5) / 3 == (column - 5) / 3 }),
      ("grid", symmetric(81) { row, column in row - column == 9 || row - column == 1 && row % 9 != 0 }),
      ("random", symmetric(40) { _, _ in generator.chance(0.08) }),
      ("wide border", symmetric(160) { row, column in row >= 100 || row / 2 == column / 2 }),
    ]
  }()

  /// A symmetric matrix on a pattern: positive definite, or with a diagonal of both signs that dominates.
  private static func matrix(_ pattern: SparsityPattern, isDefinite: Bool, seed: UInt64) -> SparseMatrix<Double> {
    var generator = RepeatableGenerator(seed: seed)
    let n = pattern.rowCount
    var dense = [Double](repeating: 0, count: n * n)
    for (row, column) in pattern.coordinates where row >= column {
      let value = row == column ? generator.real(in: 0...1) : generator.real(in: -1...1)
      (dense[n * row + column], dense[n * column + row]) = (value, value)
    }
    for row in 0..<n {
      let sum = (0..<n).reduce(0) { $0 + abs(dense[n * row + $1]) }
      dense[n * row + row] = (isDefinite || generator.chance(0.6) ? 1 : -1) * (sum + 0.1)
    }
    return SparseMatrix(dense: dense, rowCount: n, columnCount: n, pattern: pattern)
  }

  /// Solutions, definiteness and determinant are those of the dense matrix. Gives it, and how many eigenvalues are negative.
  private static func expectDense(
    _ factors: SparseFactorization<Double>, _ A: SparseMatrix<Double>, _ name: String
  ) throws -> (dense: Tensor<Double>, negative: Int) {
    let (dense, n) = (Tensor(A), A.rowCount)
    var generator = RepeatableGenerator(seed: 4)
    let b = Tensor<Double>(generator.reals(n))
    #expect(try factors.solve(b).isClose(to: solve(dense, b), relative: 1e-12, absolute: 1e-13), "\(name)")
    let eigenvalues = try SymmetricEigenDecomposition(
      DenseMatrix(rows: n, columns: n, rowMajor: dense.scalars)
    ).values
    let negative = eigenvalues.count { $0 < 0 }
    #expect(factors.isPositiveDefinite == (negative == 0), "\(name)")
    let logarithm = eigenvalues.reduce(0) { $0 + log(Tensor<Double>(abs($1))).item() }
    #expect(abs(factors.logDeterminant.logarithm - logarithm) < 1e-11 * Double(n), "\(name)")
    #expect(factors.logDeterminant.sign == (negative % 2 == 0 ? 1 : -1), "\(name)")
    return (dense, negative)
  }

  @Test("Solutions, inertia, determinant and entries of the inverse are the dense ones", arguments: patterns)
  func factors(name: String, pattern: SparsityPattern) throws {
    let n = pattern.rowCount
    for isDefinite in [true, false] {
      for border in [nil, [], Array(max(0, n - 5)..<n)] {
        let A = Self.matrix(pattern, isDefinite: isDefinite, seed: UInt64(n))
        let factors = try A.factorized(by: BlockArrow(border: border))
        #expect(factors.rowCount == n && factors.factorCount >= A.lowerTriangle().storedCount)
        let (dense, negative) = try Self.expectDense(factors, A, name)
        #expect(try factors.inertia() == Inertia(positive: n - negative, negative: negative, zero: 0))
        let inverse = dense.inverse.scalars
        let selected = try factors.selectedInverse()
        #expect(selected.pattern == pattern.union(.diagonal(n)))
        for (value, (row, column)) in zip(selected.values, selected.pattern.coordinates) {
          #expect(abs(value - inverse[n * row + column]) < 1e-12 * (1 + abs(inverse[n * row + column])), "\(name)")
        }
        #expect(try factors.inverseDiagonal().scalars == selected.diagonal)
      }
    }
  }

  #if canImport(Accelerate)
    @Test("Accelerate's factors are those of the dense matrix", arguments: AccelerateLDLT.Order.allCases, patterns)
    func accelerate(order: AccelerateLDLT.Order, named: (name: String, pattern: SparsityPattern)) throws {
      let n = named.pattern.rowCount
      for isDefinite in [true, false] {
        let A = Self.matrix(named.pattern, isDefinite: isDefinite, seed: UInt64(n))
        let factors = try A.factorized(by: AccelerateLDLT(order: order))
        _ = try Self.expectDense(factors, A, named.name)
        #expect(factors.factorCount >= n)
        #expect(throws: TensorError.self) { _ = try factors.selectedInverse() }
      }
    }
  #endif

  @Test("A border is found where it makes blocks small") func borders() throws {
    let arrow = Self.patterns.first { $0.name == "arrow" }!.pattern
    let A = Self.matrix(arrow, isDefinite: true, seed: 1)
    let (found, given) = (
      try A.factorized(by: BlockArrow()), try A.factorized(by: BlockArrow(border: [96, 97, 98, 99]))
    )
    // 24 blocks of four rows, each with the border of four, and its corner.
    #expect(given.factorCount == 24 * (10 + 16) + 10 && found.factorCount == given.factorCount)
    #expect("\(found)".contains("100×100") && "\(found)".contains("634"))
  }

  @Test("Hessians of any shape, and in single precision") func hessians() throws {
    let x = Tensor<Double>((0..<24).map { 0.1 * Double($0) }).reshaped(to: [4, 6])
    let H = hessian(at: x) { x in exp(x / 4).sum() + square(x[1...] - x[..<(-1)]).sum() }
    let factors = try H.factorized(by: BlockArrow())
    let inverse = try H.inverse().reshaped(to: [24, 24])
    #expect(try factors.solve(x).isClose(to: H.solve(x), relative: 1e-12))
    #expect(try factors.inverseDiagonal().reshaped(to: [24]).isClose(to: inverse.diagonal(), relative: 1e-12))
    let single = hessian(at: x.cast(to: Float.self)) { x in exp(x / 4).sum() + square(x[1...] - x[..<(-1)]).sum() }
    let solution = try single.factorized(by: BlockArrow()).solve(x.cast(to: Float.self))
    #expect(solution.cast(to: Double.self).isClose(to: try H.solve(x), relative: 1e-5))
    // Sums and multiples of it with diagonals, and no compositions.
    let sum = 2 * LinearOperator(H) + LinearOperator.diagonal(x + 1) - 0.1 * LinearOperator.identity([4, 6])
    #expect(try sum.solve(x, by: .sparse(BlockArrow())).isClose(to: sum.solve(x), relative: 1e-11))
    #expect(throws: TensorError.self) {
      _ = try (LinearOperator(H) * LinearOperator(H)).solve(x, by: .sparse(BlockArrow()))
    }
    // A variable that the function does not contain has no entry on the diagonal.
    let partial = hessian(at: x[0]) { square($0[1...]).sum() + $0[0] }
    #expect(throws: TensorError.self) { _ = try partial.factorized(by: BlockArrow()) }
  }

  @Test("What cannot be factored says so") func refusals() throws {
    func message(_ body: () throws -> Void) -> String {
      let error = #expect(throws: TensorError.self) { try body() }
      return error?.message ?? ""
    }
    let A = Self.matrix(.banded(6, bandwidth: 1), isDefinite: true, seed: 3)
    let factors = try A.factorized(by: BlockArrow())
    #expect(message { _ = try factors.solve(Tensor([1, 2])) }.contains("[6] is needed"))
    #expect(message { _ = try factors.solve(Tensor([1, 2, 3, .nan, 5, 6])) }.contains("not finite"))
    #expect(message { _ = try A.factorized(by: BlockArrow(border: [6])) }.contains("row 6"))
    let long = try SparseMatrix(
      rowCount: 40_000, columnCount: 40_000,
      entries: (0..<40_000).flatMap { i in [(i, i, 2.0), (i, max(0, i - 1), -1)] })
    #expect(message { _ = try long.factorized(by: BlockArrow()) }.contains("name another border"))
    let wide = SparseMatrix<Double>(dense: [1, 2, 3, 4, 5, 6], rowCount: 2, columnCount: 3)
    #expect(message { _ = try wide.factorized(by: BlockArrow()) }.contains("2×3"))
    let infinite = SparseMatrix(dense: [1, .infinity, .infinity, 1], rowCount: 2, columnCount: 2)
    #expect(message { _ = try infinite.factorized(by: BlockArrow()) }.contains("not finite"))
    let swapped = SparseMatrix(dense: [0.0, 1, 1, 0], rowCount: 2, columnCount: 2)
    #expect(message { _ = try swapped.factorized(by: BlockArrow()) }.contains("a pivot vanishes"))
    // Singular but for rounding: a third of it is lost in the pivot.
    let third = 1.0 / 3
    let singular = SparseMatrix(dense: [third, 1, 1, 3 + 2e-16], rowCount: 2, columnCount: 2)
    if let factors = try? singular.factorized(by: BlockArrow()) {
      #expect(message { _ = try factors.solve(Tensor([1, 2])) }.contains("singular"))
      #expect(message { _ = try factors.selectedInverse() }.contains("singular"))
    }
    // Regular, but a pivot as small as rounding: right by refinement, or refused.
    let small = SparseMatrix(dense: [1e-14, 1, 1, 1], rowCount: 2, columnCount: 2)
    let tiny = try small.factorized(by: BlockArrow(border: []))
    #expect(try tiny.solve(Tensor([1, 2])).isClose(to: Tensor([1, 1]), relative: 1e-10))
    #expect(throws: TensorError.self) { _ = try tiny.inertia() }
  }

  @Test("Steps in a ball are nearly those by eigenvectors", arguments: [1e-3, 0.1, 1, 10, 1e4])
  func trustRegion(radius: Double) throws {
    var generator = RepeatableGenerator(seed: 21)
    for n in 1...8 {
      for shift in [-3.0, -0.5, 0, 3] {
        for isHard in [false, true] {
          var hessian = DenseMatrix(rows: n, columns: n)
          for i in 0..<n {
            for j in 0...i where !isHard || i == j {
              hessian[i, j] = generator.real(in: -1...1)
              hessian[j, i] = hessian[i, j]
            }
            hessian[i, i] += shift
          }
          var gradient = generator.reals(n)
          // In the hard case the gradient has no part along the lowest eigenvector.
          if isHard, let lowest = (0..<n).min(by: { hessian[$0, $0] < hessian[$1, $1] }) { gradient[lowest] = 0 }
          let lower = (0..<n).flatMap { i in (0...i).map { hessian[i, $0] } }
          let pattern = SparsityPattern.dense(rowCount: n, columnCount: n).lowerTriangle()
          let sparse = SparseSymmetricMatrix.Places(pattern).matrix(lower)
          let arrow = AnalyzedMatrix(sparse, try BlockArrow().analysis(of: pattern))
          let exact = try TrustRegionSubproblem(gradient: gradient, hessian: hessian)
          let least = exact.predictedReduction(exact.minimizer(radius: radius).step)
          for (step, onBoundary) in [
            try FactoredTrustRegion(arrow).minimizer(gradient: gradient, radius: radius),
            try FactoredTrustRegion(hessian).minimizer(gradient: gradient, radius: radius),
          ] {
            let length = step.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(length <= 1.1 * radius * (1 + 1e-12))
            #expect(!onBoundary || length >= 0.9 * radius * (1 - 1e-12))
            #expect(exact.predictedReduction(step) >= 0.75 * least, "n \(n), shift \(shift), hard \(isHard)")
          }
        }
      }
    }
  }

  @Test("A search with sparse factors takes the steps of one with dense ones, and counts its factorizations")
  func searches() throws {
    let n = 40
    func chain(_ x: Tensor<Double>) -> Tensor<Double> {
      100 * square(x[1...] - square(x[..<(-1)])).sum() + square(1 - x[..<(-1)]).sum()
    }
    let start = Tensor<Double>((0..<n).map { $0 % 2 == 0 ? -1.2 : 1 })
    let dense = try minimize(from: start, method: .dense, of: chain)
    let sparse = try minimize(from: start, method: .sparse(BlockArrow()), of: chain)
    for result in [dense, sparse] {
      #expect(result.isConverged && result.curvature.kind == .minimum, "\(result)")
    }
    #expect(sparse.point.isClose(to: Tensor(repeating: 1, shape: [n]), relative: 1e-12) || sparse.value > 1)
    #expect(sparse.curvature.inertia == Inertia(positive: n, negative: 0, zero: 0))
    #expect(sparse.counts.hessianProducts == 0 && sparse.counts.factorizations >= sparse.iterations)
    #expect(sparse.counts.factorizations <= 12 * (sparse.iterations + 1), "\(sparse.counts)")
    #expect(dense.counts.factorizations == 0)
    // A saddle at the start, and a minimum on a line.
    let saddle = try minimize(from: Tensor<Double>([0, 1]), method: .sparse(BlockArrow()), maximumIterations: 0) {
      square($0[1]) - square($0[0])
    }
    let direction = try #require(saddle.curvature.direction)
    #expect(saddle.curvature.kind == .saddle && direction[0] == 1 && abs(direction[1]) < 1e-6)
    let line = try minimize(from: Tensor<Double>([3, 5]), method: .sparse(BlockArrow())) { square($0.sum() - 1) }
    #expect(line.isConverged && line.curvature.kind == .singular, "\(line)")
  }
}

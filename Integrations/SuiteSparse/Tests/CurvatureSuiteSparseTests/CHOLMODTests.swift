import CurvatureSuiteSparse
import Testing

@Suite struct CHOLMODTests {
  static let factorizers = CHOLMOD.Method.allCases.flatMap { method in
    CHOLMOD.Order.allCases.map { CHOLMOD(method, order: $0) }
  }

  /// Energies of fields on a line, on a grid, and of groups that share parameters, with a shift that decides about signs.
  private static func energy(_ x: Tensor<Double>, shift: Double) -> Tensor<Double> {
    let n = x.shape[0]
    let side = Int(Double(n).squareRoot())
    let grid = x[..<(side * side)].reshaped(to: [side, side])
    return square(grid[1...] - grid[..<(-1)]).sum() + square(grid[.all, 1...] * grid[.all, ..<(-1)]).sum()
      + exp(x * x[n - 1] / 10).sum() + shift * square(x).sum()
  }

  private static func point(_ n: Int) -> Tensor<Double> { Tensor((0..<n).map { 0.3 + 0.1 * Double($0 * $0 % 7) }) }

  @Test("Solutions, determinant and entries of the inverse are the dense ones", arguments: factorizers)
  func definite(factorizer: CHOLMOD) throws {
    for n in [1, 2, 5, 30, 150] {
      let H = hessian(at: Self.point(n)) { Self.energy($0, shift: 2) }
      let factors = try H.factorized(by: factorizer)
      let b = Tensor<Double>((0..<n).map { Double($0 % 5) - 1.5 })
      #expect(try factors.solve(b).isClose(to: H.solve(b), relative: 1e-11))
      #expect(try H.solve(b, by: .sparse(factorizer)).isClose(to: H.solve(b), relative: 1e-11))
      let (sparse, dense) = (factors.logDeterminant, try H.logDeterminant())
      #expect(abs(sparse.logarithm - dense.logarithm) < 1e-11 * Double(n) && sparse.sign == dense.sign)
      #expect(try factors.inertia() == Inertia(positive: n, negative: 0, zero: 0))
      let inverse = try H.inverse()
      let selected = try factors.selectedInverse()
      #expect(selected.pattern == H.pattern)
      for (value, (row, column)) in zip(selected.values, selected.pattern.coordinates) {
        #expect(abs(value - inverse[row, column].item()) < 1e-11)
      }
      #expect(try factors.inverseDiagonal().isClose(to: inverse.diagonal(), relative: 1e-10))
      #expect(factors.factorCount >= H.pattern.lowerTriangle().nonzeroCount)
    }
  }

  @Test("Indefinite matrices have factors without exchanges, dense blocks want positive definite ones")
  func indefinite() throws {
    let H = hessian(at: Self.point(30)) { Self.energy($0, shift: 2) - 8 * square($0[..<10]).sum() }
    let b = Self.point(30)
    for order in CHOLMOD.Order.allCases {
      let factors = try H.factorized(by: CHOLMOD(.simplicial, order: order))
      #expect(try factors.solve(b).isClose(to: H.solve(b), relative: 1e-9))
      #expect(try factors.inertia() == H.inertia() && !factors.isPositiveDefinite)
      #expect(throws: TensorError.self) { _ = try H.factorized(by: CHOLMOD(.supernodal, order: order)) }
    }
    let singular = hessian(at: Tensor<Double>([1, 2, 3])) { square($0[0] + $0[1]) + square($0[2]) }
    for factorizer in Self.factorizers {
      #expect(throws: TensorError.self) { _ = try singular.factorized(by: factorizer).solve(Tensor([1, 2, 3])) }
    }
  }

  @Test("Searches with sparse factors end at minima of many variables", arguments: factorizers)
  func searches(factorizer: CHOLMOD) throws {
    let n = 2000
    let target = Tensor<Double>((0..<n).map { 1 + 0.5 * Double($0 % 3) })
    let result = try minimize(from: Tensor(repeating: 0.1, shape: [n]), target, method: .sparse(factorizer)) { x, t in
      square(square(x) - square(t)).sum() + square(x[1...] - x[..<(-1)]).sum()
    }
    #expect(result.isConverged && result.curvature.kind == .minimum && result.gradientNorm < 1e-8, "\(result.stop)")
    #expect(result.curvature.inertia == Inertia(positive: n, negative: 0, zero: 0))
    #expect(result.counts.factorizations > 0 && result.counts.hessianProducts == 0)
    // Within bounds as with dense factors.
    let few = target[..<100]
    let (lower, upper) = (Tensor<Double>.zeros([100]), Tensor<Double>(repeating: 1.2, shape: [100]))
    let results = try [MinimizationMethod.sparse(factorizer), .dense].map { method in
      try minimize(from: 0.1 * few, few, lowerBounds: lower, upperBounds: upper, method: method) { x, t in
        square(square(x) - square(t)).sum() + square(x[1...] - x[..<(-1)]).sum()
      }
    }
    #expect(results[0].isConverged && results[0].point.isClose(to: results[1].point, relative: 1e-7))
    #expect(results[0].curvature.heldVariables == results[1].curvature.heldVariables)
  }

  @Test("Factors are used by several tasks at once") func tasks() async throws {
    let H = hessian(at: Self.point(150)) { Self.energy($0, shift: 2) }
    let factors = try H.factorized(by: CHOLMOD())
    let b = Self.point(150)
    let expected = try factors.solve(b).scalars
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { try factors.solve(b).scalars == expected } }
      for try await same in group { #expect(same) }
    }
  }
}

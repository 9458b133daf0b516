import Curvature
import TestSupport
import Testing

@Suite struct NystromApproximationTests {
  /// 1, 1/2, 1/4, ...
  private static func halves(_ n: Int) -> [Double] {
    var values = [1.0]
    while values.count < n { values.append(values[values.count - 1] / 2) }
    return values
  }

  private static let spectra: [(name: String, values: [Double])] = [
    ("falling", halves(24)), ("flat", (0..<24).map { 1 + 0.1 * Double($0) }),
    ("semidefinite", (0..<24).map { $0 < 6 ? 3 - 0.4 * Double($0) : 0 }),
    ("large", halves(24).map { 1e150 * $0 }), ("small", halves(24).map { 1e-150 * $0 }),
  ]

  /// U Λ Uᵀ.
  private static func matrix<Scalar>(_ approximation: NystromApproximation<Scalar>) -> Tensor<Double> {
    let vectors = Tensor<Double>(Tensor.stack(approximation.vectors))
    return matmul(vectors.transposed(), Tensor(approximation.eigenvalues).reshaped(to: [-1, 1]) * vectors)
  }

  @Test("An approximation lies between 0 and the matrix, and is the matrix at full rank", arguments: spectra)
  func bounds(name: String, values: [Double]) throws {
    let n = values.count
    let a = symmetricMatrix(values, seed: 3)
    let A = try LinearOperator(matrix: a)
    let sorted = values.sorted(by: >)
    for rank in [1, 2, 5, 12, n] {
      let found = try A.nystromApproximation(rank: rank, seed: UInt64(rank))
      #expect(found.rank == rank && found.products == rank && found.vectors.count == rank)
      let vectors = Tensor.stack(found.vectors)
      #expect(matmul(vectors, vectors.transposed()).isClose(to: .eye(rank), relative: 0, absolute: 1e-13))
      let tolerance = 1e-13 * sorted[0]
      for (eigenvalue, own) in zip(found.eigenvalues, sorted) {
        #expect(eigenvalue >= 0 && eigenvalue <= own + tolerance, "\(name) \(rank)")
      }
      #expect(found.eigenvalues == found.eigenvalues.sorted(by: >))
      let rest = try eigenvalues(a - Self.matrix(found))
      #expect(rest.allSatisfy { $0 >= -tolerance }, "\(name) \(rank): \(rest[0])")
      if rank == n || name == "semidefinite" && rank >= 6 {
        #expect(Self.matrix(found).isClose(to: a, relative: 0, absolute: tolerance), "\(name) \(rank)")
      }
      // In the mean over directions (Frangella, Tropp & Udell, proposition 2.2), with room for one draw.
      if rank == 12 { #expect(rest[n - 1] <= 50 * sorted[6..<n].reduce(tolerance, +), "\(name)") }
    }
  }

  @Test("It is H Ω (Ωᵀ H Ω)⁻¹ Ωᵀ H for the directions of the seed") func definition() throws {
    let n = 30
    let a = symmetricMatrix((0..<n).map { 1 + Double($0 * $0) }, seed: 8)
    for rank in [1, 4, 9] {
      var generator = SeededGenerator(seed: 5)
      // Columns of directions, one after another.
      let omega = Tensor<Double>.randn([n * rank], using: &generator).reshaped(to: [rank, n])
      let images = matmul(omega, a)
      let expected = matmul(images.transposed(), solve(matmul(images, omega.transposed()), images))
      let found = try LinearOperator(matrix: a).nystromApproximation(rank: rank, seed: 5)
      #expect(Self.matrix(found).isClose(to: expected, relative: 0, absolute: 1e-10 * 900))
      let again = try LinearOperator(matrix: a).nystromApproximation(rank: rank, seed: 5)
      #expect(found.eigenvalues == again.eigenvalues && found.vectors[0].scalars == again.vectors[0].scalars)
    }
  }

  @Test("The preconditioner is P of its definition, and leaves the spread that is promised") func preconditioner()
    throws
  {
    for (name, values) in Self.spectra.prefix(3) {
      let n = values.count
      let a = symmetricMatrix(values, seed: 4)
      let A = try LinearOperator(matrix: a)
      for (rank, damping) in [(1, 0.5), (4, 1e-2), (10, 1e-4), (n, 1e-3), (6, 1e-6)] {
        let found = try A.nystromApproximation(rank: rank, seed: 1)
        let least = found.eigenvalues[rank - 1] + damping
        let u = Tensor.stack(found.vectors)
        let scaled = Tensor(found.eigenvalues.map { ($0 + damping) / least - 1 }).reshaped(to: [-1, 1]) * u
        let p = matmul(u.transposed(), scaled) + .eye(n)
        var inverse = try expectDefinite(found.preconditioner(damping: damping))
        #expect(matmul(inverse, p).isClose(to: .eye(n), relative: 0, absolute: 1e-9), "\(name) \(rank)")
        inverse = (inverse + inverse.transposed()) / 2
        let root = inverse.cholesky
        let spread = try eigenvalues(matmul(root.transposed(), matmul(a + damping * .eye(n), root)))
        let error = try eigenvalues(a - Self.matrix(found))[n - 1]
        #expect(spread[n - 1] / spread[0] <= 1.001 * (least + error) / damping, "\(name) \(rank)")
      }
    }
  }

  /// A logistic regression whose features fall off along directions that are no axes, with a ridge: a condition of some 1e6, which
  /// the diagonal does not see.
  private static func regression<Scalar: DifferentiableScalar>(_: Scalar.Type) -> (Hessian<Scalar>, Tensor<Scalar>) {
    let (m, n) = (400, 150)
    var generator = RepeatableGenerator(seed: 6)
    let features = Tensor<Double>(generator.reals(m * n)).reshaped(to: [m, n]) * exp(-0.15 * .arange(n))
    let v = Tensor<Double>(generator.reals(n, in: 0.5...1))
    let reflected = features - 2 * matmul(features, v).reshaped(to: [m, 1]) * v / square(v).sum()
    let X = Tensor<Scalar>(reflected)
    let H = hessian(at: Tensor<Scalar>.zeros([n])) { b in softplus(matmul(X, b)).sum() + 0.5e-5 * square(b).sum() }
    return (H, Tensor<Scalar>(rightHandSide(n)))
  }

  @Test("Conjugate gradients take a fraction of the products where the spectrum falls off") func products() throws {
    let (H, b) = Self.regression(Double.self)
    let condition = try H.conditionNumber()
    #expect(condition > 5e5 && condition < 5e7)
    let before = H.productsEvaluated
    let found = try H.nystromApproximation(rank: 60, seed: 1)
    #expect(H.productsEvaluated == before + 60)
    let plain = try H.solution(of: b, by: .conjugateGradients, maximumProducts: 5000)
    let jacobi = try H.solution(
      of: b, by: .conjugateGradients, preconditioner: H.jacobiPreconditioner(), maximumProducts: 5000)
    let helped = try H.solution(of: b, by: .conjugateGradients, preconditioner: found.preconditioner())
    let minres = try H.solution(of: b, by: .minres, preconditioner: found.preconditioner())
    #expect(helped.isConverged && minres.isConverged)
    for other in [plain, jacobi] {
      #expect(other.products > 4 * (helped.products + found.products), "\(other.products), \(helped.products)")
    }
    #expect(helped.solution.isClose(to: try H.solve(b), relative: 1e-6, absolute: 1e-4))
    // A damping that the systems add, by the same approximation.
    let damped = LinearOperator(H) + 1e-3 * LinearOperator.identity([150])
    let counts = try [found.preconditioner(damping: 1e-3), nil].map {
      try damped.solution(of: b, by: .conjugateGradients, preconditioner: $0).products
    }
    #expect(counts[0] * 5 < counts[1], "\(counts)")
  }

  @Test("Floats") func floats() throws {
    let (H, b) = Self.regression(Float.self)
    let whole = Tensor<Double>(H[...])
    let found = try H.nystromApproximation(rank: 40, seed: 2)
    let own = try eigenvalues(whole)
    let tolerance = 1e-5 * own[own.count - 1]
    for (i, value) in found.eigenvalues.enumerated() { #expect(value <= own[own.count - 1 - i] + tolerance) }
    let damped = LinearOperator(H) + 1e-2 * LinearOperator.identity([150])
    let preconditioner = try found.preconditioner(damping: 1e-2)
    _ = try expectDefinite(preconditioner)
    let plain = try damped.solution(of: b, by: .conjugateGradients)
    let helped = try damped.solution(of: b, by: .conjugateGradients, preconditioner: preconditioner)
    #expect(helped.isConverged && helped.products * 3 < plain.products, "\(plain.products), \(helped.products)")
  }

  @Test("What has no approximation says what to do") func refusals() throws {
    let n = 20
    let saddle = try LinearOperator(matrix: symmetricMatrix((0..<n).map { $0 == 3 ? -0.5 : 1 }, seed: 1))
    let negative = -1 * LinearOperator<Double>.identity([n])
    let batch = hessian(at: Tensor<Double>.ones(2, 4), batchAxis: 0) { x in exp(x).sum(axes: [1]) }
    let infinite = LinearOperator<Double>(symmetric: [n]) { $0 * .infinity }
    let zero = 0 * LinearOperator<Double>.identity([n])
    let two = LinearOperator.diagonal(Tensor<Double>((0..<n).map { $0 < 2 ? 1 : 0 }))
    let cases: [(text: String, make: () throws -> Any)] = [
      ("not positive semidefinite", { try saddle.nystromApproximation(rank: n) }),
      ("solve by .minres, make it so by `positiveDefinite(_:)`", { try negative.nystromApproximation(rank: 1) }),
      ("rank 0 of 20 variables is asked for; ask for 1 to 20", { try saddle.nystromApproximation(rank: 0) }),
      ("ask for 1 to 20", { try saddle.nystromApproximation(rank: n + 1) }),
      ("without a batch", { try batch.nystromApproximation(rank: 1) }),
      ("is not finite", { try infinite.nystromApproximation(rank: 2) }),
      ("not negative", { try two.nystromApproximation(rank: 2).preconditioner(damping: -1) }),
      ("not negative", { try two.nystromApproximation(rank: 2).preconditioner(damping: .nan) }),
      (
        "give the damping of the systems, or ask for rank 2", { try two.nystromApproximation(rank: 6).preconditioner() }
      ),
      ("6 of 6 eigenvalues of the approximation are 0", { try zero.nystromApproximation(rank: 6).preconditioner() }),
    ]
    for (text, make) in cases {
      let error = #expect(throws: TensorError.self) { _ = try make() }
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }
    #expect(try zero.nystromApproximation(rank: 3).eigenvalues == [0, 0, 0])
    #expect(try two.nystromApproximation(rank: 2).description == "rank 2, eigenvalues from 1 to 1 (2 products)")
  }
}

import Curvature
import TestSupport
import Testing

@Suite struct HessianAlgebraTests {
  private static func quadratic(_ n: Int, shift: Double, seed: UInt64) -> (Hessian<Double>, Tensor<Double>) {
    var generator = RepeatableGenerator(seed: seed)
    let a = Tensor<Double>(generator.reals(n * n)).reshaped(to: [n, n])
    let x = Tensor<Double>(generator.reals(n))
    let H = hessian(at: x) { x in (x * matmul(a, x)).sum() / 2 + shift * square(x).sum() / 2 }
    return (H, Tensor(generator.reals(n)))
  }

  private static let solvers: [(solver: LinearSolver, shifts: [Double], iterates: Bool)] = [
    (.dense, [40, 0.3], false), (.sparse(BlockArrow()), [40, 0.3], false), (.conjugateGradients, [40], true),
    (.minres, [40, 0.3], true),
  ]

  @Test("Every solver solves", arguments: solvers)
  func solve(solver: LinearSolver, shifts: [Double], iterates: Bool) throws {
    for n in [1, 2, 5, 30] {
      for shift in shifts {
        let (H, b) = Self.quadratic(n, shift: shift, seed: UInt64(n))
        let x = try H.solve(b, by: solver)
        let residual = matmul(H[...], x) - b
        #expect(square(residual).sum().item().squareRoot() < 1e-8 * square(b).sum().item().squareRoot())
        // An exact inverse as the preconditioner ends the iteration at once.
        let inverse = try H.inverse()
        guard iterates, shift == 40 else { continue }
        let report = try H.solution(of: b, by: solver, preconditioner: { matmul(inverse, $0) })
        #expect(report.products <= 3 && report.isConverged && report.relativeResidual < 1e-9)
      }
    }
  }

  @Test("What cannot be solved says so") func refusals() throws {
    let x = Tensor<Double>([1, 2, 3])
    let singular = hessian(at: x) { square($0[..<2].sum()) + square($0[2]) }
    #expect(throws: TensorError.self) { _ = try singular.solve(x) }
    let determinant = try singular.logDeterminant()
    #expect(determinant.sign == 0 || determinant.logarithm < -30)
    #expect(try singular.inertia() == Inertia(positive: 2, negative: 0, zero: 1))
    #expect(try singular.conditionNumber() > 1e15)
    let saddle = hessian(at: x) { square($0[0]) - square($0[1]) + square($0[2]) }
    let report = try saddle.solution(of: Tensor([0, 1, 0]), by: .conjugateGradients)
    #expect(report.isIndefinite && !report.isConverged)
    let error = #expect(throws: TensorError.self) { _ = try saddle.solve(Tensor([0, 1, 0]), by: .conjugateGradients) }
    #expect(error?.message.contains("solve by .minres or .dense") == true)
    #expect(throws: TensorError.self) { _ = try saddle.solve(Tensor([1, 2])) }
    #expect(throws: TensorError.self) { _ = try saddle.eigenpairs(4, at: .largest) }
    let blocks = hessian(at: [x, x[..<2]]) { $0[0].sum() * $0[1].sum() }
    #expect(throws: TensorError.self) { _ = try blocks[0, 1].inverse() }
  }

  @Test("Products that are not finite, and preconditioners that are none, are refused") func badProducts() throws {
    let b = Tensor<Double>([1, 2, 3])
    for solver in [LinearSolver.minres, .conjugateGradients] {
      for factor in [Double.nan, .infinity] {
        for place in 0..<3 {
          let A = LinearOperator<Double>(symmetric: [3]) { v in
            v * Tensor((0..<3).map { $0 == place ? factor : 2 })
          }
          let error = #expect(throws: TensorError.self) { _ = try A.solution(of: b, by: solver) }
          #expect(error?.message.contains("a product of the matrix is not finite") == true, "\(error?.message ?? "")")
        }
      }
      let A = LinearOperator<Double>(symmetric: [3]) { $0 * 2 }
      for (text, preconditioner) in [
        ("is not finite", { $0 * Double.nan }), ("gives shape [2]", { $0[..<2] }),
        ("gives shape [1, 3]", { $0[.newAxis] }),
      ] as [(String, (Tensor<Double>) -> Tensor<Double>)] {
        let error = #expect(throws: TensorError.self) {
          _ = try A.solution(of: b, by: solver, preconditioner: preconditioner)
        }
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test("Determinant, inertia and condition are those of the eigenvalues") func spectra() throws {
    for n in [1, 2, 3, 7, 20] {
      for shift in [-8.0, 0, 30] {
        let (H, _) = Self.quadratic(n, shift: shift, seed: UInt64(100 + n))
        let elements = H[...].scalars
        let values = try SymmetricEigenDecomposition(DenseMatrix(rows: n, columns: n, rowMajor: elements)).values
        let (logarithm, sign) = try H.logDeterminant()
        #expect(abs(logarithm - values.reduce(0) { $0 + log(Tensor(abs($1))).item() }) < 1e-10 * Double(n))
        #expect(sign == (values.count { $0 < 0 } % 2 == 0 ? 1 : -1))
        let expected = Inertia(positive: values.count { $0 > 0 }, negative: values.count { $0 < 0 }, zero: 0)
        #expect(try H.inertia() == expected)
        let magnitudes = values.map { abs($0) }
        let condition = try H.conditionNumber()
        #expect(abs(condition * magnitudes.min()! / magnitudes.max()! - 1) < 1e-9)
        let identity = matmul(H[...], try H.inverse())
        #expect(identity.isClose(to: .eye(n), relative: 0, absolute: 1e-9))
        let factors = try SymmetricFactorization(DenseMatrix(rows: n, columns: n, rowMajor: elements))
        #expect(factors.inertia == expected && factors.isPositiveDefinite == (expected.positive == n))
        // LAPACK estimates the condition in the 1-norm from below, by no more than some factor.
        #expect(factors.reciprocalCondition <= 1.0001 * Double(n) * magnitudes.min()! / magnitudes.max()!)
      }
    }
  }

  @Test("Lanczos finds the ends of the spectrum, several times the same value too", arguments: SpectrumEnd.allCases)
  func eigenpairs(end: SpectrumEnd) throws {
    for n in [1, 3, 40, 150] {
      var generator = RepeatableGenerator(seed: UInt64(n))
      // Eigenvalues that are known, some of them three times.
      let values = (0..<n).map { Double($0 / 3) - Double(n) / 9 }
      let v = Tensor<Double>(generator.reals(n))
      let u = v / square(v).sum().item().squareRoot()
      let x = Tensor<Double>(generator.reals(n))
      let H = hessian(at: x) { x in
        let y = x - 2 * (u * x).sum() * u
        return (Tensor<Double>(values) * square(y)).sum() / 2
      }
      let wanted = min(n, 5)
      let pairs = try H.eigenpairs(wanted, at: end)
      let sorted: [Double] =
        switch end {
        case .smallest: values.sorted()
        case .largest: values.sorted(by: >)
        case .largestMagnitude: values.sorted { abs($0) > abs($1) }
        }
      for i in 0..<wanted {
        #expect(
          abs(abs(pairs.values[i]) - abs(sorted[i])) < 1e-6 * Double(n),
          "\(n) \(end): \(pairs.values), \(sorted[..<wanted])")
        let residual = H.product(pairs.vectors[i]) - pairs.values[i] * pairs.vectors[i]
        #expect(square(residual).sum().item().squareRoot() < 1e-6 * Double(n))
        #expect(abs(square(pairs.vectors[i]).sum().item() - 1) < 1e-10)
      }
      if n == 150 { #expect(pairs.products < 2000) }
    }
  }

  @Test("The Gauss-Newton matrix is JᵀL″J") func gaussNewtonMatrix() throws {
    let x = Tensor<Double>([0.3, -0.5, 0.8])
    let residuals = { (x: Tensor<Double>) in
      Tensor.stack([x[0] * x[1], exp(x[2]) - x[0], sin(x[1] * x[2]), x[0] + x[1]])
    }
    let J = jacobian(at: x, of: residuals)[...]
    #expect(gaussNewton(at: x, of: residuals)[...].isClose(to: matmul(J.transposed(), J), relative: 1e-12))
    let loss = { (r: Tensor<Double>) in softplus(r).sum() + square(r[0]) }
    let weights = hessian(at: residuals(x), of: loss)[...]
    let expected = matmul(J.transposed(), matmul(weights, J))
    let G = gaussNewton(at: x, loss: loss, of: residuals)
    #expect(G.productsEvaluated == 0)
    #expect(G.product(Tensor([1, 2, 3])).isClose(to: matmul(expected, Tensor([1, 2, 3])), relative: 1e-12))
    #expect(G[...].isClose(to: expected, relative: 1e-12))
    let throwing = try gaussNewton(of: residuals, at: x, loss: loss)
    #expect(throwing[...].isClose(to: expected, relative: 1e-12))
    // Where residuals are linear it is the Hessian.
    let linear = { (x: Tensor<Double>) in Tensor.stack([x[0] - 2 * x[1], x[2] + x[0]]) }
    #expect(gaussNewton(at: x, of: linear)[...].isClose(to: hessian(at: x) { square(linear($0)).sum() / 2 }[...]))
    #expect(throws: TensorError.self) { _ = try gaussNewton(of: residuals, at: x, loss: { $0 }) }
  }
}

import Curvature
import TestSupport
import Testing

private func ln(_ x: Double) -> Double { log(Tensor<Double>(x)).item() }

/// The powers of a number from the 0th on.
private func powers(_ base: Double, count: Int) -> [Double] {
  var result = [1.0]
  while result.count < count { result.append(result.last! * base) }
  return result
}

/// The mean of some numbers, and the square of how far they lie from a centre, in the mean.
private func spread(_ x: [Double], around centre: Double? = nil) -> (mean: Double, square: Double) {
  let count = Double(x.count)
  let mean: Double = x.reduce(0, +) / count
  let from: Double = centre ?? mean
  var sum = 0.0
  for value in x { sum += (value - from) * (value - from) }
  return (mean, sum / count)
}

private func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

/// Spectra that fall off, that are flat and that have both signs.
private let spectra: [(name: String, values: [Double])] = [
  ("falling", powers(0.37, count: 14)),
  ("flat", (0..<14).map { 1 + 0.1 * Double($0) }),
  ("signs", (0..<14).map { Double($0) - 5 }),
]

@Suite struct TraceEstimateTests {
  /// The estimates that leave one direction out each, by their definition.
  private static func definition(_ a: Tensor<Double>, vectors m: Int, seed: UInt64) throws -> [Double] {
    let n = a.shape[0]
    var generator = SeededGenerator(seed: seed)
    let draws = Tensor<Double>.randn([n * m], using: &generator).scalars
    let omega = (0..<m).map { Array(draws[($0 * n)..<(($0 + 1) * n)]) }
    let dense = DenseMatrix(rows: n, columns: n, rowMajor: a.scalars)
    return try (0..<m).map { i in
      let images = (0..<m).filter { $0 != i }.map { dense.times(omega[$0]) }
      let q = try QRFactorization(DenseMatrix(rows: n, columns: m - 1, columnMajor: images.flatMap { $0 })).q
      let columns = (0..<(m - 1)).map { j in (0..<n).map { q[$0, j] } }
      var x = omega[i]
      for column in columns {
        let part = inner(column, omega[i])
        for k in 0..<n { x[k] -= part * column[k] }
      }
      let inside = columns.reduce(0) { $0 + inner($1, dense.times($1)) }
      return inside + Double(n - m + 1) * inner(x, dense.times(x)) / inner(x, x)
    }
  }

  @Test("XTrace is the mean of estimates that leave one direction out") func leaveOneOut() throws {
    for (name, values) in spectra {
      let a = symmetricMatrix(values, seed: 3)
      for m in 2...6 {
        let expected = try Self.definition(a, vectors: m, seed: UInt64(m))
        let found = try LinearOperator(matrix: a).traceEstimate(products: 2 * m + 1, seed: UInt64(m))
        let (mean, square) = spread(expected)
        let variance = square / Double(m - 1)
        #expect(abs(found.estimate - mean) < 1e-10, "\(name) \(m)")
        #expect(abs(found.standardError - variance.squareRoot()) < 1e-9, "\(name) \(m)")
        #expect(found.products == 2 * m && found.sampleCount == m)
      }
    }
  }

  @Test("Estimates of traces have no bias", arguments: TraceEstimator.allCases)
  func unbiased(method: TraceEstimator) throws {
    for (name, values) in spectra {
      let a = try LinearOperator(matrix: symmetricMatrix(values, seed: 5))
      let estimates = try (0..<2000).map { try a.traceEstimate(products: 6, method: method, seed: UInt64($0)).estimate }
      let (mean, square) = spread(estimates)
      let error = (square / 2000).squareRoot()
      let trace: Double = values.reduce(0, +)
      let size: Double = values.reduce(0) { $0 + abs($1) }
      #expect(abs(mean - trace) < 4 * error, "\(name): \(mean) for \(trace)")
      #expect(error < 0.02 * size)
    }
  }

  @Test("Error bars cover", arguments: TraceEstimator.allCases) func coverage(method: TraceEstimator) throws {
    let n = 120
    let harmonic: [Double] = (0..<n).map { 1 / Double(1 + $0) }, flat: [Double] = (0..<n).map { 1 + Double($0 % 7) }
    for values in [harmonic, flat] {
      let a = try LinearOperator(matrix: symmetricMatrix(values, seed: 7))
      let trace: Double = values.reduce(0, +)
      let estimates = try (0..<200).map { try a.traceEstimate(products: 40, method: method, seed: UInt64($0)) }
      #expect(estimates.count { abs($0.estimate - trace) <= 3 * $0.standardError } >= 190)
      // Nor are they far too wide.
      let claimed = spread(estimates.map(\.standardError)).mean
      let actual = spread(estimates.map(\.estimate), around: trace).square.squareRoot()
      #expect(claimed < 2 * actual && actual < 2 * claimed, "\(claimed) for \(actual)")
    }
  }

  @Test("Where eigenvalues fall off XTrace needs few products") func accuracy() throws {
    let values = powers(0.8, count: 200)
    let a = try LinearOperator(matrix: symmetricMatrix(values, seed: 11))
    let trace: Double = values.reduce(0, +)
    let xTrace = try a.traceEstimate(products: 80, seed: 1),
      hutchinson = try a.traceEstimate(products: 80, method: .hutchinson)
    #expect(abs(xTrace.estimate - trace) < 1e-2 && xTrace.standardError < 1e-2)
    #expect(hutchinson.standardError > 30 * xTrace.standardError)
  }

  @Test("A matrix of low rank, and as many products as variables, are exact") func exact() throws {
    let values: [Double] = (0..<40).map { $0 < 5 ? Double($0) - 1.5 : 0 }
    let a = try LinearOperator(matrix: symmetricMatrix(values, seed: 13))
    for products in [12, 20, 30, 40, 60] {
      let found = try a.traceEstimate(products: products, seed: 2)
      #expect(abs(found.estimate - 2.5) < 1e-10 && found.standardError < 1e-10, "\(products): \(found)")
    }
    #expect(try a.traceEstimate(products: 60).products == 40)
    let zero = try LinearOperator(matrix: Tensor<Double>.zeros(9, 9)).traceEstimate(products: 6)
    #expect(zero.estimate == 0 && zero.standardError == 0)
  }

  @Test("The same seed gives the same number, of a Hessian in blocks too") func seeds() throws {
    func check<Scalar: DifferentiableScalar>(_: Scalar.Type, tolerance: Double) throws {
      let x = Tensor<Scalar>.linspace(0, 1, 300)
      let H = hessian(at: x) { x in square(square(x).sum()) + exp(x).sum() }
      let trace = Double(hessian(at: x) { x in square(square(x).sum()) + exp(x).sum() }.trace.item())
      for method in TraceEstimator.allCases {
        let first = try H.traceEstimate(products: 20, method: method, seed: 4)
        #expect(try H.traceEstimate(products: 20, method: method, seed: 4) == first)
        #expect(try H.traceEstimate(products: 20, method: method, seed: 5) != first)
        #expect(abs(first.estimate - trace) < 4 * first.standardError + tolerance * trace)
      }
      let density = try H.spectralDensity(samples: 3, steps: 10, seed: 4)
      #expect(try H.spectralDensity(samples: 3, steps: 10, seed: 4) == density)
      let logarithm = try H.logDeterminantEstimate(samples: 3, seed: 4)
      #expect(try H.logDeterminantEstimate(samples: 3, seed: 4) == logarithm)
    }
    try check(Double.self, tolerance: 1e-9)
    try check(Float.self, tolerance: 1e-5)
    let x = Tensor<Double>([1, 2, 3, 4, 5])
    let H = hessian(at: x) { square($0.sum()) }
    let found = try H.traceEstimate(products: 4)
    #expect(H.productsEvaluated == 4 && abs(found.estimate - 10) < 1e-9)
    #expect(found.description.hasSuffix("(4 products)"))
  }

  @Test("Estimates are watched and cancelled") func progress() async throws {
    let x = Tensor<Double>.linspace(0, 1, 50)
    let H = hessian(at: x) { x in square(square(x).sum()) + exp(x).sum() }
    for kind in 0..<4 {
      let last = LastProgress()
      func run() throws {
        switch kind {
        case 0: _ = try H.traceEstimate(products: 20)
        case 1: _ = try H.traceEstimate(products: 20, method: .hutchinson)
        case 2: _ = try H.spectralDensity(samples: 4, steps: 5)
        default: _ = try H.eigenpairs(2, at: .largest)
        }
      }
      try withProgress(last.note) { try run() }
      let progress = try #require(last.progress)
      #expect(progress.completedProducts == progress.totalProducts && progress.totalProducts >= 20)
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        switch kind {
        case 0: _ = try H.traceEstimate(products: 20)
        case 1: _ = try H.traceEstimate(products: 20, method: .hutchinson)
        case 2: _ = try H.spectralDensity(samples: 4, steps: 5)
        default: _ = try H.eigenpairs(2, at: .largest)
        }
      }
      let error = await #expect(throws: TensorError.self) { try await task.value }
      #expect(error?.isCancellation == true)
    }
  }

  @Test("What cannot be estimated says so") func refusals() throws {
    let x = Tensor<Double>([1, 2, 3, 4, 5, 6])
    let H = hessian(at: x) { square($0.sum()) }
    #expect(throws: TensorError.self) { _ = try H.traceEstimate(products: 3) }
    #expect(throws: TensorError.self) { _ = try H.traceEstimate(products: 1, method: .hutchinson) }
    #expect(throws: TensorError.self) { _ = try H.spectralDensity(samples: 1) }
    #expect(throws: TensorError.self) { _ = try H.spectralDensity(steps: 0) }
    let indefinite = hessian(at: x) { $0[0] * $0[1] + square($0[2...]).sum() }
    let error = #expect(throws: TensorError.self) { _ = try indefinite.logDeterminantEstimate() }
    #expect(error?.message.contains("not positive definite") == true)
    #expect(throws: TensorError.self) { _ = try indefinite.traceEstimate { 1 / ($0 - $0) } }
    let blocks = hessian(at: [x[..<3], x[3...]]) { ($0[0] * $0[1]).sum() }
    #expect(throws: TensorError.self) { _ = try blocks[0, 1].traceEstimate(products: 4) }
    let infinite = hessian(at: Tensor<Double>([0, 1])) { log($0).sum() }
    #expect(throws: TensorError.self) { _ = try infinite.traceEstimate(products: 4) }
  }
}

@Suite struct SpectralDensityTests {
  @Test("Quadratures have the moments of their directions") func moments() throws {
    let (n, samples, steps) = (30, 3, 4)
    let values: [Double] = (0..<n).map { Double($0) / 10 - 1 }
    let a = symmetricMatrix(values, seed: 17)
    let density = try LinearOperator(matrix: a).spectralDensity(samples: samples, steps: steps, seed: 9)
    #expect(density.products == samples * steps && density.dimension == n)
    var generator = SeededGenerator(seed: 9)
    let draws = Tensor<Double>.randn([n * samples], using: &generator).scalars
    let dense = DenseMatrix(rows: n, columns: n, rowMajor: a.scalars)
    for k in 0..<samples {
      let v = Array(draws[(k * n)..<((k + 1) * n)])
      var power = v
      for degree in 0..<(2 * steps) {
        let expected = Double(n) * inner(v, power) / inner(v, v)
        let rule = density.quadratures[k]
        var found = 0.0
        for (node, weight) in zip(rule.nodes, rule.weights) {
          found += weight * powers(node, count: degree + 1)[degree]
        }
        #expect(abs(found - expected) < 1e-10 * Double(n), "degree \(degree)")
        power = dense.times(power)
      }
    }
  }

  @Test("The density integrates to the dimension and counts eigenvalues") func mass() throws {
    let low = (0..<100).map { i in Double(i % 10) / 10 }, high = (0..<50).map { i in 5 + Double(i % 5) / 10 }
    let values = low + high
    let a = try LinearOperator(matrix: symmetricMatrix(values, seed: 19))
    var covered = 0
    for seed in 0..<100 {
      let density = try a.spectralDensity(samples: 10, steps: 30, seed: UInt64(seed))
      let count = density.count(in: 4...6)
      if abs(count.estimate - 50) <= 3 * count.standardError { covered += 1 }
      guard seed == 0 else { continue }
      let grid = density.grid(4000)
      let heights = density.values(at: grid)
      #expect(abs(heights.reduce(0, +) * (grid[1] - grid[0]) - 150) < 1)
      #expect(density.standardErrors(at: grid).allSatisfy { $0 >= 0 })
      #expect(abs(density.range.lowerBound) < 1e-6 && abs(density.range.upperBound - 5.4) < 1e-6)
      // Every direction sees the few eigenvalues that there are.
      #expect(abs(density.sum { _ in 1 }.estimate - 150) < 1e-9)
      #expect(density.description.hasPrefix("150 eigenvalues from"))
    }
    #expect(covered >= 95)
  }

  @Test("Logarithms of determinants and traces of functions are within their errors") func functions() throws {
    for n in [1, 2, 80] {
      let values: [Double] = (0..<n).map { i in
        let part = Double(i) / Double(n)
        return 0.05 + part * part
      }
      let a = try LinearOperator(matrix: symmetricMatrix(values, seed: 23))
      let logarithm: Double = values.map(ln).reduce(0, +)
      let inverse: Double = values.map { 1 / $0 }.reduce(0, +)
      var covered = 0
      for seed in 0..<200 {
        let first = try a.logDeterminantEstimate(samples: 8, seed: UInt64(seed))
        let second = try a.traceEstimate(samples: 8, seed: UInt64(seed)) { 1 / $0 }
        let slack = 1e-9 * Double(n)
        if abs(first.estimate - logarithm) <= 3 * first.standardError + slack { covered += 1 }
        if abs(second.estimate - inverse) <= 3 * second.standardError + slack { covered += 1 }
      }
      #expect(covered >= 380, "\(n): \(covered) of 400")
    }
    // Few steps: the error says that they were too few.
    let values: [Double] = (0..<400).map { 1e-4 + Double($0) / 400 }
    let logarithm: Double = values.map(ln).reduce(0, +)
    let a = try LinearOperator(matrix: symmetricMatrix(values, seed: 29))
    for steps in [5, 10, 20, 40] {
      let found = try a.logDeterminantEstimate(samples: 8, steps: steps, seed: 1)
      #expect(abs(found.estimate - logarithm) < 4 * found.standardError, "\(steps) steps: \(found) for \(logarithm)")
    }
  }
}

private final class LastProgress: @unchecked Sendable {
  // Reports come on the thread that reads.
  var progress: ReadProgress?
  @Sendable func note(_ next: ReadProgress) { progress = next }
}

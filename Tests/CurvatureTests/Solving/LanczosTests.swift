import Curvature
import TensorGraph
import TestSupport
import Testing

@Suite("Extreme eigenpairs by Lanczos' method") struct LanczosTests {
  /// Eigenvalues of all kinds, the largest magnitude of which is 1.
  enum Spectrum: String, CaseIterable, Sendable {
    case even, crowded, copies, cluster, lowRank, indefinite, oneFar, geometric, constant

    func values(_ n: Int, _ g: inout RepeatableGenerator) -> [Double] {
      let t = (0..<n).map { 1 - Double($0) / Double(n) }
      switch self {
      case .even: return t
      case .crowded: return t.map { 1 - 1e-3 * $0 }
      case .copies: return t.enumerated().map { $0 < 9 ? Double(3 - $0 / 3) / 3 : 0.3 * $1 }
      case .cluster: return t.enumerated().map { $0 < 5 ? 1 - 1e-9 * Double($0) : 0.5 * $1 }
      case .lowRank: return t.enumerated().map { $0 < 6 ? $1 : 0 }
      case .indefinite: return t.map { 2 * $0 - 1 }
      case .oneFar: return t.enumerated().map { $0 == 0 ? 1 : 1e-6 * $1 }
      case .geometric: return t.indices.map { pow(0.99, Double($0)) }
      case .constant: return t.map { _ in -1 }
      }
    }
  }

  /// A symmetric matrix with given eigenvalues, as products: reflections of a diagonal one (Householder).
  private struct Reflected {
    let values: [Double]
    let mirrors: [[Double]]
    var isSingle = false

    init(_ values: [Double], _ g: inout RepeatableGenerator) {
      self.values = values
      mirrors = (0..<2).map { _ in
        let v = g.reals(values.count, in: -1...1)
        let length = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return v.map { $0 / length }
      }
    }

    func times(_ x: [Double]) -> [Double] {
      var y = x
      for mirror in mirrors { reflect(&y, mirror) }
      for i in y.indices { y[i] *= values[i] }
      for mirror in mirrors.reversed() { reflect(&y, mirror) }
      return isSingle ? y.map { Double(Float($0)) } : y
    }

    private func reflect(_ y: inout [Double], _ v: [Double]) {
      let part = 2 * zip(v, y).reduce(0) { $0 + $1.0 * $1.1 }
      for i in y.indices { y[i] -= part * v[i] }
    }
  }

  private func largestDefect(_ vectors: [[Double]]) -> Double {
    var most = 0.0
    for (i, a) in vectors.enumerated() {
      for (j, b) in vectors.enumerated() {
        most = max(most, abs(zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } - (i == j ? 1 : 0)))
      }
    }
    return most
  }

  @Test(
    "Values, vectors and residuals are right, whatever the spectrum and its scale",
    arguments: Spectrum.allCases, [SpectrumEnd.largest, .smallest, .largestMagnitude])
  func right(spectrum: Spectrum, end: SpectrumEnd) throws {
    var g = RepeatableGenerator(seed: 5)
    for (n, wanted) in [(12, 12), (60, 3), (400, 1), (400, 8)] {
      for (tolerance, scale, isSingle) in [
        (1e-6, 1.0, false), (1e-11, 1, false), (1e-8, 1e-40, false), (1e-8, 1e40, false), (1e-4, 1, true),
      ] {
        let values = spectrum.values(n, &g).map { scale * $0 }
        var matrix = Reflected(values, &g)
        matrix.isSingle = isSingle
        let found = try Lanczos.eigenpairs(
          count: n, wanted: wanted, end: end, tolerance: tolerance,
          roundoff: isSingle ? Double(Float.ulpOfOne) : .ulpOfOne, maximumProducts: 20_000
        ) { matrix.times($0) }
        let context: Comment = "\(n), \(wanted), \(tolerance), \(scale), \(isSingle)"
        #expect(found.isConverged, context)
        let order: [Double] =
          switch end {
          case .largest: values.sorted(by: >)
          case .smallest: values.sorted(by: <)
          case .largestMagnitude: values.sorted { abs($0) > abs($1) }
          }
        let isApart = { (a: Double, b: Double) in
          end == .largestMagnitude ? abs(abs(a) - abs(b)) : abs(a - b)
        }
        #expect(
          zip(found.values, order).allSatisfy { isApart($0, $1) <= 2 * tolerance * scale },
          "\(context): \(found.values) for \(order.prefix(wanted))")
        #expect(largestDefect(found.vectors) < 1e-12, context)
        for (value, vector) in zip(found.values, found.vectors) {
          let rest = zip(matrix.times(vector), vector).map { $0 - value * $1 }
          #expect(rest.map { $0 / scale }.reduce(0) { $0 + $1 * $1 }.squareRoot() <= 2 * tolerance, context)
        }
      }
    }
  }

  @Test(
    "Products with errors that nobody has told of, and of matrices that are not symmetric, do no harm",
    arguments: [1e-12, 1e-9, 1e-5, 1])
  func noisy(noise: Double) throws {
    var g = RepeatableGenerator(seed: 7)
    for spectrum in Spectrum.allCases {
      let n = 200
      let matrix = Reflected(spectrum.values(n, &g), &g)
      let other = (0..<n).map { _ in g.reals(n, in: -noise...noise).map { $0 / Double(n) } }
      let found = try Lanczos.eigenpairs(
        count: n, wanted: 3, end: .largest, tolerance: 1e-6, roundoff: .ulpOfOne, maximumProducts: 400,
        findsCopies: false
      ) { x in
        zip(matrix.times(x), other).map { $0 + zip($1, x).reduce(0) { $0 + $1.0 * $1.1 } }
      }
      let largest = try #require(matrix.values.max())
      #expect(abs(found.values[0] - largest) < 10 * noise + 2e-6, "\(spectrum): \(found.values)")
      #expect(largestDefect(found.vectors) < 1e-12)
    }
  }

  @Test("Most vectors are orthogonal without being made so") func fewOrthogonalizations() throws {
    var g = RepeatableGenerator(seed: 6)
    let matrix = Reflected(Spectrum.even.values(2000, &g), &g)
    let found = try Lanczos.eigenpairs(
      count: 2000, wanted: 10, end: .largest, tolerance: 1e-6, roundoff: .ulpOfOne, maximumProducts: 5000,
      findsCopies: false
    ) { matrix.times($0) }
    #expect(found.isConverged && found.products > 100)
    #expect(4 * found.orthogonalizations < found.products)
  }

  @Test("In single precision many vectors are orthogonal without being made so, too") func singleOrthogonalizations()
    throws
  {
    var g = RepeatableGenerator(seed: 6)
    var matrix = Reflected(Spectrum.even.values(2000, &g), &g)
    matrix.isSingle = true
    let found = try Lanczos.eigenpairs(
      count: 2000, wanted: 10, end: .largest, tolerance: 2e-5, roundoff: Double(Float.ulpOfOne), maximumProducts: 5000,
      findsCopies: false
    ) { matrix.times($0) }
    #expect(found.isConverged && found.products > 100)
    #expect(2 * found.orthogonalizations < found.products)
  }

  @Test("That an eigenvalue has no copy is seen before one that is none has converged") func copiesThatAreNone() throws
  {
    var g = RepeatableGenerator(seed: 8)
    var values = Spectrum.even.values(1000, &g)
    // Far from the others, which are close together.
    for (i, value) in [50.0, 60, 70].enumerated() { values[i] = value }
    let matrix = Reflected(values, &g)
    func products(findsCopies: Bool) throws -> Int {
      try Lanczos.eigenpairs(
        count: 1000, wanted: 3, end: .largest, tolerance: 1e-12, roundoff: .ulpOfOne, maximumProducts: 5000,
        findsCopies: findsCopies
      ) { matrix.times($0) }.products
    }
    #expect(try products(findsCopies: true) <= products(findsCopies: false) + 24)
  }
}

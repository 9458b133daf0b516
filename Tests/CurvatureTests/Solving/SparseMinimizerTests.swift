import Curvature
import Synchronization
import TestSupport
import Testing

/// A factorizer that counts what it is asked for.
struct CountingFactorizer: SparseFactorizer {
  final class Counts: Sendable {
    private let state = Mutex((analyses: 0, factorizations: 0, solves: 0))

    var analyses: Int { state.withLock { $0.analyses } }
    var factorizations: Int { state.withLock { $0.factorizations } }
    var solves: Int { state.withLock { $0.solves } }

    fileprivate func add(analyses: Int = 0, factorizations: Int = 0, solves: Int = 0) {
      state.withLock {
        $0.analyses += analyses
        $0.factorizations += factorizations
        $0.solves += solves
      }
    }

    func reset() { state.withLock { $0 = (0, 0, 0) } }
  }

  private struct Analysis: SparseAnalysis {
    let inner: any SparseAnalysis
    let counts: Counts
    var factorCount: Int { inner.factorCount }
    var operationCount: Double { inner.operationCount }

    func factors(of values: [Double]) throws(TensorError) -> (any SparseFactors)? {
      counts.add(factorizations: 1)
      guard let factors = try inner.factors(of: values) else { return nil }
      return Factors(inner: factors, counts: counts)
    }
  }

  private struct Factors: SparseFactors {
    let inner: any SparseFactors
    let counts: Counts
    var pivots: [Double] { inner.pivots }
    func triangle() -> UnitTriangle? { inner.triangle() }

    func solve(_ right: inout [Double], columnCount: Int) {
      counts.add(solves: columnCount)
      inner.solve(&right, columnCount: columnCount)
    }
  }

  let counts = Counts()

  func analysis(of pattern: SparsityPattern) throws(TensorError) -> any SparseAnalysis {
    counts.add(analyses: 1)
    return Analysis(inner: try BlockArrow().analysis(of: pattern), counts: counts)
  }
}

@Suite("Minimizers that are differentiated through sparse factors") struct SparseMinimizerTests {
  /// Groups of three variables that share two others: an arrow.
  private static func arrow(_ x: Tensor<Double>, _ p: Tensor<Double>) -> Tensor<Double> {
    let groups = (x.shape[0] - 2) / 3
    let u = x[..<(3 * groups)].reshaped(to: [groups, 3])
    let shared = x[(3 * groups)...]
    let linear = u[..., 0] * p[0] + shared[0] * u[..., 1] - Tensor<Double>.linspace(-1, 1, groups)
    return square(linear).sum() + (exp(u * p[1])).sum() + square(u - shared[1]).sum() + p[2] * square(shared).sum()
      + (square(u) * square(u)).sum()
  }

  /// A chain of variables, read through a table.
  private static func table(_ x: Tensor<Double>, _ p: Tensor<Double>, _ next: [Int]) -> Tensor<Double> {
    let neighbor = x[Tensor<Int64>(next.map(Int64.init))]
    return square(x - sin(p[0] * neighbor)).sum() + cosh(x - p[1]).sum() + p[2] * square(x).sum()
  }

  @Test("As through dense ones, to the third derivative: an arrow, and two tables of one structure")
  func agreement() throws {
    let p = Tensor<Double>([0.8, 0.4, 1.3])
    let functions: [(String, Int, (Tensor<Double>, Tensor<Double>) -> Tensor<Double>)] = [
      ("arrow", 14, Self.arrow),
      ("ring", 6, { Self.table($0, $1, [1, 2, 3, 4, 5, 0]) }),
      ("star", 6, { Self.table($0, $1, [3, 3, 3, 4, 0, 0]) }),
    ]
    for (name, n, f) in functions {
      func results(_ method: MinimizationMethod) throws -> [Tensor<Double>] {
        let x = try minimizer(from: Tensor<Double>.zeros([n]), method: method) { f($0, p) }
        let y = (x * x * x).sum() + p[0] * x[1]
        let H = hessian(y, p)
        return [x, jacobian(x, p)[...], gradient(y, p), H[...], gradient(H[0, 1], p)]
      }
      for (found, expected) in zip(try results(.sparse(BlockArrow())), try results(.dense)) {
        #expect(found.isClose(to: expected, relative: 1e-9, absolute: 1e-11), "\(name)")
      }
    }
  }

  @Test("Bounds: variables that they hold, and derivatives in the bounds, as through dense factors") func bounds()
    throws
  {
    let p = Tensor<Double>([0.8, 0.4, 1.3])
    let n = 14
    let low = Tensor<Double>.linspace(-0.5, 0.2, n), high = Tensor<Double>.linspace(0.1, 0.6, n)
    func results(_ method: MinimizationMethod) throws -> [Tensor<Double>] {
      let x = try minimizer(from: Tensor<Double>.zeros([n]), lowerBounds: low, upperBounds: high, method: method) {
        Self.arrow($0, p)
      }
      let y = (x * x * x).sum()
      return [
        x, jacobian(x, p)[...], jacobian(x, low)[...], jacobian(x, high)[...], hessian(y, p)[...], hessian(y, low)[...],
      ]
    }
    let sparse = try results(.sparse(BlockArrow()))
    let dense = try results(.dense)
    let held = zip(sparse[0].scalars, zip(low.scalars, high.scalars)).count { $0 == $1.0 || $0 == $1.1 }
    #expect(held > 1 && held < n - 1)
    for (found, expected) in zip(sparse, dense) {
      #expect(found.isClose(to: expected, relative: 1e-9, absolute: 1e-11))
    }
  }

  @Test("At other parameters Newton's steps follow the point by sparse factors, and single precision does")
  func elsewhere() throws {
    let check = try checkDerivatives(
      of: { p in
        let x = try! minimizer(from: Tensor<Double>.zeros([11]), method: .sparse(BlockArrow())) { Self.arrow($0, p) }
        return (x * x).sum()
      }, at: Tensor<Double>([0.8, 0.4, 1.3]), order: 2)
    #expect(check.isPassed, "\(check)")
    let a = Tensor<Float>([2, 3])
    let x = try minimizer(from: Tensor<Float>([1, 1]), method: .sparse(BlockArrow())) {
      ($0 * $0 * $0 / 3 - a * $0).sum()
    }
    #expect(jacobian(x, a)[...].isClose(to: Tensor([[0.35355338, 0], [0, 0.28867513]]), absolute: 1e-4))
  }

  @Test("A first derivative factors the Hessian once, a second one a few times, and they solve few systems")
  func counts() throws {
    let factorizer = CountingFactorizer()
    let counts = factorizer.counts
    let p = Tensor<Double>([0.8, 0.4, 1.3])
    let groups = 1000
    let x = try minimizer(from: Tensor<Double>.zeros([3 * groups + 2]), method: .sparse(factorizer)) {
      Self.arrow($0, p)
    }
    #expect(counts.analyses == 1)
    let y = square(x).sum()
    counts.reset()
    let slope = gradient(y, p)
    _ = slope.scalars
    #expect(counts.factorizations == 1)
    // One system and its refinement.
    #expect(counts.solves <= 4)
    let H = hessian(y, p)[...]
    // A second derivative follows the point, by at most eight of Newton's steps.
    #expect(counts.factorizations <= 10 && counts.solves <= 100, "\(counts.factorizations), \(counts.solves)")
    let other = p + Tensor([1e-5, 0, 0])
    let moved = try minimizer(from: x, method: .sparse(BlockArrow())) { Self.arrow($0, other) }
    let difference = (gradient(square(moved).sum(), other) - slope) * 1e5
    #expect(difference.isClose(to: H[0], relative: 1e-3, absolute: 1e-4))
  }

  @Test("Beyond 300 variables factors are sparse by themselves where that is less work; without factors it is refused")
  func automatic() throws {
    let p = Tensor<Double>([0.8, 0.4, 1.3])
    let start = Tensor<Double>.zeros([3002])
    let x = try minimizer(from: start) { Self.arrow($0, p) }
    let expected = try minimizer(from: start, method: .sparse(BlockArrow())) { Self.arrow($0, p) }
    #expect(gradient(square(x).sum(), p).isClose(to: gradient(square(expected).sum(), p), relative: 1e-9))
    let error = #expect(throws: TensorError.self) {
      try minimizer(from: start, method: .matrixFree) { Self.arrow($0, p) }
    }
    #expect(error.map { "\($0)".contains("no factors") } == true)
  }
}

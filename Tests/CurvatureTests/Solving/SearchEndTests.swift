import Curvature
import Foundation
import TestSupport
import Testing

@Suite("Where searches end, and what they take") struct SearchEndTests {
  typealias T = Tensor<Double>

  @Test("A minimizer that is zero is not followed through ever smaller numbers") func zeros() throws {
    for n in 2...6 {
      let rows = (1...n).map { i in (1...n).map { 1 / Double(i + $0 - 1) } }
      let A = T(rows.flatMap { $0 }, shape: [n, n])
      let start = T.ones([n])
      for method in [MinimizationMethod.dense, .sparse(BlockArrow())] {
        let result = try minimize(from: start, method: method) { x in (x * matmul(A, x)).sum() }
        #expect(result.isConverged && result.iterations <= 12, "n \(n): \(result)")
        #expect(result.point.scalars.allSatisfy { abs($0) < 1e-10 }, "n \(n): \(result)")
      }
    }
    // As DIXMAANA of CUTEst: all but the constant vanishes.
    let weights = T.linspace(0.1, 1, 60)
    let result = try minimize(from: T(repeating: 2, shape: [60])) { x in
      let (a, b) = (x[..<30], x[30...])
      return 1 + (weights * square(x)).sum() + 0.125 * (square(a) * square(square(b))).sum() + 0.125 * (a * b).sum()
    }
    #expect(
      result.isConverged && result.iterations <= 14 && result.point.scalars.allSatisfy { abs($0) < 1e-15 }, "\(result)")
  }

  @Test("Minimizers of any size are as accurate as the gradient") func sizes() throws {
    let size = T([1, 1e-9, 1e9, -3e-6])
    let result = try minimize(from: T([1, 1, 1, 1])) { x in (square(x / size - 1) + square(square(x / size - 1))).sum()
    }
    #expect(result.isConverged && result.point.isClose(to: size, relative: 1e-12), "\(result)")
    let one = try minimize(from: T([1])) { square(1e15 * $0 - 3).sum() }
    #expect(one.point.isClose(to: T([3e-15]), relative: 1e-14), "\(one)")
  }

  @Test("Values that vanish slowly are small enough once they are rounding of sums of squares", arguments: [2, 3, 4])
  func slowlyVanishing(_ power: Int) throws {
    // Newton steps take a part of the way each where second derivatives vanish at the minimum, and never arrive.
    for (size, unit) in [(1.0, 1.0), (1e-6, 1), (1, 1e8)] {
      let start: T = T([unit, 0.1 * unit])
      func f(_ x: T) -> T {
        let a: T = x[0] / unit
        let b: T = x[1] / unit
        let coupling: T = pow(a * b, Double(power))
        let sum: T = square(pow(a, Double(power))) + square(pow(b, Double(power)))
        let value: T = 3 * sum - coupling
        return value * size
      }
      for method in [MinimizationMethod.dense, .matrixFree] {
        let result = try minimize(from: start, method: method) { x in f(x) }
        #expect(result.stop == .gradient, "power \(power), \(method): \(result)")
        #expect(result.iterations <= 60 * power, "power \(power), \(method): \(result)")
        #expect(result.value < 1e-30 * size, "power \(power), \(method): \(result)")
        #expect(result.point.scalars.allSatisfy { abs($0) < 1e-4 * unit }, "power \(power), \(method): \(result)")
      }
    }
  }

  @Test("A variable with a bound before it does not recede, one without does") func boundedRecession() throws {
    for (x, sign) in [(1.0, 1.0), (-1, -1)] {
      func f(_ x: T) -> T { exp(-sign * x).sum() }
      func search(_ low: Double, _ high: Double) throws -> StopReason {
        try minimize(from: T([x]), lowerBounds: T([low]), upperBounds: T([high]), of: f).stop
      }
      let (near, far) = sign > 0 ? (-5.0, 1e4) : (-1e4, 5)
      #expect(try search(near, far).isConverged)
      #expect(try search(-.infinity, .infinity) == .receding)
      #expect(try sign > 0 ? search(near, .infinity) == .receding : search(-.infinity, far) == .receding)
    }
  }

  @Test("Slow valleys do not recede: sums of exponentials") func valleys() throws {
    let x = T.linspace(0, 1.15, 24)
    let y = 0.0951 * exp(-x) + 0.8607 * exp(-3 * x) + 1.5576 * exp(-5 * x)
    for start in [T([1.2, 0.3, 5.6, 5.5, 6.5, 7.6]), T([0.5, 0.7, 3.6, 4.2, 4, 6.3])] {
      let result = try minimize(from: start, maximumIterations: 3000) { b in
        let (first, second, third) = (b[0] * exp(-b[1] * x), b[2] * exp(-b[3] * x), b[4] * exp(-b[5] * x))
        return square(first + second + third - y).sum()
      }
      #expect(result.stop != .receding && result.value < 1e-5, "\(result)")
    }
  }

  /// A chain whose springs differ by six orders of magnitude.
  private static func stiff(_ x: T) -> T {
    let n = x.shape[0]
    let stiffness = exp(T.linspace(0, 13, n))
    return (stiffness * square(x - 1)).sum() + square(x[1...] - x[..<(-1)]).sum() + (square(square(x - 1))).sum()
  }

  @Test("With products variables are scaled where the diagonal costs little") func scaledProducts() throws {
    let n = 400
    let start = T.zeros([n])
    let result = try minimize(from: start, method: .matrixFree, of: Self.stiff)
    #expect(
      result.isConverged && result.point.isClose(to: T.ones([n]), absolute: 1e-6), "\(result.stop), \(result.counts)")
    #expect(result.counts.hessianDiagonals > 0 && result.counts.hessianProducts <= 300, "\(result.counts)")
    // In any units: the same search in numbers that are a thousand times as large.
    let units = exp(T.linspace(-3, 4, n))
    let other = try minimize(from: start, method: .matrixFree) { Self.stiff($0 * units) }
    #expect((other.point * units).isClose(to: result.point, absolute: 1e-6))
    #expect(other.counts.hessianProducts <= 2 * result.counts.hessianProducts, "\(other.counts), \(result.counts)")
    // Bounds are those of the variables themselves, and negative curvature is left.
    let bounded = try minimize(
      from: start, lowerBounds: T(repeating: -1, shape: [n]), upperBounds: T(repeating: 0.5, shape: [n]),
      method: .matrixFree, of: Self.stiff)
    #expect(bounded.isConverged && bounded.point.isClose(to: T(repeating: 0.5, shape: [n]), absolute: 1e-12))
    let saddle = try minimize(from: start, method: .matrixFree) { x in
      let u = x * units
      return (square(square(u)) / 4 - square(u) / 2).sum() + square(u[1...] - u[..<(-1)]).sum()
    }
    #expect(
      saddle.isConverged && saddle.curvature.kind == .minimum && saddle.value < -90, "\(saddle.value)")
  }

  @Test("Many variables with dense Hessians: few factorizations a step, as good as eigenvectors") func factoredSteps()
    throws
  {
    let n = 120
    func chain(_ x: T) -> T {
      100 * square(x[1...] - square(x[..<(-1)])).sum() + square(1 - x[..<(-1)]).sum() + 1e-3
        * square(x.sum() - Double(n))
    }
    let start = T((0..<n).map { $0 % 2 == 0 ? -1.2 : 1 })
    let result = try minimize(from: start, method: .dense, of: chain)
    #expect(result.isConverged && result.curvature.kind == .minimum, "\(result.stop)")
    #expect(result.curvature.inertia == Inertia(positive: n, negative: 0, zero: 0))
    #expect(result.counts.factorizations >= result.iterations)
    #expect(result.counts.factorizations <= 12 * (result.iterations + 1), "\(result.counts)")
    let line = try minimize(from: T.linspace(0, 1, n), method: .dense) { square($0.sum() - 1) }
    #expect(line.isConverged && line.curvature.kind == .singular, "\(line.stop)")
    let saddle = try minimize(from: T.zeros([n]), method: .dense) { (square(square($0)) / 4 - square($0) / 2).sum() }
    #expect(saddle.isConverged && saddle.curvature.kind == .minimum, "\(saddle.stop)")
  }
}

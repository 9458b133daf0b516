import Curvature
import Foundation
import TestSupport
import Testing

@Suite struct MinimizationTests {
  @Test("The published minima are found from the published starts, and mostly from ten and a hundred times as far")
  func publishedMinima() throws {
    var found = (newton: 0, leastSquares: 0)
    var generator = RepeatableGenerator(seed: 1)
    for problem in TestFunction.all {
      let plan = try MinimizationPlan(like: problem.start(times: 1)) { square(problem.residuals($0)).sum() }
      let squares = try LeastSquaresPlan(like: problem.start(times: 1), residuals: problem.residuals)
      for factor in [1.0, 10, 100] {
        let start = problem.start(times: factor)
        let results = [try plan(from: start), try squares(from: start).minimum]
        for (result, scale) in zip(results, [1.0, 2]) {
          let value = scale * result.value
          let isFound =
            result.isConverged && problem.minima.contains { abs(value - $0) <= max(1e-5 * $0, 1e-13) }
          if isFound { if scale == 1 { found.newton += 1 } else { found.leastSquares += 1 } }
          // From the published start the least-squares method finds all; Newton's gets lost in one that is known for it.
          if factor == 1, scale == 2 || problem.name != "Biggs EXP6" { #expect(isFound, "\(problem.name): \(result)") }
          // What is said to be a minimum is one: no place nearby is lower.
          guard result.isConverged, result.curvature.kind == .minimum else { continue }
          for _ in 0..<20 {
            let size = pow(10, generator.real(in: -8...(-3)))
            let near = Tensor<Double>(
              result.point.scalars.map { $0 * (1 + size * generator.real()) + 1e-3 * size * generator.real() })
            let there = square(problem.residuals(near)).sum().item()
            #expect(there >= value - 1e-12 * abs(value) - 1e-25, "\(problem.name) from \(factor): \(result)")
          }
        }
      }
    }
    #expect(found.newton >= 47 && found.leastSquares >= 43, "\(found)")
  }

  @Test("Where the function is its Taylor polynomial, far steps cost values and no Hessians") func quadratics() throws {
    for distance in [1.0, 1e3, 1e6] {
      let result = try minimize(from: Tensor<Double>([1, 2, 3]), method: .dense) { x in
        square(x - distance).sum() + square(x[0] - x[1])
      }
      #expect(result.isConverged && result.counts.hessians <= 4, "\(distance): \(result)")
      #expect(result.point.isClose(to: Tensor([distance, distance, distance]), relative: 1e-9))
    }
  }

  @Test("Each reason to stop is given where it applies", arguments: StopReason.allCases)
  func reasons(reason: StopReason) async throws {
    typealias T = Tensor<Double>
    switch reason {
    case .gradient:
      let result = try minimize(from: T([3, 4])) { square($0 - 1).sum() + 2 }
      #expect(result.stop == .gradient && result.curvature.kind == .minimum && result.isConverged)
      #expect(result.point.scalars == [1, 1] && result.gradientNorm == 0)
    case .value:
      // The tolerance asks for more than the value can show.
      let result = try minimize(from: T([2]), tolerance: 1e-12) { (cosh($0 - 1) + 0.1 * square($0) + 1e3).sum() }
      #expect(result.stop == .value && result.isConverged, "\(result)")
      #expect(abs(sinh(result.point.scalars[0] - 1) + 0.2 * result.point.scalars[0]) < 1e-14)
    case .step:
      // Brown's badly scaled problem: the variables differ by twelve orders of magnitude, and the value vanishes.
      let result = try minimize(from: T([100, 100])) { x in
        let (first, second) = (square(x[0] - 1e6), square(x[1] - 2e-6))
        return first + second + square(x[0] * x[1] - 2)
      }
      #expect(result.stop == .step && result.isConverged && result.point.isClose(to: T([1e6, 2e-6])), "\(result)")
    case .iterationLimit:
      let result = try minimize(from: T([-1.2, 1]), maximumIterations: 3) { x in
        100 * square(x[1] - square(x[0])) + square(1 - x[0])
      }
      #expect(result.stop == .iterationLimit && result.iterations == 3 && !result.isConverged)
      let none = try minimize(from: T([2]), maximumIterations: 0) { square($0).sum() }
      #expect(none.stop == .iterationLimit && none.point.scalars == [2] && none.value == 4)
    case .unbounded:
      for f in [{ (x: T) in -square(x).sum() }, { x in x.sum() }, { x in -exp(x).sum() }] {
        #expect(try minimize(from: T([1, 2]), of: f).stop == .unbounded)
        #expect(try minimize(from: T([1, 2]), method: .matrixFree, of: f).stop == .unbounded)
      }
    case .receding:
      // Separated classes: the estimate runs away.
      let (x, t) = (T([-2, -1, 1, 2]), T([-1, -1, 1, 1]))
      let result = try minimize(from: T([0, 0])) { w in softplus(-t * (w[0] + w[1] * x)).sum() }
      #expect(result.stop == .receding && !result.isConverged, "\(result)")
      #expect(try minimize(from: T([1])) { exp(-$0).sum() }.stop == .receding)
      #expect(try minimize(from: T([1])) { (1 / $0).sum() }.stop == .receding)
    case .noProgress:
      let result = try minimize(from: T([1.3])) { abs($0 - 1).sum() + 0.1 * $0.sum() }
      #expect(result.stop == .noProgress && !result.isConverged, "\(result)")
      // A kink where the value vanishes is no minimum of a smooth function either.
      #expect(try minimize(from: T([1]), of: { abs($0).sum() }).stop == .noProgress)
      #expect(try minimize(from: T([1]), of: { sqrt($0).sum() }).stop == .noProgress)
    case .notFiniteAtStart:
      for start in [-1.0, 0] {
        let result = try minimize(from: T([start])) { log($0).sum() }
        #expect(result.stop == .notFiniteAtStart && result.curvature.kind == .unknown)
      }
      #expect(try leastSquares(from: T([-1])) { log($0) }.minimum.stop == .notFiniteAtStart)
    case .cancelled:
      let result = try await Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try minimize(from: T([3])) { square($0).sum() }
      }.value
      #expect(result.stop == .cancelled && result.point.scalars == [3])
    }
  }

  @Test("Where the second derivative vanishes at the minimum the search ends, too", arguments: [4.0, 6, 8])
  func flatMinima(exponent: Double) throws {
    let result = try minimize(from: Tensor<Double>([1, -2])) { pow(abs($0), exponent).sum() }
    #expect(result.isConverged && result.iterations < 200, "\(result)")
    #expect(result.point.scalars.allSatisfy { abs($0) < 1e-4 })
  }

  @Test(
    "A function of one combination of many variables is minimized in it alone", arguments: [4.0, 6, 10], [10, 100])
  func oneCombination(power: Double, count: Int) throws {
    // Whatever rounding makes of the other eigenvalues leads nowhere.
    let best = try minimize(from: Tensor<Double>.full([count], 1.6)) { x in pow(x.sum(), power) }
    #expect(best.isConverged && best.curvature.kind == .singular, "\(best)")
    #expect(best.value < 1e-20 && best.point.scalars.allSatisfy { abs($0) < 1.6 }, "\(best.value)")
  }

  @Test("Where the whole gradient is rounding the search has converged") func roundingGradients() throws {
    // ARGLINB of the CUTEst collection: 400 residuals of one combination of 200 variables.
    let (i, j) = (Tensor<Double>((1...400).map(Double.init)), Tensor<Double>((1...200).map(Double.init)))
    let best = try minimize(from: Tensor<Double>.full([200], 1)) { x in square(i * (j * x).sum() - 1).sum() }
    #expect(best.isConverged && abs(best.value - 400 * 399 / 1602) < 1e-7, "\(best.stop) \(best.value)")
    // At a kink beside steep directions it has not, however large their second derivatives are.
    let kink = try minimize(from: Tensor<Double>([0.3, 2])) { x in abs(x[0]) + 1e12 * square(x[1] - 1) }
    #expect(!kink.isConverged || abs(kink.point.scalars[0]) < 1e-12, "\(kink)")
  }

  @Test("The kind of the point is what its second derivatives say") func kinds() throws {
    typealias T = Tensor<Double>
    // At the start the gradient vanishes, but the value falls along x: the search leaves the saddle.
    for method in [MinimizationMethod.dense, .matrixFree, .sparse(BlockArrow())] {
      let left = try minimize(from: T([0, 0]), method: method) { x in
        square(square(x[0]) - 1) + square(x[1] - x[0])
      }
      #expect(left.curvature.kind == .minimum && abs(abs(left.point.scalars[0]) - 1) < 1e-6, "\(left)")
    }
    // Only the sum is determined.
    let singular = try minimize(from: (T(1), T([3, 5]))) { a, b in square(a + b.sum() - 2) + square(b[0] - b[1]) }
    #expect(singular.curvature.kind == .singular && singular.isConverged)
    #expect(singular.curvature.inertia == Inertia(positive: 2, negative: 0, zero: 1))
    #expect(singular.curvatureText.contains("[0] - 0.5 [1][0] - 0.5 [1][1]"), "\(singular.curvatureText)")
    let stopped = try minimize(from: T([0, 1]), maximumIterations: 0) { square($0[1]) - square($0[0]) }
    #expect(stopped.curvature.kind == .saddle && stopped.curvature.direction == [1, 0])
  }

  @Test(
    "Within bounds the conditions of Karush, Kuhn and Tucker hold",
    arguments: [MinimizationMethod.automatic, .dense, .sparse(BlockArrow()), .matrixFree])
  func bounds(method: MinimizationMethod) throws {
    var generator = RepeatableGenerator(seed: 5)
    for n in [1, 2, 3, 5, 8] {
      for convexity in [-1.0, 0.5, 3] {
        for _ in 0..<6 {
          let a = generator.reals(n * n)
          let (matrix, b) = (Tensor<Double>(a).reshaped(to: [n, n]), Tensor<Double>(generator.reals(n, in: -5...5)))
          let f = { (x: Tensor<Double>) in
            let quadratic = square(matmul(matrix, x)).sum() + convexity * square(x).sum()
            return quadratic / 2 + (b * x).sum() + 0.1 * square(square(x)).sum()
          }
          let lower = generator.reals(n, in: -1...0.2)
          let upper = lower.map { generator.chance(0.1) ? $0 : $0 + generator.real(in: 0.01...2) }
          let result = try minimize(
            from: Tensor(generator.reals(n, in: -3...3)), lowerBounds: Tensor(lower), upperBounds: Tensor(upper),
            method: method, of: f)
          #expect(result.isConverged, "\(result)")
          let (x, slope) = (result.point.scalars, gradient(at: result.point, of: f).scalars)
          for i in 0..<n {
            #expect(x[i] >= lower[i] && x[i] <= upper[i])
            if x[i] > lower[i] { #expect(slope[i] < 1e-5) }
            if x[i] < upper[i] { #expect(slope[i] > -1e-5) }
          }
          let held = (0..<n).filter { abs(slope[$0]) > 1e-5 || lower[$0] == upper[$0] }.count
          #expect(result.curvature.heldVariables >= held)
        }
      }
    }
  }

  @Test("Points have the form in which a program has them, and data are given anew") func forms() throws {
    let x = Tensor<Double>.linspace(0, 1, 20)
    let plan = try MinimizationPlan(like: Line(slope: Tensor(0), offsets: [Tensor(0)]), x, x) { line, x, y in
      square(y - line.slope * x - line.offsets[0]).sum()
    }
    for (slope, offset) in [(2.0, 1.0), (-3, 0.5)] {
      let line = try plan(from: Line(slope: Tensor(0), offsets: [Tensor(0)]), x, slope * x + offset)
      #expect(abs(line.point.slope.item() - slope) < 1e-13 && abs(line.point.offsets[0].item() - offset) < 1e-13)
      #expect(line.variableNames == ["slope", "offsets[0]"])
      #expect(line.counts.hessians <= 4 && line.counts.hessianProducts == 0)
    }
    let pair = try minimize(from: (Tensor<Float>([1, 2]), Tensor<Float>(3)), Tensor<Float>([4, 5])) { a, b, t in
      square(a - t).sum() + square(b * b - 2)
    }
    let root = Float(2).squareRoot()
    #expect(pair.point.0.isClose(to: Tensor([4, 5])) && abs(pair.point.1.item() - root) < 1e-5)
    #expect(pair.isConverged, "\(pair)")
    let start = (Tensor<Double>(1), Tensor<Double>(2), Tensor<Double>(3))
    let three = try minimize(from: start) { a, b, c in
      let (first, second) = (square(a - b), square(b - 2 * c))
      return first + second + square(c - 1)
    }
    #expect(three.point.0.item() == 2 && three.point.2.item() == 1)
  }

  @Test("Iterates can be watched one by one, and their values fall") func iterates() async throws {
    let x = Tensor<Double>([-1.2, 1])
    let plan = try MinimizationPlan(like: x) { x in 100 * square(x[1] - square(x[0])) + square(1 - x[0]) }
    var seen: [Double] = []
    let result = try plan(from: x) { seen.append($0.value) }
    #expect(seen.count == result.iterations + 1 && zip(seen, seen.dropFirst()).allSatisfy { $0 > $1 })
    var again: [Double] = []
    for try await iterate in try plan.search(from: x).iterates {
      #expect(iterate.iteration == again.count)
      again.append(iterate.value)
    }
    #expect(seen == again)
    struct Enough: Error {}
    #expect(throws: Enough.self) { try plan(from: x) { if $0.iteration == 2 { throw Enough() } } }
    let cancelled = try await Task {
      var count = 0
      for try await _ in try plan.search(from: x).iterates {
        count += 1
        if count == 3 { withUnsafeCurrentTask { $0?.cancel() } }
      }
      return count
    }.value
    #expect(cancelled == 3)
  }

  @Test("Products alone lead to the same minimum as whole Hessians") func matrixFree() throws {
    let x = Tensor<Double>.linspace(-1, 2, 400)
    let f = { (x: Tensor<Double>) in
      square(x[1...] - square(x[..<(-1)])).sum() + square(1 - x).sum() / 10
    }
    let free = try minimize(from: x, of: f)
    let dense = try minimize(from: x, method: .dense, of: f)
    #expect(free.counts.hessians == 0 && free.counts.hessianProducts > 0)
    #expect(dense.counts.hessians > 0 && dense.counts.hessianProducts == 0)
    #expect(free.isConverged && dense.isConverged && free.curvature.kind == .minimum, "\(free.stop) \(free.curvature)")
    #expect(free.point.isClose(to: dense.point, relative: 1e-5, absolute: 1e-6))
  }

  @Test("Products do not overlook directions of little curvature") func illConditioned() throws {
    let weights = pow(10, Tensor<Double>.linspace(-4, 4, 400))
    let result = try minimize(from: Tensor<Double>.ones([400])) { x in (weights * square(x - 2)).sum() / 2 }
    #expect(result.isConverged && result.counts.hessians == 0, "\(result.stop)")
    #expect(result.point.isClose(to: .full([400], 2), relative: 1e-6), "\(result.value)")
  }

  @Test("What cannot be searched is refused with a remedy") func refusals() throws {
    let x = Tensor<Double>([1, 2])
    let plan = try MinimizationPlan(like: x) { square($0).sum() }
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return "no error"
    }
    #expect(message { _ = try plan(from: Tensor([1, 2, 3])) }.contains("shapes [[3]], [[2]] are needed"))
    #expect(message { _ = try plan(from: Tensor([1, .nan])) }.contains("[1] = nan; start at finite numbers"))
    #expect(
      message { _ = try plan(from: x, lowerBounds: Tensor([0, 3]), upperBounds: Tensor([1, 2])) }
        .contains("[1] has the bounds 3.0 and 2.0"))
    #expect(message { _ = try minimize(from: x) { $0 } }.contains("which is 2 elements"))
    #expect(message { _ = try leastSquares(from: x) { $0[..<1] } }.contains("1 residuals for 2 parameters"))
    #expect(message { _ = try plan(from: x, Tensor([1.0])) }.contains("made for 0 tensors of data, found 1"))
  }
}

private struct Line: TensorStruct {
  var slope: Tensor<Double>
  var offsets: [Tensor<Double>]
  static var tensors: TensorMembers<Line, Double> { TensorMembers(\.slope, \.offsets) }
}

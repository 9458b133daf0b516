import Curvature
import TestSupport
import Testing

@Suite("Least squares with sparse models") struct SparseLeastSquaresTests {
  typealias T = Tensor<Double>

  /// Decays of many samples, each with an amplitude and a rest of its own, and one rate for all: residuals that do not vanish.
  private struct Decays {
    let times = T([0, 0.5, 1, 2, 3.5])
    let data: T
    let groups: Int

    init(groups: Int, noise: Double) {
      self.groups = groups
      var generator = RepeatableGenerator(seed: 5)
      let amplitudes = T(generator.reals(groups, in: 1...3)), rests = T(generator.reals(groups, in: -0.5...0.5))
      let clean =
        amplitudes.reshaped(to: [groups, 1]) * exp(-0.7 * times).reshaped(to: [1, 5]) + rests.reshaped(to: [groups, 1])
      data = clean + noise * T(generator.reals(5 * groups), shape: [groups, 5])
    }

    var start: T { T([Double](repeating: 1, count: 2 * groups) + [0.2]) }

    func residuals(_ b: T) -> T {
      let amplitudes = b[..<groups].reshaped(to: [groups, 1])
      let rests = b[groups..<(2 * groups)].reshaped(to: [groups, 1])
      return amplitudes * exp(-b[2 * groups] * times).reshaped(to: [1, 5]) + rests - data
    }
  }

  @Test("As with the whole Jacobian: point, value, residuals and standard deviations") func agreement() throws {
    for noise in [0, 0.05, 1] {
      let problem = Decays(groups: 12, noise: noise)
      let dense = try leastSquares(from: problem.start, residuals: problem.residuals)
      #expect(dense.isConverged)
      for method in [MinimizationMethod.sparse(BlockArrow()), .matrixFree] {
        let fit = try leastSquares(from: problem.start, method: method, residuals: problem.residuals)
        #expect(fit.isConverged && fit.minimum.curvature.kind == .minimum, "\(noise): \(fit.minimum)")
        let tolerance = if case .matrixFree = method { 1e-5 } else { 1e-8 }
        #expect(fit.minimum.point.isClose(to: dense.minimum.point, relative: tolerance, absolute: tolerance))
        #expect(abs(fit.minimum.value - dense.minimum.value) <= 1e-9 * dense.minimum.value + 1e-18)
        #expect(T(fit.residuals).isClose(to: T(dense.residuals), absolute: tolerance))
        guard noise > 0, case .sparse = method else { continue }
        let found = try #require(fit.statistics), expected = try #require(dense.statistics)
        #expect(found.degreesOfFreedom == expected.degreesOfFreedom)
        for (found, expected) in [
          (found.standardDeviations, expected.standardDeviations),
          (found.exactStandardDeviations, expected.exactStandardDeviations),
        ] {
          #expect(T(try #require(found)).isClose(to: T(try #require(expected)), relative: 1e-6))
        }
      }
    }
  }

  @Test("Bounds hold, data are given anew, and iterates are told") func boundsAndData() throws {
    let x = T.linspace(0, 2, 30), y = exp(-0.5 * x), z = 2 * exp(-1.5 * x)
    let b = T([1, 1])
    let plan = try LeastSquaresPlan(like: b, x, y, method: .sparse(BlockArrow())) { b, x, y in b[0] * exp(-b[1] * x) - y
    }
    var iterations: [Int] = []
    let first = try plan(from: b, x, y) { iterations.append($0.iteration) }
    #expect(first.minimum.point.isClose(to: T([1, 0.5]), relative: 1e-9), "\(first.minimum)")
    #expect(iterations == Array(0...first.minimum.iterations))
    #expect(try plan(from: b, x, z).minimum.point.isClose(to: T([2, 1.5]), relative: 1e-9))
    let held = try plan(from: b, x, z, upperBounds: T([1.5, .infinity]))
    #expect(held.minimum.point.scalars[0] == 1.5 && held.minimum.curvature.heldVariables == 1 && held.statistics == nil)
    let expected = try leastSquares(from: T([1])) { c in 1.5 * exp(-c[0] * x) - z }
    #expect(abs(held.minimum.point.scalars[1] - expected.minimum.point.scalars[0]) < 1e-8)
  }

  @Test("Cameras and points: the border is the cameras, a factorization is linear in the points") func bundle() throws {
    var generator = RepeatableGenerator(seed: 8)
    let (cameras, points) = (4, 150)
    // Each point is seen by three of the cameras, which turn and shift the plane.
    let camera = (0..<(3 * points)).map { Int64(($0 / 3 + $0 % 3) % cameras) }
    let point = (0..<(3 * points)).map { Int64($0 / 3) }
    func positions(_ b: T) -> T {
      func pick(_ part: Int, of extent: Int, from first: Int, by numbers: [Int64]) -> T {
        b[Tensor<Int64>(numbers.map { Int64(first) + Int64(extent) * $0 + Int64(part) })]
      }
      let angle = pick(0, of: 3, from: 0, by: camera)
      let (left, up) = (pick(1, of: 3, from: 0, by: camera), pick(2, of: 3, from: 0, by: camera))
      let (px, py) = (pick(0, of: 2, from: 3 * cameras, by: point), pick(1, of: 2, from: 3 * cameras, by: point))
      let horizontal = cos(angle) * px - sin(angle) * py + left
      let vertical = sin(angle) * px + cos(angle) * py + up
      return T.concatenate([horizontal, vertical])
    }
    let truth = T(generator.reals(3 * cameras + 2 * points, in: -1...1))
    let seen = positions(truth) + 0.01 * T(generator.reals(6 * points))
    let factorizer = CountingFactorizer()
    // One camera is where it is: otherwise the plane as a whole may turn and shift.
    func residuals(_ b: T) -> T { T.concatenate([positions(b) - seen, 10 * (b[..<3] - truth[..<3])]) }
    let start = truth + 0.2 * T(generator.reals(3 * cameras + 2 * points))
    let fit = try leastSquares(from: start, method: .sparse(factorizer), residuals: residuals)
    #expect(fit.isConverged && fit.minimum.curvature.kind == .minimum, "\(fit.minimum.stop), \(fit.minimum.counts)")
    #expect(fit.minimum.iterations <= 30, "\(fit.minimum.counts)")
    // Two patterns at most: of Gauss & Newton's matrix, and of the Hessian.
    #expect(factorizer.counts.analyses <= 2)
    #expect(fit.minimum.counts.factorizations > 0 && fit.minimum.counts.factorizations <= 12 * 31)
    let plain = try minimize(from: fit.minimum.point, method: .sparse(BlockArrow())) { square(residuals($0)).sum() / 2 }
    #expect(plain.point.isClose(to: fit.minimum.point, relative: 1e-7, absolute: 1e-8))
    let deviations = try #require(fit.statistics?.standardDeviations)
    #expect(deviations.count == 3 * cameras + 2 * points && deviations.allSatisfy { $0 > 0 && $0 < 0.1 })
  }

  @Test("Estimates are differentiated through sparse factors, too") func differentiated() throws {
    let problem = Decays(groups: 6, noise: 0.1)
    let y = problem.data
    func estimate(_ method: MinimizationMethod) throws -> [T] {
      let b = try leastSquaresMinimizer(from: problem.start, method: method) {
        problem.residuals($0) + problem.data - y
      }
      return [b, gradient(b[12], y)]
    }
    for (found, expected) in zip(try estimate(.sparse(BlockArrow())), try estimate(.dense)) {
      #expect(found.isClose(to: expected, relative: 1e-7, absolute: 1e-9))
    }
  }
}

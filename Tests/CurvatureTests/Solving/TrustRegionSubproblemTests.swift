import Curvature
import Testing

@Suite struct TrustRegionSubproblemTests {
  private func model(_ gradient: [Double], _ hessian: DenseMatrix, _ step: [Double]) -> Double {
    zip(step, zip(gradient, hessian.times(step))).reduce(0) { $0 + $1.0 * ($1.1.0 + 0.5 * $1.1.1) }
  }

  private func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// The conditions that characterise the minimizer (Nocedal & Wright, theorem 4.1).
  private func expectMinimizer(_ gradient: [Double], _ hessian: DenseMatrix, radius: Double) throws {
    let problem = try TrustRegionSubproblem(gradient: gradient, hessian: hessian)
    let (step, onBoundary) = problem.minimizer(radius: radius)
    let length = norm(step)
    #expect(length <= radius * (1 + 1e-9))
    let product = hessian.times(step)
    // (H + λI) s = -g gives λ as a Rayleigh quotient.
    let lambda = -zip(step, zip(gradient, product)).reduce(0) { $0 + $1.0 * ($1.1.0 + $1.1.1) } / (length * length)
    let scale = norm(gradient) + hessian.elements.map(abs).max()! * length
    for (s, (g, hs)) in zip(step, zip(gradient, product)) { #expect(abs(hs + lambda * s + g) < 1e-8 * scale) }
    let lowest = try SymmetricEigenDecomposition(hessian).values[0]
    #expect(lambda >= -lowest - 1e-8 * scale / length && lambda >= -1e-8 * scale / length)
    if onBoundary {
      #expect(abs(length - radius) < 1e-9 * radius)
    } else {
      #expect(abs(lambda) < 1e-8 * scale / length)
    }
    #expect(abs(problem.predictedReduction(step) + model(gradient, hessian, step)) < 1e-10 * scale * (length + 1))
  }

  @Test(arguments: [1e-3, 0.1, 1, 10, 1e4])
  func minimizersFulfilTheConditions(radius: Double) throws {
    var state: UInt64 = 3
    func random() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(1 << 52) - 1
    }
    for n in 1...6 {
      for shift in [-3.0, 0, 3] {
        var hessian = DenseMatrix(rows: n, columns: n)
        for i in 0..<n {
          for j in 0...i {
            hessian[i, j] = random()
            hessian[j, i] = hessian[i, j]
          }
          hessian[i, i] += shift
        }
        try expectMinimizer((0..<n).map { _ in random() }, hessian, radius: radius)
      }
    }
  }

  @Test func insideTheBallTheNewtonStepIsTaken() throws {
    let hessian = DenseMatrix(rows: 2, columns: 2, rowMajor: [2, 0, 0, 4])
    let (step, onBoundary) = try TrustRegionSubproblem(gradient: [2, 4], hessian: hessian).minimizer(radius: 5)
    #expect(!onBoundary)
    #expect(norm([step[0] + 1, step[1] + 1]) < 1e-15)
  }

  @Test func theHardCaseGoesAlongTheLowestEigenvector() throws {
    // g is orthogonal to the direction of negative curvature.
    let hessian = DenseMatrix(rows: 2, columns: 2, rowMajor: [-2, 0, 0, 1])
    let (step, onBoundary) = try TrustRegionSubproblem(gradient: [0, 3], hessian: hessian).minimizer(radius: 5)
    #expect(onBoundary)
    #expect(abs(step[1] + 1) < 1e-12)
    #expect(abs(abs(step[0]) - 24.squareRoot()) < 1e-12)
    try expectMinimizer([0, 3], hessian, radius: 5)
  }

  @Test func aSaddleWithoutGradientIsLeft() throws {
    let hessian = DenseMatrix(rows: 2, columns: 2, rowMajor: [1, 0, 0, -1])
    let (step, onBoundary) = try TrustRegionSubproblem(gradient: [0, 0], hessian: hessian).minimizer(radius: 0.5)
    #expect(onBoundary)
    #expect(abs(abs(step[1]) - 0.5) < 1e-14)
    #expect(step[0] == 0)
  }

  @Test func aSingularModelStaysFinite() throws {
    let hessian = DenseMatrix(rows: 2, columns: 2, rowMajor: [1, 0, 0, 0])
    let (step, _) = try TrustRegionSubproblem(gradient: [1, 0], hessian: hessian).minimizer(radius: 10)
    #expect(abs(step[0] + 1) < 1e-9)
    #expect(step.allSatisfy { $0.isFinite })
  }

  @Test(arguments: [2, 10, 100])
  func whereRoundingAloneHasCurvatureNoStepIsTaken(n: Int) throws {
    // A function of the sum of all variables, computed with rounding: nothing is known to fall in any other direction.
    var hessian = DenseMatrix(rows: n, columns: n)
    for i in 0..<n { for j in 0..<n { hessian[i, j] = 0.9 + Double((i + j) % 3 - 1) * .ulpOfOne } }
    let gradient = (0..<n).map { 0.3 + Double($0 % 2) * .ulpOfOne }
    let (step, onBoundary) = try TrustRegionSubproblem(gradient: gradient, hessian: hessian).minimizer(radius: 100)
    #expect(!onBoundary)
    for s in step { #expect(abs(s + 1 / (3 * Double(n))) < 1e-13) }
  }

  @Test func whereTheModelIsFlatTheStepGoesAgainstTheGradient() throws {
    let hessian = DenseMatrix(rows: 3, columns: 3, rowMajor: [1, 0, 0, 0, 0, 0, 0, 0, 0])
    let gradient = [1, 3e-3, 4e-3]
    let (step, onBoundary) = try TrustRegionSubproblem(gradient: gradient, hessian: hessian).minimizer(radius: 1e13)
    #expect(onBoundary)
    #expect(abs(step[1] / 3 - step[2] / 4) < 1e-9 * abs(step[1]) && step[1] < -1e12)
  }
}

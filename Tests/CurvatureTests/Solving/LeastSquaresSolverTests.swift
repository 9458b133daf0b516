import Curvature
import Foundation
import Testing

/// Residuals with derivatives written by hand.
struct HandWrittenProblem: Sendable, CustomTestStringConvertible {
  let name: String
  let start: [Double]
  let solutions: [[Double]]
  /// Residuals, Jacobian row by row, second derivatives of each residual row by row.
  let evaluate: @Sendable ([Double]) -> ([Double], [Double], [[Double]])

  var testDescription: String { name }

  var objective: LeastSquaresObjective {
    let p = start.count
    return LeastSquaresObjective(parameterCount: p) {
      evaluate($0).0
    } derivatives: { b in
      let (r, j, h) = evaluate(b)
      var curvature = [Double](repeating: 0, count: p * p)
      for (ri, hi) in zip(r, h) {
        for k in hi.indices { curvature[k] += ri * hi[k] }
      }
      return ResidualDerivatives(
        residuals: r, jacobian: DenseMatrix(rows: r.count, columns: p, rowMajor: j),
        curvature: DenseMatrix(rows: p, columns: p, rowMajor: curvature))
    }
  }

  static let rosenbrock = HandWrittenProblem(name: "Rosenbrock", start: [-1.2, 1], solutions: [[1, 1]]) { b in
    (
      [10 * (b[1] - b[0] * b[0]), 1 - b[0]], [-20 * b[0], 10, -1, 0],
      [[-20, 0, 0, 0], [0, 0, 0, 0]]
    )
  }

  /// ½ ((x² - 1)² + (y - x)² / 100) has a saddle at the origin, where the gradient vanishes.
  static let saddle = HandWrittenProblem(name: "saddle", start: [0, 0], solutions: [[1, 1], [-1, -1]]) { b in
    ([b[0] * b[0] - 1, 0.1 * (b[1] - b[0])], [2 * b[0], 0, -0.1, 0.1], [[2, 0, 0, 0], [0, 0, 0, 0]])
  }

  /// Parameters whose units are 16 orders of magnitude apart.
  static let units = HandWrittenProblem(name: "units", start: [3e8, 1e-8], solutions: [[1e8, 3e-8]]) { b in
    let (x, y) = (b[0] * 1e-8, b[1] * 1e8)
    return (
      [x * y - 3, x - 1, y - 3], [y * 1e-8, x * 1e8, 1e-8, 0, 0, 1e8],
      [[0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    )
  }

  /// A start from which full steps leave the domain of log, where the residual is NaN.
  static let domain = HandWrittenProblem(name: "domain", start: [30], solutions: [[1]]) { b in
    ([log(b[0]), 0], [1 / b[0], 0], [[-1 / (b[0] * b[0])], [0]])
  }

  /// A residual that does not vanish: min ½ ((x - 2)² + (x² + 1)²), at the root of 2x³ + 3x - 2.
  static let largeResidual = HandWrittenProblem(
    name: "large residual", start: [4], solutions: [[0.5535737822176664]]
  ) { b in
    ([b[0] - 2, b[0] * b[0] + 1], [1, 2 * b[0]], [[0], [2]])
  }
}

@Suite struct LeastSquaresSolverTests {
  @Test(arguments: [HandWrittenProblem.rosenbrock, .saddle, .units, .domain, .largeResidual])
  func minimaAreFound(problem: HandWrittenProblem) throws {
    let solution = try LeastSquaresSolver().minimize(problem.objective, from: problem.start)
    #expect(solution.outcome == .converged)
    let errors = problem.solutions.map { expected in
      zip(solution.parameters, expected).map { abs($0 - $1) / abs($1) }.max()!
    }
    #expect(errors.min()! < 1e-9, "\(solution.parameters)")
  }

  @Test func aParameterWithoutEffectIsReported() throws {
    let objective = LeastSquaresObjective(parameterCount: 2) {
      [$0[0] - 1, $0[0] - 2, $0[0] + 1]
    } derivatives: {
      ResidualDerivatives(
        residuals: [$0[0] - 1, $0[0] - 2, $0[0] + 1],
        jacobian: DenseMatrix(rows: 3, columns: 2, rowMajor: [1, 0, 1, 0, 1, 0]),
        curvature: DenseMatrix(rows: 2, columns: 2))
    }
    let solution = try LeastSquaresSolver().minimize(objective, from: [5, 7])
    #expect(solution.outcome == .rankDeficient)
    #expect(abs(solution.parameters[0] - 2.0 / 3) < 1e-12)
    #expect(LeastSquaresStatistics(solution.derivatives).standardDeviations == nil)
  }

  @Test func theLimitOfIterationsHolds() throws {
    let solver = LeastSquaresSolver(maximumIterations: 3)
    let solution = try solver.minimize(HandWrittenProblem.rosenbrock.objective, from: [-1.2, 1])
    #expect(solution.iterations == 3)
    #expect(solution.outcome == .iterationLimit)
  }

  @Test func startsThatCannotBeUsedAreErrors() {
    #expect(throws: LinearAlgebraError.self) {
      _ = try LeastSquaresSolver().minimize(HandWrittenProblem.domain.objective, from: [-1])
    }
  }

  @Test("Of parameters that are not told apart none runs away") func collinear() throws {
    for ys in [[2.0, 3, 5], [2, 4, 6], [0, 0, 0]] {
      let xs = [1.0, 2, 3]
      let residuals: ([Double]) -> [Double] = { b in zip(xs, ys).map { b[0] * $0 + b[1] * $0 - $1 } }
      let objective = LeastSquaresObjective(parameterCount: 2, residuals: residuals) { b in
        ResidualDerivatives(
          residuals: residuals(b), jacobian: DenseMatrix(rows: 3, columns: 2, rowMajor: xs.flatMap { [$0, $0] }),
          curvature: DenseMatrix(rows: 2, columns: 2))
      }
      let solution = try LeastSquaresSolver().minimize(objective, from: [1, 0.3])
      let slope = zip(xs, ys).reduce(0) { $0 + $1.0 * $1.1 } / 14
      #expect(
        solution.outcome == .rankDeficient && solution.parameters.allSatisfy { abs($0) < 10 }, "\(solution.parameters)")
      #expect(abs(solution.parameters[0] + solution.parameters[1] - slope) < 1e-6, "\(solution.parameters)")
    }
  }

  @Test func aStraightLineHasTheTextbookDeviations() throws {
    // y = a + b x through (0, 1), (1, 3), (2, 4), (3, 4): a = 1.5, b = 1, RSS = 1, s² = 1/2, Σ(x - x̄)² = 5.
    let xs = [0.0, 1, 2, 3]
    let ys = [1.0, 3, 4, 4]
    let residuals: ([Double]) -> [Double] = { b in zip(xs, ys).map { $1 - b[0] - b[1] * $0 } }
    let objective = LeastSquaresObjective(parameterCount: 2, residuals: residuals) { b in
      ResidualDerivatives(
        residuals: residuals(b), jacobian: DenseMatrix(rows: 4, columns: 2, rowMajor: xs.flatMap { [-1, -$0] }),
        curvature: DenseMatrix(rows: 2, columns: 2))
    }
    let solution = try LeastSquaresSolver().minimize(objective, from: [0, 0])
    #expect(solution.outcome == .converged)
    let statistics = LeastSquaresStatistics(solution.derivatives)
    for deviations in [try #require(statistics.standardDeviations), try #require(statistics.exactStandardDeviations)] {
      #expect(abs(deviations[0] - (0.5 * 14 / 20).squareRoot()) < 1e-14)
      #expect(abs(deviations[1] - 0.1.squareRoot()) < 1e-14)
    }
    #expect(abs(statistics.residualSumOfSquares - 1) < 1e-14)
    #expect(statistics.degreesOfFreedom == 2)
  }

  @Test func sumsOfSquaresAreAccurate() {
    // 1 + 10⁶ squares of 10⁻⁹: each is lost in a plain sum.
    #expect(sumOfSquares([1] + [Double](repeating: 1e-9, count: 1_000_000)) == 1 + 1e-12)
  }
}

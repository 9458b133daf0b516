import Curvature
import CurvatureIpopt
import Testing

/// Problems and least values of Hock & Schittkowski 1981, "Test Examples for Nonlinear Programming Codes".
@Suite struct HockSchittkowskiTests {
  struct Problem: Sendable, CustomTestStringConvertible {
    let number: Int
    let start: [Double]
    var lower: [Double]?
    var upper: [Double]?
    let value: Double
    let model: @Sendable (Tensor<Double>) -> NonlinearProgram

    var testDescription: String { "HS\(number)" }
  }

  static let problems: [Problem] = [
    Problem(number: 6, start: [-1.2, 1], value: 0) { x in
      .init(minimizing: square(1 - x[0]), subjectTo: [.equal(10 * (x[1] - square(x[0])), 0)])
    },
    Problem(number: 21, start: [-1, -1], lower: [2, -50], upper: [50, 50], value: -99.96) { x in
      .init(minimizing: 0.01 * square(x[0]) + square(x[1]) - 100, subjectTo: [.atLeast(10 * x[0] - x[1], 10)])
    },
    Problem(number: 22, start: [2, 2], value: 1) { x in
      .init(
        minimizing: square(x[0] - 2) + square(x[1] - 1),
        subjectTo: [.atMost(x[0] + x[1], 2), .atLeast(x[1] - square(x[0]), 0)])
    },
    Problem(number: 28, start: [-4, 1, 1], value: 0) { x in
      .init(
        minimizing: square(x[0] + x[1]) + square(x[1] + x[2]), subjectTo: [.equal(x[0] + 2 * x[1] + 3 * x[2], 1)])
    },
    Problem(number: 35, start: [0.5, 0.5, 0.5], lower: [0, 0, 0], value: 1.0 / 9) { x in
      let (a, b, c) = (x[0], x[1], x[2])
      let quadratic = 2 * square(a) + 2 * square(b) + square(c) + 2 * a * b + 2 * a * c
      return .init(minimizing: 9 - 8 * a - 6 * b - 4 * c + quadratic, subjectTo: [.atMost(a + b + 2 * c, 3)])
    },
    Problem(number: 37, start: [10, 10, 10], lower: [0, 0, 0], upper: [42, 42, 42], value: -3456) { x in
      .init(minimizing: -x.product(), subjectTo: [.between(x[0] + 2 * x[1] + 2 * x[2], 0, 72)])
    },
    Problem(number: 39, start: [2, 2, 2, 2], value: -1) { x in
      .init(
        minimizing: -x[0],
        subjectTo: [
          .equal(x[1] - x[0] * square(x[0]) - square(x[2]), 0), .equal(square(x[0]) - x[1] - square(x[3]), 0),
        ])
    },
    Problem(number: 43, start: [0, 0, 0, 0], value: -44) { x in
      let (a, b, c, d) = (x[0], x[1], x[2], x[3])
      let quadratic = square(a) + square(b) + 2 * square(c) + square(d)
      let first = 8 - square(a) - square(b) - square(c) - square(d) - a + b - c + d
      let second = 10 - square(a) - 2 * square(b) - square(c) - 2 * square(d) + a + d
      let third = 5 - 2 * square(a) - square(b) - square(c) - 2 * a + b + d
      return .init(
        minimizing: quadratic - 5 * a - 5 * b - 21 * c + 7 * d,
        subjectTo: [.atLeast(Tensor.stack([first, second, third]), 0)])
    },
    Problem(number: 63, start: [2, 2, 2], lower: [0, 0, 0], value: 961.7151721) { x in
      let (a, b, c) = (x[0], x[1], x[2])
      let quadratic = square(a) + 2 * square(b) + square(c) + a * b + a * c
      return .init(
        minimizing: 1000 - quadratic,
        subjectTo: [.equal(8 * a + 14 * b + 7 * c, 56), .equal(square(x).sum(), 25)])
    },
    Problem(number: 71, start: [1, 5, 5, 1], lower: [1, 1, 1, 1], upper: [5, 5, 5, 5], value: 17.0140173) { x in
      .init(
        minimizing: x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2],
        subjectTo: [.atLeast(x.product(), 25), .equal(square(x).sum(), 40)])
    },
    Problem(number: 76, start: [0.5, 0.5, 0.5, 0.5], lower: [0, 0, 0, 0], value: -4.681818181) { x in
      let (a, b, c, d) = (x[0], x[1], x[2], x[3])
      let quadratic = square(a) + 0.5 * square(b) + square(c) + 0.5 * square(d) - a * c + c * d
      return .init(
        minimizing: quadratic - a - 3 * b + c - d,
        subjectTo: [
          .atMost(a + 2 * b + c + d, 5), .atMost(3 * a + b + 2 * c - d, 4), .atLeast(b + 4 * c, 1.5),
        ])
    },
    Problem(number: 78, start: [-2, 1.5, 2, -1, -1], value: -2.91970041) { x in
      .init(
        minimizing: x.product(),
        subjectTo: [
          .equal(square(x).sum(), 10), .equal(x[1] * x[2] - 5 * x[3] * x[4], 0),
          .equal(x[0] * square(x[0]) + x[1] * square(x[1]), -1),
        ])
    },
    Problem(
      number: 93, start: [5.54, 4.4, 12.02, 11.82, 0.702, 0.852], lower: [0, 0, 0, 0, 0, 0], value: 135.075961
    ) { x in
      let (a, b, c, d) = (x[0] + x[1] + x[2], x[0] + 1.57 * x[1] + x[3], x[0] * x[3], x[1] * x[2])
      let first = 0.0204 * c * a + 0.0187 * d * b
      let second = 0.0607 * c * square(x[4]) * a + 0.0437 * d * square(x[5]) * b
      return .init(
        minimizing: first + second,
        subjectTo: [
          .atLeast(0.001 * x.product(), 2.07),
          .atMost(0.00062 * c * square(x[4]) * a + 0.00058 * d * square(x[5]) * b, 1),
        ])
    },
    Problem(number: 100, start: [1, 2, 0, 4, 0, 1, 1], value: 680.6300573) { x in
      func power(_ i: Int, _ n: Int) -> Tensor<Double> { pow(x[i], Double(n)) }
      let first = square(x[0] - 10) + 5 * square(x[1] - 12) + power(2, 4) + 3 * square(x[3] - 11)
      let second = 10 * power(4, 6) + 7 * square(x[5]) + power(6, 4) - 4 * x[5] * x[6] - 10 * x[5] - 8 * x[6]
      let g0 = 2 * square(x[0]) + 3 * power(1, 4) + x[2] + 4 * square(x[3]) + 5 * x[4]
      let g1 = 7 * x[0] + 3 * x[1] + 10 * square(x[2]) + x[3] - x[4]
      let g2 = 23 * x[0] + square(x[1]) + 6 * square(x[5]) - 8 * x[6]
      let g3 = 4 * square(x[0]) + square(x[1]) - 3 * x[0] * x[1] + 2 * square(x[2]) + 5 * x[5] - 11 * x[6]
      return .init(
        minimizing: first + second,
        subjectTo: [.atMost(g0, 127), .atMost(g1, 282), .atMost(g2, 196), .atMost(g3, 0)])
    },
  ]

  @Test(arguments: problems) func `The published least value is found`(_ problem: Problem) throws {
    let result = try optimize(
      from: Tensor(problem.start), lowerBounds: problem.lower.map { Tensor($0) },
      upperBounds: problem.upper.map { Tensor($0) }, options: ["tol": 1e-9], of: problem.model)
    #expect(result.status == .solved)
    let scale = max(1, abs(problem.value))
    #expect(abs(result.objective - problem.value) <= 2e-7 * scale)
    #expect(result.residuals.infeasibility < 1e-6 * scale)
    #expect(result.residuals.stationarity < 1e-5 * scale)
    #expect(result.residuals.complementarity < 1e-5 * scale)
    #expect(result.curvature.kind == .minimum)
    #expect(result.isSolved)
  }

  @Test func `Points and multipliers of problem 71 are those of Ipopt's documentation`() throws {
    let problem = try #require(Self.problems.first { $0.number == 71 })
    let result = try optimize(
      from: Tensor(problem.start), lowerBounds: 1, upperBounds: 5, of: problem.model)
    let expected = [1.0, 4.74299963, 3.82114998, 1.37940829]
    for (x, y) in zip(result.point.scalars, expected) { #expect(abs(x - y) < 1e-6) }
    #expect(abs(result.multipliers.constraints[0].item() + 0.55229366) < 1e-6)
    #expect(abs(result.multipliers.constraints[1].item() - 0.16146857) < 1e-6)
    #expect(abs(result.multipliers.lowerBounds[0].item() - 1.0878712) < 1e-6)
    #expect(result.heldBounds.scalars == [-1, 0, 0, 0])
    #expect(result.constraints.map { $0.active.item() } == [-1, 2])
    #expect(result.curvature.constraintsAreIndependent == true)
    #expect("\(result)".contains("the conditions of optimality hold"))
  }
}

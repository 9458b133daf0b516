import Curvature
import CurvatureIpopt
import Testing

/// How searches end that do not, or not easily, come to a solution: each with a result that says so.
@Suite struct EndingTests {
  @Test func `Every status is explained and none like another`() {
    let texts = SolverStatus.allCases.map(\.explanation)
    #expect(Set(texts).count == SolverStatus.allCases.count)
    #expect(SolverStatus.allCases.filter(\.isSolved) == [.solved, .solvedToAcceptableLevel, .feasiblePointFound])
  }

  @Test func `A start where the objective is NaN is named`() throws {
    let result = try optimize(from: Tensor<Double>([-1])) { x in .init(minimizing: log(x[0]) + square(x[0])) }
    #expect(result.status == .invalidNumber)
    #expect(result.nonfinite == "the objective is nan")
    #expect(result.iterations == 0)
    #expect(result.point.scalars == [-1])
    #expect(result.objective.isNaN)
    #expect("\(result)".contains("the objective is nan"))
  }

  @Test func `A constraint and a derivative that are not finite are named`() throws {
    let start = Tensor<Double>([1, 0])
    let inConstraint = try optimize(from: start) { x in
      .init(minimizing: square(x).sum(), subjectTo: [.atMost(1 / x, 5, name: "inverse")])
    }
    #expect(inConstraint.status == .invalidNumber)
    #expect(inConstraint.nonfinite == "inverse[1] is inf")
    let inJacobian = try optimize(from: start) { x in
      .init(minimizing: square(x - 2).sum(), subjectTo: [.atMost(sqrt(x), 5, name: "root")])
    }
    #expect(inJacobian.status == .invalidNumber)
    #expect(inJacobian.nonfinite == "the derivative of root[1] in [1] is inf")
    let inHessian = try optimize(from: Tensor<Double>([0])) { x in
      .init(minimizing: (pow(x, 1.5) + square(x - 1)).sum())
    }
    #expect(inHessian.status == .invalidNumber)
    #expect(inHessian.nonfinite == "the second derivative in [0] and [0] is inf")
  }

  @Test func `A search steps back from points where the function is not finite`() throws {
    // Newton's first step from 3 leads to -3.
    let result = try optimize(from: Tensor<Double>([3])) { x in .init(minimizing: x[0] - log(x[0])) }
    #expect(result.status == .solved)
    #expect(abs(result.point.scalars[0] - 1) < 1e-7)
    #expect(result.nonfinite == "the objective is nan")
    #expect(!"\(result)".contains("nan"))
  }

  @Test func `Constraints that contradict each other are infeasible, and the worst is named`() throws {
    let result = try optimize(from: Tensor<Double>([0.5, 0.5])) { x in
      .init(
        minimizing: x.sum(),
        subjectTo: [.atMost(square(x).sum(), 1, name: "disc"), .atLeast(x[0] + x[1], 3, name: "far")])
    }
    #expect(result.status == .infeasible)
    #expect(!result.isSolved)
    #expect(result.residuals.infeasibility > 0.1)
    #expect(["disc", "far"].contains(result.residuals.mostViolated))
    #expect("\(result)".contains("cannot all be made to hold"))
  }

  @Test func `An objective without a least value diverges`() throws {
    let result = try optimize(from: Tensor<Double>([1, 1])) { x in
      .init(minimizing: -x[0] * x[1], subjectTo: [.equal(x[0] - x[1], 0)])
    }
    #expect(result.status == .diverging)
    #expect(result.point.scalars[0] > 1e10)
  }

  @Test func `No iterations give the start and what is known of it`() throws {
    let result = try optimize(from: Tensor<Double>([2, 3]), maximumIterations: 0) { x in
      .init(minimizing: square(x).sum(), subjectTo: [.equal(x[0] * x[1], 6)])
    }
    #expect(result.status == .iterationLimit)
    #expect(result.iterations == 0)
    #expect(result.point.scalars == [2, 3])
    #expect(result.objective == 13)
    #expect(result.gradient.scalars == [4, 6])
    #expect(result.residuals.infeasibility == 0)
  }

  @Test func `A constraint that is given twice has a singular Jacobian, and is solved`() throws {
    let result = try optimize(from: Tensor<Double>([3, 1])) { x in
      .init(minimizing: square(x).sum(), subjectTo: [.equal(x[0] + x[1], 2), .equal(2 * x[0] + 2 * x[1], 4)])
    }
    #expect(result.status == .solved || result.status == .notEnoughDegreesOfFreedom)
    let three = try optimize(from: Tensor<Double>([3, 1, 2])) { x in
      .init(minimizing: square(x).sum(), subjectTo: [.equal(x[0] + x[1], 2), .equal(2 * x[0] + 2 * x[1], 4)])
    }
    #expect(three.status == .solved)
    #expect(three.curvature.constraintsAreIndependent == false)
    #expect(three.curvature.kind == .minimum)
    #expect("\(three)".contains("dependent"))
  }

  @Test func `A constraint without a gradient at its only feasible point is not called solved falsely`() throws {
    // x² + y² ≤ 0 holds at 0 alone, where no multipliers exist: the conditions of first order cannot hold.
    let result = try optimize(from: Tensor<Double>([1, 1])) { x in
      .init(minimizing: x[0], subjectTo: [.equal(square(x).sum(), 0)])
    }
    #expect(result.residuals.infeasibility < 1e-3)
    #expect(result.residuals.stationarity > 1e-6 || result.multipliers.constraints[0].item() > 100)
  }

  @Test func `More equations than variables are named`() throws {
    let result = try optimize(from: Tensor<Double>([1])) { x in
      .init(minimizing: x[0], subjectTo: [.equal(x[0], 1), .equal(square(x[0]), 4)])
    }
    #expect(result.status == .notEnoughDegreesOfFreedom)
  }

  @Test func `A callback sees every iteration and can stop`() throws {
    var seen: [ProgramIterate] = []
    let result = try optimize(
      from: Tensor<Double>([-1.2, 1]),
      onIterate: { iterate in
        seen.append(iterate)
        return iterate.iteration < 3
      }
    ) { x in .init(minimizing: 100 * square(x[1] - square(x[0])) + square(1 - x[0])) }
    #expect(result.status == .stoppedByCallback)
    #expect(seen.map(\.iteration) == [0, 1, 2, 3])
    #expect(seen[0].objective == 24.199999999999996)
    #expect(result.lastIterate == seen.last)
    #expect("\(seen[1])".hasPrefix("iteration 1: value "))
  }

  @Test func `What a callback throws ends the search`() {
    struct Enough: Error {}
    #expect(throws: Enough.self) {
      try optimize(from: Tensor<Double>([1]), onIterate: { _ in throw Enough() }) { x in
        .init(minimizing: square(x[0]))
      }
    }
  }

  @Test func `A cancelled task ends the search with the best point so far`() async throws {
    let task = Task {
      try optimize(
        from: Tensor<Double>([-1.2, 1]),
        onIterate: { iterate in
          if iterate.iteration == 2 { withUnsafeCurrentTask { $0?.cancel() } }
          return true
        }
      ) { x in .init(minimizing: 100 * square(x[1] - square(x[0])) + square(1 - x[0])) }
    }
    let result = try await task.value
    #expect(result.status == .cancelled)
    #expect(result.iterations == 3)
    #expect(result.objective < 24)
  }

  @Test func `A search within another's callback throws, and searches of several tasks do not disturb each other`()
    async throws
  {
    #expect(throws: IpoptError.nested) {
      try optimize(
        from: Tensor<Double>([1]),
        onIterate: { _ in
          _ = try optimize(from: Tensor<Double>([1])) { x in .init(minimizing: square(x[0])) }
          return true
        }
      ) { x in .init(minimizing: square(x[0])) }
    }
    let plan = try NonlinearProgramPlan(like: Tensor<Double>.zeros([2]), Tensor<Double>(0)) { x, a in
      .init(minimizing: square(x[0] - a) + square(x[1]), subjectTo: [.equal(x[0] * x[1], 1)])
    }
    let found = try await withThrowingTaskGroup(of: (Int, Double).self) { group in
      for a in 1...8 {
        group.addTask { (a, try plan(from: Tensor([1, 1]), Tensor(Double(a))).objective) }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    for a in 1...8 {
      #expect(found[a] == (try plan(from: Tensor([1, 1]), Tensor(Double(a))).objective))
    }
  }
}

import Curvature
import CurvatureIpopt
import Testing

/// The forms that problems can have, and what is refused.
@Suite struct ProblemFormTests {
  struct Box: TensorStruct, Sendable {
    var sides: Tensor<Double>
    var lid: Tensor<Double>
    static var tensors: TensorMembers<Box, Double> { TensorMembers(\.sides, \.lid) }
  }

  @Test func `Structures of tensors with data: the box of least surface has the shape that is known`() throws {
    // Without a lid the base is twice as wide as the box is high.
    let plan = try NonlinearProgramPlan(like: Box(sides: [1, 1], lid: 1), Tensor<Double>(1)) { box, volume in
      let (width, height) = (box.sides[0], box.sides[1])
      return .init(
        minimizing: square(width) + 4 * width * height + box.lid * square(width),
        subjectTo: [.atLeast(square(width) * height, volume, name: "volume")])
    }
    let start = Box(sides: [1, 1], lid: 0.5)
    let (lowest, highest) = (Box(sides: 0, lid: 0), Box(sides: Tensor<Double>(Double.infinity), lid: 1))
    let result = try plan(from: start, Tensor<Double>(4), lowerBounds: lowest, upperBounds: highest)
    #expect(result.status == .solved)
    #expect(abs(result.point.sides[0].item() - 2) < 1e-6)
    #expect(abs(result.point.sides[1].item() - 1) < 1e-6)
    #expect(result.heldBounds.lid.item() == -1)
    // A bound that is data becomes a difference.
    #expect(result.constraints[0].name == "volume")
    #expect(abs(result.constraints[0].value.item()) < 1e-6)
    #expect(result.variableNames == ["sides[0]", "sides[1]", "lid"])
    // The multiplier is the derivative of the least surface, 3 · 2^(2/3) · V^(2/3), in the volume: 2 at V = 4.
    #expect(abs(result.multipliers.constraints[0].item() + 2) < 1e-6)
  }

  @Test func `Constraints alone: a feasible point`() throws {
    let result = try optimize(from: Tensor<Double>([3, 1])) { x in
      .init(subjectTo: [.atMost(square(x).sum(), 2), .atLeast(x, [0.5, 0.25])])
    }
    #expect(result.status == .solved)
    #expect(result.objective == 0)
    #expect(result.residuals.infeasibility < 1e-7)
    #expect(result.point.scalars[0] >= 0.5 - 1e-7)
  }

  @Test func `Equations alone, as many as variables`() throws {
    let result = try optimize(from: Tensor<Double>([1, 1])) { x in
      .init(subjectTo: [.equal(Tensor.stack([x[0] * x[1], x[0] - x[1]]), [6, 1])])
    }
    #expect(result.status.isSolved)
    #expect(abs(result.point.scalars[0] - 3) < 1e-7)
    #expect(abs(result.point.scalars[1] - 2) < 1e-7)
  }

  @Test func `Neither constraints nor bounds`() throws {
    let result = try optimize(from: Tensor<Double>([-1.2, 1])) { x in
      .init(minimizing: 100 * square(x[1] - square(x[0])) + square(1 - x[0]))
    }
    #expect(result.status == .solved)
    #expect(result.curvature.inertia == Inertia(positive: 2, negative: 0, zero: 0))
    #expect(result.constraints.isEmpty)
    for x in result.point.scalars { #expect(abs(x - 1) < 1e-8) }
  }

  @Test func `Fixed variables stay and have the multipliers that the gradient asks for`() throws {
    let lower = Tensor<Double>([2, -Double.infinity, 1]), upper = Tensor<Double>([2, Double.infinity, 1])
    let result = try optimize(from: Tensor<Double>.zeros([3]), lowerBounds: lower, upperBounds: upper) { x in
      let value = square(x[0]) + square(x[1] - x[0]) - 3 * x[2]
      return .init(minimizing: value, subjectTo: [.atLeast(x[1] + x[2], 4)])
    }
    #expect(result.status == .solved)
    #expect(result.heldBounds.scalars == [2, 0, 2])
    #expect(result.point[0].item() == 2 && result.point[2].item() == 1)
    #expect(abs(result.point[1].item() - 3) < 1e-6)
    // Derivatives of the least value in the fixed values: 2·2 - 2 and -3 - 2.
    #expect(abs(result.multipliers.lowerBounds[0].item() - 2) < 1e-6)
    #expect(abs(result.multipliers.upperBounds[2].item() - 5) < 1e-6)
    #expect(result.residuals.stationarity < 1e-7)
  }

  @Test func `All variables fixed`() throws {
    let bounds = Tensor<Double>([1, 2])
    let result = try optimize(from: bounds, lowerBounds: bounds, upperBounds: bounds) { x in
      .init(minimizing: square(x).sum(), subjectTo: [.atMost(x.sum(), 10)])
    }
    #expect(result.objective == 5 || !result.isSolved)
    #expect(result.point.scalars == [1, 2])
  }

  @Test func `Constraints that no variable enters`() throws {
    let held = try optimize(from: Tensor<Double>([3])) { x in
      .init(minimizing: square(x[0]), subjectTo: [.atMost(Tensor(1.0) + 0 * floor(x), 2)])
    }
    #expect(held.status == .solved)
    #expect(abs(held.point[0].item()) < 1e-7)
  }

  @Test func `A saddle is told from a minimum`() throws {
    // The gradient vanishes at the start, along the constraint the objective falls to both sides.
    let result = try optimize(from: Tensor<Double>([1, 0, 0])) { x in
      .init(minimizing: square(x[2]) - square(x[1]), subjectTo: [.equal(x[0], 1)])
    }
    #expect(result.status == .solved)
    #expect(result.curvature.kind == .saddle)
    #expect(result.curvature.inertia == Inertia(positive: 1, negative: 1, zero: 0))
    #expect(!result.isSolved)
    let flat = try optimize(from: Tensor<Double>([1, 0, 0])) { x in
      .init(minimizing: square(x[2]), subjectTo: [.equal(x[0], 1)])
    }
    #expect(flat.curvature.kind == .singular)
  }

  @Test func `A search that goes on from a result takes fewer iterations`() throws {
    // A chain between two points, each link of the same length.
    let n = 40
    var plan = try NonlinearProgramPlan(like: [Tensor<Double>.zeros([n]), .zeros([n])], Tensor<Double>(0)) {
      p, length in
      let (x, y) = (p[0], p[1])
      let links = square(x[1...] - x[..<(-1)]) + square(y[1...] - y[..<(-1)])
      return .init(
        minimizing: y.sum(),
        subjectTo: [
          .equal(links, square(length) * Tensor<Double>.ones([n - 1])), .equal(Tensor.stack([x[0], y[0]]), 0),
          .equal(Tensor.stack([x[-1], y[-1]]), [1, 0]),
        ])
    }
    plan.options = ["tol": 1e-8]
    let t = Tensor<Double>.linspace(0, 1, n)
    let start = [t, t * t - t]
    let first = try plan(from: start, Tensor(1.5 / Double(n - 1)))
    #expect(first.status == .solved)
    let length = Tensor(1.501 / Double(n - 1))
    let cold = try plan(from: start, length)
    let warm = try plan(from: first.point, length, multipliers: first.multipliers)
    #expect(warm.status == .solved)
    #expect(abs(warm.objective - cold.objective) < 1e-8)
    #expect(warm.iterations < cold.iterations)
    #expect(warm.iterations <= 6)
    // The derivatives of a point are computed once.
    #expect(warm.evaluations.firstOrders <= warm.iterations + 2)
    #expect(cold.evaluations.hessians <= cold.iterations + 1)
  }

  @Test func `Bounds, starts and multipliers that do not fit are refused by name`() throws {
    let plan = try NonlinearProgramPlan(like: Tensor<Double>.zeros([2])) { x in
      .init(minimizing: square(x).sum(), subjectTo: [.atLeast(x, 1)])
    }
    let x = Tensor<Double>([1, 1])
    func text(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return ""
    }
    #expect(text { _ = try plan(from: Tensor([1, 1, 1])) }.contains("the start: found tensors of shapes [[3]]"))
    #expect(text { _ = try plan(from: Tensor([1, Double.nan])) }.contains("[1] = nan"))
    #expect(
      text { _ = try plan(from: x, lowerBounds: Tensor([0, 3]), upperBounds: 2) }.contains(
        "[1] has the bounds 3.0 and 2.0"))
    #expect(
      text { _ = try plan(from: x, upperBounds: Tensor([0, Double.nan])) }.contains("[1] has the bounds -inf and nan"))
    let other = ProgramMultipliers(constraints: [Tensor<Double>(1)], lowerBounds: x, upperBounds: x)
    #expect(text { _ = try plan(from: x, multipliers: other) }.contains("multipliers of shapes [[]]"))
    #expect(
      text {
        _ = try NonlinearProgramPlan(like: x) { x in .init(subjectTo: [.atLeast(x, [1, 2, 3], name: "g")]) }
      }.contains("g: a bound of shape [3] for an expression of shape [2]"))
    #expect(
      text {
        let crossed = try NonlinearProgramPlan(like: x) { x in .init(subjectTo: [.between(x, 2, [3, 1])]) }
        _ = try crossed(from: x)
      }.contains("constraint 0[1] has the bounds 2.0 and 1.0"))
    #expect(
      text {
        _ = try NonlinearProgramPlan(like: x) { x in .init(subjectTo: [.between(x, 0, exp(x))]) }
      }.contains("write two constraints"))
    #expect(text { _ = try NonlinearProgramPlan(like: x) { x in .init(minimizing: x) } }.contains("element"))
  }

  @Test func `Options are set by name, and unknown ones are refused`() throws {
    func solve(_ options: [String: IpoptOption]) throws -> NonlinearProgramResult<Tensor<Double>> {
      try optimize(from: Tensor<Double>([3, 1]), options: options) { x in .init(minimizing: square(square(x)).sum()) }
    }
    #expect(try solve(["max_iter": 2]).iterations == 2)
    #expect(try solve(["tol": 1e-4]).iterations < solve(["tol": 1e-12]).iterations)
    // A whole number for an option that takes any.
    #expect(try solve(["tol": 1]).iterations < solve(["tol": 1e-4]).iterations)
    #expect(try solve(["mu_strategy": "adaptive", "honor_original_bounds": false]).status == .solved)
    #expect(throws: IpoptError.unknownOption("tolx", near: ["tol"])) { try solve(["tolx": 1e-3]) }
    #expect(throws: IpoptError.unknownOption("wonderful", near: [])) { try solve(["wonderful": 1]) }
    #expect(throws: IpoptError.refusedOption("max_iter", value: "2.5")) { try solve(["max_iter": 2.5]) }
    #expect(IpoptError.unknownOption("max_itr", near: ["max_iter"]).description.contains("did you mean 'max_iter'?"))
  }

  @Test func `Ipopt's own derivative test finds nothing`() throws {
    // The values are compared with differences by Ipopt itself, which fails with `invalidNumber` where they are not finite;
    // a wrong derivative would cost iterations: this problem takes as many as Ipopt's example in C++.
    let result = try optimize(
      from: Tensor<Double>([1, 5, 5, 1]), lowerBounds: 1, upperBounds: 5,
      options: ["derivative_test": "second-order", "mu_strategy": "adaptive", "tol": 1e-7]
    ) { x in
      .init(
        minimizing: x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2],
        subjectTo: [.atLeast(x.product(), 25), .equal(square(x).sum(), 40)])
    }
    #expect(result.status == .solved)
    #expect(result.iterations == 8)
  }
}

import Curvature
import TestSupport
import Testing

/// Plans as they come, nobody asking for a method, at sizes at which the whole matrix fits no memory.
@Suite struct LargeSparsePlanTests {
  struct Problem: CustomTestStringConvertible, Sendable {
    let name: String
    let shape: [Int]
    let f: @Sendable (Tensor<Double>) -> Tensor<Double>
    var testDescription: String { name }
  }

  /// Pairs of a number and another one that is some places further on, round a ring.
  private static func ring(_ count: Int, _ distances: [Int]) -> (Tensor<Int64>, Tensor<Int64>) {
    let firsts = distances.flatMap { _ in (0..<count).map(Int64.init) }
    let seconds = distances.flatMap { distance in (0..<count).map { Int64(($0 + distance) % count) } }
    return (Tensor(firsts), Tensor(seconds))
  }

  private static let problems = [
    Problem(name: "2000 atoms with ten neighbours each", shape: [2000, 3]) { x in
      let (i, j) = ring(2000, [1, 3, 20, 41, 200])
      let squares = square(x.gathered(at: i) - x.gathered(at: j)).sum(axes: [1]) + 1
      return (1 / (squares * squares * squares) - 1 / squares).sum()
    },
    Problem(name: "a mesh", shape: [10_000, 2]) { x in
      let (i, j) = ring(10_000, [1, 100, 101])
      let lengths = sqrt(square(x.gathered(at: i) - x.gathered(at: j)).sum(axes: [1]) + 0.1)
      return square(lengths - 0.5).sum() + 0.01 * square(x).sum()
    },
    Problem(name: "a power grid of 10 000 buses", shape: [2, 10_000]) { x in
      let (i, j) = ring(10_000, [1, 57])
      let (angle, voltage) = (x[0], 1 + 0.1 * x[1])
      let flows = voltage.gathered(at: i) * voltage.gathered(at: j) * cos(angle.gathered(at: i) - angle.gathered(at: j))
      return square(flows).sum() + square(voltage - 1).sum()
    },
    Problem(name: "a mixed model", shape: [4010]) { x in
      let (i, j) = ring(4000, [0, 1, 2])
      let (own, shared) = (x[10...], x[..<10])
      let eta =
        own.gathered(at: i) + own.gathered(at: j) * shared[0] + sin(Tensor<Double>.linspace(0, 9, 12_000)) * shared[1]
      return softplus(eta).sum() + 0.5 * square(own).sum() * exp(shared[2]) + square(shared).sum()
    },
    Problem(name: "ten thousand small functions side by side", shape: [10_000, 3]) { x in
      (100 * square(x[..., 1...] - square(x[..., ..<(-1)])) + square(1 - x[..., ..<(-1)])).sum()
    },
  ]

  @Test(arguments: problems) func hessians(_ problem: Problem) throws {
    let x = SparseDerivativeTests.input(problem.shape, seed: 3)
    let plan = try SparseHessianPlan(like: x, of: problem.f)
    #expect("\(plan)".contains("operations"))
    let direction = SparseDerivativeTests.input(problem.shape, seed: 4)
    let expected = hessian(problem.f(x), x).product(direction).scalars
    let hessian = try plan(x).hessian
    let v = direction.scalars
    var product = [Double](repeating: 0, count: v.count)
    for ((row, column), value) in zip(hessian.pattern.coordinates, hessian.values) { product[row] += value * v[column] }
    let scale = expected.reduce(1) { max($0, abs($1)) }
    #expect(zip(product, expected).allSatisfy { abs($0 - $1) <= 1e-11 * scale })
  }

  @Test func aSolversForm() throws {
    let n = 10_000
    let (i, j) = Self.ring(n, [1, 57])
    let objective = Self.problems[2].f
    let x = SparseDerivativeTests.input([2, n], seed: 3)
    @Sendable func constraints(_ x: Tensor<Double>) -> Tensor<Double> {
      sin(x[0].gathered(at: i) - x[0].gathered(at: j)) * x[1].gathered(at: i)
    }
    let plan = try LagrangianPlan(like: x, objective: objective, constraints: constraints)
    #expect("\(plan)".contains("operations"))
    let multipliers = SparseDerivativeTests.input([2 * n], seed: 5)
    let (values, hessian) = try plan(x, objectiveFactor: 0.5, multipliers: multipliers)
    let direction = SparseDerivativeTests.input([2, n], seed: 6)
    let v = direction.scalars
    let slopes = jacobian(constraints(x), x).product(direction).scalars
    var image = [Double](repeating: 0, count: slopes.count)
    for ((row, column), value) in zip(values.jacobian.pattern.coordinates, values.jacobian.values) {
      image[row] += value * v[column]
    }
    #expect(zip(image, slopes).allSatisfy { abs($0 - $1) <= 1e-11 * max(1, abs($1)) })
    let lagrangian = 0.5 * objective(x) + (multipliers * constraints(x)).sum()
    let expected = Curvature.hessian(lagrangian, x).product(direction).scalars
    var product = [Double](repeating: 0, count: v.count)
    let whole = hessian.mirrored()
    for ((row, column), value) in zip(whole.pattern.coordinates, whole.values) { product[row] += value * v[column] }
    let scale = expected.reduce(1) { max($0, abs($1)) }
    #expect(zip(product, expected).allSatisfy { abs($0 - $1) <= 1e-11 * scale })
  }
}

import Curvature
import SparseStructure
import TensorGraph
import TestSupport
import Testing

/// Functions of sums over neighbours: terms are over the pairs of neighbours whose sums are one, which are found from the
/// tables, once.
@Suite struct JoinTests {
  private struct Problem: CustomStringConvertible {
    let description: String
    let point: Tensor<Double>
    let of: (Tensor<Double>) -> Tensor<Double>
  }

  /// - Parameters:
  ///   - count: how many are summed into.
  ///   - number: how many neighbours there are.
  private static func problems(_ count: Int, _ number: Int, seed: UInt64 = 5) -> [Problem] {
    var generator = RepeatableGenerator(seed: seed)
    func table(_ shape: [Int], below bound: Int, near: Int? = nil) -> Tensor<Int64> {
      let size = shape.reduce(1, *)
      let elements = (0..<size).map { place in
        guard let near else { return Int64(generator.integer(in: 0...(bound - 1))) }
        return Int64((place * bound / size + generator.integer(in: 1...near)) % bound)
      }
      return Tensor(elements, shape: shape)
    }
    func point(_ shape: [Int]) -> Tensor<Double> {
      Tensor(generator.reals(shape.reduce(1, *), in: 0.5...2), shape: shape)
    }
    func zeros(_ shape: [Int]) -> Tensor<Double> { .zeros(shape) }
    let (i, j) = (table([number], below: count, near: 1), table([number], below: count, near: 4))
    let lists = table([count, 3], below: count, near: 5)
    let (left, right) = (table([number], below: count, near: 2), table([number], below: count, near: 3))
    let weights = point([number])
    return [
      Problem(description: "density", point: point([count])) { x in
        let near = exp(-square(x.gathered(at: i) - x.gathered(at: j)))
        return -sqrt(1 + zeros([count]).scatterAdding(near, at: i).scatterAdding(near, at: j)).sum()
      },
      Problem(description: "density of rows", point: point([count, 2])) { x in
        let distance = square(x.gathered(at: i) - x.gathered(at: j)).sum(axes: [1])
        return log(2 + zeros([count]).scatterAdding(exp(-distance), at: i)).sum() + (x * x).sum()
      },
      Problem(description: "lists", point: point([count])) { x in
        let others = x.gathered(at: lists)
        let sums = (others * x.reshaped(to: [count, 1])).sum(axes: [1])
        return (sums * sums * x).sum()
      },
      Problem(description: "two sums", point: point([count])) { x in
        let a = zeros([count]).scatterAdding(sin(x.gathered(at: j)) * weights, at: left)
        let b = zeros([count]).scatterAdding(square(x.gathered(at: i)), at: right)
        return (a * b).sum() + exp(0.1 * a).sum()
      },
      Problem(description: "components", point: point([count, 3])) { x in
        let moved = x.gathered(at: i) * x.gathered(at: j)
        let sums = zeros([count, 3]).scatterAdding(moved, at: left)
        return sqrt(1 + square(sums).sum(axes: [1])).sum()
      },
    ]
  }

  private static func agrees(_ a: [Double], _ b: [Double]) -> Bool {
    let scale = b.reduce(1) { max($0, abs($1)) }
    return a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-12 * scale }
  }

  @Test(arguments: 0..<5, StoredTriangle.allCases) func values(_ number: Int, _ triangle: StoredTriangle) throws {
    for seed in 0..<6 as Range<UInt64> {
      let problem = Self.problems(12, 20, seed: seed)[number]
      let x = problem.point
      let terms = try SparseHessianPlan(like: x, triangle: triangle, method: .terms, of: problem.of)
      let colors = try SparseHessianPlan(like: x, triangle: triangle, method: .colors, of: problem.of)
      #expect(terms.pattern == colors.pattern)
      let (a, b) = (try terms.hessian(at: x), try colors.hessian(at: x))
      #expect(Self.agrees(a.values, b.values), "\(problem), seed \(seed)")
      if triangle == .both { #expect(a.values == a.transposed().values) }
    }
  }

  /// No products with directions, and work in proportion to the pairs: all combinations would be quadratic.
  @Test(arguments: 0..<5) func pairsAlone(_ number: Int) throws {
    var costs: [Double] = []
    for count in [500, 4000] {
      let problem = Self.problems(count, 2 * count)[number]
      let x = problem.point
      let slope = gradient(problem.of(x), x).node
      let entries = try #require(
        DeltaEntries(derivativeOf: slope, variable: x.node, isSymmetric: true, limit: 1 << 20, effort: .often) {
          (try? Evaluation.knownIntegers($0)) ?? nil
        })
      costs.append(entries.estimatedCost.flops)
      let plan = try SparseHessianPlan(like: x, method: .terms, of: problem.of)
      #expect("\(plan)".contains("no products with directions"))
      let found = try plan.hessian(at: x)
      var sums = [Double](repeating: 0, count: x.count)
      let elements = x.scalars
      for (place, (row, column)) in found.pattern.coordinates.enumerated() {
        sums[row] += found.values[place] * elements[column]
      }
      #expect(Self.agrees(sums, hessian(problem.of(x), x).product(x).scalars))
    }
    #expect(costs[1] <= 9 * costs[0], "\(costs)")
  }

  /// Tables that come with the data are not known: such functions go by colours, or as summands.
  @Test func unknownTables() throws {
    let table = Tensor<Int64>([0, 1, 1, 2, 0])
    let x = Tensor<Double>([1, 2, 3])
    func f(_ x: Tensor<Double>, _ table: Tensor<Int64>) -> Tensor<Double> {
      exp(Tensor<Double>.zeros([3]).scatterAdding(square(x.gathered(at: table)), at: table)).sum()
    }
    let plan = try SparseHessianPlan(like: x, table, of: f)
    for table in [table, Tensor<Int64>([2, 2, 2, 1, 0])] {
      let expected = hessian(f(x, table), x)[...].scalars
      let found = try plan.hessian(at: x, table)
      for (place, (row, column)) in found.pattern.coordinates.enumerated() {
        #expect(abs(found.values[place] - expected[3 * row + column]) <= 1e-12 * abs(expected[3 * row + column]))
      }
    }
  }
}

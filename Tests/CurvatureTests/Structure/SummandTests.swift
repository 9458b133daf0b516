import Curvature
import SparseStructure
import TensorGraph
import TestSupport
import Testing

/// Sums of which some summands have no terms: the others go by theirs.
@Suite struct SummandTests {
  /// Summands through what is linear: as many as there are, and together the whole.
  @Test func sums() throws {
    var generator = RepeatableGenerator(seed: 3)
    func input(_ shape: Shape) -> Node { .input(generator.reals(shape.count, in: -1...1), shape) }
    let (a, b, c, d) = (input([4, 3]), input([4, 3]), input([12]), input([5]))
    let table = Node.input([4, 0, 4, 2], [4], .int64)
    let inner = (a + b - c.reshaped(to: [4, 3])).summed(over: [1])
    let placed = inner.scatterAdded(table, axis: 0, extent: 5)
    let cases: [(Node, count: Int)] = [
      (a, 1), (Node.elementwise(.sin, a + b), 1), (a * b, 1), (-(a - b), 2), (placed, 3), (d - placed, 4),
      (Node.concatenate([d + placed, -d], axis: 0), 5),
      (Node.concatenate([d, d], axis: 0).sliced([AxisSlice(start: 3, step: 1, count: 4)]), 2),
    ]
    for (number, (node, count)) in cases.enumerated() {
      for limit in [1, 2, 3, 12] {
        let parts = node.summands(limit: limit)
        #expect(limit < 12 || parts.count == count, "case \(number): \(parts.count)")
        #expect(parts.count <= max(limit, 1) + 1)
        let sum = parts.dropFirst().reduce(parts[0]) { $0 + $1 }
        #expect(zip(sum.interpreted, node.interpreted).allSatisfy { abs($0 - $1) <= 1e-14 })
      }
    }
  }

  private static func energy(_ count: Int) -> (x: Tensor<Double>, of: (Tensor<Double>) -> Tensor<Double>) {
    var generator = RepeatableGenerator(seed: 8)
    let first = (0..<2 * count).map { $0 % (count - 3) }
    let second = first.map { $0 + 1 + generator.integer(in: 0...2) }
    let (a, b) = (Tensor(first.map(Int64.init)), Tensor(second.map(Int64.init)))
    return (
      Tensor(generator.reals(count, in: 0.5...2)),
      { x in exp(0.5 * square(x.gathered(at: a) - x.gathered(at: b))).sum() }
    )
  }

  private static func agrees(_ a: [Double], _ b: [Double]) -> Bool {
    let scale = b.reduce(1) { max($0, abs($1)) }
    return a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-12 * scale }
  }

  /// Places that are known only when the plan runs.
  @Test(arguments: StoredTriangle.allCases) func tablesOfRuns(_ triangle: StoredTriangle) throws {
    let (x, energy) = Self.energy(300)
    let table = Tensor<Int64>([3, 0, 7, 7, 2])
    func f(_ x: Tensor<Double>, _ table: Tensor<Int64>) -> Tensor<Double> {
      energy(x) + sin(x[..<8].gathered(at: table) * x[4..<9]).sum() - 3 * energy(x * x)
    }
    let (terms, colors) = (
      try SparseHessianPlan(like: x, table, triangle: triangle, method: .terms, of: f),
      try SparseHessianPlan(like: x, table, triangle: triangle, method: .colors, of: f)
    )
    #expect(terms.evaluationMethod == .terms && "\(terms)".contains("of what has no terms"))
    #expect(terms.pattern == colors.pattern)
    for table in [table, Tensor<Int64>([0, 1, 2, 3, 4]), Tensor<Int64>([5, 5, 5, 5, 5])] {
      let (a, b) = (try terms.hessian(at: x, table), try colors.hessian(at: x, table))
      #expect(Self.agrees(a.values, b.values))
      if triangle == .both { #expect(a.values == a.transposed().values) }
    }
  }

  /// Where all summands have terms, or none has, nothing is taken apart.
  @Test func others() throws {
    let (x, energy) = Self.energy(300)
    let plan = try SparseHessianPlan(like: x, method: .terms) { energy($0) + square($0).sum() }
    #expect(plan.evaluationMethod == .terms && !"\(plan)".contains("of what has no terms"))
    let table = Tensor<Int64>([3, 0, 7, 7, 2])
    let unknown = try SparseHessianPlan(like: x, table, method: .terms) { x, table in
      square(x[..<8].gathered(at: table)).sum() + sin(x[..<9].gathered(at: table)).sum()
    }
    #expect(unknown.evaluationMethod == .colors)
  }

  /// Trials of single summands take no more planning together than the whole may, each beyond its share by one step at most.
  @Test(arguments: [1000, PlanningEffort.leastUnits, PlanningEffort.mostUnits]) func planningOfTrials(budget: Int)
    throws
  {
    let (x, energy) = Self.energy(120)
    func chain(_ factor: Double) -> Tensor<Double> {
      var y = x
      for _ in 0..<24 { y = sin(y * x + factor * y.flipped()) }
      return (y * y.flipped()).sum()
    }
    let total = energy(x) + chain(0.5) + chain(0.25) + chain(2)
    let slope = try #require(gradient(of: total.node, to: [x.node])[0])
    let derivative = Derivative(of: slope, in: x.node)
    let summands = slope.summands(limit: 12)
    let pattern = try derivative.pattern()
    func work(_ budget: Int) throws -> Int {
      try derivative.divided(summands, pattern, of: pattern, .units(budget)).work
    }
    let nodes = Node.topologicalOrder([slope]).count
    let (spent, all) = (try work(budget), try work(.max))
    #expect(summands.count > 2 && spent > 0)
    #expect(
      spent <= budget + summands.count * (4 * nodes + 12_000), "\(spent) of \(budget), \(summands.count) summands")
    #expect(all > budget, "\(all)")
  }
}

import TensorGraph
import TestSupport
import Testing

/// Planning takes no more than its budget, counted, whatever the graph.
@Suite struct PlanningWorkTests {
  /// Scalars of one variable in which the number of terms grows, each by its length.
  private static let loops: [(name: String, shape: Shape, step: @Sendable (Node, Node, Node) throws -> Node)] = [
    ("cos", [3], { y, _, _ in .elementwise(.cos, y) }),
    ("logistic map", [2], { y, _, _ in 3.7 * (y * (1 - y)) }),
    ("square of a product", [4], { y, _, _ in y * y }),
    ("matrices", [3, 3], { y, _, _ in try Operations.matmul(y, .elementwise(.tanh, y)) }),
    ("layers", [4, 3], { y, _, w in try Operations.add(y, .elementwise(.tanh, Operations.matmul(y, w))) }),
    (
      "power iteration", [3, 3],
      { y, x, w in
        let z = try Operations.matmul(x, y)
        return try Operations.divide(z, Operations.apply(.sqrt, Operations.sum(.elementwise(.square, z))))
      }
    ),
    (
      "attention", [3, 3], { y, _, _ in try Operations.matmul(Operations.softmax(Operations.matmul(y, y), axis: 1), y) }
    ),
    (
      "slices", [9],
      { y, x, _ in
        let part = x.sliced([AxisSlice(start: 2, step: 1, count: 3)])
        return try Operations.add(y, Operations.sum(part * .elementwise(.sin, part)))
      }
    ),
  ]

  /// The gradient of the sum of a loop's last state, and what it is differentiated in.
  private static func problem(_ number: Int, steps: Int) throws -> (variable: Node, gradient: Node) {
    var generator = RepeatableGenerator(seed: UInt64(number))
    let loop = loops[number]
    let x = Node.input(generator.reals(loop.shape.count), loop.shape)
    let w = Node.input(generator.reals(9), [3, 3])
    var y = x
    for _ in 0..<steps { y = try loop.step(y, x, w) }
    return (x, try #require(gradient(of: Operations.sum(y), to: [x])[0]))
  }

  private static let demands: [DeltaDemand] = [.matrix, .diagonal]

  /// What a graph adds at most in one step: its nodes are counted at once, and so are the terms of one node.
  private static func slack(_ node: Node) -> Int { 4 * Node.topologicalOrder([node]).count + 12_000 }

  @Test(arguments: loops.indices) func loopsStayWithinTheirBudget(number: Int) throws {
    var made = 0
    for steps in [1, 4, 16, 60, 200] {
      let problem = try Self.problem(number, steps: steps)
      for demand in Self.demands {
        for budget in [1000, PlanningEffort.leastUnits, PlanningEffort.mostUnits] {
          let work = PlanningWork(budget: budget)
          let plan = DeltaPlan(
            derivativeOf: problem.gradient, variable: problem.variable, demand: demand, isSymmetric: true, work: work)
          #expect(work.spent > 0)
          #expect(work.spent <= budget + Self.slack(problem.gradient), "\(Self.loops[number].name), \(steps) steps")
          made += plan == nil ? 0 : 1
          if let plan { #expect(plan.work.spent == work.spent && plan.work.budget == budget) }
        }
      }
    }
    // Where a budget ends before terms save anything there is no plan.
    #expect(made >= 6, "\(made) of 30 plans, \(Self.loops[number].name)")
  }

  @Test func randomCompositionsStayWithinTheirBudget() throws {
    var counted = 0
    for seed in 0..<200 as Range<UInt64> {
      var generator = RepeatableGenerator(seed: seed)
      let graph = RandomGraph(seed: seed, variables: [generator.pick([[6], [3, 4], [2, 3, 2], [4, 4]])])
      graph.allowsEmptyAxes = false
      graph.grow(generator.integer(in: 5...60))
      // Not all that has grown depends on the variable.
      let x = graph.variables[0]
      let total = try Operations.add(graph.total(ofLast: 4), Operations.sum(.elementwise(.sin, x)))
      let gradient = try #require(gradient(of: total, to: [x])[0], "seed \(seed)")
      for demand in Self.demands {
        for budget in [1000, PlanningEffort.leastUnits] {
          let work = PlanningWork(budget: budget)
          _ = DeltaPlan(
            derivativeOf: gradient, variable: x, demand: demand, isSymmetric: true, work: work)
          #expect(work.spent <= budget + Self.slack(gradient), "seed \(seed)")
          counted += work.spent > 0 ? 1 : 0
        }
      }
    }
    // Where nothing is multiplied there is nothing to count.
    #expect(counted >= 667, "\(counted) of 800")
  }

  // Slices of one variable add terms that no step multiplies: those are many.
  @Test(arguments: loops.indices.filter { loops[$0].name != "slices" })
  func workGrowsWithTheLengthOfAChain(number: Int) throws {
    var spent: [Int] = []
    for steps in [20, 40, 80] {
      let problem = try Self.problem(number, steps: steps)
      let work = PlanningWork()
      let plan = DeltaPlan(
        derivativeOf: problem.gradient, variable: problem.variable, demand: .matrix, isSymmetric: true, work: work)
      #expect(plan != nil)
      spent.append(work.spent)
    }
    #expect(spent[1] < 5 * spent[0] / 2 && spent[2] < 5 * spent[1] / 2, "\(spent)")
  }

  /// The same graph has the same plan, whenever it is made.
  @Test(arguments: loops.indices) func workIsRepeatable(number: Int) throws {
    let made = try (0..<2).map { _ in
      let problem = try Self.problem(number, steps: 6)
      let work = PlanningWork(budget: PlanningEffort.mostUnits)
      let plan = DeltaPlan(
        derivativeOf: problem.gradient, variable: problem.variable, demand: .matrix, isSymmetric: true, work: work)
      return (work.spent, plan?.description)
    }
    #expect(made[0] == made[1])
  }

  @Test("What was planned serves who wants no more, whatever the derivative costs") func effortsServe() {
    let efforts: [PlanningEffort] = [
      .once, .often, .units(0), .units(1000), .units(PlanningEffort.mostUnitsOfPlans), .units(.max),
    ]
    let costs = [0, 1e3, 1e6, 1e9, 1e12, 1e15].map { Cost(nanoseconds: $0) }
    var served = 0
    for effort in efforts {
      #expect(effort.serves(effort))
      for other in efforts where effort.serves(other) {
        served += 1
        for cost in costs { #expect(effort.budget(dense: cost) >= other.budget(dense: cost), "\(effort), \(other)") }
      }
    }
    #expect(served >= 12)
  }

  @Test func effortsHaveBudgets() {
    let (tiny, huge) = (Cost(nanoseconds: 10), Cost(nanoseconds: 1e12))
    #expect(PlanningEffort.once.budget(dense: tiny) == PlanningEffort.leastUnits)
    #expect(PlanningEffort.once.budget(dense: Cost(nanoseconds: 1e9)) == PlanningEffort.mostUnits)
    #expect(PlanningEffort.once.budget(dense: huge) == PlanningEffort.mostUnitsOfPlans)
    #expect(PlanningEffort.once.budget(dense: .impossible) == PlanningEffort.mostUnitsOfPlans)
    #expect(PlanningEffort.once.budget(dense: Cost(nanoseconds: 1e7)) == 50_000)
    #expect(PlanningEffort.often.budget(dense: tiny) == PlanningEffort.mostUnits)
    #expect(PlanningEffort.often.budget(dense: huge) == PlanningEffort.mostUnitsOfPlans)
    #expect(PlanningEffort.units(7).budget(dense: huge) == 7)
  }

  /// A price that is no number of anything is words, and what has no price has no plan.
  @Test func whatFitsNoMemoryHasNoPlan() throws {
    #expect(Cost.impossible.operationsText == "impossibly many" && Cost(flops: 1e30).operationsText == "1e+30")
    #expect(Cost(flops: 12.7).operationsText == "12")
    var generator = RepeatableGenerator(seed: 1)
    let x = Node.input(generator.reals(20_000), [20_000])
    let total = try Operations.add(
      Operations.sum(.elementwise(.exp, x)), Operations.apply(.sin, Operations.sum(.elementwise(.cos, x))))
    let gradient = try #require(gradient(of: total, to: [x])[0])
    #expect(DeltaPlan(derivativeOf: gradient, variable: x, demand: .matrix, isSymmetric: true) == nil)
    #expect(DeltaPlan(derivativeOf: gradient, variable: x, demand: .diagonal, isSymmetric: true) != nil)
    #expect(DeltaEntries(derivativeOf: gradient, variable: x, isSymmetric: true, limit: .max) == nil)
  }
}

/// A derivative of a node, computed without identity matrices: Kronecker deltas are carried as terms, and what they
/// leave to be computed is made of ordinary nodes.
package struct DeltaPlan: CustomStringConvertible {
  /// The demanded part of the derivative; shapes are those of `DeltaDemand`.
  package let result: Node
  /// The expected cost, primal values excluded.
  package let estimatedCost: Cost
  /// The expected cost of pushing dense directions instead.
  package let denseCost: Cost
  /// Whether it is expected to cost less than dense directions.
  package var isWorthwhile: Bool { estimatedCost < denseCost }
  /// What planning took and what it might have taken, in units of `PlanningWork`.
  package let work: (spent: Int, budget: Int)
  private let steps: [String]

  /// How many terms a node may have before it is made dense.
  package static let termCap = 64

  /// A plan for a part of the Hessian, or nil if dense directions are expected to be as good.
  ///
  /// - Parameter gradient: the gradient of a scalar with respect to `variable`: its derivative is symmetric.
  package init?(gradient: Node, variable: Node, demand: DeltaDemand, costModel: CostModel = .default) {
    // What takes less than this densely is not worth a plan.
    let directions = TermSpace.directionCount(demand, variable: variable.shape)
    let dense = denseDirectionsCost(of: gradient, variable: variable, directions: directions, model: costModel)
    guard dense.nanoseconds > costModel.planningThreshold else { return nil }
    let plan = DeltaPlan(
      derivativeOf: gradient, variable: variable, demand: demand, isSymmetric: true, costModel: costModel,
      mayCostMore: false)
    guard let plan, plan.isWorthwhile else { return nil }
    self = plan
  }

  /// The plan for a part of the derivative of any node; nil only if there is no differentiable path of one element
  /// type, nothing to compute, or more to plan than the effort allows.
  ///
  /// - Parameters:
  ///   - isSymmetric: whether the whole derivative is known to be symmetric, as that of a gradient is.
  ///   - termCap: how many terms a node may have before it is made dense.
  ///   - effort: how much planning it is worth.
  ///   - work: where planning is counted, if somebody wants to see it; its budget takes the place of that of `effort`.
  ///   - mayCostMore: whether a plan is wanted even if it costs more than dense directions.
  package init?(
    derivativeOf output: Node, variable: Node, demand: DeltaDemand, isSymmetric: Bool = false,
    costModel: CostModel = .default, termCap: Int = DeltaPlan.termCap, effort: PlanningEffort = .often,
    work: PlanningWork? = nil, mayCostMore: Bool = true
  ) {
    do {
      let sweep = try DeltaSweep(
        derivativeOf: output, variable: variable, demand: demand, costModel: costModel, termCap: termCap,
        effort: effort, work: work, mayCostMore: mayCostMore)
      guard let sweep else { return nil }
      try self.init(sweep, demand, output.shape, variable.shape, isSymmetric: isSymmetric)
    } catch { return nil }
  }

  private init(
    _ sweep: DeltaSweep, _ demand: DeltaDemand, _ output: Shape, _ variable: Shape, isSymmetric: Bool
  ) throws(PlanningLimit) {
    let (space, planner, realization) = (sweep.space, sweep.planner, sweep.realization)
    var terms = sweep.terms
    let shape = TermSpace.shape(demand, output: output, variable: variable)
    var mirrored = false
    if isSymmetric, demand == .matrix, let upper = space.upperBlocks(terms) {
      terms = upper
      mirrored = true
    }
    let plan = planner.plan(terms, isOutput: true)
    switch demand {
    case .matrix: result = try realization.assembled(plan, shape: shape, mirrored: mirrored)
    case .diagonal, .batched: result = try realization.output(plan, shape: shape)
    }
    estimatedCost = realization.cost
    denseCost = sweep.denseCost
    work = (space.work.spent, space.work.budget)
    steps = realization.log
  }

  package var description: String {
    let gain = Cost(flops: denseCost.flops / max(1, estimatedCost.flops))
    return
      (["\(estimatedCost.operationsText) flops, \(gain.operationsText) times fewer than dense directions"] + steps)
      .joined(separator: "\n")
  }
}

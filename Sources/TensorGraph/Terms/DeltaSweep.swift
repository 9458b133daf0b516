/// The terms of a demanded derivative, and what made them.
struct DeltaSweep {
  let space: TermSpace
  let planner: TermPlanner
  let realization: TermRealization
  let terms: [Term]

  /// What dense directions would cost.
  let denseCost: Cost

  /// The terms of a part of the derivative of any node; nil only if there is no differentiable path of one element
  /// type, or nothing to compute.
  ///
  /// - Parameter mayCostMore: whether it is wanted even if it costs more than dense directions.
  /// - Throws: `PlanningLimit` if there is too much to plan.
  init?(
    derivativeOf output: Node, variable: Node, demand: DeltaDemand, costModel: CostModel, termCap: Int,
    effort: PlanningEffort, work: PlanningWork? = nil, mayCostMore: Bool = true
  ) throws(PlanningLimit) {
    guard output.shape.count > 0, variable.shape.count > 0, output.scalarType == variable.scalarType,
      variable.scalarType.isDifferentiable, Self.hasOneType(output, variable)
    else { return nil }
    let directions = TermSpace.directionCount(demand, variable: variable.shape)
    denseCost = denseDirectionsCost(of: output, variable: variable, directions: directions, model: costModel)
    let work = work ?? PlanningWork(budget: effort.budget(dense: denseCost, model: costModel))
    space = TermSpace(scalarType: variable.scalarType, work: work)
    planner = TermPlanner(space: space, model: costModel)
    realization = TermRealization(
      space: space, planner: planner, costLimit: mayCostMore ? .infinity : denseCost.nanoseconds)
    let seed = space.seed(demand, variable: variable.shape)
    let tangent = try realization.tangent(
      of: output, variable: variable, seed: seed, directions: directions, termCap: termCap)
    guard
      let terms = space.demanded(tangent, demand)
        ?? space.demanded(space.materialized(tangent, shape: output.shape), demand)
    else { return nil }
    self.terms = terms
  }

  /// How many entries all terms have together; without those with lookups, of which many go to one place.
  var entryCount: Double { terms.reduce(0) { $0 + (space.hasLookups($1) ? 0 : space.size($1.outputLabels)) } }

  /// Terms have one element type; a cast between two differentiable types on the way is left to dense directions.
  private static func hasOneType(_ output: Node, _ variable: Node) -> Bool {
    var active: Set<Node> = [variable]
    let floor = VariableFloor(variable)
    for node in Node.topologicalOrder([output], entering: { floor.isBelow($0) && !$0.isDetached }) {
      guard node.scalarType.isDifferentiable, node.operands.contains(where: active.contains) else { continue }
      guard node.scalarType == variable.scalarType else { return false }
      active.insert(node)
    }
    return true
  }
}

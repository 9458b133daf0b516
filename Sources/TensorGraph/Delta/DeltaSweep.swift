/// The terms of a demanded derivative, and what made them.
struct DeltaSweep {
  let space: TermSpace
  let planner: TermPlanner
  let realization: TermRealization
  let terms: [Term]

  /// The terms of a part of the derivative of any node; nil only if there is no differentiable path of one element
  /// type, nothing to compute, or too much to plan.
  init?(derivativeOf output: Node, variable: Node, demand: DeltaDemand, costModel: CostModel, termCap: Int) {
    guard output.shape.count > 0, variable.shape.count > 0, output.scalarType == variable.scalarType,
      variable.scalarType.isDifferentiable, Self.hasOneType(output, variable)
    else { return nil }
    space = TermSpace(scalarType: variable.scalarType)
    planner = TermPlanner(space: space, model: costModel)
    realization = TermRealization(space: space, planner: planner)
    let seed = space.seed(demand, variable: variable.shape)
    guard
      let tangent = realization.tangent(
        of: output, variable: variable, seed: seed, termCap: termCap, workLimit: DeltaPlan.workLimit)
    else { return nil }
    guard
      let terms = space.demanded(tangent, demand)
        ?? space.demanded(space.materialized(tangent, shape: output.shape), demand)
    else { return nil }
    self.terms = terms
  }

  /// Terms have one element type; a cast between two differentiable types on the way is left to dense directions.
  private static func hasOneType(_ output: Node, _ variable: Node) -> Bool {
    var active: Set<Node> = [variable]
    for node in Node.topologicalOrder([output], entering: { $0 !== variable && $0.primitive != .detach }) {
      guard node.scalarType.isDifferentiable, node.operands.contains(where: active.contains) else { continue }
      guard node.scalarType == variable.scalarType else { return false }
      active.insert(node)
    }
    return true
  }
}

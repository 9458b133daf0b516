/// A derivative of a node, computed without identity matrices: Kronecker deltas are carried as terms, and what they
/// leave to be computed is made of ordinary nodes.
package struct DeltaPlan: CustomStringConvertible {
  /// The demanded part of the derivative; shapes are those of `DeltaDemand`.
  package let result: Node
  /// The expected cost, primal values excluded.
  package let estimatedCost: Cost
  /// The expected cost of pushing dense directions instead.
  package let denseCost: Cost
  private let steps: [String]

  /// How many terms a node may have before it is made dense.
  package static let termCap = 64

  /// How many terms beyond a few per node a plan may make: past it, planning takes longer than it saves. Graphs with thousands of slices of
  /// one variable get there; they are sparse, and colouring serves them better.
  package static let workLimit = 20_000

  /// A plan for a part of the Hessian, or nil if dense directions are expected to be as good.
  ///
  /// - Parameter gradient: the gradient of a scalar with respect to `variable`: its derivative is symmetric.
  package init?(gradient: Node, variable: Node, demand: DeltaDemand, costModel: CostModel = .default) {
    // What takes less than this densely is not worth a plan.
    let directions = TermSpace.directionCount(demand, variable: variable.shape)
    let dense = denseDirectionsCost(of: gradient, variable: variable, directions: directions, model: costModel)
    guard dense.nanoseconds > costModel.planningThreshold else { return nil }
    let plan = DeltaPlan(
      derivativeOf: gradient, variable: variable, demand: demand, isSymmetric: true, costModel: costModel)
    guard let plan, plan.estimatedCost < plan.denseCost else { return nil }
    self = plan
  }

  /// The plan for a part of the derivative of any node, whatever it costs; nil only if there is no differentiable
  /// path of one element type, nothing to compute, or too much to plan.
  ///
  /// - Parameters:
  ///   - isSymmetric: whether the whole derivative is known to be symmetric, as that of a gradient is.
  ///   - termCap: how many terms a node may have before it is made dense.
  package init?(
    derivativeOf output: Node, variable: Node, demand: DeltaDemand, isSymmetric: Bool = false,
    costModel: CostModel = .default, termCap: Int = DeltaPlan.termCap
  ) {
    guard
      let sweep = DeltaSweep(
        derivativeOf: output, variable: variable, demand: demand, costModel: costModel, termCap: termCap)
    else { return nil }
    let (space, planner, realization) = (sweep.space, sweep.planner, sweep.realization)
    var terms = sweep.terms
    let shape = TermSpace.shape(demand, output: output.shape, variable: variable.shape)
    var mirrored = false
    if isSymmetric, Self.isWholeSquare(demand), let upper = space.upperBlocks(terms) {
      terms = upper
      mirrored = true
    }
    let plan = planner.plan(terms, isOutput: true)
    switch demand {
    case .matrix, .block: result = realization.assembled(plan, shape: shape, mirrored: mirrored)
    case .column, .element, .diagonal, .trace, .batched: result = realization.output(plan, shape: shape)
    }
    estimatedCost = realization.cost
    denseCost = denseDirectionsCost(
      of: output, variable: variable,
      directions: TermSpace.directionCount(demand, variable: variable.shape), model: costModel)
    steps = realization.log
  }

  /// Whether rows and columns of what is demanded are the same, so that it is symmetric if the whole is.
  private static func isWholeSquare(_ demand: DeltaDemand) -> Bool {
    switch demand {
    case .matrix: true
    case .block(let rows, let columns): rows == columns
    case .column, .element, .diagonal, .trace, .batched: false
    }
  }

  package var description: String {
    let gain = denseCost.flops / max(1, estimatedCost.flops)
    return (["\(Int(estimatedCost.flops)) flops, \(Int(gain)) times fewer than dense directions"] + steps)
      .joined(separator: "\n")
  }
}

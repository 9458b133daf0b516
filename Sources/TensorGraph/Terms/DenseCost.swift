/// The cost of pushing dense directions through a graph: what deltas must beat.
package func denseDirectionsCost(of output: Node, variable: Node, directions: Int, model: CostModel) -> Cost {
  let k = Double(directions)
  var cost = Cost.zero
  // As many directions at once as fit the budget, so that nothing is too large.
  var model = model
  model.elementBudget = .infinity
  func elementwise(_ count: Int) -> Cost {
    Cost(nanoseconds: model.step + model.element * k * Double(count), flops: k * Double(count))
  }
  func mapCost(_ map: LinearMap, _ operand: Node, _ result: Node) -> Cost {
    switch map {
    case .identity: return .zero
    case .scale, .mask: return elementwise(result.shape.count)
    case .cast: return Cost(nanoseconds: elementwise(result.shape.count).nanoseconds)
    case .structural(let primitive, _):
      switch primitive {
      case .reshape, .broadcast, .permute, .slice: return .zero
      case .sum, .cumulativeSum: return elementwise(operand.shape.count)
      case .embed, .gather, .scatterAdd: return Cost(nanoseconds: elementwise(result.shape.count).nanoseconds)
      }
    case .solve(let form, _):
      let shape = form.system == nil ? operand.shape : result.shape
      let n = Double(shape[shape.rank - 2])
      // Sparse factors have some times the entries of their matrix.
      let length = form.system.map { 4 * Double($0.pattern.nonzeroCount) / max(n, 1) } ?? n
      return model.product(batch: 1, m: k * Double(shape.count) / max(n, 1), n: n, k: min(n, length))
    case .contraction(let tangent, let other, let otherLabels, let output):
      let c = Contraction(left: tangent, right: otherLabels, output: output)
      let extents = c.extents(operand.shape, other.shape)
      func size(_ labels: [Int]) -> Double { labels.reduce(1) { $0 * Double(extents[$1]!) } }
      let summed = size(c.summed)
      guard !c.summed.isEmpty else { return elementwise(result.shape.count) }
      let batch = tangent.filter { otherLabels.contains($0) && output.contains($0) }
      let m = k * size(tangent.filter { !otherLabels.contains($0) })
      let n = size(otherLabels.filter { !tangent.contains($0) })
      return model.product(batch: size(batch), m: m, n: n, k: summed)
    case .composed(let first, let second):
      return mapCost(first, operand, operand) + mapCost(second, operand, result)
    case .opaque: return elementwise(operand.shape.count + result.shape.count)
    case .expression:
      // A few products of matrices.
      let n = Double(operand.shape[operand.shape.rank - 1])
      return model.product(batch: 1, m: 4 * k * Double(operand.shape.count) / max(n, 1), n: n, k: n)
    }
  }
  LinearSweep([output], from: variable).forEach { node, inputs in
    for (i, map) in inputs { cost += mapCost(map, node.operands[i], node) }
    if inputs.count > 1 { cost += elementwise(node.shape.count) }
    return true
  }
  return cost
}

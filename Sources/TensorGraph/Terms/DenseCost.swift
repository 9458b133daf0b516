/// The cost of pushing dense directions through a graph: what deltas must beat.
package func denseDirectionsCost(of output: Node, variable: Node, directions: Int, model: CostModel) -> Cost {
  var cost = Cost.zero
  // As many directions at once as fit the budget, so that nothing is too large.
  var model = model
  model.elementBudget = .infinity
  let k = Double(directions)
  LinearSweep([output], from: variable).forEach { node, inputs in
    for (i, map) in inputs { cost += model.pushing(k, under: map, from: node.operands[i].shape, to: node.shape) }
    if inputs.count > 1 { cost += model.pushed(k * Double(node.shape.count)) }
    return true
  }
  return cost
}

extension CostModel {
  /// A step that writes elements of directions.
  fileprivate func pushed(_ count: Double) -> Cost { Cost(nanoseconds: step + element * count, flops: count) }

  /// Pushing `k` dense directions through a map from one shape to another.
  func pushing(_ k: Double, under map: LinearMap, from operand: Shape, to result: Shape) -> Cost {
    func elementwise(_ count: Int) -> Cost { pushed(k * Double(count)) }
    switch map {
    case .identity: return .zero
    case .scale, .mask: return elementwise(result.count)
    case .cast: return Cost(nanoseconds: elementwise(result.count).nanoseconds)
    case .structural(let primitive, _):
      switch primitive {
      case .reshape, .broadcast, .permute, .slice: return .zero
      case .sum, .cumulativeSum: return elementwise(operand.count)
      case .embed, .gather, .scatterAdd: return Cost(nanoseconds: elementwise(result.count).nanoseconds)
      }
    case .solve(let form, _):
      let shape = form.system == nil ? operand : result
      let n = Double(shape[shape.rank - 2])
      // Sparse factors have some times the entries of their matrix.
      let length = form.system.map { 4 * Double($0.pattern.nonzeroCount) / max(n, 1) } ?? n
      return product(batch: 1, m: k * Double(shape.count) / max(n, 1), n: n, k: min(n, length))
    case .contraction(let tangent, let other, let otherLabels, let output):
      let c = Contraction(left: tangent, right: otherLabels, output: output)
      let extents = c.extents(operand, other.shape)
      func size(_ labels: [Int]) -> Double { labels.reduce(1) { $0 * Double(extents[$1]!) } }
      let summed = size(c.summed)
      guard !c.summed.isEmpty else { return elementwise(result.count) }
      let batch = tangent.filter { otherLabels.contains($0) && output.contains($0) }
      let m = k * size(tangent.filter { !otherLabels.contains($0) })
      let n = size(otherLabels.filter { !tangent.contains($0) })
      return product(batch: size(batch), m: m, n: n, k: summed)
    case .composed(let first, let second):
      return pushing(k, under: first, from: operand, to: operand) + pushing(k, under: second, from: operand, to: result)
    case .opaque: return elementwise(operand.count + result.count)
    case .expression:
      // A few products of matrices.
      let n = Double(operand[operand.rank - 1])
      return product(batch: 1, m: 4 * k * Double(operand.count) / max(n, 1), n: n, k: n)
    }
  }
}

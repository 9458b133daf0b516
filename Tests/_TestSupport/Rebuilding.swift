import TensorGraph

extension Node {
  /// The same graph, made again by the building functions, which simplify: what rewrite laws are tested with.
  package func rebuilt(replacing replacements: [Node: Node] = [:]) -> Node {
    var made = replacements
    for node in Node.topologicalOrder([self], entering: { replacements[$0] == nil }) where made[node] == nil {
      made[node] = node.remade(node.operands.map { made[$0]! })
    }
    return made[self]!
  }

  private func remade(_ x: [Node]) -> Node {
    switch primitive {
    case .input, .fill, .iota: self
    case .elementwise(let function): .elementwise(function, x)
    case .compare(let comparison): .compare(comparison, x[0], x[1])
    case .logical(let function): x.count == 1 ? .logical(function, x[0]) : .logical(function, x[0], x[1])
    case .select: .select(x[0], x[1], x[2])
    case .cast(let type): x[0].cast(to: type)
    case .detach: x[0].detached()
    case .broadcast(let shape, let axes): x[0].broadcast(to: shape, axes: axes)
    case .reshape(let shape): x[0].reshaped(to: shape)
    case .permute(let order): x[0].permuted(order)
    case .slice(let slices): x[0].sliced(slices)
    case .embed(let shape, let slices): x[0].embedded(in: shape, at: slices)
    case .concatenate(let axis): .concatenate(x, axis: axis)
    case .gather(let axis): x[0].gathered(x[1], axis: axis)
    case .scatterAdd(let axis, let extent): x[0].scatterAdded(x[1], axis: axis, extent: extent)
    case .sum(let axes): x[0].summed(over: axes)
    case .maximum, .minimum, .argsort, .matrix, .special, .scan, .custom: Node(primitive, x)
    case .solve(let form): .solve(form, x[0], x[1])
    case .cumulativeSum(let axis, let reversed): x[0].cumulativelySummed(axis: axis, reversed: reversed)
    case .contraction(let c): .contraction(x[0], c.left, x[1], c.right, c.output)
    }
  }
}

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
    case .leaf: self
    case .pointwise(.elementwise(let function)): .elementwise(function, x)
    case .pointwise(.select): .select(x[0], x[1], x[2])
    case .pointwise(.cast(let type)): x[0].cast(to: type)
    case .pointwise(.detach): x[0].detached()
    case .linear(let primitive): primitive.applied(to: x[0], indices: x.dropFirst().first)
    case .concatenate(let axis): .concatenate(x, axis: axis)
    case .solve(let form): .solve(form, x[0], x[1])
    case .contraction(let c): .contraction(x[0], c.left, x[1], c.right, c.output)
    case .pointwise, .extremum, .argsort, .matrix, .scan, .custom: Node(primitive, x)
    }
  }
}

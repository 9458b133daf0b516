/// Intermediate results that derivatives compute again instead of keeping them (Griewank & Walther 2008, chapter 12).
extension Node {
  /// The same value, whose derivatives compute again what lies between it and some nodes.
  ///
  /// Whatever else it depends on stays an operand, so derivatives in captured nodes are there, too.
  package func checkpointed(from arguments: [Node]) -> Node {
    let order = Node.topologicalOrder([self], entering: { !arguments.contains($0) })
    var varying = Set(arguments)
    for node in order where node.operands.contains(where: varying.contains) { varying.insert(node) }
    guard varying.contains(self), !arguments.contains(self), scalarType.isDifferentiable else { return self }
    var operands: [Node] = []
    for node in order where varying.contains(node) && !arguments.contains(node) {
      for operand in node.operands where arguments.contains(operand) || !varying.contains(operand) {
        if case .fill = operand.primitive { continue }
        if case .iota = operand.primitive { continue }
        if !operands.contains(operand) { operands.append(operand) }
      }
    }
    // The body stands for every copy of this graph, so it is over inputs of its own.
    let inputs = operands.map { Node(.input($0.shape, $0.scalarType)) }
    let body = Node.substituting(Dictionary(uniqueKeysWithValues: zip(operands, inputs)), in: [self])[0]
    return .custom(.checkpoint(body, inputs), value: self, arguments: operands)
  }

  /// The same elements in memory of their own, made after another node.
  fileprivate func recomputed(after node: Node) -> Node {
    Node(.custom(.recomputing), [self, self, node])
  }
}

extension DerivativeRule {
  /// Operands value, value, earlier node: the derivative is that of the value.
  package static let recomputing = DerivativeRule("recomputing") { _, operand in operand == 1 ? .identity : nil }

  fileprivate static func checkpoint(_ body: Node, _ inputs: [Node]) -> DerivativeRule {
    DerivativeRule("checkpoint") { node, operand in
      let operands = node.operands.dropFirst()
      guard node.operands[operand].scalarType.isDifferentiable else { return nil }
      /// The body over copies of the operands that are made when a node is there.
      func repeated(after earlier: Node) -> (result: Node, operand: Node, leaves: [Node]) {
        let copies = operands.map { $0.recomputed(after: earlier) }
        let result = Node.substituting(Dictionary(uniqueKeysWithValues: zip(inputs, copies)), in: [body])[0]
        return (result, copies[operand - 1], copies)
      }
      let shape = node.operands[operand].shape
      return .opaque(
        LinearOperator(
          shape: body.shape, expression: { (inputs[operand - 1], body) },
          apply: { tangent, lift in
            let copy = repeated(after: tangent)
            let image = pushforward(
              of: [copy.result], seeds: [(copy.operand, tangent)], lift: lift, leaves: copy.leaves)
            return image[0] ?? .zeros(Shape(Array(tangent.shape.dimensions[..<lift])) + body.shape, body.scalarType)
          },
          transpose: { cotangent, lift in
            let copy = repeated(after: cotangent)
            let image = pullback(of: [(copy.result, cotangent)], to: [copy.operand], lift: lift, leaves: copy.leaves)
            return image[0] ?? .zeros(Shape(Array(cotangent.shape.dimensions[..<lift])) + shape, body.scalarType)
          }))
    }
  }
}

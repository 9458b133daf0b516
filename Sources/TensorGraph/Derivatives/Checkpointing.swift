/// Intermediate results that derivatives compute again instead of keeping them (Griewank & Walther 2008, chapter 12).
extension Node {
  /// The same value, whose derivatives compute again what lies between it and some nodes.
  ///
  /// Whatever else it depends on stays an operand, so derivatives in captured nodes are there, too.
  package func checkpointed(from arguments: [Node]) -> Node {
    let varies = Node.topologicalOrder([self], entering: { !arguments.contains($0) }).contains(
      where: arguments.contains)
    guard varies, !arguments.contains(self), scalarType.isDifferentiable else { return self }
    let (body, captured) = GraphBody.closed([self], in: arguments)
    return .custom(.checkpoint(body), value: self, arguments: arguments + captured)
  }

  /// The same elements in memory of their own, made after another node.
  fileprivate func recomputed(after node: Node) -> Node {
    Node(.custom(.recomputing), [self, self, node])
  }
}

extension DerivativeRule {
  /// Operands value, value, earlier node: the derivative is that of the value.
  package static let recomputing = DerivativeRule("recomputing", identifier: "built in") { _, operand in
    operand == 1 ? .identity : nil
  }

  fileprivate static func checkpoint(_ body: GraphBody) -> DerivativeRule {
    DerivativeRule("checkpoint", body: body) { node, operand in
      let operands = node.operands.dropFirst()
      guard node.operands[operand].scalarType.isDifferentiable else { return nil }
      /// The body over copies of the operands that are made when a node is there.
      func repeated(after earlier: Node) -> (result: Node, operand: Node, leaves: [Node]) {
        let copies = operands.map { $0.recomputed(after: earlier) }
        return (body.applied(to: copies)[0], copies[operand - 1], copies)
      }
      let (shape, result) = (node.operands[operand].shape, body.results[0])
      return .opaque(
        OpaqueMap(
          shape: result.shape, dependencies: { BodyDependencies(of: [result], in: body.inputs[operand - 1]) },
          apply: { tangent, lift in
            let copy = repeated(after: tangent)
            let image = pushforward(
              of: [copy.result], seeds: [(copy.operand, tangent)], lift: lift, leaves: copy.leaves)
            return image[0] ?? .zeros(Shape(Array(tangent.shape.dimensions[..<lift])) + result.shape, result.scalarType)
          },
          transpose: { cotangent, lift in
            let copy = repeated(after: cotangent)
            let image = pullback(of: [(copy.result, cotangent)], to: [copy.operand], lift: lift, leaves: copy.leaves)
            return image[0] ?? .zeros(Shape(Array(cotangent.shape.dimensions[..<lift])) + shape, result.scalarType)
          }))
    }
  }
}

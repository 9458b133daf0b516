/// One walk over the nodes that depend on a variable, operands first, with the linear maps by which they do.
///
/// What is carried along is the caller's: sets of elements, slices of a batch, what pushing costs, derivatives.
package struct LinearSweep {
  /// An operand that depends on the variable, and the map from its tangent.
  typealias Input = (operand: Int, map: LinearMap)

  /// The nodes between the variable and the outputs, and leaves beside the way.
  package let order: [Node]
  private let variable: Node

  package init(_ outputs: [Node], from variable: Node) {
    self.variable = variable
    let floor = VariableFloor(variable)
    order = Node.topologicalOrder(
      outputs, entering: { floor.isBelow($0) && $0.scalarType.isDifferentiable && !$0.isDetached })
  }

  /// Calls `body` for each node some operands of which depend on the variable differentiably.
  ///
  /// - Parameters:
  ///   - linearization: the linear map of a node in an operand, nil if there is none.
  ///   - body: returns whether what it carried has arrived at the node, so that its users depend on the variable, too.
  func forEach<Failure: Error>(
    _ linearization: (Node, Int) -> LinearMap? = { $0.linearization($1) },
    _ body: (Node, [Input]) throws(Failure) -> Bool
  ) throws(Failure) {
    var active: Set<Node> = variable.isDetached ? [] : [variable]
    for node in order where node !== variable && !node.isDetached {
      var inputs: [Input] = []
      for (i, operand) in node.operands.enumerated() where active.contains(operand) {
        if let map = linearization(node, i) { inputs.append((i, map)) }
      }
      if inputs.isEmpty { continue }
      if try body(node, inputs) { active.insert(node) }
    }
  }
}

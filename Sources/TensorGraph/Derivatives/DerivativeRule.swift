/// How an operation is differentiated whose value is computed in another way: what `Primitive.custom` refers to.
///
/// Two rules are equal only if they are one object. Whoever makes the same operation again should use the same rule, so
/// that what was compiled for it is found again.
package final class DerivativeRule: Sendable, Hashable, CustomStringConvertible {
  /// The name of the operation in error texts.
  package let name: String
  private let map: @Sendable (_ node: Node, _ operand: Int) -> LinearMap?

  /// A rule by the map from the tangent of an operand (the value is operand 0, arguments follow) to that of the node.
  ///
  /// The map must be made of the node and of its operands, not of other nodes: the same rule serves every copy of a
  /// graph.
  package init(_ name: String, _ map: @escaping @Sendable (_ node: Node, _ operand: Int) -> LinearMap?) {
    self.name = name
    self.map = map
  }

  /// A rule by the tangent of the result for the arguments, the result, and the tangents of the arguments.
  ///
  /// - Parameter tangent: an expression that is linear in the tangents; other derivatives follow from its own.
  package convenience init(
    _ name: String, tangent: @escaping @Sendable (_ arguments: [Node], _ result: Node, _ tangents: [Node]) -> Node
  ) {
    self.init(name) { node, operand in
      let arguments = Array(node.operands.dropFirst())
      let variable = Node(.input(node.operands[operand].shape, node.operands[operand].scalarType))
      variable.expose()
      let tangents = arguments.indices.map { $0 == operand - 1 ? variable : arguments[$0].filled(with: 0) }
      let result = tangent(arguments, node, tangents)
      guard result.shape == node.shape, result.scalarType == node.scalarType else {
        fatalError(
          "\(name): its derivative has shape \(result.shape) (\(result.scalarType)), the function \(node.shape) "
            + "(\(node.scalarType)); give the change of the result")
      }
      return .opaque(LinearOperator(name, variable: variable, result: result, leaves: [node] + arguments))
    }
  }

  func linearization(of node: Node, in operand: Int) -> LinearMap? { map(node, operand) }

  package var description: String { "rule(\(name))" }

  package static func == (left: DerivativeRule, right: DerivativeRule) -> Bool { left === right }

  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A linear map by what it does, in both directions, under any number of leading direction axes.
package struct LinearOperator {
  /// The shape of an image, without direction axes.
  let shape: Shape
  let apply: (_ tangent: Node, _ lift: Int) -> Node
  let transpose: (_ cotangent: Node, _ lift: Int) -> Node
  /// The expression of the map, if it has one.
  private let expression: (variable: Node, result: Node)?

  package init(
    shape: Shape, apply: @escaping (_ tangent: Node, _ lift: Int) -> Node,
    transpose: @escaping (_ cotangent: Node, _ lift: Int) -> Node
  ) {
    self.shape = shape
    self.apply = apply
    self.transpose = transpose
    expression = nil
  }

  /// The derivative of an expression in a variable, by what it does to tangents and cotangents.
  init(
    of result: Node, in variable: Node, apply: @escaping (_ tangent: Node, _ lift: Int) -> Node,
    transpose: @escaping (_ cotangent: Node, _ lift: Int) -> Node
  ) {
    shape = result.shape
    expression = (variable, result)
    self.apply = apply
    self.transpose = transpose
  }

  /// A map by an expression in a variable made for it, over leaves below which nobody need look.
  init(_ name: String, variable: Node, result: Node, leaves: [Node]) {
    shape = result.shape
    expression = (variable, result)
    func checked(_ image: Node) -> Node {
      let order = Node.topologicalOrder([image], entering: { node in !leaves.contains { $0 === node } })
      precondition(
        !order.contains { $0 === variable }, "\(name): its derivative is not linear in the changes of the arguments")
      return image
    }
    apply = { tangent, lift in
      let leading = Array(tangent.shape.dimensions[..<lift])
      return pushforward(of: [result], seeds: [(variable, tangent)], lift: lift, leaves: leaves)[0].map(checked)
        ?? .zeros(Shape(leading) + result.shape, result.scalarType)
    }
    transpose = { cotangent, lift in
      let leading = Array(cotangent.shape.dimensions[..<lift])
      return pullback(of: [(result, cotangent)], to: [variable], lift: lift, leaves: leaves)[0].map(checked)
        ?? .zeros(Shape(leading) + variable.shape, variable.scalarType)
    }
  }

  /// For each element of an image the elements of the operand on which it depends.
  ///
  /// - Parameter shape: the shape of the operand.
  func pattern(_ shape: Shape) -> [[Int]] {
    guard let expression else {
      return [[Int]](repeating: Array(0..<shape.count), count: self.shape.count)
    }
    var sweep = DependencySweep([expression.result], expression.variable, nil, budget: 1 << 24)
    let table = sweep.run()[0]
    return (0..<self.shape.count).map { sweep.pool.elements(table[$0]).map(Int.init) }
  }
}

extension LinearMap {
  /// For each element of the image the elements of the operand, of the given shape, on which it depends; of a rule.
  func pattern(_ shape: Shape) -> [[Int]] {
    guard case .opaque(let map) = self else { fatalError("only rules from outside are asked for their pattern") }
    return map.pattern(shape)
  }
}

extension Node {
  /// A value with the derivatives in some arguments that a rule gives.
  package static func custom(_ rule: DerivativeRule, value: Node, arguments: [Node]) -> Node {
    Node(.custom(rule), [value] + arguments)
  }
}

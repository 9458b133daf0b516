/// Expands a graph along lines through a point: y(x + t v) for t → 0+ as series.
///
/// Comparisons, larger elements and steps are those for t > 0, so that what is expanded is the function itself; indices and
/// orders are those of the point, as they are for derivatives.
package struct LineExpansion {
  /// What moves, and the elements of its nodes at the point.
  private let outputs: [Node]
  private let variables: [Node]
  private let order: [Node]
  private var point: [Node: Interpreter.Value] = [:]
  private let moving: Set<Node>

  /// How many elements one expansion looks at.
  package let elementCount: Int

  /// The first operation that could not be expanded, and why.
  package private(set) var fault: String?

  /// - Throws: if something of the graph has no values, or has no expansion as an operation.
  package init(of outputs: [Node], in variables: [Node], elementLimit: Int) throws(TensorError) {
    self.outputs = outputs
    self.variables = variables
    order = Node.topologicalOrder(outputs, entering: { node in !variables.contains { $0 === node } })
    var moving = Set(variables)
    for node in order where node.scalarType.isDifferentiable && !node.isDetached {
      if node.operands.contains(where: moving.contains) { moving.insert(node) }
    }
    self.moving = moving
    elementCount = order.reduce(0) { $0 + $1.shape.count }
    guard elementCount <= elementLimit else {
      throw TensorError("its graph has \(elementCount) elements, and \(elementLimit) can be expanded")
    }
    for node in order where moving.contains(node) {
      if let name = Self.unexpandable(node.primitive) { throw TensorError("\(name) cannot be expanded") }
    }
    let values = try Interpreter.values(of: order)
    for (node, elements) in zip(order, values) {
      point[node] = Interpreter.Value(elements, shape: node.shape, scalarType: node.scalarType)
    }
  }

  private static func unexpandable(_ primitive: Primitive) -> String? {
    guard case .matrix(let function) = primitive else { return nil }
    return switch function {
    case .cholesky, .logDeterminant: nil
    case .qr, .lu, .symmetricEigen, .singularValues: "a factorization of kind \(function.rawValue)"
    }
  }

  /// The elements of an output at the point.
  package func values(_ output: Int) -> [Double] { point[outputs[output]]!.elements }

  /// The outputs along a line.
  ///
  /// - Parameter direction: for each variable, its elements' speeds.
  package mutating func callAsFunction(_ direction: [[Double]]) -> [[Series]] {
    var series: [Node: [Series]] = [:]
    for (variable, speeds) in zip(variables, direction) {
      // Outputs may depend on some of the variables alone.
      guard let value = point[variable] else { continue }
      series[variable] = zip(value.elements, speeds).map { Series($0) + Series($1, power: 1) }
    }
    var evaluation = LineEvaluation(point: point, series: series)
    for node in order where evaluation.series[node] == nil {
      if moving.contains(node) {
        let result = evaluation.expand(node)
        if fault == nil, let i = result.indices.first(where: { result[$0].fault != nil }) {
          switch result[i].fault {
          case .undefined(let reason)?, .unexpandable(let reason)?: fault = describe(node, i, reason)
          case .cancelled?, nil: break
          }
        }
        evaluation.series[node] = result
      } else {
        evaluation.update(node)
      }
    }
    return outputs.map { evaluation.all($0) }
  }

  private func describe(_ node: Node, _ element: Int, _ reason: String) -> String {
    let operands = node.operands.filter { point[$0]!.elements.count == node.shape.count }
    let values = operands.map { "\(point[$0]!.elements[element])" }.joined(separator: ", ")
    return "\(node.primitive.name) at \(values.isEmpty ? "this point" : values): \(reason)"
  }

  // MARK: Where it is singular

  /// The first operation whose argument lies where it has no finite derivatives, for messages.
  package var singularity: String? {
    for node in order where moving.contains(node) {
      guard let function = node.scalarFunction else { continue }
      let arguments = node.operands.map { point[$0]!.elements }
      for i in 0..<node.shape.count where function.facts.isSingular(arguments.map { $0[i] }) {
        let values = arguments.map { "\($0[i])" }.joined(separator: ", ")
        return "\(node.primitive.name) at \(values)"
      }
    }
    return nil
  }
}

import TensorGraph

/// A function of a vector with its derivatives at a point where systems differ or fail.
package struct SpecialPoint: Sendable, CustomStringConvertible {
  package let name: String
  package let function: @Sendable (Node) throws(TensorError) -> Node
  package let point: [Double]
  package let value: Double
  package let gradient: [Double]
  /// Row-major; nil where it does not exist.
  package let hessian: [Double]?
  /// Row-major third derivatives; nil where they do not exist or are not worth writing down.
  package let third: [Double]?

  package var description: String { "\(name) at \(point)" }

  /// What differs from the derivatives that are written down.
  ///
  /// - Parameter evaluate: how nodes get their elements.
  package func mismatches(_ type: ScalarType, evaluate: ([Node]) throws -> [[Double]]) throws -> [String] {
    let tolerance = type == .float64 ? 1e-13 : 1e-5
    let x = Node.vector(point, type)
    let y = try function(x)
    let first = TensorGraph.gradient(of: y, to: [x])[0] ?? x.filled(with: 0)
    let second = jacobian(of: first, to: x)
    let values = try evaluate([y, first, second, jacobian(of: second, to: x)])
    var problems: [String] = []
    for (order, expected) in [[value], gradient, hessian, third].enumerated() {
      guard let expected else { continue }
      if let problem = mismatch(values[order], expected, relative: tolerance, absolute: tolerance) {
        problems.append("order \(order): \(problem)")
      }
    }
    return problems
  }
}

/// All partial derivatives of a node in a vector, which becomes the leading axis.
package func jacobian(of node: Node, to x: Node) -> Node {
  pushforward(of: [node], seeds: [(x, .identity(x.shape.count, x.scalarType))], lift: 1)[0]
    ?? .zeros(Shape([x.shape.count]) + node.shape, node.scalarType)
}

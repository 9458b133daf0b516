extension DerivativeRule {
  /// The derivative of the x with g(x, parameters) = 0, by the implicit function theorem: dx = -J⁻¹ ∂g, where J is the
  /// derivative in x. It is made of x itself, so derivatives of every order follow.
  ///
  /// - Parameter equation: g, over inputs for x and the parameters.
  static func implicit(_ equation: GraphBody) -> DerivativeRule {
    DerivativeRule("root", body: equation) { parameters, x, tangents in
      let value = equation.applied(to: [x] + parameters)[0]
      // As a function of x and the parameters side by side, whatever x depends on.
      let change = pushforward(of: [value], seeds: Array(zip(parameters, tangents)), leaves: [x])[0]
      guard let change else { return x.filled(with: 0) }
      return -Node.solved(change, by: Node.slopes(of: value, in: x, leaves: parameters), like: x)
    }
  }
}

extension Node {
  /// The derivatives of as many elements as an unknown has, in each of them: row i along element i.
  static func slopes(of value: Node, in x: Node, leaves: [Node] = []) -> Node {
    let n = x.shape.count
    let seeds = Operations.identity(like: .zeros([n, n], x.scalarType)).reshaped(to: [n] + x.shape)
    let slopes = pushforward(of: [value], seeds: [(x, seeds)], lift: 1, leaves: leaves)[0]
    return slopes.map { $0.reshaped(to: [n, n]) } ?? .zeros([n, n], x.scalarType)
  }

  /// The change of an unknown that makes a change of as many elements, by its slopes.
  static func solved(_ change: Node, by slopes: Node, like x: Node) -> Node {
    Node.solve(MatrixForm(.general, isTransposed: true), change.reshaped(to: [x.shape.count, 1]), slopes)
      .reshaped(to: x.shape)
  }
}

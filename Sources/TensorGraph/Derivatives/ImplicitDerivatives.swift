/// An equation g(x, parameters) = 0 that says what x is, with the systems that Newton's steps and derivatives solve.
package struct ImplicitEquation: Sendable {
  /// Over x, a change of g, and the parameters: g, J⁻¹ times the change, J⁻¹ g, and the excess if there is one. J = ∂g/∂x.
  let body: GraphBody
  /// What g depends on besides x.
  let parameters: [Node]

  /// - Parameters:
  ///   - value: g, of as many elements as x.
  ///   - x: its placeholder.
  ///   - excess: an expression of which no element is positive where x is what was looked for.
  ///   - matrix: J, if it is symmetric and its entries are known; otherwise all of J is computed.
  package init(
    _ value: Node, in x: Node, excess: Node? = nil, matrix: (system: SparseSystem, entries: Node)? = nil
  ) {
    let change = Node(.input(x.shape, x.scalarType))
    change.expose()
    let slopes = matrix?.entries ?? Self.slopes(of: value, in: x)
    let form = matrix.map { MatrixForm(.sparse($0.system)) } ?? MatrixForm(.general, isTransposed: true)
    func solved(_ change: Node) -> Node {
      Node.solve(form, change.reshaped(to: [x.shape.count, 1]), slopes).reshaped(to: x.shape)
    }
    (body, parameters) = GraphBody.closed(
      [value, solved(change), solved(value)] + (excess.map { [$0] } ?? []), in: [x, change])
  }

  /// Newton's step from x, to be subtracted.
  func step(_ x: Node, _ parameters: [Node]) -> Node { body.applied(to: [x, x] + parameters)[2] }

  /// The excess, if there is one.
  func excess(_ x: Node) -> Node? {
    body.results.count > 3 ? body.applied(to: [x, x] + parameters)[3] : nil
  }

  /// The root that was found, with its derivatives.
  func root(_ value: Node) -> Node {
    let value = value.detached()
    return parameters.isEmpty ? value : .custom(.implicit(body), value: value, arguments: parameters)
  }

  /// The derivatives of as many elements as an unknown has, in each of them: row i along element i.
  private static func slopes(of value: Node, in x: Node) -> Node {
    let n = x.shape.count
    let seeds = Operations.identity(like: .zeros([n, n], x.scalarType)).reshaped(to: [n] + x.shape)
    let slopes = pushforward(of: [value], seeds: [(x, seeds)], lift: 1)[0]
    return slopes.map { $0.reshaped(to: [n, n]) } ?? .zeros([n, n], x.scalarType)
  }
}

extension DerivativeRule {
  /// The derivative of the x with g(x, parameters) = 0, by the implicit function theorem: dx = -J⁻¹ ∂g, where J is the
  /// derivative in x. It is made of x itself, so derivatives of every order follow.
  ///
  /// - Parameter equation: the body of an `ImplicitEquation`.
  fileprivate static func implicit(_ equation: GraphBody) -> DerivativeRule {
    DerivativeRule("root", body: equation) { parameters, x, tangents in
      let hole = Node(.input(x.shape, x.scalarType))
      hole.expose()
      let results = equation.applied(to: [x, hole] + parameters)
      let seeds = zip(parameters, tangents).filter { $0.0.scalarType.isDifferentiable }
      // As a function of x and the parameters side by side, whatever x depends on.
      guard let change = pushforward(of: [results[0]], seeds: seeds, leaves: [x])[0] else { return x.filled(with: 0) }
      let ends = ([x] + parameters).map { ($0, $0) }
      let replacements = Dictionary(
        ends + [(hole, change.reshaped(to: x.shape))], uniquingKeysWith: { first, _ in first })
      return -Node.substituting(replacements, in: [results[1]])[0]
    }
  }
}

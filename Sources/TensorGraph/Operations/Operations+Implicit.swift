/// Values that are defined by an equation.
extension Operations {
  /// The x with g(x) = 0 near a start, by Newton's steps within the graph.
  ///
  /// The steps only find the value; derivatives are those of the implicit function theorem (`DerivativeRule.implicit`).
  ///
  /// - Parameters:
  ///   - start: where the search begins, constant for derivatives.
  ///   - steps: Newton steps. What has not converged by then is NaN.
  ///   - residual: g, of as many elements as x; what else it depends on are the parameters.
  /// - Complexity: for n unknowns each step pushes n directions through g and eliminates an n × n matrix. The steps are one
  ///   recurrence.
  package static func root(
    near start: Node, steps: Int, of residual: (Node) throws(TensorError) -> Node
  ) throws(TensorError) -> Node {
    try requireReal(start, "root")
    let unknown = Node(.input(start.shape, start.scalarType))
    unknown.expose()
    let value = try residual(unknown)
    guard value.shape.count == start.shape.count, value.scalarType == start.scalarType else {
      throw TensorError(
        "root: the equation has shape \(value.shape) (\(value.scalarType)) for unknowns of shape \(start.shape) "
          + "(\(start.scalarType)); give as many equations as unknowns")
    }
    guard Node.topologicalOrder([value]).contains(unknown) else {
      throw TensorError("root: the equation does not depend on the unknown; use the argument of the closure")
    }
    let (equation, parameters) = GraphBody.closed([value], in: [unknown])
    let fixed = parameters.map { $0.detached() }
    func step(_ x: Node) -> Node {
      let value = equation.applied(to: [x] + fixed)[0]
      return Node.solved(value, by: .slopes(of: value, in: x), like: x)
    }
    let x = try scan([start.detached()], over: [], count: max(steps - 1, 0)) { states, _ in
      ([states[0] - step(states[0])], [])
    }.last[0].detached()
    func result(_ value: Node) -> Node {
      parameters.isEmpty ? value : .custom(.implicit(equation), value: value, arguments: parameters)
    }
    guard steps > 0 else { return result(x) }
    // The last step also tells how small it is.
    let change = step(x)
    let tolerance = start.scalarType == .float32 ? 1e-3 : 1e-8
    let limit = tolerance * (1 + (try maximum(.elementwise(.abs, x))))
    let isConverged = Node.compare(.lessOrEqual, try maximum(.elementwise(.abs, change)), limit)
    let root = Node.select(isConverged.broadcast(to: x.shape, axes: []), x - change, x.filled(with: .nan))
    return result(root.detached())
  }

  /// The x with g(x) = 0 that was found already. Its value is computed anew, by Newton's steps from there, only where what g
  /// depends on has other values, as in a derivative that is evaluated elsewhere.
  ///
  /// - Parameters:
  ///   - value: x.
  ///   - equation: g, of as many elements.
  ///   - excess: an expression in the unknown of which no element is positive where x is what was looked for; elsewhere the
  ///     result is NaN.
  ///   - unknown: the placeholder of x in both.
  package static func root(at value: Storage, of equation: Node, excess: Node?, in unknown: Node) -> Node {
    let (body, parameters) = GraphBody.closed([equation] + (excess.map { [$0] } ?? []), in: [unknown])
    let shape = unknown.shape
    guard !parameters.isEmpty else { return Node(value, shape: shape) }
    return Node(value, shape: shape, of: parameters) {
      followed(from: Node(value, shape: shape), of: body, parameters)
    }
  }

  /// The root of the first result of a body near a start, NaN where a second one has an element there that is positive.
  private static func followed(from start: Node, of body: GraphBody, _ parameters: [Node]) -> Node {
    let root = checked(try root(near: start, steps: 8) { body.applied(to: [$0] + parameters)[0] })
    guard body.results.count > 1 else { return root }
    let worst = checked(try maximum(body.applied(to: [root] + parameters)[1].detached()))
    let isFound = Node.compare(.lessOrEqual, worst, worst.filled(with: 0))
    return .select(isFound.broadcast(to: root.shape, axes: []), root, root.filled(with: .nan))
  }

  /// The x with x = f(x): plain iteration, then Newton's steps for x - f(x) as in `root`.
  package static func fixedPoint(
    from start: Node, iterations: Int, of function: (Node) throws(TensorError) -> Node
  ) throws(TensorError) -> Node {
    let x = try scan([start.detached()], over: [], count: iterations) { (states, _) throws(TensorError) in
      let next = try function(states[0])
      guard next.shape == start.shape else {
        throw TensorError("fixedPoint: the function makes shape \(next.shape) of shape \(start.shape); keep the shape")
      }
      return ([next], [])
    }.last[0]
    return try root(near: x, steps: 4) { (x) throws(TensorError) in x - (try function(x)) }
  }
}

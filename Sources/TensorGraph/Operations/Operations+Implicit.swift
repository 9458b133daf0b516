/// Values that are defined by an equation.
extension Operations {
  /// The x with g(x) = 0 near a start, by Newton's steps within the graph.
  ///
  /// The steps only find the value; derivatives are those of the implicit function theorem (`DerivativeRule.implicit`).
  ///
  /// - Parameters:
  ///   - start: where the search begins, constant for derivatives.
  ///   - steps: Newton steps, 1 or more. What has not converged by then is NaN.
  ///   - residual: g, of as many elements as x; what else it depends on are the parameters.
  /// - Complexity: for n unknowns each step pushes n directions through g and eliminates an n × n matrix. The steps are one
  ///   recurrence.
  package static func root(
    near start: Node, steps: Int, of residual: (Node) throws(TensorError) -> Node
  ) throws(TensorError) -> Node {
    try requireReal(start, "root")
    guard steps >= 1 else { throw TensorError("root: \(steps) steps find nothing; take 1 or more") }
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
    return try found(near: start, steps: steps, ImplicitEquation(value, in: unknown))
  }

  /// The root of an equation near a start.
  private static func found(
    near start: Node, steps: Int, _ equation: ImplicitEquation
  ) throws(TensorError) -> Node {
    let fixed = equation.parameters.map { $0.detached() }
    let x = try scan([start.detached()], over: [], count: steps - 1) { states, _ in
      ([states[0] - equation.step(states[0], fixed)], [])
    }.last[0].detached()
    // The last step also tells how small it is.
    let change = equation.step(x, fixed)
    let tolerance = start.scalarType == .float32 ? 1e-3 : 1e-8
    let limit = tolerance * (1 + (try maximum(.elementwise(.abs, x))))
    let isConverged = Node.compare(.lessOrEqual, try maximum(.elementwise(.abs, change)), limit)
    return equation.root(
      .select(isConverged.broadcast(to: x.shape, axes: []), x - change, x.filled(with: .nan)))
  }

  /// The x with g(x) = 0 that was found already. Its value is computed anew, by Newton's steps from there, only where what g
  /// depends on has other values, as in a derivative that is evaluated elsewhere; where the excess is positive it is NaN.
  ///
  /// - Parameters:
  ///   - value: x.
  ///   - shape: its shape.
  package static func root(at value: Storage, shape: Shape, of equation: ImplicitEquation) -> Node {
    guard !equation.parameters.isEmpty else { return Node(value, shape: shape) }
    return Node(value, shape: shape, of: equation.parameters) {
      followed(from: value, shape: shape, equation)
    }
  }

  /// The root near one that is known, NaN where the excess is positive.
  private static func followed(from value: Storage, shape: Shape, _ equation: ImplicitEquation) -> Node {
    let root = checked(try found(near: Node(value, shape: shape), steps: 8, equation))
    // With parameters as they are nothing is looked for again.
    root.setValue(value)
    guard let excess = equation.excess(root) else { return root }
    let worst = checked(try maximum(excess.detached()))
    let isFound = Node.compare(.lessOrEqual, worst, worst.filled(with: 0))
    return .select(isFound.broadcast(to: root.shape, axes: []), root, root.filled(with: .nan))
  }

  /// The x with x = f(x): plain iteration, then Newton's steps for x - f(x) as in `root`.
  package static func fixedPoint(
    from start: Node, iterations: Int, of function: (Node) throws(TensorError) -> Node
  ) throws(TensorError) -> Node {
    guard iterations >= 0 else { throw TensorError("fixedPoint: \(iterations) iterations are none; take 0 or more") }
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

/// Values that are defined by an equation.
extension Operations {
  /// The x with g(x) = 0 near a start, by Newton's steps within the graph.
  ///
  /// The first steps only find the value and are constant for derivatives. A last few are not: a Newton step at the root
  /// has the first derivatives of the implicit function theorem, each further one doubles the order to which derivatives
  /// are right and adds one (the residual's error in the parameters is squared), so derivatives through a solver cost what
  /// these few steps cost, whatever the solver did.
  ///
  /// - Parameters:
  ///   - start: where the search begins, constant for derivatives.
  ///   - steps: Newton steps for the value. What has not converged by then is NaN.
  ///   - derivativeOrder: the highest order of derivatives that will be asked for; higher ones are wrong.
  ///   - residual: g, of as many elements as x; what else it depends on are the parameters.
  /// - Complexity: for n unknowns each step pushes n directions through g and eliminates an n × n matrix.
  package static func root(
    near start: Node, steps: Int, derivativeOrder: Int, of residual: (Node) throws(TensorError) -> Node
  ) throws(TensorError) -> Node {
    try requireReal(start, "root")
    var x = start.detached()
    var isConverged: Node?
    for _ in 0..<steps {
      x.expose()
      let change = try newtonStep(x, residual)
      let tolerance = start.scalarType == .float32 ? 1e-2 : 1e-6
      let size = try maximum(.elementwise(.abs, change))
      let limit = tolerance * (1 + (try maximum(.elementwise(.abs, x))))
      isConverged = .compare(.lessOrEqual, size, limit)
      x = (x - change).detached()
    }
    var covered = 0
    while covered < derivativeOrder {
      x.expose()
      x = x - (try newtonStep(x, residual))
      covered = 2 * covered + 1
    }
    guard let isConverged else { return x }
    return .select(isConverged.broadcast(to: x.shape, axes: []), x, x.filled(with: .nan))
  }

  /// J⁻¹ g at a node, where J is the derivative of g in that node alone.
  private static func newtonStep(
    _ x: Node, _ residual: (Node) throws(TensorError) -> Node
  ) throws(TensorError) -> Node {
    let count = x.shape.count
    let value = try residual(x)
    guard value.shape.count == count, value.scalarType == x.scalarType else {
      throw TensorError(
        "root: the equation has shape \(value.shape) (\(value.scalarType)) for unknowns of shape \(x.shape) "
          + "(\(x.scalarType)); give as many equations as unknowns")
    }
    let seeds = identity(like: .zeros([count, count], x.scalarType)).reshaped(to: [count] + x.shape)
    guard let slopes = pushforward(of: [value], seeds: [(x, seeds)], lift: 1)[0] else {
      throw TensorError("root: the equation does not depend on the unknown; use the argument of the closure")
    }
    // Row i holds the derivatives along unknown i: the transpose of J.
    let change = Node.solve(
      MatrixForm(.general, isTransposed: true), value.reshaped(to: [count, 1]), slopes.reshaped(to: [count, count]))
    return change.reshaped(to: x.shape)
  }

  /// The x with x = f(x): plain iteration, then Newton's steps for x - f(x) as in `root`.
  package static func fixedPoint(
    from start: Node, iterations: Int, derivativeOrder: Int, of function: (Node) throws(TensorError) -> Node
  ) throws(TensorError) -> Node {
    var x = start.detached()
    for _ in 0..<iterations {
      x = try function(x).detached()
      guard x.shape == start.shape else {
        throw TensorError("fixedPoint: the function makes shape \(x.shape) of shape \(start.shape); keep the shape")
      }
    }
    return try root(near: x, steps: 3, derivativeOrder: derivativeOrder) { (x) throws(TensorError) in
      x - (try function(x))
    }
  }
}

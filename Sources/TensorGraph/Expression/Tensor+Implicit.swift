// Values that are defined by an equation.

/// The x with `equation(x)` = 0 near a start, differentiable in whatever else the equation depends on.
///
/// Derivatives are those of the implicit function theorem, of every order up to `derivativeOrder`; they do not go through
/// the search. In a prepared plan the search runs again at each point.
///
///     let root = root(near: Tensor([1.0])) { x in x * x - a }     // √a
///
/// - Parameters:
///   - start: where Newton's steps begin; constant for derivatives.
///   - steps: how many are taken. Elements are NaN if the last one was not small yet.
///   - derivativeOrder: the highest order of derivatives of x that will be asked for; higher ones are wrong.
///   - equation: as many elements as x.
/// - Complexity: for n unknowns each step pushes n directions through the equation and eliminates an n × n matrix; the
///   steps are unrolled in the graph.
public func root<Scalar: DifferentiableScalar>(
  near start: Tensor<Scalar>, steps: Int = 12, derivativeOrder: Int = 3,
  of equation: (Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
  Tensor(
    checked(
      try Operations.root(near: start.node, steps: max(steps, 0), derivativeOrder: derivativeOrder) {
        equation(Tensor($0)).node
      }))
}

/// The x with x = `function(x)` that plain iteration leads to, differentiable in whatever else the function depends on.
///
/// As `root`, with the iteration in place of most of Newton's steps.
public func fixedPoint<Scalar: DifferentiableScalar>(
  from start: Tensor<Scalar>, iterations: Int = 30, derivativeOrder: Int = 3,
  of function: (Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
  Tensor(
    checked(
      try Operations.fixedPoint(from: start.node, iterations: max(iterations, 0), derivativeOrder: derivativeOrder) {
        function(Tensor($0)).node
      }))
}

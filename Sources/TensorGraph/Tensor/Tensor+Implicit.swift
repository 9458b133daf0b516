// Values that are defined by an equation.

/// The x with `equation(x)` = 0 near a start, differentiable in whatever else the equation depends on.
///
/// Derivatives of every order are those of the implicit function theorem; they do not go through the search. In a prepared
/// plan the search runs again at each point.
///
/// <!-- swift let a = Tensor<Double>(2) -->
/// ```swift
/// let r = root(near: Tensor([1.0])) { x in x * x - a }     // [1.414214]: √a
/// ```
///
/// - Parameters:
///   - start: where Newton's steps begin; constant for derivatives.
///   - steps: how many are taken, 1 or more. Elements are NaN if the last one was not small yet.
///   - equation: as many elements as x.
/// - Complexity: for n unknowns each step pushes n directions through the equation and eliminates an n × n matrix. A
///   derivative of any order costs one more elimination for each direction, and derivatives of the equation.
public func root<Scalar: DifferentiableScalar>(
  near start: Tensor<Scalar>, steps: Int = 12,
  of equation: (Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
  Tensor(
    checking: try Operations.root(near: start.node, steps: steps) {
      equation(Tensor($0)).node
    })
}

/// The x with x = `function(x)` that plain iteration leads to, differentiable in whatever else the function depends on.
///
/// As `root`, with the iteration in place of most of Newton's steps.
public func fixedPoint<Scalar: DifferentiableScalar>(
  from start: Tensor<Scalar>, iterations: Int = 30,
  of function: (Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
  Tensor(
    checking: try Operations.fixedPoint(from: start.node, iterations: iterations) {
      function(Tensor($0)).node
    })
}

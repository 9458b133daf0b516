// Functions that are differentiated otherwise than by what they are made of.

/// A function with a derivative of one's own: where the one that follows from its operations is not the one that is
/// wanted, or not the one that is accurate.
///
/// <!-- swift let x = Tensor<Double>([4, 9]) -->
/// ```swift
/// let root = CustomDerivative<Double>("root") { x in sqrt(x[0]) } tangent: { x, y, change in change[0] / (2 * y) }
/// let y = root(x)
/// ```
///
/// The tangent is an expression like any other, so derivatives of every order follow from it, in forward and reverse
/// mode. Keep one value for each function, or give an identifier: what is compiled for a rule is found again for the same
/// one only.
public struct CustomDerivative<Scalar: DifferentiableScalar>: Sendable {
  private let function: @Sendable ([Tensor<Scalar>]) -> Tensor<Scalar>
  private let rule: DerivativeRule

  /// - Parameters:
  ///   - name: the name in error texts.
  ///   - identifier: what tells this function and its tangent from all others, in this process and the next: a version
  ///     number will do if the name is the function's own. Values with the same name and identifier count as the same
  ///     function. Without one, a structure that depends on the function cannot be saved.
  ///   - function: the value for the arguments. How it is computed does not matter to derivatives.
  ///   - tangent: how the result changes: linear in the changes of the arguments, made of the arguments, the result and
  ///     the changes alone. Stops with a message, when a derivative is taken, if it is not linear or has another shape
  ///     than the result; in `TensorError.catching` that is thrown.
  public init(
    _ name: String = "custom", identifier: String? = nil,
    function: @escaping @Sendable (_ arguments: [Tensor<Scalar>]) -> Tensor<Scalar>,
    tangent:
      @escaping @Sendable (
        _ arguments: [Tensor<Scalar>], _ result: Tensor<Scalar>, _ changes: [Tensor<Scalar>]
      ) -> Tensor<Scalar>
  ) {
    self.function = function
    rule = DerivativeRule(name, identifier: identifier.map { "given: \($0)" }, findsOffsets: true) {
      arguments, result, tangents in
      tangent(arguments.map { Tensor($0) }, Tensor(result), tangents.map { Tensor($0) }).node
    }
  }

  /// The value, which has the derivatives of the rule.
  public func callAsFunction(_ arguments: Tensor<Scalar>...) -> Tensor<Scalar> {
    Tensor(.custom(rule, value: function(arguments).node, arguments: arguments.map(\.node)))
  }
}

/// The result of a function, whose derivatives compute its intermediate results again instead of keeping them.
///
/// Values and derivatives are those of the function. A gradient through k functions in a row, each checkpointed, keeps
/// k results and those of one function, and computes each function twice.
///
/// - Parameter function: may capture other tensors; derivatives in them are there, too.
public func checkpoint<Scalar: DifferentiableScalar>(
  _ x: Tensor<Scalar>, of function: (Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
  Tensor(function(x).node.checkpointed(from: [x.node]))
}

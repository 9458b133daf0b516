// What `Tensor+Arithmetic` declares for any type, once more for each real type: for the type checker, as is said there.

extension Tensor where Scalar == Double {
  /// The sum, element by element; shapes broadcast.
  public static func + (left: Tensor<Double>, right: Tensor<Double>) -> Tensor<Double> {
    Tensor(checking: try Operations.add(left.node, right.node))
  }
  /// The sum with a number, element by element.
  @_disfavoredOverload
  public static func + (left: Tensor<Double>, right: Double) -> Tensor<Double> { left + constant(right) }
  /// The sum with a number, element by element.
  @_disfavoredOverload
  public static func + (left: Double, right: Tensor<Double>) -> Tensor<Double> { constant(left) + right }
  /// The difference, element by element; shapes broadcast.
  public static func - (left: Tensor<Double>, right: Tensor<Double>) -> Tensor<Double> {
    Tensor(checking: try Operations.subtract(left.node, right.node))
  }
  /// The difference with a number, element by element.
  @_disfavoredOverload
  public static func - (left: Tensor<Double>, right: Double) -> Tensor<Double> { left - constant(right) }
  /// The difference with a number, element by element.
  @_disfavoredOverload
  public static func - (left: Double, right: Tensor<Double>) -> Tensor<Double> { constant(left) - right }
  /// The product, element by element; shapes broadcast.
  public static func * (left: Tensor<Double>, right: Tensor<Double>) -> Tensor<Double> {
    Tensor(checking: try Operations.multiply(left.node, right.node))
  }
  /// The product with a number, element by element.
  @_disfavoredOverload
  public static func * (left: Tensor<Double>, right: Double) -> Tensor<Double> { left * constant(right) }
  /// The product with a number, element by element.
  @_disfavoredOverload
  public static func * (left: Double, right: Tensor<Double>) -> Tensor<Double> { constant(left) * right }
  /// The quotient, element by element; shapes broadcast.
  public static func / (left: Tensor<Double>, right: Tensor<Double>) -> Tensor<Double> {
    Tensor(checking: try Operations.divide(left.node, right.node))
  }
  /// The quotient with a number, element by element.
  @_disfavoredOverload
  public static func / (left: Tensor<Double>, right: Double) -> Tensor<Double> { left / constant(right) }
  /// The quotient with a number, element by element.
  @_disfavoredOverload
  public static func / (left: Double, right: Tensor<Double>) -> Tensor<Double> { constant(left) / right }
}

extension Tensor where Scalar == Float {
  /// The sum, element by element; shapes broadcast.
  public static func + (left: Tensor<Float>, right: Tensor<Float>) -> Tensor<Float> {
    Tensor(checking: try Operations.add(left.node, right.node))
  }
  /// The sum with a number, element by element.
  @_disfavoredOverload
  public static func + (left: Tensor<Float>, right: Float) -> Tensor<Float> { left + constant(right) }
  /// The sum with a number, element by element.
  @_disfavoredOverload
  public static func + (left: Float, right: Tensor<Float>) -> Tensor<Float> { constant(left) + right }
  /// The difference, element by element; shapes broadcast.
  public static func - (left: Tensor<Float>, right: Tensor<Float>) -> Tensor<Float> {
    Tensor(checking: try Operations.subtract(left.node, right.node))
  }
  /// The difference with a number, element by element.
  @_disfavoredOverload
  public static func - (left: Tensor<Float>, right: Float) -> Tensor<Float> { left - constant(right) }
  /// The difference with a number, element by element.
  @_disfavoredOverload
  public static func - (left: Float, right: Tensor<Float>) -> Tensor<Float> { constant(left) - right }
  /// The product, element by element; shapes broadcast.
  public static func * (left: Tensor<Float>, right: Tensor<Float>) -> Tensor<Float> {
    Tensor(checking: try Operations.multiply(left.node, right.node))
  }
  /// The product with a number, element by element.
  @_disfavoredOverload
  public static func * (left: Tensor<Float>, right: Float) -> Tensor<Float> { left * constant(right) }
  /// The product with a number, element by element.
  @_disfavoredOverload
  public static func * (left: Float, right: Tensor<Float>) -> Tensor<Float> { constant(left) * right }
  /// The quotient, element by element; shapes broadcast.
  public static func / (left: Tensor<Float>, right: Tensor<Float>) -> Tensor<Float> {
    Tensor(checking: try Operations.divide(left.node, right.node))
  }
  /// The quotient with a number, element by element.
  @_disfavoredOverload
  public static func / (left: Tensor<Float>, right: Float) -> Tensor<Float> { left / constant(right) }
  /// The quotient with a number, element by element.
  @_disfavoredOverload
  public static func / (left: Float, right: Tensor<Float>) -> Tensor<Float> { constant(left) / right }
}

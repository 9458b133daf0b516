// What `Tensor+Arithmetic` declares for any type, once more for each real type: for the type checker, as is said there.

extension Tensor where Scalar == Double {
  public static func + (left: Tensor<Double>, right: Tensor<Double>) -> Tensor<Double> {
    Tensor(checking: try Operations.add(left.node, right.node))
  }
  @_disfavoredOverload
  public static func + (left: Tensor<Double>, right: Double) -> Tensor<Double> { left + constant(right) }
  @_disfavoredOverload
  public static func + (left: Double, right: Tensor<Double>) -> Tensor<Double> { constant(left) + right }
  public static func - (left: Tensor<Double>, right: Tensor<Double>) -> Tensor<Double> {
    Tensor(checking: try Operations.subtract(left.node, right.node))
  }
  @_disfavoredOverload
  public static func - (left: Tensor<Double>, right: Double) -> Tensor<Double> { left - constant(right) }
  @_disfavoredOverload
  public static func - (left: Double, right: Tensor<Double>) -> Tensor<Double> { constant(left) - right }
  public static func * (left: Tensor<Double>, right: Tensor<Double>) -> Tensor<Double> {
    Tensor(checking: try Operations.multiply(left.node, right.node))
  }
  @_disfavoredOverload
  public static func * (left: Tensor<Double>, right: Double) -> Tensor<Double> { left * constant(right) }
  @_disfavoredOverload
  public static func * (left: Double, right: Tensor<Double>) -> Tensor<Double> { constant(left) * right }
  public static func / (left: Tensor<Double>, right: Tensor<Double>) -> Tensor<Double> {
    Tensor(checking: try Operations.divide(left.node, right.node))
  }
  @_disfavoredOverload
  public static func / (left: Tensor<Double>, right: Double) -> Tensor<Double> { left / constant(right) }
  @_disfavoredOverload
  public static func / (left: Double, right: Tensor<Double>) -> Tensor<Double> { constant(left) / right }
}

extension Tensor where Scalar == Float {
  public static func + (left: Tensor<Float>, right: Tensor<Float>) -> Tensor<Float> {
    Tensor(checking: try Operations.add(left.node, right.node))
  }
  @_disfavoredOverload
  public static func + (left: Tensor<Float>, right: Float) -> Tensor<Float> { left + constant(right) }
  @_disfavoredOverload
  public static func + (left: Float, right: Tensor<Float>) -> Tensor<Float> { constant(left) + right }
  public static func - (left: Tensor<Float>, right: Tensor<Float>) -> Tensor<Float> {
    Tensor(checking: try Operations.subtract(left.node, right.node))
  }
  @_disfavoredOverload
  public static func - (left: Tensor<Float>, right: Float) -> Tensor<Float> { left - constant(right) }
  @_disfavoredOverload
  public static func - (left: Float, right: Tensor<Float>) -> Tensor<Float> { constant(left) - right }
  public static func * (left: Tensor<Float>, right: Tensor<Float>) -> Tensor<Float> {
    Tensor(checking: try Operations.multiply(left.node, right.node))
  }
  @_disfavoredOverload
  public static func * (left: Tensor<Float>, right: Float) -> Tensor<Float> { left * constant(right) }
  @_disfavoredOverload
  public static func * (left: Float, right: Tensor<Float>) -> Tensor<Float> { constant(left) * right }
  public static func / (left: Tensor<Float>, right: Tensor<Float>) -> Tensor<Float> {
    Tensor(checking: try Operations.divide(left.node, right.node))
  }
  @_disfavoredOverload
  public static func / (left: Tensor<Float>, right: Float) -> Tensor<Float> { left / constant(right) }
  @_disfavoredOverload
  public static func / (left: Float, right: Tensor<Float>) -> Tensor<Float> { constant(left) / right }
}

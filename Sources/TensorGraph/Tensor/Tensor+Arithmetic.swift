// Operators are declared three times: between tensors of any type, between a tensor and a number of any type, and for each of
// the two real types once more. The last are what the type checker tries first, since it compares the types of operands with
// those of declarations: a long formula takes a fraction of a second instead of eight, also where Foundation adds its own
// operators, and `t + 100 * log(2 * Double.pi)` has one meaning. Mixed operators of any type are disfavoured, so that
// literals never try them.

extension Tensor where Scalar: TensorNumeric {
  /// The sum, element by element; shapes broadcast.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    Tensor(checking: try Operations.add(left.node, right.node))
  }

  /// The difference, element by element; shapes broadcast.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    Tensor(checking: try Operations.subtract(left.node, right.node))
  }

  /// The product, element by element; shapes broadcast.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    Tensor(checking: try Operations.multiply(left.node, right.node))
  }

  /// The quotient, element by element; shapes broadcast. Integers are divided downward, and x / 0 is 0 for them.
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    Tensor(checking: try Operations.divide(left.node, right.node))
  }

  /// The remainder with the sign of the divisor, element by element: x - y ⌊x / y⌋.
  public static func % (left: Tensor, right: Tensor) -> Tensor {
    Tensor(checking: try Operations.apply(.modulo, left.node, right.node))
  }

  /// The negative, element by element.
  public static prefix func - (operand: Tensor) -> Tensor { operand.applying(.negate) }

  /// The same.
  public static prefix func + (operand: Tensor) -> Tensor { operand }

  /// Adds in place: the variable becomes the sum.
  public static func += (left: inout Tensor, right: Tensor) { left = left + right }

  /// Subtracts in place: the variable becomes the difference.
  public static func -= (left: inout Tensor, right: Tensor) { left = left - right }

  /// Multiplies in place: the variable becomes the product.
  public static func *= (left: inout Tensor, right: Tensor) { left = left * right }

  /// Divides in place: the variable becomes the quotient.
  public static func /= (left: inout Tensor, right: Tensor) { left = left / right }

  /// The sum of a tensor and a number, element by element.
  @_disfavoredOverload public static func + (left: Tensor, right: Scalar) -> Tensor { left + constant(right) }
  /// The sum of a number and a tensor, element by element.
  @_disfavoredOverload public static func + (left: Scalar, right: Tensor) -> Tensor { constant(left) + right }
  /// The difference of a tensor and a number, element by element.
  @_disfavoredOverload public static func - (left: Tensor, right: Scalar) -> Tensor { left - constant(right) }
  /// The difference of a number and a tensor, element by element.
  @_disfavoredOverload public static func - (left: Scalar, right: Tensor) -> Tensor { constant(left) - right }
  /// The product of a tensor and a number, element by element.
  @_disfavoredOverload public static func * (left: Tensor, right: Scalar) -> Tensor { left * constant(right) }
  /// The product of a number and a tensor, element by element.
  @_disfavoredOverload public static func * (left: Scalar, right: Tensor) -> Tensor { constant(left) * right }
  /// The quotient of a tensor and a number, element by element.
  @_disfavoredOverload public static func / (left: Tensor, right: Scalar) -> Tensor { left / constant(right) }
  /// The quotient of a number and a tensor, element by element.
  @_disfavoredOverload public static func / (left: Scalar, right: Tensor) -> Tensor { constant(left) / right }

  /// Where the elements are equal.
  public static func .== (left: Tensor, right: Tensor) -> Tensor<Bool> { left.comparing(.equal, right) }
  /// Where the elements differ.
  public static func .!= (left: Tensor, right: Tensor) -> Tensor<Bool> { left.comparing(.notEqual, right) }
  /// Where the left element is smaller.
  public static func .< (left: Tensor, right: Tensor) -> Tensor<Bool> { left.comparing(.less, right) }
  /// Where the left element is smaller or equal.
  public static func .<= (left: Tensor, right: Tensor) -> Tensor<Bool> { left.comparing(.lessOrEqual, right) }
  /// Where the left element is larger.
  public static func .> (left: Tensor, right: Tensor) -> Tensor<Bool> { left.comparing(.greater, right) }
  /// Where the left element is larger or equal.
  public static func .>= (left: Tensor, right: Tensor) -> Tensor<Bool> { left.comparing(.greaterOrEqual, right) }

  /// Where an element equals a number.
  @_disfavoredOverload
  public static func .== (left: Tensor, right: Scalar) -> Tensor<Bool> { left.comparing(.equal, constant(right)) }
  /// Where an element differs from a number.
  @_disfavoredOverload
  public static func .!= (left: Tensor, right: Scalar) -> Tensor<Bool> { left.comparing(.notEqual, constant(right)) }
  /// Where an element is smaller than a number.
  @_disfavoredOverload
  public static func .< (left: Tensor, right: Scalar) -> Tensor<Bool> { left.comparing(.less, constant(right)) }
  /// Where an element is at most a number.
  @_disfavoredOverload
  public static func .<= (left: Tensor, right: Scalar) -> Tensor<Bool> { left.comparing(.lessOrEqual, constant(right)) }
  /// Where an element is larger than a number.
  @_disfavoredOverload
  public static func .> (left: Tensor, right: Scalar) -> Tensor<Bool> { left.comparing(.greater, constant(right)) }
  /// Where an element is at least a number.
  @_disfavoredOverload
  public static func .>= (left: Tensor, right: Scalar) -> Tensor<Bool> {
    left.comparing(.greaterOrEqual, constant(right))
  }

  package func applying(_ function: ScalarFunction) -> Tensor {
    Tensor(checking: try Operations.apply(function, node))
  }

  package func applying(_ function: ScalarFunction, _ other: Tensor) -> Tensor {
    Tensor(checking: try Operations.apply(function, node, other.node))
  }

  private func comparing(_ comparison: Comparison, _ other: Tensor) -> Tensor<Bool> {
    Tensor<Bool>(checking: try Operations.compare(comparison, node, other.node))
  }
}

extension Tensor where Scalar == Bool {
  /// Where both masks are true.
  public static func .& (left: Tensor, right: Tensor) -> Tensor {
    Tensor(checking: try Operations.logical(.and, left.node, right.node))
  }

  /// Where one of the masks is true.
  public static func .| (left: Tensor, right: Tensor) -> Tensor {
    Tensor(checking: try Operations.logical(.or, left.node, right.node))
  }

  /// Where the mask is false.
  public static prefix func .! (operand: Tensor) -> Tensor {
    Tensor(checking: try Operations.logical(.not, operand.node))
  }

  /// Whether an element along the axes (or at all) is true.
  public func any(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.quantify(node, axes, all: false, keepsAxes: keepingAxes))
  }

  /// Whether every element along the axes (or at all) is true.
  public func all(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.quantify(node, axes, all: true, keepsAxes: keepingAxes))
  }

  /// `a` where this mask is true, `b` elsewhere; shapes broadcast. What is not selected reaches neither values nor
  /// derivatives of any order.
  public func select<Value: TensorScalar>(_ a: Tensor<Value>, _ b: Tensor<Value>) -> Tensor<Value> {
    Tensor<Value>(checking: try Operations.select(node, a.node, b.node))
  }
}

/// `a` where the condition holds, `b` elsewhere: NumPy's `where`.
public func `where`<Scalar>(_ condition: Tensor<Bool>, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  condition.select(a, b)
}

extension Tensor {
  /// The same values in another element type. Reals become whole numbers by dropping the fraction.
  public func cast<Target: TensorScalar>(to _: Target.Type = Target.self) -> Tensor<Target> {
    Tensor<Target>(node.cast(to: Target.scalarType))
  }
}

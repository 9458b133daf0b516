/// What acts element by element, on operands of equal shape.
package enum PointwiseFunction: Hashable, Sendable {
  /// A differentiable scalar function.
  case elementwise(ScalarFunction)
  /// A differentiable function beyond the C library's.
  case special(SpecialFunction)
  /// A mask: whether the comparison holds.
  case compare(Comparison)
  /// A mask made from masks.
  case logical(LogicalFunction)
  /// Operands mask, a, b: a where the mask is true, b elsewhere.
  case select
  /// The same values in another type.
  case cast(ScalarType)
  /// The same values, constant for derivatives.
  case detach

  /// The type of the result for operands of the given types.
  func type(_ operand: (Int) -> TensorType) -> TensorType {
    switch self {
    case .elementwise, .special, .detach: operand(0)
    case .compare, .logical: TensorType(operand(0).shape, .bool)
    case .select: operand(1)
    case .cast(let type): TensorType(operand(0).shape, type)
    }
  }

  /// Whether the result moves smoothly with operands, and is of their type.
  var isDifferentiable: Bool {
    switch self {
    case .elementwise, .special, .select: true
    case .compare, .logical, .cast, .detach: false
    }
  }

  /// See `Primitive.facts`.
  var facts: (sign: ScalarFacts.Sign, hasPoles: Bool) {
    switch self {
    case .elementwise(let function): (function.facts.sign, function.facts.hasPoles)
    case .special: (.unknown, true)
    case .compare, .logical: (.neverNegative, false)
    case .select, .cast: (.unknown, false)
    case .detach: (.likeAll, false)
    }
  }

  /// The name of the operation in error texts.
  var name: String {
    switch self {
    case .elementwise(.magnitude): "norm or std"
    case .elementwise(let function): function.rawValue
    case .special(let function): function.name
    case .compare(let comparison): comparison.rawValue
    case .logical(let function): function.rawValue
    case .select: "where"
    case .cast: "cast"
    case .detach: "stoppingGradient"
    }
  }
}

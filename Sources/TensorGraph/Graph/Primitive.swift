/// THE LIST: everything a graph can consist of. Whatever else users call is a composition of these.
///
/// There are two levels: what acts element by element (`PointwiseFunction`) and what is linear whatever its parameters
/// (`LinearPrimitive`) are lists of their own, with all that is true of them. A primitive says here what it means and
/// which type its result has. Its values are in `Interpreter`, its linear map in `Linearization`, its kernel in the engine;
/// forward mode, reverse mode, every higher order, many directions at once and the sparsity pattern follow from those and
/// are never written by hand. No switch over primitives has a `default`, so the compiler names the places where a new one
/// is missing.
package enum Primitive: Hashable, Sendable {
  /// What has no operands.
  case leaf(Leaf)
  /// Element by element, of operands of equal shape.
  case pointwise(PointwiseFunction)
  /// A linear map of the first operand; what other operands there are say where its elements go.
  case linear(LinearPrimitive)
  /// Operands one after another along an axis: of each the linear map `Node.place(ofPart:)`.
  case concatenate(axis: Int)
  /// The largest or smallest element along axes (sorted), which disappear; NaN if one of them is NaN. Ties share the
  /// derivative.
  case extremum(Extremum, [Int])
  /// The indices (int64) that would sort the operand along an axis: stable, ascending, NaN last.
  case argsort(axis: Int)
  /// The product of two operands, summed over labels: Einstein's notation.
  case contraction(Contraction)
  /// Operands b [n, k], a [n, n], in the last two axes behind a batch: the x with a x = b. Singular a give infinities or
  /// NaN.
  case solve(MatrixForm)
  /// A factorization or another nonlinear function of matrices in the last two axes.
  case matrix(MatrixFunction)
  /// Operands the first carry, sequences, constants: the steps of a recurrence, one after another. The result is flat:
  /// all carries, the outputs, the sum (`Recurrence.Layout`).
  case scan(Recurrence)
  /// Operands value, arguments…: the value, with the derivatives in the arguments that the rule gives. How the value is
  /// computed does not matter to derivatives.
  case custom(DerivativeRule)
}

/// What has no operands.
package enum Leaf: Hashable, Sendable {
  /// Data from outside: a user's values, or an argument of a plan. Two inputs are equal only if they are one node.
  case input(Shape, ScalarType)
  /// Every element the same.
  case fill(Shape, Literal, ScalarType)
  /// Every element its own index along one axis.
  case iota(Shape, axis: Int, ScalarType)

  var type: TensorType {
    switch self {
    case .input(let shape, let type), .fill(let shape, _, let type), .iota(let shape, _, let type):
      TensorType(shape, type)
    }
  }

  var name: String {
    switch self {
    case .input: "input"
    case .fill: "fill"
    case .iota: "iota"
    }
  }
}

/// Which of several elements is meant.
package enum Extremum: String, Hashable, Sendable {
  case maximum = "max"
  case minimum = "min"

  /// The same of two elements.
  package var function: ScalarFunction { self == .maximum ? .max : .min }
}

/// What is known of a tensor without its elements.
package struct TensorType: Hashable, Sendable {
  package let shape: Shape
  package let scalarType: ScalarType

  package init(_ shape: Shape, _ scalarType: ScalarType) {
    self.shape = shape
    self.scalarType = scalarType
  }
}

/// Axis labels of a product of two operands: `left`, `right` and `output` name each axis.
///
/// No label occurs twice in one list, and each occurs in at least two of the three, so the adjoint in either operand
/// and the product over a further leading axis are again contractions with permuted lists.
package struct Contraction: Hashable, Sendable {
  package let left: [Int]
  package let right: [Int]
  package let output: [Int]

  package init(left: [Int], right: [Int], output: [Int]) {
    self.left = left
    self.right = right
    self.output = output
  }

  /// Labels of both operands that are not in the output.
  package var summed: [Int] { left.filter { !output.contains($0) } }

  /// The extent of each label.
  package func extents(_ leftShape: Shape, _ rightShape: Shape) -> [Int: Int] {
    var extents: [Int: Int] = [:]
    for (label, extent) in zip(left, leftShape.dimensions) { extents[label] = extent }
    for (label, extent) in zip(right, rightShape.dimensions) { extents[label] = extent }
    return extents
  }

  /// The shape of the product of operands of the given shapes.
  package func resultShape(_ left: Shape, _ right: Shape) -> Shape {
    let extents = extents(left, right)
    return Shape(output.map { extents[$0]! })
  }
}

extension Primitive {
  /// The type of the result. The operands are known to fit.
  ///
  /// - Parameter operand: the type of each operand by its number.
  package func type(operandCount: Int, _ operand: (Int) -> TensorType) -> TensorType {
    switch self {
    case .leaf(let leaf): return leaf.type
    case .pointwise(let function): return function.type(operand)
    case .linear(let primitive):
      let first = operand(0)
      return TensorType(primitive.shape(of: first.shape) { operand(1).shape }, first.scalarType)
    case .concatenate(let axis):
      let first = operand(0)
      let extent = (0..<operandCount).reduce(0) { $0 + operand($1).shape[axis] }
      return TensorType(first.shape.replacing(axis: axis, with: extent), first.scalarType)
    case .extremum(_, let axes):
      let operand = operand(0)
      return TensorType(operand.shape.removing(axes: axes), operand.scalarType)
    case .argsort: return TensorType(operand(0).shape, .int64)
    case .contraction(let contraction):
      let left = operand(0)
      return TensorType(contraction.resultShape(left.shape, operand(1).shape), left.scalarType)
    case .solve, .custom: return operand(0)
    case .matrix(let function):
      let operand = operand(0)
      return TensorType(function.shape(of: operand.shape), operand.scalarType)
    case .scan(let recurrence): return TensorType([recurrence.layout.total], operand(0).scalarType)
    }
  }

  /// What is known of an operation whatever its operands: its name in error texts; the sign of the elements of a result, and
  /// whether they may be infinite or undefined where those of the operands are ordinary numbers of moderate size.
  var facts: (name: String, sign: ScalarFacts.Sign, hasPoles: Bool) {
    switch self {
    case .leaf(let leaf):
      switch leaf {
      case .input: (leaf.name, .unknown, false)
      case .fill(_, let literal, _):
        (leaf.name, literal.double >= 0 ? .neverNegative : .unknown, !literal.double.isFinite)
      case .iota: (leaf.name, .neverNegative, false)
      }
    case .pointwise(let function): (function.name, function.facts.sign, function.facts.hasPoles)
    case .linear(let primitive): (primitive.name, primitive.sign, false)
    case .concatenate: ("concatenate", .likeAll, false)
    case .extremum(let extremum, _): (extremum.rawValue, .likeAll, false)
    case .argsort: ("argsort", .neverNegative, false)
    case .contraction: ("contraction", .likeAll, false)
    case .solve: ("solve", .unknown, true)
    case .matrix(let function): (function.rawValue, .unknown, true)
    case .scan: ("scan", .unknown, true)
    case .custom(let rule): (rule.name, .unknown, true)
    }
  }

  /// The name of the operation in error texts.
  package var name: String { facts.name }
}

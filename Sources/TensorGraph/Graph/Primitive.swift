/// THE LIST: everything a graph can consist of. Whatever else users call is a composition of these.
///
/// A primitive says here what it means and which shape it gives. Its values are in `Interpreter`, its linear map in
/// `Linearization`, its kernel in the engine; forward mode, reverse mode, every higher order, many directions at once
/// and the sparsity pattern follow from those and are never written by hand. No switch over primitives has a
/// `default`, so the compiler names the places where a new one is missing.
package enum Primitive: Hashable, Sendable {
  // MARK: Leaves

  /// Data from outside: a user's values, or an argument of a plan. Two inputs are equal only if they are one node.
  case input(Shape, ScalarType)
  /// Every element the same.
  case fill(Shape, Literal, ScalarType)
  /// Every element its own index along one axis.
  case iota(Shape, axis: Int, ScalarType)

  // MARK: Element by element (operands of equal shape)

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

  // MARK: Movement

  /// Repeats along new or stretched axes: operand axis i, of extent n or 1, becomes axis `axes[i]` of the shape;
  /// `axes` is increasing. Axes of the shape that are not named, or whose operand extent is 1, repeat.
  case broadcast(Shape, axes: [Int])
  /// The same elements in row-major order under another shape.
  case reshape(Shape)
  /// Result axis i is operand axis `order[i]`.
  case permute([Int])
  /// Per axis: result index i is operand index start + step · i.
  case slice([AxisSlice])
  /// Zeros of the shape, with the operand at the places that the slice would read: the transpose of `slice`.
  case embed(Shape, [AxisSlice])
  /// Operands one after another along an axis.
  case concatenate(axis: Int)
  /// Operands x, i: x's subarrays at the indices i along an axis; i's axes take the place of that axis.
  case gather(axis: Int)
  /// Operands x, i: adds x's subarrays into zeros at the indices i along an axis of the given extent: the transpose
  /// of `gather`.
  case scatterAdd(axis: Int, extent: Int)

  // MARK: Reductions and scans

  /// The sum over axes (sorted), which disappear.
  case sum([Int])
  /// The largest element along axes (sorted), which disappear; NaN if one of them is NaN. Ties share the derivative.
  case maximum([Int])
  /// The smallest element along axes, as `maximum`.
  case minimum([Int])
  /// Running sums along an axis, from its start or from its end.
  case cumulativeSum(axis: Int, reversed: Bool)
  /// The indices (int64) that would sort the operand along an axis: stable, ascending, NaN last.
  case argsort(axis: Int)

  // MARK: Products

  /// The product of two operands, summed over labels: Einstein's notation.
  case contraction(Contraction)

  // MARK: Linear algebra (matrices in the last two axes, a batch before them)

  /// Operands b [n, k], a [n, n]: the x with a x = b. Singular a give infinities or NaN.
  case solve(MatrixForm)
  /// A factorization or another nonlinear function of matrices.
  case matrix(MatrixFunction)

  // MARK: Control flow

  /// Operands the first carry, sequences, constants: the steps of a recurrence, one after another. The result is flat:
  /// all carries, the outputs, the sum (`Recurrence.Layout`).
  case scan(Recurrence)

  // MARK: Rules from outside

  /// Operands value, arguments…: the value, with the derivatives in the arguments that the rule gives. How the value is
  /// computed does not matter to derivatives.
  case custom(DerivativeRule)
}

/// Every how-manyth element an axis keeps, and from where: index i reads start + step · i.
package struct AxisSlice: Hashable, Sendable {
  package var start: Int
  package var step: Int
  package var count: Int

  package init(start: Int, step: Int, count: Int) {
    self.start = start
    self.step = step
    self.count = count
  }

  /// The whole of an axis.
  package static func all(_ extent: Int) -> AxisSlice { AxisSlice(start: 0, step: 1, count: extent) }

  /// Whether this reads the whole of an axis in order.
  package func isAll(of extent: Int) -> Bool { self == .all(extent) }
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
}

extension Primitive {
  /// The shape of the result for operands of the given shapes. The operands are known to fit.
  package func shape(of operands: [Shape]) -> Shape {
    switch self {
    case .input(let shape, _), .fill(let shape, _, _), .iota(let shape, _, _): shape
    case .elementwise, .special, .compare, .logical, .cast, .detach, .custom: operands[0]
    case .select: operands[1]
    case .broadcast(let shape, _), .reshape(let shape), .embed(let shape, _): shape
    case .permute(let order): Shape(order.map { operands[0][$0] })
    case .slice(let slices): Shape(slices.map(\.count))
    case .concatenate(let axis):
      operands[0].replacing(axis: axis, with: operands.reduce(0) { $0 + $1[axis] })
    case .gather(let axis):
      Shape(
        Array(operands[0].dimensions[..<axis]) + operands[1].dimensions + operands[0].dimensions[(axis + 1)...])
    case .scatterAdd(let axis, let extent):
      Shape(
        Array(operands[0].dimensions[..<axis]) + [extent]
          + operands[0].dimensions[(axis + operands[1].rank)...])
    case .sum(let axes), .maximum(let axes), .minimum(let axes): operands[0].removing(axes: axes)
    case .cumulativeSum, .argsort: operands[0]
    case .contraction(let contraction):
      Shape(contraction.output.map { contraction.extents(operands[0], operands[1])[$0]! })
    case .solve: operands[0]
    case .matrix(let function): function.shape(of: operands[0])
    case .scan(let recurrence): [recurrence.layout.total]
    }
  }

  /// The element type of the result for operands of the given types.
  package func scalarType(of operands: [ScalarType]) -> ScalarType {
    switch self {
    case .input(_, let type), .fill(_, _, let type), .iota(_, _, let type), .cast(let type): type
    case .compare, .logical: .bool
    case .select: operands[1]
    case .argsort: .int64
    case .elementwise, .special, .detach, .broadcast, .reshape, .permute, .slice, .embed, .concatenate, .gather,
      .scatterAdd,
      .sum, .maximum, .minimum, .cumulativeSum, .contraction, .solve, .matrix,
      .scan, .custom:
      operands[0]
    }
  }
}

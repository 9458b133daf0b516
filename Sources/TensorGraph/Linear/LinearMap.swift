/// A linear map from the tangent of one operand to the tangent of the result.
///
/// Forward mode applies it, reverse mode applies its transpose. Both work under any number of leading direction
/// axes (`lift`), so that many directions are pushed at once without another rule.
package indirect enum LinearMap {
  /// The tangent itself.
  case identity
  /// Multiplication, element by element, by a node of the result's shape.
  case scale(Node)
  /// The tangent where the mask is true (`keeping`) or where it is false; exactly zero elsewhere.
  case mask(Node, keeping: Bool)
  /// The same values in the other differentiable type, which is given.
  case cast(ScalarType)
  /// A linear primitive in its first operand, with its operand of indices.
  case structural(LinearPrimitive, indices: Node?)
  /// A product with another operand: labels of the tangent, of the other, of the result.
  case contraction(tangent: [Int], other: Node, otherLabels: [Int], output: [Int])
  /// The solution of systems with a matrix, for tangents of their right-hand sides.
  case solve(MatrixForm, matrix: Node)
  /// One map after another.
  case composed(LinearMap, LinearMap)
  /// An expression that is linear in a variable made for it. What it is built from besides, and its own derivatives
  /// follow, ends at the leaves.
  case expression(variable: Node, result: Node, leaves: [Node])
  /// Whatever a derivative rule says.
  case opaque(OpaqueMap)
}

extension LinearMap {
  /// The image of a tangent with `lift` leading direction axes.
  ///
  /// - Parameter chain: the chain rule of the sweep, which knows what is constant.
  package func apply(_ tangent: Node, lift: Int, _ chain: ChainRule) -> Node {
    let leading = Array(tangent.shape.dimensions[..<lift])
    switch self {
    case .identity: return tangent
    case .scale(let factor): return chain.product(tangent, factor.broadcast(leading: leading))
    case .mask(let mask, let keeping): return ChainRule.masked(tangent, mask.broadcast(leading: leading), keeping)
    case .cast(let type): return tangent.cast(to: type)
    case .structural(let primitive, let indices): return primitive.applied(to: tangent, indices: indices, lift: lift)
    case .contraction(let labels, let other, let otherLabels, let output):
      let directions = Self.directionLabels(lift, avoiding: labels + otherLabels + output)
      return .contraction(tangent, directions + labels, other, otherLabels, directions + output)
    case .solve(let form, let matrix): return .solve(form, tangent, matrix)
    case .composed(let first, let second):
      return second.apply(first.apply(tangent, lift: lift, chain), lift: lift, chain)
    case .expression(let variable, let result, let leaves):
      // The derivative of a linear expression is the expression itself, so this also puts the directions in place.
      return pushforward(
        of: [result], seeds: [(variable, tangent)], lift: lift, leaves: leaves, inputsMove: true)[0]
        ?? .zeros(Shape(leading) + result.shape, result.scalarType)
    case .opaque(let map): return map.apply(tangent, lift)
    }
  }

  /// The image of a cotangent under the transpose.
  ///
  /// - Parameter shape: the shape of the operand, without direction axes.
  package func applyTranspose(_ cotangent: Node, to shape: Shape, lift: Int, _ chain: ChainRule) -> Node {
    let leading = Array(cotangent.shape.dimensions[..<lift])
    switch self {
    case .identity, .scale, .mask: return apply(cotangent, lift: lift, chain)
    // There are two differentiable types and no cast to the same one, so the operand had the other.
    case .cast(let type): return cotangent.cast(to: type == .float32 ? .float64 : .float32)
    case .structural(let primitive, let indices):
      return primitive.transposed(shape).reduce(cotangent) { $1.applied(to: $0, indices: indices, lift: lift) }
    case .contraction(let labels, let other, let otherLabels, let output):
      let directions = Self.directionLabels(lift, avoiding: labels + otherLabels + output)
      // A label that only the operand has was summed before the product, so none is left over here.
      return .contraction(cotangent, directions + output, other, otherLabels, directions + labels)
    case .solve(let form, let matrix): return .solve(form.transposed, cotangent, matrix)
    case .composed(let first, let second):
      let middle = first.resultShape(for: shape)
      return first.applyTranspose(
        second.applyTranspose(cotangent, to: middle, lift: lift, chain), to: shape, lift: lift, chain)
    case .expression(let variable, let result, let leaves):
      return pullback(
        of: [(result, cotangent)], to: [variable], lift: lift, leaves: leaves, inputsMove: true)[0]
        ?? .zeros(Shape(leading) + shape, variable.scalarType)
    case .opaque(let map): return map.transpose(cotangent, lift)
    }
  }

  /// The shape of the image of a tangent of the given shape.
  func resultShape(for shape: Shape) -> Shape {
    switch self {
    case .identity, .scale, .mask, .cast, .solve: shape
    case .structural(let primitive, let indices): primitive.shape(of: shape) { indices!.shape }
    case .contraction(let labels, let other, let otherLabels, let output):
      Contraction(left: labels, right: otherLabels, output: output).resultShape(shape, other.shape)
    case .composed(let first, let second): second.resultShape(for: first.resultShape(for: shape))
    case .expression(_, let result, _): result.shape
    case .opaque(let map): map.shape
    }
  }

  private static func directionLabels(_ lift: Int, avoiding labels: [Int]) -> [Int] {
    let first = (labels.max() ?? -1) + 1
    return Array(first..<(first + lift))
  }
}

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
  /// A linear primitive in its first operand; `constants` are its other operands (indices).
  case structural(Primitive, constants: [Node])
  /// Part `i` of a concatenation: the tangent at its place among zeros.
  case placed(Shape, [AxisSlice])
  /// A product with another operand: labels of the tangent, of the other, of the result.
  case contraction(tangent: [Int], other: Node, otherLabels: [Int], output: [Int])
  /// One map after another.
  case composed(LinearMap, LinearMap)
  /// An expression that is linear in a variable made for it. What it is built from besides, and its own derivatives
  /// follow, ends at the leaves.
  case expression(variable: Node, result: Node, leaves: [Node])
  /// Whatever a derivative rule says.
  case opaque(LinearOperator)
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
    case .structural(let primitive, let constants):
      return primitive.applied(to: tangent, constants: constants, lift: lift)
    case .placed(let shape, let slices):
      return tangent.embedded(in: Shape(leading) + shape, at: leading.map(AxisSlice.all) + slices)
    case .contraction(let labels, let other, let otherLabels, let output):
      let directions = Self.directionLabels(lift, avoiding: labels + otherLabels + output)
      return .contraction(tangent, directions + labels, other, otherLabels, directions + output)
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
    case .structural(let primitive, let constants):
      return primitive.transposeApplied(to: cotangent, constants: constants, operandShape: shape, lift: lift)
    case .placed(_, let slices): return cotangent.sliced(leading.map(AxisSlice.all) + slices)
    case .contraction(let labels, let other, let otherLabels, let output):
      let directions = Self.directionLabels(lift, avoiding: labels + otherLabels + output)
      // A label that only the operand has was summed before the product, so none is left over here.
      return .contraction(cotangent, directions + output, other, otherLabels, directions + labels)
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
    case .identity: shape
    case .scale(let factor): factor.shape
    case .mask(let mask, _): mask.shape
    case .structural(let primitive, let constants): primitive.shape(of: [shape] + constants.map(\.shape))
    case .placed(let shape, _): shape
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

extension Contraction {
  /// The shape of the product of operands of the given shapes.
  package func resultShape(_ left: Shape, _ right: Shape) -> Shape {
    let extents = extents(left, right)
    return Shape(output.map { extents[$0]! })
  }
}

extension Primitive {
  /// This linear primitive on a tangent with `lift` leading axes: the same, its axes shifted.
  package func applied(to t: Node, constants: [Node], lift: Int) -> Node {
    let leading = Array(t.shape.dimensions[..<lift])
    let axes = Array(0..<lift)
    switch self {
    case .broadcast(let shape, let placement):
      return t.broadcast(to: Shape(leading) + shape, axes: axes + placement.map { $0 + lift })
    case .reshape(let shape): return t.reshaped(to: Shape(leading) + shape)
    case .permute(let order): return t.permuted(axes + order.map { $0 + lift })
    case .slice(let slices): return t.sliced(leading.map(AxisSlice.all) + slices)
    case .embed(let shape, let slices):
      return t.embedded(in: Shape(leading) + shape, at: leading.map(AxisSlice.all) + slices)
    case .gather(let axis): return t.gathered(constants[0], axis: axis + lift)
    case .scatterAdd(let axis, let extent): return t.scatterAdded(constants[0], axis: axis + lift, extent: extent)
    case .sum(let summed): return t.summed(over: summed.map { $0 + lift })
    case .cumulativeSum(let axis, let reversed): return t.cumulativelySummed(axis: axis + lift, reversed: reversed)
    case .cast(let type): return t.cast(to: type)
    case .solve(let form): return .solve(form, t, constants[0])
    case .input, .fill, .iota, .elementwise, .special, .compare, .logical, .select, .detach, .concatenate, .maximum,
      .minimum,
      .argsort, .contraction, .matrix, .scan, .custom:
      fatalError("\(self) is not a linear primitive in one operand")
    }
  }

  /// The transpose of this linear primitive on a cotangent with `lift` leading axes.
  fileprivate func transposeApplied(to c: Node, constants: [Node], operandShape: Shape, lift: Int) -> Node {
    let leading = Array(c.shape.dimensions[..<lift])
    let lifted = Shape(leading) + operandShape
    let axes = Array(0..<lift)
    switch self {
    case .broadcast(let shape, let placement):
      // Sum over what repeated: axes that are new, and axes whose operand extent is 1 (kept as 1 by the reshape).
      let repeated = shape.dimensions.indices.filter { axis in
        guard let i = placement.firstIndex(of: axis) else { return true }
        return operandShape[i] == 1 && shape[axis] != 1
      }
      return c.summed(over: repeated.map { $0 + lift }).reshaped(to: lifted)
    case .reshape: return c.reshaped(to: lifted)
    case .permute(let order):
      var inverse = [Int](repeating: 0, count: order.count)
      for (axis, source) in order.enumerated() { inverse[source] = axis }
      return c.permuted(axes + inverse.map { $0 + lift })
    case .slice(let slices): return c.embedded(in: lifted, at: leading.map(AxisSlice.all) + slices)
    case .embed(_, let slices): return c.sliced(leading.map(AxisSlice.all) + slices)
    case .gather(let axis):
      return c.scatterAdded(constants[0], axis: axis + lift, extent: operandShape[axis])
    case .scatterAdd(let axis, _): return c.gathered(constants[0], axis: axis + lift)
    case .sum(let summed):
      let kept = operandShape.dimensions.indices.filter { !summed.contains($0) }
      return c.broadcast(to: lifted, axes: axes + kept.map { $0 + lift })
    case .cumulativeSum(let axis, let reversed):
      return c.cumulativelySummed(axis: axis + lift, reversed: !reversed)
    case .cast(let type):
      // There are two differentiable types and no cast to the same one, so the operand had the other.
      return c.cast(to: type == .float32 ? .float64 : .float32)
    case .solve(let form): return .solve(form.transposed, c, constants[0])
    case .input, .fill, .iota, .elementwise, .special, .compare, .logical, .select, .detach, .concatenate, .maximum,
      .minimum,
      .argsort, .contraction, .matrix, .scan, .custom:
      fatalError("\(self) is not a linear primitive in one operand")
    }
  }
}

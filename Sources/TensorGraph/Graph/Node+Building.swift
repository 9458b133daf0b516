/// Construction of nodes whose operands are known to fit, simplified on the way.
///
/// Each rule is a law of values *and* of derivatives: it holds for infinities and NaN too, or it is not here. In
/// particular x · 0 stays, while the product `scale` of the chain rule may vanish.
extension Node {
  // MARK: Leaves

  package static func fill(_ value: Literal, shape: Shape, scalarType: ScalarType) -> Node {
    Node(.fill(shape, value, scalarType))
  }

  package static func zeros(_ shape: Shape, _ scalarType: ScalarType) -> Node {
    fill(scalarType.isDifferentiable ? .real(0) : .integer(0), shape: shape, scalarType: scalarType)
  }

  /// Every element `value`, in the shape and type of this node.
  package func filled(with value: Double) -> Node {
    .fill(
      scalarType.isDifferentiable ? .real(value) : .integer(Literal.real(value).integer), shape: shape,
      scalarType: scalarType)
  }

  /// The value of all elements, if the node says so.
  package var fillLiteral: Literal? {
    if case .leaf(.fill(_, let literal, _)) = primitive { literal } else { nil }
  }

  /// The value of all elements, if the node is a constant in which nobody can differentiate.
  private var constantLiteral: Literal? { isExposed ? nil : fillLiteral }

  /// The operation, if others may look through it: nobody can differentiate in this node, and its operands are known.
  private var transparent: Primitive? { isExposed || isDeferred ? nil : primitive }

  /// Whether this is a constant with every element equal to `value` (0 and -0 are told apart).
  package func isFilled(with value: Double) -> Bool {
    guard let literal = constantLiteral else { return false }
    return literal.double == value && !(value == 0 && literal.double.sign == .minus)
  }

  // MARK: Element by element

  package static func elementwise(_ function: ScalarFunction, _ operands: Node...) -> Node {
    elementwise(function, operands)
  }

  package static func elementwise(_ function: ScalarFunction, _ operands: [Node]) -> Node {
    if let simpler = simplified(function, operands) { return simpler }
    return Node(.elementwise(function), operands)
  }

  private static func simplified(_ function: ScalarFunction, _ operands: [Node]) -> Node? {
    let x = operands[0]
    switch function {
    case .negate:
      if case .pointwise(.elementwise(.negate)) = x.transparent { return x.operands[0] }
      if let value = x.constantLiteral, x.scalarType.isDifferentiable { return x.filled(with: -value.double) }
    case .add:
      // x + (-0) = x for every x; x + 0 differs for x = -0 only in the sign of zero, which derivatives do not see.
      if operands[1].isZero { return x }
      if x.isZero { return operands[1] }
      if case .pointwise(.elementwise(.negate)) = operands[1].transparent {
        return elementwise(.subtract, x, operands[1].operands[0])
      }
    case .subtract:
      if operands[1].isZero { return x }
    case .multiply, .scale:
      let y = operands[1]
      if x.isFilled(with: 1) { return y }
      if y.isFilled(with: 1) { return x }
      if x.isFilled(with: -1) { return elementwise(.negate, y) }
      if y.isFilled(with: -1) { return elementwise(.negate, x) }
      if function == .scale {
        if x.isZero { return x }
        if y.isZero { return y }
      }
      if function == .multiply, x === y { return elementwise(.square, x) }
      if function == .multiply, x.isSame(as: y) {
        // Written twice: derivatives in the second would miss this.
        y.bypass()
        return elementwise(.square, x)
      }
      if function == .multiply, let identity = cubeIdentity(x, y) ?? cubeIdentity(y, x) { return identity }
      if let a = x.constantLiteral, let b = y.constantLiteral, x.scalarType == .float64 {
        return x.filled(with: a.double * b.double)
      }
    case .divide:
      if operands[1].isFilled(with: 1) { return x }
      if x.isFilled(with: 1) { return elementwise(.reciprocal, operands[1]) }
    case .reciprocal:
      // Sums of terms of one sign as derivatives, none of which has the square as a step on the way.
      if case .pointwise(.elementwise(.square)) = x.transparent {
        return elementwise(.square, elementwise(.reciprocal, x.operands[0]))
      }
    case .square:
      if let identity = squareIdentity(x) { return identity }
      if case .pointwise(.elementwise(.negate)) = x.transparent { return elementwise(.square, x.operands[0]) }
    case .pow:
      if let exponent = operands[1].constantLiteral?.double { return power(x, exponent) ?? powerIdentity(x, exponent) }
    case .exp, .log, .exp2, .log2, .expMinusOne, .logOnePlus: return inverseIdentity(function, x)
    // What has no law.
    default: break
    }
    return nil
  }

  /// x to a constant power: small whole powers by multiplication, so that derivatives of every order are exact at 0.
  private static func power(_ x: Node, _ exponent: Double) -> Node? {
    switch exponent {
    case 0: x.filled(with: 1)
    case 1: x
    case 2: elementwise(.square, x)
    case 3: elementwise(.multiply, elementwise(.square, x), x)
    case 4: elementwise(.square, elementwise(.square, x))
    case -1: elementwise(.reciprocal, x)
    case -2: elementwise(.reciprocal, elementwise(.square, x))
    default: nil
    }
  }

  /// Whether every element is known to be exactly zero.
  package var isZero: Bool {
    if let literal = fillLiteral { literal.double == 0 && !isExposed } else { shape.count == 0 }
  }

  package static func compare(_ comparison: Comparison, _ a: Node, _ b: Node) -> Node {
    Node(.compare(comparison), [a, b])
  }

  package static func logical(_ function: LogicalFunction, _ operands: Node...) -> Node {
    Node(.logical(function), operands)
  }

  /// `a` where the mask is true, `b` elsewhere.
  package static func select(_ mask: Node, _ a: Node, _ b: Node) -> Node {
    if let literal = mask.constantLiteral { return literal.double != 0 ? a : b }
    if a === b { return a }
    if a.isZero, b.isZero { return a }
    return Node(.select, [mask, a, b])
  }

  package func cast(to type: ScalarType) -> Node {
    if type == scalarType { return self }
    if let literal = constantLiteral {
      return .fill(literal.converted(to: scalarType).converted(to: type), shape: shape, scalarType: type)
    }
    return Node(.cast(type), [self])
  }

  package func detached() -> Node {
    if isDetached || !scalarType.isDifferentiable { return self }
    return Node(.detach, [self])
  }

  // MARK: Movement

  /// Operand axis i becomes axis `axes[i]` of the shape; everything else repeats.
  package func broadcast(to target: Shape, axes: [Int]) -> Node {
    if target == shape { return self }
    if let literal = constantLiteral { return .fill(literal, shape: target, scalarType: scalarType) }
    // Composition needs extents to be repeated by one of the two only: an inner 1 stays 1 or is stretched later.
    if case .linear(.broadcast(_, let inner)) = transparent {
      return operands[0].broadcast(to: target, axes: inner.map { axes[$0] })
    }
    return Node(.broadcast(target, axes: axes), [self])
  }

  /// Repeats along new leading axes.
  package func broadcast(leading: [Int]) -> Node {
    if leading.isEmpty { return self }
    return broadcast(to: Shape(leading) + shape, axes: Array(leading.count..<(leading.count + shape.rank)))
  }

  /// NumPy's rule: axes match from the right.
  package func broadcast(to target: Shape) -> Node {
    broadcast(to: target, axes: Array((target.rank - shape.rank)..<target.rank))
  }

  package func reshaped(to target: Shape) -> Node {
    if target == shape { return self }
    if let literal = constantLiteral { return .fill(literal, shape: target, scalarType: scalarType) }
    if case .linear(.reshape) = transparent { return operands[0].reshaped(to: target) }
    return Node(.reshape(target), [self])
  }

  package func permuted(_ order: [Int]) -> Node {
    if order == Array(0..<shape.rank) { return self }
    if let literal = constantLiteral {
      return .fill(literal, shape: Shape(order.map { shape[$0] }), scalarType: scalarType)
    }
    if case .linear(.permute(let inner)) = transparent { return operands[0].permuted(order.map { inner[$0] }) }
    return Node(.permute(order), [self])
  }

  package func sliced(_ slices: [AxisSlice]) -> Node {
    if zip(slices, shape.dimensions).allSatisfy({ $0.isAll(of: $1) }) { return self }
    if let literal = constantLiteral {
      return .fill(literal, shape: Shape(slices.map(\.count)), scalarType: scalarType)
    }
    if case .concatenate(let axis) = transparent, let (part, start) = part(along: axis, holding: slices[axis]) {
      var inner = slices
      inner[axis].start -= start
      return part.sliced(inner)
    }
    if case .linear(.slice(let inner)) = transparent {
      let composed = zip(inner, slices).map { inner, outer in
        AxisSlice(start: inner.start + inner.step * outer.start, step: inner.step * outer.step, count: outer.count)
      }
      return operands[0].sliced(composed)
    }
    // Past a transposition whose elements would have to be moved to be seen in the other shape.
    if case .linear(.reshape(let target)) = transparent,
      case .linear(.permute(let order))? = operands[0].transparent,
      let inner = operands[0].shape.slices(below: slices, of: target)
    {
      var moved = inner
      for (axis, from) in order.enumerated() { moved[from] = inner[axis] }
      return operands[0].operands[0].sliced(moved).permuted(order).reshaped(to: Shape(slices.map(\.count)))
    }
    return Node(.slice(slices), [self])
  }

  /// The part of a concatenation in which a slice along its axis lies, and where that part begins.
  private func part(along axis: Int, holding slice: AxisSlice) -> (part: Node, start: Int)? {
    guard slice.step == 1, slice.count > 0 else { return nil }
    var start = 0
    for part in operands {
      let end = start + part.shape[axis]
      if slice.start >= start, slice.start < end { return slice.start + slice.count <= end ? (part, start) : nil }
      start = end
    }
    return nil
  }

  package func embedded(in target: Shape, at slices: [AxisSlice]) -> Node {
    if zip(slices, target.dimensions).allSatisfy({ $0.isAll(of: $1) }) { return self }
    if isZero { return .zeros(target, scalarType) }
    return Node(.embed(target, slices), [self])
  }

  package static func concatenate(_ parts: [Node], axis: Int) -> Node {
    let present = parts.filter { $0.shape[axis] > 0 }
    if present.isEmpty { return parts[0] }
    if present.count == 1 { return present[0] }
    return Node(.concatenate(axis: axis), present)
  }

  package func gathered(_ indices: Node, axis: Int) -> Node { Node(.gather(axis: axis), [self, indices]) }

  package func scatterAdded(_ indices: Node, axis: Int, extent: Int) -> Node {
    let result = Node(.scatterAdd(axis: axis, extent: extent), [self, indices])
    return isZero ? .zeros(result.shape, scalarType) : result
  }

  // MARK: Reductions and products

  package func summed(over axes: [Int]) -> Node {
    if axes.isEmpty { return self }
    if isZero { return .zeros(shape.removing(axes: axes), scalarType) }
    if axes.allSatisfy({ shape[$0] == 1 }) { return reshaped(to: shape.removing(axes: axes)) }
    return Node(.sum(axes), [self])
  }

  package func cumulativelySummed(axis: Int, reversed: Bool) -> Node {
    isZero ? self : Node(.cumulativeSum(axis: axis, reversed: reversed), [self])
  }

  /// A product summed over labels. Labels that only one operand has and the output lacks are summed first; those that
  /// only the output has are an error of the caller.
  package static func contraction(
    _ left: Node, _ leftLabels: [Int], _ right: Node, _ rightLabels: [Int], _ output: [Int]
  ) -> Node {
    func reduced(_ node: Node, _ labels: [Int], other: [Int]) -> (Node, [Int]) {
      let lone = labels.indices.filter { !other.contains(labels[$0]) && !output.contains(labels[$0]) }
      return (node.summed(over: lone), labels.indices.filter { !lone.contains($0) }.map { labels[$0] })
    }
    let (a, aLabels) = reduced(left, leftLabels, other: rightLabels)
    let (b, bLabels) = reduced(right, rightLabels, other: leftLabels)
    let node = Node(.contraction(Contraction(left: aLabels, right: bLabels, output: output)), [a, b])
    return a.isZero || b.isZero ? .zeros(node.shape, node.scalarType) : node
  }
}

/// Arithmetic on nodes of equal shape and type: the notation of derivative rules.
package func + (left: Node, right: Node) -> Node { .elementwise(.add, left, right) }
package func - (left: Node, right: Node) -> Node { .elementwise(.subtract, left, right) }
package func * (left: Node, right: Node) -> Node { .elementwise(.multiply, left, right) }
package func / (left: Node, right: Node) -> Node { .elementwise(.divide, left, right) }
package prefix func - (operand: Node) -> Node { .elementwise(.negate, operand) }
package func * (left: Double, right: Node) -> Node { right.filled(with: left) * right }
package func + (left: Double, right: Node) -> Node { right.filled(with: left) + right }
package func - (left: Double, right: Node) -> Node { right.filled(with: left) - right }

infix operator ⊗ : MultiplicationPrecedence
/// The product that is 0 where its left factor is (`ScalarFunction.scale`).
package func ⊗ (left: Node, right: Node) -> Node { .elementwise(.scale, left, right) }

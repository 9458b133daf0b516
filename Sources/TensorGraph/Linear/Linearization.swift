/// THE RULES: how each primitive responds to a small change of one operand.
extension Node {
  /// The linear map from the tangent of operand `i` to this node's tangent, or nil if this node does not depend on
  /// it differentiably. Forward and reverse mode of every order are derived from this switch.
  package func linearization(_ i: Int) -> LinearMap? {
    guard scalarType.isDifferentiable, operands[i].scalarType.isDifferentiable else { return nil }
    switch primitive {
    case .leaf, .argsort: return nil
    case .pointwise(let function): return linearization(of: function, i)
    case .linear(let primitive): return .structural(primitive, indices: indices)
    case .concatenate: return .structural(place(ofPart: i), indices: nil)
    case .extremum(_, let axes): return .composed(.scale(extremumWeights(axes)), .structural(.sum(axes), indices: nil))
    case .solve(let form): return i == 0 ? .solve(form, matrix: operands[1]) : solutionLinearization(form)
    case .matrix(let function): return linearization(of: function)
    case .scan(let recurrence): return recurrence.linearization(of: self, in: i)
    case .custom(let rule): return i == 0 ? nil : rule.linearization(of: self, in: i)
    case .contraction(let c):
      return i == 0
        ? .contraction(tangent: c.left, other: operands[1], otherLabels: c.right, output: c.output)
        : .contraction(tangent: c.right, other: operands[0], otherLabels: c.left, output: c.output)
    }
  }

  private func linearization(of function: PointwiseFunction, _ i: Int) -> LinearMap? {
    switch function {
    case .elementwise(let function):
      guard let partial = function.partial(i, operands, self) else { return nil }
      return partial.isFilled(with: 1) ? .identity : .scale(partial)
    case .special(let function): return .scale(function.partial(i, operands, self))
    case .select: return .mask(operands[0], keeping: i == 1)
    case .cast(let type): return .cast(type)
    case .compare, .logical, .detach: return nil
    }
  }

  /// Where an operand of this concatenation lies in it: among zeros if the other operands are.
  package func place(ofPart i: Int) -> LinearPrimitive {
    guard case .concatenate(let axis) = primitive else { fatalError("\(primitive) has no parts") }
    let start = operands[..<i].reduce(0) { $0 + $1.shape[axis] }
    return .embed(shape, shape.slices(axis: axis, start, operands[i].shape[axis]))
  }

  /// For each element of the operand of an extremum its share of the derivative: 1 / (number of ties) or 0.
  private func extremumWeights(_ axes: [Int]) -> Node {
    let x = operands[0]
    let kept = x.shape.dimensions.indices.filter { !axes.contains($0) }
    let wins = Node.compare(.equal, x, broadcast(to: x.shape, axes: kept)).cast(to: scalarType)
    return wins / wins.summed(over: axes).broadcast(to: x.shape, axes: kept)
  }
}

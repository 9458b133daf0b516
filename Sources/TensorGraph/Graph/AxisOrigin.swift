/// What index b along an axis of a result is made from in an operand.
package enum AxisOrigin {
  /// Index b of an axis alone.
  case axis(Int)
  /// The same for every b.
  case all
  /// Other indices than b, or it is not said.
  case mixed
}

extension Primitive {
  /// Where an axis of the result comes from in operand `i`, for operands of the given shapes.
  package func origin(ofAxis axis: Int, in i: Int, _ operands: [Shape]) -> AxisOrigin {
    switch self {
    case .leaf: .all
    case .pointwise: .axis(axis)
    case .linear(let primitive): primitive.origin(ofAxis: axis, in: i, operands)
    case .concatenate(let along), .argsort(let along): along == axis ? .mixed : .axis(axis)
    case .extremum(_, let axes): .axis(operands[0].dimensions.indices.filter { !axes.contains($0) }[axis])
    case .contraction(let c): (i == 0 ? c.left : c.right).firstIndex(of: c.output[axis]).map { .axis($0) } ?? .all
    case .solve:
      // Columns of right-hand sides stay apart, with one matrix for all of them.
      switch operands[0].rank - axis {
      case 1: i == 0 ? .axis(axis) : .all
      case 2: .mixed
      default: .axis(axis)
      }
    case .matrix: axis < operands[0].rank - 2 ? .axis(axis) : .mixed
    case .scan: .mixed
    case .custom(let rule): rule.trailingAxes.map { axis < operands[i].rank - $0 } == true ? .axis(axis) : .mixed
    }
  }
}

extension LinearPrimitive {
  fileprivate func origin(ofAxis axis: Int, in i: Int, _ operands: [Shape]) -> AxisOrigin {
    let operand = operands[0]
    switch self {
    case .broadcast(let shape, let axes):
      guard let place = axes.firstIndex(of: axis), operand[place] == shape[axis] else { return .all }
      return .axis(place)
    case .reshape(let shape):
      let before = shape.dimensions[..<axis].reduce(1, *)
      var product = 1
      for (place, extent) in operand.dimensions.enumerated() {
        if product == before, extent == shape[axis] { return .axis(place) }
        product *= extent
      }
      return .mixed
    case .permute(let order): return .axis(order[axis])
    case .slice(let slices): return slices[axis].isAll(of: operand[axis]) ? .axis(axis) : .mixed
    case .embed(let shape, let slices): return slices[axis].isAll(of: shape[axis]) ? .axis(axis) : .mixed
    case .gather(let along):
      let rank = operands[1].rank
      let isIndexed = (along..<(along + rank)).contains(axis)
      if i == 1 { return isIndexed ? .axis(axis - along) : .all }
      return isIndexed ? .all : .axis(axis < along ? axis : axis - rank + 1)
    case .scatterAdd(let along, _):
      if i == 1 { return .all }
      return along == axis ? .mixed : .axis(axis < along ? axis : axis + operands[1].rank - 1)
    case .sum(let axes): return .axis(operand.dimensions.indices.filter { !axes.contains($0) }[axis])
    case .cumulativeSum(let along, _): return along == axis ? .mixed : .axis(axis)
    }
  }
}

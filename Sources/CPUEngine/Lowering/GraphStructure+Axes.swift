import TensorGraph

extension GraphStructure {
  /// The type of each entry.
  package var types: [TensorType] {
    var types: [TensorType] = []
    types.reserveCapacity(entries.count)
    for entry in entries {
      switch entry.operation {
      case .argument(let shape, let type), .fill(let shape, let type): types.append(TensorType(shape, type))
      case .primitive(let primitive):
        types.append(primitive.type(operandCount: entry.operands.count) { types[Int(entry.operands[$0])] })
      }
    }
    return types
  }
}

extension Primitive {
  /// The same primitive with another extent of an axis of its result, whose indices come from one axis of each operand
  /// (`AxisOrigin`) that has this extent, too.
  func restricted(axis: Int, to count: Int) -> Primitive {
    func smaller(_ shape: Shape) -> Shape { shape.replacing(axis: axis, with: count) }
    func smaller(_ slices: [AxisSlice]) -> [AxisSlice] {
      var slices = slices
      slices[axis] = .all(count)
      return slices
    }
    if case .leaf(.iota(let shape, let along, let type)) = self {
      return .leaf(.iota(smaller(shape), axis: along, type))
    }
    guard case .linear(let movement) = self else { return self }
    switch movement {
    case .broadcast(let shape, let axes): return .linear(.broadcast(smaller(shape), axes: axes))
    case .reshape(let shape): return .linear(.reshape(smaller(shape)))
    case .slice(let slices): return .linear(.slice(smaller(slices)))
    case .embed(let shape, let slices): return .linear(.embed(smaller(shape), smaller(slices)))
    case .permute, .gather, .scatterAdd, .sum, .cumulativeSum: return self
    }
  }
}

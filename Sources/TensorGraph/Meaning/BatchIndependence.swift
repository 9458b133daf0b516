/// Whether the slices of a result along a batch axis depend only on the same slices of a variable.
///
/// A batched derivative moves the same direction in every slice at once and reads all results together, which is
/// right only if slices do not mix. The analysis follows the batch axis through the graph.
package enum BatchIndependence {
  /// Which axis of each output carries the batch of `variable`'s axis; nil for an output that does not depend on it.
  ///
  /// - Throws: an error that names the operation which mixes slices.
  package static func batchAxes(
    of outputs: [Node], variable: Node, axis: Int
  ) throws(TensorError) -> [Int?] {
    var axes: [Node: Int] = [variable: axis]
    let order = Node.topologicalOrder(
      outputs, entering: { $0 !== variable && $0.scalarType.isDifferentiable && $0.primitive != .detach })
    for node in order where node !== variable && node.primitive != .detach && node.scalarType.isDifferentiable {
      guard node.operands.contains(where: { axes[$0] != nil }) else { continue }
      guard let carried = carriedAxis(node, axes) else {
        throw TensorError(
          "batchAxis \(axis): \(node.primitive.name) of shapes \(node.operands.map(\.shape)) mixes the slices of the "
            + "batch, so slice b of ys depends on other slices of xs; keep the slices apart, or leave batchAxis out")
      }
      axes[node] = carried
    }
    return outputs.map { axes[$0] }
  }

  /// The axis of the result along which slices stay apart, or nil if the operation mixes them.
  private static func carriedAxis(_ node: Node, _ axes: [Node: Int]) -> Int? {
    let carried = node.operands.map { axes[$0] }
    /// All operands that depend on the variable carry the batch on one axis.
    func common() -> Int? {
      let present = Set(carried.compactMap { $0 })
      return present.count == 1 ? present.first : nil
    }
    switch node.primitive {
    case .input, .fill, .iota, .argsort: return nil
    case .elementwise, .compare, .logical, .select, .cast, .detach: return common()
    case .broadcast(_, let placement): return carried[0].map { placement[$0] }
    case .reshape(let shape):
      guard let axis = carried[0] else { return nil }
      let source = node.operands[0].shape
      let before = source.dimensions[..<axis].reduce(1, *)
      var product = 1
      for (place, extent) in shape.dimensions.enumerated() {
        if product == before, extent == source[axis] { return place }
        product *= extent
      }
      return nil
    case .permute(let order): return carried[0].flatMap { order.firstIndex(of: $0) }
    case .slice(let slices):
      guard let axis = carried[0] else { return nil }
      return slices[axis].isAll(of: node.operands[0].shape[axis]) ? axis : nil
    case .embed(let shape, let slices):
      guard let axis = carried[0] else { return nil }
      return slices[axis].isAll(of: shape[axis]) ? axis : nil
    case .concatenate(let along): return common().flatMap { $0 == along ? nil : $0 }
    case .gather(let along):
      guard let axis = carried[0], axis != along else { return nil }
      return axis < along ? axis : axis + node.operands[1].shape.rank - 1
    case .scatterAdd(let along, _):
      let places = along..<(along + node.operands[1].shape.rank)
      guard let axis = carried[0], !places.contains(axis) else { return nil }
      return axis < along ? axis : axis - places.count + 1
    case .sum(let summed), .maximum(let summed), .minimum(let summed):
      guard let axis = carried[0], !summed.contains(axis) else { return nil }
      return axis - summed.count { $0 < axis }
    case .cumulativeSum(let along, _): return carried[0].flatMap { $0 == along ? nil : $0 }
    case .contraction(let c):
      let labels = Set(
        [carried[0].map { c.left[$0] }, carried[1].map { c.right[$0] }].compactMap { $0 })
      guard labels.count == 1, let label = labels.first else { return nil }
      return c.output.firstIndex(of: label)
    }
  }
}

extension Primitive {
  /// The name of the operation in error texts.
  package var name: String {
    switch self {
    case .input: "input"
    case .fill: "fill"
    case .iota: "iota"
    case .elementwise(let function): function.rawValue
    case .compare(let comparison): comparison.rawValue
    case .logical(let function): function.rawValue
    case .select: "where"
    case .cast: "cast"
    case .detach: "stoppingGradient"
    case .broadcast: "broadcast"
    case .reshape: "reshape"
    case .permute: "transpose"
    case .slice: "slice"
    case .embed: "embed"
    case .concatenate: "concatenate"
    case .gather: "gather"
    case .scatterAdd: "scatterAdd"
    case .sum: "sum"
    case .maximum: "max"
    case .minimum: "min"
    case .cumulativeSum: "cumulativeSum"
    case .argsort: "argsort"
    case .contraction: "contraction"
    }
  }
}

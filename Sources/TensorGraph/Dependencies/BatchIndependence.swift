/// Whether slice b of a result, along a batch axis, depends on slice b of a variable only.
///
/// A batched derivative moves the same direction in every slice at once and reads all results together, which is
/// right only if slices do not mix. The analysis follows the batch axis through the graph; where an operation keeps no
/// such axis (a reshape across it, a gather along it), it goes on element by element: which slice owns each.
package struct BatchIndependence {
  /// What a node depends on. A node that is not listed depends on no slice.
  private enum Dependence {
    /// Index b of this axis depends on slice b at most.
    case axis(Int)
    /// For each element the only slice it depends on, `SliceDependence.none` or `SliceDependence.several`.
    case owners(SliceDependence)
  }

  private let variable: Node
  private let axis: Int
  /// The values of an index node.
  private let indices: (Node) throws(TensorError) -> Storage
  private var dependences: [Node: Dependence]

  /// Checks that element b of `output` along `outputAxis` depends on slice b of `variable` along `axis` only.
  ///
  /// - Parameter indices: gives the values of an index node; asked for only where an operation gathers or scatters
  ///   along the batch.
  /// - Throws: an error that names the operation which mixes or reorders the slices.
  /// - Complexity: O(1) per node while the batch keeps an axis, O(elements) per node beyond.
  package static func check(
    _ output: Node, outputAxis: Int, variable: Node, axis: Int,
    indices: (Node) throws(TensorError) -> Storage
  ) throws(TensorError) {
    try withoutActuallyEscaping(indices) { indices throws(TensorError) in
      var analysis = BatchIndependence(variable: variable, axis: axis, indices: indices)
      try analysis.run(output)
      try analysis.judge(output, outputAxis)
    }
  }

  private init(variable: Node, axis: Int, indices: @escaping (Node) throws(TensorError) -> Storage) {
    self.variable = variable
    self.axis = axis
    self.indices = indices
    dependences = [variable: .axis(axis)]
  }

  private var batchCount: Int { variable.shape[axis] }

  private mutating func run(_ output: Node) throws(TensorError) {
    let order = Node.topologicalOrder(
      [output], entering: { $0 !== variable && $0.scalarType.isDifferentiable && $0.primitive != .detach })
    for node in order where node !== variable {
      let active = activeOperands(node)
      guard !active.isEmpty else { continue }
      let carried = node.operands.indices.map { i -> Int? in
        guard active.contains(i), case .axis(let axis) = dependences[node.operands[i]] else { return nil }
        return axis
      }
      let isFollowed = active.allSatisfy { carried[$0] != nil }
      if isFollowed, let axis = Self.carriedAxis(node, carried) {
        dependences[node] = .axis(axis)
        continue
      }
      let owners = try SliceDependence(of: node, operands: operandOwners(node, active), indices: indices)
      if owners.areNone { continue }
      dependences[node] = owners.axis(in: node.shape, batchCount: batchCount).map(Dependence.axis) ?? .owners(owners)
    }
  }

  /// The operands that depend on the variable and through which this node does, differentiably.
  private func activeOperands(_ node: Node) -> [Int] {
    guard node.scalarType.isDifferentiable, node.primitive != .detach else { return [] }
    return node.operands.indices.filter { dependences[node.operands[$0]] != nil && node.linearization($0) != nil }
  }

  private func operandOwners(_ node: Node, _ active: [Int]) -> [SliceDependence?] {
    node.operands.enumerated().map { i, operand in
      guard active.contains(i), let dependence = dependences[operand] else { return nil }
      return switch dependence {
      case .axis(let axis): SliceDependence(alongAxis: axis, of: operand.shape)
      case .owners(let owners): owners
      }
    }
  }

  private func judge(_ output: Node, _ outputAxis: Int) throws(TensorError) {
    switch dependences[output] {
    case nil: return
    case .axis(let carried):
      guard carried != outputAxis else { return }
      throw TensorError(
        "batchAxis \(axis): the slices of xs arrive along axis \(carried) of ys, whose shape is \(output.shape), not "
          + "along axis \(outputAxis); transpose ys")
    case .owners(let owners):
      if owners.contains(SliceDependence.several) {
        let node = origin(output) { $0.contains(SliceDependence.several) }
        throw TensorError(
          "batchAxis \(axis): \(node.primitive.name) of shapes \(node.operands.map(\.shape)) mixes the slices of the "
            + "batch, so slice b of ys depends on other slices of xs; keep the slices apart, or leave batchAxis out")
      }
      guard let (slice, owner) = owners.firstMisplaced(axis: outputAxis, of: output.shape) else { return }
      let node = origin(output) { _ in true }
      throw TensorError(
        "batchAxis \(axis): \(node.primitive.name) of shapes \(node.operands.map(\.shape)) reorders the slices of the "
          + "batch, so slice \(slice) of ys depends on slice \(owner) of xs; keep their order")
    }
  }

  /// The first operation above the variable, on a way to `node`, for whose owners the condition holds.
  private func origin(_ node: Node, where condition: (SliceDependence) -> Bool) -> Node {
    var node = node
    while let earlier = node.operands.first(where: { operand in
      if case .owners(let owners) = dependences[operand] { condition(owners) } else { false }
    }) {
      node = earlier
    }
    return node
  }

  /// The axis of the result along which slices stay apart, or nil if the operation mixes them.
  private static func carriedAxis(_ node: Node, _ carried: [Int?]) -> Int? {
    /// All operands that depend on the variable carry the batch on one axis.
    func common() -> Int? {
      let present = Set(carried.compactMap { $0 })
      return present.count == 1 ? present.first : nil
    }
    switch node.primitive {
    case .input, .fill, .iota, .argsort: return nil
    case .elementwise, .special, .compare, .logical, .select, .cast, .detach: return common()
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
    case .solve:
      // Columns of right-hand sides stay apart if the matrix is the same for all.
      let last = carried[1] == nil ? node.shape.rank - 1 : -1
      return common().flatMap { $0 < node.shape.rank - 2 || $0 == last ? $0 : nil }
    case .custom(let rule):
      guard let axis = common(), let trailing = rule.trailingAxes else { return nil }
      let first = carried.firstIndex { $0 != nil }!
      return axis < node.operands[first].shape.rank - trailing ? axis : nil
    case .scan: return nil
    case .matrix: return carried[0].flatMap { $0 < node.operands[0].shape.rank - 2 ? $0 : nil }
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
    case .elementwise(.magnitude): "norm or std"
    case .elementwise(let function): function.rawValue
    case .special(let function): function.name
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
    case .scan: "scan"
    case .custom(let rule): rule.name
    case .solve: "solve"
    case .matrix(let function): function.rawValue
    }
  }
}

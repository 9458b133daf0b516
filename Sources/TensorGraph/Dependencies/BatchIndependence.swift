/// Whether slice b of a result, along a batch axis, depends on slice b of a variable only.
///
/// A batched derivative moves the same direction in every slice at once and reads all results together, which is
/// right only if slices do not mix. The analysis follows the batch axis through the graph; where an operation keeps no
/// such axis (a reshape across it, a gather along it), it goes on element by element: on which slices each depends. The
/// tables are those of dependencies on the slices as things; of several slices not all need be told apart from each other.
package struct BatchIndependence {
  /// What a node depends on. A node that is not listed depends on no slice.
  private enum Dependence {
    /// Index b of this axis depends on slice b at most.
    case axis(Int)
    /// For each element the slices it depends on.
    case slices(DependencyTable)
  }

  private let variable: Node
  private let axis: Int
  /// The values of an index node.
  private let indices: (Node) throws(TensorError) -> Storage
  private var dependences: [Node: Dependence]
  private var pool: DependencySets

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
    pool = DependencySets(elementCount: variable.shape[axis], budget: 0)
  }

  private mutating func run(_ output: Node) throws(TensorError) {
    try LinearSweep([output], from: variable).forEach { (node, inputs) throws(TensorError) in
      if let axis = carriedAxis(node, inputs.map(\.operand)) {
        dependences[node] = .axis(axis)
        return true
      }
      let known = try knownIndices(node)
      var result = DependencyTable.uniform(DependencySets.empty)
      for (i, map) in inputs {
        let operand = node.operands[i]
        let image = map.dependencies(table(dependences[operand]!, operand.shape), operand.shape, known, &pool)
        result = result.union(image, &pool)
      }
      if result.expanded(node.shape.count).allSatisfy({ $0 == DependencySets.empty }) { return false }
      let axis = node.shape.dimensions.indices.first {
        node.shape[$0] == pool.elementCount && misplaced(result, along: $0, of: node.shape) == nil
      }
      dependences[node] = axis.map { .axis($0) } ?? .slices(result)
      return true
    }
  }

  private func table(_ dependence: Dependence, _ shape: Shape) -> DependencyTable {
    switch dependence {
    case .axis(let axis):
      let inner = shape.strides[axis]
      return .each((0..<shape.count).map { DependencySets.single($0 / inner % shape[axis]) })
    case .slices(let table): return table
    }
  }

  /// The axis of the result along which slices stay apart, or nil if the operation mixes them.
  private func carriedAxis(_ node: Node, _ inputs: [Int]) -> Int? {
    let shapes = node.operands.map(\.shape)
    return node.shape.dimensions.indices.first { axis in
      inputs.allSatisfy { i in
        guard case .axis(let carried)? = dependences[node.operands[i]],
          case .axis(carried) = node.primitive.origin(ofAxis: axis, in: i, shapes)
        else { return false }
        return true
      }
    }
  }

  /// The indices by which a node gathers or scatters.
  ///
  /// - Throws: if one lies outside its axis.
  private func knownIndices(_ node: Node) throws(TensorError) -> KnownValues {
    guard let primitive = node.linearPrimitive, let places = node.indices else { return KnownValues() }
    let values = try indices(places)
    let elements = (0..<values.count).map { Int(values.literal(at: $0).integer) }
    let (axis, extent) = primitive.indexedAxis(of: node.operands[0].shape)!
    if let outside = elements.first(where: { !(0..<extent).contains($0) }) {
      throw .indexOutside(axis, index: outside, extent: extent)
    }
    return KnownValues([places: elements.map(Double.init)])
  }

  /// The first element that depends on a slice other than its index along an axis: that index, and the slice; nil for
  /// several slices.
  private func misplaced(
    _ table: DependencyTable, along axis: Int, of shape: Shape
  ) -> (slice: Int, owner: Int?)? {
    let inner = shape.strides[axis]
    for element in 0..<shape.count where table[element] != DependencySets.empty {
      let (slice, owners) = (element / inner % shape[axis], pool.elements(table[element]))
      if owners.count > 1 { return (slice, nil) }
      if Int(owners.first!) != slice { return (slice, Int(owners.first!)) }
    }
    return nil
  }

  private func judge(_ output: Node, _ outputAxis: Int) throws(TensorError) {
    switch dependences[output] {
    case nil: return
    case .axis(let carried):
      guard carried != outputAxis else { return }
      throw TensorError(
        "batchAxis \(axis): the slices of xs arrive along axis \(carried) of ys, whose shape is \(output.shape), not "
          + "along axis \(outputAxis); transpose ys")
    case .slices(let table):
      if mixes(table, output.shape.count) {
        let node = origin(output) { mixes($0, $1.shape.count) }
        throw TensorError(
          "batchAxis \(axis): \(node.primitive.name) of shapes \(node.operands.map(\.shape)) mixes the slices of the "
            + "batch, so slice b of ys depends on other slices of xs; keep the slices apart, or leave batchAxis out")
      }
      guard let (slice, owner) = misplaced(table, along: outputAxis, of: output.shape) else { return }
      let node = origin(output) { _, _ in true }
      throw TensorError(
        "batchAxis \(axis): \(node.primitive.name) of shapes \(node.operands.map(\.shape)) reorders the slices of the "
          + "batch, so slice \(slice) of ys depends on slice \(owner!) of xs; keep their order")
    }
  }

  /// Whether an element depends on several slices.
  private func mixes(_ table: DependencyTable, _ count: Int) -> Bool {
    table.expanded(count).contains { pool.size($0) > 1 }
  }

  /// The first operation above the variable, on a way to `node`, for whose table the condition holds.
  private func origin(_ node: Node, where condition: (DependencyTable, Node) -> Bool) -> Node {
    var node = node
    while let earlier = node.operands.first(where: { operand in
      if case .slices(let table) = dependences[operand] { condition(table, operand) } else { false }
    }) {
      node = earlier
    }
    return node
  }
}

/// Which elements of a node may be different from zero, whatever the values of its inputs.
///
/// The tables are those of dependencies on a single thing: an element "depends" on it if it may be non-zero. Movement is
/// thus shared with the dependency analysis, and only what happens to zeros in each operation is said here.
struct StructuralZeros {
  private var pool = DependencySets(elementCount: 1, budget: 0)

  static let zero = DependencyTable.uniform(DependencySets.empty)
  static let nonzero = DependencyTable.uniform(DependencySets.single(0))

  /// The table of known elements.
  static func table(of elements: [Double]) -> DependencyTable {
    if elements.allSatisfy({ $0 != 0 }) { return nonzero }
    return .each(elements.map { $0 == 0 ? DependencySets.empty : DependencySets.single(0) })
  }

  /// The table of a node's result from those of its operands.
  ///
  /// - Parameter known: the elements of operands that are masks and indices.
  mutating func table(of node: Node, _ operands: [DependencyTable], _ known: KnownValues) -> DependencyTable {
    switch node.primitive {
    case .fill: return node.isZero ? StructuralZeros.zero : StructuralZeros.nonzero
    case .input, .iota, .compare, .logical, .argsort, .solve, .matrix, .special, .scan: return StructuralZeros.nonzero
    case .elementwise(let function): return table(of: function, node.shape.count, operands)
    case .select:
      guard let mask = known.elements[node.operands[0]] else { return operands[1].union(operands[2], &pool) }
      let kept = operands[1].keeping(node.shape.count) { mask[$0] != 0 }
      return kept.union(operands[2].keeping(node.shape.count) { mask[$0] == 0 }, &pool)
    case .detach, .custom: return operands[0]
    case .cast, .broadcast, .reshape, .permute, .slice, .embed, .gather, .scatterAdd, .sum, .cumulativeSum:
      if node.operands[0].shape.count == 0 { return node.shape.count == 0 ? operands[0] : StructuralZeros.zero }
      return node.primitive.dependencies(
        operands[0], node.operands[0].shape, node.operands.dropFirst().first.flatMap { known.elements[$0] },
        node.operands.dropFirst().first, &pool)
    case .concatenate(let axis):
      var result = StructuralZeros.zero
      var start = 0
      for (operand, table) in zip(node.operands, operands) {
        let slices = node.shape.dimensions.indices.map { other in
          other == axis
            ? AxisSlice(start: start, step: 1, count: operand.shape[axis]) : AxisSlice.all(node.shape[other])
        }
        start += operand.shape[axis]
        result = result.union(table.embedded(operand.shape, in: node.shape, slices), &pool)
      }
      return result
    case .maximum(let axes), .minimum(let axes):
      return node.operands[0].shape.count == 0
        ? StructuralZeros.nonzero : operands[0].reduced(node.operands[0].shape, over: axes, &pool)
    case .contraction(let c):
      let product = DependencyContraction(
        labels: c.left, shape: node.operands[0].shape, otherLabels: c.right, otherShape: node.operands[1].shape,
        output: c.output)
      return product.dependencies(operands[0], factors: operands[1], &pool)
    }
  }

  private mutating func table(
    of function: ScalarFunction, _ count: Int, _ operands: [DependencyTable]
  ) -> DependencyTable {
    switch function.facts.zero {
    case .never: StructuralZeros.nonzero
    case .first: operands[0]
    case .either: operands[0].keeping(count, factors: operands[1])
    case .both: operands[0].union(operands[1], &pool)
    }
  }
}

extension DependencyTable {
  /// The sets of the elements that meet a factor which may be different from zero, nothing elsewhere.
  func keeping(_ count: Int, factors: DependencyTable) -> DependencyTable {
    switch factors {
    case .uniform(let set): set == DependencySets.empty ? factors : self
    case .each(let sets): keeping(count) { sets[$0] != DependencySets.empty }
    }
  }
}

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
    case .leaf: return node.isZero ? StructuralZeros.zero : StructuralZeros.nonzero
    case .argsort, .solve, .matrix, .scan: return StructuralZeros.nonzero
    case .custom: return operands[0]
    case .pointwise(let function): return table(of: function, node, operands, known)
    case .linear(let primitive):
      let shape = node.operands[0].shape
      if shape.count == 0 { return node.shape.count == 0 ? operands[0] : StructuralZeros.zero }
      return primitive.dependencies(operands[0], shape, node.indices, known, &pool)
    case .concatenate:
      return operands.indices.reduce(StructuralZeros.zero) { result, i in
        let part = node.place(ofPart: i).dependencies(operands[i], node.operands[i].shape, nil, known, &pool)
        return result.union(part, &pool)
      }
    case .extremum(_, let axes):
      let shape = node.operands[0].shape
      return shape.count == 0 ? StructuralZeros.nonzero : operands[0].reduced(shape, over: axes, &pool)
    case .contraction(let c):
      let product = DependencyContraction(
        labels: c.left, shape: node.operands[0].shape, otherLabels: c.right, otherShape: node.operands[1].shape,
        output: c.output)
      return product.dependencies(operands[0], factors: operands[1], &pool)
    }
  }

  private mutating func table(
    of function: PointwiseFunction, _ node: Node, _ operands: [DependencyTable], _ known: KnownValues
  ) -> DependencyTable {
    let count = node.shape.count
    switch function {
    case .elementwise(let function):
      switch function.facts.zero {
      case .never: return StructuralZeros.nonzero
      case .first: return operands[0]
      case .either: return operands[0].keeping(count, factors: operands[1])
      case .both: return operands[0].union(operands[1], &pool)
      }
    case .special, .compare, .logical: return StructuralZeros.nonzero
    case .select:
      guard let mask = known.elements[node.operands[0]] else { return operands[1].union(operands[2], &pool) }
      let kept = operands[1].keeping(count) { mask[$0] != 0 }
      return kept.union(operands[2].keeping(count) { mask[$0] == 0 }, &pool)
    case .cast, .detach: return operands[0]
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

/// What a dependency analysis may know of values: masks, indices, and zeros among factors.
struct KnownValues {
  /// The elements of nodes that are known.
  private(set) var elements: [Node: [Double]] = [:]
  /// Which elements of factors may be different from zero.
  private var nonzeros: [Node: DependencyTable] = [:]
  /// What is known of indices that are not known themselves.
  private var ranges: [Node: IndexRange] = [:]

  /// Some elements are known, and nothing of factors.
  init(_ elements: [Node: [Double]] = [:]) { self.elements = elements }

  /// Nothing where an element of the factor is zero, something elsewhere.
  func factors(_ factor: Node) -> DependencyTable { nonzeros[factor] ?? StructuralZeros.nonzero }

  /// What is known of indices: each is one of its own, or of those that it may be. Nil for nothing.
  func indices(_ node: Node) -> IndexRange? {
    if let known = elements[node] { return IndexRange(offsets: known.map { Int($0) }, step: 0, count: 1) }
    return ranges[node]
  }

  /// What is known of masks, indices and factors, and of what they are computed from.
  ///
  /// Without an evaluator known values are those of constants, counters and given whole numbers, and what follows from
  /// them alone; with one, of all that does not differentiably depend on the variable: at the point it is what it is.
  /// - Parameter integers: computes what follows from constants and given whole numbers.
  /// - Throws: what the evaluators throw; an index outside its axis.
  init(
    for companions: [Node], variable: Node, at evaluate: Dependencies.Evaluator?,
    integers: Dependencies.Evaluator = Dependencies.interpreter
  ) throws(TensorError) {
    var isKnown: [Node: Bool] = [:]
    for node in Node.topologicalOrder(companions, entering: { $0 !== variable }) {
      isKnown[node] = evaluate == nil ? node.isFixed(isKnown, variable) : node.isConstant(isKnown, variable)
    }
    // Real numbers that are known but not asked for by a point, such as a grid's coordinates, are hardly ever zero, and
    // not worth computing; zeros and ones made from masks are.
    func isRead(_ node: Node) -> Bool {
      guard isKnown[node]! else { return false }
      if node.isCast { return true }
      return evaluate != nil || !node.scalarType.isDifferentiable
    }
    let order = Node.topologicalOrder(companions, entering: { $0 !== variable && !isRead($0) })
    try read(order.filter { $0 !== variable && isRead($0) }, at: evaluate, integers)
    for node in order where node.scalarType.isInteger && elements[node] == nil {
      ranges[node] = IndexRange(of: node, known: elements, ranges: ranges)
    }
    var zeros = StructuralZeros()
    for node in order where node.scalarType.isDifferentiable {
      if let elements = elements[node] {
        nonzeros[node] = StructuralZeros.table(of: elements)
      } else if node === variable {
        nonzeros[node] = StructuralZeros.nonzero
      } else {
        nonzeros[node] = zeros.table(of: node, node.operands.map { factors($0) }, self)
      }
    }
  }

  private mutating func read(
    _ nodes: [Node], at evaluate: Dependencies.Evaluator?, _ integers: Dependencies.Evaluator
  ) throws(TensorError) {
    var wanted: [Node] = []
    for node in nodes {
      if let literal = node.fillLiteral {
        // Zeros among factors are seen without a list of elements.
        if node.scalarType.isDifferentiable { continue }
        elements[node] = [Double](repeating: literal.double, count: node.shape.count)
      } else if evaluate == nil, let value = node.value {
        elements[node] = (0..<value.count).map { value.literal(at: $0).double }
      } else {
        wanted.append(node)
      }
    }
    if wanted.isEmpty { return }
    let found = if let evaluate { try evaluate(wanted) } else { try integers(wanted) }
    for (node, values) in zip(wanted, found) { elements[node] = values }
  }
}

extension Node {
  /// Whether the elements are the same whatever real numbers the inputs hold.
  fileprivate func isFixed(_ isFixed: [Node: Bool], _ variable: Node) -> Bool {
    if self === variable { return false }
    if isInput { return !scalarType.isDifferentiable && value != nil }
    return operands.allSatisfy { isFixed[$0]! }
  }

  /// Whether the elements have no derivative in the variable.
  fileprivate func isConstant(_ isConstant: [Node: Bool], _ variable: Node) -> Bool {
    if self === variable { return false }
    return operands.indices.allSatisfy { isConstant[operands[$0]]! || linearization($0) == nil }
  }
}

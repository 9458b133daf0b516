/// The same expressions for many rows at once: each node whose elements differ from row to row gets a leading axis.
package struct Vectorization {
  /// The number of rows.
  private let count: Int
  private var made: [Node: Image]

  private struct Image {
    var node: Node
    /// Whether the leading axis is that of the rows.
    var hasRows: Bool
  }

  /// - Parameters:
  ///   - rows: inputs of expressions that stand for a row, and all rows along a leading axis.
  ///   - constants: inputs that stand for the same in every row.
  package init(count: Int, rows: [(input: Node, rows: Node)], constants: [(input: Node, value: Node)]) {
    self.count = count
    made = [:]
    for (input, rows) in rows { made[input] = Image(node: rows, hasRows: true) }
    for (input, value) in constants { made[input] = Image(node: value, hasRows: false) }
  }

  /// Whether an expression is known for all rows; its operands have been asked before.
  package mutating func add(_ node: Node) -> Bool {
    if made[node] != nil { return true }
    var operands: [Image] = []
    for operand in node.operands {
      guard let image = made[operand] else { return false }
      operands.append(image)
    }
    if operands.contains(where: \.hasRows) {
      guard let result = vectorized(node, operands) else { return false }
      made[node] = Image(node: result, hasRows: true)
    } else {
      guard !node.isInput else { return false }
      let isSame = zip(operands, node.operands).allSatisfy { $0.node === $1 }
      made[node] = Image(node: isSame ? node : Node(node.primitive, operands.map(\.node)), hasRows: false)
    }
    return true
  }

  /// An expression that was added: for each row, or the same for all.
  package func image(of node: Node) -> (node: Node, hasRows: Bool) { (made[node]!.node, made[node]!.hasRows) }

  private func vectorized(_ node: Node, _ operands: [Image]) -> Node? {
    func lifted(_ i: Int) -> Node {
      operands[i].hasRows ? operands[i].node : operands[i].node.broadcast(leading: [count])
    }
    func all() -> [Node] { operands.indices.map(lifted) }
    switch node.primitive {
    case .leaf, .scan: return nil
    case .pointwise(.elementwise(let function)): return .elementwise(function, all())
    case .pointwise(.select): return .select(lifted(0), lifted(1), lifted(2))
    case .pointwise(.cast(let type)): return operands[0].node.cast(to: type)
    case .pointwise(.detach): return operands[0].node.detached()
    case .pointwise(.special), .pointwise(.compare), .pointwise(.logical): return Node(node.primitive, all())
    case .linear(let primitive):
      guard operands.count > 1, operands[1].hasRows else {
        return primitive.applied(to: operands[0].node, indices: operands.dropFirst().first?.node, lift: 1)
      }
      guard !operands[0].hasRows, case .gather(let axis) = primitive else { return nil }
      // The axis of the rows comes where the indexed axis was.
      let gathered = operands[0].node.gathered(operands[1].node, axis: axis)
      return gathered.permuted([axis] + (0..<gathered.shape.rank).filter { $0 != axis })
    case .concatenate(let axis): return .concatenate(all(), axis: axis + 1)
    case .extremum(let extremum, let axes): return Node(.extremum(extremum, axes.map { $0 + 1 }), all())
    case .argsort(let axis): return Node(.argsort(axis: axis + 1), all())
    case .contraction(let c):
      let row = (c.left + c.right + c.output).max().map { $0 + 1 } ?? 0
      func labels(_ own: [Int], _ i: Int) -> [Int] { operands[i].hasRows ? [row] + own : own }
      return .contraction(
        operands[0].node, labels(c.left, 0), operands[1].node, labels(c.right, 1), [row] + c.output)
    case .solve(let form):
      guard form.system != nil else { return .solve(form, lifted(0), lifted(1)) }
      return operands[1].hasRows ? nil : .solve(form, lifted(0), operands[1].node)
    case .matrix: return Node(node.primitive, all())
    case .custom(let rule): return rule.trailingAxes == nil ? nil : Node(node.primitive, all())
    }
  }
}

extension Node {
  /// Expressions in rows, for all rows along a new leading axis: at once if that can be, one row after another if not.
  static func vectorized(_ results: [Node], rows: [(input: Node, rows: Node)], count: Int) -> [Node] {
    if count == 0 { return results.map { .zeros([0] + $0.shape, $0.scalarType) } }
    let inputs = Set(rows.map(\.input))
    let captured = GraphBody.captured(by: results, over: inputs)
    var vectorization = Vectorization(
      count: count, rows: rows, constants: captured.map { (input: $0, value: $0) })
    let ends = inputs.union(captured)
    guard Node.topologicalOrder(results, entering: { !ends.contains($0) }).allSatisfy({ vectorization.add($0) }) else {
      return results.map { result in
        // A recurrence without a carry.
        let carry = Node(.input([0], result.scalarType))
        let nothing = Node.zeros([0], result.scalarType)
        let (recurrence, operands) = Node.scan(
          count: count, isReversed: false, isSegmented: false, carry: (carry, nothing), sequences: rows, constants: [],
          next: carry, output: result, summand: nothing)
        return Node(.scan(recurrence), operands).reshaped(to: [count] + result.shape)
      }
    }
    return results.map { result in
      let (image, hasRows) = vectorization.image(of: result)
      return hasRows ? image : image.broadcast(leading: [count])
    }
  }
}

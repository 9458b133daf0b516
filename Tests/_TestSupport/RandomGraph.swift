import TensorGraph

/// Grows random graphs: nodes of every kind over inputs and over what has grown already.
package final class RandomGraph: SampleBuilder {
  /// Differentiable nodes that can serve as operands.
  package private(set) var pool: [Node] = []
  /// The inputs with respect to which one may differentiate.
  package let variables: [Node]
  /// How likely an operand is something that has grown already rather than a fresh input.
  private let reuse = 0.9

  /// A graph with variables of the given shapes.
  package init(seed: UInt64, type: ScalarType = .float64, variables shapes: [Shape]) {
    var generator = RepeatableGenerator(seed: seed &* 31 &+ 7)
    variables = shapes.map { .input(generator.reals($0.count), $0, type) }
    super.init(seed: seed, type: type)
    pool = variables
  }

  /// Adds nodes of random kinds.
  package func grow(_ count: Int, kinds: [PrimitiveKind] = PrimitiveKind.tame) {
    for _ in 0..<count {
      let node = node(generator.pick(kinds))
      if node.scalarType == type {
        pool.append(node)
      } else if node.scalarType.isDifferentiable {
        pool.append(Node(.cast(type), [node]))
      }
      masks += node.scalarType == .bool ? [node] : []
      others += node.scalarType.isInteger ? [node] : []
    }
  }

  private var masks: [Node] = []
  private var others: [Node] = []

  /// What the graph computes: everything that has grown.
  package var everything: [Node] { pool + masks + others }

  /// One number that depends on the last differentiable nodes, each with its own weight.
  package func total(ofLast count: Int) -> Node {
    var total = Node(.fill([], .real(0), type))
    for node in pool.suffix(count) {
      let weights = Node.input(generator.reals(node.shape.count), node.shape, type)
      let product = Node(.elementwise(.multiply), [weights, node])
      let sum = Node(.sum(Array(0..<node.shape.rank)), [product])
      total = Node(.elementwise(.add), [total, sum])
    }
    return total
  }

  package override func operand(_ shape: Shape) -> Node {
    guard !pool.isEmpty, generator.chance(reuse) else { return super.operand(shape) }
    return fitted(generator.pick(pool.suffix(12)), to: shape)
  }

  package override func mask(_ shape: Shape) -> Node {
    if let mask = masks.last(where: { $0.shape == shape }), generator.chance(0.5) { return mask }
    return generator.chance(0.5)
      ? super.mask(shape) : Node(.compare(.less), [operand(shape), operand(shape)])
  }

  /// A node of another shape that depends on the given one.
  private func fitted(_ node: Node, to shape: Shape) -> Node {
    if node.shape == shape { return node }
    if node.shape.count == shape.count { return Node(.reshape(shape), [node]) }
    if node.shape.count > shape.count {
      let flat = Node(.reshape([node.shape.count]), [node])
      let start = generator.integer(in: 0...(node.shape.count - shape.count))
      let part = Node(.slice([AxisSlice(start: start, step: 1, count: shape.count)]), [flat])
      return Node(.reshape(shape), [part])
    }
    let sum = Node(.sum(Array(0..<node.shape.rank)), [node])
    return Node(.broadcast(shape, axes: []), [sum])
  }
}

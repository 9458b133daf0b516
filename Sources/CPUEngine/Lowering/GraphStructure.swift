import TensorGraph

/// A graph without its data: what programs are cached by.
///
/// Inputs and the values of constants are left out, so that rebuilding the same expression with other numbers finds
/// the same program.
struct GraphStructure: Hashable, Sendable {
  enum Operation: Hashable, Sendable {
    /// Elements from outside.
    case argument(Shape, ScalarType)
    /// A constant, whose value comes at run time.
    case fill(Shape, ScalarType)
    /// Any other primitive.
    case primitive(Primitive)
  }

  struct Entry: Hashable, Sendable {
    var operation: Operation
    var operands: [Int32]
  }

  /// Operands before their users.
  private(set) var entries: [Entry] = []
  /// The entries that are wanted.
  private(set) var outputs: [Int32] = []

  /// The structure below some nodes, and the data that it leaves out, in the order in which they occur.
  ///
  /// - Parameter isArgument: whether a node's elements come from outside.
  init(
    _ nodes: [Node], isArgument: (Node) -> Bool,
    arguments: inout [Node], literals: inout [(Literal, ScalarType)]
  ) {
    var places: [ObjectIdentifier: Int32] = [:]
    let order = Node.topologicalOrder(nodes, entering: { !isArgument($0) })
    entries.reserveCapacity(order.count)
    places.reserveCapacity(order.count)
    for node in order {
      places[ObjectIdentifier(node)] = Int32(entries.count)
      if isArgument(node) {
        arguments.append(node)
        entries.append(Entry(operation: .argument(node.shape, node.scalarType), operands: []))
      } else if case .fill(let shape, let literal, let type) = node.primitive {
        literals.append((literal, type))
        entries.append(Entry(operation: .fill(shape, type), operands: []))
      } else {
        entries.append(
          Entry(
            operation: .primitive(node.primitive), operands: node.operands.map { places[ObjectIdentifier($0)]! }))
      }
    }
    outputs = nodes.map { places[ObjectIdentifier($0)]! }
  }
}

import TensorGraph

/// A graph without its data: what programs are cached by.
///
/// Inputs and the values of constants are left out, so that rebuilding the same expression with other numbers finds
/// the same program. Which constants are equal is kept, since what is computed from equal ones is computed once.
struct GraphStructure: Hashable, Sendable {
  enum Operation: Hashable, Sendable {
    /// Elements from outside.
    case argument(Shape, ScalarType)
    /// A constant, whose value comes at run time; the only operand is its number among the values.
    case fill(Shape, ScalarType)
    /// Any other primitive.
    case primitive(Primitive)
  }

  /// Equal for the same bits only.
  private struct LiteralKey: Hashable {
    var bits: UInt64
    var type: ScalarType

    init(_ literal: Literal, _ type: ScalarType) {
      switch literal {
      case .real(let value): bits = value.bitPattern
      case .integer(let value): bits = UInt64(bitPattern: value)
      }
      self.type = type
    }
  }

  struct Entry: Hashable, Sendable {
    var operation: Operation
    var operands: [Int32]
  }

  /// Operands before their users.
  private(set) var entries: [Entry] = []
  /// The entries that are wanted.
  private(set) var outputs: [Int32] = []

  init(entries: [Entry], outputs: [Int32]) {
    self.entries = entries
    self.outputs = outputs
  }

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
    var numbers: [LiteralKey: Int] = [:]
    for node in order {
      places[ObjectIdentifier(node)] = Int32(entries.count)
      if isArgument(node) {
        arguments.append(node)
        entries.append(Entry(operation: .argument(node.shape, node.scalarType), operands: []))
      } else if case .leaf(.fill(let shape, let literal, let type)) = node.primitive {
        let key = LiteralKey(literal, type)
        let number = numbers[key] ?? literals.count
        if number == literals.count {
          literals.append((literal, type))
          numbers[key] = number
        }
        entries.append(Entry(operation: .fill(shape, type), operands: [Int32(number)]))
      } else if case .custom = node.primitive {
        // Rules matter to derivatives alone, save that a copy waits for what stands behind it.
        let isCopy = node.primitive == .custom(.recomputing)
        let operands = isCopy ? [node.operands[0], node.operands[2]] : [node.operands[0]]
        entries.append(
          Entry(
            operation: .primitive(isCopy ? node.primitive : .pointwise(.detach)),
            operands: operands.map { places[ObjectIdentifier($0)]! }))
      } else {
        entries.append(
          Entry(
            operation: .primitive(node.primitive), operands: node.operands.map { places[ObjectIdentifier($0)]! }))
      }
    }
    outputs = nodes.map { places[ObjectIdentifier($0)]! }
  }
}

/// A graph without its data: what programs, plans, patterns and bodies are found by. Whoever builds the same expression
/// again has the same.
package struct GraphStructure: Hashable, Sendable {
  package enum Operation: Hashable, Sendable {
    /// Elements from outside.
    case argument(Shape, ScalarType)
    /// A constant, whose value comes at run time; the only operand is its number among the values.
    case fill(Shape, ScalarType)
    /// Any other primitive.
    case primitive(Primitive)
  }

  package struct Entry: Hashable, Sendable {
    package var operation: Operation
    package var operands: [Int32]

    package init(operation: Operation, operands: [Int32]) {
      self.operation = operation
      self.operands = operands
    }
  }

  /// Operands before their users.
  package let entries: [Entry]
  /// The entries that are looked at.
  package let outputs: [Int32]
  /// Of both: many tables are asked for one structure.
  private let hash: Int

  package init(entries: [Entry], outputs: [Int32]) {
    self.entries = entries
    self.outputs = outputs
    var hasher = Hasher()
    hasher.combine(entries)
    hasher.combine(outputs)
    hash = hasher.finalize()
  }

  package static func == (left: GraphStructure, right: GraphStructure) -> Bool {
    left.hash == right.hash && left.outputs == right.outputs && left.entries == right.entries
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

// MARK: Of programs

extension GraphStructure {
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

  /// The structure below some nodes, and the data that it leaves out, in the order in which they occur.
  ///
  /// Inputs and the values of constants are left out, so that rebuilding the same expression with other numbers finds the
  /// same program. Which constants are equal is kept, since what is computed from equal ones is computed once.
  ///
  /// - Parameters:
  ///   - isArgument: whether a node's elements come from outside.
  ///   - order: the nodes below, if they have been listed.
  package init(
    _ nodes: [Node], isArgument: (Node) -> Bool, order: [Node]? = nil,
    arguments: inout [Node], literals: inout [(Literal, ScalarType)]
  ) {
    var entries: [Entry] = []
    var places: [ObjectIdentifier: Int32] = [:]
    let order = order ?? Node.topologicalOrder(nodes, entering: { !isArgument($0) })
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
        let divides = node.scalarFunction == .divide && node.operands[0].isOne
        entries.append(
          Entry(
            operation: .primitive(divides ? .pointwise(.elementwise(.reciprocal)) : node.primitive),
            operands: (divides ? [node.operands[1]] : node.operands).map { places[ObjectIdentifier($0)]! }))
      }
    }
    self.init(entries: entries, outputs: nodes.map { places[ObjectIdentifier($0)]! })
  }
}

extension Node {
  /// Whether this is 1 everywhere, written as a number: what is divided by something is then its reciprocal, which derivatives
  /// ask for as well.
  fileprivate var isOne: Bool {
    var node = self
    guard scalarType.isDifferentiable else { return false }
    while case .linear(.broadcast) = node.primitive { node = node.operands[0] }
    return node.fillLiteral?.double == 1
  }
}

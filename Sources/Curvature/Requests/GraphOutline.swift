import TensorGraph

/// The graph between a variable and a node that depends on it.
///
/// Where nothing depends on the variable the outline ends, if the elements are known already.
struct GraphOutline {
  /// What remains without the data. It looks at the output, and at entries whose elements are known although they depend
  /// on the variable.
  let structure: GraphStructure
  /// The nodes that the entries stand for, in order.
  let nodes: [Node]
  /// The entries without operands whose elements come from outside; the first is the variable.
  let leaves: [Int]
  /// The entries that depend on the variable and whose elements are known.
  let known: [Int]

  /// - Parameter countsKnown: whether elements that are known make a difference.
  init(of output: Node, in variable: Node, countsKnown: Bool) {
    var places: [ObjectIdentifier: Int32] = [:]
    var entries: [GraphStructure.Entry] = []
    var nodes: [Node] = []
    var leaves: [Int] = []
    var known: [Int] = []
    var depends: [Bool] = []
    /// What is known and does not depend on the variable is a leaf.
    let floor = VariableFloor(variable)
    func isEnd(_ node: Node) -> Bool { node === variable || !floor.isBelow(node) && node.value != nil }
    let order = Node.topologicalOrder([variable, output], entering: { !isEnd($0) && !$0.operands.isEmpty })
    entries.reserveCapacity(order.count)
    nodes.reserveCapacity(order.count)
    places.reserveCapacity(order.count)
    depends.reserveCapacity(order.count)
    for node in order {
      let number = entries.count
      let operands = isEnd(node) ? [] : node.operands.map { places[ObjectIdentifier($0)]! }
      let dependsOnVariable = node === variable || operands.contains { depends[Int($0)] }
      let isKnown = node.value != nil
      places[ObjectIdentifier(node)] = Int32(number)
      nodes.append(node)
      depends.append(dependsOnVariable)
      if node === variable || node.isInput || (isKnown && !dependsOnVariable) {
        leaves.append(number)
        entries.append(GraphStructure.Entry(operation: .argument(node.shape, node.scalarType), operands: []))
      } else {
        if isKnown && countsKnown { known.append(number) }
        entries.append(GraphStructure.Entry(operation: .primitive(node.primitive), operands: operands))
      }
    }
    structure = GraphStructure(
      entries: entries, outputs: [places[ObjectIdentifier(output)]!] + known.map(Int32.init))
    self.nodes = nodes
    self.leaves = leaves
    self.known = known
  }

  /// The elements of some entries, computed if they are not known yet.
  func elements(_ numbers: [Int]) throws(TensorError) -> [Storage] {
    try Evaluation.storages(numbers.map { nodes[$0] })
  }

  /// The same graph over new inputs in place of its leaves, so that nobody's data is kept.
  ///
  /// - Parameter keepingTables: whether whole numbers and masks are kept that are known: what is found by them may use them.
  func copied(keepingTables: Bool) -> Copy {
    var copies: [Node] = []
    var tables: Set<Int> = []
    copies.reserveCapacity(nodes.count)
    for (number, (entry, node)) in zip(structure.entries, nodes).enumerated() {
      switch entry.operation {
      case .argument(let shape, let type):
        if keepingTables, !type.isDifferentiable, number != leaves[0], let value = node.value {
          tables.insert(number)
          copies.append(Node(value, shape: shape))
        } else {
          copies.append(Node(.input(shape, type)))
        }
      case .primitive(let primitive): copies.append(Node(primitive, entry.operands.map { copies[Int($0)] }))
      case .fill: fatalError("an outline keeps the values of constants: \(node.primitive)")
      }
    }
    return Copy(nodes: copies, output: copies[output], variable: copies[leaves[0]], tables: tables)
  }

  private var output: Int { Int(structure.outputs[0]) }

  /// The graph itself.
  func shared() -> Copy { Copy(nodes: nodes, output: nodes[output], variable: nodes[leaves[0]]) }

  /// A graph that has the structure of an outline.
  struct Copy {
    let nodes: [Node]
    let output: Node
    let variable: Node
    /// The leaves whose elements are its own.
    var tables: Set<Int> = []
  }
}

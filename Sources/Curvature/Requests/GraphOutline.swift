import TensorGraph

/// The graph between a variable and a node that depends on it.
///
/// Where nothing depends on the variable the outline ends, if the elements are known already.
struct GraphOutline {
  /// What remains without the data: whoever builds the same expression again has the same.
  struct Structure: Hashable {
    fileprivate let entries: [Entry]
    fileprivate let output: Int
    /// Of the entries: many tables are asked for one structure.
    private let hash: Int

    fileprivate init(entries: [Entry], output: Int) {
      self.entries = entries
      self.output = output
      var hasher = Hasher()
      hasher.combine(entries)
      hasher.combine(output)
      hash = hasher.finalize()
    }

    static func == (left: Structure, right: Structure) -> Bool {
      left.hash == right.hash && left.output == right.output && left.entries == right.entries
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }

    /// The number of nodes.
    var count: Int { entries.count }
  }

  fileprivate struct Entry: Hashable {
    let primitive: Primitive
    let operands: [Int32]
    /// Whether the elements are known although they depend on the variable.
    let isKnown: Bool
  }

  let structure: Structure
  /// The nodes that the entries stand for, in order.
  let nodes: [Node]
  /// The entries without operands whose elements come from outside; the first is the variable.
  let leaves: [Int]
  /// The entries that depend on the variable and whose elements are known.
  let known: [Int]

  /// - Parameter countsKnown: whether elements that are known make a difference.
  init(of output: Node, in variable: Node, countsKnown: Bool) {
    var places: [ObjectIdentifier: Int32] = [:]
    var entries: [Entry] = []
    var nodes: [Node] = []
    var leaves: [Int] = []
    var known: [Int] = []
    var depends: [Bool] = []
    /// What is known and no deeper than the variable does not depend on it: a leaf.
    func isEnd(_ node: Node) -> Bool { node === variable || node.depth <= variable.depth && node.value != nil }
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
        entries.append(Entry(primitive: .leaf(.input(node.shape, node.scalarType)), operands: [], isKnown: false))
      } else {
        if isKnown && countsKnown { known.append(number) }
        entries.append(Entry(primitive: node.primitive, operands: operands, isKnown: isKnown && countsKnown))
      }
    }
    structure = Structure(entries: entries, output: Int(places[ObjectIdentifier(output)]!))
    self.nodes = nodes
    self.leaves = leaves
    self.known = known
  }

  /// The elements of some entries, computed if they are not known yet.
  func elements(_ numbers: [Int]) throws(TensorError) -> [Storage] {
    try Evaluation.storages(numbers.map { nodes[$0] })
  }

  /// The same graph over new inputs in place of its leaves, so that nobody's data is kept.
  func copied() -> Copy {
    var copies: [Node] = []
    copies.reserveCapacity(structure.count)
    for entry in structure.entries {
      copies.append(Node(entry.primitive, entry.operands.map { copies[Int($0)] }))
    }
    return Copy(nodes: copies, output: copies[structure.output], variable: copies[leaves[0]])
  }

  /// The graph itself.
  func shared() -> Copy {
    Copy(nodes: nodes, output: nodes[structure.output], variable: nodes[leaves[0]])
  }

  /// A graph that has the structure of an outline.
  struct Copy {
    let nodes: [Node]
    let output: Node
    let variable: Node
  }
}

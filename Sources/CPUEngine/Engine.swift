import TensorGraph

/// Evaluation of graphs on the processor.
package enum Engine {
  /// Computes every node that has no value yet, sharing work, and keeps the elements in the nodes.
  ///
  /// Nodes that have a value, and those below them, are not computed again.
  /// - Throws: an index outside its axis, an input without elements, memory that cannot be had.
  package static func evaluate(_ nodes: [Node]) throws(TensorError) {
    var values: [ObjectIdentifier: Storage] = [:]
    let order = Node.topologicalOrder(nodes.filter { $0.value == nil }, entering: { $0.value == nil })
    for node in order {
      if let value = node.value {
        values[ObjectIdentifier(node)] = value
      } else {
        let operands = node.operands.map { values[ObjectIdentifier($0)]! }
        values[ObjectIdentifier(node)] = try DirectEvaluation.value(of: node, operands)
      }
    }
    for node in nodes where node.value == nil { node.setValue(values[ObjectIdentifier(node)]!) }
  }
}

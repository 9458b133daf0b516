import TensorGraph

/// Which values an evaluation keeps besides those that were asked for, so that loops do not compute their past again.
enum KeptValues {
  /// Elements that are computed for a value that is kept, for one of its own.
  private static let worth = 8

  /// Nodes on the way of an evaluation whose elements will be asked for again: variables somebody has differentiated in, and
  /// results of a user that were computed on the way before, if they stand for much work.
  ///
  /// - Parameter order: what is computed, operands first, and what it is computed from.
  /// - Complexity: O(nodes).
  static func chosen(in order: [Node], besides wanted: [Node]) -> [Node] {
    // One is the common case, and needs no set.
    let many = wanted.count > 8 ? Set(wanted) : []
    func isWanted(_ node: Node) -> Bool {
      many.isEmpty ? wanted.contains { $0 === node } : many.contains(node)
    }
    var again: Set<Node> = []
    // What was computed before and is now needed by something new: not what only leads there.
    if order.contains(where: { $0.wasComputed && !$0.isReady }) {
      for node in order where !node.isReady && (!node.wasComputed || isWanted(node)) {
        for operand in node.operands where operand.wasComputed && operand.isExposed { again.insert(operand) }
      }
    }
    var kept: [Node] = []
    var elements = 0
    for node in order where !node.isReady && !node.isInput {
      elements += node.shape.count
      let isNeededAgain = !again.isEmpty && elements / worth >= node.shape.count && again.contains(node)
      if node.isVariable || isNeededAgain, node.isExposed, !isWanted(node) {
        kept.append(node)
        // Paid for; what is left may keep another, so that two chains of a loop do not starve each other.
        elements = max(0, elements - worth * node.shape.count)
      } else if !node.wasComputed {
        // Steps on the way too: else what they were made of would count as needed by something new for ever.
        node.noteComputed()
      }
    }
    return kept
  }
}

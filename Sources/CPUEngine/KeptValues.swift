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
    let isWanted = Set(wanted)
    var kept: [Node] = []
    var again: Set<Node> = []
    // What was computed before and is now needed by something new: not what only leads there.
    for node in order where !node.isReady && (!node.wasComputed || isWanted.contains(node)) {
      for operand in node.operands where operand.wasComputed && operand.isExposed { again.insert(operand) }
    }
    var elements = 0
    for node in order where !node.isReady && !node.isInput {
      elements += node.shape.count
      if isWanted.contains(node) || !node.isExposed { continue }
      if node.isVariable || again.contains(node) && elements / worth >= node.shape.count {
        kept.append(node)
        elements = 0
      } else if !node.wasComputed {
        node.noteComputed()
      }
    }
    return kept
  }
}

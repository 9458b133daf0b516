import TensorGraph

extension TensorTree {
  /// A name for each element of all tensors, in the order of `flattened`: `weights[0, 1]`, `layers[0].bias[2]`, and of one
  /// tensor alone `[0]`, `[1]`. Where a structure does not show its tensors as members they are `tensor 0`, `tensor 1`.
  public var variableNames: [String] {
    // Each tensor becomes a node of its own, so that it is recognised among the members.
    let distinct = mapTensors { Tensor(Node(.reshape($0.node.shape), [$0.node])) }
    let leaves = distinct.leaves
    var paths: [(node: Node, path: String)] = []
    Self.collectPaths(distinct, "", depth: 0, into: &paths)
    return leaves.enumerated().flatMap { number, leaf in
      let path = paths.first { $0.node === leaf.node }?.path ?? (leaves.count == 1 ? "" : "tensor \(number)")
      return Self.indices(leaf.node.shape).map { path + $0 }
    }
  }

  private static func collectPaths(
    _ value: Any, _ path: String, depth: Int, into paths: inout [(node: Node, path: String)]
  ) {
    if let tensor = value as? any _TensorTreeLeaf {
      paths.append((tensor._treeNode, path))
      return
    }
    guard depth < 20 else { return }
    let mirror = Mirror(reflecting: value)
    for (number, child) in mirror.children.enumerated() {
      let isElement = mirror.displayStyle == .collection
      let label = isElement ? "[\(number)]" : (path.isEmpty ? "" : ".") + (child.label ?? "\(number)")
      collectPaths(child.value, path + label, depth: depth + 1, into: &paths)
    }
  }

  /// The indices of all elements in row-major order: `[0, 1]`; empty for a scalar.
  private static func indices(_ shape: Shape) -> [String] {
    guard shape.rank > 0 else { return [""] }
    var places = [""]
    for extent in shape.dimensions {
      places = places.flatMap { place in (0..<extent).map { place.isEmpty ? "\($0)" : "\(place), \($0)" } }
    }
    return places.map { "[\($0)]" }
  }
}

/// A tensor of any type among the members of a structure.
protocol _TensorTreeLeaf {
  var _treeNode: Node { get }
}

extension Tensor: _TensorTreeLeaf {
  var _treeNode: Node { node }
}

import TensorGraph

/// Products of a derivative with many directions at once: J v (forward) or J' u (reverse).
///
/// What does not depend on the directions is computed once, at the first product.
struct DerivativeProducts: Sendable {
  let derivative: Derivative
  let mode: DerivativeRequest.Mode
  /// For each direction the number of its group (int64), -1 for directions that no product moves, if directions are pushed
  /// in groups: index k then stands for the sum of all directions whose group is k. Nil for one by one.
  private var groups: Node?

  init(_ mode: DerivativeRequest.Mode, of derivative: Derivative, groups: Node? = nil) {
    self.mode = mode
    self.derivative = derivative
    self.groups = groups
  }

  /// Likewise with sums of unit directions.
  func grouped(by groups: [Int32]) -> DerivativeProducts {
    let table = Node(Storage(groups.map(Int64.init)), shape: [groups.count])
    return DerivativeProducts(mode, of: derivative, groups: table)
  }

  /// Where the directions live: the variable (forward) or the output (reverse).
  var directions: UnitDirections { mode == .forward ? derivative.columns : derivative.rows }
  /// Where the results live.
  var results: UnitDirections { mode == .forward ? derivative.rows : derivative.columns }

  /// The products with the given directions (a node of int64, shape [K]) as an expression [K, batch, element].
  func expression(_ indices: Node) -> Node {
    if let groups {
      return results.flattened(expression(seeds: directions.groupSeed(indices, groups: groups)))
    }
    let units = directions.units(indices)
    let products: [Node?]
    switch mode {
    case .forward: products = pushforward(of: [results.node], along: units, of: directions.node)
    case .reverse: products = pullback(along: units, of: directions.node, to: [results.node])
    }
    let dense = products[0] ?? .zeros([indices.shape[0]] + results.node.shape, results.node.scalarType)
    return results.flattened(dense)
  }

  /// The products with any directions, shape [K] + that of the tensor, as an expression of shape [K] + results.
  func expression(seeds: Node) -> Node {
    let products: [Node?]
    switch mode {
    case .forward: products = pushforward(of: [results.node], seeds: [(directions.node, seeds)], lift: 1)
    case .reverse: products = pullback(of: [(directions.node, seeds)], to: [results.node], lift: 1)
    }
    return products[0] ?? .zeros([seeds.shape[0]] + results.node.shape, results.node.scalarType)
  }

  /// The products with any directions, shape [K] + that of the tensor: [K] + results, computed when they are read.
  ///
  /// - Parameter determined: the products that were found, with numbers where the chain rule has none.
  func product(
    _ seeds: Node,
    determined: @escaping @Sendable (_ products: Storage, _ seeds: Storage) throws(TensorError) -> Storage
  ) -> Node {
    Node(
      shape: [seeds.shape[0]] + results.node.shape, results.node.scalarType,
      of: [derivative.rows.node, derivative.columns.node, seeds],
      computedBy: { () throws(TensorError) in
        let elements = try Evaluation.storage(seeds)
        let program = try derivative.bound(.products(mode, .elements, count: seeds.shape[0]))
        return try determined(program(elements), elements)
      }, definition: { expression(seeds: seeds) })
  }

  /// Computes the products with the given directions: elements [K, batch, element].
  func evaluate(_ indices: [Int]) throws(TensorError) -> Storage {
    let numbers = Storage(indices.map(Int64.init))
    guard let groups else { return try derivative.bound(.products(mode, .units, count: indices.count))(numbers) }
    let table = try Evaluation.storage(groups)
    return try derivative.bound(.products(mode, .groups, count: indices.count))(numbers, table)
  }
}

extension Derivative {
  /// The product with one direction, of the shape of the variable, as an expression.
  func product(along direction: Node) -> Node {
    DerivativeProducts(.forward, of: self).expression(seeds: direction.reshaped(to: [1] + direction.shape))
  }
}

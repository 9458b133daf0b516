import Synchronization
import TensorGraph

/// Products of a derivative matrix with unit directions, many at once: J e (forward) or e' J (reverse).
///
/// The derivative graph is compiled once for each structure, with the indices of the directions as its argument. What
/// does not depend on the direction is computed once, at the first product.
final class DerivativeProducts: Sendable {
  enum Mode { case forward, reverse }

  /// Where the directions live: the variable (forward) or the output (reverse).
  let directions: UnitDirections
  /// Where the results live.
  let results: UnitDirections
  private let mode: Mode
  /// For each direction the number of its group, if directions are pushed in groups; nil for one by one.
  private let groups: Node?

  convenience init(directions: UnitDirections, results: UnitDirections, mode: Mode) {
    self.init(directions: directions, results: results, mode: mode, groups: nil)
  }

  private init(directions: UnitDirections, results: UnitDirections, mode: Mode, groups: Node?) {
    self.directions = directions
    self.results = results
    self.mode = mode
    self.groups = groups
  }

  /// Products with sums of unit directions: index k stands for all directions whose group is k.
  ///
  /// - Parameter groups: for each direction its group; -1 for directions that no product moves.
  func grouped(by groups: [Int32]) -> DerivativeProducts {
    grouped(by: Node(Storage(groups.map(Int64.init)), shape: [groups.count]))
  }

  /// Likewise, with groups that are a node of int64.
  func grouped(by groups: Node) -> DerivativeProducts {
    DerivativeProducts(directions: directions, results: results, mode: mode, groups: groups)
  }

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
    let shape = [seeds.shape[0]] + results.node.shape
    return Node(
      shape: shape, results.node.scalarType,
      computedBy: { [self] () throws(TensorError) in
        let elements = try Evaluation.storage(seeds)
        let products = try program(.seeded(mode: mode, count: seeds.shape[0]))(seeds: elements)
        return try determined(products, elements)
      }, definition: { [self] in expression(seeds: seeds) })
  }

  /// Computes the products with the given directions: elements [K, batch, element].
  func evaluate(_ indices: [Int]) throws(TensorError) -> Storage {
    let request = ProductTemplates.Request.products(
      mode: mode, directionsBatchAxis: directions.batchAxis, resultsBatchAxis: results.batchAxis, count: indices.count,
      isGrouped: groups != nil)
    return try program(request)(indices)
  }

  /// How many directions to push at once, so that the tangents stay within a memory budget.
  var chunkSize: Int {
    largestNode.withLock { largest in
      if largest == 0 { largest = countLargestNode() }
      return max(1, Self.chunkByteBudget / (largest * results.node.scalarType.byteCount))
    }
  }

  /// The elements of the largest node between the directions and the results; 0 before somebody asks.
  private let largestNode = Mutex(0)

  /// What is differentiated in, and what is differentiated.
  private var variable: Node { mode == .forward ? directions.node : results.node }
  private var output: Node { mode == .forward ? results.node : directions.node }

  /// Only what depends on the variable has tangents: a large constant does not count.
  private func countLargestNode() -> Int {
    var dependents: Set<Node> = [variable]
    var largest = max(1, variable.shape.count, output.shape.count)
    for node in Node.topologicalOrder([output], entering: { $0 !== variable })
    where node.operands.contains(where: dependents.contains) {
      dependents.insert(node)
      largest = max(largest, node.shape.count)
    }
    return largest
  }

  /// Bytes that the largest tangent of a chunk may have.
  static let chunkByteBudget = 32 << 20

  /// Programs by what they do.
  private let programs = Mutex<[ProductTemplates.Request: BoundProducts]>([:])

  private func program(_ request: ProductTemplates.Request) throws(TensorError) -> BoundProducts {
    if let known = programs.withLock({ $0[request] }) { return known }
    let fresh = try ProductTemplates.shared.products(of: output, in: variable, request, groups: groups)
    programs.withLock { known in
      if known.count > 4 { known.removeAll() }
      known[request] = fresh
    }
    return fresh
  }
}

import Synchronization
import TensorGraph

/// Programs for products with unit directions and for single entries, reused by structure: whoever builds the same
/// expression again, with other data, gets the programs that were made the first time.
final class ProductTemplates: Sendable {
  /// The programs of the process.
  static let shared = ProductTemplates()

  /// What a program depends on besides the graph.
  enum Request: Hashable {
    /// Some directions at once, perhaps sums of unit directions.
    case products(
      mode: DerivativeProducts.Mode, directionsBatchAxis: Int?, resultsBatchAxis: Int?, count: Int, isGrouped: Bool)
    /// Some directions at once, of any elements.
    case seeded(mode: DerivativeProducts.Mode, count: Int)
    /// One second derivative of a scalar.
    case entry

    fileprivate var count: Int {
      switch self {
      case .products(_, _, _, let count, _), .seeded(_, let count): count
      case .entry: 1
      }
    }
  }

  /// Two programs: one for what does not depend on the directions, one for the products.
  final class Template: Sendable {
    /// Of the leaves and of what is known the first makes what the second needs as well.
    private let common: PreparedFunction
    private let products: PreparedFunction
    /// For each result of the first program the entry of the outline that it is, if it is one.
    private let entries: [Int?]

    init(_ outline: GraphOutline, _ copy: GraphOutline.Copy, _ request: Request) throws(TensorError) {
      let given = (outline.leaves + outline.known).map { copy.nodes[$0] }
      let (arguments, expression) = Self.expression(copy, request)
      // Who takes all directions at once takes them once: nothing need be kept for others.
      let isWhole = request.count >= Self.directionCount(copy, request)
      let isGiven = Set(given)
      let invariants =
        isWhole ? [] : Node.invariants(of: [expression], arguments: Set(arguments)).filter { !isGiven.contains($0) }
      var numbers: [Node: Int] = [:]
      for (number, node) in copy.nodes.enumerated() { numbers[node] = number }
      entries = invariants.map { numbers[$0] }
      // One line after another is the common case, and small; many lines at once want memory that others may need.
      common = try PreparedFunction(outputs: invariants, inputs: given, keepsMemory: request.count == 1)
      products = try PreparedFunction(
        outputs: [expression], inputs: arguments + given + invariants, keepsMemory: request.count == 1)
    }

    /// How many directions there are.
    private static func directionCount(_ copy: GraphOutline.Copy, _ request: Request) -> Int {
      switch request {
      case .products(let mode, let directionsAxis, _, _, false):
        UnitDirections(node: mode == .forward ? copy.variable : copy.output, batchAxis: directionsAxis).count
      case .products, .seeded, .entry: .max
      }
    }

    /// What a request asks for, as an expression of its arguments.
    private static func expression(_ copy: GraphOutline.Copy, _ request: Request) -> (arguments: [Node], result: Node) {
      let indices = Node(.input([request.count], .int64))
      func products(_ mode: DerivativeProducts.Mode, _ directionsAxis: Int?, _ resultsAxis: Int?) -> DerivativeProducts
      {
        let (directions, results) = mode == .forward ? (copy.variable, copy.output) : (copy.output, copy.variable)
        return DerivativeProducts(
          directions: UnitDirections(node: directions, batchAxis: directionsAxis),
          results: UnitDirections(node: results, batchAxis: resultsAxis), mode: mode)
      }
      switch request {
      case .seeded(let mode, let count):
        let products = products(mode, nil, nil)
        let seeds = Node(.input([count] + products.directions.node.shape, copy.variable.scalarType))
        return ([seeds], products.expression(seeds: seeds))
      case .products(let mode, let directionsAxis, let resultsAxis, _, let isGrouped):
        let products = products(mode, directionsAxis, resultsAxis)
        guard isGrouped else { return ([indices], products.expression(indices)) }
        let groups = Node(.input([products.directions.count], .int64))
        return ([indices, groups], products.grouped(by: groups).expression(indices))
      case .entry:
        let column = Node(.input([1], .int64))
        let variable = UnitDirections(node: copy.variable, batchAxis: nil)
        let first = pushforward(of: [copy.output], along: variable.units(indices), of: copy.variable)[0]
        let second = first.flatMap {
          pushforward(of: [$0], along: variable.units(column), of: copy.variable)[0]?.reshaped(to: [1])
        }
        return ([indices, column], second ?? .zeros([1], copy.variable.scalarType))
      }
    }

    /// The function of the directions at one point. What it computes of the graph's own nodes is kept by these.
    func bound(to outline: GraphOutline, groups: Node?) throws(TensorError) -> BoundProducts {
      let given = try outline.elements(outline.leaves + outline.known)
      let made = try common.run(given)
      for (entry, storage) in zip(entries, made) { if let entry { outline.nodes[entry].setValue(storage) } }
      let groupElements = try groups.map { node throws(TensorError) in try Evaluation.storage(node) }
      return BoundProducts(function: products, constants: (groupElements.map { [$0] } ?? []) + given + made)
    }
  }

  private struct Key: Hashable {
    let structure: GraphOutline.Structure
    let request: Request
  }

  private let templates = Mutex(TemplateCache<Key, Template>(limit: 128))
  /// Larger graphs are not copied and kept.
  private static let nodeLimit = 20_000

  /// The products that a request asks for, of the derivative of `output` in `variable`.
  func products(
    of output: Node, in variable: Node, _ request: Request, groups: Node?
  ) throws(TensorError) -> BoundProducts {
    let outline = GraphOutline(of: output, in: variable, countsKnown: true)
    guard outline.structure.count <= Self.nodeLimit else {
      return try Template(outline, outline.shared(), request).bound(to: outline, groups: groups)
    }
    let key = Key(structure: outline.structure, request: request)
    if let known = templates.withLock({ $0.find(key) }) { return try known.bound(to: outline, groups: groups) }
    let template = try Template(outline, outline.copied(), request)
    templates.withLock { $0.insert(template, key) }
    return try template.bound(to: outline, groups: groups)
  }
}

/// Products with directions at one point: a program and what it needs besides the directions.
struct BoundProducts: Sendable {
  fileprivate let function: PreparedFunction
  fileprivate let constants: [Storage]

  /// The products with directions of any elements, [K] + the shape of the results.
  func callAsFunction(seeds: Storage) throws(TensorError) -> Storage { try function.run([seeds] + constants)[0] }

  /// The products with the given directions, [K, batch, element]; of an entry its row and its column.
  func callAsFunction(_ indices: [Int]...) throws(TensorError) -> Storage {
    try function.run(indices.map { Storage($0.map(Int64.init)) } + constants)[0]
  }
}

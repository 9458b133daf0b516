import SparseStructure
import TensorGraph

// What each request becomes as an expression. The derivative is that of placeholders, which stand for all graphs of one
// structure.

extension Derivative {
  /// What is computed for a request, or nil if dense directions are as good.
  ///
  /// - Parameters:
  ///   - pattern: where entries can be, for requests that take a part of them.
  ///   - coloring: how they are read from products.
  func content(
    of request: DerivativeRequest, effort: PlanningEffort, pattern: () throws(TensorError) -> SparsityPattern,
    coloring: () throws(TensorError) -> Coloring
  ) throws(TensorError) -> DerivativeProgram.Content? {
    switch request {
    case .products(let mode, let directions, let count): return productContent(mode, directions, count)
    case .entry: return entryContent
    case .part(let demand): return partContent(demand, effort)
    case .nonzeros(let method, let triangle):
      let whole = try pattern()
      let part = whole.part(triangle)
      switch method {
      case .terms: return try termContent(part, of: whole, effort)
      case .colors: return groupContent(part, try coloring())
      case .dense: return try denseContent(part, effort)
      }
    case .structure: fatalError("a structure is no program")
    }
  }

  private func productContent(
    _ mode: DerivativeRequest.Mode, _ directions: DerivativeRequest.Directions, _ count: Int
  ) -> DerivativeProgram.Content {
    let products = DerivativeProducts(mode, of: self)
    let indices = Node(.input([count], .int64))
    switch directions {
    case .units:
      return .init(
        arguments: [indices], result: products.expression(indices),
        takesAllDirections: count >= products.directions.count)
    case .groups:
      let groups = Node(.input([products.directions.count], .int64))
      return .init(
        arguments: [indices, groups],
        result: DerivativeProducts(mode, of: self, groups: groups).expression(indices))
    case .elements:
      let seeds = Node(.input([count] + products.directions.node.shape, products.directions.node.scalarType))
      return .init(arguments: [seeds], result: products.expression(seeds: seeds))
    }
  }

  private var entryContent: DerivativeProgram.Content {
    let (row, column) = (Node(.input([1], .int64)), Node(.input([1], .int64)))
    let first = pushforward(of: [rows.node], along: columns.units(row), of: columns.node)[0]
    let second = first.flatMap {
      pushforward(of: [$0], along: columns.units(column), of: columns.node)[0]?.reshaped(to: [1])
    }
    return .init(arguments: [row, column], result: second ?? .zeros([1], columns.node.scalarType))
  }

  private func partContent(_ demand: DeltaDemand, _ effort: PlanningEffort) -> DerivativeProgram.Content? {
    let plan = DeltaPlan(
      derivativeOf: rows.node, variable: columns.node, demand: demand, isSymmetric: isSymmetric, effort: effort,
      mayCostMore: false)
    guard let plan, plan.isWorthwhile else { return nil }
    return .init(result: plan.result, cost: plan.estimatedCost, steps: plan.description)
  }

  // MARK: Non-zeros

  /// Entries read off the terms; what has none goes by products, if it is a summand. Nil for a batch.
  private func termContent(
    _ part: SparsityPattern, of pattern: SparsityPattern, _ effort: PlanningEffort
  ) throws(TensorError) -> DerivativeProgram.Content? {
    if let content = try wholeTermContent(part, of: pattern, effort) { return content }
    // Looking at each summand is for plans.
    guard effort != .once, rows.batchAxis == nil, columns.batchAxis == nil else { return nil }
    return try summandContent(part, of: pattern, effort)
  }

  /// Entries read off the terms of all; nil for a batch, or where terms have many more entries than there are.
  func wholeTermContent(
    _ part: SparsityPattern, of pattern: SparsityPattern, _ effort: PlanningEffort, within work: PlanningWork? = nil
  ) throws(TensorError) -> DerivativeProgram.Content? {
    guard rows.batchAxis == nil, columns.batchAxis == nil else { return nil }
    let entries = DeltaEntries(
      derivativeOf: rows.node, variable: columns.node, isSymmetric: isSymmetric,
      limit: 6 * pattern.nonzeroCount + 64, effort: effort, work: work,
      integers: { (try? Evaluation.knownIntegers($0)) ?? nil })
    guard let entries else { return nil }
    let size = entries.boxes.reduce(0) { $0 + $1.values.shape.count }
    let cost = entries.estimatedCost + Self.placingCost(size)
    guard cost.isPossible,
      let placement = try EntryPlacement(entries, in: part, isSymmetric: isSymmetric, variable: columns.node)
    else { return nil }
    return .init(
      result: placement.values, cost: cost,
      steps: (["\(entries.boxes.count) blocks or bands of entries, no products with directions"] + entries.steps)
        .joined(separator: "\n"),
      weight: size)
  }

  /// Entries read from products with groups of unit directions.
  private func groupContent(_ part: SparsityPattern, _ coloring: Coloring) -> DerivativeProgram.Content {
    let products = LineProducts(
      columns: DerivativeProducts(.forward, of: self), rows: DerivativeProducts(.reverse, of: self))
    return .init(
      result: products.entries(part.coordinates, coloring).reshaped(to: [rows.batchCount * part.nonzeroCount]),
      cost: productCost(coloring.colorCount) + Self.placingCost(part.nonzeroCount),
      steps: "\(coloring.colorCount) products, one for each colour (\(coloring.problem))", weight: part.nonzeroCount)
  }

  /// Entries picked from the whole matrix.
  private func denseContent(
    _ part: SparsityPattern, _ effort: PlanningEffort
  ) throws(TensorError) -> DerivativeProgram.Content {
    let (whole, cost, steps) = try whole(effort)
    let flat = whole.reshaped(to: [rows.count * columns.count])
    // Rounding may differ between an entry of a symmetric matrix and its mirror image; the upper one counts.
    let places = part.coordinates.map { row, column in
      isSymmetric && row > column ? column * columns.count + row : row * columns.count + column
    }
    return .init(result: flat.gathered(.places(places), axis: 0), cost: cost, steps: steps, weight: places.count)
  }

  /// The whole matrix without a batch, by its terms or by products with all unit directions.
  func whole(_ effort: PlanningEffort) throws(TensorError) -> (result: Node, cost: Cost, steps: String) {
    let program = try program(.part(.matrix), effort: effort)
    if let result = try expression(.part(.matrix), effort: effort) { return (result, program.cost, program.steps) }
    let isForward = columns.count <= rows.count || isSymmetric
    let products = DerivativeProducts(isForward ? .forward : .reverse, of: self)
    let count = products.directions.count
    let all = products.expression(Node(.iota([count], axis: 0, .int64)))
    let byRow = isForward && !isSymmetric ? all.permuted([2, 1, 0]) : all
    return (
      byRow.reshaped(to: rows.node.shape + columns.node.shape), productCost(count),
      "\(count) products, one for each \(isForward ? "column" : "row")"
    )
  }
}

extension Node {
  /// Whole numbers as a constant.
  static func table(_ numbers: [Int]) -> Node { Node(Storage(numbers.map(Int64.init)), shape: [numbers.count]) }

  /// Places to gather from or to scatter to as a constant, of 32 bits where they fit: half the memory to be read.
  static func places(_ numbers: [Int]) -> Node {
    guard let last = numbers.max(), last <= Int(Int32.max) else { return table(numbers) }
    return Node(Storage(numbers.map { Int32(truncatingIfNeeded: $0) }), shape: [numbers.count])
  }
}

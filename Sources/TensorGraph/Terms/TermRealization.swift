/// Turns planned terms into ordinary nodes, which the interpreter and the engine know and which can be differentiated
/// again.
package final class TermRealization {
  let space: TermSpace
  let planner: TermPlanner
  /// What all may cost together, in nanoseconds: more is of no use to anybody.
  private let costLimit: Double
  private var nodes: [Int: Node] = [:]
  private var plans: [Int: [Term]] = [:]
  /// The cost of everything that has become a node.
  package private(set) var cost = Cost.zero
  /// A line for every product, for people.
  package private(set) var log: [String] = []

  init(space: TermSpace, planner: TermPlanner, costLimit: Double) {
    self.space = space
    self.planner = planner
    self.costLimit = costLimit
  }

  /// Adds what something takes.
  ///
  /// - Throws: `PlanningLimit` if all takes more than it may.
  func spend(_ more: Cost) throws(PlanningLimit) {
    cost += more
    guard cost.isPossible, cost.nanoseconds <= costLimit else { throw PlanningLimit() }
  }

  /// The dense tensor of planned output terms, with an axis for each axis and then for each direction.
  func output(_ terms: [Term], shape: [Int]) throws(PlanningLimit) -> Node {
    try prepare(terms.flatMap { $0.factors.map(\.source) })
    return try sum(terms, shape: shape)
  }

  /// The product of the factors of a planned output term.
  func value(of term: Term) throws(PlanningLimit) -> LabelledNode {
    try prepare(term.factors.map(\.source))
    return try product(of: term)
  }

  /// The node of a source.
  func node(of source: Int) throws(PlanningLimit) -> Node {
    try prepare([source])
    return nodes[source]!
  }

  /// Makes the nodes of sources, those that they need first. Iterative: definitions may be deep.
  private func prepare(_ sources: [Int]) throws(PlanningLimit) {
    var stack = sources
    while let source = stack.last {
      try space.work.requireRest()
      if nodes[source] != nil {
        stack.removeLast()
        continue
      }
      switch space.sources[source] {
      case .node(let node):
        nodes[source] = node
        stack.removeLast()
      case .lookup(let table, _, _):
        nodes[source] = table
        stack.removeLast()
      case .sum(let sum):
        let plan = plans[source] ?? planner.plan(sum.terms, isOutput: false)
        plans[source] = plan
        let missing = plan.flatMap { $0.factors.map(\.source) }.filter { nodes[$0] == nil }
        if missing.isEmpty {
          nodes[source] = try self.sum(plan, shape: sum.shape)
          stack.removeLast()
        } else {
          stack += missing
        }
      }
    }
  }

  /// The sum of terms whose sources are nodes.
  private func sum(_ terms: [Term], shape: [Int]) throws(PlanningLimit) -> Node {
    guard space.size(ofShape: shape) <= planner.model.elementBudget else { throw PlanningLimit() }
    var parts: [Node] = []
    for term in terms {
      parts.append(
        space.place(try product(of: term), at: term.axes + term.directions, in: shape, space.lookups(of: term)))
    }
    guard let first = parts.first else { return .zeros(Shape(shape), space.scalarType) }
    return parts.dropFirst().reduce(first) { $0 + $1 }
  }

  /// Units of planning work for what a factor becomes: some nodes, and their steps in a program.
  static let workPerFactor = 60

  /// The product of the factors of a term, over the labels of its output that the factors have.
  func product(of term: Term) throws(PlanningLimit) -> LabelledNode {
    space.work.spend(Self.workPerFactor * (term.factors.count + 1))
    try space.work.requireRest()
    let method = planner.method(for: term)
    try spend(method.cost)
    log.append(description(of: term, method))
    if let symmetric = method.symmetric { return node(of: symmetric, coefficient: term.coefficient) }
    let lookups = space.lookups(of: term)
    var operands = lookups.operands.map { pack(read($0, lookups), method.packed) }
    let output = planner.packedLabels(space.boxLabels(of: term), method.packed)
    guard !operands.isEmpty else {
      return LabelledNode(
        node: .fill(.real(term.coefficient), shape: .scalar, scalarType: space.scalarType), labels: [])
    }
    // The coefficient goes where it costs least: best to the product, which others may have, too.
    let least = operands.indices.min { operands[$0].node.shape.count < operands[$1].node.shape.count }!
    let size = space.size(output.filter { label in operands.contains { $0.labels.contains(label) } })
    let scalesResult =
      operands.count == 1
      ? operands[0].labels.contains { !output.contains($0) }
      : TermSpace.isModerate(term.coefficient) && size <= Double(operands[least].node.shape.count)
    if term.coefficient != 1, !scalesResult {
      operands[least].node = term.coefficient * operands[least].node
    }
    var live = Set(operands.indices)
    for (i, j) in method.pairs {
      live.remove(i)
      live.remove(j)
      let kept = live.reduce(into: Set(output)) { $0.formUnion(operands[$1].labels) }
      live.insert(operands.count)
      operands.append(multiply(operands[i], operands[j], kept: kept))
    }
    var result = operands[live.first!]
    let summed = result.labels.indices.filter { !output.contains(result.labels[$0]) }
    if !summed.isEmpty {
      result.node = result.node.summed(over: summed)
      result.labels.removeAll { !output.contains($0) }
    }
    if term.coefficient != 1, scalesResult { result.node = term.coefficient * result.node }
    return unpack(result, method.packed)
  }

  /// A factor as a node with labels; its source must be a node already.
  func read(_ factor: Factor) -> LabelledNode { space.read(nodes[factor.source]!, at: factor.indices) }

  /// A factor of a term some of whose labels follow from tables.
  private func read(_ factor: Factor, _ lookups: TermLookups) -> LabelledNode {
    space.isLookup(factor.source)
      ? space.indicator(factor, lookups) : space.read(nodes[factor.source]!, at: factor.indices, lookups)
  }

  /// The elementwise product of nodes, over the labels of all.
  func multiplied(_ operands: [LabelledNode]) -> LabelledNode {
    let all = operands.reduce(into: Set<Label>()) { $0.formUnion($1.labels) }
    return operands.dropFirst().reduce(operands[0]) { multiply($0, $1, kept: all) }
  }

  private func multiply(_ a: LabelledNode, _ b: LabelledNode, kept: Set<Label>) -> LabelledNode {
    let summed = a.labels.filter { b.labels.contains($0) && !kept.contains($0) }
    if summed.isEmpty {
      let (a, b) = (reduced(a, by: b, kept), reduced(b, by: a, kept))
      // Elementwise: the operand with more axes gives the order.
      let (large, small) = a.labels.count >= b.labels.count ? (a, b) : (b, a)
      let order = small.labels.filter { !large.labels.contains($0) } + large.labels
      return LabelledNode(
        node: space.chain.product(large.arranged(order, space.labels), small.arranged(order, space.labels)),
        labels: order)
    }
    let left = a.labels.filter { kept.contains($0) && !b.labels.contains($0) }
    let right = b.labels.filter { kept.contains($0) && !a.labels.contains($0) }
    let batch = a.labels.filter { kept.contains($0) && b.labels.contains($0) }
    let output = batch + left + right
    return LabelledNode(node: .contraction(a.node, a.labels, b.node, b.labels, output), labels: output)
  }

  /// An operand without the labels that only it has and nobody needs.
  private func reduced(_ a: LabelledNode, by b: LabelledNode, _ kept: Set<Label>) -> LabelledNode {
    let lone = a.labels.indices.filter { !b.labels.contains(a.labels[$0]) && !kept.contains(a.labels[$0]) }
    return LabelledNode(
      node: a.node.summed(over: lone), labels: a.labels.indices.filter { !lone.contains($0) }.map { a.labels[$0] })
  }

  // MARK: Packed triangles

  private typealias Packed = (direction: Label, axis: Label, packed: Label)

  /// A factor with the labels of exchangeable pairs replaced by one label over the pairs i <= j.
  private func pack(_ operand: LabelledNode, _ packed: [Packed]) -> LabelledNode {
    var result = operand
    for pair in packed {
      let extent = space.labels[pair.direction]
      let first = result.labels.firstIndex(of: pair.direction)
      let second = result.labels.firstIndex(of: pair.axis)
      let (rows, columns) = Self.triangle(extent)
      switch (first, second) {
      case (nil, nil): continue
      case (let axis?, nil):
        result.node = result.node.gathered(TermSpace.table(rows), axis: axis)
        result.labels[axis] = pair.packed
      case (nil, let axis?):
        result.node = result.node.gathered(TermSpace.table(columns), axis: axis)
        result.labels[axis] = pair.packed
      case (_?, _?):
        let others = result.labels.filter { $0 != pair.direction && $0 != pair.axis }
        let merged = result.arranged(others + [pair.direction, pair.axis], space.labels)
          .reshaped(to: Shape(others.map { space.labels[$0] } + [extent * extent]))
        result.node = merged.gathered(
          TermSpace.table(zip(rows, columns).map { $0 * extent + $1 }), axis: others.count)
        result.labels = others + [pair.packed]
      }
    }
    return result
  }

  private func unpack(_ operand: LabelledNode, _ packed: [Packed]) -> LabelledNode {
    var result = operand
    for pair in packed {
      guard let axis = result.labels.firstIndex(of: pair.packed) else { continue }
      let extent = space.labels[pair.direction]
      // The place of (i, j) among the pairs i <= j.
      var positions = [Int](repeating: 0, count: extent * extent)
      let (rows, columns) = Self.triangle(extent)
      for (place, (i, j)) in zip(rows, columns).enumerated() {
        positions[i * extent + j] = place
        positions[j * extent + i] = place
      }
      result.node = result.node.gathered(TermSpace.table(positions, shape: [extent, extent]), axis: axis)
      result.labels.replaceSubrange(axis...axis, with: [pair.direction, pair.axis])
    }
    return result
  }

  private static func triangle(_ extent: Int) -> (rows: [Int], columns: [Int]) {
    var (rows, columns) = ([Int](), [Int]())
    for i in 0..<extent {
      for j in i..<extent {
        rows.append(i)
        columns.append(j)
      }
    }
    return (rows, columns)
  }

  private func description(of term: Term, _ method: TermPlanner.Method) -> String {
    func letters(_ labels: [Label]) -> String { labels.map { "\($0):\(space.labels[$0])" }.joined(separator: " ") }
    let factors = term.factors.map { "[\(letters($0.labels))]" }.joined(separator: " ")
    let how = method.symmetric != nil ? ", half" : method.packed.isEmpty ? "" : ", \(method.packed.count) packed"
    return "\(factors) -> [\(letters(term.outputLabels))]: \(method.cost.operationsText) flops\(how)"
  }
}

/// Decides which items are computed together, and in which order.
///
/// Every item gets a level: the operands that it reads from memory were made on lower levels, those of the same level
/// and size flow through registers. All items of one size on one level form one group, which is therefore never part
/// of a cycle; where their operands lie along axes that do not nest, one group for each way of walking. O(items).
struct Clustering {
  /// A fused group: items of one size on one level, and the reduction that its walk fits.
  struct Cluster {
    var level: Int
    var count: Int
    var shape: LoweredGraph.ReductionShape?
    /// In order of evaluation.
    var members: [Int] = []
  }

  enum Work {
    case cluster(Cluster)
    /// An item that is a step.
    case step(Int)
    /// A product with a matrix that is made on the way.
    case panels(PanelProduct)
  }

  private struct Key: Hashable {
    var level: Int
    var count: Int
  }

  /// In order of execution.
  private(set) var works: [Work] = []
  /// The items whose elements must be in memory.
  private(set) var isStored: [Bool]
  private var levels: [Int]
  /// The products with a matrix that is made on the way, and for each item the product for which it is made.
  private(set) var panels: [PanelProduct] = []
  private var panelOf: [Int: Int] = [:]

  /// - Parameter makesPanels: whether products may have a matrix that is made on the way.
  init(_ graph: LoweredGraph, makesPanels: Bool = true) {
    isStored = [Bool](repeating: false, count: graph.items.count)
    levels = [Int](repeating: 0, count: graph.items.count)
    var users = [[Int]](repeating: [], count: graph.items.count)
    for (i, item) in graph.items.enumerated() {
      for operand in item.operands where users[operand].last != i { users[operand].append(i) }
    }
    var shapes: [Key: LoweredGraph.ReductionShape] = [:]
    assignLevels(graph, &shapes)
    var isOutput = [Bool](repeating: false, count: graph.items.count)
    for output in graph.outputs { isOutput[output] = true }
    sink(graph, users, isOutput)
    if makesPanels {
      panels = PanelProduct.all(in: graph, users: users, isOutput: isOutput) { flows(graph, $0, to: $1) }
    }
    for panel in panels { for member in panel.members { panelOf[member] = panel.product } }
    for i in graph.outputs { isStored[i] = true }
    for (i, item) in graph.items.enumerated() where item.count > 0 {
      for operand in item.operands {
        switch item.operation {
        case .view, .step: isStored[operand] = true
        case .argument, .literal, .iota, .function, .compare, .logical, .select, .cast, .reduce:
          if !flows(graph, operand, to: i) && !isRead(graph, operand) { isStored[operand] = true }
        }
      }
    }
    group(graph, shapes)
  }

  private func isView(_ graph: LoweredGraph, _ i: Int) -> Bool {
    if case .view = graph.items[i].operation { return true }
    return false
  }

  /// Whether a user in another group reads or makes the elements itself, so that nobody need write them.
  private func isRead(_ graph: LoweredGraph, _ i: Int) -> Bool {
    switch graph.items[i].operation {
    case .view, .iota: true
    case .argument, .literal, .function, .compare, .logical, .select, .cast, .reduce, .step: false
    }
  }

  /// Whether an operand reaches its user through a register.
  private func flows(_ graph: LoweredGraph, _ operand: Int, to user: Int) -> Bool {
    graph.items[operand].isFusible && levels[operand] == levels[user] && panelOf[operand] == panelOf[user]
      && graph.items[operand].count == spaceCount(graph, user)
  }

  /// The number of elements over which an item is computed.
  private func spaceCount(_ graph: LoweredGraph, _ i: Int) -> Int {
    if case .reduce(_, let shape) = graph.items[i].operation { return shape.outer * shape.rows * shape.columns }
    return graph.items[i].count
  }

  /// The first level on which a user in another group can read an item.
  private func available(_ graph: LoweredGraph, _ i: Int) -> Int {
    if graph.items[i].isGiven { return 0 }
    return isView(graph, i) ? levels[i] : levels[i] + 1
  }

  private mutating func assignLevels(_ graph: LoweredGraph, _ shapes: inout [Key: LoweredGraph.ReductionShape]) {
    for (i, item) in graph.items.enumerated() {
      switch item.operation {
      case .argument, .literal, .iota: levels[i] = 0
      case .view: levels[i] = graph.items[item.operands[0]].isGiven ? 0 : levels[item.operands[0]] + 1
      case .step:
        // A view that a step reads is copied on its own level first.
        levels[i] = item.operands.reduce(0) {
          max($0, graph.items[$1].isGiven ? 0 : levels[$1] + 1)
        }
      case .function, .compare, .logical, .select, .cast:
        levels[i] = item.operands.reduce(0) {
          max($0, graph.items[$1].isFusible ? levels[$1] : available(graph, $1))
        }
      case .reduce(_, let shape):
        let operand = item.operands[0]
        var key = Key(
          level: graph.items[operand].isFusible ? levels[operand] : available(graph, operand),
          count: spaceCount(graph, i))
        while let taken = shapes[key], taken != shape { key.level += 1 }
        shapes[key] = shape
        levels[i] = key.level
      }
    }
  }

  /// Moves items up to the level of their only users, so that what they read is read there and nothing is written.
  private mutating func sink(_ graph: LoweredGraph, _ users: [[Int]], _ isOutput: [Bool]) {
    for i in graph.items.indices.reversed() where graph.items[i].isFusible && !isOutput[i] && !users[i].isEmpty {
      var target = Int.max
      for user in users[i] {
        switch graph.items[user].operation {
        case .function, .compare, .logical, .select, .cast, .reduce: target = min(target, levels[user])
        case .argument, .literal, .iota, .view, .step: target = 0
        }
      }
      guard target > levels[i] else { continue }
      // An operand with users that stay behind would have to be written instead.
      let leavesNothing = graph.items[i].operands.allSatisfy { operand in
        !graph.items[operand].isFusible || levels[operand] < levels[i]
          || users[operand].allSatisfy { $0 == i || levels[$0] > levels[i] }
      }
      if leavesNothing { levels[i] = target }
    }
  }

  private mutating func group(_ graph: LoweredGraph, _ shapes: [Key: LoweredGraph.ReductionShape]) {
    var clusters: [Key: Int] = [:]
    var byLevel: [(level: Int, work: Work)] = []
    for (i, item) in graph.items.enumerated() where item.count > 0 {
      let isMember: Bool
      switch item.operation {
      case .argument, .literal: isMember = false
      case .view: isMember = isStored[i]
      case .iota: isMember = isStored[i]
      case .function, .compare, .logical, .select, .cast, .reduce: isMember = true
      case .step:
        isMember = false
        byLevel.append((levels[i], panels.first { $0.product == i }.map(Work.panels) ?? .step(i)))
      }
      guard isMember, panelOf[i] == nil else { continue }
      let key = Key(level: levels[i], count: spaceCount(graph, i))
      if let known = clusters[key] {
        guard case .cluster(var cluster) = byLevel[known].work else { continue }
        // Let the array be changed in place.
        byLevel[known].work = .step(-1)
        cluster.members.append(i)
        byLevel[known].work = .cluster(cluster)
      } else {
        clusters[key] = byLevel.count
        byLevel.append(
          (key.level, .cluster(Cluster(level: key.level, count: key.count, shape: shapes[key], members: [i]))))
      }
    }
    byLevel = byLevel.flatMap { level, work -> [(level: Int, work: Work)] in
      guard case .cluster(let cluster) = work else { return [(level, work)] }
      return cluster.separated(in: graph).map { (level, .cluster($0)) }
    }
    works = byLevel.enumerated().sorted { ($0.element.level, $0.offset) < ($1.element.level, $1.offset) }
      .map(\.element.work)
  }
}

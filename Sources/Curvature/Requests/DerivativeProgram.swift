import SparseStructure
import Synchronization
import TensorGraph

/// A request over placeholders, and the program that it becomes when it is first run.
final class DerivativeProgram: DerivativeAnswer {
  /// What is computed, and how.
  struct Content: Sendable {
    /// What a run is given besides the graph's data.
    var arguments: [Node] = []
    let result: Node
    var cost = Cost.zero
    /// How, in words.
    var steps = ""
    /// The entries of tables that were made for it.
    var weight = 0
    /// Whether a run takes all directions there are: then there is one, and nothing need be kept for others.
    var takesAllDirections = false
  }

  /// Nil if dense directions are as good.
  private let content: Content?
  private let request: DerivativeRequest
  /// How much planning it took.
  let effort: PlanningEffort
  /// The nodes of the graph over placeholders, and the numbers of those among them that a run is given.
  private let nodes: [Node]
  private let given: [Int]
  private let stages = Mutex<Stages?>(nil)

  init(
    _ request: DerivativeRequest, _ outline: GraphOutline, _ copy: GraphOutline.Copy, _ derivative: Derivative,
    _ effort: PlanningEffort
  ) throws(TensorError) {
    self.request = request
    self.effort = effort
    nodes = copy.nodes
    given = (outline.leaves + outline.known).filter { !copy.tables.contains($0) }
    let rows = UnitDirections(node: copy.output, batchAxis: derivative.rows.batchAxis)
    let columns = UnitDirections(node: copy.variable, batchAxis: derivative.columns.batchAxis)
    let placeholders = Derivative(of: rows, in: columns, isSymmetric: derivative.isSymmetric)
    content = try placeholders.content(
      of: request, effort: effort, pattern: { () throws(TensorError) in try derivative.pattern() },
      coloring: { () throws(TensorError) in try derivative.coloring() })
  }

  var isWorthwhile: Bool { content != nil }
  /// The expected cost of a run.
  var cost: Cost { content?.cost ?? .impossible }
  /// How it is computed, in words.
  var steps: String { content?.steps ?? "" }
  var weight: Int { content?.weight ?? 0 }

  /// What is computed, over the nodes of an outline of this structure.
  func expression(over outline: GraphOutline) -> Node? {
    guard let content else { return nil }
    var replacements: [Node: Node] = [:]
    for place in outline.leaves + outline.known { replacements[nodes[place]] = outline.nodes[place] }
    return Node.substituting(replacements, in: [content.result])[0]
  }

  /// Two programs: one for what does not depend on the arguments, one for the rest.
  private struct Stages: Sendable {
    let common: PreparedFunction?
    let rest: PreparedFunction
    /// For each result of the first program the node of the graph that it is, if it is one.
    let places: [Int?]
  }

  private func compiled() throws(TensorError) -> Stages {
    guard let content else { fatalError("a program that is not worthwhile is never run") }
    return try stages.withLock { stages throws(TensorError) in
      if let stages { return stages }
      let fresh = try compile(content)
      stages = fresh
      return fresh
    }
  }

  private func compile(_ content: Content) throws(TensorError) -> Stages {
    let given = given.map { nodes[$0] }
    let isGiven = Set(given)
    let invariants =
      request.isRepeated && !content.takesAllDirections
      ? Node.invariants(of: [content.result], arguments: Set(content.arguments)).filter { !isGiven.contains($0) } : []
    var numbers: [Node: Int] = [:]
    if !invariants.isEmpty { for (number, node) in nodes.enumerated() { numbers[node] = number } }
    let common =
      invariants.isEmpty ? nil : try PreparedFunction(outputs: invariants, inputs: given, keepsMemory: keepsMemory)
    let rest = try PreparedFunction(
      outputs: [content.result], inputs: content.arguments + given + invariants, keepsMemory: keepsMemory)
    return Stages(common: common, rest: rest, places: invariants.map { numbers[$0] })
  }

  /// One line after another is the common case, and small; many lines at once, or a whole matrix, want memory that others
  /// may need in between.
  private var keepsMemory: Bool {
    switch request {
    case .products(_, _, let count): count == 1
    case .entry: true
    case .part, .nonzeros, .structure: content!.result.shape.count <= 1 << 16
    }
  }

  /// The program with the elements of a graph's data. What it computes of the graph's own nodes is kept by these.
  func bound(to outline: GraphOutline) throws(TensorError) -> BoundProgram {
    let stages = try compiled()
    let elements = try outline.elements(given)
    let made = try stages.common?.run(elements) ?? []
    for (place, storage) in zip(stages.places, made) { if let place { outline.nodes[place].setValue(storage) } }
    return BoundProgram(function: stages.rest, constants: elements + made)
  }
}

/// A program at one point, with what it needs besides its arguments.
struct BoundProgram: Sendable {
  fileprivate let function: PreparedFunction
  fileprivate let constants: [Storage]

  func callAsFunction(_ arguments: Storage...) throws(TensorError) -> Storage {
    try function.run(arguments + constants)[0]
  }
}
